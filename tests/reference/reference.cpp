#include "reference/reference.hpp"

#include <algorithm>
#include <variant>

namespace vmsim::reference {
namespace {

namespace status {  // fields of sstatus
constexpr uint32_t sie = 1u << 1, spie = 1u << 5, spp = 1u << 8, sum = 1u << 18, mxr = 1u << 19;
}
constexpr uint32_t misaligned_jump = 0, illegal = 2, breakpoint = 3, user_call = 8, interrupt = 1u << 31;
enum class Kind : uint8_t { fetch, load, store };

uint32_t access_fault(Kind kind) { return kind == Kind::fetch ? 1 : kind == Kind::load ? 5 : 7; }
uint32_t page_fault(Kind kind) { return kind == Kind::fetch ? 12 : kind == Kind::load ? 13 : 15; }

/// The bits of a control register that a write changes; 0 where there is no such register, or it is read-only.
uint32_t writable(uint32_t number) {
  switch (number) {
    case sstatus: return status::sie | status::spie | status::spp | status::sum | status::mxr;
    case sie: return 1u << 1 | 1u << 5 | 1u << 9;
    case sip: return 1u << 1;
    case stvec: return ~(1u << 1);
    case scounteren: return 7;
    case sepc: return ~3u;
    case stimecmph: return ~0u;
    default: return (number >= sscratch && number <= stval) || number == stimecmp || number == satp ? ~0u : 0;
  }
}

uint32_t bits(uint32_t word, int high, int low) { return word << (31 - high) >> (31 - high + low); }
int32_t as_signed(uint32_t v) { return static_cast<int32_t>(v); }
uint32_t shift_right_signed(uint32_t v, uint32_t by) { return static_cast<uint32_t>(as_signed(v) >> by); }
uint32_t sign_extend(uint32_t v, uint32_t width) { return shift_right_signed(v << (32 - width), 32 - width); }

uint32_t multiply_or_divide(uint32_t operation, uint32_t a, uint32_t b) {
  const int64_t sa = as_signed(a), sb = as_signed(b);
  const auto high = [](uint64_t product) { return static_cast<uint32_t>(product >> 32); };
  switch (operation) {
    case 0: return a * b;                                                      // mul
    case 1: return high(static_cast<uint64_t>(sa * sb));                       // mulh
    case 2: return high(static_cast<uint64_t>(sa * static_cast<int64_t>(b)));  // mulhsu
    case 3: return high(static_cast<uint64_t>(a) * b);                         // mulhu
    case 4: return b == 0 ? ~0u : static_cast<uint32_t>(sa / sb);              // div: 64 bits hold -2^31 / -1
    case 5: return b == 0 ? ~0u : a / b;                                       // divu
    case 6: return b == 0 ? a : static_cast<uint32_t>(sa % sb);                // rem
    default: return b == 0 ? a : a % b;                                        // remu
  }
}

struct Trap {
  uint32_t cause, tval;
};

/// One step of a machine. Whatever faults throws a Trap before it has changed anything.
class Execution {
 public:
  explicit Execution(Machine& machine) : m_(machine), hart_(machine.hart), done_{.step = hart_.steps, .kernel = hart_.kernel, .pc = hart_.pc} {}

  Step run() {
    const uint32_t pending = hart_.csr[sie] & hart_.pending();
    if (pending != 0 && (!hart_.kernel || (hart_.csr[sstatus] & status::sie) != 0)) {
      done_.event = Event::interrupt;
      enter(interrupt | ((pending & 1u << 9) != 0 ? 9 : (pending & 1u << 1) != 0 ? 1 : 5), 0);
    } else {
      try {
        word_ = done_.word = ram_word(locate(hart_.pc, 4, Kind::fetch).bytes[0]);
        next_ = hart_.pc + 4;
        execute();
        hart_.pc = next_;
        if (done_.event == Event::none) ++hart_.instret;
      } catch (const Trap& trap) {
        done_.event = Event::trap;
        enter(trap.cause, trap.tval);
      }
    }
    ++hart_.steps;
    if (waits_ && (hart_.csr[sie] & hart_.pending()) == 0) {
      // Only the timer can end the wait, at a step number that must fit.
      const bool ends = (hart_.csr[sie] & 1u << 5) != 0 && hart_.timer() <= ~uint64_t{0} / 100;
      if (ends) hart_.idle = hart_.timer() * 100 - hart_.steps;
      if (!ends) m_.stopped = Stop::idle;
    }
    done_.next_pc = hart_.pc;
    return std::move(done_);
  }

