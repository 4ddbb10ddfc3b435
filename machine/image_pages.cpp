#include "machine/image_pages.hpp"

#include <algorithm>
#include <vector>

#include "vcpu/address.hpp"

namespace vmsim {

ImagePages::ImagePages(const Image& image) {
  std::map<uint32_t, std::vector<uint8_t>> pages;  // by number
  for (const Segment& segment : image.segments)
    for (size_t done = 0; done < segment.bytes.size();) {
      const uint64_t at = segment.address + done;
      const size_t offset = at % page_size, count = std::min<size_t>(page_size - offset, segment.bytes.size() - done);
      std::vector<uint8_t>& page = pages[static_cast<uint32_t>(at / page_size)];
      page.resize(page_size);
      std::copy_n(segment.bytes.begin() + static_cast<std::ptrdiff_t>(done), count, page.begin() + static_cast<std::ptrdiff_t>(offset));
      done += count;
    }
  for (auto page = pages.begin(); page != pages.end();) {
    const uint32_t first = page->first;
    std::vector<uint8_t> run;
    for (uint32_t next = first; page != pages.end() && page->first == next; ++page, ++next) run.insert(run.end(), page->second.begin(), page->second.end());
    const auto shared = host::SharedPages::make(run);
    held_ = held_ && shared != nullptr;
    runs_[first * page_size] = shared;
  }
}

}  // namespace vmsim
