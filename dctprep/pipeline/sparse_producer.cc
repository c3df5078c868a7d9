// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/pipeline/sparse_producer.h"

#include <algorithm>
#include <utility>

#include "dctprep/base/cancel.h"
#include "dctprep/base/error.h"
#include "dctprep/base/rehearsal.h"
#include "dctprep/pipeline/parallel.h"
#include "dctprep/pipeline/queued.h"
#include "dctprep/pipeline/stopwatch.h"

namespace dctprep {

namespace {

// Batches that may wait to be taken in before those that come are waited for.
constexpr int kBatchesAhead = 3;

// Frames that boxes may be asked of at a time, with those that wait to be taken in.
int most_held(const RunPlan& plan) {
  const int waiting = (kBatchesAhead + 2) * frames_a_batch();
  return std::min(plan.frames, boxes_reach(plan) + boxes_kept_start(plan) + waiting);
}

}  // namespace

SparseProducer::SparseProducer(const RunPlan& plan, SharedPlan stored, std::vector<SparsePart> parts,
                               const FrameSource* source, const MemoryNeed& need, Progress& progress)
    : plan_(plan),
      stored_(std::move(stored)),
      parts_(std::move(parts)),
      progress_(progress),
      own_(frames_of(plan, {parts_.front().blocks.first, parts_.back().blocks.end})),
      image_pool_(plan.height, plan.width),
      oldest_held_(own_.first) {
  if (!plan.scale.empty()) noise_levels_ = std::make_unique<NoiseLevels>(plan, 0);
  if (source == nullptr) return;
  frames_ = std::make_unique<HeldFrames>(plan, *source, static_cast<std::size_t>(most_held(plan)), need.listed);
  boxes_ = std::make_unique<HeldBoxes>(plan, own_);
}

MemoryNeed SparseProducer::memory(const RunPlan& plan, bool with_source) {
  const std::uint64_t pixels = plan.pixels();
  MemoryNeed need;
  need.pixels = pixels;
  // Backgrounds being read and waiting, chunks of columns, dark and masks.
  need.total = (4 + kBatchesWaiting) * pixels * 2 + 8 * pixels + (std::uint64_t{32} << 20) +
               (plan.scale.empty() ? 0 : block_noise_bytes(pixels));
  if (!with_source) return need;
  const auto frames = static_cast<std::uint64_t>(most_held(plan));
  const int block_frames = std::max(1, 2 * plan.config.background.half_step);
  need.window_frames = static_cast<int>(frames);
  need.window = HeldFrames::bytes(plan, frames);
  need.total += need.window + HeldFrames::kMostReferences * pixels + threads_allowed() * pixels * 4 +
                HeldBoxes::bytes({0, plan.frames}) +
                (frames / static_cast<std::uint64_t>(block_frames) + 2) * pixels * 2;
  need.listed = HeldFrames::listed_bytes(plan, frames);
  return need;
}

Timing SparseProducer::timing() const {
  Timing timing{{"sparse", seconds_}};
  if (frames_) timing.emplace_back("read", frames_->seconds());
  return timing;
}

void SparseProducer::produce(ProductSink& sink) {
  // Whoever listed the parts has opened each, tried out in a child first. Not again beside threads: what one of them
  // holds at that moment stays locked in the child.
  const hdf5::rehearsal::Passed tried_out;
  for (const SparsePart& part : parts_) {
    SparseFile file(part.path, stored_);
    if (plan_.config.beam.transmission && file.holds_transmission()) {
      for (int k = file.frames().first; k < file.frames().end; ++k) sink.transmission(k, file.transmission(k));
    }
    for (std::size_t b = part.blocks.first; b < part.blocks.end; ++b) produce_block(file, b, sink);
  }
}

void SparseProducer::produce_block(SparseFile& file, std::size_t b, ProductSink& sink) {
  const BackgroundBlock& block = plan_.blocks[b];
  std::shared_ptr<const Image<std::uint16_t>> background;
  BlockNoise noise;
  {
    const Stopwatch watch(seconds_);
    background = std::make_shared<const Image<std::uint16_t>>(file.background(b));
    if (noise_levels_) noise = noise_levels_->over(*background, image_pool_);
  }
  sink.block({b, background});
  const int batch = frames_a_batch();
  for (int first = block.first; first <= block.last; first += batch) {
    check_cancelled();
    std::vector<FrameProduct> products;
    {
      const Stopwatch watch(seconds_);
      for (int k = first; k <= std::min(block.last, first + batch - 1); ++k) products.push_back(file.frame(k));
    }
    if (noise_levels_) {
      parallel_in_order(products.size(), [&](std::size_t i) {
        const Stopwatch watch(seconds_);
        SparseFrame& sparse = products[i].sparse;
        products[i].counts = sparse.values;
        scale_values(plan_, noise, sparse);
      });
    }
    if (frames_) read_frames(products, background, plan_.config.beam.transmission && !file.holds_transmission(), sink);
    const int count = static_cast<int>(products.size());
    sink.frames(std::move(products));
    progress_.advance(count);
    if (frames_) let_go(first - kBatchesAhead * batch, sink);
  }
}

void SparseProducer::read_frames(const std::vector<FrameProduct>& products,
                                 const std::shared_ptr<const Image<std::uint16_t>>& background, bool with_transmission,
                                 ProductSink& sink) {
  std::vector<int> wanted;
  for (const FrameProduct& product : products) {
    const int k = product.frame();
    if (!product.facts.bad) {
      wanted.push_back(k);
      continue;
    }
    boxes_->bad(k);
    if (with_transmission) sink.transmission(k, no_transmission(plan_));
  }
  std::vector<CorrectedFrame> corrected = frames_->read(wanted);
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const int k = wanted[i];
    const FrameFacts& before = products[static_cast<std::size_t>(k - products.front().frame())].facts;
    const FrameFacts& now = corrected[i].facts;
    if (now.bad) fail("frame {} was good when its spots were looked for, and is not now: {}", k, now.fault);
    if (now.factor != before.factor)
      fail("frame {} is another one than when its spots were looked for: its beam factor is {:.6g}, it was {:.6g}", k,
           now.factor, before.factor);
    boxes_->hold(k, *frames_->find(k)->pixels, now.factor);
    boxes_->subtract(k, background, before.offset);
    if (with_transmission) sink.transmission(k, std::move(corrected[i].transmission));
  }
  if (wanted.empty()) return;
  frames_->renew_reference(*background);
  frames_->check_listed(wanted.front(), wanted.back());
}

void SparseProducer::let_go(int done, ProductSink& sink) {
  const int oldest = std::min(sink.needs_from(done), done);
  boxes_->forget_backgrounds(oldest);
  for (; oldest_held_ < oldest; ++oldest_held_) {
    if (oldest_held_ < boxes_kept_start(plan_) || frames_->find(oldest_held_) == nullptr) continue;
    boxes_->release(oldest_held_);
    frames_->drop(oldest_held_);
  }
}

}  // namespace dctprep
