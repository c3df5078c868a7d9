// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/core/scan_identity.h"

#include <gtest/gtest.h>

#include "dctprep/testing/memory_frames.h"

namespace dctprep {
namespace {

std::shared_ptr<testing::MemoryFrames> frames_of(int count, int height = 2, int width = 3) {
  std::vector<Image<std::uint16_t>> stack;
  for (int k = 0; k < count; ++k) {
    stack.emplace_back(height, width);
    for (std::size_t i = 0; i < stack.back().size(); ++i)
      stack.back().data()[i] = static_cast<std::uint16_t>(1000 * k + 7 * static_cast<int>(i));
  }
  return std::make_shared<testing::MemoryFrames>(std::move(stack));
}

std::vector<int> numbers(const FrameSource& frames) {
  std::vector<int> list;
  for (const FrameChecksum& one : scan_checksums(frames)) list.push_back(one.frame);
  return list;
}

TEST(ScanIdentity, IsTheChecksumOfZlibOverLittleEndianPixels) {
  // zlib.crc32((1000 * k + 7 * np.arange(6)).astype('<u2').tobytes()) for k = 0, 5, 9
  EXPECT_EQ(scan_checksums(*frames_of(10)),
            (std::vector<FrameChecksum>{{0, 0x7bfec34au}, {5, 0x840c35eeu}, {9, 0x63598cb7u}}));
}

TEST(ScanIdentity, LooksAtFramesThatCanBeRead) {
  EXPECT_EQ(numbers(*frames_of(1)), (std::vector<int>{0}));
  EXPECT_EQ(numbers(*frames_of(2)), (std::vector<int>{0, 1}));
  EXPECT_EQ(numbers(*frames_of(3)), (std::vector<int>{0, 1, 2}));
  const auto holes = frames_of(10);
  for (const int k : {0, 1, 5, 8, 9}) holes->break_frame(k, BadFrameCause::kMissing);
  EXPECT_EQ(numbers(*holes), (std::vector<int>{2, 6, 7}));
  const auto none = frames_of(3);
  for (const int k : {0, 1, 2}) none->break_frame(k, BadFrameCause::kUnreadable);
  EXPECT_TRUE(scan_checksums(*none).empty());
}

TEST(ScanIdentity, OtherPixelsAreAnotherScan) {
  const auto frames = frames_of(10);
  const auto known = scan_checksums(*frames);
  EXPECT_EQ(checksum_problem(*frames, known), std::nullopt);
  EXPECT_EQ(checksum_problem(*frames, {}), std::nullopt);
  auto other = known;
  other[1].crc32 ^= 1;
  EXPECT_NE(checksum_problem(*frames, other)->find("its frame 5 are others"), std::string::npos);
  EXPECT_EQ(checksum_problem(*frames_of(4), known), "it has no frame 5");
  frames->break_frame(9, BadFrameCause::kMissing);
  EXPECT_EQ(checksum_problem(*frames, known), "its frame 9 cannot be read (broken by the test)");
}

}  // namespace
}  // namespace dctprep