 private:
  void enter(uint32_t cause, uint32_t tval) {
    done_.cause = hart_.csr[scause] = cause;
    done_.epc = hart_.csr[sepc] = hart_.pc;
    done_.tval = hart_.csr[stval] = tval;
    uint32_t& s = hart_.csr[sstatus];
    const uint32_t others = s & ~(status::sie | status::spie | status::spp);
    s = others | ((s & status::sie) != 0 ? status::spie : 0) | (hart_.kernel ? status::spp : 0);
    hart_.kernel = true;
    const bool vectored = (hart_.csr[stvec] & 1) != 0 && (cause & interrupt) != 0;
    hart_.pc = (hart_.csr[stvec] & ~3u) + (vectored ? 4 * (cause & ~interrupt) : 0);
  }

  // The fields of the word (unprivileged specification, section 2.3).
  [[nodiscard]] uint32_t rd() const { return bits(word_, 11, 7); }
  [[nodiscard]] uint32_t rs1() const { return bits(word_, 19, 15); }
  [[nodiscard]] uint32_t rs2() const { return bits(word_, 24, 20); }
  [[nodiscard]] uint32_t funct3() const { return bits(word_, 14, 12); }
  [[nodiscard]] uint32_t funct7() const { return bits(word_, 31, 25); }
  [[nodiscard]] uint32_t i_immediate() const { return sign_extend(bits(word_, 31, 20), 12); }
  [[nodiscard]] uint32_t s_immediate() const { return sign_extend(funct7() << 5 | rd(), 12); }
  [[nodiscard]] uint32_t b_immediate() const {
    return (s_immediate() & ~0x801u) | (word_ << 4 & 0x800);  // as a store's, but bit 0's place holds bit 11
  }
  [[nodiscard]] uint32_t j_immediate() const { return (sign_extend(word_ >> 31, 1) << 20) | (word_ & 0xFF000) | (word_ >> 9 & 0x800) | (word_ >> 20 & 0x7FE); }

  void set(uint32_t reg, uint32_t value) {
    if (reg == 0) return;
    hart_.x[reg] = value;
    done_.registers.push_back({reg, value});
  }
  void set_rd(uint32_t value) { set(rd(), value); }
  void jump(uint32_t target) {
    if (target % 4 != 0) throw Trap{misaligned_jump, target};
    next_ = target;
  }

  void execute() {
    const uint32_t a = hart_.x[rs1()], b = hart_.x[rs2()], upper = word_ & 0xFFFF'F000;
    switch (bits(word_, 6, 0)) {
      case 0x37: return set_rd(upper);                                         // lui
      case 0x17: return set_rd(hart_.pc + upper);                              // auipc
      case 0x6F: return jump(hart_.pc + j_immediate()), set_rd(hart_.pc + 4);  // jal
      case 0x67:                                                               // jalr
        if (funct3() != 0) break;
        return jump((a + i_immediate()) & ~1u), set_rd(hart_.pc + 4);
      case 0x63: return branch(a, b);
      case 0x03: return load_register(a + i_immediate());
      case 0x23:
        if (funct3() > 2) break;
        return store(a + s_immediate(), 1u << funct3(), b);
      case 0x13: return arithmetic(a, i_immediate(), true);
      case 0x33:
        if (funct7() == 1) return set_rd(multiply_or_divide(funct3(), a, b));
        return arithmetic(a, b, false);
      case 0x0F:  // fence, fence.i: the other fields are hints
        if (funct3() > 1) break;
        return;
      case 0x2F: return atomic(a, b);
      case 0x73: return funct3() == 0 ? system() : control_register(a);
    }
    throw Trap{illegal, word_};
  }

  void branch(uint32_t a, uint32_t b) {
    const uint32_t relation = funct3() >> 1;  // bit 0 negates it
    if (relation == 1) throw Trap{illegal, word_};
    const bool holds = relation == 0 ? a == b : relation == 2 ? as_signed(a) < as_signed(b) : a < b;
    if (holds != ((funct3() & 1) != 0)) jump(hart_.pc + b_immediate());
  }

  void load_register(uint32_t address) {
    const uint32_t size = 1u << (funct3() & 3);
    if (funct3() == 3 || funct3() > 5) throw Trap{illegal, word_};
    const uint32_t value = load(address, size);
    set_rd(funct3() < 2 ? sign_extend(value, 8 * size) : value);
  }

