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
constexpr int kLeastMoreSpots = 3;
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
  std::vector<std::vector<Blob>> spots;  // of each group of frames: that pass
  std::size_t false_spots = 0;           // that pass in the negated residual
  bool is_in_noise = false;              // spots would grow into it
};

std::size_t count_of(const std::vector<std::vector<Blob>>& spots) {
  std::size_t count = 0;
  for (const auto& of_group : spots) count += of_group.size();
  return count;
}

// How many more spots `a` has than `b`: those that lie nowhere in spots of the other one. Pieces of a spot are none.
std::ptrdiff_t more_spots(const Trial& a, const Trial& b, int height, int width) {
  const auto met_nowhere = [&](const std::vector<Blob>& spots, const std::vector<Blob>& others) {
    const auto place = [&](const Voxel& voxel) {
      return (static_cast<std::size_t>(voxel.frame) * static_cast<std::size_t>(height) + voxel.v) *
                 static_cast<std::size_t>(width) +
             voxel.u;
    };
    std::vector<bool> taken(static_cast<std::size_t>(kRunLength) * static_cast<std::size_t>(height) *
                            static_cast<std::size_t>(width));
    for (const Blob& blob : others) {
      for (const Voxel& voxel : blob.voxels) taken[place(voxel)] = true;
    }
    return std::ranges::count_if(spots, [&](const Blob& blob) {
      return std::ranges::none_of(blob.voxels, [&](const Voxel& voxel) { return taken[place(voxel)]; });
    });
  };
  std::ptrdiff_t more = 0;
  for (std::size_t i = 0; i < a.spots.size(); ++i)
    more += met_nowhere(a.spots[i], b.spots[i]) - met_nowhere(b.spots[i], a.spots[i]);
  return more;
}

std::vector<Blob> find_spots(const std::vector<ImageView<const std::uint16_t>>& volume, const SegmentOptions& options) {
  std::vector<Blob> blobs = segment_volume(volume, options, false);
  std::erase_if(blobs, [](const Blob& blob) { return blob.small_seed; });
  return blobs;
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
  Trial trial{.denoise = denoise, .spots = std::vector<std::vector<Blob>>(copies.size())};
  if (noise.high <= 0) return trial;
  const ThresholdChoice choice =
      choose_thresholds(in_steps(search.config().segment), copies, noise, scan.frame_count(), search.false_spots);
  trial.is_in_noise = choice.is_in_noise;
  SegmentOptions options = choice.options;
  options.split = 0;  // what touches is no question here
  for (std::size_t i = 0; i < copies.size(); ++i) {
    std::vector<ImageView<const std::uint16_t>> above, below;
    for (const Residual& residual : copies[i].run) above.push_back(residual.above), below.push_back(residual.below);
    trial.spots[i] = find_spots(above, options);
    trial.false_spots += find_spots(below, options).size();
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
  std::string tried = fmt::format("{} spots pass with the full median", count_of(full.spots));
  Trial best;
  for (const int threshold : thresholds) {
    Trial trial = with(DenoiseMode::kConditional, threshold);
    tried += fmt::format(", {} with the conditional one of threshold {}", count_of(trial.spots), threshold);
    // With thresholds that were given, more noise may pass.
    if (trial.false_spots > full.false_spots + kLeastMoreSpots || (trial.is_in_noise && !full.is_in_noise)) {
      tried += trial.is_in_noise ? ", grown into the noise" : ", too many of them false";
      continue;
    }
    const bool is_first = best.spots.empty();
    const Trial& before = is_first ? full : best;
    const std::ptrdiff_t more = more_spots(trial, before, search.scan.height(), search.scan.width());
    tried += fmt::format(" ({:+}, not counting pieces)", more);
    const double share = is_first ? kMoreSpots : kMoreSpotsLower;
    if (static_cast<double>(more) >=
        std::max<double>(kLeastMoreSpots, share * static_cast<double>(count_of(before.spots))))
      best = std::move(trial);
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
