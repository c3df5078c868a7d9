// Which 2D median: the full one leaves the least noise, the conditional one leaves spots smaller than its window whole.
#include <algorithm>
#include <cmath>
#include <fmt/format.h>

#include "dctprep/estimate/search.h"
#include "dctprep/estimate/thresholds.h"
#include "dctprep/segment/segment.h"

namespace dctprep {

namespace {

constexpr double kDenoiseSigmas = 5;
// The highest tried: small spots of that many standard deviations are left as they are, zingers are not.
constexpr double kMostDenoiseSigmas = 20;
// More spots than the full median finds, for which the conditional one is taken.
constexpr double kMoreSpots = 0.01;
constexpr std::size_t kLeastMoreSpots = 3;
// And for which the lower of its thresholds is taken, which changes small spots more.
constexpr double kMoreSpotsLower = 0.05;
constexpr std::size_t kTrialBytes = std::size_t{256} << 20;  // that copies for a trial may take

int threshold_of(double sigmas, const NoiseLevel& noise) {
  return std::clamp(static_cast<int>(std::ceil(sigmas * noise.high)), 1, 65535);
}

Image<std::uint16_t> copy_of(const Image<std::uint16_t>& image) {
  Image<std::uint16_t> copy(image.height(), image.width());
  std::ranges::copy(image.pixels(), copy.data());
  return copy;
}

// Evenly spread ones, as many as may be copied.
std::vector<GroupResiduals> copies_of(std::span<const GroupResiduals> groups) {
  std::size_t bytes = 0;
  for (const Residual& residual : groups.front().run)
    bytes += (residual.above.size() + residual.below.size()) * sizeof(std::uint16_t);
  const std::size_t count = std::clamp<std::size_t>(kTrialBytes / std::max<std::size_t>(1, bytes), 1, groups.size());
  std::vector<GroupResiduals> copies(count);
  for (std::size_t i = 0; i < count; ++i) {
    const GroupResiduals& group = groups[(2 * i + 1) * groups.size() / (2 * count)];
    for (const Residual& residual : group.run)
      copies[i].run.push_back({copy_of(residual.above), copy_of(residual.below)});
    copies[i].background = copy_of(group.background);
  }
  return copies;
}

struct Trial {
  DenoiseOptions denoise;
  std::size_t spots = 0;        // that pass in the frames looked at
  std::size_t false_spots = 0;  // that pass in their negated residual
};

std::size_t count_spots(const std::vector<ImageView<const std::uint16_t>>& volume, const SegmentOptions& options) {
  const std::vector<Blob> blobs = segment_volume(volume, options, false);
  return static_cast<std::size_t>(std::ranges::count_if(blobs, [](const Blob& blob) { return !blob.small_seed; }));
}

// How many spots pass, with the thresholds given and those that `auto` would take.
Trial trial_of(const Search& search, std::span<const GroupResiduals> groups, const DenoiseOptions& denoise,
               const Region& excluded) {
  const Scan& scan = search.scan;
  std::vector<GroupResiduals> copies = copies_of(groups);
  for (GroupResiduals& group : copies) {
    denoise_residuals(group.run, denoise, scan.bad_pixels, excluded);
    if (!search.scale.empty()) scale_residuals(group, search.scale, scan.bad_pixels);
  }
  const NoiseLevel noise = noise_of(copies, scan.bad_pixels, excluded);
  Trial trial{denoise, 0, 0};
  if (noise.high <= 0) return trial;
  SegmentOptions options =
      choose_thresholds(in_steps(search.config().segment), copies, noise, scan.frame_count(), search.false_spots)
          .options;
  if (options.split.is_auto()) options.split = split_by_noise(options, denoise, noise, search.step_counts);
  for (const GroupResiduals& group : copies) {
    std::vector<ImageView<const std::uint16_t>> above, below;
    for (const Residual& residual : group.run) above.push_back(residual.above), below.push_back(residual.below);
    trial.spots += count_spots(above, options);
    trial.false_spots += count_spots(below, options);
  }
  return trial;
}

void settle_mode(Search& search, std::span<const GroupResiduals> groups, const NoiseLevel& noise,
                 const Region& excluded) {
  DenoiseOptions& options = search.config().denoise;
  const auto with = [&](DenoiseMode mode, int threshold) {
    DenoiseOptions denoise = options;
    denoise.mode = mode;
    denoise.threshold = threshold;
    return trial_of(search, groups, denoise, excluded);
  };
  std::vector<int> thresholds{threshold_of(kMostDenoiseSigmas, noise), threshold_of(kDenoiseSigmas, noise)};
  if (!options.threshold.is_auto()) thresholds.assign(1, options.threshold.value());
  const Trial full = with(DenoiseMode::kFull, thresholds.back());
  std::string tried = fmt::format("{} spots pass with the full median", full.spots);
  Trial best;
  for (const int threshold : thresholds) {
    const Trial trial = with(DenoiseMode::kConditional, threshold);
    tried += fmt::format(", {} with the conditional one of threshold {}", trial.spots, threshold);
    // With thresholds that were given, more noise may pass.
    if (trial.false_spots > full.false_spots + kLeastMoreSpots) {
      tried += ", too many of them false";
      continue;
    }
    if (static_cast<double>(trial.spots) > (1 + kMoreSpotsLower) * static_cast<double>(best.spots)) best = trial;
  }
  if (best.spots < full.spots + kLeastMoreSpots ||
      static_cast<double>(best.spots) < (1 + kMoreSpots) * static_cast<double>(full.spots)) {
    options.mode = DenoiseMode::kFull;
    search.say(
        "denoise.mode",
        fmt::format(
            "with thresholds for as few false ones, {} in the frames looked at: the full one costs no small spots",
            tried));
    return;
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
                    const Region& excluded) {
  DenoiseOptions& options = search.config().denoise;
  if (options.mode.is_auto()) settle_mode(search, groups, noise, excluded);
  if (!options.threshold.is_auto()) return;
  options.threshold = threshold_of(kDenoiseSigmas, noise);
  search.say(
      "denoise.threshold",
      fmt::format("{:g} times the noise before the 2D median, {:.3g} counts at the noisiest tenth of the detector",
                  kDenoiseSigmas, noise.high));
}

}  // namespace dctprep
