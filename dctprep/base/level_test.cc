// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/base/level.h"

#include <bit>
#include <cmath>
#include <gtest/gtest.h>
#include <random>

namespace dctprep {
namespace {

constexpr auto kCounts = LevelUnit::kCounts;
constexpr auto kSigma = LevelUnit::kSigma;

TEST(Level, IsReadInAnyPlainSpelling) {
  for (const char* text : {"3 sigma", "3sigma", "  3.0\tSigma ", "+3 SIGMA", "3 sigmas", "0.3e1 sigma", "3. sigma",
                           "3 \xcf\x83", "3\xcf\x83"})
    EXPECT_EQ(parse_level(text), Level(3, kSigma)) << text;
  for (const char* text : {"40 counts", "40 count", "40Counts", "4e1 COUNTS", "40.0 counts"})
    EXPECT_EQ(parse_level(text), Level(40, kCounts)) << text;
  EXPECT_EQ(parse_level(".5 sigma"), Level(0.5, kSigma));
  // Whether a number is allowed is told apart from what it is.
  EXPECT_EQ(parse_level("-1 sigma"), Level(-1, kSigma));
  EXPECT_EQ(parse_level("1e9 counts"), Level(1e9, kCounts));
}

TEST(Level, IsNothingElse) {
  for (const char* text : {"",
                           " ",
                           "sigma",
                           "3",
                           "three sigma",
                           "nan sigma",
                           "inf sigma",
                           "-inf counts",
                           "3 sigma counts",
                           "3 sigm",
                           "3 sigmass",
                           "3,5 sigma",
                           "0x10 counts",
                           "1_0 counts",
                           "3 - sigma",
                           "+-3 sigma",
                           "--3 sigma",
                           "+ 3 sigma",
                           "1e999 counts",
                           "3e sigma",
                           "3 \xcf",
                           "3 sigma\n",
                           "auto",
                           "3 std",
                           "\"3 sigma\"",
                           "3*sigma"})
    EXPECT_FALSE(parse_level(text)) << text;
}

TEST(Level, IsWrittenAsItIsRead) {
  EXPECT_EQ(level_text(Level(3.5, kSigma)), "3.5 sigma");
  EXPECT_EQ(level_text(Level(4095.9375, kSigma)), "4095.9375 sigma");
  EXPECT_EQ(level_text(Level(5, kSigma)), "5 sigma");
  EXPECT_EQ(level_text(Level(65535, kCounts)), "65535 counts");
  EXPECT_EQ(level_text(Level(1, kCounts)), "1 count");
  EXPECT_EQ(level_text(Level(2.5)), "2.5");
  EXPECT_FALSE(parse_level(level_text(Level(2.5))));
  std::mt19937_64 random(3);
  for (int i = 0; i < 20000; ++i) {
    const double any = std::bit_cast<double>(static_cast<std::uint64_t>(random()));
    const double usual = std::uniform_real_distribution<double>(1, 65535)(random);
    for (const double number : {any, usual, std::round(16 * usual) / 256, std::floor(usual)}) {
      if (!std::isfinite(number)) continue;
      for (const LevelUnit unit : {kCounts, kSigma})
        ASSERT_EQ(parse_level(level_text(Level(number, unit))), Level(number, unit)) << level_text(Level(number, unit));
    }
  }
}

TEST(Level, IsOrderedByItsNumberAndEqualWithItsUnit) {
  EXPECT_LT(Level(3, kSigma), Level(4));
  EXPECT_FALSE(Level(3, kSigma) < Level(3));
  EXPECT_NE(Level(3, kSigma), Level(3));
  EXPECT_NE(Level(3, kSigma), Level(3, kCounts));
}

}  // namespace
}  // namespace dctprep
