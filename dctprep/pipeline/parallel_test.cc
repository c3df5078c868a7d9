// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/pipeline/parallel.h"

#include <atomic>
#include <gtest/gtest.h>
#include <stdexcept>
#include <string>

namespace dctprep {
namespace {

TEST(ParallelInOrder, CallsAllAndRethrowsTheFirst) {
  for (int round = 0; round < 50; ++round) {
    std::atomic<int> calls{0};
    try {
      parallel_in_order(100, [&](std::size_t i) {
        ++calls;
        if (i == 17 || i == 18 || i == 99) throw std::runtime_error(std::to_string(i));
      });
      FAIL();
    } catch (const std::runtime_error& error) {
      EXPECT_STREQ(error.what(), "17");
    }
    EXPECT_EQ(calls, 100);
  }
  parallel_in_order(0, [](std::size_t) { FAIL(); });
}

}  // namespace
}  // namespace dctprep
