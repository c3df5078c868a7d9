// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/pipeline/tally.h"

#include <algorithm>
#include <limits>

namespace dctprep {

Tally::Tally(const RunPlan& plan, ResultSink& sink) : plan_(plan), sink_(sink), context_(measure_context(plan)) {
  const auto frames = static_cast<std::size_t>(plan.frames);
  summary_.frame_offset.assign(frames, 0);
  summary_.beam_intensity.assign(frames, std::numeric_limits<double>::quiet_NaN());
  summary_.beam_factor.assign(frames, 1.0f);
  summary_.rejected_count.assign(reject_reason_names().size(), 0);
  report_.frames = plan.frames;
}

void Tally::frame(int k, const FrameFacts& facts) {
  const auto index = static_cast<std::size_t>(k);
  ++seen_;
  summary_.beam_intensity[index] = facts.intensity;
  summary_.beam_factor[index] = facts.factor;
  summary_.frame_offset[index] = facts.offset;
  if (facts.bad) {
    context_.bad_frames[index] = 1;
    report_.bad_frames.push_back({k, *facts.bad, facts.fault});
    check_bad_frame_count(plan_, nullptr, report_.bad_frames, seen_ == plan_.frames);
  } else if (facts.changes.any()) {
    changes_.add(k, facts.changes);
    changed_names_[k] = facts.name;
  }
}

void Tally::blob(const MeasuredBlob& measured) {
  if (measured.rejected) {
    ++summary_.rejected_count[static_cast<std::size_t>(measured.rejected->reason)];
    if (context_.spots.rejected) sink_.rejected(*measured.rejected);
  } else {
    ++report_.spots;
    sink_.spot(measured.spot, measured.voxels, measured.image);
  }
}

RunReport Tally::end(Timing timing) {
  std::sort(report_.bad_frames.begin(), report_.bad_frames.end(),
            [](const BadFrame& a, const BadFrame& b) { return a.frame < b.frame; });
  for (const BadFrame& bad : report_.bad_frames) summary_.bad_frames.emplace_back(bad.frame, bad.cause);
  summary_.warnings = changes_.lines(plan_.frames, plan_.width, [&](int k) { return changed_names_.at(k); });
  if (std::string warning = bad_frames_warning(plan_, report_.bad_frames); !warning.empty())
    summary_.warnings.push_back(std::move(warning));
  summary_.timing = timing;
  report_.timing = std::move(timing);
  report_.rejected = summary_.rejected_count;
  sink_.end(summary_);
  return report_;
}

}  // namespace dctprep
