// SPDX-License-Identifier: BSD-3-Clause
// Friedel mates as a column of a result that exists already.
#pragma once

#include <cstdint>
#include <span>

#include "dctprep/write/result_reader.h"

namespace dctprep {

// Writes `mate` (one a spot: 0-based id, or -1) as /entry/spots/mate. The result is written anew under another name
// beside it, which takes as much room, and then takes its place: until then, and where anything fails, it stays as it
// is. Error (usage) where it has mates already and not `overwrite`.
void add_mates(const ResultFile& result, std::span<const std::int32_t> mate, bool overwrite);

}  // namespace dctprep
