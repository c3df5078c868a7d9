// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/read/image/natural_order.h"

#include <algorithm>
#include <gtest/gtest.h>

namespace dctprep {
namespace {

TEST(NaturalOrder, NumbersCountByValue) {
  std::vector<std::string> names{"im_10.edf", "im_9.edf", "im_0011.edf.gz", "im_.edf",
                                 "a2b10",     "a2b9",     "a10b1",          "im_1.edf"};
  std::sort(names.begin(), names.end(), natural_less);
  EXPECT_EQ(names, (std::vector<std::string>{"a2b9", "a2b10", "a10b1", "im_1.edf", "im_9.edf", "im_10.edf",
                                             "im_0011.edf.gz", "im_.edf"}));
}

TEST(NaturalOrder, IsAStrictOrder) {
  const std::vector<std::string> names{
      "",     "1",     "01",     "001", "a",   "a1", "a01", "a1b", "a01b2", "12345678901234567890123",
      "a.gz", "a1.gz", "a1.bz2", "1a",  "1a2", "b"};
  for (const auto& a : names) {
    EXPECT_FALSE(natural_less(a, a)) << a;
    for (const auto& b : names) {
      if (a != b) {
        EXPECT_NE(natural_less(a, b), natural_less(b, a)) << a << " " << b;
      }
      for (const auto& c : names) {
        EXPECT_TRUE(!natural_less(a, b) || !natural_less(b, c) || natural_less(a, c)) << a << " " << b << " " << c;
      }
    }
  }
}

TEST(NaturalOrder, NamesAreCutIntoTextsAndNumbers) {
  const NameParts parts = split_name("scan2_0017.edf.gz");
  EXPECT_EQ(parts.texts, (std::vector<std::string>{"scan", "_", ".edf"}));
  EXPECT_EQ(parts.numbers, (std::vector<std::uint64_t>{2, 17}));
  EXPECT_EQ(parts.pattern(), "scan#_#.edf");
  EXPECT_EQ(parts.with_number(1, 5), "scan2_0005.edf");
  EXPECT_EQ(parts.with_number(1, 12345), "scan2_12345.edf");
  EXPECT_EQ(split_name(".gz").pattern(), ".gz");
  EXPECT_EQ(split_name("a99999999999999999999999").pattern(), "a99999999999999999999999");
}

TEST(NaturalOrder, TheNumberThatCountsIsDifferentInEveryFile) {
  const auto counting = [](std::vector<std::string> names) {
    std::vector<NameParts> parts;
    for (const auto& name : names) parts.push_back(split_name(name));
    return counting_number(parts);
  };
  EXPECT_EQ(counting({"a1_0001", "a1_0002", "a1_0003"}), 1);
  EXPECT_EQ(counting({"t5000_1", "t5100_2", "t5200_3"}), 1);  // beside a time stamp
  EXPECT_EQ(counting({"a0_0", "a0_1", "a1_0", "a1_1"}), -1);
  EXPECT_EQ(counting({"a0"}), -1);
  EXPECT_EQ(counting({"a", "a"}), -1);
}

}  // namespace
}  // namespace dctprep
