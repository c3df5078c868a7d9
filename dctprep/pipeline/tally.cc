// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/pipeline/tally.h"

#include <algorithm>
#include <limits>

namespace dctprep {

Tally::Tally(const Setup& setup, ResultSink& sink) : setup_(setup), sink_(sink), context_(measure_context(setup)) {
  const auto frames = static_cast<std::size_t>(setup.frames());
  summary_.frame_offset.assign(frames, 0);
  summary_.beam_intensity.assign(frames, std::numeric_limits<double>::quiet_NaN());
  summary_.beam_factor.assign(frames, 1.0f);
  summary_.rejected_count.assign(reject_reason_names().size(), 0);
  seen_.assign(frames, 0);
  report_.frames = setup.frames();
}

bool Tally::frame(int k, const CorrectedFrame& corrected) {
  const auto index = static_cast<std::size_t>(k);
  if (seen_[index] != 0) return false;
  seen_[index] = 1;
  ++seen_count_;
  summary_.beam_intensity[index] = corrected.intensity;
  summary_.beam_factor[index] = corrected.factor;
  if (corrected.bad) {
    context_.bad_frames[index] = 1;
    report_.bad_frames.push_back({k, *corrected.bad, corrected.fault});
    check_bad_frame_count(setup_, report_.bad_frames, seen_count_ == setup_.frames());
  } else {
    changes_.add(k, corrected.changes);
  }
  return true;
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

RunReport Tally::end(std::vector<std::pair<std::string, double>> timing) {
  std::sort(report_.bad_frames.begin(), report_.bad_frames.end(),
            [](const BadFrame& a, const BadFrame& b) { return a.frame < b.frame; });
  for (const BadFrame& bad : report_.bad_frames) summary_.bad_frames.emplace_back(bad.frame, bad.cause);
  const FrameSource& frames = *setup_.scan->frames;
  summary_.warnings = changes_.lines(setup_.frames(), setup_.width(), [&](int k) { return frames.frame_name(k); });
  if (std::string warning = bad_frames_warning(setup_, report_.bad_frames); !warning.empty())
    summary_.warnings.push_back(std::move(warning));
  summary_.timing = timing;
  report_.timing = std::move(timing);
  report_.rejected = summary_.rejected_count;
  sink_.end(summary_);
  return report_;
}

}  // namespace dctprep
