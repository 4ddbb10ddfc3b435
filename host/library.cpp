#include "host/library.hpp"

#include <dlfcn.h>

namespace vmsim::host {

Library::Library(const std::string& path) : handle_(dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL)) {}

void* Library::find(const char* name) const { return handle_ != nullptr ? dlsym(handle_, name) : nullptr; }

}  // namespace vmsim::host
