// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/draw/ticks.h"

#include <cmath>
#include <gtest/gtest.h>
#include <limits>
#include <random>
#include <set>

namespace dctprep::draw {
namespace {

// 1, 2 or 5 times a power of ten.
bool is_nice(double step) {
  const double mantissa = step / std::pow(10.0, std::floor(std::log10(step) + 1e-9));
  for (const double digit : {1.0, 2.0, 5.0, 10.0}) {
    if (std::abs(mantissa - digit) < 1e-6) return true;
  }
  return false;
}

TEST(LinearTicks, AreRoundInsideAndNotTooMany) {
  std::mt19937 random(5);
  std::uniform_real_distribution<double> exponent(-6, 9);
  std::uniform_real_distribution<double> sign(-1, 1);
  for (int i = 0; i < 5000; ++i) {
    const double low = sign(random) * std::pow(10.0, exponent(random));
    const double span = std::pow(10.0, exponent(random));
    const double high = low + span;
    if (!(span > 1e-7 * std::abs(low))) continue;
    const int count = 2 + i % 12;
    const std::vector<Tick> ticks = linear_ticks(low, high, count);
    ASSERT_LE(ticks.size(), static_cast<std::size_t>(count)) << low << " " << high;
    std::set<std::string> labels;
    for (std::size_t k = 0; k < ticks.size(); ++k) {
      EXPECT_GE(ticks[k].value, low - 1e-6 * span);
      EXPECT_LE(ticks[k].value, high + 1e-6 * span);
      EXPECT_TRUE(labels.insert(ticks[k].label).second) << ticks[k].label << " twice in " << low << " " << high;
      if (k > 0) {
        EXPECT_TRUE(is_nice(ticks[k].value - ticks[k - 1].value)) << low << " " << high;
      }
    }
    // No step is left out at the ends: the range outside the ticks is shorter than a step.
    if (ticks.size() >= 2) {
      const double step = ticks[1].value - ticks[0].value;
      EXPECT_LT(ticks.front().value - low, step * 1.001);
      EXPECT_LT(high - ticks.back().value, step * 1.001);
      // Nor are they far too few: a step at most 2.5 times the least one that would do.
      EXPECT_LE(step, 2.51 * span / (count - 1));
    }
  }
}

TEST(LinearTicks, Labels) {
  std::vector<std::string> labels;
  for (const Tick& tick : linear_ticks(-1, 1, 5)) labels.push_back(tick.label);
  EXPECT_EQ(labels, (std::vector<std::string>{"−1.0", "−0.5", "0", "0.5", "1.0"}));
  labels.clear();
  for (const Tick& tick : linear_ticks(0, 4e6, 5)) labels.push_back(tick.label);
  EXPECT_EQ(labels, (std::vector<std::string>{"0", "10⁶", "2×10⁶", "3×10⁶", "4×10⁶"})) << labels[1];
  labels.clear();
  for (const Tick& tick : linear_ticks(0, 3, 20, 1)) labels.push_back(tick.label);
  EXPECT_EQ(labels, (std::vector<std::string>{"0", "1", "2", "3"}));
}

TEST(Ticks, NothingToMark) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double inf = std::numeric_limits<double>::infinity();
  for (const auto& [low, high] :
       {std::pair{1.0, 1.0}, {2.0, 1.0}, {nan, 1.0}, {0.0, inf}, {-1e308, 1e308}, {1e16, 1e16 + 2}}) {
    EXPECT_TRUE(linear_ticks(low, high, 5).empty() || high > low);
    EXPECT_TRUE(log_ticks(low, high, 5).empty() || high > low);
    degree_ticks(low, high, 5);
  }
  EXPECT_TRUE(log_ticks(0, 10, 5).empty());
  EXPECT_TRUE(log_ticks(-1, 10, 5).empty());
}

TEST(LogTicks, ArePowersInsideAndNotTooMany) {
  std::mt19937 random(6);
  std::uniform_real_distribution<double> exponent(-8, 12);
  for (int i = 0; i < 3000; ++i) {
    const double low = std::pow(10.0, exponent(random));
    const double high = low * std::pow(10.0, std::abs(exponent(random)) + 0.01);
    const int count = 2 + i % 8;
    int labelled = 0;
    double before = 0;
    for (const Tick& tick : log_ticks(low, high, count)) {
      EXPECT_GE(tick.value, low * (1 - 1e-6));
      EXPECT_LE(tick.value, high * (1 + 1e-6));
      EXPECT_GT(tick.value, before);
      before = tick.value;
      labelled += tick.label.empty() ? 0 : 1;
    }
    EXPECT_LE(labelled, count) << low << " " << high;
    if (high / low > 110) {
      EXPECT_GE(labelled, 1) << low << " " << high;
    }
  }
}

TEST(DegreeTicks, DivideTheCircle) {
  for (int count = 2; count < 40; ++count) {
    const std::vector<Tick> ticks = degree_ticks(0, 360, count);
    EXPECT_LE(ticks.size(), static_cast<std::size_t>(std::max(2, count)));
    ASSERT_GE(ticks.size(), 2U);
    EXPECT_EQ(std::fmod(360, ticks[1].value - ticks[0].value), 0);
  }
}

TEST(FormatNumber, DigitsAndExponents) {
  EXPECT_EQ(format_number(0), "0");
  EXPECT_EQ(format_number(0.25), "0.25");
  EXPECT_EQ(format_number(-12.5), "−12.5");
  EXPECT_EQ(format_number(37241), "37241");
  EXPECT_EQ(format_number(1e6), "10⁶");
  EXPECT_EQ(format_number(2.5e6), "2.5×10⁶");
  EXPECT_EQ(format_number(9.9999e-4), "10⁻³");
  EXPECT_EQ(format_number(359.9, 6), "359.9");
  EXPECT_EQ(format_number(0.1 + 0.2), "0.3");
  EXPECT_EQ(format_number(std::nan("")), "NaN");
  EXPECT_EQ(format_count(0), "0");
  EXPECT_EQ(format_count(4268), "4268");
  EXPECT_EQ(format_count(1234567), "1 234 567");
}

}  // namespace
}  // namespace dctprep::draw
