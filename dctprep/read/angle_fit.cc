// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/read/angle_fit.h"

#include <cmath>
#include <fmt/format.h>

namespace dctprep {

namespace {

std::string counts(std::size_t values, int frames) {
  return fmt::format("it holds {} values, and the scan has {} frames", values, frames);
}

// The place of each frame in a list of `count` values, by the number that it was given; empty where the numbers do not
// tell, as where it is open whether they begin with 0 or 1.
std::vector<std::size_t> places_by_id(const std::vector<double>& ids, std::size_t count) {
  for (std::size_t k = 0; k < ids.size(); ++k) {
    const bool whole = ids[k] == std::floor(ids[k]) && ids[k] >= 0 && ids[k] <= static_cast<double>(count);
    if (!whole || (k > 0 && ids[k] <= ids[k - 1])) return {};
  }
  const double first = ids.front() == 0 ? 0 : ids.back() == static_cast<double>(count) ? 1 : -1;
  if (first < 0 || ids.back() - first >= static_cast<double>(count)) return {};
  std::vector<std::size_t> places;
  for (const double id : ids) places.push_back(static_cast<std::size_t>(id - first));
  return places;
}

// Of two angles, the second of which may be written whole turns away from where it is.
double middle(double start, double end) { return 0.5 * (start + (end - 360 * std::rint((end - start) / 360))); }

}  // namespace

AngleFit fit_angles(const std::vector<std::size_t>& shape, const std::vector<double>& values, const UsedFrames& frames,
                    const std::vector<int>& projection_frames, const OmegaCandidate& candidate,
                    const std::vector<double>& ids) {
  AngleFit fit;
  const auto stack = static_cast<std::size_t>(frames.stack), projections = static_cast<std::size_t>(frames.projections);
  const bool as_pairs =
      shape.size() >= 2 && shape.back() == 2 && values.size() != projections && values.size() != stack;
  const std::size_t count = as_pairs ? values.size() / 2 : values.size();
  // One a frame of the stack, flats and all, or one a projection.
  const bool keyed = stack != projections && projection_frames.size() == projections;
  const bool edges_of_stack = keyed && !as_pairs && !candidate.begin_together && count == stack + 1;
  const bool of_stack = keyed && (count == stack || edges_of_stack);
  std::vector<std::size_t> by_id;
  if (count > projections && ids.size() == stack && stack == projections && !ids.empty())
    by_id = places_by_id(ids, count);
  const bool edges = edges_of_stack ||
                     (!as_pairs && !candidate.begin_together && by_id.empty() && count == projections + 1 && !of_stack);
  if (!by_id.empty())
    fit.note = fmt::format("of its {} values, the frames' numbers tell the {} that belong to them", count, projections);
  if (as_pairs) fit.note = "start and end of each frame: omega is their middle";
  if (edges) fit.note = fmt::format("{} edges of {} frames: omega is the middle between them", count, count - 1);
  if (!of_stack && !edges && by_id.empty() && count != projections) {
    if (!candidate.begin_together && !candidate.frames_chosen) {
      fit.fault = counts(count, frames.projections) + "; nothing tells which belong together";
      return fit;
    }
    if (count > projections)
      fit.note = fmt::format("of its {} values the first {} belong to the frames", count, projections);
  }
  for (const int frame : frames.used) {
    auto at = static_cast<std::size_t>(frame);
    if (of_stack) at = static_cast<std::size_t>(projection_frames[at]);
    if (!by_id.empty()) at = by_id[at];
    if (at >= count) {
      fit.fault = fmt::format("{}: none for frame {}", counts(count, frames.projections), frame);
      return fit;
    }
    fit.angles.push_back(as_pairs ? middle(values[2 * at], values[2 * at + 1])
                         : edges  ? middle(values[at], values[at + 1])
                                  : values[at]);
  }
  if (count < projections && fit.note.empty())
    fit.note = fmt::format("it holds {} values for {} frames; those used have one each", count, projections);
  return fit;
}

}  // namespace dctprep
