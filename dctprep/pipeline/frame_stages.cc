// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/pipeline/frame_stages.h"

#include "dctprep/background/subtract.h"
#include "dctprep/base/error.h"
#include "dctprep/correct/dark.h"
#include "dctprep/correct/normalise.h"
#include "dctprep/denoise/denoise.h"

namespace dctprep {

FrameStages stages_of_frame(const Scan& scan, const Config& config, int k, float factor, std::int32_t offset,
                            Image<std::uint16_t> background) {
  const int height = scan.height();
  const int width = scan.width();
  if (background.height() != height || background.width() != width) {
    fail("{}: is not the scan of this result: it has {} x {} pixels and the background {} x {}", scan.storage.location,
         width, height, background.width(), background.height());
  }
  FrameStages stages;
  stages.raw = Image<std::uint16_t>(height, width);
  if (const auto fault = scan.frames->read(k, stages.raw)) fail("{}: {}", scan.frames->frame_name(k), fault->what);
  stages.corrected = stages.raw.clone();
  if (scan.darks) subtract_dark(stages.corrected, median_of_frames(*scan.darks, "dark"));
  normalise(stages.corrected, factor);
  stages.background = std::move(background);
  const Region excluded = config.beam.region.value().grown(config.beam.guard.value(), height, width);
  stages.residual = Image<std::int32_t>(height, width, 0);
  for (int v = 0; v < height; ++v) {
    for (int u = 0; u < width; ++u) {
      if (scan.bad_pixels(v, u) != 0 || excluded.contains(v, u)) continue;
      stages.residual(v, u) = std::int32_t{stages.corrected(v, u)} - std::int32_t{stages.background(v, u)} - offset;
    }
  }
  Image<std::uint16_t> clipped(height, width);
  subtract_background(stages.corrected, stages.background, offset, scan.bad_pixels, excluded, clipped);
  stages.denoised = Image<std::uint16_t>(height, width);
  Denoiser(config.denoise, scan.bad_pixels, excluded).apply(clipped, stages.denoised);
  return stages;
}

}  // namespace dctprep
