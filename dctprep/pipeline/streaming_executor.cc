// SPDX-License-Identifier: BSD-3-Clause
// The executor that users run: bounded memory, all cores, block by block.
#include <algorithm>
#include <atomic>
#include <iterator>
#include <map>
#include <tbb/task_arena.h>

#include "dctprep/background/window_median.h"
#include "dctprep/base/cancel.h"
#include "dctprep/base/error.h"
#include "dctprep/base/image_pool.h"
#include "dctprep/base/log.h"
#include "dctprep/measure/set_values.h"
#include "dctprep/pipeline/frame_pass.h"
#include "dctprep/pipeline/held_frames.h"
#include "dctprep/pipeline/memory_need.h"
#include "dctprep/pipeline/parallel.h"
#include "dctprep/pipeline/photometry_ring.h"
#include "dctprep/pipeline/run.h"
#include "dctprep/pipeline/serial_chain.h"
#include "dctprep/pipeline/stopwatch.h"
#include "dctprep/pipeline/stream_plan.h"
#include "dctprep/pipeline/tally.h"
#include "dctprep/segment/grow_blobs.h"
#include "dctprep/segment/island_tracker.h"

namespace dctprep {

namespace {

// Voxels of closed islands that are grown and measured together.
constexpr std::size_t kVoxelsTogether = std::size_t{1} << 21;

class StreamingRun {
 public:
  StreamingRun(const Setup& setup, ResultSink& sink, Progress& progress)
      : setup_(setup),
        sink_(sink),
        progress_(progress),
        plan_(plan_run(setup)),
        need_(memory_need(setup, plan_)),
        tally_(setup, sink),
        geometry_{setup.frames(), setup.height(), setup.width(), setup.wrap},
        tracker_(geometry_, setup.segment.connectivity, step_of(setup.segment.seed)),
        frame_pass_(setup),
        frames_(setup, static_cast<std::size_t>(plan_.most_frames)),
        median_(static_cast<std::size_t>(setup.height()) * static_cast<std::size_t>(setup.width())),
        image_pool_(setup.height(), setup.width()),
        byte_pool_(setup.height(), setup.width()),
        chain_(kBatchesWaiting) {
    if (setup.config.spots.photometry) ring_ = std::make_unique<PhotometryRing>(setup);
    const SpotImage image = setup.config.spots.image;
    keeps_history_ = image == SpotImage::kBlob2d || image == SpotImage::kBox;
    if (!setup.scale.empty()) {
      noise_levels_ = std::make_unique<NoiseLevels>(setup, frame_pass_.radius());
      keeps_history_ = true;
    }
  }

  RunReport run() {
    constexpr double kGib = 1024.0 * 1024.0 * 1024.0;
    log_info(
        "memory: {:.2f} GiB, {:.2f} GiB of it for a window of {} frames; up to {:.2f} GiB more where pixels vary "
        "widely, and {:.2f} GiB for open blobs",
        static_cast<double>(need_.total) / kGib, static_cast<double>(need_.window) / kGib, plan_.most_frames,
        static_cast<double>(need_.listed) / kGib, static_cast<double>(need_.open_blobs) / kGib);
    progress_.start("processing", setup_.frames(), "images");
    try {
      process();
    } catch (...) {
      // An error of an earlier frame, which segmentation has not come to yet, goes first: the same on any number of
      // threads.
      chain_.finish();
      throw;
    }
    chain_.finish();
    progress_.finish();
    background_seconds_ += median_.seconds();
    log_median_counters();
    return tally_.end({{"read", frames_.seconds()},
                       {"background", background_seconds_},
                       {"frames", frame_seconds_},
                       {"segment", segment_seconds_},
                       {"measure", measure_seconds_},
                       {"write", write_seconds_}});
  }

 private:
  using ThresholdedFrame = FramePass::Result;
  using Backgrounds = std::vector<std::shared_ptr<Image<std::uint16_t>>>;

