// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/pipeline/executors.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "dctprep/pipeline/cpu_producer.h"
#include "dctprep/pipeline/queued.h"
#include "dctprep/pipeline/reference_producer.h"
#include "dctprep/pipeline/reference_spot_maker.h"
#include "dctprep/pipeline/spot_maker.h"

namespace dctprep {

namespace {

// Hands everything to one sink first, then to another, a maker of spots.
class Both final : public ProductSink {
 public:
  Both(ProductSink& first, ProductSink& maker) : first_(first), maker_(maker) {}
  void block(BlockProduct product) override {
    first_.block(product);
    maker_.block(std::move(product));
  }
  void frames(std::vector<FrameProduct> products) override {
    first_.frames(products);
    maker_.frames(std::move(products));
  }
  void transmission(int k, Image<float> image) override {
    first_.transmission(k, image.clone());
    maker_.transmission(k, std::move(image));
  }
  int needs_from(int done) override { return maker_.needs_from(done); }

 private:
  ProductSink &first_, &maker_;
};

// Boxes of two producers, one after the other: of frames before `border`, and from there on.
class TwoBoxes final : public FrameBoxes {
 public:
  TwoBoxes(int border, const FrameBoxes& before, const FrameBoxes& after)
      : border_(border), before_(before), after_(after) {}
  bool read(int k, const Region& box, FrameBox& out) const override {
    return (k < border_ ? before_ : after_).read(k, box, out);
  }

 private:
  int border_;
  const FrameBoxes &before_, &after_;
};

// One producer, then another.
class TwoProducers final : public FrameProducer {
 public:
  TwoProducers(FrameProducer& before, FrameProducer& after) : before_(before), after_(after) {}
  void produce(ProductSink& sink) override {
    before_.produce(sink);
    after_.produce(sink);
  }
  Timing timing() const override {
    Timing timing = before_.timing();
    for (const auto& [stage, seconds] : after_.timing()) {
      const auto same = std::ranges::find(timing, stage, &Timing::value_type::first);
      if (same != timing.end())
        same->second += seconds;
      else
        timing.emplace_back(stage, seconds);
    }
    return timing;
  }

