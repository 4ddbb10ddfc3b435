#include "isa/elf.hpp"

#include <elf.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace vmsim {
namespace {

constexpr uint32_t page = 4096;
constexpr uint32_t compressed_flag = 1, float_mask = 6;  // e_flags: RVC, and the float ABI (psABI, section 8.1)

/// Bounded reads of plain structures.
class Reader {
 public:
  explicit Reader(std::span<const uint8_t> file) : file_(file) {}
  template <class T>
  [[nodiscard]] std::optional<T> at(uint64_t offset) const {
    T value;
    if (!holds(offset, sizeof value)) return std::nullopt;
    std::memcpy(&value, file_.data() + offset, sizeof value);
    return value;
  }
  [[nodiscard]] bool holds(uint64_t offset, uint64_t size) const { return offset <= file_.size() && size <= file_.size() - offset; }
  [[nodiscard]] std::span<const uint8_t> bytes(uint64_t offset, uint64_t size) const { return file_.subspan(offset, size); }
  /// The zero-terminated string at `offset`, or nothing where it does not end inside the file.
  [[nodiscard]] std::optional<std::string> string(uint64_t offset) const {
    if (offset >= file_.size()) return std::nullopt;
    const auto* begin = file_.data() + offset;
    const auto* end = std::find(begin, file_.data() + file_.size(), 0);
    if (end == file_.data() + file_.size()) return std::nullopt;
    return std::string(begin, end);
  }

 private:
  std::span<const uint8_t> file_;
};

/// Printable ASCII, at most 200 characters of it.
std::string readable(std::string name) {
  constexpr size_t longest = 200;
  if (name.size() > longest) name.resize(longest);
  std::ranges::replace_if(
      name, [](char c) { return c < 0x20 || c > 0x7E; }, '?');
  return name;
}

void read_symbols(const Reader& file, const Elf32_Ehdr& header, SymbolTable& symbols) {
  for (uint32_t i = 0; i < header.e_shnum; ++i) {
    const auto table = file.at<Elf32_Shdr>(header.e_shoff + uint64_t{i} * sizeof(Elf32_Shdr));
    if (!table || table->sh_type != SHT_SYMTAB) continue;
    const auto names = file.at<Elf32_Shdr>(header.e_shoff + uint64_t{table->sh_link} * sizeof(Elf32_Shdr));
    if (!names || !file.holds(table->sh_offset, table->sh_size)) continue;
    for (uint32_t at = 0; at + sizeof(Elf32_Sym) <= table->sh_size; at += sizeof(Elf32_Sym)) {
      const auto symbol = *file.at<Elf32_Sym>(uint64_t{table->sh_offset} + at);
      const int type = ELF32_ST_TYPE(symbol.st_info);
      if (symbol.st_shndx == SHN_UNDEF || symbol.st_shndx == SHN_ABS || type == STT_SECTION || type == STT_FILE) continue;
      const auto name = file.string(uint64_t{names->sh_offset} + symbol.st_name);
      // A name is the guest's to choose: what no terminal and no JSON writer should meet becomes '?'.
      // The assembler's own labels, and the mapping symbols of the psABI, say nothing to a reader.
      if (name && !name->empty() && !name->starts_with('$') && !name->starts_with(".L")) symbols.add(readable(*name), symbol.st_value);
    }
  }
}

}  // namespace

bool is_elf(std::span<const uint8_t> file) { return file.size() >= SELFMAG && std::memcmp(file.data(), ELFMAG, SELFMAG) == 0; }

