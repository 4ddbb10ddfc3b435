// A disk: sectors of 512 bytes behind a virtio-blk device, kept in a host file. Read-only leaves the file alone and refuses writes;
// copy-on-write leaves it alone too, and keeps what is written in memory for as long as the run lasts.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "host/file.hpp"
#include "host/mapping.hpp"
#include "isa/error.hpp"

namespace vmsim {

class Disk {
 public:
  enum class Access : uint8_t { read_write, read_only, copy_on_write };
  static constexpr uint32_t sector_size = 512;

  /// Opens a host file, whose size must be a multiple of a sector, for this run alone.
  static Result<std::shared_ptr<Disk>> open(const std::string& path, Access access);
  /// A disk of `contents` that lives in memory.
  static std::shared_ptr<Disk> in_memory(std::vector<uint8_t> contents, Access access = Access::read_write);

  [[nodiscard]] uint64_t sectors() const { return size_ / sector_size; }
  [[nodiscard]] bool read_only() const { return access_ == Access::read_only; }
  /// Bytes from `sector` on; false outside the disk or where the host fails. Sizes are multiples of a sector.
  bool read(uint64_t sector, std::span<uint8_t> to) const;
  bool write(uint64_t sector, std::span<const uint8_t> from);
  /// Returns when everything written is on stable storage.
  bool flush();

  /// The bytes that the guest may still write; one more and it is over its limit.
  void limit_writes(uint64_t bytes) { may_write_ = bytes; }
  [[nodiscard]] bool over_limit() const { return written_ > may_write_; }

 private:
  /// What copy-on-write keeps at once: so much of the disk as is written to in any part.
  static constexpr uint64_t piece_size = 4096;
  using Pieces = std::unordered_map<uint64_t, uint8_t*>;  // by their numbers

  Disk(Access access, uint64_t size) : access_(access), size_(size) {}
  [[nodiscard]] bool inside(uint64_t sector, size_t bytes) const;
  /// Walks the bytes from `first` on by pieces: f(piece, offset in it, bytes before, bytes here), until one is false.
  static bool each_piece(uint64_t first, size_t bytes, auto&& f);
  uint8_t* new_piece();
  /// What the disk holds without what copy-on-write kept.
  bool read_kept(uint64_t at, std::span<uint8_t> to) const;

  Access access_;
  uint64_t size_;
  std::optional<host::RandomFile> file_;  // or
  std::vector<uint8_t> bytes_;            // where there is no file
  Pieces overlay_;                        // copy-on-write: what was written, and where that is kept:
  std::deque<host::Mapping> slabs_;       // each twice the one before, up to a size
  size_t slab_used_ = 0;                  // bytes of the last
  uint64_t written_ = 0, may_write_ = ~uint64_t{0};
};

}  // namespace vmsim
