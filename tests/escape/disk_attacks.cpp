// Reaching past the slice through a device: descriptors and rings that point outside, loop, overflow or contradict themselves, sectors that
// are not on the disk.
#include "escape/attack.hpp"

namespace vmsim::escape {

std::vector<Attack> disk_attacks() {
  return {
      {"reads_a_sector_to_memory_outside", queue_broken, "the guest's window is wider than its slice", R"(
        call harmless
        li t0, descriptors
        li t1, end
        sw t1, 16(t0)
        j go
      )"},
      {"reads_a_sector_over_its_slices_end", queue_broken, "the guest's window is wider than its slice", R"(
        call harmless
        li t0, descriptors
        li t1, end - 256
        sw t1, 16(t0)
        j go
      )"},
      {"reads_a_sector_to_memory_below", queue_broken, "the end of a device's access runs over", R"(
        call harmless
        li t0, descriptors
        li t1, 0x7fffff00
        sw t1, 16(t0)
        j go
      )"},
      {"reads_a_sector_to_where_address_bits_fall_off", queue_broken, "a device's address loses its upper bits", R"(
        call harmless
        li t0, descriptors
        li t1, 1
        sw t1, 20(t0)               # bit 32
        j go
      )"},
      {"writes_what_lies_outside_to_its_disk", queue_broken, "the guest's window is wider than its slice", R"(
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
      {"has_its_status_written_outside", queue_broken, "the guest's window is wider than its slice", R"(
        call harmless
        li t0, descriptors
        li t1, end
        sw t1, 32(t0)
        j go
      )"},
      {"has_its_header_read_outside", queue_broken, "the guest's window is wider than its slice", R"(
        call harmless
        li t0, descriptors
        li t1, end - 8
        sw t1, 0(t0)
        j go
      )"},
      {"has_a_chain_that_loops", queue_broken, "a chain may loop", R"(
        call harmless
        li t0, descriptors
        li t1, 0x00010003           # next: itself
        sw t1, 28(t0)
        j go
      )"},
      {"has_a_descriptor_beyond_the_table", queue_broken, "a chain may go on beyond the table", R"(
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
      {"begins_a_chain_beyond_the_table", queue_broken, "a chain may begin beyond the table", R"(
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
      {"makes_more_available_than_the_ring_holds", queue_broken, "more may be available than the ring holds", R"(
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
      {"has_an_indirect_table_that_was_not_offered", queue_broken, "a descriptor may be indirect", R"(
        call harmless
        li t0, descriptors
        li t1, 0x00010005           # next: 1
        sw t1, 12(t0)
        j go
      )"},
      {"has_a_buffer_to_read_after_one_to_write", queue_broken, "what is read may come after what is written", R"(
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
      {"has_a_header_of_no_bytes", queue_broken, "a request needs no header", R"(
        call harmless
        li t0, descriptors
        sw zero, 8(t0)
        j go
      )"},
      {"asks_for_a_huge_queue", 0, "a queue may be of any size", R"(
        li a0, 0x10000
        call disk_on
        lw a0, 0x44(t0)             # not ready
        j off
      )"},
      {"asks_for_a_queue_that_is_no_power_of_two", 0, "a queue need not be a power of two", R"(
        li a0, 7
        call disk_on
        lw a0, 0x44(t0)
        j off
      )"},
      {"makes_a_queue_of_no_descriptors_ready", 0, "a queue of no size becomes ready", R"(
        li a0, 0
        call disk_on
        lw a0, 0x44(t0)
        j off
      )"},
      {"moves_a_queue_while_it_is_ready", disk_ok, "a queue moves while it is ready", R"(
        call harmless
        li t0, disk
        li t1, end
        sw t1, 0x80(t0)             # ignored: it is ready
        sw t1, 0x90(t0)
        sw t1, 0xa0(t0)
        j go
      )"},
      {"has_its_used_ring_outside", queue_broken, "the guest's window is wider than its slice", R"(
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
      {"reads_past_the_disks_end", disk_error, "a sector may lie anywhere", R"(
        call harmless
        li t0, header
        li t1, 64
        sw t1, 8(t0)
        j go
      )"},
      {"reads_over_the_disks_end", disk_error, "a sector may lie anywhere", R"(
        call harmless
        li t0, header
        li t1, 63
        sw t1, 8(t0)
        li t0, descriptors
        li t1, 1024
        sw t1, 24(t0)
        j go
      )"},
      {"writes_where_sector_times_512_runs_over", disk_error, "a sector may lie anywhere", R"(
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
      {"reads_the_last_sector_that_64_bits_can_name", disk_error, "a sector may lie anywhere", R"(
        call harmless
        li t0, header
        li t1, -1
        sw t1, 8(t0)
        sw t1, 12(t0)
        j go
      )"},
      {"reads_a_part_of_a_sector", disk_error, "a part of a sector may be read", R"(
        call harmless
        li t0, descriptors
        li t1, 511
        sw t1, 24(t0)
        j go
      )"},
      {"has_a_legacy_queue_that_ends_outside", queue_broken, "the guest's window is wider than its slice", R"(
        call harmless
        li t0, descriptors          # into its last page, with the used ring in the next one
        li t1, 0x805ff000
        li t2, 12
1:      lw t3, 0(t0)
        sw t3, 0(t1)
        addi t0, t0, 4
        addi t1, t1, 4
        addi t2, t2, -1
        bnez t2, 1b
        li t0, 0x805ff080           # the available ring behind 8 descriptors
        li t1, 0x00010000
        sw t1, 0(t0)
        li t0, disk
        li t1, 0x805ff
        sw t1, 0x40(t0)
        j go
      )",
       virtio::Layout::legacy},
      {"has_a_legacy_queue_whose_address_runs_over", queue_broken, "a legacy queue's address loses its upper bits", R"(
        call harmless
        li t0, 0x80320080           # the available ring behind 8 descriptors
        li t1, 0x00010000
        sw t1, 0(t0)
        li t0, disk
        li t1, 0x2000
        sw t1, 0x3c(t0)
        li t1, 0x180320             # × 4096: bit 32, and where all of it lies
        sw t1, 0x40(t0)
        j go
      )",
       virtio::Layout::legacy},
      {"aligns_a_legacy_ring_past_its_slice", queue_broken, "the guest's window is wider than its slice", R"(
        call harmless
        li t0, disk
        li t1, 4096
        sw t1, 0x28(t0)
        li t1, 0x00800000
        sw t1, 0x3c(t0)
        li t1, 0x80320
        sw t1, 0x40(t0)
        li t0, 0x80320080           # the available ring behind 8 descriptors
        li t1, 0x00010000
        sw t1, 0(t0)
        j go
      )",
       virtio::Layout::legacy},
  };
}

}  // namespace vmsim::escape
