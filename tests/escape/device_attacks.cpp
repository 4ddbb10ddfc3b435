// Reaching the host through device registers: widths and offsets that no register has.
#include "escape/attack.hpp"

namespace vmsim::escape {

std::vector<Attack> device_attacks() {
  return {
      {"stores_a_byte_to_the_power_device", trapped + 7, "the power device takes a byte", R"(
        li t0, power
        li t1, 0x55
        sb t1, 0(t0)
      )"},
      {"stores_behind_the_power_devices_register", trapped + 7, "the power device is everywhere in its range", R"(
        li t0, power
        li t1, 0x5555
        sw t1, 4(t0)
      )"},
      {"loads_a_word_from_the_uart", trapped + 5, "the uart takes any width", R"(
        li t0, uart
        lw t1, 0(t0)
      )"},
      {"loads_behind_the_uarts_registers", trapped + 5, "the uart answers behind its registers", R"(
        li t0, uart
        lbu t1, 8(t0)
      )"},
      {"stores_over_a_page_between_memory_and_a_device", trapped + 7, "what must be memory may be anything", R"(
        call paging_on
        li t0, low
        li t1, 0x200e00cf           # 0x80380000, and after it the UART
        sw t1, 0(t0)
        li t1, 0x040000c7
        sw t1, 4(t0)
        li t0, 0x40000ffe
        sw t0, 0(t0)
      )"},
      {"loads_a_byte_from_the_plic", trapped + 5, "the PLIC takes any width", R"(
        li t0, plic
        lbu t1, 4(t0)
      )"},
      {"sets_the_priority_of_a_source_that_is_not_there", 0, "the PLIC keeps priorities for any source", R"(
        li t0, plic
        li t1, 7
        sw t1, 128(t0)              # of 32
        li t0, plic + 0x2000
        lw a0, 0(t0)                # context 0's enable bits are as they were
        j off
      )"},
      {"reads_the_priority_of_a_source_that_is_not_there", 0, "the PLIC tells priorities of any source", R"(
        li t0, plic + 0x2000
        li t1, -1
        sw t1, 0(t0)                # context 0's enable bits
        li t0, plic
        lw a0, 128(t0)              # of 32
        snez a0, a0
        j off
      )"},
      {"sets_the_threshold_of_a_context_that_is_not_there", 0, "the PLIC keeps thresholds for any context", R"(
        li t0, plic + 0x202000
        li t1, 6
        sw t1, 0(t0)                # of 2
        li t0, plic + 0x1000
        lw a0, 0(t0)                # nothing is pending
        j off
      )"},
      {"reads_the_threshold_of_a_context_that_is_not_there", 0, "the PLIC tells thresholds of any context", R"(
        li t1, uart
        li t2, 1
        sb t2, 1(t1)                # a byte waits, and its source is pending
        nop
        li t0, plic + 0x202000
        lw a0, 0(t0)                # of 2
        snez a0, a0
        j off
      )"},
      {"enables_sources_for_a_context_that_is_not_there", 0, "the PLIC enables sources for any context", R"(
        li t0, plic + 0x2000
        li t1, -1
        sw t1, 0x80(t0)
        sw t1, 0x100(t0)            # of 2
        li t0, plic + 0x201000
        li t1, 20
        sw t1, 4(t0)                # completes what nobody asked for
        li t0, plic + 0x1000
        lw a0, 0(t0)                # nothing is pending
        snez a0, a0
        j off
      )"},
      {"completes_a_source_that_is_not_there", 10, "the PLIC completes any source", R"(
        li t0, plic
        li t1, 1
        sw t1, 40(t0)               # the UART's, 10: priority 1
        li t2, plic + 0x2080
        li t1, -1
        sw t1, 0(t2)
        li t1, uart
        li t2, 1
        sb t2, 1(t1)                # a byte waits
        nop
        li t2, plic + 0x201000
        lw a0, 4(t2)                # claimed
        li t1, 42                   # 32 + 10
        sw t1, 4(t2)
        lw t1, 4(t2)                # not there again
        add a0, a0, t1
        j off
      )"},
      {"loads_behind_the_disks_configuration", 0, "a device tells what lies behind its configuration", R"(
        li a0, 0
        li t0, disk + 0x118
        li t1, disk + 0x1000
1:      lw t2, 0(t0)
        or a0, a0, t2
        addi t0, t0, 4
        bltu t0, t1, 1b
        snez a0, a0
        j off
      )"},
      {"loads_a_half_from_a_virtio_register", trapped + 5, "a virtio register takes any width", R"(
        li t0, disk
        lhu t1, 0(t0)
      )"},
      {"drives_a_slot_that_is_empty", 0, "an empty slot has a queue", R"(
        li t0, disk + 0x1000
        li t1, 8
        sw t1, 0x38(t0)
        li t1, end
        sw t1, 0x80(t0)
        sw t1, 0x90(t0)
        sw t1, 0xa0(t0)
        li t1, 1
        sw t1, 0x44(t0)
        sw zero, 0x50(t0)
        lw a0, 0x44(t0)
        lw t1, 0x34(t0)
        or a0, a0, t1
        lw t1, 0x70(t0)
        or a0, a0, t1
        j off
      )"},
      {"selects_a_queue_that_is_not_there", 0, "every queue is the first", R"(
        li a0, 8
        call disk_on
        li t1, 0x10000
        sw t1, 0x30(t0)
        lw a0, 0x34(t0)
        lw t1, 0x44(t0)
        or a0, a0, t1
        li t1, end
        sw t1, 0x80(t0)             # goes nowhere
        sw zero, 0x30(t0)
        j off
      )"},
      {"loads_between_the_devices", trapped + 5, "nothing answers as if it were something", R"(
        li t0, 0x20000000
        lw t1, 0(t0)
      )"},
  };
}

}  // namespace vmsim::escape
