// The executor that users run: bounded memory, all cores, block by block.
#include <algorithm>
#include <chrono>
#include <iterator>
#include <map>
#include <thread>

#include "dctprep/background/window_median.h"
#include "dctprep/base/cancel.h"
#include "dctprep/base/error.h"
#include "dctprep/base/log.h"
#include "dctprep/pipeline/frame_pass.h"
#include "dctprep/pipeline/parallel.h"
#include "dctprep/pipeline/run.h"
#include "dctprep/pipeline/stream_plan.h"
#include "dctprep/pipeline/tally.h"
#include "dctprep/segment/grow_blobs.h"
#include "dctprep/segment/island_tracker.h"

namespace dctprep {

namespace {

using Clock = std::chrono::steady_clock;

class Stopwatch {
 public:
  explicit Stopwatch(double& seconds) : seconds_(seconds), started_(Clock::now()) {}
  ~Stopwatch() { seconds_ += std::chrono::duration<double>(Clock::now() - started_).count(); }

 private:
  double& seconds_;
  Clock::time_point started_;
};

int batch_size() { return 2 * static_cast<int>(std::max(1u, std::thread::hardware_concurrency())); }

struct HeldFrame {
  Image<std::uint16_t> pixels;
  std::vector<std::uint32_t> saturated;
};

class StreamingRun {
 public:
  StreamingRun(const Setup& setup, ResultSink& sink, Progress& progress)
      : setup_(setup),
        sink_(sink),
        progress_(progress),
        plan_(plan_stream(setup.blocks, setup.frames(), setup.config.background, setup.wrap)),
        tally_(setup, sink),
        geometry_{setup.frames(), setup.height(), setup.width(), setup.wrap},
        tracker_(geometry_, setup.config.segment.connectivity, setup.config.segment.seed.value()),
        frame_pass_(setup),
        median_(static_cast<std::size_t>(setup.height()) * static_cast<std::size_t>(setup.width())),
        need_(memory_need(setup)) {
    const SpotImage image = setup.config.spots.image;
    keeps_history_ = image == SpotImage::kBlob2d || image == SpotImage::kBox;
  }

  RunReport run() {
    constexpr double kGib = 1024.0 * 1024.0 * 1024.0;
    log_info("memory: {:.2f} GiB, {:.2f} GiB of it for a window of {} frames; open blobs may take {:.2f} GiB more",
             static_cast<double>(need_.total) / kGib, static_cast<double>(need_.window) / kGib, plan_.most_frames,
             static_cast<double>(need_.open_blobs) / kGib);
    progress_.start("processing", setup_.frames(), "images");
    for (const StreamStep& step : plan_.steps) {
      read_frames(step.read);
      const std::vector<Image<std::uint16_t>> backgrounds = make_backgrounds(step);
      for (std::size_t b = step.first_block; b < step.end_block; ++b)
        process_block(setup_.blocks[b], backgrounds[b - step.first_block]);
      leave_window(step);
      for (const int k : step.drop) drop(k);
    }
    std::vector<Island> islands;
    tracker_.finish(islands);
    measure(islands);
    progress_.finish();
    return tally_.end({{"read", read_seconds_},
                       {"background", background_seconds_},
                       {"frames", frame_seconds_},
                       {"segment", segment_seconds_},
                       {"measure", measure_seconds_},
                       {"write", write_seconds_}});
  }

 private:
  void read_frames(const std::vector<int>& wanted) {
    const Stopwatch watch(read_seconds_);
    const auto batch = static_cast<std::size_t>(batch_size());
    for (std::size_t first = 0; first < wanted.size(); first += batch) {
      const std::size_t count = std::min(batch, wanted.size() - first);
      std::vector<HeldFrame> frames(count);
      std::vector<CorrectedFrame> corrected(count);
      for (HeldFrame& frame : frames) frame.pixels = new_buffer();
      parallel_in_order(count, [&](std::size_t i) {
        check_cancelled();
        corrected[i] =
            read_corrected_frame(setup_, wanted[first + i], frames[i].pixels, setup_.config.beam.transmission);
      });
      for (std::size_t i = 0; i < count; ++i) {
        const int k = wanted[first + i];
        tally_.frame(k, corrected[i]);
        frames[i].saturated = std::move(corrected[i].saturated);
        if (corrected[i].bad) {
          free_.push_back(std::move(frames[i].pixels));
        } else {
          held_.emplace(k, std::move(frames[i]));
        }
      }
    }
  }