  void arithmetic(uint32_t a, uint32_t b, bool immediate) {
    // funct7 selects sub and the arithmetic shift; where b is an immediate and no shift amount, it is part of that.
    const bool other = funct7() == 0x20 && (funct3() == 5 || (funct3() == 0 && !immediate));
    const bool any = immediate && funct3() != 1 && funct3() != 5;
    if (funct7() != 0 && !other && !any) throw Trap{illegal, word_};
    switch (funct3()) {
      case 0: return set_rd(other ? a - b : a + b);
      case 1: return set_rd(a << (b & 31));
      case 2: return set_rd(as_signed(a) < as_signed(b) ? 1 : 0);
      case 3: return set_rd(a < b ? 1 : 0);
      case 4: return set_rd(a ^ b);
      case 5: return set_rd(other ? shift_right_signed(a, b & 31) : a >> (b & 31));
      case 6: return set_rd(a | b);
      default: return set_rd(a & b);
    }
  }

  void atomic(uint32_t address, uint32_t b) {
    constexpr uint32_t lr = 2, sc = 3;
    const uint32_t operation = bits(word_, 31, 27);
    if (funct3() != 2 || (operation > 4 && operation % 4 != 0)) throw Trap{illegal, word_};
    if (operation == lr && rs2() != 0) throw Trap{illegal, word_};
    const Kind kind = operation == lr ? Kind::load : Kind::store;
    if (address % 4 != 0) throw Trap{operation == lr ? 4u : 6u, address};
    const Place place = locate(address, 4, kind);
    if (place.device) throw Trap{access_fault(kind), address};
    if (operation == lr) {
      hart_.reservation = place.bytes[0];
      return set_rd(load(address, 4));
    }
    if (operation == sc) {
      const bool success = hart_.reservation == place.bytes[0];
      hart_.reservation.reset();
      if (success) store(address, 4, b);
      return set_rd(success ? 0 : 1);
    }
    const uint32_t old = ram_word(place.bytes[0]);
    done_.memory.push_back({false, 4, address, place.bytes[0], old});
    switch (operation) {
      case 0: store(address, 4, old + b); break;
      case 1: store(address, 4, b); break;
      case 4: store(address, 4, old ^ b); break;
      case 8: store(address, 4, old | b); break;
      case 12: store(address, 4, old & b); break;
      case 16: store(address, 4, as_signed(old) < as_signed(b) ? old : b); break;
      case 20: store(address, 4, as_signed(old) > as_signed(b) ? old : b); break;
      case 24: store(address, 4, std::min(old, b)); break;
      default: store(address, 4, std::max(old, b)); break;
    }
    set_rd(old);
  }

  void system() {
    constexpr uint32_t ecall = 0x0000'0073, ebreak = 0x0010'0073, sret = 0x1020'0073, wfi = 0x1050'0073;
    if (word_ == ecall && !hart_.kernel) throw Trap{user_call, 0};
    if (word_ == ecall) return firmware();
    if (word_ == ebreak) throw Trap{breakpoint, hart_.pc};
    const bool is_fence = funct7() == 9 && rd() == 0;
    if (!hart_.kernel || (word_ != sret && word_ != wfi && !is_fence)) throw Trap{illegal, word_};
    waits_ = word_ == wfi;
    if (is_fence) fence();
    if (word_ != sret) return;
    uint32_t& s = hart_.csr[sstatus];
    next_ = hart_.csr[sepc];
    hart_.kernel = (s & status::spp) != 0;
    s = (s & ~(status::sie | status::spp)) | status::spie | ((s & status::spie) != 0 ? status::sie : 0);
  }

  void control_register(uint32_t a) {
    const uint32_t number = bits(word_, 31, 20), operation = funct3() & 3, source = funct3() >= 4 ? rs1() : a;
    const bool counter = number >= cycle, writes = operation == 1 || rs1() != 0;
    const std::optional<uint32_t> old = hart_.read(number);
    const bool visible = hart_.kernel || (counter && (hart_.csr[scounteren] >> (number & 3) & 1) != 0);
    if (operation == 0 || !old || !visible || (writes && counter)) throw Trap{illegal, word_};
    const uint32_t value = operation == 1 ? source : operation == 2 ? *old | source : *old & ~source;
    if (writes) hart_.csr[number] = value & writable(number);
    set_rd(*old);
  }

