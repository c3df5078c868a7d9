// SPDX-License-Identifier: BSD-3-Clause
// The frames of the window that a run works on.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "dctprep/background/compact_frame.h"
#include "dctprep/background/region_median.h"
#include "dctprep/pipeline/corrected_frame.h"
#include "dctprep/pipeline/read_ahead.h"
#include "dctprep/pipeline/run_plan.h"

namespace dctprep {

// J' of a good frame; excluded pixels are those of its reference.
struct HeldFrame {
  std::unique_ptr<CompactFrame> pixels;
  std::vector<std::uint32_t> saturated;  // as of CorrectedFrame
  std::size_t place = 0;                 // of its excluded pixels, where their backgrounds are saved
};

class HeldFrames {
 public:
  // References that frames are held against at a time, at most.
  static constexpr std::size_t kMostReferences = 4;

  // Up to `most` at a time, and no more than `most_listed` bytes for pixels too far from their background for a byte.
  // Memory is taken, and mostly not yet touched.
  HeldFrames(const RunPlan& plan, const FrameSource& source, std::size_t most, std::uint64_t most_listed);
  // All that is held, but for those pixels.
  static std::uint64_t bytes(const RunPlan& plan, std::uint64_t most);
  // The most that those can take.
  static std::uint64_t listed_bytes(const RunPlan& plan, std::uint64_t most);

  // These are to be read next: they are fetched meanwhile.
  void expect(const std::vector<int>& wanted);
  // Reads frames on all cores and holds those that are good. Returns what else is known of each.
  std::vector<CorrectedFrame> read(const std::vector<int>& wanted);
  // Error where what is held takes more than `most_listed`; frames first ... last came last.
  void check_listed(int first, int last) const;
  // Null where frame `k` is bad, or not held.
  const HeldFrame* find(int k) const;
  std::vector<const CompactFrame*> pixels_of(const std::vector<int>& frames) const;
  void drop(int k);

  // The backgrounds of excluded pixels in windows of held frames, put into the images; nothing where they are not
  // saved.
  void set_excluded(const std::vector<std::vector<int>>& windows,
                    const std::vector<std::shared_ptr<Image<std::uint16_t>>>& backgrounds);
  // Frames to come are held against `background` where it has moved away too far from the present reference.
  void renew_reference(const Image<std::uint16_t>& background);

  bool empty() const { return held_.empty(); }
  // Spent in read(), summed over threads.
  double seconds() const { return seconds_; }

 private:
  CorrectedFrame read_frame(int k, const TakeRow& take) const;
  void make_first_reference(const std::vector<int>& wanted);
  void set_reference(std::shared_ptr<const FrameReference> reference);
  // Puts the reference in the place of the excluded pixels of row `v`.
  void leave_out_excluded(int v, std::uint16_t* row) const;

  const RunPlan& plan_;
  const FrameSource& source_;
  std::size_t pixels_;
  std::shared_ptr<const FrameReference> reference_;
  std::vector<std::weak_ptr<const FrameReference>> references_;  // of frames still held
  CompactFramePool pool_;
  std::optional<RegionMedian> excluded_;
  std::map<int, HeldFrame> held_;
  const std::uint64_t most_listed_;
  std::uint64_t listed_bytes_ = 0;
  std::atomic<double> seconds_ = 0;
  ReadAhead ahead_;
};

}  // namespace dctprep
