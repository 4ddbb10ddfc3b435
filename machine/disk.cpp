#include "machine/disk.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace vmsim {

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

bool Disk::read(uint64_t sector, std::span<uint8_t> to) const {
  if (!inside(sector, to.size())) return false;
  const uint64_t at = sector * sector_size;
  if (!file_) std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(at), to.size(), to.begin());
  else if (!file_->read(at, to)) return false;
  if (overlay_.empty()) return true;
  for (size_t i = 0; i < to.size(); i += sector_size)
    if (const auto it = overlay_.find(sector + i / sector_size); it != overlay_.end())
      std::ranges::copy(it->second, to.begin() + static_cast<std::ptrdiff_t>(i));
  return true;
}

bool Disk::write(uint64_t sector, std::span<const uint8_t> from) {
  if (read_only() || !inside(sector, from.size())) return false;
  written_ += from.size();
  if (over_limit()) return false;
  if (access_ == Access::copy_on_write) {
    for (size_t i = 0; i < from.size(); i += sector_size)
      std::copy_n(from.begin() + static_cast<std::ptrdiff_t>(i), sector_size, overlay_[sector + i / sector_size].begin());
    return true;
  }
  if (file_) return file_->write(sector * sector_size, from);
  std::ranges::copy(from, bytes_.begin() + static_cast<std::ptrdiff_t>(sector * sector_size));
  return true;
}

bool Disk::flush() { return !file_ || access_ != Access::read_write || file_->flush(); }

}  // namespace vmsim