  void firmware() {
    done_.event = Event::firmware;
    constexpr uint32_t base = 0x10, timer = 0x5449'4D45, reset = 0x5352'5354, console = 0x4442'434E;
    constexpr uint32_t not_supported = 0u - 2, bad_parameter = 0u - 3;
    const auto [a0, a1, a2] = std::array{hart_.x[10], hart_.x[11], hart_.x[12]};
    const uint32_t extension = hart_.x[17], function = hart_.x[16];
    const bool exists = a0 <= 2 || a0 == 8 || a0 == base || a0 == timer || a0 == reset || a0 == console;
    const auto answer = [&](uint32_t error, uint32_t value) { set(10, error), set(11, value); };
    const auto put = [&](uint32_t byte) { m_.uart.output.push_back(static_cast<char>(byte)); };
    const uint32_t functions = extension == base ? 7 : extension == console ? 3 : 1;
    if (extension > 8 && function >= functions) return answer(not_supported, 0);
    switch (extension) {
      case 0: return set_timer(a0, a1), set(10, 0);
      case 1: return put(a0), set(10, 0);
      case 2: return set(10, m_.uart.input.empty() ? ~0u : m_.uart.take());
      case 8: return power_off(0);
      case base: return answer(0, std::array<uint32_t, 7>{0x0200'0000, 0x766D, 1, exists ? 1u : 0u}[function]);
      case timer: return set_timer(a0, a1), answer(0, 0);
      case reset:
        if (a0 > 2 || a1 > 1) return answer(bad_parameter, 0);
        return power_off(a1), answer(0, 0);
      case console:
        if (function == 2) return put(a0), answer(0, 0);
        if (a0 != 0 && !in_ram(uint64_t{a2} << 32 | a1, a0)) return answer(bad_parameter, 0);
        if (function == 1) return answer(0, read_console(a0, a1));
        for (uint32_t i = 0; i < a0; ++i) put(m_.ram[a1 - Machine::ram_base + i]);
        return answer(0, a0);
      default: return answer(not_supported, 0);
    }
  }
  void set_timer(uint32_t low, uint32_t high) { hart_.csr[stimecmp] = low, hart_.csr[stimecmph] = high; }
  void power_off(uint32_t code) { m_.stopped = Stop::power, m_.exit_code = code; }

  /// Moves console input, at most `count` bytes, into memory; gives how many there were.
  uint32_t read_console(uint32_t count, uint32_t at) {
    count = static_cast<uint32_t>(std::min<size_t>(count, m_.uart.input.size()));
    for (uint32_t i = 0; i < count; ++i, ++at) {
      m_.ram[at - Machine::ram_base] = m_.uart.take();
      if (hart_.reservation == (at & ~3u)) hart_.reservation.reset();  // another agent's write
    }
    return count;
  }

  [[nodiscard]] bool in_ram(uint64_t address, uint64_t size) const {
    const uint64_t offset = address - Machine::ram_base;
    return address >= Machine::ram_base && offset <= m_.ram.size() && size <= m_.ram.size() - offset;
  }
  [[nodiscard]] uint32_t ram_word(uint64_t address) const {
    const uint8_t* at = &m_.ram[address - Machine::ram_base];
    return at[0] | at[1] << 8 | at[2] << 16 | static_cast<uint32_t>(at[3]) << 24;
  }

  /// Sv32 (privileged specification, section 4.3.2). `entries`: which ones mapped the address; 0 where none did.
  std::variant<uint32_t, Trap> walk(uint32_t address, Kind kind, uint64_t& entries) {
    uint64_t table = uint64_t{hart_.csr[satp] & 0x3F'FFFF} << 12, upper = 0;
    for (int level = 1;; --level) {
      const uint64_t at = table + 4 * (address >> (12 + 10 * level) & 0x3FF);
      if (!in_ram(at, 4)) return Trap{access_fault(kind), address};
      const uint32_t entry = ram_word(at);
      const auto bit = [entry](int n) { return (entry >> n & 1) != 0; };
      const bool valid = bit(0), read = bit(1), write = bit(2), execute = bit(3), user = bit(4);
      const bool accessed = bit(6), dirty = bit(7);
      const Trap fault{page_fault(kind), address};
      if (!valid || (write && !read)) return fault;
      if (!read && !execute) {  // a pointer to the next level
        if (level == 0 || user || accessed || dirty) return fault;
        table = uint64_t{entry >> 10} << 12;
        upper = uint64_t{entry} << 32;
        continue;
      }
      if (level == 1 && bits(entry, 19, 10) != 0) return fault;
      entries = upper | entry;
      const bool sum = (hart_.csr[sstatus] & status::sum) != 0, mxr = (hart_.csr[sstatus] & status::mxr) != 0;
      const bool readable = read || (execute && mxr);
      if (!(kind == Kind::fetch ? execute : kind == Kind::load ? readable : write)) return fault;
      if (!(hart_.kernel ? !user || (sum && kind != Kind::fetch) : user)) return fault;
      if (!accessed || (kind == Kind::store && !dirty)) return fault;
      const uint64_t physical = (uint64_t{entry >> 10} << 12) | (address & (level == 1 ? 0x3F'FFFF : 0xFFF));
      if (physical >> 32 != 0) return Trap{access_fault(kind), address};
      return static_cast<uint32_t>(physical);
    }
  }

  uint32_t translate(uint32_t address, Kind kind) {
    if (hart_.csr[satp] >> 31 == 0) return address;
    uint64_t entries = 0;
    const auto result = walk(address, kind, entries);
    const auto [last, is_new] = m_.translated.try_emplace(uint64_t{hart_.csr[satp]} << 32 | address >> 12, entries);
    m_.fence_racy |= last->second != entries && last->second != 0;
    last->second = entries;
    if (const Trap* fault = std::get_if<Trap>(&result)) throw *fault;
    return std::get<uint32_t>(result);
  }

  void fence() {
    const uint32_t page = hart_.x[rs1()] >> 12, space = hart_.x[rs2()] & 0x1FF;
    std::erase_if(m_.translated, [&](const auto& last) {
      const int ignored = last.second >> 32 == 0 ? 10 : 0;  // a superpage's entry maps 1024 pages
      const bool here = (last.first & 0xF'FFFF) >> ignored == page >> ignored;
      return (rs1() == 0 || here) && (rs2() == 0 || (last.first >> 54 & 0x1FF) == space);
    });
  }

  /// The physical address of each byte of an access.
  struct Place {
    std::array<uint32_t, 4> bytes{};
    bool device = false;
  };

  /// Translates and checks a whole access, page by page, so that what follows cannot fault.
  Place locate(uint32_t address, uint32_t size, Kind kind) {
    Place place;
    const uint32_t here = std::min(size, 0x1000 - (address & 0xFFF));  // bytes on the first page
    for (uint32_t done = 0; done < size;) {
      const uint32_t start = address + done, count = done == 0 ? here : size - here;
      const uint32_t physical = translate(start, kind);
      if (!in_ram(physical, count)) {
        const bool power = physical == Machine::power_base && size != 1;
        const bool uart = physical - Machine::uart_base < 8 && size == 1;
        if (kind == Kind::fetch || count != size || (!power && !uart)) throw Trap{access_fault(kind), start};
        place.device = true;
      }
      for (uint32_t i = 0; i < count; ++i) place.bytes[done + i] = physical + i;
      done += count;
    }
    return place;
  }

  uint32_t load(uint32_t address, uint32_t size) {
    const Place place = locate(address, size, Kind::load);
    uint32_t value = place.device ? device_read(place.bytes[0]) : 0;
    for (uint32_t i = 0; i < size && !place.device; ++i) value |= static_cast<uint32_t>(m_.ram[place.bytes[i] - Machine::ram_base]) << (8 * i);
    done_.memory.push_back({false, size, address, place.bytes[0], value});
    return value;
  }

  void store(uint32_t address, uint32_t size, uint32_t value) {
    const Place place = locate(address, size, Kind::store);
    value &= ~0u >> (32 - 8 * size);
    if (place.device) device_write(place.bytes[0], value);
    for (uint32_t i = 0; i < size && !place.device; ++i) m_.ram[place.bytes[i] - Machine::ram_base] = static_cast<uint8_t>(value >> (8 * i));
    done_.memory.push_back({true, size, address, place.bytes[0], value});
  }

  uint32_t device_read(uint32_t at) { return at == Machine::power_base ? 0 : m_.uart.read(at - Machine::uart_base); }
  void device_write(uint32_t at, uint32_t value) {
    if (at != Machine::power_base) return m_.uart.write(at - Machine::uart_base, static_cast<uint8_t>(value));
    const uint32_t command = value & 0xFFFF;
    if (command == 0x5555 || command == 0x7777) power_off(0);
    if (command == 0x3333) power_off(value >> 16 & 0xFF);
  }

  Machine& m_;
  Hart& hart_;
  Step done_;
  uint32_t word_ = 0, next_ = 0;  // the instruction, and where it leads
  bool waits_ = false;
};

}  // namespace

Step Machine::step() { return Execution(*this).run(); }

std::optional<uint32_t> Hart::read(uint32_t number) const {
  if (number == sip) return pending();
  if (writable(number) != 0) return csr[number];
  const uint32_t which = number & ~(cycleh - cycle);  // 0xC80 is 0xC00's high half
  if (which < cycle || which > cycle + 2) return std::nullopt;
  const uint64_t value = which == cycle ? steps : which == cycle + 1 ? time() : instret;
  return static_cast<uint32_t>(which != number ? value >> 32 : value);
}

}  // namespace vmsim::reference
