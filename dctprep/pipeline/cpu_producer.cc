// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/pipeline/cpu_producer.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "dctprep/base/assert.h"
#include "dctprep/base/cancel.h"
#include "dctprep/base/error.h"
#include "dctprep/base/log.h"
#include "dctprep/pipeline/parallel.h"
#include "dctprep/pipeline/queued.h"
#include "dctprep/pipeline/stopwatch.h"

namespace dctprep {

namespace {

ReadSchedule schedule_of(const RunPlan& plan, BlockRange range, bool with_boxes) {
  return schedule_reads(plan.blocks, range, plan.frames, plan.config.background, plan.wrap,
                        with_boxes ? boxes_reach(plan) : 0);
}

std::vector<int> without(const std::vector<int>& a, const std::vector<int>& b) {
  std::vector<int> rest;
  std::set_difference(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(rest));
  return rest;
}

// Most backgrounds that boxes are asked over beside those of the step at hand.
std::uint64_t backgrounds_of_boxes(const RunPlan& plan, const ReadSchedule& schedule) {
  const int reach = boxes_reach(plan), start = boxes_kept_start(plan);
  std::uint64_t most = 0;
  for (const ReadStep& step : schedule.steps) {
    const int first = plan.blocks[step.first_block].first;
    std::uint64_t held = 0;
    // Steps are held whole; that which the oldest frame is in began a step before at the earliest.
    for (const ReadStep& other : schedule.steps) {
      const int other_first = plan.blocks[other.first_block].first, other_last = plan.blocks[other.end_block - 1].last;
      const bool recent = other_first < first && other_last >= first - reach - (other_last - other_first + 1);
      if (recent || (other_first < start && other_first < first)) held += other.end_block - other.first_block;
    }
    most = std::max(most, held);
  }
  return most;
}

}  // namespace

CpuProducer::CpuProducer(const RunPlan& plan, const FrameSource& source, BlockRange range, bool with_boxes,
                         const MemoryNeed& need, Progress& progress)
    : plan_(plan),
      source_(source),
      progress_(progress),
      range_(range),
      own_(frames_of(plan, range)),
      schedule_(schedule_of(plan, range, with_boxes)),
      frame_pass_(plan),
      frames_(plan, source, static_cast<std::size_t>(schedule_.most_frames), need.listed),
      median_(plan.pixels()),
      image_pool_(plan.height, plan.width),
      byte_pool_(plan.height, plan.width),
      facts_(static_cast<std::size_t>(plan.frames)),
      seen_(static_cast<std::size_t>(plan.frames), 0) {
  if (with_boxes) boxes_ = std::make_unique<HeldBoxes>(plan, own_);
  if (!plan.scale.empty()) noise_levels_ = std::make_unique<NoiseLevels>(plan, frame_pass_.radius());
}

MemoryNeed CpuProducer::memory(const RunPlan& plan, BlockRange range, bool with_boxes) {
  const ReadSchedule schedule = schedule_of(plan, range, with_boxes);
  const std::uint64_t pixels = plan.pixels(), threads = threads_allowed();
  const auto frames = static_cast<std::uint64_t>(schedule.most_frames);
  std::size_t together = 1;
  for (const ReadStep& step : schedule.steps) together = std::max(together, step.end_block - step.first_block);
  MemoryNeed need;
  need.pixels = pixels;
  need.window_frames = schedule.most_frames;
  need.window = HeldFrames::bytes(plan, frames);
  // The ladders of the medians; the backgrounds of a step, those that wait to be taken in, and those that boxes are
  // asked over; one over each reference; a frame being read and its raw chunk on each thread; dark and masks.
  const std::uint64_t boxes =
      with_boxes ? backgrounds_of_boxes(plan, schedule) * pixels * 2 + HeldBoxes::bytes(frames_of(plan, range)) : 0;
  const std::uint64_t noise = plan.scale.empty() ? 0 : block_noise_bytes(pixels);
  need.total = need.window + WindowMedian::bytes(pixels) + boxes + (3 * together + kBatchesWaiting) * pixels * 2 +
               HeldFrames::kMostReferences * pixels + noise + threads * pixels * 4 + 8 * pixels;
  need.listed = HeldFrames::listed_bytes(plan, frames);
  return need;
}

Timing CpuProducer::timing() const {
  return {
      {"read", frames_.seconds()}, {"background", background_seconds_ + median_.seconds()}, {"frames", frame_seconds_}};
}

void CpuProducer::produce(ProductSink& sink) {
  frames_.expect(schedule_.steps.front().read);
  for (std::size_t n = 0; n < schedule_.steps.size(); ++n) {
    const ReadStep& step = schedule_.steps[n];
    read_frames(step.read, sink);
    if (n + 1 < schedule_.steps.size()) frames_.expect(schedule_.steps[n + 1].read);
    const Backgrounds backgrounds = make_backgrounds(step);
    for (std::size_t b = step.first_block; b < step.end_block; ++b) {
      const auto& background = backgrounds[b - step.first_block];
      sink.block({b, background});
      process_block(plan_.blocks[b], background, sink);
    }
    if (boxes_ && step.end_block < range_.end) {
      const int first = plan_.blocks[step.first_block].first;
      const int oldest = sink.needs_from(first);
      // The schedule drops nothing later than that.
      DCTPREP_ASSERT(oldest >= first - boxes_reach(plan_));
      boxes_->forget_backgrounds(std::min(oldest, first));
    }
    drop(step.drop);
    if (!window_.empty()) frames_.renew_reference(*backgrounds.back());
  }
  log_median_counters();
}

void CpuProducer::log_median_counters() const {
  const WindowMedian::Counters& counters = median_.counters();
  const double groups = std::max(1.0, static_cast<double>(counters.groups));
  log_info("moving median: {:.2f} % of it took a second look, {:.3f} % the whole window (the more, the slower)",
           100.0 * static_cast<double>(counters.moved) / groups,
           100.0 * static_cast<double>(counters.selected) / groups);
}

void CpuProducer::read_frames(const std::vector<int>& wanted, ProductSink& sink) {
  std::vector<CorrectedFrame> corrected = frames_.read(wanted);
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const int k = wanted[i];
    CorrectedFrame& frame = corrected[i];
    const bool is_own = own_.contains(k);
    if (seen_[static_cast<std::size_t>(k)] == 0) {
      note(k, frame.facts);
      if (is_own && !frame.transmission.empty()) sink.transmission(k, std::move(frame.transmission));
    }
    if (!boxes_ || !is_own) continue;
    if (is_bad(k))
      boxes_->bad(k);
    else
      boxes_->hold(k, *frames_.find(k)->pixels, frame.facts.factor);
  }
  if (!wanted.empty()) frames_.check_listed(wanted.front(), wanted.back());
}

