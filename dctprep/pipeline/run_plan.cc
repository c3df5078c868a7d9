// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/pipeline/run_plan.h"

#include <algorithm>

#include "dctprep/base/error.h"
#include "dctprep/config/config_file.h"
#include "dctprep/core/omega.h"
#include "dctprep/correct/normalise.h"
#include "dctprep/estimate/noise/noise_pairs.h"
#include "dctprep/kernels/backend.h"

namespace dctprep {

namespace {

void check_wrap(const RunPlan& plan) {
  if (!plan.wrap) return;
  const std::vector<double>& omega = plan.omega;
  if (!is_known(omega)) {
    fail_usage(
        "scan.wrap = true needs the angles of a full turn, and omega is unknown; give scan.omega_start and "
        "scan.omega_step, or set wrap = false");
  }
  if (plan.sweeps.size() > 1) {
    fail_usage(
        "scan.wrap = true needs one steady turn: omega makes {} sweeps; set wrap = false, or choose one of them with "
        "scan.frames",
        plan.sweeps.size());
  }
  if (omega.size() < 3) fail_usage("scan.wrap = true needs at least 3 frames; the scan has {}", omega.size());
  if (!is_full_turn(omega)) {
    const OmegaRange covered = omega_range(omega);
    fail_usage(
        "scan.wrap = true needs a full turn: omega runs over {:.6g} degrees in steps of {:.6g}, which makes {:.6g} and "
        "not 360; "
        "set wrap = false, or choose the turn with scan.frames",
        covered.range, covered.step, covered.turn());
  }
}

std::vector<std::uint8_t> listed_frames(const ScanOptions& options, int frames) {
  std::vector<std::uint8_t> listed(static_cast<std::size_t>(frames), 0);
  for (const int k : options.bad_frames) {
    if (k < 0 || k >= frames) {
      fail_usage("scan.bad_frames: there is no frame {}; frames are numbered 0 to {} from the first one used", k,
                 frames - 1);
    }
    listed[static_cast<std::size_t>(k)] = 1;
  }
  return listed;
}

}  // namespace

void derive(RunPlan& plan) {
  const Config& config = plan.config;
  plan.wrap = config.scan.wrap.value();
  check_wrap(plan);
  plan.saturation = config.scan.saturation.value();
  plan.listed = listed_frames(config.scan, plan.frames);
  plan.beam = config.beam.region.value().empty() ? Region{} : config.beam.region.value();
  plan.intensity_regions = intensity_regions(config.beam, plan.height, plan.width, plan.bad_pixels);
  plan.excluded = plan.beam.grown(config.beam.guard.value(), plan.height, plan.width);
  if (config.beam.normalise.value() == Normalise::kMargin) plan.sample = config.beam.sample.value();
  if (config.beam.transmission && plan.beam.empty()) {
    fail_usage(
        "beam.transmission = true needs a direct beam, and beam.region is \"none\"; give its box, or transmission = "
        "false");
  }
  plan.blocks = background_blocks(plan.sweeps, config.background);
}

void derive_levels(RunPlan& plan) {
  plan.segment = in_steps(plan.config.segment);
  if (!is_in_sigma(plan.config.segment)) return;
  plan.scale = scale_of_levels(plan.noise);
  const int level = lowest_level(plan.segment);
  if (plan.scale.least(65535, level) > 65535) {
    fail_usage("segment.{} = \"{}\": no pixel can be that many standard deviations above its background; lower it",
               lowest_level_key(plan.segment), level_text(level, plan.segment));
  }
}

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
