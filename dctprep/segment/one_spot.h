// SPDX-License-Identifier: BSD-3-Clause
// Blobs that need not be parted, told faster than by trying.
#pragma once

#include "dctprep/segment/options.h"
#include "dctprep/segment/split_places.h"

namespace dctprep {

// Whether no two firm heaps of the blob can meet, so that it is one spot. Not all that are one are known so. Takes a
// byte a place on the way.
bool is_surely_one_spot(const BoxPlaces& places, const SegmentOptions& options);

}  // namespace dctprep
