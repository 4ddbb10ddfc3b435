#include "machine/disk.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "host/large_pages.hpp"

namespace vmsim {

bool Disk::each_piece(uint64_t first, size_t bytes, auto&& f) {
  for (size_t done = 0; done < bytes;) {
    const uint64_t at = first + done, offset = at % piece_size;
    const size_t count = std::min<size_t>(piece_size - offset, bytes - done);
    if (!f(at / piece_size, offset, done, count)) return false;
    done += count;
  }
  return true;
}

Result<std::shared_ptr<Disk>> Disk::open(const std::string& path, Access access) {
  auto file = host::RandomFile::open(path, access == Access::read_write);
  if (!file)
    return fail(std::string("the disk cannot be opened: ") + std::strerror(errno), path, "check the path and its permissions, or add ,readonly or ,cow");
  if (file->size() == 0 || file->size() % sector_size != 0) return fail("the disk's size is not a multiple of 512 bytes", path, "make it with truncate -s 16M");
  if (!file->lock()) return fail("the disk is in use", path, "give each guest its own, or use ,cow");
  auto disk = std::shared_ptr<Disk>(new Disk(access, file->size()));
  disk->file_.emplace(std::move(*file));
  return disk;
}

std::shared_ptr<Disk> Disk::in_memory(std::vector<uint8_t> contents, Access access) {
  auto disk = std::shared_ptr<Disk>(new Disk(access, contents.size()));
  disk->bytes_ = std::move(contents);
  return disk;
}

bool Disk::inside(uint64_t sector, size_t bytes) const { return bytes % sector_size == 0 && sector <= sectors() && bytes / sector_size <= sectors() - sector; }

bool Disk::read_kept(uint64_t at, std::span<uint8_t> to) const {
  if (file_) return file_->read(at, to);
  std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(at), to.size(), to.begin());
  return true;
}

uint8_t* Disk::new_piece() {
  constexpr size_t smallest = 64 << 10, large = 4 << 20, largest = 16 << 20;
  if (slabs_.empty() || slab_used_ == slabs_.back().size()) {
    slabs_.emplace_back(slabs_.empty() ? smallest : std::min(2 * slabs_.back().size(), largest));
    if (slabs_.back().size() >= large) host::use_large_pages({slabs_.back().data(), slabs_.back().size()});
    slab_used_ = 0;
  }
  uint8_t* const piece = slabs_.back().data() + slab_used_;
  slab_used_ += piece_size;
  return piece;
}

bool Disk::read(uint64_t sector, std::span<uint8_t> to) const {
  if (!inside(sector, to.size())) return false;
  const uint64_t first = sector * sector_size;
  if (!read_kept(first, to)) return false;
  if (overlay_.empty()) return true;
  return each_piece(first, to.size(), [&](uint64_t piece, uint64_t offset, size_t done, size_t count) {
    if (const auto it = overlay_.find(piece); it != overlay_.end()) std::copy_n(it->second + offset, count, &to[done]);
    return true;
  });
}

bool Disk::write(uint64_t sector, std::span<const uint8_t> from) {
  if (read_only() || !inside(sector, from.size())) return false;
  written_ += from.size();
  if (over_limit()) return false;
  const uint64_t first = sector * sector_size;
  if (access_ == Access::copy_on_write)
    return each_piece(first, from.size(), [&](uint64_t piece, uint64_t offset, size_t done, size_t count) {
      uint8_t*& kept = overlay_[piece];
      if (kept == nullptr) {
        kept = new_piece();
        if (!read_kept(piece * piece_size, {kept, std::min(piece_size, size_ - piece * piece_size)})) return false;
      }
      std::copy_n(&from[done], count, kept + offset);
      return true;
    });
  if (file_) return file_->write(first, from);
  std::ranges::copy(from, bytes_.begin() + static_cast<std::ptrdiff_t>(first));
  return true;
}

bool Disk::flush() { return !file_ || access_ != Access::read_write || file_->flush(); }

}  // namespace vmsim