 private:
  FrameProducer &before_, &after_;
};

MemoryNeed settled(MemoryNeed need, const RunPlan& plan) {
  need = within_memory(need, plan.config.run.memory);
  log_memory(need);
  return need;
}

// Null where output.sparse is off.
std::unique_ptr<SparseWriter> sparse_writer(const RunPlan& plan, const SparseOutput& output) {
  if (!plan.config.output.sparse) return nullptr;
  return std::make_unique<SparseWriter>(plan, all_blocks(plan), output.path, output.overwrite);
}

}  // namespace

RunReport run_streaming(const RunPlan& plan, const FrameSource& source, const SparseOutput& output, ResultSink& sink,
                        Progress& progress) {
  const std::unique_ptr<SparseWriter> sparse = sparse_writer(plan, output);
  const BlockRange all = all_blocks(plan);
  const bool with_boxes = plan.config.spots.photometry;
  MemoryNeed need = CpuProducer::memory(plan, all, with_boxes);
  need += SpotMaker::memory(plan);
  if (sparse != nullptr) need += SparseWriter::memory(plan);
  need = settled(need, plan);
  CpuProducer producer(plan, source, all, with_boxes, need, progress);
  SpotMaker maker(plan, producer.boxes(), need, sink);
  progress.start("processing", plan.frames, "images");
  if (sparse == nullptr) {
    Queued(maker).run(producer);
  } else {
    Both both(*sparse, maker);
    Queued(both).run(producer);
    sparse->finish();
  }
  progress.finish();
  Timing timing = producer.timing();
  if (sparse != nullptr) timing.emplace_back("sparse", sparse->seconds());
  return maker.finish(std::move(timing));
}

RunReport run_resumed(const RunPlan& plan, const FrameSource& source, SharedPlan stored, std::vector<SparsePart> done,
                      const Checkpoint& checkpoint, const SparseOutput& output, ResultSink& sink, Progress& progress) {
  const std::unique_ptr<SparseWriter> sparse = sparse_writer(plan, output);
  const BlockRange rest{done.empty() ? 0 : done.back().blocks.end, plan.blocks.size()};
  const bool with_boxes = plan.config.spots.photometry;
  const FrameSource* again = with_boxes || plan.config.beam.transmission ? &source : nullptr;
  MemoryNeed need = SpotMaker::memory(plan);
  if (!done.empty()) need += SparseProducer::memory(plan, again != nullptr);
  if (rest.first < rest.end) {
    need += CpuProducer::memory(plan, rest, with_boxes);
    need += SparseWriter::memory(plan);
  }
  if (sparse != nullptr) need += SparseWriter::memory(plan);
  need = settled(need, plan);
  std::unique_ptr<SparseProducer> before;
  std::unique_ptr<CpuProducer> after;
  if (!done.empty()) before = std::make_unique<SparseProducer>(plan, stored, std::move(done), again, need, progress);
  if (rest.first < rest.end) after = std::make_unique<CpuProducer>(plan, source, rest, with_boxes, need, progress);
  std::optional<TwoBoxes> boxes;
  std::optional<TwoProducers> both;
  if (before && after) {
    both.emplace(*before, *after);
    if (with_boxes) boxes.emplace(plan.blocks[rest.first].first, *before->boxes(), *after->boxes());
  }
  FrameProducer& producer = both     ? static_cast<FrameProducer&>(*both)
                            : before ? static_cast<FrameProducer&>(*before)
                                     : static_cast<FrameProducer&>(*after);
  SpotMaker maker(plan, boxes ? &*boxes : producer.boxes(), need, sink);
  // From the last one up: to the checkpoint, to the file of sparse frames, to the maker.
  ProductSink* first = &maker;
  std::optional<Both> with_sparse, with_checkpoint;
  std::optional<CheckpointWriter> writer;
  if (sparse != nullptr) first = &with_sparse.emplace(*sparse, *first);
  if (after) first = &with_checkpoint.emplace(writer.emplace(stored, rest, checkpoint), *first);
  progress.start("processing", plan.frames, "images");
  Queued(*first).run(producer);
  if (sparse != nullptr) sparse->finish();
  progress.finish();
  Timing timing = producer.timing();
  double seconds = writer ? writer->seconds() : 0;
  if (sparse != nullptr) seconds += sparse->seconds();
  timing.emplace_back("keep", seconds);
  return maker.finish(std::move(timing));
}

RunReport run_reference(const RunPlan& plan, const FrameSource& source, ResultSink& sink, Progress& progress) {
  ReferenceProducer producer(plan, source, all_blocks(plan), progress);
  ReferenceSpotMaker maker(plan, producer.boxes(), sink);
  progress.start("processing (reference)", plan.frames, "images");
  producer.produce(maker);
  progress.finish();
  return maker.finish({});
}

void run_part(const RunPlan& plan, const FrameSource& source, BlockRange range, SparseWriter& sparse,
              Progress& progress) {
  MemoryNeed need = CpuProducer::memory(plan, range, false);
  need += SparseWriter::memory(plan);
  need = settled(need, plan);
  CpuProducer producer(plan, source, range, false, need, progress);
  progress.start("processing", frames_of(plan, range).count(), "images");
  Queued(sparse).run(producer);
  progress.finish();
  sparse.finish();
}

RunReport run_stored(const RunPlan& plan, SharedPlan stored, std::vector<SparsePart> parts, const FrameSource* source,
                     ResultSink& sink, Progress& progress) {
  MemoryNeed need = SparseProducer::memory(plan, source != nullptr);
  need += SpotMaker::memory(plan);
  need = settled(need, plan);
  SparseProducer producer(plan, std::move(stored), std::move(parts), source, need, progress);
  SpotMaker maker(plan, producer.boxes(), need, sink);
  progress.start("finding spots", plan.frames, "images");
  Queued(maker).run(producer);
  progress.finish();
  return maker.finish(producer.timing());
}

}  // namespace dctprep
