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
#include "dctprep/estimate/noise/noise_pairs.h"
#include "dctprep/kernels/pixel_rows.h"
#include "dctprep/pipeline/measure_noise.h"
#include "dctprep/pipeline/parallel.h"
#include "dctprep/read/scan_monitor.h"

namespace dctprep {

namespace {

constexpr double kNoIntensity = std::numeric_limits<double>::quiet_NaN();

void check_sizes(const FrameSource& source, const Scan& scan, const char* what) {
  if (source.height() != scan.height() || source.width() != scan.width()) {
    fail("the {} frames have {} x {} pixels, the scan has {} x {}: they do not belong together", what, source.width(),
         source.height(), scan.width(), scan.height());
  }
}

// i_k of the frames `wanted` that are read and not listed.
std::vector<double> intensities(const RunPlan& plan, const FrameSource& source, const std::vector<int>& wanted,
                                Progress& progress) {
  std::vector<double> all(wanted.size(), kNoIntensity);
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

// The lowest level, or that of output.sparse_level below it.
int kept_level(const RunPlan& plan) {
  const int lowest = lowest_level(plan.segment);
  const OutputOptions& output = plan.config.output;
  if (!output.sparse || output.sparse_level.is_auto()) return lowest;
  const Level& level = output.sparse_level.value();
  const SegmentUnit unit = is_in_sigma(plan.segment) ? SegmentUnit::kSigma : SegmentUnit::kCounts;
  if (level.unit().value_or(unit) != unit) {
    fail_usage("output.sparse_level = {}: the levels of segment are in {}; give this one in the same unit",
               level_text(level), EnumNames<SegmentUnit>::names[static_cast<std::size_t>(unit)]);
  }
  const double steps = level.number() * (unit == SegmentUnit::kSigma ? kSigmaSteps : 1);
  const int kept = std::max(1, static_cast<int>(std::lround(steps)));
  if (kept > lowest) {
    fail_usage("output.sparse_level = {}: is above segment.{} = \"{}\", below which nothing would be kept; lower it",
               level_text(level), lowest_level_key(plan.segment), level_text(lowest, plan.segment));
  }
  return kept;
}

}  // namespace

RunPlan prepare_run(const Scan& scan, const Config& config, Progress& progress,
                    const std::vector<std::string>& warnings) {
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
  plan.warnings.insert(plan.warnings.end(), warnings.begin(), warnings.end());
  plan.bad_pixels = scan.bad_pixels.clone();
  plan.sweeps = scan.sweeps;
  if (plan.sweeps.empty()) plan.sweeps = {{0, plan.frames - 1}};
  // The record of the run holds what was used.
  if (config.scan.saturation.is_auto()) plan.config.scan.saturation = scan.default_saturation();
  plan.config.scan.max_bad_frames = most_bad_frames(config.scan, plan.frames);
  plan.config.segment = in_unit(config.segment, stated_unit(config.segment).value_or(SegmentUnit::kCounts));
  derive(plan);
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
  if (config.spots.photometry || is_in_sigma(plan.config.segment)) plan.noise = measure_noise(plan, scan, progress);
  derive_levels(plan);
  plan.kept_level = kept_level(plan);
  if (!plan.beam.empty() && plan.reference_intensity > 0 && plan.monitor.empty())
    plan.config.beam.intensity = plan.reference_intensity;
  return plan;
}

}  // namespace dctprep
