// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/estimate/levels/false_spots.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <tbb/parallel_for.h>

#include "dctprep/base/cancel.h"
#include "dctprep/segment/segment.h"

namespace dctprep {

namespace {

constexpr double kFirstSigmas = 3;
constexpr std::size_t kEnough = 10;   // blobs that make a count
constexpr double kLeastSigmas = 1.3;  // lower, all noise is one blob
constexpr double kLower = 0.93;       // from a level to the next
constexpr double kClearSigmas = 5.25, kClearGrowSigmas = 3;
constexpr double kMuch = 0.03;         // of all voxels above a level
constexpr std::uint32_t kLarge = 200;  // voxels: in small frames a few are much

std::vector<ImageView<const std::uint16_t>> lower_halves(const GroupResiduals& group) {
  std::vector<ImageView<const std::uint16_t>> volume;
  for (const Residual& residual : group.run) volume.push_back(residual.below);
  return volume;
}

std::vector<std::uint32_t> volumes_at(std::span<const GroupResiduals> groups, int level, int connectivity) {
  SegmentOptions options;
  options.method = SegmentMethod::kSingle;
  options.seed = options.grow_min = options.grow_max = level;
  options.min_seed_volume = 1;
  options.connectivity = connectivity;
  std::vector<std::vector<std::uint32_t>> found(groups.size());
  tbb::parallel_for(std::size_t{0}, groups.size(), [&](std::size_t i) {
    for (const Blob& blob : segment_volume(lower_halves(groups[i]), options, false))
      found[i].push_back(static_cast<std::uint32_t>(blob.voxels.size()));
  });
  std::vector<std::uint32_t> volumes;
  for (const auto& of_run : found) volumes.insert(volumes.end(), of_run.begin(), of_run.end());
  std::sort(volumes.begin(), volumes.end(), std::greater<>());
  return volumes;
}

double squared(double x) { return x * x; }

// Index of the last count that is enough; the first where none is.
std::size_t last_enough(std::span<const FalseBlobs> counted, int volume) {
  for (std::size_t i = counted.size(); i-- > 1;) {
    if (counted[i].at_least(volume) >= kEnough) return i;
  }
  return 0;
}

// Of normal noise: log count is linear in the square of the level.
double expected_of_noise(std::span<const FalseBlobs> counted, int volume, int level, double sigma) {
  const auto log_count = [&](std::size_t i) {
    return std::log(std::max(1.0, static_cast<double>(counted[i].at_least(volume))));
  };
  const auto at = [&](std::size_t i) { return squared(counted[i].level); };
  const std::size_t last = last_enough(counted, volume);
  double decay = 0.5 / squared(sigma);
  std::size_t from = last;
  if (level < counted[last].level && counted.size() > 1) {
    // Between two, or below the first two.
    from = std::max<std::size_t>(1, last);
    while (from > 1 && counted[from - 1].level > level) --from;
    decay = (log_count(from - 1) - log_count(from)) / (at(from) - at(from - 1));
  } else {
    for (std::size_t i = last; i-- > 0;) {
      if (log_count(i) < 1 + log_count(last)) continue;
      decay = (log_count(i) - log_count(last)) / (at(last) - at(i));
      break;
    }
  }
  return std::exp(log_count(from) - decay * (squared(level) - at(from)));
}

// A single one is taken for an accident.
double expected_of_shadows(std::span<const FalseBlobs> counted, int volume, int level, double sigma) {
  const auto count = [&](std::size_t i) { return static_cast<double>(counted[i].at_least(volume)); };
  std::size_t here = 0;  // the last one at or below the level
  for (std::size_t i = 0; i < counted.size(); ++i) {
    if (counted[i].level <= level) here = i;
  }
  const double seen = count(here) >= 2 ? count(here) : 0;
  const std::size_t last = last_enough(counted, volume);
  if (counted[last].at_least(volume) >= kEnough && level <= counted[last].level) return seen;
  const double start = std::max(1.0, count(last));
  double decay = counted[last].level / squared(sigma);
  // One before it e times as large.
  for (std::size_t i = last; i-- > 0;) {
    if (count(i) < std::exp(1.0) * start) continue;
    decay = std::log(count(i) / start) / (counted[last].level - counted[i].level);
    break;
  }
  return std::max(seen, start * std::exp(-decay * std::max(0, level - counted[last].level)));
}

// Blobs are cut in the frames at the ends of a run.
std::size_t frames_inside(const GroupResiduals& group) {
  return group.run.size() < 3 ? group.run.size() : group.run.size() - 2;
}

// The boxes of spots, as seen in a run of frames of one size.
class Occupied {
 public:
  Occupied(const GroupResiduals& group, const SegmentOptions& options)
      : height_(group.background.height()),
        width_(group.background.width()),
        taken_(group.run.size() * group.background.size()) {
    std::vector<ImageView<const std::uint16_t>> volume;
    for (const Residual& residual : group.run) volume.push_back(residual.above);
    for (const Blob& blob : segment_volume(volume, options, false)) {
      if (!blob.small_seed) take(blob);
    }
  }

