// SPDX-License-Identifier: BSD-3-Clause
// The first half of the chain as users run it: frames are read once, block by block, into one window that memory holds,
// and all cores work on them.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "dctprep/background/window_median.h"
#include "dctprep/base/image_pool.h"
#include "dctprep/base/progress.h"
#include "dctprep/pipeline/bad_frames.h"
#include "dctprep/pipeline/frame_pass.h"
#include "dctprep/pipeline/held_boxes.h"
#include "dctprep/pipeline/held_frames.h"
#include "dctprep/pipeline/memory_need.h"
#include "dctprep/pipeline/product.h"
#include "dctprep/pipeline/read_schedule.h"

namespace dctprep {

class CpuProducer final : public FrameProducer {
 public:
  // Of the blocks `range`, at least one. `with_boxes`: photometry asks for boxes. No more than `need.listed` bytes are
  // taken for pixels far from their background. Plan and source must outlive it.
  CpuProducer(const RunPlan& plan, const FrameSource& source, BlockRange range, bool with_boxes, const MemoryNeed& need,
              Progress& progress);
  static MemoryNeed memory(const RunPlan& plan, BlockRange range, bool with_boxes);

  void produce(ProductSink& sink) override;
  const FrameBoxes* boxes() const override { return boxes_.get(); }
  Timing timing() const override;

 private:
  using Backgrounds = std::vector<std::shared_ptr<Image<std::uint16_t>>>;

  void read_frames(const std::vector<int>& wanted, ProductSink& sink);
  void note(int k, const FrameFacts& facts);
  bool is_bad(int k) const { return facts_[static_cast<std::size_t>(k)].bad.has_value(); }
  std::vector<int> good_window(std::size_t b) const;
  Backgrounds make_backgrounds(const ReadStep& step);
  void advance_medians(const ReadStep& step, std::vector<MedianStep>& medians);
  void process_block(const BackgroundBlock& block, const std::shared_ptr<const Image<std::uint16_t>>& image,
                     ProductSink& sink);
  FrameProduct process_frame(int k, const std::map<const FrameReference*, CompactBackground>& backgrounds,
                             const BlockNoise* noise);
  void drop(const std::vector<int>& frames);
  void log_median_counters() const;

  const RunPlan& plan_;
  const FrameSource& source_;
  Progress& progress_;
  const BlockRange range_;
  const FrameRange own_;
  const ReadSchedule schedule_;
  FramePass frame_pass_;
  std::unique_ptr<NoiseLevels> noise_levels_;  // null: levels are in counts
  HeldFrames frames_;
  WindowMedian median_;
  ImagePool<std::uint16_t> image_pool_;  // of backgrounds
  ImagePool<std::uint8_t> byte_pool_;
  std::vector<int> window_;  // good frames of the last window, as far as they are counted in it
  std::unique_ptr<HeldBoxes> boxes_;
  std::vector<FrameFacts> facts_;   // of each frame that has been read
  std::vector<std::uint8_t> seen_;  // 1 where it has
  int seen_count_ = 0;
  std::vector<BadFrame> bad_;
  std::atomic<double> background_seconds_ = 0, frame_seconds_ = 0;  // summed over threads
};

}  // namespace dctprep
