// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/base/image_pool.h"

#include <cstdint>
#include <gtest/gtest.h>
#include <memory>
#include <set>
#include <thread>
#include <vector>

namespace dctprep {
namespace {

TEST(ImagePool, GivesImagesOfItsSizeAndTheSameOnesAgain) {
  ImagePool<std::uint16_t> pool(3, 5);
  const std::uint16_t* pixels = nullptr;
  {
    const auto first = pool.take(), second = pool.take();
    EXPECT_EQ(first->height(), 3);
    EXPECT_EQ(first->width(), 5);
    EXPECT_NE(first->data(), second->data());
    pixels = second->data();
  }
  const auto third = pool.take(), fourth = pool.take();
  EXPECT_TRUE(third->data() == pixels || fourth->data() == pixels);
}

TEST(ImagePool, TakesBackWhenItIsGone) {
  auto pool = std::make_unique<ImagePool<std::uint8_t>>(2, 2);
  const auto image = pool->take();
  pool.reset();
  image->fill(7);
  EXPECT_EQ((*image)(1, 1), 7);
}

TEST(ImagePool, NoTwoHoldOneImageAtATime) {
  ImagePool<std::uint32_t> pool(8, 8);
  std::vector<std::thread> threads;
  for (std::uint32_t t = 0; t < 4; ++t) {
    threads.emplace_back([&pool, t] {
      for (int round = 0; round < 500; ++round) {
        const auto image = pool.take();
        image->fill(t);
        for (const std::uint32_t pixel : image->pixels()) ASSERT_EQ(pixel, t);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::vector<std::shared_ptr<Image<std::uint32_t>>> held;
  std::set<const std::uint32_t*> places;
  for (int i = 0; i < 4; ++i) places.insert(held.emplace_back(pool.take())->data());
  EXPECT_EQ(places.size(), 4u);
}

}  // namespace
}  // namespace dctprep
