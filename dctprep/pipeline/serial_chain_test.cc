// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/pipeline/serial_chain.h"

#include <atomic>
#include <gtest/gtest.h>
#include <numeric>
#include <stdexcept>
#include <string>
#include <tbb/global_control.h>
#include <tbb/parallel_for.h>
#include <vector>

namespace dctprep {
namespace {

TEST(SerialChain, KeepsTheOrderOnAnyNumberOfThreads) {
  for (const std::size_t threads : {1, 2, 4}) {
    const tbb::global_control limit(tbb::global_control::max_allowed_parallelism, threads);
    for (const std::size_t most : {0, 1, 10, 1000}) {
      std::vector<int> done, expected(200);
      std::iota(expected.begin(), expected.end(), 0);
      SerialChain chain(most);
      for (int i = 0; i < 200; ++i) {
        chain.add([&done, i] { done.push_back(i); });
        tbb::parallel_for(0, 4, [](int) {});
      }
      chain.finish();
      EXPECT_EQ(done, expected);
    }
  }
}

TEST(SerialChain, WaitsForTheFirstSoMany) {
  for (const std::size_t most : {1, 1000}) {
    std::atomic<std::size_t> done = 0;
    SerialChain chain(most);
    chain.wait_for(0);
    for (std::size_t i = 0; i < 50; ++i) {
      chain.add([&done] { ++done; });
      EXPECT_EQ(chain.added(), i + 1);
      if (i % 7 != 0) continue;
      chain.wait_for(i / 2);
      EXPECT_GE(done, i / 2);
    }
    // Whichever comes after the job.
    const auto add_and_wait = [&] {
      chain.add([] { throw std::runtime_error("last"); });
      chain.wait_for(51);
    };
    EXPECT_THROW(add_and_wait(), std::runtime_error);
  }
}

TEST(SerialChain, StopsAtTheFirstErrorAndThrowsIt) {
  for (const std::size_t most : {0, 3, 100}) {
    std::vector<int> done;
    SerialChain chain(most);
    std::string error;
    try {
      for (int i = 0; i < 20; ++i) {
        chain.add([&done, i] {
          if (i == 5) throw std::runtime_error("five");
          if (i == 9) throw std::runtime_error("nine");
          done.push_back(i);
        });
      }
      chain.finish();
    } catch (const std::runtime_error& thrown) {
      error = thrown.what();
    }
    EXPECT_EQ(error, "five");
    EXPECT_THROW(chain.finish(), std::runtime_error);
    EXPECT_EQ(done, (std::vector<int>{0, 1, 2, 3, 4}));
  }
}

TEST(SerialChain, DropsWhatHasNotBegunWhenItEnds) {
  const tbb::global_control limit(tbb::global_control::max_allowed_parallelism, 1);
  int done = 0;
  {
    SerialChain chain(100);
    for (int i = 0; i < 10; ++i) chain.add([&] { ++done; });
  }
  EXPECT_EQ(done, 0);
}

}  // namespace
}  // namespace dctprep
