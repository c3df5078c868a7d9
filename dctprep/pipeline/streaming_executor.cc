// The executor that users run: bounded memory, all cores, block by block.
#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <iterator>
#include <map>
#include <span>
#include <tbb/global_control.h>
#include <tbb/task_arena.h>

#include "dctprep/background/window_median.h"
#include "dctprep/base/cancel.h"
#include "dctprep/base/error.h"
#include "dctprep/base/log.h"
#include "dctprep/core/frame_median.h"
#include "dctprep/pipeline/frame_pass.h"
#include "dctprep/pipeline/parallel.h"
#include "dctprep/pipeline/photometry_ring.h"
#include "dctprep/pipeline/run.h"
#include "dctprep/pipeline/serial_chain.h"
#include "dctprep/pipeline/stream_plan.h"
#include "dctprep/pipeline/tally.h"
#include "dctprep/segment/grow_blobs.h"
#include "dctprep/segment/island_tracker.h"

namespace dctprep {

namespace {

using Clock = std::chrono::steady_clock;

// Adds what it lives to a sum, from any thread.
class Stopwatch {
 public:
  explicit Stopwatch(std::atomic<double>& seconds) : seconds_(seconds), started_(Clock::now()) {}
  ~Stopwatch() { seconds_ += std::chrono::duration<double>(Clock::now() - started_).count(); }

 private:
  std::atomic<double>& seconds_;
  Clock::time_point started_;
};

std::size_t threads_allowed() {
  return tbb::global_control::active_value(tbb::global_control::max_allowed_parallelism);
}

// Frames that are thresholded before they are handed to segmentation together: enough to occupy the cores, and few
// enough that what they leave is small.
int frames_a_batch() { return std::max(16, 2 * static_cast<int>(threads_allowed())); }
constexpr std::size_t kBatchesWaiting = 2;
// Voxels of closed islands that are grown and measured together.
constexpr std::size_t kVoxelsTogether = std::size_t{1} << 21;

// Frames whose median is the first reference that bytes are differences from.
constexpr std::size_t kFirstReferenceFrames = 9;
// A pixel's background has moved away from its reference, and a share of pixels that makes a new reference worth its
// memory, of which there are only so many at a time.
constexpr int kReferenceFar = 64;
constexpr std::size_t kReferenceFarShare = 64;
constexpr std::size_t kMostReferences = 4;

StreamPlan plan_of(const Setup& setup) {
  const int behind = setup.config.spots.photometry ? PhotometryRing::reach(setup) : 0;
  return plan_stream(setup.blocks, setup.frames(), setup.config.background, setup.wrap, behind);
}

// Bytes that photometry holds beside the frames.
std::uint64_t photometry_bytes(const Setup& setup, const StreamPlan& plan, std::uint64_t pixels) {
  if (!setup.config.spots.photometry) return 0;
  const int reach = PhotometryRing::reach(setup), start = PhotometryRing::kept_start(setup);
  std::uint64_t most = 0;
  for (const StreamStep& step : plan.steps) {
    const int first = setup.blocks[step.first_block].first;
    std::uint64_t held = 0;
    // Steps are held whole; that which the oldest frame is in began a step before at the earliest.
    for (const StreamStep& other : plan.steps) {
      const int other_first = setup.blocks[other.first_block].first,
                other_last = setup.blocks[other.end_block - 1].last;
      const bool recent = other_first < first && other_last >= first - reach - (other_last - other_first + 1);
      if (recent || (other_first < start && other_first < first)) held += other.end_block - other.first_block;
    }
    most = std::max(most, held);
  }
  return most * pixels * 2 + PhotometryRing::bytes(setup, frames_a_batch());
}

struct HeldFrame {
  std::unique_ptr<CompactFrame> pixels;
  std::vector<std::uint32_t> saturated;
};

class StreamingRun {
 public:
  StreamingRun(const Setup& setup, ResultSink& sink, Progress& progress)
      : setup_(setup),
        sink_(sink),
        progress_(progress),
        plan_(plan_of(setup)),
        pixels_(static_cast<std::size_t>(setup.height()) * static_cast<std::size_t>(setup.width())),
        need_(memory_need(setup)),
        tally_(setup, sink),
        geometry_{setup.frames(), setup.height(), setup.width(), setup.wrap},
        tracker_(geometry_, setup.config.segment.connectivity, setup.config.segment.seed.value()),
        frame_pass_(setup),
        median_(pixels_),
        pool_(pixels_, static_cast<std::size_t>(plan_.most_frames)),
        chain_(kBatchesWaiting) {
    if (setup.config.spots.photometry) ring_ = std::make_unique<PhotometryRing>(setup);
    const SpotImage image = setup.config.spots.image;
    keeps_history_ = image == SpotImage::kBlob2d || image == SpotImage::kBox;
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
    return tally_.end({{"read", read_seconds_},
                       {"background", background_seconds_},
                       {"frames", frame_seconds_},
                       {"segment", segment_seconds_},
                       {"measure", measure_seconds_},
                       {"write", write_seconds_}});
  }

