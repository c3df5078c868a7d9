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
#include "dctprep/estimate/levels/spot_size.h"
#include "dctprep/estimate/noise/noise.h"
#include "dctprep/estimate/noise/residuals.h"
#include "dctprep/estimate/parameters.h"
#include "dctprep/estimate/sample.h"
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

}  // namespace dctprep
