// SPDX-License-Identifier: BSD-3-Clause
// The steps of find_parameters(): each settles one table's values from the frames looked at.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "dctprep/base/image.h"
#include "dctprep/base/progress.h"
#include "dctprep/core/scan.h"
#include "dctprep/estimate/noise.h"
#include "dctprep/estimate/parameters.h"
#include "dctprep/estimate/residuals.h"
#include "dctprep/estimate/sample.h"
#include "dctprep/estimate/spot_size.h"
#include "dctprep/measure/noise_fit.h"

namespace dctprep {

struct Trial;

// What the steps share.
struct Search {
  Estimate& estimate;
  const Scan& scan;
  Progress& progress;
  Image<std::uint16_t> dark;         // empty: none
  std::vector<std::uint8_t> listed;  // 1 = listed as bad, one a frame
  double false_spots = kFalseSpots;
  NoiseModel model;                   // NaN: the scan does not tell
  int background = 0;                 // of a typical pixel
  std::vector<GroupResiduals> noise;  // simulated, before the 2D median; empty: it cannot be
  NoiseScale scale;                   // empty: levels are in counts
  LookedAt looked = {};
  double step_counts = 1;  // that a step of levels is worth where the background is typical

  Config& config() const { return estimate.config; }
  Region beam() const { return estimate.config.beam.region.value(); }
  void say(const std::string& key, std::string why) const { estimate.why[key] = std::move(why); }
  void warn(std::string warning) const { estimate.warnings.push_back(std::move(warning)); }
};

// [scan], from how the scan was opened.
void settle_scan(Search& search);

// [beam] but for the guard, where the region is "none". `sample`: frames spread over the rotation, for the choice of a
// monitor; null where there is none to choose.
void settle_without_beam(Search& search, const FrameSample* sample);
// Where frames are normalised by a monitor: beam.monitor, and how frames are scaled by it.
void settle_monitor(Search& search, BeamScale& scale);
// What may be normalised by in place of the direct beam, by how evenly it leaves the light of the frames; and what is
// to be said of it. No value where none is clearly better than nothing.
struct MonitorChoice {
  std::optional<std::string> path;
  std::string why;
};
MonitorChoice choose_monitor(const Search& search, const FrameSample& sample);
// [beam] but for the guard, and the beam's intensity; `sample` is spread over the rotation. `intensities`: of its
// frames, where there is a beam.
BeamScale settle_beam(Search& search, const FrameSample& sample, std::vector<double>& intensities);

// segment.unit where it is stated, by the key or by a level that carries its unit: every level that is given carries it
// then.
void settle_stated_unit(Search& search);
// The background of a typical good pixel beside the beam, by a part of them; 0 where there is none.
int typical_background(const Search& search, std::span<const GroupResiduals> groups);
// Why the model says nothing of how rare a reading is at that background, or empty.
std::string no_model(const NoiseModel& model, int typical);

// segment.unit, and the scale that levels in units of the noise need. `groups` before the 2D median. Where two units
// were tried, gives what passes with the one taken, after the 2D median given or the full one. The unit does not depend
// on thresholds that are given; plain levels are in the unit that is found, and carry it. Throws where they cannot be.
std::optional<Trial> settle_unit(Search& search, std::span<const GroupResiduals> groups, const Region& excluded);

// denoise.mode and denoise.threshold; `groups` before the 2D median, `noise` as of them, `full` as settle_unit() has
// it.
void settle_denoise(Search& search, std::span<const GroupResiduals> groups, const NoiseLevel& noise,
                    const Region& excluded, std::optional<Trial> full);

// What "auto" sets segment.split to; `segment` is in steps, its seed and `denoise.mode` are given, `noise` after the 2D
// median, in steps too, each worth `step_counts` counts; `size` of spots at the seed.
double split_by_noise(const SegmentOptions& segment, const DenoiseOptions& denoise, const NoiseLevel& noise,
                      const SpotSize& size, double step_counts);
// segment.split, after seed; `noise`, `size` and `groups` as of the frames after the 2D median, in steps. Whether
// the noise decides, as split_by_noise() says.
bool settle_split(Search& search, const NoiseLevel& noise, const SpotSize& size,
                  std::span<const GroupResiduals> groups);

// beam.guard, [denoise] and [segment], from groups of frames that this reads.
void settle_thresholds(Search& search, const BeamScale& beam);

}  // namespace dctprep
