#include "dctprep/background/region_median.h"

#include <algorithm>
#include <array>
#include <functional>
#include <iterator>
#include <tbb/parallel_for.h>

#include "dctprep/base/assert.h"
#include "dctprep/core/rank_median.h"
#include "dctprep/kernels/ladder.h"
#include "dctprep/kernels/rank_select.h"

namespace dctprep {

namespace {

using Places = std::vector<std::size_t>;

Places without(const Places& a, const Places& b) {
  Places rest;
  std::set_difference(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(rest));
  return rest;
}

// The medians of the pixels of one tile, in a window after the other. Those of the first are selected. If more are to
// come, a ladder of thresholds round each (kernels/ladder.h) is counted over the whole window, and frames are counted
// in and out of it from then on: medians of windows that differ by a frame hardly do.
template <std::size_t kSize>
class TileMedians {
 public:
  // values(place): the tile's pixels of a frame.
  explicit TileMedians(std::function<const std::uint16_t*(std::size_t)> values) : values_(std::move(values)) {}

  // `places` ascending, and not empty.
  const std::uint16_t* make(const Places& places, bool more_to_come) {
    const Places entering = without(places, counted_), leaving = without(counted_, places);
    if (counted_.empty() || entering.size() + leaving.size() >= places.size()) {
      select(places, 0, kSize);
      counted_.clear();
      if (more_to_come && places.size() <= kRankSelectMostRows) {
        for (std::size_t at = 0; at < kSize; at += kLadderGroup) place_ladder(places, at);
        counted_ = places;
      }
      return medians_.data();
    }
    const auto rank = static_cast<std::uint16_t>(places.size() / 2);
    for (std::size_t at = 0; at < kSize; at += kLadderGroup) {
      if (advance(entering, leaving, at, rank)) continue;
      select(places, at, kLadderGroup);
      place_ladder(places, at);
    }
    counted_ = places;
    return medians_.data();
  }

 private:
  void select(const Places& places, std::size_t first, std::size_t size) {
    if (places.size() > kRankSelectMostRows) {
      std::vector<std::uint16_t> of_pixel(places.size());
      for (std::size_t i = first; i < first + size; ++i) {
        std::transform(places.begin(), places.end(), of_pixel.begin(),
                       [&](std::size_t place) { return values_(place)[i]; });
        medians_[i] = rank_median(of_pixel);
      }
      return;
    }
    rows_.clear();
    for (const std::size_t place : places) rows_.push_back(values_(place) + first);
    rank_select(rows_.data(), rows_.size(), static_cast<std::uint16_t>(places.size() / 2), size,
                medians_.data() + first);
  }

  // Counts frames in and out of a group's ladders; whether the medians are on these.
  bool advance(const Places& entering, const Places& leaving, std::size_t first, std::uint16_t rank) {
    std::uint16_t* counts = counts_.data() + first * kLadderRungs;
    if (entering.size() > 1 || leaving.size() > 1) {
      count(entering, first, true);
      count(leaving, first, false);
      return ladder_median(counts, base_.data() + first, rank, medians_.data() + first);
    }
    const auto row = [&](const Places& one, std::uint8_t* heights) {
      LadderRow result = no_ladder_row();
      if (one.empty()) return result;
      ladder_heights(values_(one.front()) + first, base_.data() + first, kLadderGroup, heights);
      result.bytes = heights;
      return result;
    };
    const LadderRow in = row(entering, heights_.data()), out = row(leaving, heights_.data() + kLadderGroup);
    return ladder_exchange(in, out, base_.data() + first, rank, counts, medians_.data() + first);
  }

  void place_ladder(const Places& places, std::size_t first) {
    constexpr int kBelow = kLadderRungs / 2;
    for (std::size_t i = first; i < first + kLadderGroup; ++i)
      base_[i] = static_cast<std::uint16_t>(std::clamp<int>(medians_[i] - kBelow, 0, kLadderHighestBase));
    std::fill_n(counts_.begin() + static_cast<std::ptrdiff_t>(first * kLadderRungs), kLadderGroup * kLadderRungs,
                std::uint16_t{0});
    count(places, first, true);
  }

  void count(const Places& places, std::size_t first, bool add) {
    for (std::size_t done = 0; done < places.size(); done += kMostLadderRows) {
      const std::size_t rows = std::min(kMostLadderRows, places.size() - done);
      for (std::size_t k = 0; k < rows; ++k) {
        ladder_heights(values_(places[done + k]) + first, base_.data() + first, kLadderGroup,
                       heights_.data() + k * kLadderGroup);
      }
      ladder_count(heights_.data(), rows, add, counts_.data() + first * kLadderRungs);
    }
  }

  std::function<const std::uint16_t*(std::size_t)> values_;
  Places counted_;  // the window that the ladders are counted over; empty: none
  std::array<std::uint16_t, kSize> medians_, base_;
  std::array<std::uint16_t, kSize * kLadderRungs> counts_;
  std::array<std::uint8_t, kMostLadderRows * kLadderGroup> heights_;
  std::vector<const std::uint16_t*> rows_;
};

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
}

std::uint64_t RegionMedian::bytes(const Region& region, std::uint64_t frames) {
  return tiles_of(area(region), kTile) * kTile * frames * sizeof(std::uint16_t);
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

void RegionMedian::medians(std::span<RegionWindow> windows) const {
  for (RegionWindow& window : windows) std::sort(window.places.begin(), window.places.end());
  tbb::parallel_for(std::size_t{0}, static_cast<std::size_t>(tiles_of(pixels(), kTile)),
                    [&](std::size_t tile) { tile_medians(windows, tile); });
}

void RegionMedian::tile_medians(std::span<const RegionWindow> windows, std::size_t tile) const {
  static_assert(kTile % kLadderGroup == 0);
  constexpr std::array<std::uint16_t, kTile> kZeros{};
  TileMedians<kTile> medians([&](std::size_t place) { return values(tile, place); });
  for (std::size_t w = 0; w < windows.size(); ++w) {
    const bool is_empty = windows[w].places.empty();
    show(tile, is_empty ? kZeros.data() : medians.make(windows[w].places, w + 1 < windows.size()),
         windows[w].background);
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