Result<Image> read_elf(std::span<const uint8_t> bytes, const std::string& name) {
  const Reader file(bytes);
  const std::string build = "build it with -march=rv32ima_zicsr_zifencei -mabi=ilp32", copied = "it is damaged: copy it or link it again",
                    placed = "see where the linker script puts its sections";
  if (!is_elf(bytes)) return fail("not an ELF file", name, build);
  const auto header = file.at<Elf32_Ehdr>(0);
  if (!header) return fail("truncated: the ELF header is not complete", name, copied);
  if (header->e_ident[EI_CLASS] != ELFCLASS32) return fail("not a 32-bit ELF file", name, build);
  if (header->e_ident[EI_DATA] != ELFDATA2LSB) return fail("not a little-endian ELF file", name, build);
  if (header->e_machine != EM_RISCV) return fail(fmt::format("made for machine {}, not for RISC-V", header->e_machine), name, build);
  if (header->e_type != ET_EXEC) return fail("not an executable", name, "link it: riscv64-unknown-elf-ld -m elf32lriscv");
  if ((header->e_flags & compressed_flag) != 0) return fail("holds compressed instructions, which toy32 has not", name, build);
  if ((header->e_flags & float_mask) != 0) return fail("uses floating point, which toy32 has not", name, build);
  if (header->e_phentsize != sizeof(Elf32_Phdr)) return fail("program headers have a foreign size", name, build);

  Image image{.entry = header->e_entry, .kind = "ELF32"};
  for (uint32_t i = 0; i < header->e_phnum; ++i) {
    const auto program = file.at<Elf32_Phdr>(header->e_phoff + uint64_t{i} * sizeof(Elf32_Phdr));
    const std::string where = fmt::format("{}: program header {}", name, i);
    if (!program) return fail("truncated: it lies outside the file", where, copied);
    if (program->p_type != PT_LOAD || program->p_memsz == 0) continue;
    if (!file.holds(program->p_offset, program->p_filesz)) return fail("truncated: its bytes lie outside the file", where, copied);
    if (program->p_filesz > program->p_memsz) return fail("more bytes in the file than in memory", where, copied);
    if (uint64_t{program->p_paddr} + program->p_memsz > uint64_t{1} << 32) return fail("runs past the end of the address space", where, placed);
    const auto contents = file.bytes(program->p_offset, program->p_filesz);
    image.segments.push_back({program->p_paddr, {contents.begin(), contents.end()}, program->p_memsz - program->p_filesz});
    if (header->e_entry - program->p_vaddr < program->p_memsz) image.entry = header->e_entry - program->p_vaddr + program->p_paddr;
  }
  if (image.segments.empty()) return fail("nothing to load in it", name, "link it with a linker script such as toy32.ld");
  auto sorted = image.segments;
  std::ranges::sort(sorted, {}, &Segment::address);
  for (size_t i = 1; i < sorted.size(); ++i)
    if (sorted[i - 1].address + sorted[i - 1].size() > sorted[i].address)
      return fail(fmt::format("segments overlap at {:08x}", sorted[i].address), name, placed);
  if (header->e_shentsize == sizeof(Elf32_Shdr)) read_symbols(file, *header, image.symbols);
  return image;
}

namespace {

/// Bytes that grow; structures are appended as they lie in memory (the host is little-endian, as the file is).
class Writer {
 public:
  std::vector<uint8_t> bytes;
  template <class T>
  void add(const T& value) {
    const auto* from = reinterpret_cast<const uint8_t*>(&value);
    bytes.insert(bytes.end(), from, from + sizeof value);
  }
  void add_bytes(std::span<const uint8_t> more) { bytes.insert(bytes.end(), more.begin(), more.end()); }
  void skip(size_t count) { bytes.resize(bytes.size() + count); }
  void align(size_t to) { bytes.resize((bytes.size() + to - 1) / to * to); }
  [[nodiscard]] uint32_t size() const { return static_cast<uint32_t>(bytes.size()); }
};

/// A string table: names, each ended by a zero, the first one empty.
class Strings {
 public:
  uint32_t add(const std::string& name) {
    const auto at = static_cast<uint32_t>(text_.size());
    text_ += name;
    text_ += '\0';
    return at;
  }
  [[nodiscard]] std::span<const uint8_t> bytes() const { return {reinterpret_cast<const uint8_t*>(text_.data()), text_.size()}; }

 private:
  std::string text_ = std::string(1, '\0');
};

}  // namespace

