// From a file's bytes to an image, whatever kind of file it is, and from an image into memory.
#pragma once

#include <span>

#include "isa/error.hpp"
#include "isa/image.hpp"
#include "isa/isa.hpp"
#include "machine/image_pages.hpp"
#include "vcpu/memory.hpp"

namespace vmsim {

/// Recognises, in this order: an ELF32 executable; assembly source, by a name ending in .s or .S; a Linux Image, by its header; anything
/// else is a flat binary, for 0x8020'0000. `name` is for errors.
Result<Image> load_image(const Isa& isa, std::span<const uint8_t> file, const std::string& name);

/// Copies the image into memory; an error where a segment does not fit.
/// With `pages`, the image's own, memory shares them instead; what surrounds a segment in its pages is then zero.
Result<void> place(const Image& image, Memory& memory, const ImagePages* pages = nullptr);

}  // namespace vmsim
