// SPDX-License-Identifier: BSD-3-Clause
// The medians of windows over the pixels of one rectangle, whatever they do.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "dctprep/base/huge_buffer.h"
#include "dctprep/base/image.h"
#include "dctprep/core/region.h"

namespace dctprep {

// One background to be made: the places of its window's frames, and the image whose pixels inside the region are set to
// the rank medians; 0 where the window is empty.
struct RegionWindow {
  std::vector<std::size_t> places;
  ImageView<std::uint16_t> background;
};

// For the direct beam, whose pixels vary too much behind a turning sample for a ladder to follow them from window to
// window: medians are selected from all values, from the last ones on. So that memory is read on and on, the values
// that a few neighbouring pixels have in all frames lie together.
class RegionMedian {
 public:
  // Holds up to `frames` frames at a time.
  RegionMedian(const Region& region, std::size_t frames);
  static std::uint64_t bytes(const Region& region, std::uint64_t frames);

  // A place for a frame; there must be one left.
  std::size_t take();
  void give_back(std::size_t place) { free_.push_back(place); }
  // Row `v` of the frame at `place`, as wide as the detector; what lies in the region is kept. Frames at different
  // places may be put beside each other.
  void put(std::size_t place, int v, const std::uint16_t* row);

  // On all cores. The less a window differs from the one before it, also of the call before, the faster.
  void medians(std::span<const RegionWindow> windows);

 private:
  // Pixels that lie together: so few that a window of them stays in the first cache.
  static constexpr std::size_t kTile = 32;

  std::size_t pixels() const {
    return static_cast<std::size_t>(region_.width()) * static_cast<std::size_t>(region_.height());
  }
  std::uint16_t* values(std::size_t tile, std::size_t place) const {
    return reinterpret_cast<std::uint16_t*>(buffer_.data()) + (tile * (frames_ + 1) + place) * kTile;
  }
  std::uint16_t* last_medians(std::size_t tile) const { return values(tile, frames_); }
  // Those of one window, in the place of the last ones; `begins`: where the values of its frames begin in the tile.
  void make_medians(std::span<const std::size_t> begins, std::size_t tile) const;
  void show(std::size_t tile, const std::uint16_t* medians, ImageView<std::uint16_t> background) const;

  Region region_;
  std::size_t frames_;
  HugeBuffer buffer_;  // values of tile by tile, frame by frame, and the last medians
  std::vector<std::size_t> free_;
};

}  // namespace dctprep
