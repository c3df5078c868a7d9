// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/pipeline/setup.h"

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

void check_wrap(const Setup& setup) {
  if (!setup.wrap) return;
  const std::vector<double>& omega = setup.scan->omega;
  if (!is_known(omega)) {
    fail_usage(
        "scan.wrap = true needs the angles of a full turn, and omega is unknown; give scan.omega_start and "
        "scan.omega_step, or set wrap = false");
  }
  if (setup.sweeps.size() > 1) {
    fail_usage(
        "scan.wrap = true needs one steady turn: omega makes {} sweeps; set wrap = false, or choose one of them with "
        "scan.frames",
        setup.sweeps.size());
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
std::vector<double> intensities(const Setup& setup, const std::vector<int>& wanted, Progress& progress) {
  std::vector<double> all(wanted.size(), kNan);
  parallel_in_order(wanted.size(), [&](std::size_t i) {
    check_cancelled();
    const int k = wanted[i];
    thread_local Image<std::uint16_t> frame;
    if (frame.height() != setup.height() || frame.width() != setup.width())
      frame = Image<std::uint16_t>(setup.height(), setup.width());
    if (setup.listed[static_cast<std::size_t>(k)] == 0 && !setup.scan->frames->read(k, frame)) {
      all[i] = beam_intensity(frame, setup.dark, setup.intensity_regions, setup.scan->bad_pixels);
    }
    progress.advance(1);
  });
  std::erase_if(all, [](double intensity) { return std::isnan(intensity); });
  return all;
}

void find_reference_intensity(Setup& setup, Progress& progress) {
  if (setup.beam.empty()) return;
  const std::vector<int> sample = intensity_sample(setup.frames());
  progress.start("measuring the beam", static_cast<std::int64_t>(sample.size()), "images");
  std::vector<double> measured = intensities(setup, sample, progress);
  if (measured.empty()) {
    std::vector<int> all(static_cast<std::size_t>(setup.frames()));
    for (std::size_t k = 0; k < all.size(); ++k) all[k] = static_cast<int>(k);
    measured = intensities(setup, all, progress);
  }
  progress.finish();
  setup.median_intensity = measured.empty() ? 0.0 : rank_median(measured);
  const Auto<double>& given = setup.config.beam.intensity;
  setup.reference_intensity = given.is_auto() ? setup.median_intensity : given.value();
}

void set_monitor(Setup& setup) {
  ScanMonitor monitor = read_monitor(setup.config.beam.monitor, *setup.scan);
  setup.monitor = std::move(monitor.values);
  setup.monitor_median = monitor_median(setup.monitor, setup.listed);
  if (!(setup.monitor_median > 0))
    fail("beam.monitor: {}: its median over the good frames is {:.6g}, where a beam monitor is above 0", monitor.path,
         setup.monitor_median);
  setup.config.beam.monitor = monitor.path;
}

void read_flat(Setup& setup) {
  Image<std::uint16_t> flat = median_of_frames(*setup.scan->flats, "flat");
  subtract_dark(flat, setup.dark);
  setup.flat.intensity = beam_intensity(flat, setup.intensity_regions, setup.scan->bad_pixels);
  const auto crop = flat.view().crop(setup.beam.v0, setup.beam.v1, setup.beam.u0, setup.beam.u1);
  setup.flat.inside_beam = Image<std::uint16_t>(crop.height(), crop.width());
  for (int v = 0; v < crop.height(); ++v)
    std::copy(crop.row(v), crop.row(v) + crop.width(), setup.flat.inside_beam.row(v));
}

// J' of a raw frame. Returns the pixels whose raw value is saturated, outside `excluded`.
std::vector<std::uint32_t> correct_frame(const Setup& setup, float factor, ImageView<const std::uint16_t> raw,
                                         const TakeRow& take) {
  std::vector<std::uint32_t> saturated;
  const auto width = static_cast<std::size_t>(raw.width());
  std::vector<std::uint16_t> corrected(width);
  for (int v = 0; v < raw.height(); ++v) {
    const std::uint16_t* row = raw.row(v);
    const std::uint16_t* dark = setup.dark.empty() ? nullptr : setup.dark.row(v);
    const std::uint16_t largest = correct_pixels(row, dark, factor, width, corrected.data());
    take(v, corrected.data());
    if (largest < setup.saturation) continue;
    for (int u = 0; u < raw.width(); ++u) {
      if (row[u] < setup.saturation || setup.excluded.contains(v, u)) continue;
      saturated.push_back(static_cast<std::uint32_t>(v) * static_cast<std::uint32_t>(width) +
                          static_cast<std::uint32_t>(u));
    }
  }
  return saturated;
}

// T of a raw frame.
Image<float> transmission_of(const Setup& setup, ImageView<const std::uint16_t> pixels, double intensity) {
  const Region& beam = setup.beam;
  Image<std::uint16_t> inside(beam.height(), beam.width());
  for (int v = 0; v < beam.height(); ++v) {
    const std::uint16_t* row = pixels.row(beam.v0 + v) + beam.u0;
    std::copy(row, row + beam.width(), inside.row(v));
    if (setup.dark.empty()) continue;
    correct_pixels(inside.row(v), setup.dark.row(beam.v0 + v) + beam.u0, 1.0f, static_cast<std::size_t>(beam.width()),
                   inside.row(v));
  }
  return transmission(inside, intensity, setup.flat, setup.config.denoise.radius);
}

void set_scale(Setup& setup) {
  setup.scale = scale_of_levels(setup.noise);
  const int level = lowest_level(setup.segment);
  if (setup.scale.least(65535, level) > 65535) {
    fail_usage("segment.{} = \"{}\": no pixel can be that many standard deviations above its background; lower it",
               lowest_level_key(setup.segment), level_text(level, setup.segment));
  }
}

}  // namespace

std::vector<std::uint8_t> rows_with_bad_pixels(const Scan& scan) {
  std::vector<std::uint8_t> rows(static_cast<std::size_t>(scan.height()), 0);
  for (int v = 0; v < scan.height(); ++v) {
    const std::uint8_t* row = scan.bad_pixels.row(v);
    rows[static_cast<std::size_t>(v)] = std::any_of(row, row + scan.width(), [](std::uint8_t bad) { return bad != 0; });
  }
  return rows;
}

Setup prepare_run(const Scan& scan, const Config& config, Progress& progress) {
  Setup setup;
  setup.scan = &scan;
  setup.config = config;
  setup.wrap = config.scan.wrap.value();
  setup.sweeps = scan.sweeps;
  if (setup.sweeps.empty()) setup.sweeps = {{0, setup.frames() - 1}};
  setup.saturation = config.scan.saturation.is_auto() ? scan.default_saturation() : config.scan.saturation.value();
  check_wrap(setup);
  setup.listed = listed_frames(config.scan, setup.frames());
  setup.beam = config.beam.region.value().empty() ? Region{} : config.beam.region.value();
  setup.intensity_regions = intensity_regions(config.beam, setup.height(), setup.width(), scan.bad_pixels);
  setup.excluded = setup.beam.grown(config.beam.guard.value(), setup.height(), setup.width());
  if (config.beam.normalise.value() == Normalise::kMargin) setup.sample = config.beam.sample.value();
  if (config.beam.transmission && setup.beam.empty()) {
    fail_usage(
        "beam.transmission = true needs a direct beam, and beam.region is \"none\"; give its box, or transmission = "
        "false");
  }
  setup.blocks = background_blocks(setup.sweeps, config.background);
  if (scan.darks) {
    check_sizes(*scan.darks, scan, "dark");
    setup.dark = median_of_frames(*scan.darks, "dark");
  }
  if (scan.flats) {
    check_sizes(*scan.flats, scan, "flat");
    if (config.beam.transmission) read_flat(setup);
  }
  if (config.beam.normalise.value() == Normalise::kMonitor) set_monitor(setup);
  find_reference_intensity(setup, progress);
  setup.config.segment = in_unit(config.segment, stated_unit(config.segment).value_or(SegmentUnit::kCounts));
  setup.segment = in_steps(setup.config.segment);
  const bool in_sigma = is_in_sigma(setup.config.segment);
  if (config.spots.photometry || in_sigma) setup.noise = measure_noise(setup, progress);
  if (in_sigma) set_scale(setup);
  // The record of the run holds what was used.
  setup.config.scan.saturation = setup.saturation;
  setup.config.scan.max_bad_frames = most_bad_frames(config.scan, setup.frames());
  if (!setup.beam.empty() && setup.reference_intensity > 0 && setup.monitor.empty())
    setup.config.beam.intensity = setup.reference_intensity;
  return setup;
}

CorrectedFrame read_corrected_frame(const Setup& setup, int k, ImageView<std::uint16_t> raw, bool with_transmission,
                                    const TakeRow& take) {
  CorrectedFrame corrected;
  const auto mark_bad = [&](BadFrameCause cause, std::string fault) {
    corrected.bad = cause;
    corrected.fault = std::move(fault);
    corrected.intensity = kNan;
    if (with_transmission) {
      corrected.transmission =
          Image<float>(setup.beam.height(), setup.beam.width(), std::numeric_limits<float>::quiet_NaN());
    }
  };
  if (setup.listed[static_cast<std::size_t>(k)] != 0) {
    mark_bad(BadFrameCause::kListed, "listed in scan.bad_frames");
    return corrected;
  }
  corrected.changes.ignored = setup.scan->bad_pixels;
  if (auto fault = setup.scan->frames->read(k, raw, {}, &corrected.changes)) {
    mark_bad(fault->cause, fmt::format("{}: {}", setup.scan->frames->frame_name(k), fault->what));
    return corrected;
  }
  if (!setup.monitor.empty()) {
    const double value = setup.monitor[static_cast<std::size_t>(k)];
    if (!std::isfinite(value) || value <= kNoBeamShare * setup.monitor_median) {
      mark_bad(BadFrameCause::kNoBeam,
               fmt::format("no beam: its monitor reads {:.6g}, the median is {:.6g}", value, setup.monitor_median));
      return corrected;
    }
    corrected.factor = normalisation_factor(setup.monitor_median, value);
  }
  if (!setup.beam.empty()) {
    const double intensity = beam_intensity(raw, setup.dark, setup.intensity_regions, setup.scan->bad_pixels);
    if (intensity <= kNoBeamShare * setup.median_intensity) {
      mark_bad(BadFrameCause::kNoBeam, fmt::format("no beam: its intensity is {:.4g}, the scan's median {:.4g}",
                                                   intensity, setup.median_intensity));
      corrected.factor = 1.0f;
      return corrected;
    }
    corrected.intensity = intensity;
    if (with_transmission) corrected.transmission = transmission_of(setup, raw, intensity);
    if (setup.monitor.empty() && setup.config.beam.normalise.value() != Normalise::kNone) {
      corrected.factor = normalisation_factor(setup.reference_intensity, intensity);
    }
  }
  if (!setup.monitor.empty()) corrected.intensity = setup.monitor[static_cast<std::size_t>(k)];
  corrected.saturated = correct_frame(setup, corrected.factor, raw, take);
  return corrected;
}

MeasureContext measure_context(const Setup& setup) {
  MeasureContext context;
  context.frames = setup.frames();
  context.height = setup.height();
  context.width = setup.width();
  context.wrap = setup.wrap;
  context.sweeps = setup.sweeps;
  context.omega = setup.scan->omega;
  context.bad_frames.assign(static_cast<std::size_t>(setup.frames()), 0);
  context.beam = setup.beam;
  context.excluded = setup.excluded;
  context.half_window = setup.config.background.half_window;
  context.voxel_min = setup.config.segment.voxel_min;
  context.voxel_max = setup.config.segment.voxel_max;
  context.filter = setup.config.filter;
  context.spots = setup.config.spots;
  context.bad_pixels = setup.scan->bad_pixels;
  context.noise = setup.noise;
  const BackgroundOptions& background = setup.config.background;
  context.background_frames = std::min(setup.frames(), 2 * (background.half_window / background.stride) + 1);
  return context;
}

}  // namespace dctprep
