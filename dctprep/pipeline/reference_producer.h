// SPDX-License-Identifier: BSD-3-Clause
// The first half of the chain that is obviously right: every stage as docs/specification.md words it, whole stack in
// memory, serial, pixel by pixel, no thought of speed. Every other producer is judged by it.
#pragma once

#include <memory>
#include <vector>

#include "dctprep/base/progress.h"
#include "dctprep/pipeline/product.h"

namespace dctprep {

class ReferenceProducer final : public FrameProducer {
 public:
  // Of the blocks `range`, at least one. Plan and source must outlive it.
  ReferenceProducer(const RunPlan& plan, const FrameSource& source, BlockRange range, Progress& progress);
  ~ReferenceProducer() override;

  void produce(ProductSink& sink) override;
  const FrameBoxes* boxes() const override;
  Timing timing() const override { return {}; }

 private:
  class WholeStack;

  const RunPlan& plan_;
  const FrameSource& source_;
  const BlockRange range_;
  Progress& progress_;
  std::unique_ptr<WholeStack> stack_;
};

}  // namespace dctprep