 private:
  void process() {
    for (const StreamStep& step : plan_.steps) {
      const std::size_t jobs_before = chain_.added();
      read_frames(step.read);
      const auto backgrounds = std::make_shared<const std::vector<Image<std::uint16_t>>>(make_backgrounds(step));
      for (std::size_t b = step.first_block; b < step.end_block; ++b)
        process_block(setup_.blocks[b], {backgrounds, &(*backgrounds)[b - step.first_block]});
      if (ring_) leave_ring(step, jobs_before);
      for (const int k : step.drop) drop(k);
      if (!window_.empty()) renew_reference(backgrounds->back());
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
    log_info("moving median: {:.2f} % of the medians left their ladder, {:.3f} % were selected from the whole window",
             100.0 * static_cast<double>(counters.moved) / groups,
             100.0 * static_cast<double>(counters.selected) / groups);
  }

  void read_frames(const std::vector<int>& wanted) {
    if (wanted.empty()) return;
    if (!reference_) make_first_reference(wanted);
    std::vector<HeldFrame> frames(wanted.size());
    std::vector<CorrectedFrame> corrected(wanted.size());
    for (HeldFrame& frame : frames) {
      frame.pixels = pool_.take();
      frame.pixels->restart(reference_);
    }
    parallel_in_order(wanted.size(), [&](std::size_t i) {
      check_cancelled();
      const Stopwatch watch(read_seconds_);
      CompactFrame& pixels = *frames[i].pixels;
      corrected[i] = read_frame(wanted[i], [&](int v, std::uint16_t* row) {
        leave_out_excluded(v, row);
        pixels.append(row, static_cast<std::size_t>(setup_.width()));
      });
      if (!corrected[i].bad) pixels.finish();
    });
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      const int k = wanted[i];
      const bool is_new = tally_.frame(k, corrected[i]);
      if (is_new && !corrected[i].transmission.empty()) write_transmission(k, std::move(corrected[i].transmission));
      frames[i].saturated = std::move(corrected[i].saturated);
      if (ring_ && corrected[i].bad) ring_->bad(k);
      if (ring_ && !corrected[i].bad) ring_->hold(k, *frames[i].pixels, corrected[i].factor);
      if (corrected[i].bad) {
        pool_.give_back(std::move(frames[i].pixels));
      } else {
        listed_bytes_ += frames[i].pixels->listed_bytes();
        held_.emplace(k, std::move(frames[i]));
      }
    }
    if (listed_bytes_ > need_.listed) {
      fail(
          "frames {} to {}: so many of their pixels are far from the background that {} MiB do not hold them: raise "
          "run.memory by {} MiB",
          wanted.front(), wanted.back(), need_.listed >> 20, ((listed_bytes_ - need_.listed) >> 20) + 1);
    }
  }

  CorrectedFrame read_frame(int k, const TakeRow& take) const {
    thread_local Image<std::uint16_t> raw;
    if (raw.height() != setup_.height() || raw.width() != setup_.width())
      raw = Image<std::uint16_t>(setup_.height(), setup_.width());
    return read_corrected_frame(setup_, k, raw, setup_.config.beam.transmission, take);
  }

  // Where nobody will see their background, excluded pixels need not be held: they are the brightest, and vary most.
  void leave_out_excluded(int v, std::uint16_t* row) const {
    const Region& excluded = setup_.excluded;
    if (setup_.config.background.save || v < excluded.v0 || v >= excluded.v1) return;
    const std::uint16_t* reference =
        reference_->data() + static_cast<std::size_t>(v) * static_cast<std::size_t>(setup_.width());
    std::copy(reference + excluded.u0, reference + excluded.u1, row + excluded.u0);
  }

