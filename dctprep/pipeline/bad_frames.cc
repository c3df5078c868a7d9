// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/pipeline/bad_frames.h"

#include <algorithm>
#include <fmt/format.h>

#include "dctprep/base/cancel.h"
#include "dctprep/base/error.h"
#include "dctprep/core/frame_ranges.h"
#include "dctprep/pipeline/corrected_frame.h"

namespace dctprep {

namespace {

// Ends at the first frame that is good, or was seen before. A frame that is not there costs nothing to look at; of
// damaged ones without end not all are read.
void add_those_that_follow(const RunPlan& plan, const FrameSource& source, std::vector<BadFrame>& bad) {
  constexpr int kMostLookedAt = 10'000;
  Image<std::uint16_t> raw(plan.height, plan.width);
  const int last = bad.back().frame;
  for (int k = last + 1; k < std::min(plan.frames, last + kMostLookedAt); ++k) {
    check_cancelled();
    if (std::ranges::any_of(bad, [&](const BadFrame& one) { return one.frame == k; })) return;
    const FrameFacts facts = read_corrected_frame(plan, source, k, raw, false, [](int, std::uint16_t*) {}).facts;
    if (!facts.bad) return;
    bad.push_back({k, *facts.bad, facts.fault});
  }
}

}  // namespace

std::string bad_frames_text(std::vector<BadFrame> bad) {
  std::ranges::sort(bad, {}, &BadFrame::frame);
  std::string text;
  for (std::size_t cause = 0; cause < bad_frame_cause_names().size(); ++cause) {
    std::vector<int> frames;
    const BadFrame* first = nullptr;
    for (const BadFrame& one : bad) {
      if (one.cause != static_cast<BadFrameCause>(cause)) continue;
      if (first == nullptr) first = &one;
      frames.push_back(one.frame);
    }
    if (first == nullptr) continue;
    text += fmt::format("{}{}: {}", text.empty() ? "" : "; ", bad_frame_cause_names()[cause], named_frames(frames));
    if (first->cause == BadFrameCause::kListed) continue;
    text += (frames.size() == 1 ? ": " : ", the first: ") + first->fault;
  }
  return text;
}

std::string bad_frames_warning(const RunPlan& plan, const std::vector<BadFrame>& bad) {
  std::vector<BadFrame> found;
  std::ranges::copy_if(bad, std::back_inserter(found),
                       [](const BadFrame& one) { return one.cause != BadFrameCause::kListed; });
  if (found.empty()) return "";
  return fmt::format("{} of {} frames {} left out ({}); a run goes on with up to scan.max_bad_frames = {} bad frames",
                     found.size(), plan.frames, found.size() == 1 ? "is" : "are", bad_frames_text(found),
                     most_bad_frames(plan.config.scan, plan.frames));
}

void check_bad_frame_count(const RunPlan& plan, const FrameSource* source, std::vector<BadFrame> bad, bool all_seen) {
  const int most = most_bad_frames(plan.config.scan, plan.frames);
  if (static_cast<std::int64_t>(bad.size()) <= most) return;
  if (source != nullptr) add_those_that_follow(plan, *source, bad);
  fail(
      "{}{} bad frame{}, more than scan.max_bad_frames = {} allows: {}; to go on without them, set "
      "scan.max_bad_frames = {}{}",
      all_seen ? "" : "at least ", bad.size(), bad.size() == 1 ? "" : "s", most, bad_frames_text(bad), bad.size(),
      all_seen ? "" : " or more; `dctprep info --check` looks at every frame");
}

}  // namespace dctprep
