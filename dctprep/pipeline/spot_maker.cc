// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/pipeline/spot_maker.h"

#include <algorithm>
#include <tbb/task_arena.h>
#include <utility>

#include "dctprep/base/error.h"
#include "dctprep/measure/set_values.h"
#include "dctprep/pipeline/parallel.h"
#include "dctprep/pipeline/stopwatch.h"
#include "dctprep/segment/grow_blobs.h"
#include "dctprep/segment/threshold.h"

namespace dctprep {

namespace {

// Voxels of closed islands that are grown and measured together.
constexpr std::size_t kVoxelsTogether = std::size_t{1} << 21;

std::size_t bytes(const SparseFrame& frame) {
  return sizeof(SparseFrame) + frame.runs.size() * sizeof(Run) + frame.values.size() * sizeof(std::uint16_t);
}

}  // namespace

// The producer's boxes, with what is claimed in them.
class SpotMaker::ClaimedBoxes final : public FrameBoxes {
 public:
  ClaimedBoxes(const FrameBoxes& boxes, const FrameClaims& claims) : boxes_(boxes), claims_(claims) {}
  bool read(int k, const Region& box, FrameBox& out) const override {
    if (!boxes_.read(k, box, out)) return false;
    claims_.read(k, box, out.claimed);
    return true;
  }

