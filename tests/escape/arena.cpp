#include "escape/arena.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "escape/prelude.hpp"
#include "isa/page_walk.hpp"
#include "machine/disk.hpp"
#include "support/assembled.hpp"
#include "support/collect.hpp"

namespace vmsim::escape {
namespace {

constexpr uint8_t canary = 0xC9;
constexpr uint32_t canary_word = 0xC9C9'C9C9;
constexpr uint64_t limit = 60'000;  // steps
constexpr uint32_t neighbour = 64u << 10, superpage = 4u << 20, shadow_pages = 64;
// A neighbour and the shadow's pages, the slice, which begins at a superpage and ends in the middle of one, and another neighbour.
constexpr uint32_t real_ram = superpage + (ram + superpage - 1) / superpage * superpage + neighbour;

uint32_t word_at(std::span<const uint8_t> bytes, size_t at) {
  uint32_t word = 0;
  std::memcpy(&word, &bytes[at], sizeof word);
  return word;
}

/// A shadow table may name the guest's slice and other shadow tables, and nothing else.
std::string look_at_table(std::span<const uint8_t> table, RealPhysical at, const Grant& grant) {
  const uint64_t slice = grant.slice().real.at, slice_end = slice + grant.slice().size, pool_end = grant.pool().at + uint64_t{grant.pool_pages()} * page_size;
  bool is_root = at == grant.pool();  // the first page that is used is one
  for (size_t i = 0; i < page_size; i += 4) is_root |= (word_at(table, i) & (pte::valid | pte::read | pte::execute)) == pte::valid;
  for (size_t i = 0; i < page_size; i += 4) {
    const uint32_t entry = word_at(table, i);
    if ((entry & pte::valid) == 0) continue;
    const uint64_t target = uint64_t{entry >> 10} << 12;
    const bool leaf = (entry & (pte::read | pte::execute)) != 0;
    const uint64_t size = leaf && is_root ? 4u << 20 : page_size;
    const bool inside = leaf ? target >= slice && target + size <= slice_end : target >= grant.pool().at && target + size <= pool_end;
    if (!inside) return fmt::format("the shadow entry {:08x} at real {:08x} points outside", entry, at.at + i);
  }
  return {};
}

std::string look_at_pool(const Memory& real, const Grant& grant) {
  const auto pool = real.bytes().subspan(grant.pool().at - real.base().at, size_t{grant.pool_pages()} * page_size);
  for (size_t at = 0; at < pool.size(); at += page_size) {
    const auto page = pool.subspan(at, page_size);
    if (std::ranges::all_of(page, [](uint8_t b) { return b == canary; })) continue;  // never used
    if (auto found = look_at_table(page, RealPhysical{grant.pool().at + static_cast<uint32_t>(at)}, grant); !found.empty()) return found;
  }
  return {};
}

/// True for a register that a load of canaries, of whatever width, leaves.
bool is_canary(uint32_t x) {
  return x == canary_word || x == canary || x == 0xFFFF'FF00 + canary || x == (canary_word & 0xFFFF) || x == (0xFFFF'0000 | (canary_word & 0xFFFF));
}

/// What the guest itself holds of the outside.
std::string look_inside(const Hart& hart, std::span<const uint8_t> bytes, const std::string& console) {
  const std::array<uint8_t, 4> four{canary, canary, canary, canary};
  // Not std::ranges::search: clang 14 cannot take libstdc++'s subranges apart.
  if (const auto found = std::search(bytes.begin(), bytes.end(), four.begin(), four.end()); found != bytes.end())
    return fmt::format("the guest's memory holds what lies outside, at offset {:x}", found - bytes.begin());
  for (size_t i = 1; i < 32; ++i)
    if (is_canary(hart.x[i])) return fmt::format("x{} holds what lies outside", i);
  return console.find(static_cast<char>(canary)) == std::string::npos ? "" : "the console shows what lies outside";
}

/// Everything of real memory but the slice and the shadow's pages.
std::string look_around(const Memory& real, const Grant& grant) {
  const auto bytes = real.bytes();
  const uint32_t base = real.base().at, slice = grant.slice().real.at - base, pool = grant.pool().at - base;
  const size_t pool_end = pool + size_t{grant.pool_pages()} * page_size, slice_end = slice + size_t{grant.slice().size};
  for (const auto& [from, to] : {std::pair(size_t{0}, size_t{pool}), {pool_end, size_t{slice}}, {slice_end, bytes.size()}})
    if (std::ranges::any_of(bytes.subspan(from, to - from), [](uint8_t b) { return b != canary; })) return "memory outside the slice has changed";
  return {};
}

}  // namespace

Ending run(const Attack& attack, std::string_view technique, const EngineOptions& engine) {
  std::string console;
  std::vector<uint8_t> sectors(64 * Disk::sector_size, 0x5D);
  const BoardOptions board{.console = {.output = [&](uint8_t byte) { console += static_cast<char>(byte); }, .input = {{0, 'h'}, {0, 'e'}, {0, 'y'}}},
                           .disks = {Disk::in_memory(std::move(sectors))},
                           .layout = attack.layout,
                           .entropy_seed = 1};
  const bool bare = technique == "bare";
  Machine real(Isa::toy32(), bare ? ram : real_ram, bare ? board : BoardOptions{}, engine);
  Allocator allocator(real);
  std::vector<Grant> neighbours;
  std::unique_ptr<VirtualMachine> guest;
  std::span<uint8_t> slice = real.memory().bytes();
  if (!bare) {
    std::ranges::fill(real.memory().bytes(), canary);
    neighbours.push_back(allocator.grant(GuestPhysical{ram_base}, neighbour, 0).value());
    guest = VirtualMachine::make(allocator, ram, board, *technique_of(technique), {engine}, shadow_pages).value();
    neighbours.push_back(allocator.grant(GuestPhysical{ram_base}, neighbour, 0).value());
    slice = slice.subspan(guest->slice().real.at - real.memory().base().at, ram);
    std::ranges::fill(slice, 0);
  }
  Computer& computer = bare ? static_cast<Computer&>(real) : *guest;
  test::boot(computer, std::string(prelude) + attack.code + "\n        ebreak\n");
  test::Digest digest;
  const Stopped why = computer.run(limit, &digest);
  Ending ending{.steps = computer.hart().clock.steps, .hash = digest.hash};
  ending.code = why == Stopped::powered_off ? *computer.board().exit_code() : why == Stopped::idle_forever ? idle_for_ever : at_the_limit;
  ending.damage = look_inside(computer.hart(), slice, console);
  if (bare) return ending;
  for (const std::string& found : {look_around(real.memory(), guest->grant()), look_at_pool(real.memory(), guest->grant())})
    if (ending.damage.empty()) ending.damage = found;
  return ending;
}

}  // namespace vmsim::escape
