// Reaching past the slice with paging off: over its ends, around the end of the address space, with accesses that lie half outside.
#include "escape/attack.hpp"

namespace vmsim::escape {

std::vector<Attack> memory_attacks() {
  return {
      {"stores_at_the_slices_end", trapped + 7, "the shadow maps what lies outside the slice", R"(
        li t0, end
        sw t0, 0(t0)
      )"},
      {"loads_at_the_slices_end", trapped + 5, "the shadow maps what lies outside the slice", R"(
        li t0, end
        lw t1, 0(t0)
      )"},
      {"loads_a_byte_at_the_slices_end", trapped + 5, "the shadow maps what lies outside the slice", R"(
        li t0, end
        lbu t1, -1(t0)
        lbu t1, 0(t0)
      )"},
      {"stores_below_the_slice", trapped + 7, "the shadow maps what lies outside the slice", R"(
        li t0, 0x7ffffffc
        sw t0, 0(t0)
      )"},
      {"stores_far_outside", trapped + 7, "the shadow maps what lies outside the slice", R"(
        li t0, 0x80700000
        sw t0, 0(t0)
      )"},
      {"jumps_past_the_slices_end", trapped + 1, "the monitor runs what lies outside the slice", R"(
        li t0, end
        jr t0
      )"},
      {"runs_over_the_slices_end", trapped + 1, "the monitor runs what lies outside the slice", R"(
        li t0, end
        li t1, 0x00000013           # nop
        sw t1, -4(t0)
        addi t0, t0, -4
        jr t0
      )"},
      {"runs_over_the_end_of_all_addresses", trapped + 1, "the monitor runs what lies outside the slice", R"(
        li t0, -4
        jr t0
      )"},
      {"stores_half_over_the_slices_end", 1, "the shadow maps what lies outside the slice", R"(
        la t0, 1f                   # the far half faults, and nothing is stored
        csrw stvec, t0
        li t0, end
        li t1, 0x11111111
        sw t1, -2(t0)
        .align 2
1:      csrr a0, stval
        li t0, end
        xor a0, a0, t0
        seqz a0, a0
        lhu t1, -2(t0)
        beqz t1, off
        li a0, 2
        j off
      )"},
      {"loads_half_over_the_slices_end", trapped + 5, "the shadow maps what lies outside the slice", R"(
        li t0, end
        lw t1, -3(t0)
        srli t1, t1, 24
      )"},
      {"stores_half_over_the_end_of_all_addresses", trapped + 7, "what must be memory may be anything", R"(
        li t0, -2
        sw t0, 0(t0)
      )"},
      {"stores_half_into_the_slice_from_below", trapped + 7, "what must be memory may be anything", R"(
        li t0, 0x7ffffffe
        sw t0, 0(t0)
      )"},
      {"swaps_atomically_outside", trapped + 7, "the shadow maps what lies outside the slice", R"(
        li t0, end
        amoswap.w t1, t0, (t0)
      )"},
      {"reserves_outside", trapped + 5, "the shadow maps what lies outside the slice", R"(
        li t0, end
        lr.w t1, (t0)
      )"},
      {"stores_conditionally_outside", trapped + 7, "the shadow maps what lies outside the slice", R"(
        la t0, 1f
        csrw stvec, t0
        li t2, end
        lr.w t1, (t2)
        .align 2
1:      la t0, handler
        csrw stvec, t0
        sc.w t1, t2, (t2)
      )"},
      {"adds_atomically_to_a_device", trapped + 7, "what must be memory may be anything", R"(
        li t0, plic
        amoadd.w t1, t0, (t0)
      )"},
      {"runs_a_device", trapped + 1, "the monitor runs what lies outside the slice", R"(
        li t0, plic
        jr t0
      )"},
      {"writes_code_through_an_alias_and_sees_the_old", 7, "decoded code outlives a store to it", R"(
        call paging_on
        la t0, 2f
        srli t1, t0, 12
        slli t1, t1, 10
        ori t1, t1, 0xcf
        li t2, low
        sw t1, 0(t2)
        slli t1, t0, 20
        srli t1, t1, 20
        li t2, window
        add s0, t1, t2              # the same code, at another address
        call 2f
        li t1, 0x00700513           # li a0, 7
        sw t1, 0(s0)
        call 2f
        j off
2:      li a0, 1
        ret
      )"},
      {"writes_code_from_a_device_and_sees_the_old", 7, "decoded code outlives a store to it", R"(
        call harmless
        li t0, buffer
        li t1, 0x00008067           # ret
        sw t1, 0(t0)
        sw t1, 4(t0)
        jalr t0                     # so that it is code
        li t0, buffer
        li t1, 0x00700513           # li a0, 7; ret: to sector 0 and back, over what is code there
        li t2, 0x80328000
        sw t1, 0(t2)
        li t1, 0x00008067
        sw t1, 4(t2)
        li a0, 1
        li a1, 0
        li a2, 0
        li a3, 0x80328000
        li a4, 0
        li a5, 512
        call request
        call wait
        li a0, 0
        li a1, 0
        li a2, 0
        li a3, buffer
        li a4, 0
        li a5, 512
        call request
        li t0, available
        li t1, 2
        sh t1, 2(t0)
        call wait
        li a0, 1
        li t0, buffer
        jalr t0
        j off
wait:   li t0, used
        lhu s0, 2(t0)
        li t1, disk
        sw zero, 0x50(t1)
1:      lhu t1, 2(t0)
        beq t1, s0, 1b
        ret
      )"},
  };
}

}  // namespace vmsim::escape
