// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/estimate/levels/trial.h"

#include <algorithm>
#include <cstdint>

#include "dctprep/estimate/levels/thresholds.h"
#include "dctprep/segment/segment.h"

namespace dctprep {

namespace {

constexpr std::size_t kTrialBytes = std::size_t{128} << 20;  // that copies for a trial may take
constexpr int kLeastMoreSpots = 3;

Image<std::uint16_t> copy_of(const Image<std::uint16_t>& image) {
  Image<std::uint16_t> copy(image.height(), image.width());
  std::ranges::copy(image.pixels(), copy.data());
  return copy;
}

// Evenly spread ones, as many as may be copied, without lower halves unless `with_lower`.
std::vector<GroupResiduals> copies_of(std::span<const GroupResiduals> groups, bool with_lower) {
  std::size_t bytes = 0;
  for (const Residual& residual : groups.front().run)
    bytes += (residual.above.size() + (with_lower ? residual.below.size() : 0)) * sizeof(std::uint16_t);
  const std::size_t count = std::clamp<std::size_t>(kTrialBytes / std::max<std::size_t>(1, bytes), 1, groups.size());
  std::vector<GroupResiduals> copies(count);
  for (std::size_t i = 0; i < count; ++i) {
    const GroupResiduals& group = groups[group_of_copy(i, count, groups.size())];
    for (const Residual& residual : group.run)
      copies[i].run.push_back({copy_of(residual.above), with_lower ? copy_of(residual.below) : Image<std::uint16_t>()});
    copies[i].background = copy_of(group.background);
  }
  return copies;
}

std::vector<Blob> find_spots(const std::vector<ImageView<const std::uint16_t>>& volume, const SegmentOptions& options) {
  std::vector<Blob> blobs = segment_volume(volume, options, false);
  std::erase_if(blobs, [](const Blob& blob) { return blob.small_seed; });
  return blobs;
}

}  // namespace

std::size_t Trial::count() const {
  std::size_t count = 0;
  for (const auto& of_group : spots) count += of_group.size();
  return count;
}

Trial try_settings(const Search& search, std::span<const GroupResiduals> groups, const DenoiseOptions& denoise,
                   const SegmentOptions& segment, const NoiseScale& scale, const Region& excluded) {
  const Scan& scan = search.scan;
  const bool is_simulated = !search.noise.empty();
  std::vector<GroupResiduals> copies = copies_of(groups, !is_simulated);
  std::vector<GroupResiduals> simulated;
  if (is_simulated) simulated = copies_of(search.noise, true);
  for (std::vector<GroupResiduals>* of : {&copies, &simulated}) {
    for (GroupResiduals& group : *of) {
      denoise_residuals(group.run, denoise, scan.bad_pixels, excluded);
      if (!scale.empty()) scale_residuals(group, scale, scan.bad_pixels);
    }
  }
  const NoiseSource noise = noise_source(is_simulated ? simulated : copies, is_simulated, scan.bad_pixels, excluded);
  Trial trial{.denoise = denoise, .spots = std::vector<std::vector<Blob>>(copies.size())};
  if (noise.level.high <= 0) return trial;
  const SegmentOptions steps = in_steps(segment);
  const auto counted = count_false_blobs(noise, steps.connectivity, first_false_level(steps, noise));
  const ThresholdChoice choice =
      choose_thresholds(steps, copies, noise, counted, scan.frame_count(), search.false_spots);
  trial.is_in_noise = choice.is_in_noise;
  trial.false_spots = choice.false_blobs;
  if (trial.is_in_noise) return trial;
  SegmentOptions options = choice.options;
  options.split = 0;  // what touches is no question here
  for (std::size_t i = 0; i < copies.size(); ++i) {
    std::vector<ImageView<const std::uint16_t>> above;
    for (const Residual& residual : copies[i].run) above.push_back(residual.above);
    trial.spots[i] = find_spots(above, options);
  }
  return trial;
}

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

bool is_worth(std::ptrdiff_t more, const Trial& before, double share) {
  return static_cast<double>(more) >= std::max<double>(kLeastMoreSpots, share * static_cast<double>(before.count()));
}

}  // namespace dctprep
