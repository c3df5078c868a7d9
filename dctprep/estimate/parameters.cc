// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/estimate/parameters.h"

#include <algorithm>
#include <fmt/format.h>
#include <optional>
#include <tbb/global_control.h>

#include "dctprep/base/error.h"
#include "dctprep/correct/dark.h"
#include "dctprep/estimate/beam/settle_beam.h"
#include "dctprep/estimate/beam/settle_monitor.h"
#include "dctprep/estimate/health/check_dark.h"
#include "dctprep/estimate/health/health.h"
#include "dctprep/estimate/levels/settle_thresholds.h"
#include "dctprep/estimate/noise/settle_unit.h"
#include "dctprep/estimate/record_frame.h"
#include "dctprep/estimate/search.h"
#include "dctprep/estimate/settle_scan.h"
#include "dctprep/read/scan_monitor.h"

namespace dctprep {

namespace {

constexpr int kSpread = 33;  // frames over the rotation, for the beam

bool thresholds_open(const Config& config) {
  const SegmentOptions& s = config.segment;
  return config.beam.guard.is_auto() || config.denoise.mode.is_auto() || config.denoise.threshold.is_auto() ||
         s.seed.is_auto() || s.grow_min.is_auto() || s.grow_max.is_auto() || s.min_seed_volume.is_auto() ||
         s.split.is_auto() || s.unit.is_auto();
}

bool beam_open(const BeamOptions& o) { return o.region.is_auto() || o.sample.is_auto() || o.normalise.is_auto(); }

// Reads the dark, and warns where it does not fit the frames.
void read_dark(Search& search) {
  const Scan& scan = search.scan;
  for (const auto& [source, what] : {std::pair(scan.darks, "dark"), std::pair(scan.flats, "flat")}) {
    if (source && (source->height() != scan.height() || source->width() != scan.width())) {
      fail(
          "the {} frames have {} x {} pixels, the scan has {} x {}: they do not belong together; name others with "
          "scan.{}",
          what, source->width(), source->height(), scan.width(), scan.height(), what);
    }
  }
  if (!scan.darks) return;
  search.dark = median_of_frames(*scan.darks, "dark");
  if (const auto problem = check_dark(scan, search.dark, search.listed)) search.warn(*problem);
}

FrameSample read_spread(Search& search, std::vector<int>& wanted) {
  const Scan& scan = search.scan;
  wanted = spread_frames(search.listed, frames_that_fit(scan.height(), scan.width(), kSpread));
  search.progress.start("looking for the beam", static_cast<std::int64_t>(wanted.size()), "images");
  FrameSample sample = read_sample(scan, wanted, search.dark, search.progress, &search.looked);
  search.progress.finish();
  if (wanted.empty()) fail("scan.bad_frames lists every frame, so that none is left to look at; list fewer");
  if (sample.size() == 0) {
    Image<std::uint16_t> pixels(scan.height(), scan.width());
    const auto fault = scan.frames->read(wanted[0], pixels);
    fail(
        "{}: none of the frames looked at ({}) can be read, so that nothing can be found from them; the first is {} "
        "({}); `dctprep info --check` says what is wrong with each",
        scan.storage.location, wanted.size(), scan.frames->frame_name(wanted[0]),
        fault ? fault->what : "it can be read now");
  }
  return sample;
}

// What is odd about the frames looked at, before anything is made of them.
void warn_of_frames(Search& search, const FrameSample& sample, const std::vector<int>& wanted,
                    const std::vector<double>& intensities) {
  const Scan& scan = search.scan;
  FrameMeasure measure;  // dark is taken off already
  measure.bad_pixels = scan.bad_pixels;
  std::vector<FrameRecord> records;
  for (const int k : wanted) {
    const auto at = std::ranges::find(sample.frame, k);
    if (at == sample.frame.end()) {
      records.push_back({.frame = k, .fault = "cannot be read"});
      continue;
    }
    const auto i = static_cast<std::size_t>(at - sample.frame.begin());
    records.push_back(record_frame(k, sample.pixels[i], measure));
    if (!search.beam().empty()) records.back().level = intensities[i];
  }
  ScanHealth health;
  health.frames = static_cast<int>(wanted.size());
  health.remarks =
      judge_frames(records, !search.beam().empty(), static_cast<std::int64_t>(scan.height()) * scan.width());
  std::erase_if(health.remarks, [](const FrameRemark& r) { return r.trouble == FrameTrouble::kSaturated; });
  if (health.remarks.empty()) return;
  std::string text = health_text(health);
  std::ranges::replace(text, '\n', ';');
  search.warn(fmt::format(
      "of the {} frames looked at over the rotation: {} `dctprep init --health` reads every frame and names "
      "those that harm",
      wanted.size(), text));
}

Search begin_search(Estimate& estimate, const Scan& scan, Progress& progress, double false_spots) {
  Search search{
      estimate,   scan, progress, {}, std::vector<std::uint8_t>(static_cast<std::size_t>(scan.frame_count()), 0),
      false_spots};
  for (const int k : estimate.config.scan.bad_frames) {
    if (0 <= k && k < scan.frame_count()) search.listed[static_cast<std::size_t>(k)] = 1;
  }
  settle_scan(search);
  if (stated_unit(estimate.config.segment)) settle_stated_unit(search);
  const BeamOptions& beam = estimate.config.beam;
  // Who names a monitor wants it.
  if (beam.normalise.is_auto() && beam.monitor != "auto") {
    estimate.config.beam.normalise = Normalise::kMonitor;
    search.say("beam.normalise", "beam.monitor is given");
  }
  // Where a monitor may be chosen, frames are looked at first.
  const bool no_region = !beam.region.is_auto() && beam.region.value().empty();
  if (no_region && (!beam.normalise.is_auto() || find_monitors(scan).empty())) settle_without_beam(search, nullptr);
  // Only the margin needs to know where the sample is.
  if (beam.sample.is_auto() && !beam.normalise.is_auto() && beam.normalise.value() != Normalise::kMargin) {
    estimate.config.beam.sample = Region{};
    search.say("beam.sample", "not needed: frames are not normalised by the margin");
  }
  return search;
}

BeamScale look_for_beam(Search& search) {
  std::vector<int> wanted;
  const FrameSample sample = read_spread(search, wanted);
  std::vector<double> intensities;
  BeamScale scale = settle_beam(search, sample, intensities);
  warn_of_frames(search, sample, wanted, intensities);
  return scale;
}

void tell_changed_pixels(Search& search) {
  const Scan& scan = search.scan;
  const int looked = static_cast<int>(search.looked.frames.size());
  const auto name = [&](int k) { return scan.frames->frame_name(k); };
  for (const std::string& line : search.looked.changes.lines(looked, scan.width(), name))
    search.estimate.changed_pixels.push_back(fmt::format("of the frames looked at: {}", line));
}

std::optional<tbb::global_control> limit_threads(const Config& config) {
  if (config.run.threads.is_auto()) return {};
  return std::optional<tbb::global_control>(std::in_place, tbb::global_control::max_allowed_parallelism,
                                            static_cast<std::size_t>(config.run.threads.value()));
}

}  // namespace

Estimate find_beam(const Config& given, const Scan& scan, Progress& progress) {
  const auto limit = limit_threads(given);
  Estimate estimate{.config = given};
  Search search = begin_search(estimate, scan, progress, kFalseSpots);
  read_dark(search);
  BeamScale scale;
  if (beam_open(estimate.config.beam)) scale = look_for_beam(search);
  settle_monitor(search, scale);
  return estimate;
}

Estimate find_parameters(const Config& given, const Scan& scan, Progress& progress, double false_spots) {
  const auto limit = limit_threads(given);
  Estimate estimate{.config = given};
  Search search = begin_search(estimate, scan, progress, false_spots);
  const BeamOptions& beam = estimate.config.beam;
  read_dark(search);
  BeamScale scale;
  if (!beam_open(beam) && !thresholds_open(estimate.config)) {
    settle_monitor(search, scale);
    return estimate;
  }
  if (beam_open(beam) || !beam.region.value().empty()) scale = look_for_beam(search);
  settle_monitor(search, scale);
  if (thresholds_open(estimate.config)) settle_thresholds(search, scale);
  tell_changed_pixels(search);
  return estimate;
}

}  // namespace dctprep
