// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/estimate/levels/thresholds.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <fmt/format.h>

#include "dctprep/estimate/parameters.h"

namespace dctprep {

namespace {

// Lowest levels, times the noise: of the noisiest tenth of the detector where levels are in counts; in units of the
// noise, where it is the same everywhere, of what is typical, so that the same is lower for most of the detector.
struct Floors {
  double seed, grow;
};
Floors floors_of(bool in_sigma, bool is_simulated) {
  if (is_simulated) return in_sigma ? Floors{5.2, 2.7} : Floors{4.4, 2.2};
  // What the scan's own lower halves have is less, for the median over few frames follows each of them.
  return in_sigma ? Floors{5.25, 3} : Floors{4.5, 2.5};
}
constexpr double kLeastFloor = 2;  // whatever the budget
constexpr double kMostFill = 0.005;
constexpr std::array<int, 4> kVolumes{3, 5, 8, 12};
constexpr double kWorthMore = 0.95;  // a larger volume, which small spots do not have, must lower the seed to this

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

// Of normal noise so much fewer, or more, reach `sigmas` standard deviations as the budget is smaller, or larger, than
// usual: so that another budget is another level.
double floor_of(double sigmas, double budget) {
  return std::sqrt(std::max(kLeastFloor * kLeastFloor, sigmas * sigmas - 2 * std::log(budget / kFalseSpots)));
}

int whole(double level) { return std::clamp(static_cast<int>(std::ceil(std::min(level, 65535.0))), 1, 65535); }

// Lowest level >= least that keeps `volume` within `allowed`; 65536 where none does.
int lowest_seed(std::span<const FalseBlobs> counted, int volume, int least, double allowed, const NoiseSource& noise) {
  int level = least;
  while (level <= 65535 && expected_false_blobs(counted, volume, level, noise) > allowed) ++level;
  return level;
}

}  // namespace

ThresholdChoice choose_thresholds(const SegmentOptions& given, std::span<const GroupResiduals> groups,
                                  const NoiseSource& source, std::span<const FalseBlobs> counted, int frames,
                                  double budget) {
  const NoiseLevel& noise = source.level;
  ThresholdChoice choice{.options = given};
  const bool in_sigma = is_in_sigma(given);
  const Floors floors = floors_of(in_sigma, source.is_simulated);
  const double seed_sigmas = floor_of(floors.seed, budget);
  const double own_noise = in_sigma ? noise.typical : noise.high;
  SegmentOptions& options = choice.options;
  std::size_t looked = 0;
  for (const GroupResiduals& group : source.groups) looked += group.run.size();
  const double scale = looked == 0 ? 0 : static_cast<double>(frames) / static_cast<double>(looked);
  const double allowed = scale == 0 ? budget : budget / scale;
  // Counts of few photons scatter further up than down: what was learnt from below is stretched for above.
  const auto expected = [&](int seed, int volume) {
    return scale * expected_false_blobs(counted, volume, static_cast<int>(std::floor(seed / noise.skew)), source);
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
      const int level = lowest_seed(counted, candidate, least, allowed, source);
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
  choice.lowest_seed = whole(least * noise.skew);
  if (given.min_seed_volume.is_auto()) options.min_seed_volume = volume;
  const int seed = step_of(options.seed);
  int grow_min = whole(floors.grow * own_noise);
  while (grow_min < seed && share_at_least(source.groups, grow_min) > kMostFill) ++grow_min;
  grow_min = std::min(whole(grow_min * noise.skew), seed);
  if (!given.grow_max.is_auto()) grow_min = std::min(grow_min, step_of(given.grow_max));
  if (given.grow_min.is_auto()) options.grow_min = grow_min;
  grow_min = step_of(options.grow_min);
  // Above the seed it would change nothing. Below it, bright spots would grow to levels at which they run into their
  // neighbours, for about a hundredth more of their intensity.
  if (given.grow_max.is_auto()) options.grow_max = std::max(grow_min, seed);

  const double noise_share = share_at_least(source.groups, static_cast<int>(grow_min / noise.skew));
  choice.is_in_noise = !given.grow_min.is_auto() && noise_share > kMostFill;
  if (!choice.is_in_noise) choice.size = spot_size(groups, options);
  const bool has_pieces = choice.size.least_seed > volume;
  if (given.min_seed_volume.is_auto() && has_pieces) options.min_seed_volume = choice.size.least_seed;
  choice.false_blobs = expected(seed, options.min_seed_volume.value());

  const auto text = [&](double level) { return fmt::format("{:.3g}", in_sigma ? level / kSigmaSteps : level); };
  const std::string noise_text =
      fmt::format("noise after the 2D median is {} {} at the noisiest tenth of the detector ({} typically)",
                  text(noise.high), in_sigma ? "of a reading's" : "counts", text(noise.typical));
  choice.why["seed"] = fmt::format("{}{}; {}{} {:.1f} times {}", given.seed.is_auto() ? "" : "given; ", noise_text,
                                   level_text(seed, given), in_sigma ? " is" : " are", seed / own_noise,
                                   in_sigma ? "the typical" : "that");
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
  return choice;
}

}  // namespace dctprep
