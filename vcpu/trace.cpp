#include "vcpu/trace.hpp"

namespace vmsim {

const char* name(ActKind kind) {
  switch (kind) {
    case ActKind::emulate: return "emulate";
    case ActKind::reflect: return "reflect";
    case ActKind::inject: return "inject";
    case ActKind::fill: return "fill";
    case ActKind::device: return "device";
    case ActKind::firmware: return "firmware";
    case ActKind::wait: return "wait";
  }
  return "?";
}

}  // namespace vmsim
