// Reaching past the slice through a device: descriptors and rings that point outside, loop, overflow or contradict themselves, sectors that
// are not on the disk.
#include "escape/attack.hpp"

namespace vmsim::escape {

std::vector<Attack> disk_attacks() {
  return {
      {"does_nothing_wrong", disk_ok, R"(
        call harmless
        j go
      )"},
      {"reads_a_sector_to_memory_outside", queue_broken, R"(
        call harmless
        li t0, descriptors
        li t1, end
        sw t1, 16(t0)
        j go
      )"},
      {"reads_a_sector_over_its_slices_end", queue_broken, R"(
        call harmless
        li t0, descriptors
        li t1, end - 256
        sw t1, 16(t0)
        j go
      )"},
      {"reads_a_sector_to_memory_below", queue_broken, R"(
        call harmless
        li t0, descriptors
        li t1, 0x7fffff00
        sw t1, 16(t0)
        j go
      )"},
      {"reads_a_sector_to_where_address_bits_fall_off", queue_broken, R"(
        call harmless
        li t0, descriptors
        li t1, 1
        sw t1, 20(t0)               # bit 32
        j go
      )"},
      {"has_a_buffer_that_wraps_around", queue_broken, R"(
        call harmless
        li t0, descriptors
        li t1, -256
        sw t1, 16(t0)
        li t1, -1
        sw t1, 20(t0)
        j go
      )"},
      {"has_a_buffer_of_4_gib", queue_broken, R"(
        call harmless
        li t0, descriptors
        li t1, -1
        sw t1, 24(t0)
        j go
      )"},
      {"writes_what_lies_outside_to_its_disk", queue_broken, R"(
        call harmless
        li t0, header
        li t1, 1
        sw t1, 0(t0)
        li t0, descriptors
        li t1, end
        sw t1, 16(t0)
        li t1, 0x00020001
        sw t1, 28(t0)
        j go
      )"},
      {"has_its_status_written_outside", queue_broken, R"(
        call harmless
        li t0, descriptors
        li t1, end
        sw t1, 32(t0)
        j go
      )"},
      {"has_its_header_read_outside", queue_broken, R"(
        call harmless
        li t0, descriptors
        li t1, end - 8
        sw t1, 0(t0)
        j go
      )"},
      {"has_a_chain_that_loops", queue_broken, R"(
        call harmless
        li t0, descriptors
        li t1, 0x00010003           # next: itself
        sw t1, 28(t0)
        j go
      )"},
      {"has_a_descriptor_beyond_the_table", queue_broken, R"(
        call harmless
        li t0, descriptors
        li t1, 0x00090003           # next: 9 of 8, where a good one lies
        sw t1, 28(t0)
        li t1, status
        sw t1, 144(t0)
        li t1, 1
        sw t1, 152(t0)
        li t1, 2
        sw t1, 156(t0)
        j go
      )"},
      {"begins_a_chain_beyond_the_table", queue_broken, R"(
        call harmless
        li t0, descriptors
        li t1, header
        sw t1, 160(t0)
        li t1, 16
        sw t1, 168(t0)
        li t1, 0x00010001
        sw t1, 172(t0)
        li t0, available
        li t1, 10
        sh t1, 4(t0)
        j go
      )"},
      {"makes_more_available_than_the_ring_holds", queue_broken, R"(
        call harmless
        li t0, available
        li t1, 0x8000
        sh t1, 2(t0)
        li t0, disk
        sw zero, 0x50(t0)
        li t2, 4000
1:      lw t1, 0x70(t0)
        andi t1, t1, 0x40
        addi t2, t2, -1
        beqz t2, 2f
        beqz t1, 1b
2:      addi a0, t1, 46             # 110 where it is broken
        j off
      )"},
      {"has_an_indirect_table_that_was_not_offered", queue_broken, R"(
        call harmless
        li t0, descriptors
        li t1, 4
        sw t1, 12(t0)
        j go
      )"},
      {"has_a_buffer_to_read_after_one_to_write", queue_broken, R"(
        call harmless
        li t0, descriptors
        li t1, 0x00020003
        sw t1, 28(t0)
        li t1, 0x00030001
        sw t1, 44(t0)
        li t1, status
        sw t1, 48(t0)
        sw zero, 52(t0)
        li t1, 1
        sw t1, 56(t0)
        li t1, 2
        sw t1, 60(t0)
        j go
      )"},
      {"has_no_room_for_the_status", queue_broken, R"(
        call harmless
        li t0, descriptors
        sw zero, 12(t0)             # the header alone
        j go
      )"},
      {"has_buffers_of_no_bytes", disk_ok, R"(
        call harmless
        li t0, descriptors
        sw zero, 24(t0)
        j go
      )"},
      {"has_no_bytes_anywhere", queue_broken, R"(
        call harmless
        li t0, descriptors
        sw zero, 8(t0)
        sw zero, 24(t0)
        sw zero, 40(t0)
        j go
      )"},
      {"asks_for_a_huge_queue", 0, R"(
        li a0, 0x10000
        call disk_on
        lw a0, 0x44(t0)             # not ready
        j off
      )"},
      {"asks_for_a_queue_that_is_no_power_of_two", 0, R"(
        li a0, 7
        call disk_on
        lw a0, 0x44(t0)
        j off
      )"},
      {"makes_a_queue_of_no_descriptors_ready", 0, R"(
        li a0, 0
        call disk_on
        lw a0, 0x44(t0)
        j off
      )"},
      {"moves_a_queue_while_it_is_ready", disk_ok, R"(
        call harmless
        li t0, disk
        li t1, end
        sw t1, 0x80(t0)             # ignored: it is ready
        sw t1, 0x90(t0)
        sw t1, 0xa0(t0)
        j go
      )"},
      {"has_its_descriptors_outside", queue_broken, R"(
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
      {"has_its_available_ring_outside", queue_broken, R"(
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
      {"has_its_used_ring_outside", queue_broken, R"(
        call harmless
        li t0, disk
        sw zero, 0x44(t0)
        li t1, 8
        sw t1, 0x38(t0)
        li t1, descriptors
        sw t1, 0x80(t0)
        li t1, available
        sw t1, 0x90(t0)
        li t1, end - 4              # its index is inside, its elements are not
        sw t1, 0xa0(t0)
        li t1, 1
        sw t1, 0x44(t0)
        j go
      )"},
      {"has_rings_at_odd_addresses", no_answer, R"(
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
      {"reads_past_the_disks_end", disk_error, R"(
        call harmless
        li t0, header
        li t1, 64
        sw t1, 8(t0)
        j go
      )"},
      {"reads_over_the_disks_end", disk_error, R"(
        call harmless
        li t0, header
        li t1, 63
        sw t1, 8(t0)
        li t0, descriptors
        li t1, 1024
        sw t1, 24(t0)
        j go
      )"},
      {"writes_where_sector_times_512_runs_over", disk_error, R"(
        call harmless
        li t0, header
        li t1, 1
        sw t1, 0(t0)
        sw zero, 8(t0)
        li t1, 0x00800000           # × 512 is 2^64
        sw t1, 12(t0)
        li t0, descriptors
        li t1, 0x00020001
        sw t1, 28(t0)
        j go
      )"},
      {"reads_the_last_sector_that_64_bits_can_name", disk_error, R"(
        call harmless
        li t0, header
        li t1, -1
        sw t1, 8(t0)
        sw t1, 12(t0)
        j go
      )"},
      {"reads_a_part_of_a_sector", disk_error, R"(
        call harmless
        li t0, descriptors
        li t1, 511
        sw t1, 24(t0)
        j go
      )"},
      {"reads_more_than_one_request_may", disk_error, R"(
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
      {"asks_the_disk_for_something_unknown", disk_unsupported, R"(
        call harmless
        li t0, header
        li t1, 99
        sw t1, 0(t0)
        j go
      )"},
      {"has_a_legacy_queue_outside", queue_broken, R"(
        call harmless
        li t0, disk
        li t1, 4096
        sw t1, 0x28(t0)
        li t1, 0x80600
        sw t1, 0x40(t0)
        j go
      )", virtio::Layout::legacy},
      {"has_a_legacy_queue_whose_address_runs_over", queue_broken, R"(
        call harmless
        li t0, disk
        li t1, -1
        sw t1, 0x28(t0)             # a page of 2^32 - 1 bytes
        li t1, -1
        sw t1, 0x40(t0)
        j go
      )", virtio::Layout::legacy},
      {"aligns_a_legacy_ring_past_its_slice", queue_broken, R"(
        call harmless
        li t0, disk
        li t1, 4096
        sw t1, 0x28(t0)
        li t1, 0x80000000
        sw t1, 0x3c(t0)
        li t1, 0x80320
        sw t1, 0x40(t0)
        li t0, 0x80320080           # the available ring behind 8 descriptors
        li t1, 0x00010000
        sw t1, 0(t0)
        j go
      )", virtio::Layout::legacy},
  };
}

}  // namespace vmsim::escape
