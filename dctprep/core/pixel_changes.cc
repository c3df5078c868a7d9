// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/core/pixel_changes.h"

#include <algorithm>
#include <fmt/format.h>

namespace dctprep {

namespace {

struct Words {
  const char* what;  // stands behind "3 pixels "
  const char* then;
};

Words words_of(PixelChange kind) {
  switch (kind) {
    case PixelChange::kAbove:
      return {"above 65535", "they are read as 65535 and count as saturated; name hot pixels in scan.mask"};
    case PixelChange::kBelow:
      return {"below 0", "they are read as 0; if a dark was subtracted from these frames, use the raw ones"};
    case PixelChange::kMarked:
      return {"marked as masked that are good elsewhere in the scan",
              "they are read as 0; name them in scan.mask, or these frames in scan.bad_frames"};
    case PixelChange::kRounded:
      return {"with a fraction", "they are rounded to whole numbers"};
  }
  return {"", ""};
}

}  // namespace

void ChangeTally::add(int frame, const PixelChanges& changes) {
  for (std::size_t kind = 0; kind < kPixelChanges; ++kind) {
    const PixelChanges::Count& count = changes.counts[kind];
    if (count.pixels == 0) continue;
    Sum& sum = sums_[kind];
    sum.pixels += count.pixels;
    if (sum.frames++ > 0 && sum.first_frame < frame) continue;
    sum.first_frame = frame;
    sum.first = count;
  }
}

std::vector<std::string> ChangeTally::lines(int frames, int width, const std::function<std::string(int)>& name) const {
  std::vector<std::string> lines;
  for (std::size_t kind = 0; kind < kPixelChanges; ++kind) {
    const Sum& sum = sums_[kind];
    if (sum.frames == 0) continue;
    const Words words = words_of(static_cast<PixelChange>(kind));
    const auto columns = static_cast<std::size_t>(std::max(width, 1));
    const std::string first = fmt::format("{} at v {}, u {} of {}", sum.first.value, sum.first.first / columns,
                                          sum.first.first % columns, name(sum.first_frame));
    const std::string where = frames == 1 ? "" : fmt::format(" in {} of {} frames", sum.frames, frames);
    lines.push_back(fmt::format("{} pixel{} {}{} (the first: {}): {}", sum.pixels, sum.pixels == 1 ? "" : "s",
                                words.what, where, first, words.then));
  }
  return lines;
}

}  // namespace dctprep