  void make_first_reference(const std::vector<int>& wanted) {
    const std::size_t every = std::max<std::size_t>(1, wanted.size() / kFirstReferenceFrames);
    const std::size_t count = std::min((wanted.size() + every - 1) / every, kFirstReferenceFrames);
    std::vector<Image<std::uint16_t>> sample(count);
    parallel_in_order(count, [&](std::size_t i) {
      check_cancelled();
      const Stopwatch watch(read_seconds_);
      Image<std::uint16_t> frame(setup_.height(), setup_.width());
      const CorrectedFrame corrected = read_frame(wanted[i * every], [&](int v, const std::uint16_t* row) {
        std::copy(row, row + setup_.width(), frame.row(v));
      });
      if (!corrected.bad) sample[i] = std::move(frame);
    });
    std::vector<const std::uint16_t*> good;
    for (const auto& frame : sample) {
      if (!frame.empty()) good.push_back(frame.data());
    }
    auto reference = std::make_shared<FrameReference>(pixels_);
    if (good.empty()) {
      std::fill_n(reference->data(), pixels_, std::uint16_t{0});
    } else {
      rank_median_over_frames(good, pixels_, reference->data());
    }
    set_reference(std::move(reference));
  }

  void set_reference(std::shared_ptr<const FrameReference> reference) {
    reference_ = std::move(reference);
    references_.push_back(reference_);
  }

  // Frames to come are held against a newer background where the last has moved away too far from the reference.
  void renew_reference(const Image<std::uint16_t>& background) {
    std::erase_if(references_, [](const auto& reference) { return reference.expired(); });
    if (references_.size() >= kMostReferences) return;
    std::size_t seen = 0, far = 0;
    constexpr std::size_t kEvery = 16;
    for (std::size_t i = 0; i < pixels_; i += kEvery) {
      ++seen;
      far += std::abs(background.data()[i] - reference_->data()[i]) > kReferenceFar ? 1 : 0;
    }
    if (far * kReferenceFarShare <= seen) return;
    auto reference = std::make_shared<FrameReference>(pixels_);
    std::copy_n(background.data(), pixels_, reference->data());
    set_reference(std::move(reference));
  }

  void drop(int k) {
    const auto at = held_.find(k);
    if (at == held_.end()) return;
    if (ring_) ring_->release(k);
    listed_bytes_ -= at->second.pixels->listed_bytes();
    pool_.give_back(std::move(at->second.pixels));
    held_.erase(at);
  }

  std::vector<int> good_window(std::size_t b) const {
    std::vector<int> window =
        background_window(setup_.blocks[b].centre, setup_.frames(), setup_.config.background, setup_.wrap);
    std::erase_if(window, [&](int k) { return tally_.is_bad(k); });
    return window;
  }

  std::vector<const CompactFrame*> pixels_of(const std::vector<int>& frames) const {
    std::vector<const CompactFrame*> pixels;
    for (const int k : frames) pixels.push_back(held_.at(k).pixels.get());
    return pixels;
  }

  static std::vector<int> without(const std::vector<int>& a, const std::vector<int>& b) {
    std::vector<int> rest;
    std::set_difference(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(rest));
    return rest;
  }

  std::vector<Image<std::uint16_t>> make_backgrounds(const StreamStep& step) {
    std::vector<Image<std::uint16_t>> backgrounds;
    std::vector<MedianStep> medians;
    for (std::size_t b = step.first_block; b < step.end_block; ++b) {
      const std::vector<int> window = good_window(b);
      backgrounds.emplace_back(setup_.height(), setup_.width());
      medians.push_back({pixels_of(window), pixels_of(without(window, window_)), pixels_of(without(window_, window)),
                         backgrounds.back().data()});
      window_ = window;
    }
    if (step.end_block == setup_.blocks.size()) {
      median_.advance(medians);
      return backgrounds;
    }
    // Frames that the next window does not hold are counted out of this one at once, for they are dropped before it
    // comes. Where few frames stay, that and counting in what enters costs more than counting the whole next window.
    const std::vector<int> next = good_window(step.end_block);
    const std::vector<int> leaving = without(window_, next);
    const std::size_t staying = window_.size() - leaving.size();
    const bool keeps_counts = leaving.size() + (next.size() - staying) <= next.size();
    median_.advance(medians, keeps_counts ? pixels_of(leaving) : std::vector<const CompactFrame*>{});
    if (keeps_counts) {
      window_ = without(window_, leaving);
    } else {
      median_.forget();
      window_.clear();
    }
    return backgrounds;
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
    // One for each reference that frames of the block are held against.
    std::map<const FrameReference*, CompactBackground> backgrounds;
    for (int k = block.first; k <= block.last; ++k) {
      if (const auto held = held_.find(k); held != held_.end()) {
        const FrameReference& reference = *held->second.pixels->reference();
        backgrounds.try_emplace(&reference, background, reference, setup_.excluded);
      }
    }
    for (int first = block.first; first <= block.last; first += batch) {
      const int count = std::min(batch, block.last - first + 1);
      auto sparse = std::make_shared<std::vector<SparseFrame>>(static_cast<std::size_t>(count));
      parallel_in_order(sparse->size(), [&](std::size_t i) {
        check_cancelled();
        const Stopwatch watch(frame_seconds_);
        (*sparse)[i] = process_frame(first + static_cast<int>(i), backgrounds);
      });
      if (ring_) {
        for (int k = first; k < first + count; ++k) ring_->subtract(k, image, tally_.frame_offset(k));
      }
      chain_.add([this, sparse] {
        for (SparseFrame& frame : *sparse) segment(std::move(frame));
        measure();
      });
      progress_.advance(count);
    }
  }

