// SPDX-License-Identifier: BSD-3-Clause
// The byte-offset compression of CBF: each pixel is the difference to the one before, in 1, 2, 4 or 8 bytes.
#pragma once

#include <cstdint>
#include <span>

#include "dctprep/read/pixel_conversion.h"

namespace dctprep {

// Decodes exactly out.size() / type.bytes integers of `type` into `out` (in the type's byte order); what follows them
// in `packed` is padding. False where `packed` ends early or a value does not fit into the type. Format: International
// Tables for Crystallography G, section 5.6 (CBFlib, x-CBF_BYTE_OFFSET).
bool decode_byte_offset(std::span<const std::uint8_t> packed, const PixelType& type, std::span<std::uint8_t> out);

}  // namespace dctprep
