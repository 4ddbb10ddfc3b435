// What is no attack, and must end as on the bare machine all the same: strange requests that have nothing to gain, and hostile ones that two
// checks stop, each of them enough. The second check is named beside each.
#include "escape/attack.hpp"

namespace vmsim::escape {

std::vector<Attack> harmless() {
  return {
      {"does_nothing_wrong", disk_ok, nullptr, R"(
        call harmless
        j go
      )"},
      {"has_buffers_of_no_bytes", disk_ok, nullptr, R"(
        call harmless
        li t0, descriptors
        sw zero, 24(t0)
        j go
      )"},
      {"has_rings_at_odd_addresses", no_answer, nullptr, R"(
        call harmless
        li t0, disk
        sw zero, 0x44(t0)
        li t1, 8
        sw t1, 0x38(t0)
        li t1, descriptors + 1
        sw t1, 0x80(t0)
        li t1, available + 1
        sw t1, 0x90(t0)
        li t1, used + 1
        sw t1, 0xa0(t0)
        li t1, 1
        sw t1, 0x44(t0)
        j go
      )"},
      {"asks_the_disk_for_something_unknown", disk_unsupported, nullptr, R"(
        call harmless
        li t0, header
        li t1, 99
        sw t1, 0(t0)
        j go
      )"},
      {"sleeps_over_the_end_of_the_steps", 3, nullptr, R"(
        li t0, 0x20                 # the last tick that steps can count: the machine's time runs over after it
        csrw sie, t0
        li t1, 0x028f5c28
        csrw 0x15d, t1
        li t1, 0xf5c28f5c
        csrw 0x14d, t1
        wfi
        rdtime s0
        li t2, 400
1:      addi t2, t2, -1
        bnez t2, 1b
        call harmless               # a request across the end
        li t0, disk
        sw zero, 0x50(t0)
        li t2, 2000
1:      addi t2, t2, -1
        bnez t2, 1b
        li a0, 3
        j off
      )"},
      {"writes_a_counter", trapped + 2, nullptr, R"(
        csrw cycle, zero
      )"},
  };
}

std::vector<Attack> stopped_twice() {
  return {
      {"has_a_buffer_that_wraps_around", queue_broken, nullptr, R"(
        call harmless
        li t0, descriptors
        li t1, -256
        sw t1, 16(t0)
        li t1, -1
        sw t1, 20(t0)
        j go
      )"},
      {"has_a_buffer_of_4_gib", queue_broken, nullptr, R"(
        call harmless
        li t0, descriptors
        li t1, -1
        sw t1, 24(t0)
        j go
      )"},
      {"has_its_descriptors_outside", queue_broken, nullptr, R"(
        call harmless
        li t0, disk
        sw zero, 0x44(t0)
        li t1, 8
        sw t1, 0x38(t0)
        li t1, end
        sw t1, 0x80(t0)
        li t1, available
        sw t1, 0x90(t0)
        li t1, used
        sw t1, 0xa0(t0)
        li t1, 1
        sw t1, 0x44(t0)
        j go
      )"},
      {"has_its_available_ring_outside", queue_broken, nullptr, R"(
        call harmless
        li t0, disk
        sw zero, 0x44(t0)
        li t1, 8
        sw t1, 0x38(t0)
        li t1, descriptors
        sw t1, 0x80(t0)
        li t1, end - 2
        sw t1, 0x90(t0)
        li t1, used
        sw t1, 0xa0(t0)
        li t1, 1
        sw t1, 0x44(t0)
        j go
      )"},
      {"has_no_room_for_the_status", queue_broken, nullptr, R"(
        call harmless
        li t0, descriptors
        sw zero, 12(t0)             # the header alone
        j go
      )"},
      {"reads_more_than_one_request_may", disk_error, nullptr, R"(
        call harmless
        li t0, descriptors
        li t1, 0x80000000
        sw t1, 16(t0)
        li t1, 0x00480000           # 4.5 MiB of its own memory
        sw t1, 24(t0)
        li t0, header
        sw zero, 8(t0)
        li t0, descriptors
        j go
      )"},
      {"stores_misaligned_between_two_devices", trapped + 7, nullptr, R"(
        li t0, disk - 2
        sw t0, 0(t0)
      )"},
      {"prints_around_the_end_of_all_addresses", refused, nullptr, R"(
        li a0, 16
        li a1, -8
        li a2, -1
        li a6, 0
        li a7, 0x4442434e
        ecall
        neg a0, a0
        j off
      )"},
      {"prints_4_gib", refused, nullptr, R"(
        li a0, -1
        li a1, 0x80000000
        li a2, 0
        li a6, 0
        li a7, 0x4442434e
        ecall
        neg a0, a0
        j off
      )"},
      {"has_input_put_into_a_device", refused, nullptr, R"(
        li a0, 3
        li a1, power
        li a2, 0
        li a6, 1
        li a7, 0x4442434e
        ecall
        neg a0, a0
        j off
      )"},
      {"adds_atomically_over_the_slices_end", trapped + 6, nullptr, R"(
        li t0, end - 2
        amoadd.w t1, t0, (t0)
      )"},
      {"reserves_over_the_slices_end", trapped + 4, nullptr, R"(
        li t0, end - 1
        lr.w t1, (t0)
      )"},
  };
}

}  // namespace vmsim::escape
