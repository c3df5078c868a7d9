// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/pipeline/run_plan.h"

#include <algorithm>

#include "dctprep/config/config_file.h"
#include "dctprep/kernels/backend.h"

namespace dctprep {

std::vector<std::uint8_t> rows_with_bad_pixels(ImageView<const std::uint8_t> bad_pixels) {
  std::vector<std::uint8_t> rows(static_cast<std::size_t>(bad_pixels.height()), 0);
  for (int v = 0; v < bad_pixels.height(); ++v) {
    const std::uint8_t* row = bad_pixels.row(v);
    rows[static_cast<std::size_t>(v)] =
        std::any_of(row, row + bad_pixels.width(), [](std::uint8_t bad) { return bad != 0; });
  }
  return rows;
}

MeasureContext measure_context(const RunPlan& plan) {
  MeasureContext context;
  context.frames = plan.frames;
  context.height = plan.height;
  context.width = plan.width;
  context.wrap = plan.wrap;
  context.sweeps = plan.sweeps;
  context.omega = plan.omega;
  context.bad_frames.assign(static_cast<std::size_t>(plan.frames), 0);
  context.beam = plan.beam;
  context.excluded = plan.excluded;
  context.half_window = plan.config.background.half_window;
  context.voxel_min = plan.config.segment.voxel_min;
  context.voxel_max = plan.config.segment.voxel_max;
  context.filter = plan.config.filter;
  context.spots = plan.config.spots;
  context.bad_pixels = plan.bad_pixels;
  context.noise = plan.noise;
  const BackgroundOptions& background = plan.config.background;
  context.background_frames = std::min(plan.frames, 2 * (background.half_window / background.stride) + 1);
  return context;
}

ResultHeader result_header(const RunPlan& plan, const std::string& command) {
  ResultHeader header;
  header.frames = plan.frames;
  header.height = plan.height;
  header.width = plan.width;
  header.omega = plan.omega;
  header.omega_source = plan.omega_source;
  header.omega_dataset = plan.omega_dataset;
  header.sweeps = plan.sweeps;
  header.file_frame = plan.file_frame;
  for (const BackgroundBlock& block : plan.blocks) header.block_centre.push_back(block.centre);
  header.beam = plan.beam;
  if (!plan.monitor.empty()) header.monitor = plan.config.beam.monitor;
  header.sample = plan.sample;
  header.save_background = plan.config.background.save;
  header.transmission = plan.config.beam.transmission;
  header.voxels = plan.config.spots.voxels;
  header.images = plan.config.spots.image != SpotImage::kNone;
  header.rejected = plan.config.spots.rejected;
  header.photometry = plan.config.spots.photometry;
  header.in_sigma = !plan.scale.empty();
  header.noise = plan.noise;
  header.scan_path = plan.scan_path;
  header.checksums = plan.checksums;
  header.config = to_compact_toml(plan.config);
  header.command = command;
  header.backend = backend_in_use();
  return header;
}

}  // namespace dctprep
