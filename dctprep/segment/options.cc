// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/segment/options.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

namespace dctprep {

SegmentOptions in_steps(const SegmentOptions& options) {
  SegmentOptions steps = options;
  const double scale = is_in_sigma(options) ? kSigmaSteps : 1;
  for (Auto<Level>* level : {&steps.seed, &steps.grow_min, &steps.grow_max}) {
    if (!level->is_auto()) *level = std::clamp(std::round(scale * level->value().number()), 1.0, 65535.0);
  }
  return steps;
}

Level level_of_step(int step, const SegmentOptions& options) {
  return is_in_sigma(options) ? Level(static_cast<double>(step) / kSigmaSteps) : Level(step);
}

std::string level_text(int step, const SegmentOptions& options) {
  return fmt::format("{:g}", level_of_step(step, options).number());
}

}  // namespace dctprep
