// Makes the minikernel's disk: a file system as kernel/abi.h lays it out, with the given files in its root.
//   make_image IMAGE BLOCKS FILE...      the name of each file, without folder and ending, is its name on the disk
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "kernel/abi.h"

namespace {

constexpr uint32_t inode_blocks = 16;
constexpr uint32_t first_data_block = INODE_BLOCK + inode_blocks;

class Image {
 public:
  explicit Image(uint32_t blocks) : bytes_(size_t{blocks} * BLOCK_SIZE), blocks_(blocks) {
    const superblock super{FS_MAGIC, blocks, inode_blocks * static_cast<uint32_t>(INODES_A_BLOCK), first_data_block};
    std::memcpy(bytes_.data(), &super, sizeof super);
    for (uint32_t b = 0; b < first_data_block; ++b) take(b);
  }

  /// A file of `contents`; its inode. Throws std::runtime_error where it does not fit.
  uint32_t add(uint16_t type, const std::vector<uint8_t>& contents) { return put(next_inode_++, type, contents); }
  uint32_t put(uint32_t number, uint16_t type, const std::vector<uint8_t>& contents) {
    inode node{};
    node.type = type;
    node.links = 1;
    node.size = static_cast<uint32_t>(contents.size());
    for (uint32_t n = 0; n * BLOCK_SIZE < contents.size(); ++n) {
      const uint32_t block = new_block();
      const size_t part = std::min<size_t>(BLOCK_SIZE, contents.size() - size_t{n} * BLOCK_SIZE);
      std::memcpy(at(block), contents.data() + size_t{n} * BLOCK_SIZE, part);
      if (n < DIRECT_BLOCKS) {
        node.direct[n] = block;
        continue;
      }
      if (node.indirect == 0) node.indirect = new_block();
      std::memcpy(at(node.indirect) + size_t{n - DIRECT_BLOCKS} * 4, &block, 4);
    }
    std::memcpy(at(INODE_BLOCK + number / static_cast<uint32_t>(INODES_A_BLOCK)) + number % INODES_A_BLOCK * sizeof node, &node, sizeof node);
    return number;
  }
  [[nodiscard]] const std::vector<uint8_t>& bytes() const { return bytes_; }

 private:
  uint8_t* at(uint32_t block) { return bytes_.data() + size_t{block} * BLOCK_SIZE; }
  void take(uint32_t block) { at(BITMAP_BLOCK)[block / 8] |= static_cast<uint8_t>(1 << block % 8); }
  uint32_t new_block() {
    if (next_block_ == blocks_) throw std::runtime_error("the image is too small for its files");
    take(next_block_);
    return next_block_++;
  }

  std::vector<uint8_t> bytes_;
  uint32_t blocks_, next_block_ = first_data_block, next_inode_ = ROOT_INODE + 1;
};

void name_in(std::vector<uint8_t>& directory, const std::string& name, uint32_t number) {
  entry e{};
  e.inode = number;
  if (name.size() >= sizeof e.name) throw std::runtime_error(name + ": the name is too long");
  std::memcpy(e.name, name.c_str(), name.size());
  const auto* raw = reinterpret_cast<const uint8_t*>(&e);
  directory.insert(directory.end(), raw, raw + sizeof e);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    if (argc < 3) throw std::runtime_error("usage: make_image IMAGE BLOCKS FILE...");
    const unsigned long blocks = std::stoul(argv[2]);
    if (blocks <= first_data_block || blocks > BLOCK_SIZE * 8) throw std::runtime_error("BLOCKS: from 19 to 32768");
    Image image(static_cast<uint32_t>(blocks));
    std::vector<uint8_t> root;
    name_in(root, ".", ROOT_INODE);
    name_in(root, "..", ROOT_INODE);
    for (int i = 3; i < argc; ++i) {
      std::ifstream in(argv[i], std::ios::binary);
      if (!in) throw std::runtime_error(std::string(argv[i]) + ": cannot be read");
      name_in(root, std::filesystem::path(argv[i]).stem().string(), image.add(TYPE_FILE, {std::istreambuf_iterator<char>(in), {}}));
    }
    image.put(ROOT_INODE, TYPE_DIRECTORY, root);
    std::ofstream out(argv[1], std::ios::binary);
    out.write(reinterpret_cast<const char*>(image.bytes().data()), static_cast<std::streamsize>(image.bytes().size()));
    if (!out.flush()) throw std::runtime_error(std::string(argv[1]) + ": cannot be written");
  } catch (const std::exception& e) {
    std::fprintf(stderr, "make_image: %s\n", e.what());
    return 1;
  }
}
