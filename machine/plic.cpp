#include "machine/plic.hpp"

namespace vmsim {
namespace {

// Offsets of the specification's memory map.
constexpr uint32_t pending_array = 0x1000, enable_bits = 0x2000, enable_stride = 0x80, context_registers = 0x20'0000, context_stride = 0x1000;

}  // namespace

void Plic::set_line(uint32_t source, bool high) {
  const uint32_t bit = 1u << source;
  lines_ = high ? lines_ | bit : lines_ & ~bit;
  forward(source);
}

void Plic::forward(uint32_t source) {
  const uint32_t bit = 1u << source;
  if ((lines_ & bit) != 0 && (in_service_ & bit) == 0) pending_ |= bit;
}

uint32_t Plic::best(uint32_t context) const {
  uint32_t found = 0, priority = contexts_[context].threshold;
  const uint32_t ready = pending_ & contexts_[context].enabled;
  if (ready == 0) return 0;
  for (uint32_t source = 1; source < sources; ++source) {
    if ((ready >> source & 1) == 0 || priority_[source] <= priority) continue;
    found = source;
    priority = priority_[source];
  }
  return found;
}

uint32_t Plic::claim(uint32_t context) {
  const uint32_t source = best(context);
  if (source == 0) return 0;
  pending_ &= ~(1u << source);
  in_service_ |= 1u << source;
  return source;
}

void Plic::complete(uint32_t context, uint32_t source) {
  if (source == 0 || source >= sources || (contexts_[context].enabled >> source & 1) == 0) return;
  in_service_ &= ~(1u << source);
  forward(source);
}

std::optional<uint32_t> Plic::read(uint32_t offset, Width width) {
  if (width != Width::word) return std::nullopt;
  if (offset < pending_array) return offset / 4 < sources ? priority_[offset / 4] : 0;
  if (offset < enable_bits) return offset == pending_array ? pending_ : 0;
  if (offset < context_registers) {
    const uint32_t context = (offset - enable_bits) / enable_stride;
    return context < contexts && offset % enable_stride == 0 ? contexts_[context].enabled : 0;
  }
  const uint32_t context = (offset - context_registers) / context_stride;
  if (context >= contexts) return 0;
  switch (offset % context_stride) {
    case 0: return contexts_[context].threshold;
    case 4: return claim(context);
    default: return 0;
  }
}

bool Plic::write(uint32_t offset, uint32_t value, Width width) {
  if (width != Width::word) return false;
  if (offset < pending_array) {
    if (offset != 0 && offset / 4 < sources) priority_[offset / 4] = value & highest_priority;
  } else if (offset >= enable_bits && offset < context_registers) {
    const uint32_t context = (offset - enable_bits) / enable_stride;
    if (context < contexts && offset % enable_stride == 0) contexts_[context].enabled = value & ~1u;
  } else if (offset >= context_registers) {
    const uint32_t context = (offset - context_registers) / context_stride;
    if (context >= contexts) return true;
    if (offset % context_stride == 0) contexts_[context].threshold = value & highest_priority;
    if (offset % context_stride == 4) complete(context, value);
  }
  return true;
}

}  // namespace vmsim
