// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>

#include "dctprep/base/fields.h"

namespace dctprep {

enum class DenoiseMode { kOff, kFull, kConditional };
template <>
struct EnumNames<DenoiseMode> {
  static constexpr std::array<std::string_view, 3> names{"off", "full", "conditional"};
};

// [denoise]: the 2D median that removes hot spots.
struct DenoiseOptions {
  Auto<DenoiseMode> mode = DenoiseMode::kFull;
  int radius = 1;
  Auto<int> threshold;

  friend bool operator==(const DenoiseOptions&, const DenoiseOptions&) = default;
};

template <OptionsLike<DenoiseOptions> O, class Visitor>
void visit_fields(O& o, Visitor&& visit) {
  visit("mode", o.mode,
        FieldInfo{.doc = "2D median of every pixel (full), only of those that stand out (conditional), of none (off); "
                         "auto: full, or conditional where that finds more spots"});
  visit("radius", o.radius,
        FieldInfo{.doc = "its window is (2 radius + 1) squared", .unit = "pixels", .min = 1, .max = 15});
  visit("threshold", o.threshold,
        FieldInfo{.doc = "conditional: a pixel stands out that differs from the median by more",
                  .unit = "counts",
                  .min = 1,
                  .max = 65535});
}

}  // namespace dctprep
