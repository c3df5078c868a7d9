// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/estimate/thresholds.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <fmt/format.h>
#include <tbb/parallel_for.h>

#include "dctprep/base/cancel.h"
#include "dctprep/segment/segment.h"

namespace dctprep {

namespace {

// Times the noise: of the noisiest tenth of the detector where levels are in counts; in units of the noise, where it is
// the same everywhere, of what is typical, so that the same is lower for most of the detector.
constexpr double kSeedSigmas = 4.5, kSeedSigmasOfTypical = 5.25;
constexpr double kGrowSigmas = 2.5, kGrowSigmasOfTypical = 3;
constexpr double kFirstSigmas = 3;
constexpr double kMostFill = 0.005;
constexpr std::size_t kEnough = 10;  // blobs that make a count
constexpr std::array<int, 4> kVolumes{3, 5, 8, 12};
constexpr double kWorthMore = 0.95;  // a larger volume, which small spots do not have, must lower the seed to this

std::vector<std::uint32_t> volumes_at(std::span<const GroupResiduals> groups, int level, int connectivity) {
  SegmentOptions options;
  options.method = SegmentMethod::kSingle;
  options.seed = options.grow_min = options.grow_max = level;
  options.min_seed_volume = 1;
  options.connectivity = connectivity;
  std::vector<std::vector<std::uint32_t>> found(groups.size());
  tbb::parallel_for(std::size_t{0}, groups.size(), [&](std::size_t i) {
    std::vector<ImageView<const std::uint16_t>> volume;
    for (const Residual& residual : groups[i].run) volume.push_back(residual.below);
    for (const Blob& blob : segment_volume(volume, options, false))
      found[i].push_back(static_cast<std::uint32_t>(blob.voxels.size()));
  });
  std::vector<std::uint32_t> volumes;
  for (const auto& of_run : found) volumes.insert(volumes.end(), of_run.begin(), of_run.end());
  std::sort(volumes.begin(), volumes.end(), std::greater<>());
  return volumes;
}

double share_at_least(std::span<const GroupResiduals> groups, int level) {
  std::uint64_t passing = 0;
  std::uint64_t all = 0;
  for (const GroupResiduals& group : groups) {
    for (const Residual& residual : group.run) {
      for (const std::uint16_t value : residual.below.pixels()) passing += value >= level;
      all += residual.below.size();
    }
  }
  return all == 0 ? 0 : static_cast<double>(passing) / static_cast<double>(all);
}

int whole(double level) { return std::clamp(static_cast<int>(std::ceil(std::min(level, 65535.0))), 1, 65535); }

// Lowest level >= least that keeps `volume` within `allowed`; 65536 where none does.
int lowest_seed(std::span<const FalseBlobs> counted, int volume, int least, double allowed, double sigma) {
  int level = least;
  while (level <= 65535 && expected_false_blobs(counted, volume, level, sigma) > allowed) ++level;
  return level;
}

}  // namespace

std::size_t FalseBlobs::at_least(int volume) const {
  const auto end = std::partition_point(volumes.begin(), volumes.end(), [&](std::uint32_t size) {
    return size >= static_cast<std::uint32_t>(std::max(volume, 0));
  });
  return static_cast<std::size_t>(end - volumes.begin());
}

std::vector<FalseBlobs> count_false_blobs(std::span<const GroupResiduals> groups, const NoiseLevel& noise,
                                          int connectivity) {
  std::vector<FalseBlobs> counted;
  for (int level = whole(kFirstSigmas * noise.high); level <= 65535;
       level = std::max(level + 1, static_cast<int>(std::lround(1.08 * level)))) {
    check_cancelled();
    counted.push_back({level, volumes_at(groups, level, connectivity)});
    if (counted.back().volumes.empty()) break;
  }
  return counted;
}

double expected_false_blobs(std::span<const FalseBlobs> counted, int volume, int level, double sigma) {
  if (counted.empty()) return 0;
  // The last count at or below the level, the last one that is large enough, and one before it e times as large.
  std::size_t here = 0;
  std::size_t last = counted.size();
  for (std::size_t i = 0; i < counted.size(); ++i) {
    if (counted[i].level <= level) here = i;
    if (counted[i].at_least(volume) >= kEnough) last = i;
  }
  const auto count = [&](std::size_t i) { return static_cast<double>(counted[i].at_least(volume)); };
  const double seen = count(here) >= 2 ? count(here) : 0;
  if (last < counted.size() && level <= counted[last].level) return seen;
  const std::size_t from = last < counted.size() ? last : 0;
  const double start = std::max(1.0, count(from));
  double decay = counted[from].level / (sigma * sigma);
  for (std::size_t i = from; i-- > 0;) {
    if (count(i) < std::exp(1.0) * start) continue;
    decay = std::log(count(i) / start) / (counted[from].level - counted[i].level);
    break;
  }
  return std::max(seen, start * std::exp(-decay * std::max(0, level - counted[from].level)));
}

ThresholdChoice choose_thresholds(const SegmentOptions& given, std::span<const GroupResiduals> groups,
                                  const NoiseLevel& noise, int frames, double budget) {
  ThresholdChoice choice{.options = given};
  const bool in_sigma = is_in_sigma(given);
  const double seed_sigmas = in_sigma ? kSeedSigmasOfTypical : kSeedSigmas;
  const double grow_sigmas = in_sigma ? kGrowSigmasOfTypical : kGrowSigmas;
  const double own_noise = in_sigma ? noise.typical : noise.high;
  SegmentOptions& options = choice.options;
  std::size_t looked = 0;
  for (const GroupResiduals& group : groups) looked += group.run.size();
  const double scale = looked == 0 ? 0 : static_cast<double>(frames) / static_cast<double>(looked);
  const double allowed = scale == 0 ? budget : budget / scale;
  const std::vector<FalseBlobs> counted = count_false_blobs(groups, noise, given.connectivity);
  // Counts of few photons scatter further up than down: what was learnt from below is stretched for above.
  const auto expected = [&](int seed, int volume) {
    return scale * expected_false_blobs(counted, volume, static_cast<int>(std::floor(seed / noise.skew)), noise.high);
  };

  const int least =
      whole(std::max(seed_sigmas * own_noise, given.grow_min.is_auto() ? 0.0 : step_of(given.grow_min) / noise.skew));
  // Faint spots of three voxels are as many false ones.
  std::vector<int> volumes(kVolumes.begin() + (in_sigma ? 1 : 0), kVolumes.end());
  if (!given.min_seed_volume.is_auto()) volumes.assign(1, std::max(1, given.min_seed_volume.value()));
  int volume = volumes.back();
  if (given.seed.is_auto()) {
    int seed = 65536;
    for (const int candidate : volumes) {
      const int level = lowest_seed(counted, candidate, least, allowed, noise.high);
      if (level < kWorthMore * seed) seed = level, volume = candidate;
    }
    options.seed = whole(seed * noise.skew);
    if (!given.grow_min.is_auto()) options.seed = std::max(step_of(options.seed), step_of(given.grow_min));
  } else {
    for (const int candidate : volumes) {
      volume = candidate;
      if (expected(step_of(given.seed), candidate) <= budget) break;
    }
  }
  if (given.min_seed_volume.is_auto()) options.min_seed_volume = volume;
  const int seed = step_of(options.seed);
  choice.false_blobs = expected(seed, volume);

  int grow_min = whole(grow_sigmas * own_noise);
  while (grow_min < seed && share_at_least(groups, grow_min) > kMostFill) ++grow_min;
  grow_min = std::min(whole(grow_min * noise.skew), seed);
  if (!given.grow_max.is_auto()) grow_min = std::min(grow_min, step_of(given.grow_max));
  if (given.grow_min.is_auto()) options.grow_min = grow_min;
  grow_min = step_of(options.grow_min);
  // Above the seed it would change nothing. Below it, bright spots would grow to levels at which they run into their
  // neighbours, for about a hundredth more of their intensity.
  if (given.grow_max.is_auto()) options.grow_max = std::max(grow_min, seed);

  const double noise_share = share_at_least(groups, static_cast<int>(grow_min / noise.skew));
  choice.is_in_noise = !given.grow_min.is_auto() && noise_share > kMostFill;
  if (!choice.is_in_noise) choice.size = spot_size(groups, options);
  const bool has_pieces = choice.size.least_seed > volume;
  if (given.min_seed_volume.is_auto() && has_pieces) options.min_seed_volume = choice.size.least_seed;

  const auto text = [&](double level) { return fmt::format("{:.3g}", in_sigma ? level / kSigmaSteps : level); };
  const std::string noise_text =
      fmt::format("noise after the 2D median is {} {} at the noisiest tenth of the detector ({} typically)",
                  text(noise.high), in_sigma ? "of a reading's" : "counts", text(noise.typical));
  choice.why["seed"] = fmt::format(
      "{}; {}{} {:.1f} times {}, and let{} {:.2g} false blobs be expected in {} frames, where {:g} are "
      "allowed, by what is found in the negated residual of {} frames in {} places",
      noise_text, level_text(seed, given), in_sigma ? " is" : " are", seed / own_noise,
      in_sigma ? "the typical" : "that", in_sigma ? "s" : "", choice.false_blobs, frames, budget, looked,
      groups.size());
  choice.why["min_seed_volume"] =
      has_pieces ? fmt::format(
                       "of {} spots that pass in the frames looked at, {} have fewer voxels: mostly pieces that noise "
                       "makes of large and faint spots, where half of the bright voxels lie in spots of {} and more",
                       choice.size.spots, choice.size.pieces, choice.size.typical)
                 : fmt::format("the smallest of {}5, 8 and 12 voxels, or the next that lowers the seed by 5 % or more",
                               in_sigma ? "" : "3, ");
  choice.why["grow_min"] = fmt::format("{:.1f} times the noise; {:.2g} % of the voxels reach it by noise",
                                       grow_min / own_noise, 100 * noise_share);
  choice.why["grow_max"] =
      fmt::format("the seed: a spot of peak P grows down to {:.3g} P, but no lower than {} and no higher than {}",
                  given.tau, level_text(grow_min, given), level_text(step_of(options.grow_max), given));
  if (choice.false_blobs > budget)
    choice.warnings.push_back(fmt::format(
        "segment.seed = \"{}\" with min_seed_volume = {} lets about {:.0f} false spots be expected: raise either",
        level_text(seed, given), options.min_seed_volume.value(), choice.false_blobs));
  return choice;
}

}  // namespace dctprep
