// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/pipeline/queued.h"

#include <memory>

namespace dctprep {

void Queued::run(FrameProducer& producer) {
  try {
    producer.produce(*this);
  } catch (...) {
    chain_.finish();
    throw;
  }
  chain_.finish();
}

void Queued::block(BlockProduct product) {
  chain_.add([this, product] { sink_.block(product); });
}

void Queued::frames(std::vector<FrameProduct> products) {
  handed_.emplace_back(products.front().frame(), chain_.added() + 1);
  const auto shared = std::make_shared<std::vector<FrameProduct>>(std::move(products));
  chain_.add([this, shared] { sink_.frames(std::move(*shared)); });
}

void Queued::transmission(int k, Image<float> image) {
  const auto shared = std::make_shared<Image<float>>(std::move(image));
  chain_.add([this, k, shared] { sink_.transmission(k, std::move(*shared)); });
}

int Queued::needs_from(int done) {
  std::size_t jobs = 0;
  while (!handed_.empty() && handed_.front().first < done) {
    jobs = handed_.front().second;
    handed_.pop_front();
  }
  if (jobs > 0) chain_.wait_for(jobs);
  return sink_.needs_from(done);
}

}  // namespace dctprep
