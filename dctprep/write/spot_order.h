// SPDX-License-Identifier: BSD-3-Clause
// The one order of spots and of rejected blobs, and with it the numbers of spots. It depends on the blobs alone, never
// on the order in which threads finish them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <tuple>
#include <vector>

#include "dctprep/base/error.h"
#include "dctprep/core/spot.h"

namespace dctprep {

// Frames, height and width of the scan.
struct ScanShape {
  int frames = 1, height = 1, width = 1;

  // Linear index of a voxel; frames of a blob over the seam of a wrapped scan count on past the last one.
  std::uint64_t index(std::int32_t frame, std::int32_t v, std::int32_t u) const {
    const auto rows = static_cast<std::uint64_t>(frame % frames) * static_cast<std::uint64_t>(height);
    return (rows + static_cast<std::uint64_t>(v)) * static_cast<std::uint64_t>(width) + static_cast<std::uint64_t>(u);
  }
};

// Sorts by (first frame, linear index of the peak) and numbers from 0. A Record holds its Spot as `spot`.
template <class Record>
void number_spots(std::vector<Record>& records, const ScanShape& shape) {
  if (records.size() > UINT32_MAX) fail("{} spots are more than a result can hold", records.size());
  const auto key = [&](const Record& record) {
    const Spot& spot = record.spot;
    return std::tuple(spot.frame_start, shape.index(spot.peak_frame, spot.peak_v, spot.peak_u));
  };
  std::sort(records.begin(), records.end(), [&](const Record& a, const Record& b) { return key(a) < key(b); });
  for (std::size_t i = 0; i < records.size(); ++i) records[i].spot.id = static_cast<std::uint32_t>(i);
}

// The same order; equals in the order of reasons.
inline void sort_rejected(std::vector<RejectedBlob>& blobs, const ScanShape& shape) {
  const auto key = [&](const RejectedBlob& blob) {
    return std::tuple(blob.frame_start, shape.index(blob.peak_frame, blob.peak_v, blob.peak_u), blob.reason);
  };
  std::sort(blobs.begin(), blobs.end(), [&](const RejectedBlob& a, const RejectedBlob& b) { return key(a) < key(b); });
}

}  // namespace dctprep
