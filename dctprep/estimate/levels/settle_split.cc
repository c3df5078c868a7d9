// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/estimate/levels/settle_split.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <numbers>
#include <tbb/parallel_for.h>

#include "dctprep/base/cancel.h"
#include "dctprep/estimate/search.h"
#include "dctprep/segment/segment.h"

namespace dctprep {

namespace {

// Chosen on simulated scans (docs/quality.md): more finds a few more spots that touch, but parts grains whose pieces
// are turned against each other, and faint spots by their noise.
constexpr double kMostSplit = 0.6;
constexpr double kMoreSigmas = 0.2;  // on top of what the largest of a spot's values has
// Voxels of a spot where there are too few to tell.
constexpr int kUsualSize = 500;

// Where so many spots touch another, and more of it tells but a few more apart, what it tells apart are spots: pieces
// become more and more.
constexpr double kCrowdedSplit = 0.75;
constexpr double kCrowded = 0.22;  // of all spots: those that were parted
constexpr std::size_t kLeastParts = 50;
constexpr double kFewMore = 0.25;  // times those

// What the 2D median leaves of the variance of independent pixels: pi / 2n, of n many normal ones.
double variance_left(const DenoiseOptions& options) {
  if (options.mode.value() != DenoiseMode::kFull) return 1;
  const int width = 2 * options.radius + 1;
  return std::numbers::pi / 2 / (width * width);
}

// Of a peak that just reaches the seed: of its own photons beside the background's. A count is taken for a photon,
// since the detector's gain is not known.
double sigma_at_seed(const SegmentOptions& segment, const DenoiseOptions& denoise, const NoiseLevel& noise,
                     double step_counts) {
  const double photons = step_of(segment.seed) * step_counts * variance_left(denoise);
  return std::hypot(noise.high * noise.skew, std::sqrt(photons) / step_counts);
}

int voxels_of(const SpotSize& size) { return size.typical > 0 ? size.typical : kUsualSize; }

double independent_voxels(const SpotSize& size, const DenoiseOptions& denoise) {
  return voxels_of(size) * variance_left(denoise);
}

// A spot as high as the seed and flat hangs together about there, and the largest of n values that scatter by `sigma`
// lies sqrt(2 ln n) times that above it, now and then more: the share that the saddle is of such a peak, which is no
// spot of its own.
double flat_split(int seed, double sigma, double n) {
  return seed / (seed + (std::sqrt(2 * std::log(std::max(1.0, n))) + kMoreSigmas) * sigma);
}

struct Parted {
  std::size_t spots = 0, parts = 0;
};

Parted parted_with(double split, std::span<const GroupResiduals> groups, const SegmentOptions& segment) {
  SegmentOptions options = segment;
  options.split = split;
  std::vector<Parted> of_runs(groups.size());
  tbb::parallel_for(std::size_t{0}, of_runs.size(), [&](std::size_t i) {
    check_cancelled();
    std::vector<ImageView<const std::uint16_t>> volume;
    for (const Residual& residual : groups[i].run) volume.push_back(residual.above);
    for (const Blob& blob : segment_volume(volume, options, false)) {
      of_runs[i].spots += !blob.small_seed;
      of_runs[i].parts += !blob.small_seed && blob.split;
    }
  });
  Parted all;
  for (const Parted& of_run : of_runs) all.spots += of_run.spots, all.parts += of_run.parts;
  return all;
}

}  // namespace

double split_by_noise(const SegmentOptions& segment, const DenoiseOptions& denoise, const NoiseLevel& noise,
                      const SpotSize& size, double step_counts) {
  const double by_noise = flat_split(step_of(segment.seed), sigma_at_seed(segment, denoise, noise, step_counts),
                                     independent_voxels(size, denoise));
  return std::floor(100 * std::min(kMostSplit, by_noise) + 1e-6) / 100;
}

bool settle_split(Search& search, const NoiseLevel& noise, const SpotSize& size,
                  std::span<const GroupResiduals> groups) {
  const Config& config = search.config();
  Auto<double>& split = search.config().segment.split;
  if (!split.is_auto()) return false;
  const SegmentOptions steps = in_steps(config.segment);
  split = split_by_noise(steps, config.denoise, noise, size, search.step_counts);
  const Parted parted = parted_with(split.value(), groups, steps);
  if (parted.parts >= kLeastParts &&
      static_cast<double>(parted.parts) >= kCrowded * static_cast<double>(parted.spots)) {
    const Parted more = parted_with(kCrowdedSplit, groups, steps);
    const double few = static_cast<double>(parted.spots) + kFewMore * static_cast<double>(parted.parts);
    if (static_cast<double>(more.spots) <= few) {
      search.say(
          "segment.split",
          fmt::format("crowded: with {:g}, {} of {} spots in the frames looked at are parts of blobs; {:g} tells {} "
                      "more apart, too few for pieces",
                      split.value(), parted.parts, parted.spots, kCrowdedSplit, more.spots - parted.spots));
      split = kCrowdedSplit;
      return false;
    }
  }
  const double sigma = sigma_at_seed(steps, config.denoise, noise, search.step_counts);
  search.say(
      "segment.split",
      fmt::format("spots that touch are parted where the saddle is below {:g} of the weaker peak; {:.2f} is what "
                  "noise ({:.3g} counts) leaves between the peaks of a flat spot at the seed, of {} voxels",
                  split.value(), flat_split(step_of(steps.seed), sigma, independent_voxels(size, config.denoise)),
                  sigma * search.step_counts, voxels_of(size)));
  return true;
}

}  // namespace dctprep
