// The control domain's calls: the one guest that has been granted them lists the others, makes more from templates that
// the machine's owner named, pauses, resumes and destroys them. docs/control.md is the interface. Invariants: a refused
// call has changed nothing; a guest names guests and templates by number, never anything of the host's.
#pragma once

#include "machine/firmware.hpp"
#include "monitor/host.hpp"

namespace vmsim {

class Control {
 public:
  enum Function : uint32_t { list, templates, create, pause, resume, destroy };
  /// What `list` tells of a guest.
  enum class Life : uint32_t { ready, waiting, paused, not_started, ended };
  /// Bytes of a name in memory, its zero included; of an entry of a list; and the most entries of one call.
  static constexpr uint32_t name_room = 32, entry_size = 64, most_entries = 64;

  struct Options {
    std::vector<std::string> templates;  // their names, each shorter than name_room
    /// Makes a guest like the template at that place, ready to be added; an error where there is no room for it.
    std::function<Result<HostGuest>(size_t which, const std::string& name)> make;
    uint32_t most_made = 1000;  // in all: what fails or is destroyed counts, since making it took the host's time
  };

  /// Letters, digits and -._, fewer than name_room of them, and not none.
  static bool may_be_a_name(std::string_view name);

  Control(Host& host, Options options) : host_(host), options_(std::move(options)) {}

  /// One call by the guest whose turn it is; `dma` is its memory. For BoardOptions::control.
  FirmwareReply call(const std::array<uint32_t, 8>& a, Dma& dma);

 private:
  FirmwareReply list_guests(uint32_t to, uint32_t room, uint32_t first, Dma& dma) const;
  FirmwareReply name_template(uint32_t which, uint32_t to, Dma& dma) const;
  FirmwareReply create_guest(uint32_t which, uint32_t name, const Dma& dma);
  /// The name in memory, up to a zero, where it may be a new guest's: nobody else's.
  [[nodiscard]] std::optional<std::string> new_name(uint32_t at, const Dma& dma) const;
  [[nodiscard]] Life life(const Host::Guest& guest) const;

  Host& host_;
  Options options_;
  uint32_t made_ = 0;
};

}  // namespace vmsim
