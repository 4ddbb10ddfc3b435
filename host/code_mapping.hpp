// Memory for code made at run time, mapped twice: once to write, once to execute. No page is ever both (W^X), and no change of protection
// is needed to add code.
#pragma once

#include <cstddef>
#include <cstdint>

namespace vmsim::host {

class CodeMapping {
 public:
  /// `size` in bytes, a multiple of 4096. Throws std::bad_alloc when the host has no room or allows no such mapping.
  explicit CodeMapping(size_t size);
  ~CodeMapping();
  CodeMapping(const CodeMapping&) = delete;
  CodeMapping& operator=(const CodeMapping&) = delete;

  [[nodiscard]] uint8_t* writable() const { return writable_; }
  [[nodiscard]] const uint8_t* executable() const { return executable_; }
  [[nodiscard]] size_t size() const { return size_; }

 private:
  uint8_t* writable_;
  uint8_t* executable_;
  size_t size_;
};

}  // namespace vmsim::host
