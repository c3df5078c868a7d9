// SPDX-License-Identifier: BSD-3-Clause
// Levels in counts or in units of the noise: what finds more spots for as few false ones.
#include "dctprep/estimate/noise/settle_unit.h"

#include <cmath>
#include <fmt/format.h>
#include <span>

#include "dctprep/base/error.h"
#include "dctprep/core/rank_median.h"
#include "dctprep/estimate/levels/trial.h"
#include "dctprep/estimate/noise/noise_pairs.h"
#include "dctprep/estimate/search.h"

namespace dctprep {

namespace {

// Of fewer, a standard deviation does not say how rare a reading is.
constexpr double kLeastPhotons = 10;

// Gives plain levels the unit, which `reason` tells of, and says so.
void read_plain_levels(Search& search, SegmentUnit unit, const std::string& reason) {
  SegmentOptions& segment = search.config().segment;
  for (const auto& [key, level] : named_levels(segment)) {
    if (level->is_auto() || level->value().unit()) continue;
    const double number = level->value().number();
    const SegmentUnit other = unit == SegmentUnit::kSigma ? SegmentUnit::kCounts : SegmentUnit::kSigma;
    const std::string name(enum_name(unit)), in_other = level_text(Level(number, other));
    if (const auto problem = level_problem(number, unit)) {
      fail_usage("{} = {}: {}; a number without a unit is read in {} here, {}; write \"{}\" if that is meant", key,
                 number, *problem, name, reason, in_other);
    }
    std::string warning = fmt::format("{} = {}: read in {}, {}; write \"{}\" to fix it", key, number, name, reason,
                                      level_text(Level(number, unit)));
    if (!level_problem(number, other)) warning += fmt::format(", or \"{}\" if that is meant", in_other);
    search.warn(std::move(warning));
  }
  segment = in_unit(segment, unit);
}

}  // namespace

int typical_background(const Search& search, std::span<const GroupResiduals> groups) {
  const Scan& scan = search.scan;
  std::vector<std::uint16_t> levels;
  for (const GroupResiduals& group : groups) {
    for (int v = 0; v < scan.height(); v += 2) {
      for (int u = 0; u < scan.width(); u += 2) {
        if (scan.bad_pixels(v, u) == 0 && !search.beam().contains(v, u)) levels.push_back(group.background(v, u));
      }
    }
  }
  return levels.empty() ? 0 : rank_median(levels);
}

std::string no_model(const NoiseModel& model, int typical) {
  if (std::isnan(model.gain)) return "how the noise grows with the counts does not show in the frames looked at";
  if (typical >= kLeastPhotons * model.gain) return {};
  return fmt::format(
      "a typical reading is of {:.2g} photons: too few for a standard deviation to say how rare a count is",
      typical / model.gain);
}

namespace {

// Takes the unit that finds more, and gives what it finds.
Trial try_units(Search& search, std::span<const GroupResiduals> groups, const NoiseModel& model,
                const Region& excluded) {
  Auto<SegmentUnit>& unit = search.config().segment.unit;
  DenoiseOptions denoise = search.config().denoise;
  if (denoise.mode.is_auto()) denoise.mode = DenoiseMode::kFull;
  if (denoise.threshold.is_auto()) denoise.threshold = 1;  // the conditional median is then all but the full one
  const auto with = [&](SegmentUnit tried, const NoiseScale& scale) {
    unit = tried;
    return try_settings(search, groups, denoise, with_open_thresholds(search.config().segment), scale, excluded);
  };
  Trial sigma = with(SegmentUnit::kSigma, scale_of_levels(model));
  Trial counts = with(SegmentUnit::kCounts, {});
  const std::ptrdiff_t more = more_spots(sigma, counts, search.scan.height(), search.scan.width());
  search.say("segment.unit",
             fmt::format("for as few false ones, {} spots pass with levels in counts, {} with levels in units of the "
                         "noise ({:+}, not counting pieces) in the frames looked at",
                         counts.count(), sigma.count(), more));
  if (!is_worth(more, counts, kMoreSpots)) return counts;
  unit = SegmentUnit::kSigma;
  return sigma;
}

}  // namespace

void settle_stated_unit(Search& search) {
  SegmentOptions& segment = search.config().segment;
  const SegmentUnit unit = stated_unit(segment).value();
  if (!segment.unit.is_auto()) {
    segment = in_unit(segment, unit);
    return;
  }
  for (const auto& [key, level] : named_levels(segment)) {
    if (level->is_auto() || !level->value().unit()) continue;
    const std::string setting = fmt::format("{} = \"{}\"", key, level_text(level->value()));
    search.say("segment.unit", fmt::format("that of {}, which was given", setting));
    return read_plain_levels(search, unit, "the unit of " + setting);
  }
}

std::optional<Trial> settle_unit(Search& search, std::span<const GroupResiduals> groups, const Region& excluded) {
  Auto<SegmentUnit>& unit = search.config().segment.unit;
  std::optional<Trial> trial;
  if (unit == Auto<SegmentUnit>(SegmentUnit::kCounts)) return trial;
  const NoiseModel& model = search.model;
  const int typical = search.background;
  if (unit.is_auto()) {
    const std::string why = no_model(model, typical);
    if (why.empty()) {
      trial = try_units(search, groups, model, excluded);
    } else {
      unit = SegmentUnit::kCounts;
      search.say("segment.unit", why);
    }
    read_plain_levels(search, unit.value(), "which the data choose");
  }
  if (!is_in_sigma(search.config().segment)) return trial;
  search.scale = scale_of_levels(model);
  search.step_counts = std::sqrt(variance_of_reading(model, typical)) / kSigmaSteps;
  return trial;
}

}  // namespace dctprep
