// The seam between what runs and whoever watches: the guest's records, and the monitor's acts in a stream of their own
// (real addresses and exits stand only there). A sink that is not there costs nothing.
#pragma once

#include <string>
#include <vector>

#include "vcpu/record.hpp"

namespace vmsim {

/// What the monitor did about one exit.
enum class ActKind : uint8_t {
  emulate,   // ran the trapped instruction's own row on the virtual hart
  reflect,   // gave the trap to the guest's kernel
  inject,    // made the guest take a virtual interrupt
  fill,      // added a shadow entry; the guest sees nothing and the instruction runs again
  device,    // served an access to a device
  firmware,  // answered an ecall from the guest's kernel
  wait,      // wfi: parked the guest until its next interrupt
};
const char* name(ActKind kind);

/// One change of the virtual hart.
struct Change {
  std::string what;  // a register's, control register's or field's name: "stvec", "x10", "mode", "pc"
  uint32_t before = 0, after = 0;
};

struct Act {
  uint64_t number = 0;  // exits so far, this one included
  uint64_t step = 0;    // the guest's own
  uint32_t hart = 0;
  Mode mode = Mode::kernel;                // virtual mode before the exit
  Mode resume_mode = Mode::kernel;         // virtual mode after it
  uint32_t pc = 0, word = 0;               // of the instruction that made the exit; word 0 where none did
  bool clustered = false;                  // it made none: the monitor came to it in the exit of this number, and handled it there
  uint32_t real_cause = 0, real_tval = 0;  // the real hart's trap; a timer interrupt where the monitor's deadline ended the run
  ActKind kind = ActKind::emulate;
  uint32_t cause = 0;  // reflected or injected
  std::string detail;  // fill and device: "guest-physical 80203000 → real 80603000"; firmware: the extension
  std::vector<Change> changes;
  uint32_t resume = 0;  // pc afterwards
};

/// Both streams, in the order in which they happened: a step's record comes before the act's that its exit brought.
class TraceSink {
 public:
  virtual ~TraceSink() = default;
  /// False where only acts are of interest: then nothing is recorded, and guests run at full speed.
  [[nodiscard]] virtual bool wants_records() const { return true; }
  virtual void record(const Record& record) = 0;
  /// False where only records are of interest: then no act is put together.
  [[nodiscard]] virtual bool wants_acts() const { return true; }
  virtual void act(const Act&) {}
};

}  // namespace vmsim
