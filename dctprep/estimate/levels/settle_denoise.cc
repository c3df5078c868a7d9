// SPDX-License-Identifier: BSD-3-Clause
// Which 2D median: the full one leaves the least noise, the conditional one leaves spots smaller than its window whole.
#include "dctprep/estimate/levels/settle_denoise.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

#include "dctprep/estimate/levels/trial.h"
#include "dctprep/estimate/search.h"

namespace dctprep {

namespace {

constexpr double kDenoiseSigmas = 5;
// The highest tried: small spots of that many standard deviations are left as they are, zingers are not.
constexpr double kMostDenoiseSigmas = 20;
constexpr double kMoreFalse = 3;  // times the budget
// For which the lower of the conditional median's thresholds is taken, which changes small spots more.
constexpr double kMoreSpotsLower = 0.05;

int threshold_of(double sigmas, const NoiseLevel& noise) {
  return std::clamp(static_cast<int>(std::ceil(sigmas * noise.high)), 1, 65535);
}

// Why levels that are given call for the full median, though the conditional one would be found without them; empty
// where they do not: they may be too low for the noise that the conditional median leaves.
std::string too_low_for(const DenoiseOptions& conditional, const Search& search, std::span<const GroupResiduals> groups,
                        const Region& excluded) {
  const SegmentOptions& segment = search.config().segment;
  const std::string given = given_levels_text(segment);
  if (given.empty()) return {};
  const auto with = [&](DenoiseMode mode) {
    DenoiseOptions denoise = conditional;
    denoise.mode = mode;
    return try_settings(search, groups, denoise, segment, search.scale, excluded);
  };
  const Trial full = with(DenoiseMode::kFull), trial = with(DenoiseMode::kConditional);
  const bool in_noise = trial.is_in_noise && !full.is_in_noise;
  if (!in_noise && trial.false_spots <= full.false_spots + kMoreFalse) return {};
  return fmt::format("because {} was given: with the conditional median, which would be taken otherwise, {}", given,
                     in_noise ? "spots would be grown into the noise"
                              : fmt::format("{} spots would pass, too many of them false", trial.count()));
}

void settle_mode(Search& search, std::span<const GroupResiduals> groups, const NoiseLevel& noise,
                 const Region& excluded, std::optional<Trial> known) {
  DenoiseOptions& options = search.config().denoise;
  const auto with = [&](DenoiseMode mode, int threshold) {
    DenoiseOptions denoise = options;
    denoise.mode = mode;
    denoise.threshold = threshold;
    return try_settings(search, groups, denoise, with_open_thresholds(search.config().segment), search.scale, excluded);
  };
  std::vector<int> thresholds{threshold_of(kMostDenoiseSigmas, noise), threshold_of(kDenoiseSigmas, noise)};
  if (!options.threshold.is_auto()) thresholds.assign(1, options.threshold.value());
  const Trial full = known ? *std::move(known) : with(DenoiseMode::kFull, thresholds.back());
  std::string tried = fmt::format("{} spots pass with the full median", full.count());
  Trial best;
  for (const int threshold : thresholds) {
    Trial trial = with(DenoiseMode::kConditional, threshold);
    tried += fmt::format(", {} with the conditional one of threshold {}", trial.count(), threshold);
    // With thresholds that were given, more noise may pass.
    if (trial.false_spots > full.false_spots + kMoreFalse * search.false_spots ||
        (trial.is_in_noise && !full.is_in_noise)) {
      tried += trial.is_in_noise ? ", grown into the noise" : ", too many of them false";
      continue;
    }
    const bool is_first = best.spots.empty();
    const Trial& before = is_first ? full : best;
    const std::ptrdiff_t more = more_spots(trial, before, search.scan.height(), search.scan.width());
    tried += fmt::format(" ({:+}, not counting pieces)", more);
    if (is_worth(more, before, is_first ? kMoreSpots : kMoreSpotsLower)) best = std::move(trial);
    if (more < 0) break;  // the lower threshold is nearer to the full median
  }
  if (best.spots.empty()) {
    options.mode = DenoiseMode::kFull;
    search.say(
        "denoise.mode",
        fmt::format(
            "with thresholds for as few false ones, {} in the frames looked at: the full one costs no small spots",
            tried));
    return;
  }
  if (const std::string why = too_low_for(best.denoise, search, groups, excluded); !why.empty()) {
    options.mode = DenoiseMode::kFull;
    search.warn("denoise.mode is \"full\" " + why);
    return search.say("denoise.mode", why);
  }
  const bool threshold_is_found = options.threshold.is_auto();
  options = best.denoise;
  search.say(
      "denoise.mode",
      fmt::format(
          "with thresholds for as few false ones, {} in the frames looked at: the full one would shave off small spots",
          tried));
  if (threshold_is_found)
    search.say("denoise.threshold",
               fmt::format("{:.0f} times the noise before the 2D median, {:.3g} counts at the noisiest tenth of the "
                           "detector; the higher of those tried, unless 5 % more spots pass with the lower",
                           options.threshold.value() / noise.high, noise.high));
}

}  // namespace

void settle_denoise(Search& search, std::span<const GroupResiduals> groups, const NoiseLevel& noise,
                    const Region& excluded, std::optional<Trial> full) {
  DenoiseOptions& options = search.config().denoise;
  if (options.mode.is_auto()) settle_mode(search, groups, noise, excluded, std::move(full));
  if (!options.threshold.is_auto()) return;
  options.threshold = threshold_of(kDenoiseSigmas, noise);
  search.say(
      "denoise.threshold",
      fmt::format("{:g} times the noise before the 2D median, {:.3g} counts at the noisiest tenth of the detector",
                  kDenoiseSigmas, noise.high));
}

}  // namespace dctprep