  void process() {
    frames_.expect(plan_.steps.front().read);
    for (std::size_t n = 0; n < plan_.steps.size(); ++n) {
      const StreamStep& step = plan_.steps[n];
      const std::size_t jobs_before = chain_.added();
      read_frames(step.read);
      if (n + 1 < plan_.steps.size()) frames_.expect(plan_.steps[n + 1].read);
      const Backgrounds backgrounds = make_backgrounds(step);
      for (std::size_t b = step.first_block; b < step.end_block; ++b)
        process_block(setup_.blocks[b], backgrounds[b - step.first_block]);
      if (ring_) leave_ring(step, jobs_before);
      for (const int k : step.drop) drop(k);
      if (!window_.empty()) frames_.renew_reference(*backgrounds.back());
      if (setup_.config.background.save) write_backgrounds(step, backgrounds);
    }
    chain_.add([this] {
      tracker_.finish(closed_);
      measure();
    });
  }

  void log_median_counters() const {
    const WindowMedian::Counters& counters = median_.counters();
    const double groups = std::max(1.0, static_cast<double>(counters.groups));
    log_info("moving median: {:.2f} % of it took a second look, {:.3f} % the whole window (the more, the slower)",
             100.0 * static_cast<double>(counters.moved) / groups,
             100.0 * static_cast<double>(counters.selected) / groups);
  }

  void read_frames(const std::vector<int>& wanted) {
    std::vector<CorrectedFrame> corrected = frames_.read(wanted);
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      const int k = wanted[i];
      const bool is_new = tally_.frame(k, corrected[i]);
      if (is_new && !corrected[i].transmission.empty()) write_transmission(k, std::move(corrected[i].transmission));
      if (!ring_) continue;
      if (corrected[i].bad)
        ring_->bad(k);
      else
        ring_->hold(k, *frames_.find(k)->pixels, corrected[i].factor);
    }
    if (const std::uint64_t listed = frames_.listed_bytes(); listed > need_.listed) {
      fail(
          "frames {} to {}: so many of their pixels are far from the background that {} MiB do not hold them: raise "
          "run.memory by {} MiB",
          wanted.front(), wanted.back(), need_.listed >> 20, ((listed - need_.listed) >> 20) + 1);
    }
  }

  void drop(int k) {
    if (ring_ && frames_.find(k) != nullptr) ring_->release(k);
    frames_.drop(k);
  }

  std::vector<int> good_window(std::size_t b) const {
    const BackgroundBlock& block = setup_.blocks[b];
    std::vector<int> window = background_window(block.centre, block.sweep, setup_.config.background, setup_.wrap);
    std::erase_if(window, [&](int k) { return tally_.is_bad(k); });
    return window;
  }

  static std::vector<int> without(const std::vector<int>& a, const std::vector<int>& b) {
    std::vector<int> rest;
    std::set_difference(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(rest));
    return rest;
  }

  Backgrounds make_backgrounds(const StreamStep& step) {
    Backgrounds backgrounds;
    std::vector<MedianStep> medians;
    std::vector<std::vector<int>> windows;
    for (std::size_t b = step.first_block; b < step.end_block; ++b) {
      const std::vector<int>& window = windows.emplace_back(good_window(b));
      backgrounds.push_back(image_pool_.take());
      medians.push_back({frames_.pixels_of(window), frames_.pixels_of(without(window, window_)),
                         frames_.pixels_of(without(window_, window)), backgrounds.back()->data()});
      window_ = window;
    }
    advance_medians(step, medians);
    frames_.set_excluded(windows, backgrounds);
    return backgrounds;
  }

  void advance_medians(const StreamStep& step, std::vector<MedianStep>& medians) {
    if (step.end_block == setup_.blocks.size()) {
      median_.advance(medians);
      return;
    }
    // Frames that the next window does not hold are counted out of this one at once, for they are dropped before it
    // comes. Where few frames stay, that and counting in what enters costs more than counting the whole next window.
    const std::vector<int> next = good_window(step.end_block);
    const std::vector<int> leaving = without(window_, next);
    const std::size_t staying = window_.size() - leaving.size();
    const bool keeps_counts = leaving.size() + (next.size() - staying) <= next.size();
    median_.advance(medians, keeps_counts ? frames_.pixels_of(leaving) : std::vector<const CompactFrame*>{});
    if (keeps_counts) {
      window_ = without(window_, leaving);
    } else {
      median_.forget();
      window_.clear();
    }
  }

  // Blobs of this step may ask for frames that the next step does not need, but not for those it drops; blobs of the
  // steps before are to be measured first.
  void leave_ring(const StreamStep& step, std::size_t jobs_before) {
    chain_.wait_for(jobs_before);
    if (step.end_block < setup_.blocks.size())
      ring_->forget_backgrounds(setup_.blocks[step.first_block].first - PhotometryRing::reach(setup_));
  }

