// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/read/angle_fit.h"

#include <fmt/format.h>

namespace dctprep {

namespace {

std::string counts(std::size_t values, int frames) {
  return fmt::format("it holds {} values, and the scan has {} frames", values, frames);
}

}  // namespace

AngleFit fit_angles(const std::vector<std::size_t>& shape, const std::vector<double>& values, const UsedFrames& frames,
                    const std::vector<int>& projection_frames, bool begin_together) {
  AngleFit fit;
  const auto stack = static_cast<std::size_t>(frames.stack), projections = static_cast<std::size_t>(frames.projections);
  const bool as_pairs =
      shape.size() >= 2 && shape.back() == 2 && values.size() != projections && values.size() != stack;
  const std::size_t count = as_pairs ? values.size() / 2 : values.size();
  // One a frame of the stack, flats and all, or one a projection.
  const bool of_stack = count == stack && count != projections && projection_frames.size() == projections;
  const bool edges = !as_pairs && !begin_together && count == projections + 1 && !of_stack;
  if (as_pairs) fit.note = "start and end of each frame: omega is their middle";
  if (edges) fit.note = fmt::format("{} edges of {} frames: omega is the middle between them", count, projections);
  if (!of_stack && !edges && count != projections) {
    if (!begin_together) {
      fit.fault = counts(count, frames.projections) + "; nothing tells which belong together";
      return fit;
    }
    if (count > projections)
      fit.note = fmt::format("of its {} values the first {} belong to the frames", count, projections);
  }
  for (const int frame : frames.used) {
    auto at = static_cast<std::size_t>(frame);
    if (of_stack) at = static_cast<std::size_t>(projection_frames[at]);
    if (at >= count) {
      fit.fault = fmt::format("{}: none for frame {}", counts(count, frames.projections), frame);
      return fit;
    }
    fit.angles.push_back(as_pairs ? 0.5 * (values[2 * at] + values[2 * at + 1])
                         : edges  ? 0.5 * (values[at] + values[at + 1])
                                  : values[at]);
  }
  if (count < projections && fit.note.empty())
    fit.note = fmt::format("it holds {} values for {} frames; those used have one each", count, projections);
  return fit;
}

}  // namespace dctprep
