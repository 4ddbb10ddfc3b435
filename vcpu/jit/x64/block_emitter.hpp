// The walk over one block (emitter.cpp), and how it makes values (values.cpp) and reaches memory (accesses.cpp).
#pragma once

#include <cstring>
#include <type_traits>

#include "vcpu/jit/x64/emitter.hpp"
#include "vcpu/jit/x64/registers.hpp"

namespace vmsim::jit::x64 {

/// A jump whose 32-bit displacement, which lies at `at` in the block, is not known yet.
struct Hole {
  uint32_t at = 0;
};

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
  alignas(uint64_t) std::array<unsigned char, 48> kept_{};
  void (*write_)(const void*);
};

/// One for all blocks: beginning one costs no allocation.
class BlockEmitter : public Xbyak::CodeGenerator {
 public:
  /// A block that needs more places for values than there are.
  struct TooHard {};

  explicit BlockEmitter(const Emitter& runtime) : CodeGenerator(1, &nowhere), runtime_(runtime) {}
  void run(const ir::Block& block, const Ground& ground, Translated& out, uint8_t* cache, uint32_t at, uint32_t room);

 private:
  using Ref = ir::Ref;
  using Label = Xbyak::Label;

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
  /// The jump that was written last, whose target is to come.
  [[nodiscard]] Hole hole() const { return {static_cast<uint32_t>(getSize()) - 4}; }
  /// The jump goes to here.
  void fill(Hole jump);
  /// Any place within reach: for a jump that will be a hole.
  [[nodiscard]] const void* somewhere() const { return cache_; }
  void leave(Reason reason);
  void refund(uint32_t steps);
  [[nodiscard]] uint32_t here() const { return at_ + static_cast<uint32_t>(getSize()); }

  [[nodiscard]] int home(uint8_t guest) const;
  Xbyak::Address cell(uint8_t guest);
  Xbyak::Address slot(int index);
  [[nodiscard]] Place place(Ref r) const;
  Xbyak::Address address(const Place& p);
  void move(Reg32 to, const Place& from);
  void pin(const Place& p, bool on);
  [[nodiscard]] bool pinned(const Place& p) const;
  void done_with(Ref r);
  void release(Ref r);
  [[nodiscard]] bool lazy(Ref r) const;
  [[nodiscard]] bool folds_into_access(Ref r) const;
  static size_t temporary_index(Code host);
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
  void shift(ir::Op op, Reg32 to, const Place& a, const Place& b);
  void high_product(ir::Op op, Reg32 to, const Place& a, const Place& b);
  void divide(ir::Op op, Reg32 to, const Place& a, const Place& b);
  Reg32 select(Ref r, int host);
  /// Sets the host's flags as `condition` says; gives the condition code that holds then.
  enum Holds : uint8_t { below, not_below, equal, not_equal, less, not_less };
  Holds test_condition(Ref condition);
  void truth_to(Reg32 to, Ref condition);
  void set_if(Holds holds, Reg32 to);
  void jump_if(Holds holds, Label& target);
  Hole jump_if(Holds holds);
  void move_if(Holds holds, Reg32 to, const Xbyak::Operand& from);
  template <class F>
  void with(const Place& p, F&& use);

  // accesses.cpp
  void load(Ref r, Reg32 to);
  void store(Ref r);
  void address_to(Reg32 to, Ref address, uint32_t minus);
  Hole find_in_cache(uint32_t entries, uint32_t bytes);

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
  std::vector<uint16_t> uses_;  // still to come
  std::vector<Place> places_;   // of computed values
  std::vector<bool> folds_;
  std::array<Ref, 3> owners_ = no_owners;  // of the temporaries
  std::array<bool, 3> pinned_{};
  std::array<std::vector<Ref>, 32> reads_;  // by register: values that have been read from it
  std::array<Ref, slot_count> slot_owners_ = no_slots;
  std::vector<Later> later_;  // what stands out of line
};

}  // namespace vmsim::jit::x64
