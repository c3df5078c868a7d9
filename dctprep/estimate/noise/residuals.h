// SPDX-License-Identifier: BSD-3-Clause
// Frames of the sample as the pipeline would see them after "Subtraction" (docs/specification.md).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "dctprep/background/options.h"
#include "dctprep/base/image.h"
#include "dctprep/core/noise_scale.h"
#include "dctprep/core/region.h"
#include "dctprep/denoise/options.h"
#include "dctprep/estimate/noise/noise.h"
#include "dctprep/estimate/sample.h"

namespace dctprep {

// The beam as frames are scaled to it. Frames without beam are dropped.
struct BeamScale {
  std::vector<Region> regions;  // empty: no direct beam
  double median = 1;            // of the sample's frames
  double reference = 1;         // what frames are scaled to
  bool scale = false;           // false: frames are measured only
  std::vector<double> monitor;  // not empty: frames are scaled by it, one value a frame of the scan, to its median
  double monitor_median = 1;
};

// The intensity of each frame over `regions`; 1 where there are none.
std::vector<double> intensities_of(const FrameSample& sample, std::span<const Region> regions,
                                   ImageView<const std::uint8_t> bad_pixels);

// Drops the frames without beam, and scales the others.
void normalise_sample(FrameSample& sample, const BeamScale& beam, ImageView<const std::uint8_t> bad_pixels);

// Of `count` copies that are made of groups, evenly spread ones, the group that copy `i` is of.
inline std::size_t group_of_copy(std::size_t i, std::size_t count, std::size_t groups) {
  return (2 * i + 1) * groups / (2 * count);
}

// What a group of frames leaves after the median over its window and the frame's offset are taken away.
struct GroupResiduals {
  Image<std::uint16_t> background;
  std::vector<Residual> run;    // the consecutive frames
  std::vector<Residual> apart;  // frames of the window about `apart_by` frames from the middle of the run, at most 2,
                                // without lower halves
  int apart_by = 0;
};
GroupResiduals residuals_of(const FrameGroup& group, const FrameSample& sample, const BackgroundOptions& options,
                            int frames, ImageView<const std::uint8_t> bad_pixels, const Region& excluded);

// Each residual after the 2D median, in place; 0 at excluded pixels.
void denoise_residuals(std::span<Residual> residuals, const DenoiseOptions& options,
                       ImageView<const std::uint8_t> bad_pixels, const Region& excluded);

// In units of the noise over the group's background, instead of in counts.
void scale_residuals(GroupResiduals& group, const NoiseScale& scale, ImageView<const std::uint8_t> bad_pixels);

// What the runs of all groups have in common.
NoiseLevel noise_of(std::span<const GroupResiduals> groups, ImageView<const std::uint8_t> bad_pixels,
                    const Region& excluded);

}  // namespace dctprep
