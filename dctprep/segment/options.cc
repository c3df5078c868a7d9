// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/segment/options.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <fmt/format.h>

namespace dctprep {

namespace {

constexpr int kMostSteps = 65535;

std::array<Auto<Level>*, 3> levels_of(SegmentOptions& options) {
  return {&options.seed, &options.grow_min, &options.grow_max};
}

}  // namespace

std::optional<SegmentUnit> stated_unit(const SegmentOptions& options) {
  if (!options.unit.is_auto()) return options.unit.value();
  for (const auto& [key, level] : named_levels(options)) {
    if (!level->is_auto() && level->value().unit()) return level->value().unit();
  }
  return std::nullopt;
}

SegmentOptions in_unit(const SegmentOptions& options, SegmentUnit unit) {
  SegmentOptions result = options;
  result.unit = unit;
  for (Auto<Level>* level : levels_of(result)) {
    if (!level->is_auto()) *level = Level(level->value().number(), unit);
  }
  return result;
}

SegmentOptions with_open_thresholds(const SegmentOptions& options) {
  SegmentOptions result = options;
  for (Auto<Level>* level : levels_of(result)) *level = {};
  result.min_seed_volume = {};
  return result;
}

std::string given_levels_text(const SegmentOptions& options) {
  std::string text;
  for (const auto& [key, level] : named_levels(options)) {
    if (level->is_auto()) continue;
    const char* quote = level->value().unit() ? "\"" : "";
    text += fmt::format("{}{} = {}{}{}", text.empty() ? "" : " and ", key, quote, level_text(level->value()), quote);
  }
  return text;
}

std::optional<std::string> level_problem(double number, SegmentUnit unit) {
  const double most = unit == SegmentUnit::kSigma ? static_cast<double>(kMostSteps) / kSigmaSteps : kMostSteps;
  if (!(number >= 1 && number <= most)) return fmt::format("must be between 1 and {} {}", most, enum_name(unit));
  if (unit == SegmentUnit::kCounts && number != std::floor(number))
    return "must be a whole number of counts; parts are for sigma";
  return std::nullopt;
}

SegmentOptions in_steps(const SegmentOptions& options) {
  SegmentOptions steps = options;
  steps.unit = stated_unit(options).value_or(SegmentUnit::kCounts);
  const double scale = is_in_sigma(steps) ? kSigmaSteps : 1;
  for (Auto<Level>* level : levels_of(steps)) {
    if (!level->is_auto()) *level = std::clamp(std::round(scale * level->value().number()), 1.0, double{kMostSteps});
  }
  return steps;
}

Level level_of_step(int step, const SegmentOptions& options) {
  if (is_in_sigma(options)) return Level(static_cast<double>(step) / kSigmaSteps, SegmentUnit::kSigma);
  return Level(step, SegmentUnit::kCounts);
}

std::string level_text(int step, const SegmentOptions& options) { return level_text(level_of_step(step, options)); }

}  // namespace dctprep
