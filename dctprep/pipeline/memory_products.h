// SPDX-License-Identifier: BSD-3-Clause
// Products in memory: spots again and again from frames that were worked on once.
#pragma once

#include <cstdint>
#include <vector>

#include "dctprep/base/progress.h"
#include "dctprep/core/result_sink.h"
#include "dctprep/pipeline/product.h"
#include "dctprep/pipeline/run.h"

namespace dctprep {

// Keeps frames, not backgrounds, and lets go of everything where that would take more than `most` bytes.
class MemoryProducts final : public ProductSink {
 public:
  explicit MemoryProducts(std::uint64_t most) : most_(most) {}

  void block(BlockProduct) override {}
  void frames(std::vector<FrameProduct> products) override;
  void transmission(int, Image<float>) override {}
  int needs_from(int done) override { return done; }

  // False: they were too many, and none is held.
  bool complete() const { return complete_; }
  std::uint64_t bytes() const { return bytes_; }
  const std::vector<FrameProduct>& all() const { return frames_; }

 private:
  const std::uint64_t most_;
  std::uint64_t bytes_ = 0;
  bool complete_ = true;
  std::vector<FrameProduct> frames_;
};

// Works the whole scan of a plan into products down to plan.kept_level.
void make_products(const RunPlan& plan, const FrameSource& source, ProductSink& products, Progress& progress);

// Spots of products that are complete, by `plan`: that which they were made by, or one which differs in what the second
// half looks at, with levels no lower than were kept. It asks for neither photometry nor backgrounds nor transmission.
RunReport spots_of_products(const RunPlan& plan, const MemoryProducts& products, ResultSink& sink);

}  // namespace dctprep
