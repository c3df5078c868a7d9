// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/draw/plot.h"

#include <cmath>
#include <gtest/gtest.h>
#include <limits>
#include <numeric>
#include <random>

#include "dctprep/testing/testing.h"

namespace dctprep::draw {
namespace {

using testing::kInf;
using testing::kNan;

TEST(Histogram, CountsEveryValueOnce) {
  std::mt19937 random(8);
  for (const bool log : {false, true}) {
    for (const bool whole : {false, true}) {
      for (const int n : {1, 2, 17, 5000}) {
        std::vector<double> values;
        for (int i = 0; i < n; ++i) values.push_back(1 + static_cast<double>(random() % 3000) * (random() % 40));
        const Histogram result = histogram(values, 40, log, whole);
        ASSERT_EQ(result.edges.size(), result.counts.size() + 1);
        EXPECT_LE(result.counts.size(), 41U);
        EXPECT_EQ(std::accumulate(result.counts.begin(), result.counts.end(), 0.0), n);
        for (std::size_t i = 0; i < result.counts.size(); ++i) {
          EXPECT_LT(result.edges[i], result.edges[i + 1]);
          double inside = 0;
          const bool last = i + 1 == result.counts.size();
          for (const double value : values) {
            const bool above = i == 0 || value >= result.edges[i];
            inside += above && (last || value < result.edges[i + 1]) ? 1 : 0;
          }
          EXPECT_EQ(result.counts[i], inside);
        }
      }
    }
  }
}

TEST(Histogram, BinsOfWholeNumbersAreEquallyWide) {
  std::vector<double> values;
  for (int i = 1; i <= 97; ++i) values.push_back(i);
  const Histogram result = histogram(values, 20, false, true);
  for (std::size_t i = 0; i + 2 < result.counts.size(); ++i) EXPECT_EQ(result.counts[i], 5);
  EXPECT_EQ(result.edges.front(), 0.5);
}

TEST(Histogram, NothingToCount) {
  EXPECT_TRUE(histogram({}, 10, false, false).counts.empty());
  const std::vector<double> odd{kNan, kInf, -kInf};
  EXPECT_TRUE(histogram(odd, 10, false, false).counts.empty());
  const std::vector<double> low{0, -3};
  EXPECT_TRUE(histogram(low, 10, true, true).counts.empty());
}

TEST(Plot, PointsLieWhereTheAreaSays) {
  for (const bool log : {false, true}) {
    for (const bool reversed : {false, true}) {
      Canvas canvas(500, 400);
      Plot plot;
      plot.x = {.label = "x", .log = log};
      plot.y = {.label = "y", .log = log, .reversed = reversed};
      plot.series.push_back(
          {.kind = SeriesKind::kScatter, .x = {1, 10, 100}, .y = {3, 40, 1000}, .colour = kGreen, .radius = 3});
      const PlotArea area = draw_plot(canvas, {0, 0, 500, 400}, plot);
      for (std::size_t i = 0; i < 3; ++i) {
        const double x = area.x.at(plot.series[0].x[i]);
        const double y = area.y.at(plot.series[0].y[i]);
        EXPECT_TRUE(x >= area.frame.x && x <= area.frame.right() && y >= area.frame.y && y <= area.frame.bottom());
        EXPECT_EQ(canvas.pixel(static_cast<int>(x), static_cast<int>(y)), kGreen);
      }
      EXPECT_EQ(area.y.at(3) < area.y.at(1000), reversed);
    }
  }
}

TEST(Plot, BarsStandOnZeroAndReachTheirCount) {
  Canvas canvas(400, 300);
  Plot plot;
  plot.series.push_back({.kind = SeriesKind::kBars, .x = {0, 1, 2}, .y = {5, 0}, .colour = kVermilion});
  const PlotArea area = draw_plot(canvas, {0, 0, 400, 300}, plot);
  const int left = static_cast<int>(area.x.at(0.5));
  EXPECT_EQ(canvas.pixel(left, static_cast<int>(area.y.at(0.1))), kVermilion);
  EXPECT_EQ(canvas.pixel(left, static_cast<int>(area.y.at(4.9))), kVermilion);
  EXPECT_NE(canvas.pixel(left, static_cast<int>(area.y.at(5.1))), kVermilion);
  EXPECT_NE(canvas.pixel(static_cast<int>(area.x.at(1.5)), static_cast<int>(area.y.at(0.1))), kVermilion);
}

TEST(Plot, TakesAnyData) {
  const std::vector<std::vector<double>> all{{},         {0},       {kNan, kNan},    {kInf, 1},
                                             {-1, 0, 1}, {5, 5, 5}, {1e300, -1e300}, {1e-310, 2e-310}};
  for (const auto& x : all) {
    for (const auto& y : all) {
      for (const SeriesKind kind : {SeriesKind::kLine, SeriesKind::kScatter, SeriesKind::kSteps, SeriesKind::kBars}) {
        for (const bool log : {false, true}) {
          Canvas canvas(120, 110);
          Plot plot;
          plot.title = "odd";
          plot.x = {.label = "x", .log = log, .degrees = !log};
          plot.y = {.label = "y", .log = log, .from_zero = true};
          plot.colours = ColourScale{};
          plot.series.push_back({.kind = kind, .x = x, .y = y, .values = x, .label = "a legend"});
          plot.bands = {{kNan, 3}, {-kInf, kInf}};
          const PlotArea area = draw_plot(canvas, {0, 0, 120, 110}, plot);
          EXPECT_GT(area.frame.width, 0);
        }
      }
    }
  }
}

}  // namespace
}  // namespace dctprep::draw
