// SPDX-License-Identifier: BSD-3-Clause
// The second half of the chain that is obviously right: it waits for the whole volume and floods it, level by level
// (reference_segment.h). It shares with SpotMaker only the measuring of a blob.
#pragma once

#include <cstdint>
#include <vector>

#include "dctprep/pipeline/product.h"
#include "dctprep/pipeline/tally.h"

namespace dctprep {

class ReferenceSpotMaker final : public ProductSink {
 public:
  // As of SpotMaker.
  ReferenceSpotMaker(const RunPlan& plan, const FrameBoxes* boxes, ResultSink& sink);

  void block(BlockProduct product) override;
  void frames(std::vector<FrameProduct> products) override;
  void transmission(int k, Image<float> image) override { sink_.transmission(k, image); }
  int needs_from(int) override { return 0; }

  RunReport finish(Timing producer);

 private:
  using Stack = std::vector<Image<std::uint16_t>>;
  class ClaimedBoxes;

  const RunPlan& plan_;
  const FrameBoxes* boxes_;
  ResultSink& sink_;
  Tally tally_;
  std::vector<FrameProduct> products_;
};

}  // namespace dctprep
