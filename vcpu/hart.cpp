#include "vcpu/hart.hpp"

#include "isa/isa.hpp"

namespace vmsim {

std::string_view Hart::name_of(size_t csr) { return name(static_cast<Csr>(csr)); }

}  // namespace vmsim