 private:
  const FrameBoxes& boxes_;
  const FrameClaims& claims_;
};

SpotMaker::SpotMaker(const RunPlan& plan, const FrameBoxes* boxes, const MemoryNeed& need, ResultSink& sink)
    : plan_(plan),
      boxes_(boxes),
      sink_(sink),
      most_open_(need.open_blobs),
      tally_(plan, sink),
      geometry_{plan.frames, plan.height, plan.width, plan.wrap},
      tracker_(geometry_, plan.segment.connectivity, step_of(plan.segment.seed)) {
  if (plan.config.spots.photometry) claims_ = std::make_unique<FrameClaims>(plan);
  const SpotImage image = plan.config.spots.image;
  keeps_history_ = image == SpotImage::kBlob2d || image == SpotImage::kBox || !plan.scale.empty();
}

MemoryNeed SpotMaker::memory(const RunPlan& plan) {
  constexpr std::uint64_t kMib = std::uint64_t{1} << 20;
  MemoryNeed need;
  need.total = 64 * kMib + (plan.config.spots.photometry ? FrameClaims::bytes(plan, frames_a_batch()) : 0);
  need.open_blobs = 1024 * kMib;
  return need;
}

void SpotMaker::block(BlockProduct product) {
  if (!plan_.config.background.save) return;
  const Stopwatch watch(write_seconds_);
  sink_.background(static_cast<int>(product.block), *product.background);
}

void SpotMaker::transmission(int k, Image<float> image) {
  const Stopwatch watch(write_seconds_);
  sink_.transmission(k, image);
}

void SpotMaker::frames(std::vector<FrameProduct> products) {
  const int lowest = lowest_level(plan_.segment);
  if (plan_.kept_level < lowest) {
    tbb::this_task_arena::isolate([&] {
      parallel_in_order(products.size(), [&](std::size_t i) {
        const Stopwatch watch(segment_seconds_);
        raise_level(products[i].sparse, products[i].counts, lowest);
        check_fill(products[i].sparse, plan_.pixels(), plan_.segment);
      });
    });
  }
  for (FrameProduct& product : products) take_in(product);
  measure();
  done_ = taken_in_;
}

int SpotMaker::needs_from(int) { return done_ - boxes_reach(plan_); }

RunReport SpotMaker::finish(Timing producer) {
  tracker_.finish(closed_);
  measure();
  Timing timing = std::move(producer);
  timing.emplace_back("segment", segment_seconds_);
  timing.emplace_back("measure", measure_seconds_);
  timing.emplace_back("write", write_seconds_);
  return tally_.end(std::move(timing));
}

void SpotMaker::take_in(FrameProduct& product) {
  const int k = product.frame();
  tally_.frame(k, product.facts);
  std::size_t islands = closed_.size();
  {
    const Stopwatch watch(segment_seconds_);
    SparseFrame& frame = product.sparse;
    if (claims_) claims_->claim(frame);
    if (keeps_history_) {
      history_bytes_ += bytes(frame);
      SparseFrame& kept = history_.emplace(k, frame).first->second;
      if (!product.counts.empty()) kept.values = std::move(product.counts);
    }
    if (k > 0 && sweep_at(plan_.sweeps, k).first == k) tracker_.cut();
    tracker_.push(std::move(frame), closed_);
    taken_in_ = k + 1;
  }
  for (; islands < closed_.size(); ++islands) closed_voxels_ += closed_[islands].values.size();
  if (closed_voxels_ > kVoxelsTogether) measure();
  check_open_blobs(k);
}

void SpotMaker::check_open_blobs(int k) const {
  if (tracker_.bytes() + history_bytes_ <= most_open_) return;
  const IslandTracker::Extent blob = tracker_.largest_open();
  const SegmentOptions& options = plan_.segment;
  const char* key = options.method == SegmentMethod::kSingle      ? "segment.seed"
                    : blob.parting_level <= step_of(options.seed) ? "segment.grow_min"
                                                                  : "segment.seed and segment.grow_min";
  fail(
      "frame {}: blobs that are still open fill the {} MiB of memory set aside for them; the largest spans frames "
      "{} to {}, columns {} to {} and rows {} to {} with {} voxels, its peak is {} at frame {}, row {}, column {}: "
      "raise {} to {}, where it comes apart, or run.memory",
      k, most_open_ >> 20, blob.first_frame, blob.last_frame, blob.box.u0, blob.box.u1 - 1, blob.box.v0,
      blob.box.v1 - 1, blob.voxels, level_text(blob.peak, options), blob.peak_frame, blob.peak_v, blob.peak_u, key,
      level_text(blob.parting_level, options));
}

// Grows and measures the islands that have closed.
void SpotMaker::measure() {
  std::vector<std::vector<MeasuredBlob>> measured(closed_.size());
  // Nothing else is begun on a core that waits here.
  tbb::this_task_arena::isolate([&] {
    parallel_in_order(closed_.size(), [&](std::size_t i) {
      const Stopwatch watch(measure_seconds_);
      measured[i] = measure_island(closed_[i]);
    });
  });
  closed_.clear();
  closed_voxels_ = 0;
  if (claims_) claims_->forget(taken_in_ - boxes_reach(plan_));
  {
    const Stopwatch watch(write_seconds_);
    for (const auto& blobs : measured) {
      for (const MeasuredBlob& blob : blobs) tally_.blob(blob);
    }
  }
  if (keeps_history_) forget_history();
}

std::vector<MeasuredBlob> SpotMaker::measure_island(const Island& island) const {
  std::vector<Blob> blobs = grow_blobs(island, geometry_, plan_.segment);
  const FrameVoxels frame_voxels = [&](int k) -> const SparseFrame& { return history_.at(k); };
  if (!plan_.scale.empty()) {
    for (Blob& blob : blobs) set_values(blob.voxels, plan_.frames, frame_voxels);
  }
  PhotometryIsland places;
  if (claims_) {
    for (const IslandRun& run : island.runs) places.spans.push_back({run.frame, run.v, run.u_begin, run.u_end});
    // Where there is but one blob, nobody asks where others are.
    for (const Blob& blob : blobs) {
      const bool is_seen = blobs.size() > 1 && !blob.small_seed;
      places.blobs.push_back(is_seen ? spans_of(blob.voxels, plan_.frames) : std::vector<VoxelSpan>());
    }
    places.sort();
  }
  std::vector<MeasuredBlob> measured;
  for (std::size_t i = 0; i < blobs.size(); ++i) {
    MeasuredBlob& blob = measured.emplace_back(measure_blob(std::move(blobs[i]), tally_.context(), frame_voxels));
    if (claims_ && !blob.rejected) {
      const ClaimedBoxes boxes(*boxes_, *claims_);
      measure_photometry(blob.voxels, places, i, tally_.context(), boxes, blob.spot);
    }
  }
  return measured;
}

// Frames that no open blob reaches back to are forgotten; those of blobs that wait for the seam stay.
void SpotMaker::forget_history() {
  const int oldest = tracker_.oldest_active_frame();
  auto at = history_.upper_bound(tracker_.last_waiting_frame());
  while (at != history_.end() && at->first < oldest) {
    history_bytes_ -= bytes(at->second);
    at = history_.erase(at);
  }
}

}  // namespace dctprep
