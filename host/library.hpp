// A shared library that few runs need, loaded when it is first asked for: the others do not pay for its pages and relocations.
#pragma once

#include <string>

namespace vmsim::host {

class Library {
 public:
  /// The library at `path`, for as long as the process lives. Where it cannot be loaded it has no functions.
  explicit Library(const std::string& path);
  /// The function called `name`, of the given type; null where there is none.
  template <class F>
  [[nodiscard]] F* function(const char* name) const {
    return reinterpret_cast<F*>(find(name));
  }

 private:
  [[nodiscard]] void* find(const char* name) const;
  void* handle_;
};

}  // namespace vmsim::host