  SparseFrame process_frame(int k, const std::map<const FrameReference*, CompactBackground>& backgrounds) {
    const auto held = held_.find(k);
    if (held == held_.end()) return SparseFrame{.frame = k, .runs = {}, .values = {}, .saturated = {}};
    const CompactFrame& pixels = *held->second.pixels;
    const CompactBackground& background = backgrounds.at(pixels.reference().get());
    FramePass::Result result = frame_pass_.run(k, pixels, background, held->second.saturated);
    tally_.frame_offset(k, result.offset);
    return std::move(result.sparse);
  }

  // What follows is called by the chain alone, as is the sink.

  void write_transmission(int k, Image<float> image) {
    const auto shared = std::make_shared<Image<float>>(std::move(image));
    chain_.add([this, k, shared] {
      const Stopwatch watch(write_seconds_);
      sink_.transmission(k, *shared);
    });
  }

  void write_backgrounds(const StreamStep& step,
                         const std::shared_ptr<const std::vector<Image<std::uint16_t>>>& images) {
    chain_.add([this, first = step.first_block, images] {
      const Stopwatch watch(write_seconds_);
      for (std::size_t i = 0; i < images->size(); ++i) sink_.background(static_cast<int>(first + i), (*images)[i]);
    });
  }

  void segment(SparseFrame&& frame) {
    const int k = frame.frame;
    std::size_t islands = closed_.size();
    {
      const Stopwatch watch(segment_seconds_);
      if (keeps_history_) {
        history_bytes_ += bytes(frame);
        history_.emplace(k, frame);
      }
      if (ring_) ring_->claim(frame);
      segmented_ = k + 1;
      tracker_.push(std::move(frame), closed_);
    }
    for (; islands < closed_.size(); ++islands) closed_voxels_ += closed_[islands].values.size();
    if (closed_voxels_ > kVoxelsTogether) measure();
    if (tracker_.bytes() + history_bytes_ > need_.open_blobs) {
      const IslandTracker::Extent blob = tracker_.largest_open();
      const SegmentOptions& options = setup_.config.segment;
      const char* key = options.method == SegmentMethod::kSingle     ? "segment.seed"
                        : blob.parting_level <= options.seed.value() ? "segment.grow_min"
                                                                     : "segment.seed and segment.grow_min";
      fail(
          "frame {}: blobs that are still open fill the {} MiB of memory set aside for them; the largest spans frames "
          "{} to {}, columns {} to {} and rows {} to {} with {} voxels, its peak is {} at frame {}, row {}, column {}: "
          "raise {} to {}, where it comes apart, or run.memory",
          k, need_.open_blobs >> 20, blob.first_frame, blob.last_frame, blob.box.u0, blob.box.u1 - 1, blob.box.v0,
          blob.box.v1 - 1, blob.voxels, blob.peak, blob.peak_frame, blob.peak_v, blob.peak_u, key, blob.parting_level);
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
    std::vector<Blob> blobs = grow_blobs(island, geometry_, setup_.config.segment);
    PhotometryIsland places;
    if (ring_) {
      for (const IslandRun& run : island.runs) places.spans.push_back({run.frame, run.v, run.u_begin, run.u_end});
      for (const Blob& blob : blobs)
        places.blobs.push_back(blob.small_seed ? std::vector<VoxelSpan>() : spans_of(blob.voxels, setup_.frames()));
      places.sort();
    }
    std::vector<MeasuredBlob> measured;
    for (std::size_t i = 0; i < blobs.size(); ++i) {
      MeasuredBlob& blob = measured.emplace_back(measure_blob(
          std::move(blobs[i]), tally_.context(), [&](int k) -> const SparseFrame& { return history_.at(k); }));
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
  std::size_t pixels_;
  MemoryNeed need_;
  Tally tally_;
  SegmentGeometry geometry_;
  IslandTracker tracker_;
  FramePass frame_pass_;
  WindowMedian median_;
  std::vector<int> window_;  // good frames of the last window
  std::shared_ptr<const FrameReference> reference_;
  std::vector<std::weak_ptr<const FrameReference>> references_;  // of frames still held
  CompactFramePool pool_;
  std::map<int, HeldFrame> held_;
  std::size_t listed_bytes_ = 0;
  std::vector<Island> closed_;  // not measured yet
  std::size_t closed_voxels_ = 0;
  std::unique_ptr<PhotometryRing> ring_;  // null: no photometry
  int segmented_ = 0;                     // frames so far
  std::map<int, SparseFrame> history_;
  std::size_t history_bytes_ = 0;
  bool keeps_history_ = false;
  // Summed over threads.
  std::atomic<double> read_seconds_ = 0, background_seconds_ = 0, frame_seconds_ = 0, segment_seconds_ = 0,
                      measure_seconds_ = 0, write_seconds_ = 0;
  SerialChain chain_;  // the last member: it ends before what its jobs use
};

}  // namespace

MemoryNeed memory_need(const Setup& setup) {
  const auto pixels = static_cast<std::uint64_t>(setup.height()) * static_cast<std::uint64_t>(setup.width());
  const auto threads = std::uint64_t{threads_allowed()};
  const StreamPlan plan = plan_of(setup);
  const auto frames = static_cast<std::uint64_t>(plan.most_frames);
  constexpr std::uint64_t kMib = std::uint64_t{1} << 20, kOpenBlobs = 1024 * kMib;
  MemoryNeed need;
  need.window = frames * CompactFrame::held_bytes(pixels);
  std::size_t together = 1;
  for (const StreamStep& step : plan.steps) together = std::max(together, step.end_block - step.first_block);
  // The ladders of the medians; the backgrounds of a step, and those that wait to be written; references, with a
  // background over each; a frame
  // being read and its raw chunk on each thread, and those of the first reference; dark and masks.
  const std::uint64_t backgrounds = photometry_bytes(setup, plan, pixels) +
                                    together * (setup.config.background.save ? 3 + kBatchesWaiting : 1) * pixels * 2;
  need.total = need.window + WindowMedian::bytes(pixels) + backgrounds + kMostReferences * pixels * 3 +
               threads * pixels * 4 + kFirstReferenceFrames * pixels * 2 + 8 * pixels + 64 * kMib;
  // A pixel takes three bytes at most. An eighth of that is asked for in advance where memory is limited.
  need.listed = frames * (pixels * 5 / 2 + 4096 * 5);
  need.open_blobs = kOpenBlobs;
  const Auto<std::int64_t>& given = setup.config.run.memory;
  if (!given.is_auto()) {
    const auto memory = static_cast<std::uint64_t>(given.value());
    const std::uint64_t least_listed = std::min(need.listed, frames * pixels / 4), least_open = 32 * kMib;
    const std::uint64_t least = need.total + least_listed + least_open;
    if (memory < least) {
      fail_usage(
          "run.memory = {:.2g} MiB is too little: {} MiB are needed, {} MiB of them for the {} frames of the "
          "background's window; raise it, or make background.half_window smaller or background.stride larger",
          static_cast<double>(memory) / (1 << 20), (least >> 20) + 1, (need.window >> 20) + 1, plan.most_frames);
    }
    // What is left goes to both, as far as they can use it.
    const std::uint64_t spare = memory - least;
    need.listed = std::min(need.listed, least_listed + spare / 2);
    need.open_blobs = memory - need.total - need.listed;
  }
  return need;
}

RunReport run_streaming(const Setup& setup, ResultSink& sink, Progress& progress) {
  return StreamingRun(setup, sink, progress).run();
}

}  // namespace dctprep
