// Files of the host: one read and written at offsets, and where the program itself lies.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>

namespace vmsim::host {

/// The folder of the running program; empty where the host does not say.
std::filesystem::path program_folder();

class RandomFile {
 public:
  /// Nothing where it cannot be opened so; errno says why.
  static std::optional<RandomFile> open(const std::string& path, bool writable);
  ~RandomFile();
  RandomFile(RandomFile&& other) noexcept;
  RandomFile& operator=(RandomFile&&) = delete;

  [[nodiscard]] uint64_t size() const { return size_; }
  /// Locks it against others of the kind: many may read, or one may write. False where another holds it.
  bool lock();
  /// False where the host fails.
  bool read(uint64_t at, std::span<uint8_t> to) const;
  bool write(uint64_t at, std::span<const uint8_t> from);
  /// Returns when everything written is on stable storage.
  bool flush();

 private:
  RandomFile(int file, bool writable, uint64_t size) : file_(file), writable_(writable), size_(size) {}
  int file_;
  bool writable_;
  uint64_t size_;
};

}  // namespace vmsim::host
