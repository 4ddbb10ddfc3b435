// Reaching past the slice through the firmware: pointers and lengths that are not the guest's, and calls that are not there.
#include "escape/attack.hpp"

namespace vmsim::escape {

std::vector<Attack> firmware_attacks() {
  return {
      {"prints_what_lies_outside", refused, "the guest's window is wider than its slice", R"(
        li a0, 16
        li a1, end
        li a2, 0
        li a6, 0
        li a7, 0x4442434e
        ecall
        neg a0, a0
        j off
      )"},
      {"prints_over_its_slices_end", refused, "the guest's window is wider than its slice", R"(
        li a0, 16
        li a1, end - 8
        li a2, 0
        li a6, 0
        li a7, 0x4442434e
        ecall
        neg a0, a0
        j off
      )"},
      {"prints_where_address_bits_fall_off", refused, "a device's address loses its upper bits", R"(
        li a0, 16
        li a1, buffer
        li a2, 1
        li a6, 0
        li a7, 0x4442434e
        ecall
        neg a0, a0
        j off
      )"},
      {"has_input_put_outside", refused, "the guest's window is wider than its slice", R"(
        li a0, 3
        li a1, end
        li a2, 0
        li a6, 1
        li a7, 0x4442434e
        ecall
        neg a0, a0
        j off
      )"},
      {"has_input_put_over_its_slices_end", refused, "the guest's window is wider than its slice", R"(
        li a0, 3
        li a1, end - 1
        li a2, 0
        li a6, 1
        li a7, 0x4442434e
        ecall
        neg a0, a0
        j off
      )"},
      {"resets_in_a_way_that_is_not_there", refused, "a reset of any kind is carried out", R"(
        li a0, 77
        li a1, -1
        li a6, 0
        li a7, 0x53525354
        ecall
        neg a0, a0
        j off
      )"},
      {"makes_calls_that_are_not_there", not_there, "a call that is not there is made", R"(
        li s0, 64
1:      mv a6, s0
        slli a7, s0, 25
        addi a7, a7, 0x33
        ecall
        addi s0, s0, -1
        bgez s0, 1b
        neg a0, a0
        j off
      )"},
      {"sets_the_timer_to_the_end_of_time", idle_for_ever, "a timer's steps run over", R"(
        li t0, 0x20
        csrw sie, t0
        li a0, -1
        li a1, -1
        li a6, 0
        li a7, 0x54494d45
        ecall
        wfi
      )"},
      {"sets_the_timer_in_the_past_for_ever", at_the_limit, "a guest goes on after its limit", R"(
        la t0, 2f
        csrw stvec, t0
        li t0, 0x20
        csrw sie, t0
        csrsi sstatus, 2
        li a0, 0
        li a1, 0
        li a7, 0
        ecall
        .align 2
2:      sret                        # into the next one at once
      )"},
  };
}

}  // namespace vmsim::escape
