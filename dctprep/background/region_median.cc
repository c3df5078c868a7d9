// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/background/region_median.h"

#include <algorithm>
#include <array>
#include <tbb/parallel_for.h>

#include "dctprep/base/assert.h"
#include "dctprep/core/rank_median.h"
#include "dctprep/kernels/rank_select.h"

namespace dctprep {

namespace {

std::uint64_t tiles_of(std::uint64_t pixels, std::uint64_t tile) { return (pixels + tile - 1) / tile; }

std::uint64_t area(const Region& region) {
  return static_cast<std::uint64_t>(region.width()) * static_cast<std::uint64_t>(region.height());
}

}  // namespace

RegionMedian::RegionMedian(const Region& region, std::size_t frames)
    : region_(region), frames_(frames), buffer_(bytes(region, frames)) {
  for (std::size_t place = frames; place-- > 0;) free_.push_back(place);
  // Places behind the last pixel are counted with the others.
  const std::size_t last = pixels() / kTile, from = pixels() % kTile;
  for (std::size_t place = 0; from > 0 && place < frames; ++place)
    std::fill(values(last, place) + from, values(last, place) + kTile, std::uint16_t{0});
  for (std::size_t tile = 0; tile < tiles_of(pixels(), kTile); ++tile)
    std::fill_n(last_medians(tile), kTile, std::uint16_t{0});
}

std::uint64_t RegionMedian::bytes(const Region& region, std::uint64_t frames) {
  return tiles_of(area(region), kTile) * kTile * (frames + 1) * sizeof(std::uint16_t);
}

std::size_t RegionMedian::take() {
  DCTPREP_ASSERT(!free_.empty());
  const std::size_t place = free_.back();
  free_.pop_back();
  return place;
}

void RegionMedian::put(std::size_t place, int v, const std::uint16_t* row) {
  if (v < region_.v0 || v >= region_.v1) return;
  const auto width = static_cast<std::size_t>(region_.width());
  const std::size_t first = static_cast<std::size_t>(v - region_.v0) * width;
  for (std::size_t u = 0; u < width;) {
    const std::size_t in_tile = (first + u) % kTile, count = std::min(width - u, kTile - in_tile);
    std::copy_n(row + region_.u0 + u, count, values((first + u) / kTile, place) + in_tile);
    u += count;
  }
}

void RegionMedian::medians(std::span<const RegionWindow> windows) {
  // Of each window, where the values of its frames begin in a tile.
  std::vector<std::vector<std::size_t>> begins;
  for (const RegionWindow& window : windows) {
    std::vector<std::size_t>& of_window = begins.emplace_back();
    for (const std::size_t place : window.places) of_window.push_back(place * kTile);
  }
  tbb::parallel_for(std::size_t{0}, static_cast<std::size_t>(tiles_of(pixels(), kTile)), [&](std::size_t tile) {
    constexpr std::array<std::uint16_t, kTile> kZeros{};
    for (std::size_t w = 0; w < windows.size(); ++w) {
      if (!begins[w].empty()) make_medians(begins[w], tile);
      show(tile, begins[w].empty() ? kZeros.data() : last_medians(tile), windows[w].background);
    }
  });
}

void RegionMedian::make_medians(std::span<const std::size_t> begins, std::size_t tile) const {
  const std::uint16_t* tile_values = values(tile, 0);
  std::uint16_t* medians = last_medians(tile);
  if (begins.size() <= kRankSelectMostRows) {
    rank_select_near(tile_values, begins.data(), begins.size(), static_cast<std::uint16_t>(begins.size() / 2), kTile,
                     medians);
    return;
  }
  std::vector<std::uint16_t> of_pixel(begins.size());
  for (std::size_t i = 0; i < kTile; ++i) {
    std::transform(begins.begin(), begins.end(), of_pixel.begin(),
                   [&](std::size_t begin) { return tile_values[begin + i]; });
    medians[i] = rank_median(of_pixel);
  }
}

// Puts the medians of a tile's pixels where these are in the background.
void RegionMedian::show(std::size_t tile, const std::uint16_t* medians, ImageView<std::uint16_t> background) const {
  const auto width = static_cast<std::size_t>(region_.width());
  const std::size_t end = std::min(pixels(), (tile + 1) * kTile);
  for (std::size_t pixel = tile * kTile; pixel < end;) {
    const std::size_t count = std::min(end - pixel, width - pixel % width);
    std::copy_n(medians + pixel % kTile, count,
                background.row(region_.v0 + static_cast<int>(pixel / width)) + region_.u0 + pixel % width);
    pixel += count;
  }
}

}  // namespace dctprep