void CpuProducer::note(int k, const FrameFacts& facts) {
  seen_[static_cast<std::size_t>(k)] = 1;
  ++seen_count_;
  facts_[static_cast<std::size_t>(k)] = facts;
  if (!facts.bad) return;
  bad_.push_back({k, *facts.bad, facts.fault});
  check_bad_frame_count(plan_, &source_, bad_, seen_count_ == plan_.frames);
}

void CpuProducer::drop(const std::vector<int>& frames) {
  for (const int k : frames) {
    if (boxes_ && own_.contains(k) && frames_.find(k) != nullptr) boxes_->release(k);
    frames_.drop(k);
  }
}

std::vector<int> CpuProducer::good_window(std::size_t b) const {
  const BackgroundBlock& block = plan_.blocks[b];
  std::vector<int> window = background_window(block.centre, block.sweep, plan_.config.background, plan_.wrap);
  std::erase_if(window, [&](int k) { return is_bad(k); });
  return window;
}

CpuProducer::Backgrounds CpuProducer::make_backgrounds(const ReadStep& step) {
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

void CpuProducer::advance_medians(const ReadStep& step, std::vector<MedianStep>& medians) {
  if (step.end_block == range_.end) {
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

void CpuProducer::process_block(const BackgroundBlock& block, const std::shared_ptr<const Image<std::uint16_t>>& image,
                                ProductSink& sink) {
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
            backgrounds.try_emplace(&reference, background, reference, plan_.excluded, byte_pool_);
        if (is_new && noise_levels_) added->second.raise_levels(noise.more);
      }
    }
  }
  for (int first = block.first; first <= block.last; first += batch) {
    const int count = std::min(batch, block.last - first + 1);
    std::vector<FrameProduct> products(static_cast<std::size_t>(count));
    parallel_in_order(products.size(), [&](std::size_t i) {
      check_cancelled();
      const Stopwatch watch(frame_seconds_);
      products[i] = process_frame(first + static_cast<int>(i), backgrounds, noise_levels_ ? &noise : nullptr);
    });
    if (boxes_) {
      for (const FrameProduct& product : products) boxes_->subtract(product.frame(), image, product.facts.offset);
    }
    sink.frames(std::move(products));
    progress_.advance(count);
  }
}

FrameProduct CpuProducer::process_frame(int k, const std::map<const FrameReference*, CompactBackground>& backgrounds,
                                        const BlockNoise* noise) {
  FrameFacts& facts = facts_[static_cast<std::size_t>(k)];
  FrameProduct product;
  product.sparse.frame = k;
  if (const HeldFrame* frame = frames_.find(k)) {
    const CompactBackground& background = backgrounds.at(frame->pixels->reference().get());
    product = frame_pass_.run(k, *frame->pixels, background, noise, frame->saturated);
    facts.offset = product.facts.offset;
  }
  product.facts = facts;
  return product;
}

}  // namespace dctprep
