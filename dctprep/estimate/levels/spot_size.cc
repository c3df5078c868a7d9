// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/estimate/levels/spot_size.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <tbb/parallel_for.h>

#include "dctprep/base/cancel.h"
#include "dctprep/segment/segment.h"

namespace dctprep {

namespace {

// Of a typical size: what is smaller is a piece, where more than that share of all spots are.
struct Pieces {
  int part;
  double many;
};
constexpr std::array kPieces{Pieces{60, 0.03}, Pieces{20, 0.25}};
constexpr std::ptrdiff_t kLeastPieces = 2;
constexpr double kFewClear = 0.1;        // and one is an accident
constexpr int kClear = 2;                // times the seed
constexpr std::size_t kLeastSpots = 10;  // that tell a size
constexpr std::size_t kLargest = 3;      // the others may be something else

struct Seen {
  int voxels = 0;
  bool is_clear = false;
};

std::vector<Seen> seen_in(const GroupResiduals& group, const SegmentOptions& options) {
  std::vector<ImageView<const std::uint16_t>> volume;
  for (const Residual& residual : group.run) volume.push_back(residual.above);
  const int last = static_cast<int>(volume.size()) - 1;
  std::vector<Seen> seen;
  for (const Blob& blob : segment_volume(volume, options, false)) {
    if (blob.small_seed) continue;
    const Voxel& peak = *std::ranges::max_element(blob.voxels, {}, [](const Voxel& voxel) { return voxel.value; });
    if (last > 1 && (peak.frame == 0 || peak.frame == last)) continue;
    seen.push_back({static_cast<int>(blob.seed_volume), peak.value >= kClear * step_of(options.seed)});
  }
  return seen;
}

// The size of the spot that the middle one of all voxels lies in, from the smallest spot to the largest.
int size_of_half(const std::vector<Seen>& ascending) {
  const auto add = [](std::int64_t sum, const Seen& spot) { return sum + spot.voxels; };
  const std::int64_t voxels = std::accumulate(ascending.begin(), ascending.end(), std::int64_t{0}, add);
  std::int64_t before = 0;
  for (const Seen& spot : ascending) {
    before += spot.voxels;
    if (2 * before >= voxels) return spot.voxels;
  }
  return 0;
}

}  // namespace

SpotSize spot_size(std::span<const GroupResiduals> groups, const SegmentOptions& options) {
  SegmentOptions whole = options;
  whole.split = 0;
  std::vector<std::vector<Seen>> of_runs(groups.size());
  tbb::parallel_for(std::size_t{0}, groups.size(), [&](std::size_t i) {
    check_cancelled();
    of_runs[i] = seen_in(groups[i], whole);
  });
  std::vector<Seen> spots;
  for (const auto& of_run : of_runs) spots.insert(spots.end(), of_run.begin(), of_run.end());
  SpotSize size{.spots = static_cast<int>(spots.size())};
  if (spots.size() < kLeastSpots) return size;
  std::ranges::sort(spots, {}, &Seen::voxels);
  size.typical = std::min(size_of_half(spots), spots[spots.size() - kLargest].voxels);
  const auto clear = std::ranges::count_if(spots, &Seen::is_clear);
  const double few_clear = std::max(1.0, kFewClear * static_cast<double>(clear));
  for (const auto& [part, many] : kPieces) {
    const int least = size.typical / part;
    const auto is_piece = [&](const Seen& spot) { return spot.voxels < least; };
    const auto pieces = std::ranges::count_if(spots, is_piece);
    const auto clear_pieces =
        std::ranges::count_if(spots, [&](const Seen& spot) { return spot.is_clear && is_piece(spot); });
    if (pieces < kLeastPieces || static_cast<double>(pieces) <= many * static_cast<double>(spots.size()) ||
        static_cast<double>(clear_pieces) > few_clear)
      continue;
    size.pieces = static_cast<int>(pieces);
    size.least_seed = least;
  }
  return size;
}

}  // namespace dctprep