  Image<std::uint16_t> new_buffer() {
    if (free_.empty()) return Image<std::uint16_t>(setup_.height(), setup_.width());
    Image<std::uint16_t> buffer = std::move(free_.back());
    free_.pop_back();
    return buffer;
  }

  void drop(int k) {
    const auto at = held_.find(k);
    if (at == held_.end()) return;
    free_.push_back(std::move(at->second.pixels));
    held_.erase(at);
  }

  std::vector<int> good_window(std::size_t b) const {
    std::vector<int> window =
        background_window(setup_.blocks[b].centre, setup_.frames(), setup_.config.background, setup_.wrap);
    std::erase_if(window, [&](int k) { return tally_.is_bad(k); });
    return window;
  }

  std::vector<const std::uint16_t*> pixels_of(const std::vector<int>& frames) const {
    std::vector<const std::uint16_t*> pixels;
    for (const int k : frames) pixels.push_back(held_.at(k).pixels.data());
    return pixels;
  }

  static std::vector<int> without(const std::vector<int>& a, const std::vector<int>& b) {
    std::vector<int> rest;
    std::set_difference(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(rest));
    return rest;
  }

  std::vector<Image<std::uint16_t>> make_backgrounds(const StreamStep& step) {
    std::vector<Image<std::uint16_t>> backgrounds;
    {
      const Stopwatch watch(background_seconds_);
      std::vector<MedianStep> medians;
      for (std::size_t b = step.first_block; b < step.end_block; ++b) {
        const std::vector<int> window = good_window(b);
        backgrounds.emplace_back(setup_.height(), setup_.width());
        medians.push_back({pixels_of(window), pixels_of(without(window, window_)), pixels_of(without(window_, window)),
                           backgrounds.back().data()});
        window_ = window;
      }
      median_.advance(medians);
    }
    if (setup_.config.background.save) {
      const Stopwatch watch(write_seconds_);
      for (std::size_t i = 0; i < backgrounds.size(); ++i)
        sink_.background(static_cast<int>(step.first_block + i), backgrounds[i]);
    }
    return backgrounds;
  }

  // Frames that the next window does not hold are counted out of it before they are dropped.
  void leave_window(const StreamStep& step) {
    if (step.end_block == setup_.blocks.size()) return;
    const Stopwatch watch(background_seconds_);
    const std::vector<int> next = good_window(step.end_block);
    const std::vector<int> leaving = without(window_, next);
    const std::size_t staying = window_.size() - leaving.size();
    // Counting what leaves and enters costs more than counting the whole next window where few frames stay.
    if (leaving.size() + (next.size() - staying) <= next.size()) {
      median_.leave(pixels_of(leaving));
      window_ = without(window_, leaving);
    } else {
      median_.forget();
      window_.clear();
    }
  }

  void process_block(const BackgroundBlock& block, const Image<std::uint16_t>& background) {
    const int batch = batch_size();
    for (int first = block.first; first <= block.last; first += batch) {
      const int count = std::min(batch, block.last - first + 1);
      std::vector<SparseFrame> sparse(static_cast<std::size_t>(count));
      {
        const Stopwatch watch(frame_seconds_);
        parallel_in_order(sparse.size(), [&](std::size_t i) {
          check_cancelled();
          sparse[i] = process_frame(first + static_cast<int>(i), background);
        });
      }
      for (SparseFrame& frame : sparse) segment(std::move(frame));
      progress_.advance(count);
    }
  }