  void process_block(const BackgroundBlock& block, const std::shared_ptr<const Image<std::uint16_t>>& image) {
    const Image<std::uint16_t>& background = *image;
    const int batch = frames_a_batch();
    BlockNoise noise;
    // One for each reference that frames of the block are held against.
    std::map<const FrameReference*, CompactBackground> backgrounds;
    {
      const Stopwatch watch(frame_seconds_);
      if (noise_levels_) noise = noise_levels_->over(background, image_pool_);
      for (int k = block.first; k <= block.last; ++k) {
        if (const HeldFrame* frame = frames_.find(k)) {
          const FrameReference& reference = *frame->pixels->reference();
          const auto [added, is_new] =
              backgrounds.try_emplace(&reference, background, reference, setup_.excluded, byte_pool_);
          if (is_new && noise_levels_) added->second.raise_levels(noise.more);
        }
      }
    }
    for (int first = block.first; first <= block.last; first += batch) {
      const int count = std::min(batch, block.last - first + 1);
      auto sparse = std::make_shared<std::vector<ThresholdedFrame>>(static_cast<std::size_t>(count));
      parallel_in_order(sparse->size(), [&](std::size_t i) {
        check_cancelled();
        const Stopwatch watch(frame_seconds_);
        (*sparse)[i] = process_frame(first + static_cast<int>(i), backgrounds, noise_levels_ ? &noise : nullptr);
      });
      if (ring_) {
        for (int k = first; k < first + count; ++k) ring_->subtract(k, image, tally_.frame_offset(k));
      }
      chain_.add([this, sparse] {
        for (ThresholdedFrame& frame : *sparse) segment(std::move(frame));
        measure();
      });
      progress_.advance(count);
    }
  }

  ThresholdedFrame process_frame(int k, const std::map<const FrameReference*, CompactBackground>& backgrounds,
                                 const BlockNoise* noise) {
    const HeldFrame* frame = frames_.find(k);
    if (frame == nullptr) return {.sparse = {.frame = k, .runs = {}, .values = {}, .saturated = {}}, .counts = {}};
    const CompactBackground& background = backgrounds.at(frame->pixels->reference().get());
    FramePass::Result result = frame_pass_.run(k, *frame->pixels, background, noise, frame->saturated);
    tally_.frame_offset(k, result.offset);
    return result;
  }

  // What follows is called by the chain alone, as is the sink.

  void write_transmission(int k, Image<float> image) {
    const auto shared = std::make_shared<Image<float>>(std::move(image));
    chain_.add([this, k, shared] {
      const Stopwatch watch(write_seconds_);
      sink_.transmission(k, *shared);
    });
  }

  void write_backgrounds(const StreamStep& step, const Backgrounds& images) {
    chain_.add([this, first = step.first_block, images] {
      const Stopwatch watch(write_seconds_);
      for (std::size_t i = 0; i < images.size(); ++i) sink_.background(static_cast<int>(first + i), *images[i]);
    });
  }

  void segment(ThresholdedFrame&& thresholded) {
    SparseFrame& frame = thresholded.sparse;
    const int k = frame.frame;
    std::size_t islands = closed_.size();
    {
      const Stopwatch watch(segment_seconds_);
      if (keeps_history_) {
        history_bytes_ += bytes(frame);
        SparseFrame& kept = history_.emplace(k, frame).first->second;
        if (noise_levels_) kept.values = std::move(thresholded.counts);
      }
      if (ring_) ring_->claim(frame);
      segmented_ = k + 1;
      if (k > 0 && sweep_at(setup_.sweeps, k).first == k) tracker_.cut();
      tracker_.push(std::move(frame), closed_);
    }
    for (; islands < closed_.size(); ++islands) closed_voxels_ += closed_[islands].values.size();
    if (closed_voxels_ > kVoxelsTogether) measure();
    if (tracker_.bytes() + history_bytes_ > need_.open_blobs) {
      const IslandTracker::Extent blob = tracker_.largest_open();
      const SegmentOptions& options = setup_.segment;
      const char* key = options.method == SegmentMethod::kSingle      ? "segment.seed"
                        : blob.parting_level <= step_of(options.seed) ? "segment.grow_min"
                                                                      : "segment.seed and segment.grow_min";
      fail(
          "frame {}: blobs that are still open fill the {} MiB of memory set aside for them; the largest spans frames "
          "{} to {}, columns {} to {} and rows {} to {} with {} voxels, its peak is {} at frame {}, row {}, column {}: "
          "raise {} to {}, where it comes apart, or run.memory",
          k, need_.open_blobs >> 20, blob.first_frame, blob.last_frame, blob.box.u0, blob.box.u1 - 1, blob.box.v0,
          blob.box.v1 - 1, blob.voxels, level_text(blob.peak, options), blob.peak_frame, blob.peak_v, blob.peak_u, key,
          level_text(blob.parting_level, options));
    }
  }

