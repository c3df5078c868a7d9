// The executor that users run: bounded memory, all cores, block by block.
#include <algorithm>
#include <chrono>
#include <map>
#include <tbb/parallel_for.h>
#include <thread>

#include "dctprep/background/subtract.h"
#include "dctprep/base/cancel.h"
#include "dctprep/base/error.h"
#include "dctprep/denoise/denoise.h"
#include "dctprep/pipeline/run.h"
#include "dctprep/pipeline/stream_plan.h"
#include "dctprep/pipeline/tally.h"
#include "dctprep/segment/grow_blobs.h"
#include "dctprep/segment/island_tracker.h"
#include "dctprep/segment/threshold.h"

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
        denoiser_(setup.config.denoise, setup.scan->bad_pixels, setup.excluded),
        need_(memory_need(setup)) {
    const SpotImage image = setup.config.spots.image;
    keeps_history_ = image == SpotImage::kBlob2d || image == SpotImage::kBox;
  }

  RunReport run() {
    progress_.start("processing", setup_.frames(), "images");
    for (std::size_t b = 0; b < setup_.blocks.size(); ++b) {
      read_frames(plan_.steps[b].read);
      const Image<std::uint16_t> background = make_background(static_cast<int>(b));
      process_block(setup_.blocks[b], background);
      for (const int k : plan_.steps[b].drop) drop(k);
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
      tbb::parallel_for(std::size_t{0}, count, [&](std::size_t i) {
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

  Image<std::uint16_t> make_background(int b) {
    Image<std::uint16_t> background(setup_.height(), setup_.width());
    {
      const Stopwatch watch(background_seconds_);
      std::vector<ImageView<const std::uint16_t>> window;
      const auto& block = setup_.blocks[static_cast<std::size_t>(b)];
      for (const int k : background_window(block.centre, setup_.frames(), setup_.config.background, setup_.wrap)) {
        if (!tally_.is_bad(k)) window.push_back(held_.at(k).pixels);
      }
      median_background(window, background);
    }
    if (setup_.config.background.save) {
      const Stopwatch watch(write_seconds_);
      sink_.background(b, background);
    }
    return background;
  }

  void process_block(const BackgroundBlock& block, const Image<std::uint16_t>& background) {
    const int batch = batch_size();
    for (int first = block.first; first <= block.last; first += batch) {
      const int count = std::min(batch, block.last - first + 1);
      std::vector<SparseFrame> sparse(static_cast<std::size_t>(count));
      {
        const Stopwatch watch(frame_seconds_);
        tbb::parallel_for(0, count, [&](int i) {
          check_cancelled();
          sparse[static_cast<std::size_t>(i)] = process_frame(first + i, background);
        });
      }
      for (SparseFrame& frame : sparse) segment(std::move(frame));
      progress_.advance(count);
    }
  }

  SparseFrame process_frame(int k, const Image<std::uint16_t>& background) {
    const auto held = held_.find(k);
    if (held == held_.end()) return SparseFrame{.frame = k, .runs = {}, .values = {}, .saturated = {}};
    const ImageView<const std::uint16_t> frame = held->second.pixels;
    const Config& config = setup_.config;
    const Image<std::uint8_t>& bad_pixels = setup_.scan->bad_pixels;
    const std::int32_t offset = frame_offset(frame, background, bad_pixels, setup_.excluded, config.background);
    tally_.frame_offset(k, offset);
    Image<std::uint16_t> residual(setup_.height(), setup_.width());
    Image<std::uint16_t> denoised(setup_.height(), setup_.width());
    subtract_background(frame, background, offset, bad_pixels, setup_.excluded, residual);
    denoiser_.apply(residual, denoised);
    SparseFrame sparse = threshold_frame(denoised, k, lowest_level(config.segment), held->second.saturated);
    const bool single = config.segment.method == SegmentMethod::kSingle;
    check_fill(sparse.values.size(), denoised, k, lowest_level(config.segment), single ? "seed" : "grow_min",
               config.segment.max_fill);
    return sparse;
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
      const auto largest = tracker_.largest_open();
      fail(
          "frame {}: blobs that are still open fill the {} MiB of memory set aside for them; the largest spans frames "
          "{} to {} with {} "
          "voxels: raise segment.grow_min, or run.memory",
          k, need_.open_blobs >> 20, largest.first_frame, largest.last_frame, largest.voxels);
    }
  }

  void measure(std::vector<Island>& islands) {
    std::vector<std::vector<MeasuredBlob>> measured(islands.size());
    {
      const Stopwatch watch(measure_seconds_);
      tbb::parallel_for(std::size_t{0}, islands.size(), [&](std::size_t i) {
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
  Denoiser denoiser_;
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
  // A batch of frames being read, with their raw chunks, and one being denoised: residual, denoised and its padded
  // copy.
  const std::uint64_t fixed = need.window + batch * pixels * (4 + 6) + 8 * pixels + (std::uint64_t{64} << 20);
  need.open_blobs = kOpenBlobs;
  const Auto<std::int64_t>& given = setup.config.run.memory;
  if (!given.is_auto()) {
    const auto memory = static_cast<std::uint64_t>(given.value());
    constexpr std::uint64_t kLeastOpenBlobs = std::uint64_t{32} << 20;
    if (memory < fixed + kLeastOpenBlobs) {
      fail_usage(
          "run.memory = {} MiB is too little: {} MiB are needed, {} MiB of them for the {} frames of the background's "
          "window; raise it, or "
          "make background.half_window smaller or background.stride larger",
          memory >> 20, ((fixed + kLeastOpenBlobs) >> 20) + 1, need.window >> 20, plan.most_frames);
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
