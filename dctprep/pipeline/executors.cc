// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/pipeline/executors.h"

#include <utility>

#include "dctprep/pipeline/cpu_producer.h"
#include "dctprep/pipeline/queued.h"
#include "dctprep/pipeline/reference_producer.h"
#include "dctprep/pipeline/reference_spot_maker.h"
#include "dctprep/pipeline/spot_maker.h"

namespace dctprep {

namespace {

// Hands everything to a file first, then to a maker of spots.
class WrittenToo final : public ProductSink {
 public:
  WrittenToo(SparseWriter& sparse, ProductSink& sink) : sparse_(sparse), sink_(sink) {}
  void block(BlockProduct product) override {
    sparse_.block(product);
    sink_.block(std::move(product));
  }
  void frames(std::vector<FrameProduct> products) override {
    sparse_.frames(products);
    sink_.frames(std::move(products));
  }
  void transmission(int k, Image<float> image) override {
    sparse_.transmission(k, image.clone());
    sink_.transmission(k, std::move(image));
  }
  int needs_from(int done) override { return sink_.needs_from(done); }

 private:
  SparseWriter& sparse_;
  ProductSink& sink_;
};

MemoryNeed settled(MemoryNeed need, const RunPlan& plan) {
  need = within_memory(need, plan.config.run.memory);
  log_memory(need);
  return need;
}

}  // namespace

RunReport run_streaming(const RunPlan& plan, const FrameSource& source, SparseWriter* sparse, ResultSink& sink,
                        Progress& progress) {
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
    WrittenToo both(*sparse, maker);
    Queued(both).run(producer);
    sparse->finish();
  }
  progress.finish();
  Timing timing = producer.timing();
  if (sparse != nullptr) timing.emplace_back("sparse", sparse->seconds());
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

RunReport run_stored(const RunPlan& plan, std::shared_ptr<const RunPlan> stored, std::vector<SparsePart> parts,
                     const FrameSource* source, ResultSink& sink, Progress& progress) {
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
