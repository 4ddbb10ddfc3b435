#include "cli/guest.hpp"

#include <fmt/format.h>

#include "host/large_pages.hpp"
#include "machine/device_tree.hpp"
#include "machine/loader.hpp"

namespace vmsim::cli {

void add_guest_options(CLI::App& command, GuestOptions& o) {
  command.add_option("image", o.image, "the guest: ELF32, flat binary, Linux Image or assembly source")->required();
  add_isa_option(command, o.isa);
  command.add_option("--memory", o.memory, "the guest's memory in MiB")->check(CLI::Range(4, 1024))->capture_default_str();
  command.add_option("--append", o.append, "kernel command line");
  command.add_option("--initrd", o.initrd, "initial RAM disk");
  command.add_option("--disk", o.disks, "a disk, as FILE, FILE,readonly, or FILE,cow (changes stay in memory); up to 7");
  command.add_option("--virtio", o.layout, "register layout of virtio devices: modern or legacy")
      ->check(CLI::IsMember({"modern", "legacy"}))
      ->capture_default_str();
  command.add_option("--entropy-seed", o.entropy_seed, "seed of the entropy device")->check(whole_number())->capture_default_str();
  command.add_option("--max-disk", o.max_disk, "end after this many bytes written to a disk")->check(whole_number());
  command.add_flag("--paravirt", o.paravirt, "answer a paravirtual kernel's calls; --technique paravirt does so by itself");
  command.add_option("--input", o.input, "replay input: lines STEP \"TEXT\"");
}

Result<GuestFiles> read_guest(const Isa& isa, const GuestOptions& options) {
  const auto bytes = read_file(options.image);
  if (!bytes) return tl::unexpected(bytes.error());
  auto image = load_image(isa, *bytes, options.image);
  if (!image) return tl::unexpected(image.error());
  GuestFiles files{.image = std::move(*image)};
  if (!options.initrd.empty()) {
    auto initrd = read_file(options.initrd);
    if (!initrd) return tl::unexpected(initrd.error());
    files.initrd = std::move(*initrd);
  }
  if (!options.input.empty()) {
    const auto text = read_file(options.input);
    if (!text) return tl::unexpected(text.error());
    auto log = parse_input_log({reinterpret_cast<const char*>(text->data()), text->size()}, options.input);
    if (!log) return tl::unexpected(log.error());
    files.input = std::move(*log);
  }
  return files;
}

Result<std::vector<std::shared_ptr<Disk>>> open_disks(const GuestOptions& options, bool copies) {
  std::vector<std::shared_ptr<Disk>> disks;
  if (options.disks.size() > Board::most_disks)
    return fail(fmt::format("{} disks are too many", options.disks.size()), "--disk", fmt::format("there is room for {}", Board::most_disks));
  for (const std::string& text : options.disks) {
    const size_t comma = text.rfind(',');
    const std::string path = text.substr(0, comma), kind = comma == std::string::npos ? "" : text.substr(comma + 1);
    auto access = Disk::Access::read_write;
    if (kind == "readonly") access = Disk::Access::read_only;
    else if (kind == "cow") access = Disk::Access::copy_on_write;
    else if (!kind.empty()) return fail(fmt::format("unknown kind of disk '{}'", kind), "--disk " + text, "FILE, FILE,readonly or FILE,cow");
    if (copies && access == Disk::Access::read_write) access = Disk::Access::copy_on_write;
    auto disk = Disk::open(path, access);
    if (!disk) return tl::unexpected(disk.error());
    (*disk)->limit_writes(options.max_disk);
    disks.push_back(std::move(*disk));
  }
  return disks;
}

BoardOptions board_for(const GuestOptions& options, const GuestFiles& files, const std::string& technique, const ConsoleOptions& console,
                       std::vector<std::shared_ptr<Disk>> disks) {
  BoardOptions board{.console = console,
                     .disks = std::move(disks),
                     .layout = options.layout == "legacy" ? virtio::Layout::legacy : virtio::Layout::modern,
                     .entropy_seed = options.entropy_seed,
                     .paravirt = options.paravirt || technique == "paravirt"};
  board.console.input = files.input;
  return board;
}

Result<void> boot_guest(Computer& computer, const GuestOptions& options, const GuestFiles& files) {
  DeviceTreeOptions tree{.ram_size = options.memory * mebibyte, .bootargs = options.append, .virtio_slots = computer.board().virtio_slots()};
  if (tree.bootargs.size() > DeviceTreeOptions::longest_bootargs)
    return fail(fmt::format("the kernel command line has {} bytes", tree.bootargs.size()), "--append", "at most 4096");
  if (!files.initrd.empty()) {
    const auto at = computer.place_initrd(files.initrd);
    if (!at) return fail(at.error().what, options.initrd, at.error().hint);
    tree.initrd_start = *at;
    tree.initrd_end = *at + static_cast<uint32_t>(files.initrd.size());
  }
  if (const auto booted = computer.boot(files.image, build_device_tree(tree), files.pages.get()); !booted) {
    Error error = booted.error();
    error.where = options.image + ": " + error.where;
    return tl::unexpected(error);
  }
  return {};
}

Result<Started> start_guest(const Isa& isa, const GuestOptions& options, const GuestFiles& files, const std::string& technique, const ConsoleOptions& console,
                            std::vector<std::shared_ptr<Disk>> disks, const TechniqueOptions& how) {
  const BoardOptions board = board_for(options, files, technique, console, std::move(disks));
  const uint32_t ram = options.memory * mebibyte;
  const auto chosen = technique_of(technique);
  Started started;
  started.machine = std::make_unique<Machine>(isa, chosen ? ram + VirtualMachine::overhead : ram, chosen ? BoardOptions{} : board, how.engine);
  // A small guest would rather have few bytes resident; one that fills this much takes the host long to end.
  if (options.memory > 256) host::use_large_pages(started.machine->memory().bytes());
  if (chosen) {
    auto made = VirtualMachine::make(*started.machine, ram, board, *chosen, how);
    if (!made) return tl::unexpected(made.error());
    started.guest = std::move(*made);
  }
  if (const auto booted = boot_guest(started.computer(), options, files); !booted) return tl::unexpected(booted.error());
  return started;
}

}  // namespace vmsim::cli
