// SPDX-License-Identifier: BSD-3-Clause
// A sink that works beside the producer which feeds it.
#pragma once

#include <cstddef>
#include <deque>
#include <utility>

#include "dctprep/pipeline/product.h"
#include "dctprep/pipeline/serial_chain.h"

namespace dctprep {

// Calls that wait for their turn, at most.
inline constexpr std::size_t kBatchesWaiting = 8;

// Stands in front of another sink and hands every call on, in order, on whichever core is free.
class Queued final : public ProductSink {
 public:
  explicit Queued(ProductSink& sink) : sink_(sink), chain_(kBatchesWaiting) {}

  // Runs the producer to its end and waits for the sink. An error of an earlier frame, which the sink has not come to
  // yet, goes before one of the producer: the same on any number of threads.
  void run(FrameProducer& producer);

  void block(BlockProduct product) override;
  void frames(std::vector<FrameProduct> products) override;
  void transmission(int k, Image<float> image) override;
  int needs_from(int done) override;

 private:
  ProductSink& sink_;
  // Of calls with frames that may not have been made yet: the first frame, and how many calls there are with it.
  std::deque<std::pair<int, std::size_t>> handed_;
  SerialChain chain_;  // the last member: it ends before what its jobs use
};

}  // namespace dctprep
