// SPDX-License-Identifier: BSD-3-Clause
// Levels in counts or in units of the noise: what finds more spots for as few false ones.
#include <cmath>
#include <fmt/format.h>
#include <span>

#include "dctprep/core/rank_median.h"
#include "dctprep/estimate/noise_pairs.h"
#include "dctprep/estimate/search.h"
#include "dctprep/estimate/trial.h"

namespace dctprep {

namespace {

// Of fewer, a standard deviation does not say how rare a reading is.
constexpr double kLeastPhotons = 10;

// The background of a typical good pixel beside the beam; 0 where there is none.
int typical_background(const Search& search, std::span<const GroupResiduals> groups) {
  const Scan& scan = search.scan;
  std::vector<std::uint16_t> levels;
  for (const GroupResiduals& group : groups) {
    for (int v = 0; v < scan.height(); ++v) {
      for (int u = 0; u < scan.width(); ++u) {
        if (scan.bad_pixels(v, u) == 0 && !search.beam().contains(v, u)) levels.push_back(group.background(v, u));
      }
    }
  }
  return levels.empty() ? 0 : rank_median(levels);
}

// Why levels in units of the noise are of no use, or empty.
std::string no_model(const NoiseModel& model, int typical) {
  if (std::isnan(model.gain)) return "how the noise grows with the counts does not show in the frames looked at";
  if (typical >= kLeastPhotons * model.gain) return {};
  return fmt::format(
      "a typical reading is of {:.2g} photons: too few for a standard deviation to say how rare a count is",
      typical / model.gain);
}

// Takes the unit that finds more, and gives what it finds.
Trial try_units(Search& search, std::span<const GroupResiduals> groups, const NoiseModel& model,
                const Region& excluded) {
  Auto<SegmentUnit>& unit = search.config().segment.unit;
  DenoiseOptions denoise = search.config().denoise;
  if (denoise.mode.is_auto()) denoise.mode = DenoiseMode::kFull;
  if (denoise.threshold.is_auto()) denoise.threshold = 1;  // the conditional median is then all but the full one
  const auto with = [&](SegmentUnit tried, const NoiseScale& scale) {
    unit = tried;
    return try_settings(search, groups, denoise, search.config().segment, scale, excluded);
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

std::optional<Trial> settle_unit(Search& search, std::span<const GroupResiduals> groups, NoiseSamples& samples,
                                 const Region& excluded) {
  Auto<SegmentUnit>& unit = search.config().segment.unit;
  std::optional<Trial> trial;
  if (unit == Auto<SegmentUnit>(SegmentUnit::kCounts)) return trial;
  add_dark_pairs(search.scan, search.beam(), samples);
  const NoiseModel model = samples.fit();
  const int typical = typical_background(search, groups);
  if (unit.is_auto()) {
    const std::string why = no_model(model, typical);
    if (why.empty()) {
      trial = try_units(search, groups, model, excluded);
    } else {
      unit = SegmentUnit::kCounts;
      search.say("segment.unit", why);
    }
  }
  if (!is_in_sigma(search.config().segment)) return trial;
  search.scale = scale_of_levels(model);
  search.step_counts = std::sqrt(variance_of_reading(model, typical)) / kSigmaSteps;
  return trial;
}

}  // namespace dctprep