std::vector<uint8_t> write_elf(std::span<const ElfSection> sections, std::span<const ElfSymbol> symbols, uint32_t entry) {
  Writer out;
  Strings section_names, symbol_names;
  const auto count = static_cast<uint16_t>(sections.size());
  Elf32_Ehdr header{};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS32;
  header.e_ident[EI_DATA] = ELFDATA2LSB;
  header.e_ident[EI_VERSION] = EV_CURRENT;
  header.e_type = ET_EXEC;
  header.e_machine = EM_RISCV;
  header.e_version = EV_CURRENT;
  header.e_entry = entry;
  header.e_ehsize = sizeof header;
  header.e_phoff = sizeof header;
  header.e_phentsize = sizeof(Elf32_Phdr);
  header.e_phnum = count;
  header.e_shentsize = sizeof(Elf32_Shdr);
  header.e_shnum = static_cast<uint16_t>(count + 4);
  header.e_shstrndx = static_cast<uint16_t>(count + 3);

  std::vector<Elf32_Phdr> programs;
  std::vector<Elf32_Shdr> headers(1);
  Writer contents;
  const uint32_t contents_at = static_cast<uint32_t>(sizeof header + sections.size() * sizeof(Elf32_Phdr));
  for (const ElfSection& s : sections) {
    // Offset and address agree modulo a page, so that a loader that maps files can load it.
    contents.skip((s.address - contents_at - contents.size()) % page);
    const uint32_t at = contents_at + contents.size();
    const auto file_size = static_cast<uint32_t>(s.bytes.size());
    const uint32_t memory_size = file_size + s.zero_fill;
    const bool no_bits = file_size == 0 && memory_size != 0;
    programs.push_back({PT_LOAD, at, s.address, s.address, file_size, memory_size, PF_R | (s.writable ? PF_W : 0u) | (s.executable ? PF_X : 0u), page});
    headers.push_back({section_names.add(s.name), no_bits ? uint32_t{SHT_NOBITS} : uint32_t{SHT_PROGBITS},
                       SHF_ALLOC | (s.writable ? SHF_WRITE : 0u) | (s.executable ? SHF_EXECINSTR : 0u), s.address, at, no_bits ? memory_size : file_size, 0, 0,
                       4, 0});
    contents.add_bytes(s.bytes);
  }

  // Local symbols come first; the table's info says where the global ones begin.
  Writer table;
  table.add(Elf32_Sym{});
  uint32_t first_global = 1;
  for (const bool global : {false, true}) {
    for (const ElfSymbol& s : symbols) {
      if (s.global != global) continue;
      Elf32_Sym symbol{};
      symbol.st_name = symbol_names.add(s.name);
      symbol.st_value = s.value;
      symbol.st_info = static_cast<unsigned char>(ELF32_ST_INFO(global ? STB_GLOBAL : STB_LOCAL, STT_NOTYPE));
      symbol.st_shndx = s.section < 0 ? uint16_t{SHN_ABS} : static_cast<uint16_t>(s.section + 1);
      table.add(symbol);
      first_global += !global;
    }
  }
  auto add_table = [&](const char* name, uint32_t type, std::span<const uint8_t> bytes, uint32_t link, uint32_t info, uint32_t size) {
    contents.align(4);
    headers.push_back({section_names.add(name), type, 0, 0, contents_at + contents.size(), static_cast<uint32_t>(bytes.size()), link, info, 4, size});
    contents.add_bytes(bytes);
  };
  add_table(".symtab", SHT_SYMTAB, table.bytes, count + 2u, first_global, sizeof(Elf32_Sym));
  add_table(".strtab", SHT_STRTAB, symbol_names.bytes(), 0, 0, 0);
  const uint32_t own_name = section_names.add(".shstrtab");
  contents.align(4);
  headers.push_back({own_name, SHT_STRTAB, 0, 0, contents_at + contents.size(), static_cast<uint32_t>(section_names.bytes().size()), 0, 0, 1, 0});
  contents.add_bytes(section_names.bytes());
  contents.align(4);

  header.e_shoff = contents_at + contents.size();
  out.add(header);
  for (const Elf32_Phdr& p : programs) out.add(p);
  out.add_bytes(contents.bytes);
  for (const Elf32_Shdr& h : headers) out.add(h);
  return out.bytes;
}

}  // namespace vmsim
