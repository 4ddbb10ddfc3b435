// Reaching the monitor through the hart: control registers and instructions that are not the virtual mode's, the real hart's counters, time
// that runs over, a reservation that somebody else has ended.
#include "escape/attack.hpp"

namespace vmsim::escape {

std::vector<Attack> register_attacks() {
  return {
      {"writes_satp_as_a_user", trapped + 2, "the emulator takes every mode for the kernel", R"(
        call paging_on
        la a0, 1f
        j enter_user
1:      csrw satp, zero
      )"},
      {"returns_from_a_trap_as_a_user", trapped + 2, "the emulator takes every mode for the kernel", R"(
        call paging_on
        la a0, 1f
        j enter_user
1:      sret
      )"},
      {"fences_as_a_user", trapped + 2, "the emulator takes every mode for the kernel", R"(
        call paging_on
        la a0, 1f
        j enter_user
1:      sfence.vma
      )"},
      {"waits_as_a_user", trapped + 2, "the emulator takes every mode for the kernel", R"(
        call paging_on
        la a0, 1f
        j enter_user
1:      wfi
      )"},
      {"reads_time_as_a_user_without_leave", trapped + 2, "the emulator takes every mode for the kernel", R"(
        call paging_on
        csrw scounteren, zero
        la a0, 1f
        j enter_user
1:      rdtime a0
      )"},
      {"calls_the_firmware_as_a_user", trapped + 8, "a user's call is taken for its kernel's", R"(
        call paging_on
        la a0, 1f
        j enter_user
1:      li a7, 8
        ecall
      )"},
      {"reads_the_monitors_counters", 14, "the guest may read the real counters", R"(
        nop; nop; nop; nop; nop     # what is so far from an exit is no part of it
        nop; nop; nop; nop; nop
        rdcycle s0                  # what the kernel reads is its own: as many cycles as steps
        csrr t0, sstatus
        csrr t0, sstatus
        csrr t0, sstatus
        nop; nop; nop; nop; nop
        nop; nop; nop; nop; nop
        rdcycle s1
        sub a0, s1, s0
        j off
      )"},
      {"reads_the_monitors_counters_as_a_user", 0, "the guest may read the real counters", R"(
        call paging_on
        li t0, 7
        csrw scounteren, t0
        la t0, 2f
        csrw stvec, t0
        la a0, 1f
        rdcycle s0
        j enter_user
1:      rdcycle s1
        ecall
        .align 2
2:      sltu a0, s1, s0             # its time goes on from its kernel's
        j off
      )"},
      {"asks_for_a_register_that_is_not_there", trapped + 2, "a control register that is not there is another one", R"(
        csrr a0, 0x300              # a machine mode's
      )"},
      {"sleeps_for_ever", idle_for_ever, "a wait for nothing goes on", R"(
        csrw sie, zero
        wfi
      )"},
      {"sleeps_till_the_end_of_time", idle_for_ever, "a timer's steps run over", R"(
        li t0, 0x20
        csrw sie, t0
        li t1, -2
        csrw 0x15d, t1
        csrw 0x14d, t1
        wfi
      )"},
      {"sets_a_timer_whose_steps_run_over", idle_for_ever, "a timer's steps run over", R"(
        li t0, 0x20
        csrw sie, t0
        li t1, 0x028f5c28
        csrw 0x15d, t1
        li t1, 0xf5c28f5d           # × 100 is 2^64 + 44
        csrw 0x14d, t1
        wfi
      )"},
      {"keeps_a_reservation_that_a_device_has_ended", 1, "a reservation survives a write by a device", R"(
        call harmless
        li s0, buffer
        lr.w t0, (s0)
        li t0, disk
        sw zero, 0x50(t0)
        li t1, used
1:      lhu t0, 2(t1)
        beqz t0, 1b
        sc.w a0, t0, (s0)
        j off
      )"},
      {"keeps_a_reservation_through_a_failed_store_elsewhere", 1, "a reservation that the real hart gave up comes back", R"(
        li s0, buffer
        li s1, header
        lr.w t0, (s0)
        csrr t1, sstatus            # to the monitor and back
        sc.w t0, t0, (s1)
        csrr t1, sstatus
        sc.w a0, t0, (s0)
        j off
      )"},
      {"faults_in_its_own_handler_for_ever", at_the_limit, "a guest goes on after its limit", R"(
        li t0, end
        csrw stvec, t0
        ecall
        .word 0
      )"},
  };
}

}  // namespace vmsim::escape
