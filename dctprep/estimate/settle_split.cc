#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <numbers>

#include "dctprep/estimate/search.h"

namespace dctprep {

namespace {

// Chosen on simulated scans (docs/quality.md): more finds a few more spots that touch, but parts grains whose pieces
// are turned against each other, and faint spots by their noise.
constexpr double kMostSplit = 0.6;
constexpr double kDepthSigmas = 2;
// A seed of the fewer standard deviations counts as one of more: it lets faint spots in, which are not to keep the
// strong ones from being parted.
constexpr double kFaintSigmas = 4.5, kSureSigmas = 5.3;

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

}  // namespace

double split_by_noise(const SegmentOptions& segment, const DenoiseOptions& denoise, const NoiseLevel& noise,
                      double step_counts) {
  // The weakest peak that can be parted has the value of the seed.
  const int seed = step_of(segment.seed);
  const double sure_seed =
      std::max<double>(seed, std::min(kSureSigmas * noise.high * noise.skew, kSureSigmas / kFaintSigmas * seed));
  const double by_noise = 1 - kDepthSigmas * sigma_at_seed(segment, denoise, noise, step_counts) / sure_seed;
  return std::max(0.0, std::floor(100 * std::min(kMostSplit, by_noise) + 1e-6) / 100);
}

void settle_split(Search& search, const NoiseLevel& noise) {
  const Config& config = search.config();
  Auto<double>& split = search.config().segment.split;
  if (!split.is_auto()) return;
  const SegmentOptions steps = in_steps(config.segment);
  split = split_by_noise(steps, config.denoise, noise, search.step_counts);
  const double sigma = sigma_at_seed(steps, config.denoise, noise, search.step_counts);
  if (split.value() == 0) {
    search.say(
        "segment.split",
        fmt::format("off: a peak that just reaches the seed is less than {:g} times the noise there ({:.3g} counts)",
                    kDepthSigmas, sigma * search.step_counts));
    return;
  }
  search.say(
      "segment.split",
      fmt::format("spots that touch are parted where the saddle is below {:g} of the weaker peak: where that peak "
                  "just reaches the seed, {:.1f} times the noise there ({:.3g} counts) below it",
                  split.value(), (1 - split.value()) * step_of(steps.seed) / sigma, sigma * search.step_counts));
}

}  // namespace dctprep
