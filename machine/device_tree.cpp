#include "machine/device_tree.hpp"

#include <fmt/format.h>
#include <libfdt.h>

#include <stdexcept>

#include "machine/board.hpp"
#include "vcpu/hart.hpp"

namespace vmsim {
namespace {

/// libfdt's sequential writer, with its errors as exceptions: they mean that the buffer is too small, which is a bug here.
class Tree {
 public:
  Tree() : bytes_(16384) {
    check(fdt_create(bytes_.data(), static_cast<int>(bytes_.size())));
    check(fdt_finish_reservemap(bytes_.data()));
  }
  void begin(const char* name) { check(fdt_begin_node(bytes_.data(), name)); }
  void end() { check(fdt_end_node(bytes_.data())); }
  void cell(const char* name, uint32_t value) { check(fdt_property_u32(bytes_.data(), name, value)); }
  void cells(const char* name, const std::vector<uint32_t>& values) {
    std::vector<fdt32_t> swapped;
    for (uint32_t v : values) swapped.push_back(cpu_to_fdt32(v));
    check(fdt_property(bytes_.data(), name, swapped.data(), static_cast<int>(swapped.size() * sizeof(fdt32_t))));
  }
  void text(const char* name, const std::string& value) { check(fdt_property_string(bytes_.data(), name, value.c_str())); }
  void texts(const char* name, const std::vector<std::string>& values) {
    std::string joined;
    for (const std::string& v : values) joined += v + '\0';
    check(fdt_property(bytes_.data(), name, joined.data(), static_cast<int>(joined.size())));
  }
  void flag(const char* name) { check(fdt_property(bytes_.data(), name, nullptr, 0)); }

  std::vector<uint8_t> finish() {
    check(fdt_finish(bytes_.data()));
    bytes_.resize(fdt_totalsize(bytes_.data()));
    return std::move(bytes_);
  }

 private:
  static void check(int code) {
    if (code < 0) throw std::logic_error(std::string("device tree: ") + fdt_strerror(code));
  }
  std::vector<uint8_t> bytes_;
};

constexpr uint32_t cpu_interrupts = 1, power = 2, plic = 3;  // phandles
constexpr uint32_t kernel_external_interrupt = 9, no_interrupt = ~0u;

}  // namespace

std::vector<uint8_t> build_device_tree(const DeviceTreeOptions& options) {
  Tree t;
  t.begin("");
  t.cell("#address-cells", 1);
  t.cell("#size-cells", 1);
  t.text("compatible", "vmsim,toy32");
  t.text("model", "vmsim,toy32");

  t.begin("chosen");
  t.text("stdout-path", "/soc/serial@10000000");
  if (!options.bootargs.empty()) t.text("bootargs", options.bootargs);
  if (options.initrd_end != options.initrd_start) {
    t.cell("linux,initrd-start", options.initrd_start);
    t.cell("linux,initrd-end", options.initrd_end);
  }
  t.end();

  t.begin("memory@80000000");
  t.text("device_type", "memory");
  t.cells("reg", {options.ram_base, options.ram_size});
  t.end();

  t.begin("cpus");
  t.cell("#address-cells", 1);
  t.cell("#size-cells", 0);
  t.cell("timebase-frequency", Clock::ticks_per_second);
  t.begin("cpu@0");
  t.text("device_type", "cpu");
  t.cell("reg", 0);
  t.text("status", "okay");
  t.text("compatible", "riscv");
  t.text("riscv,isa", "rv32ima_zicsr_zifencei_sstc");
  t.text("mmu-type", "riscv,sv32");
  t.begin("interrupt-controller");
  t.cell("#interrupt-cells", 1);
  t.flag("interrupt-controller");
  t.text("compatible", "riscv,cpu-intc");
  t.cell("phandle", cpu_interrupts);
  t.end();
  t.end();
  t.end();

  t.begin("soc");
  t.cell("#address-cells", 1);
  t.cell("#size-cells", 1);
  t.text("compatible", "simple-bus");
  t.flag("ranges");
  t.begin("interrupt-controller@c000000");
  t.texts("compatible", {"sifive,plic-1.0.0", "riscv,plic0"});
  t.cells("reg", {Plic::base, Plic::size});
  t.cell("#interrupt-cells", 1);
  t.cell("#address-cells", 0);
  t.flag("interrupt-controller");
  t.cells("interrupts-extended", {cpu_interrupts, no_interrupt, cpu_interrupts, kernel_external_interrupt});
  t.cell("riscv,ndev", Plic::sources - 1);
  t.cell("phandle", plic);
  t.end();
  for (const uint32_t slot : options.virtio_slots) {
    const uint32_t base = virtio::Mmio::base + slot * virtio::Mmio::size;
    t.begin(fmt::format("virtio@{:x}", base).c_str());
    t.text("compatible", "virtio,mmio");
    t.cells("reg", {base, virtio::Mmio::size});
    t.cell("interrupt-parent", plic);
    t.cell("interrupts", virtio::Mmio::first_source + slot);
    t.end();
  }
  t.begin("serial@10000000");
  t.text("compatible", "ns16550a");
  t.cells("reg", {0x1000'0000, 0x100});
  t.cell("clock-frequency", 3686400);
  t.cell("interrupt-parent", plic);
  t.cell("interrupts", Board::uart_source);
  t.end();
  t.begin("test@100000");
  t.texts("compatible", {"sifive,test1", "sifive,test0", "syscon"});
  t.cells("reg", {0x0010'0000, 0x1000});
  t.cell("phandle", power);
  t.end();
  t.end();

  for (const auto& [name, value] : {std::pair{"poweroff", 0x5555u}, {"reboot", 0x7777u}}) {
    t.begin(name);
    t.text("compatible", std::string("syscon-") + name);
    t.cell("regmap", power);
    t.cell("offset", 0);
    t.cell("value", value);
    t.end();
  }
  t.end();
  return t.finish();
}

}  // namespace vmsim
