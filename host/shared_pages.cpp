#include "host/shared_pages.hpp"

#include <sys/mman.h>
#include <unistd.h>

namespace vmsim::host {

std::shared_ptr<const SharedPages> SharedPages::make(std::span<const uint8_t> bytes) {
  const int file = memfd_create("vmsim image", MFD_CLOEXEC);
  if (file < 0) return nullptr;
  std::shared_ptr<const SharedPages> pages(new SharedPages(file, bytes.size()));
  while (!bytes.empty()) {
    const ssize_t put = write(file, bytes.data(), bytes.size());
    if (put <= 0) return nullptr;
    bytes = bytes.subspan(static_cast<size_t>(put));
  }
  return pages;
}

SharedPages::~SharedPages() { close(file_); }

}  // namespace vmsim::host
