// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/pipeline/read_ahead.h"

#include <atomic>
#include <chrono>
#include <gtest/gtest.h>

#include "dctprep/base/error.h"

namespace dctprep {
namespace {

// Notes what is fetched; some frames cannot be.
class FetchedFrames final : public FrameSource {
 public:
  int frames() const override { return 100; }
  int height() const override { return 1; }
  int width() const override { return 1; }
  int type_max() const override { return 65535; }
  std::optional<FrameFault> read(int, ImageView<std::uint16_t>, ImageView<std::uint8_t>, PixelChanges*) const override {
    return {};
  }
  std::string frame_name(int) const override { return ""; }
  void prefetch(int k) const override {
    {
      const std::lock_guard lock(mutex_);
      fetched_.push_back(k);
    }
    changed_.notify_all();
    if (k % 7 == 3) fail("broken");
  }

  // Once there are `count` of them, or after a while.
  std::vector<int> wait_for(std::size_t count) const {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::seconds(20), [&] { return fetched_.size() >= count; });
    return fetched_;
  }

 private:
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  mutable std::vector<int> fetched_;
};

TEST(ReadAhead, FetchesInOrderAsFarAsThereIsRoom) {
  const FetchedFrames frames;
  ReadAhead ahead(frames, 4);
  ahead.expect({5, 6, 7});
  ahead.expect({8, 10, 9, 20});
  EXPECT_EQ(frames.wait_for(4), (std::vector<int>{5, 6, 7, 8}));
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_EQ(frames.wait_for(4).size(), 4u);  // no more before one of these is read
  ahead.begun(6);
  EXPECT_EQ(frames.wait_for(5), (std::vector<int>{5, 6, 7, 8, 10}));
  // A frame that is read before its turn is not fetched any more.
  ahead.begun(9);
  for (const int k : {5, 7, 8}) ahead.begun(k);
  EXPECT_EQ(frames.wait_for(6), (std::vector<int>{5, 6, 7, 8, 10, 20}));
  ahead.begun(10);
  ahead.begun(20);
  ahead.begun(77);  // never expected
}

TEST(ReadAhead, EndsWithFramesStillExpected) {
  const FetchedFrames frames;
  for (int round = 0; round < 50; ++round) {
    ReadAhead ahead(frames, 2);
    ahead.expect({1, 2, 3, 4, 5});
    if (round % 2) ahead.begun(1);
  }
}

}  // namespace
}  // namespace dctprep
