// The walk over one block (emitter.cpp), and how it makes values (values.cpp) and reaches memory (accesses.cpp).
#pragma once

#include <cstring>
#include <type_traits>

#include "vcpu/jit/sharing.hpp"
#include "vcpu/jit/x64/emitter.hpp"
#include "vcpu/jit/x64/encoder.hpp"

namespace vmsim::jit::x64 {

class BlockEmitter;

/// What writes a part of the code that stands out of line: a function kept in place, since there are many.
class Later {
 public:
  template <class F>
  Later(const F& write) : write_([](const void* kept) { (*static_cast<const F*>(kept))(); }) {
    static_assert(std::is_trivially_copyable_v<F> && std::is_trivially_destructible_v<F> && sizeof(F) <= sizeof kept_ && alignof(F) <= alignof(uint64_t));
    std::memcpy(kept_.data(), &write, sizeof write);
  }
  void operator()() const { write_(kept_.data()); }

 private:
  alignas(uint64_t) std::array<unsigned char, 80> kept_;
  void (*write_)(const void*);
};

/// One for all blocks: beginning one costs no allocation.
class BlockEmitter : public Encoder {
 public:
  /// A block that needs more places for values than there are.
  struct TooHard {};

  explicit BlockEmitter(const Emitter& runtime) : Encoder(1, &nowhere), runtime_(runtime) {}
  void run(const ir::Block& block, const Ground& ground, Translated& out, uint8_t* cache, uint32_t at, uint32_t room);

 private:
  using Ref = ir::Ref;

  /// Where a value is: a constant, a host register, a guest register's cell in the state, or a slot there.
  struct Place {
    enum Kind : uint8_t { none, constant, reg, memory, slot } kind = none;
    uint32_t k = 0;
  };

  // emitter.cpp
  void begin(const ir::Block& block, const Ground& ground, Translated& out, uint8_t* cache, uint32_t at, uint32_t room);
  void entry();
  bool node(Ref r);
  void set(uint8_t guest, Ref from);
  void set_system(const ir::Node& n);
  void side_exit(Ref r);
  void trap(uint16_t at, uint32_t cause, const Place& tval);
  void end(Ref r);
  void link_here(uint32_t target, uint32_t steps_left);
  void link(Hole jump, uint32_t target, uint32_t check, Hole first = {}, Hole second = {});
  [[nodiscard]] bool must_check(uint32_t target) const;
  /// The jump goes to a place of the runtime.
  void fill_outside(Hole jump, uint32_t to) { fill(jump, to - at_); }
  void leave(Reason reason);
  void refund(uint32_t steps);
  [[nodiscard]] uint32_t here() const { return at_ + size(); }

  [[nodiscard]] int home(uint8_t guest) const;
  static Mem field(int at) { return {.base = base, .displacement = at}; }
  static Mem cell(uint8_t guest) { return field(4 * guest - static_cast<int>(base_offset)); }
  static Mem slot(uint32_t index) { return field(VMSIM_STATE(slots) + 4 * static_cast<int>(index)); }
  [[nodiscard]] Place place(Ref r) const;
  static Mem address(const Place& p) { return p.kind == Place::memory ? cell(static_cast<uint8_t>(p.k)) : slot(p.k); }
  void move(Reg32 to, const Place& from);
  void pin(const Place& p, bool on);
  [[nodiscard]] bool pinned(const Place& p) const;
  void done_with(Ref r);
  void release(Ref r);
  [[nodiscard]] bool lazy(Ref r) const;
  [[nodiscard]] bool folds_into_access(Ref r) const;
  /// Of a host register among the temporaries; a number that none has for another register.
  static constexpr size_t temporary_index(uint32_t host) { return host; }
  uint32_t free_slot();
  void vacate(size_t index);
  void vacate_all();
  Reg32 temporary();
  void give(Ref r, Reg32 host);
  void save_reads_of(uint8_t guest);
  void count_uses(Ref r, bool up);

  // values.cpp
  void value(Ref r, int host, uint8_t guest);
  void binary(Ref r, Reg32 to);
  void add_to(Reg32 to, const Place& a, const Place& b);
  void shift_by(ir::Op op, Reg32 to, const Place& a, const Place& b);
  void high_product(ir::Op op, Reg32 to, const Place& a, const Place& b);
  void divide(ir::Op op, Reg32 to, const Place& a, const Place& b);
  Reg32 select(Ref r, int host);
  /// Sets the host's flags as `condition` says; gives the condition code that holds then.
  Holds test_condition(Ref condition);
  void truth_to(Reg32 to, Ref condition);
  void set_if(Holds holds, Reg32 to);
  void move_if(Holds holds, Reg32 to, const Place& from);
  template <class F>
  void with(const Place& p, F&& use);

  // accesses.cpp
  void load(Ref r, Reg32 to);
  void store(Ref r);
  struct Where {
    Place from;
    uint32_t offset = 0;
  };
  /// How the bytes of an access are named, and what leads to its slow form.
  struct Reached {
    enum How : uint8_t { alone, first, shared } how = alone;
    Where where;
    Mem at;
    Hole slow, misaligned;
  };
  [[nodiscard]] Where where_is(Ref address) const;
  void address_to(Reg32 to, const Where& where, uint32_t minus);
  Hole find_in_cache(uint32_t entries, int32_t low, int32_t high);
  Reached reach(Ref r, bool store);
  void begin_slow(const Reached& reached);
  void end_slow(Ref r, const Reached& reached, uint32_t back);

  static constexpr std::array<Ref, 3> no_owners{ir::no_ref, ir::no_ref, ir::no_ref};
  static constexpr auto no_slots = [] {
    std::array<Ref, slot_count> none{};
    none.fill(ir::no_ref);
    return none;
  }();
  static inline uint8_t nowhere = 0;  // where code goes between blocks: it has room for none

  const Emitter& runtime_;
  // Of the block at hand:
  const ir::Block* block_ = nullptr;
  Ground ground_;
  Translated* out_ = nullptr;
  uint8_t* cache_ = nullptr;
  uint32_t at_ = 0;
  /// What is known of a node's value.
  struct Value {
    Place place;        // once it is computed
    uint16_t uses = 0;  // still to come
    bool folds = false;
  };
  std::vector<Value> values_;
  Sharing sharing_;
  std::array<Ref, 3> owners_ = no_owners;  // of the temporaries
  std::array<bool, 3> pinned_{};
  std::array<std::vector<Ref>, 32> reads_;  // by register: values that have been read from it
  uint32_t read_ = 0;                       // a bit for each that was read at all
  std::array<Ref, slot_count> slot_owners_ = no_slots;
  std::vector<Later> later_;  // what stands out of line
};

}  // namespace vmsim::jit::x64
