// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/kernels/label_range.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <random>
#include <vector>

#include "dctprep/kernels/on_every_target_test.h"

namespace dctprep {
namespace {

TEST(LabelRange, IsThatOfTheLabelsOneByOne) {
  on_every_target([](const char* target) {
    std::mt19937 random(3);
    for (int round = 0; round < 2000; ++round) {
      const auto n = static_cast<std::size_t>(random() % 10);
      const int with_label = static_cast<int>(random() % 4);  // of 4 places
      const std::int32_t most = round % 2 ? 3 : 2147483647;
      std::vector<std::int32_t> labels(200);
      for (auto& label : labels) {
        const bool has = static_cast<int>(random() % 4) < with_label;
        label = has ? std::uniform_int_distribution<std::int32_t>(0, most)(random) : kNoLabel;
      }
      std::vector<std::ptrdiff_t> rows;
      std::vector<std::int32_t> seen;
      for (std::size_t i = 0; i < n; ++i) {
        rows.push_back(static_cast<std::ptrdiff_t>(random() % 196) - 100);
        for (std::ptrdiff_t k = 0; k < 3; ++k) {
          const std::int32_t label = labels[static_cast<std::size_t>(100 + rows.back() + k)];
          if (label != kNoLabel) seen.push_back(label);
        }
      }
      const LabelRange range = label_range(labels.data() + 100, rows.data(), n);
      EXPECT_EQ(range.lowest, seen.empty() ? kNoLabel : *std::min_element(seen.begin(), seen.end())) << target;
      EXPECT_EQ(range.highest, seen.empty() ? kNoLabel : *std::max_element(seen.begin(), seen.end())) << target;
    }
  });
}

TEST(LabelRange, IsThatOfTheNewNamesAfterRenaming) {
  on_every_target([](const char* target) {
    std::mt19937 random(4);
    for (int round = 0; round < 2000; ++round) {
      // Behind a name for kNoLabel. Rows lie apart.
      std::vector<std::int32_t> names{kNoLabel};
      for (int i = 0; i < 50; ++i) names.push_back(static_cast<std::int32_t>(random() % 50));
      std::vector<std::int32_t> labels(90);
      for (auto& label : labels) label = static_cast<std::int32_t>(random() % 51) - 1;
      std::vector<std::ptrdiff_t> rows;
      for (std::ptrdiff_t row = -40; row <= 40; row += 4 + static_cast<std::ptrdiff_t>(random() % 9))
        rows.push_back(row);
      std::vector<std::int32_t> expected = labels;
      LabelRange range;
      for (const std::ptrdiff_t row : rows) {
        for (std::ptrdiff_t k = 0; k < 4; ++k) {
          std::int32_t& label = expected[static_cast<std::size_t>(45 + row + k)];
          label = names[static_cast<std::size_t>(label + 1)];
          if (label == kNoLabel || k == 3) continue;
          range.lowest = range.lowest == kNoLabel ? label : std::min(range.lowest, label);
          range.highest = std::max(range.highest, label);
        }
      }
      const LabelRange got = rename_labels(labels.data() + 45, rows.data(), rows.size(), names.data() + 1);
      EXPECT_EQ(got.lowest, range.lowest) << target;
      EXPECT_EQ(got.highest, range.highest) << target;
      EXPECT_EQ(labels, expected) << target;
    }
  });
}

}  // namespace
}  // namespace dctprep
