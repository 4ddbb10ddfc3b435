#include "host/file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace vmsim::host {

std::filesystem::path program_folder() {
  std::error_code error;
  return std::filesystem::read_symlink("/proc/self/exe", error).parent_path();
}

std::optional<RandomFile> RandomFile::open(const std::string& path, bool writable) {
  const int file = ::open(path.c_str(), (writable ? O_RDWR : O_RDONLY) | O_CLOEXEC);
  if (file < 0) return std::nullopt;
  struct stat info {};
  if (fstat(file, &info) != 0 || !S_ISREG(info.st_mode)) {
    ::close(file);
    errno = S_ISDIR(info.st_mode) ? EISDIR : EINVAL;
    return std::nullopt;
  }
  return RandomFile(file, writable, static_cast<uint64_t>(info.st_size));
}

RandomFile::RandomFile(RandomFile&& other) noexcept : file_(std::exchange(other.file_, -1)), writable_(other.writable_), size_(other.size_) {}

RandomFile::~RandomFile() {
  if (file_ >= 0) ::close(file_);
}

bool RandomFile::lock() { return flock(file_, (writable_ ? LOCK_EX : LOCK_SH) | LOCK_NB) == 0; }

bool RandomFile::read(uint64_t at, std::span<uint8_t> to) const {
  while (!to.empty()) {
    const ssize_t got = pread(file_, to.data(), to.size(), static_cast<off_t>(at));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    to = to.subspan(static_cast<size_t>(got));
    at += static_cast<uint64_t>(got);
  }
  return true;
}

bool RandomFile::write(uint64_t at, std::span<const uint8_t> from) {
  while (!from.empty()) {
    const ssize_t put = pwrite(file_, from.data(), from.size(), static_cast<off_t>(at));
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return false;
    from = from.subspan(static_cast<size_t>(put));
    at += static_cast<uint64_t>(put);
  }
  return true;
}

bool RandomFile::flush() { return fdatasync(file_) == 0; }

}  // namespace vmsim::host
