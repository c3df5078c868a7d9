// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/write/memory_sink.h"

#include <gtest/gtest.h>
#include <set>

#include "dctprep/write/random_result_test.h"

namespace dctprep {
namespace {

using testing::play;
using testing::random_result;

// The order by its words: picks the smallest of what is left, again and again, by counting voxels before the peak.
std::vector<std::uint32_t> plain_order(const std::vector<MemorySpot>& spots, const ResultHeader& h) {
  std::multiset<std::tuple<int, long long, std::uint32_t>> sorted;
  for (const MemorySpot& s : spots) {
    int frame = s.spot.peak_frame;
    while (frame >= h.frames) frame -= h.frames;
    const long long index = 1LL * frame * h.height * h.width + 1LL * s.spot.peak_v * h.width + s.spot.peak_u;
    sorted.insert({s.spot.frame_start, index, s.spot.area});
  }
  std::vector<std::uint32_t> areas;
  for (const auto& [start, index, area] : sorted) areas.push_back(area);
  return areas;
}

TEST(MemorySink, Orders_spots_whatever_order_they_come_in) {
  for (std::uint32_t seed = 0; seed < 40; ++seed) {
    MemoryResult result = random_result(seed, {.frames = 5, .height = 4, .width = 6, .spots = 50});
    MemorySink sink;
    play(result, sink);
    std::vector<std::uint32_t> areas;
    for (std::size_t i = 0; i < sink.result().spots.size(); ++i) {
      EXPECT_EQ(sink.result().spots[i].spot.id, i);
      areas.push_back(sink.result().spots[i].spot.area);
    }
    EXPECT_EQ(areas, plain_order(result.spots, result.header));
    std::reverse(result.spots.begin(), result.spots.end());
    std::reverse(result.rejected.begin(), result.rejected.end());
    MemorySink other;
    play(result, other);
    for (std::size_t i = 0; i < areas.size(); ++i)
      EXPECT_EQ(other.result().spots[i].voxels, sink.result().spots[i].voxels);
    for (std::size_t i = 0; i + 1 < result.rejected.size(); ++i) {
      EXPECT_LE(sink.result().rejected[i].frame_start, sink.result().rejected[i + 1].frame_start);
    }
  }
}

TEST(MemorySink, Linear_indices_do_not_overflow_on_the_largest_scans) {
  MemoryResult result = random_result(1, {.spots = 0, .rejected = 0, .blocks = 0});
  result.transmissions.clear();
  result.header.transmission = false;
  result.header.frames = 100000, result.header.height = result.header.width = 65535;
  for (const int frame : {99999, 70000, 100001, 3}) {
    MemorySpot spot;
    spot.spot.peak_frame = frame, spot.spot.peak_v = spot.spot.peak_u = 65534;
    result.spots.push_back(spot);
  }
  MemorySink sink;
  play(result, sink);
  std::vector<int> frames;
  for (const auto& spot : sink.result().spots) frames.push_back(spot.spot.peak_frame);
  EXPECT_EQ(frames, (std::vector<int>{100001, 3, 70000, 99999}));
}

TEST(MemorySink, Keeps_only_what_is_wanted) {
  MemoryResult result = random_result(2);
  result.header.voxels = result.header.images = result.header.rejected = false;
  result.header.save_background = result.header.transmission = false;
  MemorySink sink;
  play(result, sink);
  EXPECT_TRUE(sink.result().spots[0].voxels.empty() && sink.result().spots[0].image.empty());
  EXPECT_TRUE(sink.result().rejected.empty() && sink.result().backgrounds.empty() &&
              sink.result().transmissions.empty());
  EXPECT_EQ(sink.result().summary.rejected_count, result.summary.rejected_count);
}

}  // namespace
}  // namespace dctprep
