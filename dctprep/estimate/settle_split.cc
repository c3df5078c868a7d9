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
  if (options.mode != DenoiseMode::kFull) return 1;
  const int width = 2 * options.radius + 1;
  return std::numbers::pi / 2 / (width * width);
}

}  // namespace

void settle_split(Search& search, const NoiseLevel& noise) {
  const Config& config = search.config();
  Auto<double>& split = search.config().segment.split;
  if (!split.is_auto()) return;
  // The weakest peak that can be parted has the value of the seed. It has the noise of its own photons beside that of
  // the background; a count is taken for a photon, since the detector's gain is not known.
  // A seed of fewer than kSureSigmas standard deviations lets faint spots in, which are not to keep the strong ones
  // from being parted.
  const int seed = config.segment.seed.value();
  const double background = noise.high * noise.skew;
  const double sigma = std::hypot(background, std::sqrt(seed * variance_left(config.denoise)));
  const double sure_seed =
      std::max<double>(seed, std::min(kSureSigmas * background, kSureSigmas / kFaintSigmas * seed));
  const double by_noise = 1 - kDepthSigmas * sigma / sure_seed;
  split = std::max(0.0, std::floor(100 * std::min(kMostSplit, by_noise) + 1e-6) / 100);
  if (split.value() == 0) {
    search.say(
        "segment.split",
        fmt::format("off: a peak that just reaches the seed is less than {:g} times the noise there ({:.3g} counts)",
                    kDepthSigmas, sigma));
    return;
  }
  search.say(
      "segment.split",
      fmt::format("spots that touch are parted where the saddle is below {:g} of the weaker peak: where that peak "
                  "just reaches the seed, {:.1f} times the noise there ({:.3g} counts) below it",
                  split.value(), (1 - split.value()) * seed / sigma, sigma));
}

}  // namespace dctprep
