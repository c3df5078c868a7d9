// SPDX-License-Identifier: BSD-3-Clause
// The second half of the chain: blobs are followed from frame to frame, and as soon as no later frame can touch them
// they are grown, measured and handed to the result.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "dctprep/pipeline/frame_claims.h"
#include "dctprep/pipeline/memory_need.h"
#include "dctprep/pipeline/product.h"
#include "dctprep/pipeline/tally.h"
#include "dctprep/segment/island_tracker.h"

namespace dctprep {

class SpotMaker final : public ProductSink {
 public:
  // `boxes`: of the frames that come, where photometry is asked for; else null. Open blobs take no more than
  // `need.open_blobs` bytes. Plan, boxes and sink must outlive it.
  SpotMaker(const RunPlan& plan, const FrameBoxes* boxes, const MemoryNeed& need, ResultSink& sink);
  static MemoryNeed memory(const RunPlan& plan);

  void block(BlockProduct product) override;
  void frames(std::vector<FrameProduct> products) override;
  void transmission(int k, Image<float> image) override;
  int needs_from(int done) override;

  // After the last frame: what is still open is closed, and the result ended. `producer`: what it spent.
  RunReport finish(Timing producer);

 private:
  class ClaimedBoxes;

  void take_in(FrameProduct& product);
  void check_open_blobs(int k) const;
  void measure();
  std::vector<MeasuredBlob> measure_island(const Island& island) const;
  void forget_history();

  const RunPlan& plan_;
  const FrameBoxes* boxes_;
  ResultSink& sink_;
  const std::uint64_t most_open_;
  Tally tally_;
  SegmentGeometry geometry_;
  IslandTracker tracker_;
  std::vector<Island> closed_;  // not measured yet
  std::size_t closed_voxels_ = 0;
  std::unique_ptr<FrameClaims> claims_;  // null: no photometry
  // Frames that open blobs reach back to, in counts, where values or images are taken from them.
  bool keeps_history_ = false;
  std::map<int, SparseFrame> history_;
  std::size_t history_bytes_ = 0;
  int taken_in_ = 0;           // frames so far
  std::atomic<int> done_ = 0;  // of them, those before which everything that has closed is measured
  // Summed over threads.
  std::atomic<double> segment_seconds_ = 0, measure_seconds_ = 0, write_seconds_ = 0;
};

}  // namespace dctprep
