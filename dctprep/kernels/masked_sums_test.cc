// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/kernels/masked_sums.h"

#include <gtest/gtest.h>
#include <random>
#include <vector>

#include "dctprep/kernels/on_every_target_test.h"

namespace dctprep {
namespace {

TEST(AddZones, EqualsAddingOneByOne) {
  on_every_target([](const char* target) {
    std::mt19937 random(7);
    for (const std::size_t width : {0, 1, 7, 8, 16, 33, 100, 9000, 65535}) {
      // The largest that there are, and any.
      for (const bool most : {false, true}) {
        std::vector<std::uint16_t> light(width), background(width);
        const std::int32_t offset = most ? -131071 : static_cast<std::int32_t>(random() % 131072) - 65536;
        std::vector<std::uint8_t> zone(width), claimed(width);
        std::vector<std::int32_t> column_n(width, 3), column_r(width, -4), column_j(width, 5);
        for (std::size_t i = 0; i < width; ++i) {
          light[i] = most ? 65535 : static_cast<std::uint16_t>(random());
          background[i] = most ? 0 : static_cast<std::uint16_t>(random());
          zone[i] = most ? kZoneInside : static_cast<std::uint8_t>(random() % 4);
          claimed[i] = most ? 0 : random() % 3 == 0;
        }
        ZoneSums inside{1, 2, 3}, ring{4, 5, 6};
        add_zones({light.data(), background.data(), offset, zone.data(), claimed.data()}, width, inside, ring,
                  {column_n.data(), column_r.data(), column_j.data()});
        ZoneSums expected_inside{1, 2, 3}, expected_ring{4, 5, 6};
        for (std::size_t i = 0; i < width; ++i) {
          const bool is_inside = claimed[i] == 0 && zone[i] == kZoneInside;
          const bool is_ring = claimed[i] == 0 && zone[i] == kZoneRing;
          const std::int32_t residual = light[i] - background[i] - offset;
          ZoneSums& sums = is_inside ? expected_inside : expected_ring;
          if (is_inside || is_ring) ++sums.count, sums.residual += residual, sums.corrected += light[i];
          ASSERT_EQ(column_n[i], 3 + is_inside) << target;
          ASSERT_EQ(column_r[i], -4 + (is_inside ? residual : 0)) << target;
          ASSERT_EQ(column_j[i], 5 + (is_inside ? light[i] : 0)) << target;
        }
        const auto expect_same = [&](const ZoneSums& a, const ZoneSums& b) {
          EXPECT_EQ(a.count, b.count) << target << " " << width;
          EXPECT_EQ(a.residual, b.residual) << target << " " << width;
          EXPECT_EQ(a.corrected, b.corrected) << target << " " << width;
        };
        expect_same(inside, expected_inside);
        expect_same(ring, expected_ring);
      }
    }
  });
}

}  // namespace
}  // namespace dctprep