  SparseFrame process_frame(int k, const Image<std::uint16_t>& background) {
    const auto held = held_.find(k);
    if (held == held_.end()) return SparseFrame{.frame = k, .runs = {}, .values = {}, .saturated = {}};
    FramePass::Result result = frame_pass_.run(k, held->second.pixels, background, held->second.saturated);
    tally_.frame_offset(k, result.offset);
    return std::move(result.sparse);
  }

  void segment(SparseFrame&& frame) {
    std::vector<Island> islands;
    const int k = frame.frame;
    {
      const Stopwatch watch(segment_seconds_);
      tracker_.push(frame, islands);
      if (keeps_history_) {
        history_bytes_ += bytes(frame);
        history_.emplace(k, std::move(frame));
      }
    }
    measure(islands);
    if (keeps_history_) forget_history();
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

  void measure(std::vector<Island>& islands) {
    std::vector<std::vector<MeasuredBlob>> measured(islands.size());
    {
      const Stopwatch watch(measure_seconds_);
      parallel_in_order(islands.size(), [&](std::size_t i) {
        for (Blob& blob : grow_blobs(islands[i], geometry_, setup_.config.segment)) {
          measured[i].push_back(measure_blob(std::move(blob), tally_.context(),
                                             [&](int k) -> const SparseFrame& { return history_.at(k); }));
        }
      });
    }
    const Stopwatch watch(write_seconds_);
    for (const auto& blobs : measured) {
      for (const MeasuredBlob& blob : blobs) tally_.blob(blob);
    }
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
  Tally tally_;
  SegmentGeometry geometry_;
  IslandTracker tracker_;
  FramePass frame_pass_;
  WindowMedian median_;
  std::vector<int> window_;  // good frames of the last window
  MemoryNeed need_;
  std::map<int, HeldFrame> held_;
  std::vector<Image<std::uint16_t>> free_;
  std::map<int, SparseFrame> history_;
  std::size_t history_bytes_ = 0;
  bool keeps_history_ = false;
  double read_seconds_ = 0, background_seconds_ = 0, frame_seconds_ = 0, segment_seconds_ = 0, measure_seconds_ = 0,
         write_seconds_ = 0;
};

}  // namespace

MemoryNeed memory_need(const Setup& setup) {
  const auto pixels = static_cast<std::uint64_t>(setup.height()) * static_cast<std::uint64_t>(setup.width());
  const auto batch = static_cast<std::uint64_t>(batch_size());
  const StreamPlan plan = plan_stream(setup.blocks, setup.frames(), setup.config.background, setup.wrap);
  constexpr std::uint64_t kOpenBlobs = std::uint64_t{1} << 30;
  MemoryNeed need;
  need.window = static_cast<std::uint64_t>(plan.most_frames) * pixels * 2;
  std::size_t together = 1;
  for (const StreamStep& step : plan.steps) together = std::max(together, step.end_block - step.first_block);
  // The ladders of the medians, the backgrounds of a step, the frames being read with their raw chunks, dark and masks.
  const std::uint64_t fixed = need.window + WindowMedian::bytes(pixels) + together * pixels * 2 + batch * pixels * 4 +
                              8 * pixels + (std::uint64_t{64} << 20);
  need.open_blobs = kOpenBlobs;
  const Auto<std::int64_t>& given = setup.config.run.memory;
  if (!given.is_auto()) {
    const auto memory = static_cast<std::uint64_t>(given.value());
    constexpr std::uint64_t kLeastOpenBlobs = std::uint64_t{32} << 20;
    if (memory < fixed + kLeastOpenBlobs) {
      fail_usage(
          "run.memory = {:.2g} MiB is too little: {} MiB are needed, {} MiB of them for the {} frames of the "
          "background's "
          "window; raise it, or "
          "make background.half_window smaller or background.stride larger",
          static_cast<double>(memory) / (1 << 20), ((fixed + kLeastOpenBlobs) >> 20) + 1, (need.window >> 20) + 1,
          plan.most_frames);
    }
    need.open_blobs = memory - fixed;
  }
  need.total = fixed;
  return need;
}

RunReport run_streaming(const Setup& setup, ResultSink& sink, Progress& progress) {
  return StreamingRun(setup, sink, progress).run();
}

}  // namespace dctprep
