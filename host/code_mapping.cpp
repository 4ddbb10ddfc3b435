#include "host/code_mapping.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <new>

namespace vmsim::host {

CodeMapping::CodeMapping(size_t size) : size_(size) {
  const int file = memfd_create("vmsim-code", MFD_CLOEXEC);
  if (file < 0) throw std::bad_alloc();
  void* writable = MAP_FAILED;
  void* executable = MAP_FAILED;
  if (ftruncate(file, static_cast<off_t>(size)) == 0) {
    writable = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    executable = mmap(nullptr, size, PROT_READ | PROT_EXEC, MAP_SHARED, file, 0);
  }
  close(file);
  if (writable == MAP_FAILED || executable == MAP_FAILED) {
    if (writable != MAP_FAILED) munmap(writable, size);
    if (executable != MAP_FAILED) munmap(executable, size);
    throw std::bad_alloc();
  }
  writable_ = static_cast<uint8_t*>(writable);
  executable_ = static_cast<uint8_t*>(executable);
}

CodeMapping::~CodeMapping() {
  munmap(writable_, size_);
  munmap(executable_, size_);
}

}  // namespace vmsim::host
