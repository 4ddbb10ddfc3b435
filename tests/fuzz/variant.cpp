// Any bytes as a variant's file: an instruction set or an error in one line with its place. What parses is written back as a text that parses to the same, and
// any word, among them the file's own bytes, runs on the interpreter for some steps.
#include <cstring>

#include "check/verdict.hpp"
#include "isa/variant.hpp"
#include "machine/computer.hpp"

using namespace vmsim;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto v = parse_variant({reinterpret_cast<const char*>(data), size}, "fuzz.toml");
  if (!v) {
    const Error& e = v.error();
    if (e.what.empty() || !e.where.starts_with("fuzz.toml") || e.text().find('\n') != std::string::npos) __builtin_trap();
    return 0;
  }
  const auto again = parse_variant(write_variant(*v), "again.toml");
  if (!again || check::hash(*again->isa) != check::hash(*v->isa)) __builtin_trap();

  constexpr uint32_t ram_size = 1u << 20;
  Machine machine(*v->isa, ram_size, {}, {});
  const auto bytes = machine.memory().bytes();
  for (size_t i = 0; i < 64; ++i) {
    // Each row in turn, with operands from the file.
    const auto op = static_cast<Op>(i % v->isa->rows().size());
    const RowInfo& row = v->isa->row(static_cast<Op>(v->isa->rows().size() - 1 - op));
    uint32_t word = 0;
    std::memcpy(&word, data + i * 7 % (size - 3), 4);  // the shortest variant has a name
    word = (word & ~row.pattern.mask) | row.pattern.match;
    std::memcpy(&bytes[4 * i], &word, 4);
  }
  machine.hart().pc = 0x8000'0000;
  machine.hart()[Csr::bound] = ~0xFFFu;
  machine.run(200, nullptr);
  return 0;
}
