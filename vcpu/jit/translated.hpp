// A translated block and its exits, as the code cache keeps them; what an emitter is told, and what it answers.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "vcpu/ir/block.hpp"

namespace vmsim::jit {

struct Translated;
struct Spot;

/// An exit of a block to a known address: a jump that goes to its own stub until it is joined to another block.
struct Link {
  Translated* from = nullptr;
  Translated* to = nullptr;  // joined
  uint32_t target = 0;       // guest address
  // Places in the code cache:
  uint32_t jump = 0;   // the 32-bit displacement
  uint32_t stub = 0;   // where it goes while it is not joined
  uint32_t check = 0;  // the 32-bit physical page that the target's page must be at; 0 where nothing has to be checked
};

struct Translated {
  uint32_t pc = 0;
  uint32_t page = 0;            // physical address of the page it was decoded from
  uint32_t code = 0, size = 0;  // place in the code cache
  uint32_t count = 0;           // guest instructions, all exits apart
  uint32_t guests = 0;          // that were read
  Spot* home = nullptr;         // in the index; none once it has been dropped
  std::vector<Link> links;      // never grows once the block is emitted: code holds addresses of them
  std::vector<Link*> incoming;
  uint64_t* runs = nullptr;  // counts its executions, where somebody wants to know
};

/// How blocks reach guest memory.
struct Ground {
  bool direct = false;  // paging is off: main memory lies at base, for `size` bytes
  uint32_t base = 0, size = 0;
};

}  // namespace vmsim::jit
