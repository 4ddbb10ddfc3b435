// The options that say what the guest is and what stands around it, for every command that runs one.
#pragma once

#include <memory>

#include "cli/commands.hpp"
#include "isa/image.hpp"
#include "machine/disk.hpp"
#include "monitor/virtual_machine.hpp"

namespace vmsim::cli {

inline constexpr uint32_t mebibyte = 1u << 20;  // bytes

struct GuestOptions {
  std::string image, isa = "toy32";
  uint32_t memory = 128;  // MiB
  std::string append, initrd;
  std::vector<std::string> disks;  // FILE[,readonly|,cow]
  std::string layout = "modern";
  uint64_t entropy_seed = 0;
  uint64_t max_disk = ~uint64_t{0};  // bytes
  std::string input;
  bool paravirt = false;  // the firmware answers a paravirtual kernel's calls, whatever the technique
};
void add_guest_options(CLI::App& command, GuestOptions& options);

/// The files that the options name, read and parsed.
struct GuestFiles {
  Image image;
  std::vector<uint8_t> initrd;
  std::vector<InputByte> input;
  std::shared_ptr<const ImagePages> pages = {};  // where guests made from the image share them
};
Result<GuestFiles> read_guest(const Isa& isa, const GuestOptions& options);

/// Opens the disks; with `copies`, writes to them stay in memory.
Result<std::vector<std::shared_ptr<Disk>>> open_disks(const GuestOptions& options, bool copies);

/// The board that the options describe.
BoardOptions board_for(const GuestOptions& options, const GuestFiles& files, const std::string& technique, const ConsoleOptions& console,
                       std::vector<std::shared_ptr<Disk>> disks);
/// Puts the guest into a computer of its size, with its initial RAM disk and device tree.
Result<void> boot_guest(Computer& computer, const GuestOptions& options, const GuestFiles& files);

/// A computer with its guest, ready to run.
struct Started {
  std::unique_ptr<Machine> machine;
  std::unique_ptr<VirtualMachine> guest;  // none on the bare machine
  [[nodiscard]] Computer& computer() const { return guest ? static_cast<Computer&>(*guest) : *machine; }
};
/// `technique`: a technique's name, or "bare".
Result<Started> start_guest(const Isa& isa, const GuestOptions& options, const GuestFiles& files, const std::string& technique, const ConsoleOptions& console,
                            std::vector<std::shared_ptr<Disk>> disks, const TechniqueOptions& how = {});

}  // namespace vmsim::cli
