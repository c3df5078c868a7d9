// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/pipeline/memory_products.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "dctprep/base/assert.h"
#include "dctprep/base/cancel.h"
#include "dctprep/pipeline/cpu_producer.h"
#include "dctprep/pipeline/queued.h"
#include "dctprep/pipeline/spot_maker.h"
#include "dctprep/pipeline/used_threads.h"

namespace dctprep {

namespace {

std::uint64_t bytes_of(const FrameProduct& product) {
  const SparseFrame& frame = product.sparse;
  return sizeof(FrameProduct) + frame.runs.capacity() * sizeof(Run) + frame.saturated.capacity() * 4 +
         (frame.values.capacity() + product.counts.capacity()) * 2;
}

// Hands over copies.
class MemoryProducer final : public FrameProducer {
 public:
  explicit MemoryProducer(const MemoryProducts& products) : products_(products) {}
  void produce(ProductSink& sink) override {
    const std::vector<FrameProduct>& all = products_.all();
    const auto batch = static_cast<std::size_t>(frames_a_batch());
    for (std::size_t first = 0; first < all.size(); first += batch) {
      check_cancelled();
      const auto begin = all.begin() + static_cast<std::ptrdiff_t>(first);
      sink.frames({begin, begin + static_cast<std::ptrdiff_t>(std::min(batch, all.size() - first))});
    }
  }
  Timing timing() const override { return {}; }

 private:
  const MemoryProducts& products_;
};

}  // namespace

void MemoryProducts::frames(std::vector<FrameProduct> products) {
  if (!complete_) return;
  for (const FrameProduct& product : products) bytes_ += bytes_of(product);
  if (bytes_ > most_) {
    complete_ = false;
    frames_ = {};
    return;
  }
  std::ranges::move(products, std::back_inserter(frames_));
}

void make_products(const RunPlan& plan, const FrameSource& source, ProductSink& products, Progress& progress) {
  const UsedThreads used(plan.config.run);
  const BlockRange all = all_blocks(plan);
  const MemoryNeed need = within_memory(CpuProducer::memory(plan, all, false), plan.config.run.memory);
  CpuProducer producer(plan, source, all, false, need, progress);
  Queued(products).run(producer);
}

RunReport spots_of_products(const RunPlan& plan, const MemoryProducts& products, ResultSink& sink) {
  DCTPREP_ASSERT(products.complete() && !plan.config.spots.photometry);
  return run_with(plan, "", sink, [&](ResultSink& warned) {
    SpotMaker maker(plan, nullptr, within_memory(SpotMaker::memory(plan), plan.config.run.memory), warned);
    MemoryProducer producer(products);
    Queued(maker).run(producer);
    return maker.finish({});
  });
}

}  // namespace dctprep
