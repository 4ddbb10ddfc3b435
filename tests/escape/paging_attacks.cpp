// Reaching past the slice, or past what its own tables allow, through page tables: entries that point outside, tables that lie outside, stale
// translations, and rights that the monitor must not widen.
#include "escape/attack.hpp"

namespace vmsim::escape {

std::vector<Attack> paging_attacks() {
  return {
      {"maps_the_page_after_its_slice", trapped + 7, "the shadow maps what lies outside the slice", R"(
        call paging_on
        li t0, low
        li t1, 0x201800cf           # 0x80600000
        sw t1, 0(t0)
        li t0, window
        sw t0, 0(t0)
      )"},
      {"maps_another_guests_real_page", trapped + 5, "the shadow takes a guest address for a real one", R"(
        call paging_on
        li t0, low
        li t1, 0x202800cf           # 0x80a00000: there another guest lies
        sw t1, 0(t0)
        li t0, window
        lw t1, 0(t0)
      )"},
      {"runs_a_page_outside", trapped + 1, "the monitor runs what lies outside the slice", R"(
        call paging_on
        li t0, low
        li t1, 0x201800cf
        sw t1, 0(t0)
        li t0, window
        jr t0
      )"},
      {"maps_beyond_4_gib_where_bits_fall_off", trapped + 5, "a page beyond 4 GiB loses its upper bits", R"(
        call paging_on
        li t0, low
        li t1, 0x600800cf           # 0x1_80200000, 34 bits
        sw t1, 0(t0)
        li t0, window
        lw t1, 0(t0)
      )"},
      {"stores_half_into_a_page_outside", trapped + 7, "the shadow maps what lies outside the slice", R"(
        call paging_on
        li t0, low
        li t1, 0x200e00cf           # 0x80380000, and after it 0x80600000
        sw t1, 0(t0)
        li t1, 0x201800cf
        sw t1, 4(t0)
        li t0, 0x40000ffe
        sw t0, 0(t0)
      )"},
      {"puts_a_table_outside", trapped + 5, "a page table may lie outside memory", R"(
        call paging_on
        li t0, root
        li t1, 0x20180001           # 0x80600000
        sw t1, 1028(t0)
        li t0, 0x40400000
        lw t1, 0(t0)
      )"},
      {"puts_a_table_beyond_4_gib", trapped + 5, "a page table beyond 4 GiB loses its upper bits", R"(
        call paging_on
        li t0, root
        li t1, 0x600c4401           # low, and bit 32
        sw t1, 1028(t0)
        li t1, 0x200e00cf
        li t0, low
        sw t1, 0(t0)
        li t0, 0x40400000
        lw t1, 0(t0)
      )"},
      {"puts_a_table_into_a_device", trapped + 5, "a page table may lie outside memory", R"(
        call paging_on
        li t0, root
        li t1, 0x03000001           # PLIC
        sw t1, 1028(t0)
        li t0, 0x40400000
        lw t1, 0(t0)
      )"},
      {"reaches_outside_through_a_table_that_maps_itself", trapped + 7, "the shadow maps what lies outside the slice", R"(
        call paging_on
        li t0, low
        li t1, 0x200c44cf           # low itself
        sw t1, 0(t0)
        li t0, window
        li t1, 0x201800cf
        sw t1, 4(t0)                # its own second entry, seen through the first
        li t0, 0x40001000
        sw t0, 0(t0)
      )"},
      {"follows_a_pointer_with_reserved_bits", trapped + 13, "a pointer may have reserved bits", R"(
        call paging_on
        li t0, low
        li t1, 0x200e00cf
        sw t1, 0(t0)
        li t0, root
        li t1, 0x200c4441           # low, and A
        sw t1, 1028(t0)
        li t0, 0x40400000
        lw t1, 0(t0)
      )"},
      {"sets_a_root_outside", at_the_limit, "a page table may lie outside memory", R"(
        li t1, 0x80080600           # 0x80600000: not even the handler is there
        csrw satp, t1
        nop
      )"},
      {"sets_a_root_beyond_4_gib", at_the_limit, "a page table beyond 4 GiB loses its upper bits", R"(
        call paging_on
        li t1, 0x80180310           # root, and bit 32
        csrw satp, t1
        nop
        li a0, 0
        j off
      )"},
      {"sets_a_root_in_a_device", at_the_limit, "a page table may lie outside memory", R"(
        li t1, 0x8000c000
        csrw satp, t1
        nop
      )"},
      {"maps_a_superpage_over_its_slices_end", trapped + 7, "a superpage is shown beyond the end of the slice", R"(
        call paging_on
        li t0, root
        li t1, 0x201000cf           # 0x80400000: half of it is its own
        sw t1, 1028(t0)
        li t0, 0x40400000
        sw t0, 0(t0)
        li t0, 0x40600000
        sw t0, 0(t0)
      )"},
      {"reaches_over_its_slices_end_after_touching_the_last_superpage", trapped + 7, "a superpage is shown beyond the end of the slice", R"(
        li t0, 0x805ff000
        sw t0, 0(t0)
        lw t1, 0(t0)
        li t0, 0x807ff000
        sw t0, 0(t0)
      )"},
      {"maps_a_superpage_below_its_slice", trapped + 5, "the shadow maps what lies outside the slice", R"(
        call paging_on
        li t0, root
        li t1, 0x1ff000cf           # 0x7fc00000
        sw t1, 1028(t0)
        li t0, 0x40400000
        lw t1, 0(t0)
      )"},
      {"maps_a_misaligned_superpage", trapped + 13, "a superpage may be misaligned", R"(
        call paging_on
        li t0, root
        li t1, 0x201004cf           # 0x80401000
        sw t1, 1028(t0)
        li t0, 0x40400000
        lw t1, 0(t0)
      )"},
      {"uses_a_page_after_it_was_taken_away", trapped + 15, "a fence of an address leaves the shadow alone", R"(
        call paging_on
        li t0, low
        li t1, 0x200e00cf
        sw t1, 0(t0)
        li t2, window
        sw t2, 0(t2)
        sw zero, 0(t0)
        sfence.vma t2, zero
        sw t2, 0(t2)
      )"},
      {"uses_a_page_after_all_were_taken_away", trapped + 15, "a fence of everything leaves the shadow alone", R"(
        call paging_on
        li t0, low
        li t1, 0x200e00cf
        sw t1, 0(t0)
        li t2, window
        sw t2, 0(t2)
        sw zero, 0(t0)
        sfence.vma
        sw t2, 0(t2)
      )"},
      {"uses_a_page_after_it_was_moved_outside", trapped + 7, "a fence of an address leaves the shadow alone", R"(
        call paging_on
        li t0, low
        li t1, 0x200e00cf
        sw t1, 0(t0)
        li t2, window
        sw t2, 0(t2)
        li t1, 0x201800cf
        sw t1, 0(t0)
        sfence.vma t2, zero
        sw t2, 0(t2)
      )"},
      {"uses_a_superpages_piece_after_it_was_taken_away", trapped + 13, "a fence leaves the other pieces of a superpage", R"(
        call paging_on
        li t0, root
        li t1, 0x201000cf           # 0x80400000, which the shadow must cut up
        sw t1, 1028(t0)
        li t2, 0x40400000
        lw t1, 0(t2)
        li t3, 0x40410000
        lw t1, 0(t3)
        sw zero, 1028(t0)
        sfence.vma t2, zero
        lw t1, 0(t3)
      )"},
      {"sees_another_spaces_page_by_the_same_asid", 22, "translations are told apart by their ASID alone", R"(
        call paging_on
        li t0, low                  # window → 0x80380000, holding 11
        li t1, 0x200e00cf
        sw t1, 0(t0)
        li t2, window
        li t1, 11
        sw t1, 0(t2)
        li t0, root                 # a copy of root at 0x80340000, with a lower table at 0x80341000
        li t3, 0x80340000
        li t4, 1024
1:      lw t1, 0(t0)
        sw t1, 0(t3)
        addi t0, t0, 4
        addi t3, t3, 4
        addi t4, t4, -1
        bnez t4, 1b
        li t3, 0x80340000
        li t1, 0x200d0401
        sw t1, 1024(t3)
        li t3, 0x80341000
        li t1, 0x200e04cf           # 0x80381000, holding 22
        sw t1, 0(t3)
        li t3, 0x80381000
        li t1, 22
        sw t1, 0(t3)
        li t1, 0x80080340           # the same ASID, the other root
        csrw satp, t1
        lw a0, 0(t2)
        j off
      )"},
      {"loads_its_kernels_page_as_a_user", trapped + 13, "the user sees its kernel's translations", R"(
        call paging_on
        li t0, low
        li t1, 0x200e00cf
        sw t1, 0(t0)
        la t0, 2f
        csrw stvec, t0
        la a0, 1f
        j enter_user
1:      ecall
        li t2, window
        lw t1, 0(t2)
        ebreak
        .align 2
2:      la t0, handler
        csrw stvec, t0
        li t2, window
        lw t1, 0(t2)                # so that the kernel's shadow has it
        csrr t0, sepc
        addi t0, t0, 4
        csrw sepc, t0
        sret                        # and no fence
      )"},
      {"loads_a_users_page_after_its_kernel_cleared_sum", trapped + 13, "translations outlive a change of SUM", R"(
        call paging_on
        li t0, low
        li t1, 0x200e00df
        sw t1, 0(t0)
        li t2, window
        li t3, 0x40000              # SUM
        csrs sstatus, t3
        lw t1, 0(t2)
        csrc sstatus, t3
        lw t1, 0(t2)
      )"},
      {"runs_a_users_page_as_a_kernel_with_sum", trapped + 12, "the shadow grants execution with loads", R"(
        call paging_on
        li t0, low
        li t1, 0x200e00df
        sw t1, 0(t0)
        li t2, window
        li t3, 0x40000
        csrs sstatus, t3
        lw t1, 0(t2)
        jr t2
      )"},
      {"loads_an_executable_page_after_mxr_was_cleared", trapped + 13, "translations outlive a change of MXR", R"(
        call paging_on
        li t0, low
        li t1, 0x200e00c9           # X alone
        sw t1, 0(t0)
        li t2, window
        li t3, 0x80000              # MXR
        csrs sstatus, t3
        lw t1, 0(t2)
        csrc sstatus, t3
        lw t1, 0(t2)
      )"},
      {"stores_to_a_page_that_it_may_only_read", trapped + 15, "the shadow grants stores with loads", R"(
        call paging_on
        li t0, low
        li t1, 0x200e00c3
        sw t1, 0(t0)
        li t2, window
        lw t1, 0(t2)
        sw t1, 0(t2)
      )"},
      {"runs_a_page_that_it_may_only_read", trapped + 12, "the shadow grants execution with loads", R"(
        call paging_on
        li t0, low
        li t1, 0x200e00c3
        sw t1, 0(t0)
        li t2, window
        lw t1, 0(t2)
        jr t2
      )"},
      {"stores_to_a_clean_page", trapped + 15, "the shadow grants stores with loads", R"(
        call paging_on
        li t0, low
        li t1, 0x200e0047           # no D
        sw t1, 0(t0)
        li t2, window
        lw t1, 0(t2)
        sw t1, 0(t2)
      )"},
      {"loads_from_a_page_that_was_never_accessed", trapped + 13, "a page may be used without A", R"(
        call paging_on
        li t0, low
        li t1, 0x200e0087           # no A
        sw t1, 0(t0)
        li t2, window
        lw t1, 0(t2)
      )"},
      {"uses_a_page_after_a_device_took_it_away", trapped + 15, "a fence of everything leaves the shadow alone", R"(
        call paging_on              # the disk writes low, all of whose entries are then 0x5d5d5d5d: W without R
        li t0, low
        li t1, 0x200e00cf
        sw t1, 0(t0)
        li t2, window
        sw t2, 0(t2)
        call harmless
        li t0, descriptors
        li t1, low
        sw t1, 16(t0)
        li t0, disk
        sw zero, 0x50(t0)
        li t1, used
1:      lhu t0, 2(t1)
        beqz t0, 1b
        sfence.vma
        li t2, window
        sw t2, 0(t2)
      )"},
      {"fills_more_address_spaces_than_the_shadow_has_pages_for", 0, "the shadow takes more pages than its pool has", R"(
        call paging_on
        li s0, 1500                 # ASIDs
        li s1, 0x80080310
        li t2, window
        li t1, 0x200e00cf
        li t0, low
        sw t1, 0(t0)
1:      csrw satp, s1
        lw t1, 0(t2)
        li t1, 0x00400000
        add s1, s1, t1
        li t1, 0x80000000
        or s1, s1, t1
        addi s0, s0, -1
        bnez s0, 1b
        li a0, 0
        j off
      )"},
  };
}

}  // namespace vmsim::escape
