// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/pipeline/prepare_run.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "dctprep/base/cancel.h"
#include "dctprep/base/error.h"
#include "dctprep/core/omega.h"
#include "dctprep/core/rank_median.h"
#include "dctprep/correct/dark.h"
#include "dctprep/correct/normalise.h"
#include "dctprep/estimate/noise_pairs.h"
#include "dctprep/kernels/pixel_rows.h"
#include "dctprep/pipeline/measure_noise.h"
#include "dctprep/pipeline/parallel.h"
#include "dctprep/read/scan_monitor.h"

namespace dctprep {

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

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

void check_sizes(const FrameSource& source, const Scan& scan, const char* what) {
  if (source.height() != scan.height() || source.width() != scan.width()) {
    fail("the {} frames have {} x {} pixels, the scan has {} x {}: they do not belong together", what, source.width(),
         source.height(), scan.width(), scan.height());
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

// i_k of the frames `wanted` that are read and not listed.
std::vector<double> intensities(const RunPlan& plan, const FrameSource& source, const std::vector<int>& wanted,
                                Progress& progress) {
  std::vector<double> all(wanted.size(), kNan);
  parallel_in_order(wanted.size(), [&](std::size_t i) {
    check_cancelled();
    const int k = wanted[i];
    thread_local Image<std::uint16_t> frame;
    if (frame.height() != plan.height || frame.width() != plan.width)
      frame = Image<std::uint16_t>(plan.height, plan.width);
    if (plan.listed[static_cast<std::size_t>(k)] == 0 && !source.read(k, frame)) {
      all[i] = beam_intensity(frame, plan.dark, plan.intensity_regions, plan.bad_pixels);
    }
    progress.advance(1);
  });
  std::erase_if(all, [](double intensity) { return std::isnan(intensity); });
  return all;
}

void find_reference_intensity(RunPlan& plan, const FrameSource& source, Progress& progress) {
  if (plan.beam.empty()) return;
  const std::vector<int> sample = intensity_sample(plan.frames);
  progress.start("measuring the beam", static_cast<std::int64_t>(sample.size()), "images");
  std::vector<double> measured = intensities(plan, source, sample, progress);
  if (measured.empty()) {
    std::vector<int> all(static_cast<std::size_t>(plan.frames));
    for (std::size_t k = 0; k < all.size(); ++k) all[k] = static_cast<int>(k);
    measured = intensities(plan, source, all, progress);
  }
  progress.finish();
  plan.median_intensity = measured.empty() ? 0.0 : rank_median(measured);
  const Auto<double>& given = plan.config.beam.intensity;
  plan.reference_intensity = given.is_auto() ? plan.median_intensity : given.value();
}

void set_monitor(RunPlan& plan, const Scan& scan) {
  ScanMonitor monitor = read_monitor(plan.config.beam.monitor, scan);
  plan.monitor = std::move(monitor.values);
  plan.monitor_median = monitor_median(plan.monitor, plan.listed);
  if (!(plan.monitor_median > 0))
    fail("beam.monitor: {}: its median over the good frames is {:.6g}, where a beam monitor is above 0", monitor.path,
         plan.monitor_median);
  plan.config.beam.monitor = monitor.path;
}

void read_flat(RunPlan& plan, const FrameSource& flats) {
  Image<std::uint16_t> flat = median_of_frames(flats, "flat");
  subtract_dark(flat, plan.dark);
  plan.flat.intensity = beam_intensity(flat, plan.intensity_regions, plan.bad_pixels);
  const auto crop = flat.view().crop(plan.beam.v0, plan.beam.v1, plan.beam.u0, plan.beam.u1);
  plan.flat.inside_beam = Image<std::uint16_t>(crop.height(), crop.width());
  for (int v = 0; v < crop.height(); ++v)
    std::copy(crop.row(v), crop.row(v) + crop.width(), plan.flat.inside_beam.row(v));
}

void set_scale(RunPlan& plan) {
  plan.scale = scale_of_levels(plan.noise);
  const int level = lowest_level(plan.segment);
  if (plan.scale.least(65535, level) > 65535) {
    fail_usage("segment.{} = \"{}\": no pixel can be that many standard deviations above its background; lower it",
               lowest_level_key(plan.segment), level_text(level, plan.segment));
  }
}

}  // namespace

RunPlan prepare_run(const Scan& scan, const Config& config, Progress& progress) {
  RunPlan plan;
  plan.config = config;
  plan.frames = scan.frame_count();
  plan.height = scan.height();
  plan.width = scan.width();
  plan.omega = scan.omega;
  plan.omega_source = scan.omega_source;
  plan.omega_dataset = scan.omega_path;
  plan.file_frame = scan.file_frame;
  plan.scan_path = scan.storage.location;
  plan.checksums = scan_checksums(*scan.frames);
  plan.warnings = scan.warnings;
  plan.bad_pixels = scan.bad_pixels.clone();
  plan.wrap = config.scan.wrap.value();
  plan.sweeps = scan.sweeps;
  if (plan.sweeps.empty()) plan.sweeps = {{0, plan.frames - 1}};
  plan.saturation = config.scan.saturation.is_auto() ? scan.default_saturation() : config.scan.saturation.value();
  check_wrap(plan);
  plan.listed = listed_frames(config.scan, plan.frames);
  plan.beam = config.beam.region.value().empty() ? Region{} : config.beam.region.value();
  plan.intensity_regions = intensity_regions(config.beam, plan.height, plan.width, scan.bad_pixels);
  plan.excluded = plan.beam.grown(config.beam.guard.value(), plan.height, plan.width);
  if (config.beam.normalise.value() == Normalise::kMargin) plan.sample = config.beam.sample.value();
  if (config.beam.transmission && plan.beam.empty()) {
    fail_usage(
        "beam.transmission = true needs a direct beam, and beam.region is \"none\"; give its box, or transmission = "
        "false");
  }
  plan.blocks = background_blocks(plan.sweeps, config.background);
  if (scan.darks) {
    check_sizes(*scan.darks, scan, "dark");
    plan.dark = median_of_frames(*scan.darks, "dark");
  }
  if (scan.flats) {
    check_sizes(*scan.flats, scan, "flat");
    if (config.beam.transmission) read_flat(plan, *scan.flats);
  }
  if (config.beam.normalise.value() == Normalise::kMonitor) set_monitor(plan, scan);
  find_reference_intensity(plan, *scan.frames, progress);
  plan.config.segment = in_unit(config.segment, stated_unit(config.segment).value_or(SegmentUnit::kCounts));
  plan.segment = in_steps(plan.config.segment);
  const bool in_sigma = is_in_sigma(plan.config.segment);
  if (config.spots.photometry || in_sigma) plan.noise = measure_noise(plan, scan, progress);
  if (in_sigma) set_scale(plan);
  // The record of the run holds what was used.
  plan.config.scan.saturation = plan.saturation;
  plan.config.scan.max_bad_frames = most_bad_frames(config.scan, plan.frames);
  if (!plan.beam.empty() && plan.reference_intensity > 0 && plan.monitor.empty())
    plan.config.beam.intensity = plan.reference_intensity;
  return plan;
}

}  // namespace dctprep