  // Grows and measures the islands that have closed.
  void measure() {
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
    if (ring_) ring_->forget_claims(segmented_ - PhotometryRing::reach(setup_));
    {
      const Stopwatch watch(write_seconds_);
      for (const auto& blobs : measured) {
        for (const MeasuredBlob& blob : blobs) tally_.blob(blob);
      }
    }
    if (keeps_history_) forget_history();
  }

  std::vector<MeasuredBlob> measure_island(const Island& island) const {
    std::vector<Blob> blobs = grow_blobs(island, geometry_, setup_.segment);
    const FrameVoxels frame_voxels = [&](int k) -> const SparseFrame& { return history_.at(k); };
    if (noise_levels_) {
      for (Blob& blob : blobs) set_values(blob.voxels, setup_.frames(), frame_voxels);
    }
    PhotometryIsland places;
    if (ring_) {
      for (const IslandRun& run : island.runs) places.spans.push_back({run.frame, run.v, run.u_begin, run.u_end});
      // Where there is but one blob, nobody asks where others are.
      for (const Blob& blob : blobs) {
        const bool is_seen = blobs.size() > 1 && !blob.small_seed;
        places.blobs.push_back(is_seen ? spans_of(blob.voxels, setup_.frames()) : std::vector<VoxelSpan>());
      }
      places.sort();
    }
    std::vector<MeasuredBlob> measured;
    for (std::size_t i = 0; i < blobs.size(); ++i) {
      MeasuredBlob& blob = measured.emplace_back(measure_blob(std::move(blobs[i]), tally_.context(), frame_voxels));
      if (ring_ && !blob.rejected) measure_photometry(blob.voxels, places, i, tally_.context(), *ring_, blob.spot);
    }
    return measured;
  }

  static std::size_t bytes(const SparseFrame& frame) {
    return sizeof(SparseFrame) + frame.runs.size() * sizeof(Run) + frame.values.size() * sizeof(std::uint16_t);
  }

  // Frames that no open blob reaches back to are forgotten; those of blobs that wait for the seam stay.
  void forget_history() {
    const int oldest = tracker_.oldest_active_frame();
    auto at = history_.upper_bound(tracker_.last_waiting_frame());
    while (at != history_.end() && at->first < oldest) {
      history_bytes_ -= bytes(at->second);
      at = history_.erase(at);
    }
  }

  const Setup& setup_;
  ResultSink& sink_;
  Progress& progress_;
  StreamPlan plan_;
  MemoryNeed need_;
  Tally tally_;
  SegmentGeometry geometry_;
  IslandTracker tracker_;
  FramePass frame_pass_;
  std::unique_ptr<NoiseLevels> noise_levels_;  // null: levels are in counts
  HeldFrames frames_;
  WindowMedian median_;
  ImagePool<std::uint16_t> image_pool_;  // of backgrounds
  ImagePool<std::uint8_t> byte_pool_;
  std::vector<int> window_;     // good frames of the last window, as far as they are counted in it
  std::vector<Island> closed_;  // not measured yet
  std::size_t closed_voxels_ = 0;
  std::unique_ptr<PhotometryRing> ring_;  // null: no photometry
  int segmented_ = 0;                     // frames so far
  std::map<int, SparseFrame> history_;    // in counts
  std::size_t history_bytes_ = 0;
  bool keeps_history_ = false;
  // Summed over threads.
  std::atomic<double> background_seconds_ = 0, frame_seconds_ = 0, segment_seconds_ = 0, measure_seconds_ = 0,
                      write_seconds_ = 0;
  SerialChain chain_;  // the last member: it ends before what its jobs use
};

}  // namespace

RunReport run_streaming(const Setup& setup, ResultSink& sink, Progress& progress) {
  return StreamingRun(setup, sink, progress).run();
}

}  // namespace dctprep
