// An image's pages, held once for all the guests that are made from it: in each guest's memory they are the same pages of the host until the guest
// writes to them. A guest cannot tell.
#pragma once

#include <map>
#include <memory>

#include "host/shared_pages.hpp"
#include "isa/image.hpp"

namespace vmsim {

class ImagePages {
 public:
  explicit ImagePages(const Image& image);

  /// The image's whole pages by the address of the first of each run; what of them no segment fills is zero.
  [[nodiscard]] const std::map<uint32_t, std::shared_ptr<const host::SharedPages>>& runs() const { return runs_; }
  /// False where the host could not hold them: then every guest gets a copy.
  [[nodiscard]] bool held() const { return held_; }

 private:
  std::map<uint32_t, std::shared_ptr<const host::SharedPages>> runs_;
  bool held_ = true;
};

}  // namespace vmsim
