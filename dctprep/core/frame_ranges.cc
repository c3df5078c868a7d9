// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/core/frame_ranges.h"

#include <fmt/format.h>

namespace dctprep {

std::string frame_ranges(const std::vector<int>& frames) {
  constexpr int kMost = 12;
  std::string text;
  int ranges = 0;
  for (std::size_t i = 0; i < frames.size(); ++ranges) {
    if (ranges == kMost) return text + fmt::format(" and {} more", frames.size() - i);
    std::size_t last = i;
    while (last + 1 < frames.size() && frames[last + 1] == frames[last] + 1) ++last;
    text += text.empty() ? "" : ", ";
    text += last == i ? fmt::format("{}", frames[i]) : fmt::format("{}-{}", frames[i], frames[last]);
    i = last + 1;
  }
  return text;
}

std::string named_frames(const std::vector<int>& frames) {
  if (frames.size() == 1) return fmt::format("frame {}", frames[0]);
  return fmt::format("frames {} ({} frames)", frame_ranges(frames), frames.size());
}

}  // namespace dctprep