  double share() const {
    const auto taken = static_cast<double>(std::ranges::count(taken_, true));
    return taken_.empty() ? 0 : taken / static_cast<double>(taken_.size());
  }
  bool contains(const Voxel& voxel) const { return taken_[place(voxel.frame, voxel.v, voxel.u)]; }

 private:
  std::size_t place(int frame, int v, int u) const {
    return (static_cast<std::size_t>(frame) * static_cast<std::size_t>(height_) + static_cast<std::size_t>(v)) *
               static_cast<std::size_t>(width_) +
           static_cast<std::size_t>(u);
  }

  void take(const Blob& blob) {
    int v0 = height_, v1 = 0, u0 = width_, u1 = 0;
    for (const Voxel& voxel : blob.voxels) {
      v0 = std::min(v0, int{voxel.v}), v1 = std::max(v1, int{voxel.v});
      u0 = std::min(u0, int{voxel.u}), u1 = std::max(u1, int{voxel.u});
    }
    for (int frame = blob.voxels.front().frame; frame <= blob.voxels.back().frame; ++frame) {
      for (int v = v0; v <= v1; ++v) {
        for (int u = u0; u <= u1; ++u) taken_[place(frame, v, u)] = true;
      }
    }
  }

  int height_, width_;
  std::vector<bool> taken_;
};

// Those of a run whose peak is in none of these frames, and that lie in the box of no spot.
std::size_t spots_inside(const GroupResiduals& group, const SegmentOptions& options,
                         const std::optional<Occupied>& occupied) {
  const int last = static_cast<int>(group.run.size()) - 1;
  std::size_t count = 0;
  for (const Blob& blob : segment_volume(lower_halves(group), options, false)) {
    if (blob.small_seed) continue;
    const Voxel& peak = *std::ranges::max_element(blob.voxels, {}, &Voxel::value);
    if (last >= 2 && (peak.frame == 0 || peak.frame == last)) continue;
    count +=
        !occupied || std::ranges::none_of(blob.voxels, [&](const Voxel& voxel) { return occupied->contains(voxel); });
  }
  return count;
}

// The same with another seed, and no other level above it.
SegmentOptions lowered(SegmentOptions options, double seed) {
  for (Auto<Level>* level : {&options.seed, &options.grow_min, &options.grow_max})
    *level = std::min(step_of(*level), static_cast<int>(seed));
  options.seed = static_cast<int>(seed);
  return options;
}

// Levels that noise hardly reaches: what is found with them are spots.
SegmentOptions of_clear_spots(SegmentOptions options, const NoiseLevel& noise) {
  const auto at_least = [](Auto<Level>& level, double least) {
    level = std::max(step_of(level), static_cast<int>(std::min(65535.0, std::ceil(least))));
  };
  at_least(options.seed, kClearSigmas * noise.high);
  at_least(options.grow_min, kClearGrowSigmas * noise.high);
  options.grow_max = step_of(options.seed);
  return options;
}

// Whether noise that reaches `level` hangs together over all frames: one blob holds much of it.
bool runs_together(const NoiseSource& noise, const SegmentOptions& options) {
  const std::vector<std::uint32_t> volumes =
      volumes_at(noise.groups.first(1), lowest_level(options), options.connectivity);
  const auto all = std::accumulate(volumes.begin(), volumes.end(), std::uint64_t{0});
  return !volumes.empty() && volumes.front() >= kLarge && volumes.front() > kMuch * static_cast<double>(all);
}

}  // namespace

NoiseSource noise_source(std::span<const GroupResiduals> groups, bool is_simulated,
                         ImageView<const std::uint8_t> bad_pixels, const Region& excluded) {
  NoiseSource noise{groups, noise_of(groups, bad_pixels, excluded), is_simulated};
  // Lower halves of the scan's own frames are stretched by it; simulated ones are what they stand for.
  if (is_simulated) noise.level.skew = 1;
  return noise;
}

std::size_t FalseBlobs::at_least(int volume) const {
  const auto end = std::partition_point(volumes.begin(), volumes.end(), [&](std::uint32_t size) {
    return size >= static_cast<std::uint32_t>(std::max(volume, 0));
  });
  return static_cast<std::size_t>(end - volumes.begin());
}

int first_false_level(const SegmentOptions& options, const NoiseSource& noise) {
  const int seed = options.seed.is_auto() ? 65535 : static_cast<int>(step_of(options.seed) / noise.level.skew);
  return static_cast<int>(std::max(1.0, std::min<double>(seed, std::ceil(kFirstSigmas * noise.level.high))));
}

std::vector<FalseBlobs> count_false_blobs(const NoiseSource& noise, int connectivity, int first) {
  std::vector<FalseBlobs> counted;
  for (int level = first; level <= 65535; level = std::max(level + 1, static_cast<int>(std::lround(1.08 * level)))) {
    check_cancelled();
    counted.push_back({level, volumes_at(noise.groups, level, connectivity)});
    if (counted.back().volumes.empty()) break;
  }
  return counted;
}

double expected_false_blobs(std::span<const FalseBlobs> counted, int volume, int level, const NoiseSource& noise) {
  if (counted.empty() || counted.front().volumes.empty()) return 0;
  return noise.is_simulated ? expected_of_noise(counted, volume, level, noise.level.high)
                            : expected_of_shadows(counted, volume, level, noise.level.high);
}

double share_near_spots(std::span<const GroupResiduals> groups, const SegmentOptions& options,
                        const NoiseLevel& level) {
  const SegmentOptions clear = of_clear_spots(options, level);
  std::vector<double> shares(groups.size());
  tbb::parallel_for(std::size_t{0}, groups.size(),
                    [&](std::size_t i) { shares[i] = Occupied(groups[i], clear).share(); });
  return groups.empty() ? 0 : std::accumulate(shares.begin(), shares.end(), 0.0) / static_cast<double>(groups.size());
}

std::optional<double> expected_false_spots(const NoiseSource& noise, std::span<const GroupResiduals> groups,
                                           const SegmentOptions& options, int frames) {
  if (!noise.is_simulated || noise.groups.empty() || runs_together(noise, options)) return {};
  std::size_t looked = 0;
  for (const GroupResiduals& group : noise.groups) looked += frames_inside(group);
  if (looked == 0) return {};
  const std::size_t n = noise.groups.size();
  const SegmentOptions clear = of_clear_spots(options, noise.level);
  const auto count_at = [&](double level, bool beside_spots = false) {
    const SegmentOptions lower = lowered(options, level);
    std::vector<std::size_t> found(n);
    tbb::parallel_for(std::size_t{0}, n, [&](std::size_t i) {
      check_cancelled();
      std::optional<Occupied> occupied;
      if (beside_spots) occupied.emplace(groups[group_of_copy(i, n, groups.size())], clear);
      found[i] = spots_inside(noise.groups[i], lower, occupied);
    });
    return static_cast<double>(std::accumulate(found.begin(), found.end(), std::size_t{0}));
  };
  const double scale = static_cast<double>(frames) / static_cast<double>(looked);
  const double seed = step_of(options.seed);
  double level = seed;
  double count = count_at(level);
  if (count >= kEnough) return count_at(seed, true) * scale;
  const double least = std::max(1.0, kLeastSigmas * noise.level.typical);
  const auto next = [&](double from) { return std::min(from - 1, std::floor(kLower * from)); };
  while (count < kEnough && next(level) >= least) level = next(level), count = count_at(level);
  const double start = std::max(1.0, count);
  double decay = 0.5 / squared(noise.level.high);
  for (double lower = next(level); lower >= least; lower = next(lower)) {
    const double more = count_at(lower);
    if (more < start) break;  // they run together
    if (more < std::exp(1.0) * start) continue;
    decay = std::log(more / start) / (squared(level) - squared(lower));
    break;
  }
  return start * scale * std::exp(-decay * (squared(seed) - squared(level)));
}

}  // namespace dctprep
