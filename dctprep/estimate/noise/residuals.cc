// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/estimate/noise/residuals.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <tbb/parallel_for.h>

#include "dctprep/background/moving_median.h"
#include "dctprep/background/subtract.h"
#include "dctprep/base/cancel.h"
#include "dctprep/correct/normalise.h"
#include "dctprep/denoise/denoise.h"

namespace dctprep {

namespace {

void clear(ImageView<std::uint16_t> image, const Region& region) {
  for (int v = region.v0; v < region.v1; ++v)
    std::fill(image.row(v) + region.u0, image.row(v) + region.u1, std::uint16_t{0});
}

// Frames between a and b, round the end of a wrapped scan where that is shorter.
int distance(int a, int b, int frames) {
  const int straight = std::abs(a - b);
  return std::min(straight, frames - straight);
}

// Frames of the sample nearest to `by` frames from `middle`, one on either side, none within `by` / 2 of it.
std::vector<std::size_t> apart_from(int middle, int by, const FrameSample& sample) {
  std::vector<std::size_t> chosen;
  for (const int side : {-1, 1}) {
    std::size_t best = sample.size();
    int best_off = std::numeric_limits<int>::max();
    for (std::size_t i = 0; i < sample.size(); ++i) {
      const int along = (sample.frame[i] - middle) * side;
      const int off = std::abs(along - by);
      if (2 * along >= by && off < best_off) best = i, best_off = off;
    }
    if (best < sample.size()) chosen.push_back(best);
  }
  return chosen;
}

}  // namespace

std::vector<double> intensities_of(const FrameSample& sample, std::span<const Region> regions,
                                   ImageView<const std::uint8_t> bad_pixels) {
  std::vector<double> intensities(sample.size());
  for (std::size_t i = 0; i < sample.size(); ++i)
    intensities[i] = beam_intensity(sample.pixels[i], regions, bad_pixels);
  return intensities;
}

void normalise_sample(FrameSample& sample, const BeamScale& beam, ImageView<const std::uint8_t> bad_pixels) {
  const bool by_monitor = !beam.monitor.empty();
  if (beam.regions.empty() && !by_monitor) return;
  const std::vector<double> intensities = intensities_of(sample, beam.regions, bad_pixels);
  FrameSample kept;
  for (std::size_t i = 0; i < sample.size(); ++i) {
    if (!beam.regions.empty() && intensities[i] <= kNoBeamShare * beam.median) continue;
    if (by_monitor) {
      const double value = beam.monitor[static_cast<std::size_t>(sample.frame[i])];
      if (!std::isfinite(value) || value <= kNoBeamShare * beam.monitor_median) continue;
      normalise(sample.pixels[i], normalisation_factor(beam.monitor_median, value));
    } else if (beam.scale) {
      normalise(sample.pixels[i], normalisation_factor(beam.reference, intensities[i]));
    }
    kept.frame.push_back(sample.frame[i]);
    kept.pixels.push_back(std::move(sample.pixels[i]));
  }
  sample = std::move(kept);
}

GroupResiduals residuals_of(const FrameGroup& group, const FrameSample& sample, const BackgroundOptions& options,
                            int frames, ImageView<const std::uint8_t> bad_pixels, const Region& excluded) {
  GroupResiduals result;
  if (sample.size() == 0) return result;
  std::vector<ImageView<const std::uint16_t>> window;
  for (const auto& image : sample.pixels) window.push_back(image);
  const int height = bad_pixels.height();
  const int width = bad_pixels.width();
  Image<std::uint16_t> background(height, width);
  median_background(window, background);

  std::vector<std::size_t> run;
  for (std::size_t i = 0; i < sample.size(); ++i) {
    if (std::ranges::binary_search(group.run, sample.frame[i])) run.push_back(i);
  }
  const int middle = group.run[group.run.size() / 2];
  const int by = std::max(kRunLength, options.half_window / 4);
  const std::vector<std::size_t> apart = apart_from(middle, by, sample);
  for (const std::size_t i : apart) result.apart_by += distance(sample.frame[i], middle, frames);
  if (!apart.empty()) result.apart_by /= static_cast<int>(apart.size());

  std::vector<std::size_t> wanted = run;
  wanted.insert(wanted.end(), apart.begin(), apart.end());
  std::vector<Residual> residuals(wanted.size());
  tbb::parallel_for(std::size_t{0}, wanted.size(), [&](std::size_t i) {
    check_cancelled();
    const Image<std::uint16_t>& frame = sample.pixels[wanted[i]];
    const std::int32_t offset = frame_offset(frame, background, bad_pixels, excluded, options);
    Residual& residual = residuals[i];
    residual.above = Image<std::uint16_t>(height, width);
    subtract_background(frame, background, offset, bad_pixels, excluded, residual.above);
    if (i >= run.size()) return;
    residual.below = Image<std::uint16_t>(height, width);
    subtract_background(background, frame, -offset, bad_pixels, excluded, residual.below);
  });
  const auto split = residuals.begin() + static_cast<std::ptrdiff_t>(run.size());
  result.run.assign(std::make_move_iterator(residuals.begin()), std::make_move_iterator(split));
  result.apart.assign(std::make_move_iterator(split), std::make_move_iterator(residuals.end()));
  result.background = std::move(background);
  return result;
}

void denoise_residuals(std::span<Residual> residuals, const DenoiseOptions& options,
                       ImageView<const std::uint8_t> bad_pixels, const Region& excluded) {
  const Denoiser denoiser(options, bad_pixels, excluded);
  tbb::parallel_for(std::size_t{0}, 2 * residuals.size(), [&](std::size_t i) {
    check_cancelled();
    Image<std::uint16_t>& half = i % 2 == 0 ? residuals[i / 2].above : residuals[i / 2].below;
    if (half.empty()) return;
    clear(half, excluded);
    Image<std::uint16_t> denoised(half.height(), half.width());
    denoiser.apply(half, denoised);
    half = std::move(denoised);
  });
}

void scale_residuals(GroupResiduals& group, const NoiseScale& scale, ImageView<const std::uint8_t> bad_pixels) {
  std::vector<Image<std::uint16_t>*> halves;
  for (std::vector<Residual>* residuals : {&group.run, &group.apart}) {
    for (Residual& residual : *residuals) {
      for (Image<std::uint16_t>* half : {&residual.above, &residual.below})
        if (!half->empty()) halves.push_back(half);
    }
  }
  const int width = bad_pixels.width();
  tbb::parallel_for(0, bad_pixels.height(), [&](int v) {
    std::vector<std::uint16_t> background(group.background.row(v), group.background.row(v) + width);
    fill_bad_pixels(bad_pixels.row(v), width, background.data());
    for (Image<std::uint16_t>* half : halves) {
      std::uint16_t* row = half->row(v);
      for (int u = 0; u < width; ++u) row[u] = scale.scaled(row[u], background[static_cast<std::size_t>(u)]);
    }
  });
}

NoiseLevel noise_of(std::span<const GroupResiduals> groups, ImageView<const std::uint8_t> bad_pixels,
                    const Region& excluded) {
  std::vector<std::vector<Spread>> spreads;
  for (const GroupResiduals& group : groups) spreads.push_back(tile_spreads(group.run, bad_pixels, excluded));
  return noise_level(spreads);
}

}  // namespace dctprep
