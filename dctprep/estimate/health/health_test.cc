// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/estimate/health/health.h"

#include <gtest/gtest.h>
#include <random>
#include <set>

#include "dctprep/base/hdf5.h"
#include "dctprep/estimate/health/check_health.h"
#include "dctprep/estimate/health/judge_pixels.h"
#include "dctprep/estimate/parameters.h"
#include "dctprep/estimate/synthetic_scan_test.h"
#include "dctprep/read/open_scan.h"
#include "dctprep/simulate/simulate.h"
#include "dctprep/testing/testing.h"

namespace dctprep {
namespace {

using testing::synthetic_scan;
using testing::SyntheticOptions;

// Frames that are changed on their way.
class TroubledSource final : public FrameSource {
 public:
  explicit TroubledSource(std::shared_ptr<const FrameSource> good) : good_(std::move(good)) {}
  int frames() const override { return good_->frames(); }
  int height() const override { return good_->height(); }
  int width() const override { return good_->width(); }
  int type_max() const override { return good_->type_max(); }
  std::string frame_name(int k) const override { return good_->frame_name(k); }
  std::optional<FrameFault> read(int k, ImageView<std::uint16_t> out, ImageView<std::uint8_t> markers,
                                 PixelChanges*) const override {
    if (unreadable.contains(k)) return FrameFault{BadFrameCause::kUnreadable, "damaged"};
    if (missing.contains(k)) return FrameFault{BadFrameCause::kMissing, "gone"};
    if (const auto fault = good_->read(same_as.contains(k) ? same_as.at(k) : k, out, markers)) return fault;
    for (auto& pixel : out.pixels()) {
      const double light = std::max(0.0, pixel - 100.0);
      if (dim.contains(k)) pixel = static_cast<std::uint16_t>(100 + dim.at(k) * light);
      if (stronger_from >= 0 && k >= stronger_from) pixel = static_cast<std::uint16_t>(100 + 1.4 * light);
      if (empty.contains(k)) pixel = 0;
    }
    if (saturated.contains(k)) std::fill_n(out.data(), out.size() / 100, std::uint16_t{65535});
    return {};
  }
  std::set<int> unreadable, missing, empty, saturated;
  std::map<int, int> same_as;
  std::map<int, double> dim;
  int stronger_from = -1;

 private:
  std::shared_ptr<const FrameSource> good_;
};

ScanHealth health_of(const Scan& scan) {
  Progress silent;
  return check_health(scan, find_beam({}, scan, silent).config, silent);
}

std::multiset<std::pair<int, FrameTrouble>> told(const ScanHealth& health) {
  std::multiset<std::pair<int, FrameTrouble>> all;
  for (const FrameRemark& remark : health.remarks) all.emplace(remark.frame, remark.trouble);
  return all;
}

TEST(Health, IsGoodOfAGoodScan) {
  for (const SyntheticOptions& options :
       {SyntheticOptions{.frames = 120}, SyntheticOptions{.frames = 120, .flicker = 0.05, .spots = 100},
        SyntheticOptions{.frames = 120, .beam_counts = 0, .floor = 200, .spots = 50}, SyntheticOptions{.frames = 7}}) {
    const ScanHealth health = health_of(synthetic_scan(options));
    EXPECT_TRUE(health.remarks.empty()) << health_text(health);
    EXPECT_TRUE(health.to_exclude().empty());
  }
}

TEST(Health, TellsEveryTroubleOfAFrame) {
  for (const double beam_counts : {5000.0, 150.0}) {
    Scan scan = synthetic_scan({.frames = 150, .beam_counts = beam_counts, .glow = 10});
    const auto source = std::make_shared<TroubledSource>(scan.frames);
    source->unreadable = {3};
    source->missing = {149};
    source->empty = {20};
    source->dim = {{40, 0.01}, {41, 0.02}, {60, 0.4}, {61, 0.3}, {62, 0.5}};
    source->same_as = {{81, 80}, {100, 10}};
    source->saturated = {110};
    scan.frames = source;
    const ScanHealth health = health_of(scan);
    using enum FrameTrouble;
    const std::multiset<std::pair<int, FrameTrouble>> truth{
        {3, kUnreadable}, {149, kMissing}, {20, kEmpty},     {40, kNoBeam},     {41, kNoBeam},    {60, kDip},
        {61, kDip},       {62, kDip},      {81, kDuplicate}, {100, kDuplicate}, {110, kSaturated}};
    EXPECT_EQ(told(health), truth) << health_text(health);
    EXPECT_EQ(health.to_exclude(), (std::vector<int>{3, 20, 40, 41, 60, 61, 62, 149}));
  }
}

TEST(Health, TellsJumpsOfTheBeam) {
  Scan scan = synthetic_scan({.frames = 100});
  const auto source = std::make_shared<TroubledSource>(scan.frames);
  source->stronger_from = 37;
  scan.frames = source;
  const ScanHealth stronger = health_of(scan);
  ASSERT_EQ(stronger.remarks.size(), 1u) << health_text(stronger);
  EXPECT_EQ(stronger.remarks[0].trouble, FrameTrouble::kStrengthJump);
  EXPECT_EQ(stronger.remarks[0].frame, 37);
  double times = 0;
  EXPECT_EQ(std::sscanf(stronger.remarks[0].what.c_str(), "from here on %lf times", &times), 1);
  EXPECT_NEAR(times, 1.4, 0.03);
  EXPECT_TRUE(stronger.to_exclude().empty());

  // By 6 columns in the middle of the scan: half of the frames lie off the place of the other half.
  const ScanHealth moved = health_of(synthetic_scan({.frames = 100, .beam_jump = 6}));
  const int off = moved.count(FrameTrouble::kBeamMoved);
  EXPECT_GE(off, 45) << health_text(moved);
  EXPECT_LE(off, 55);
  EXPECT_EQ(moved.remarks.size(), static_cast<std::size_t>(off)) << health_text(moved);
}

TEST(Health, ExcludesNothingWhereMostIsOdd) {
  Scan scan = synthetic_scan({.frames = 60});
  const auto source = std::make_shared<TroubledSource>(scan.frames);
  for (int k = 0; k < 30; ++k) source->empty.insert(2 * k);
  scan.frames = source;
  const ScanHealth health = health_of(scan);
  EXPECT_EQ(health.count(FrameTrouble::kEmpty), 30);
  EXPECT_TRUE(health.to_exclude().empty());
}

TEST(Health, FindsThePixelsThatTheSimulatorSpoilt) {
  const testing::TemporaryFolder folder;
  SimulateOptions options{.seed = 4, .width = 200, .height = 200, .frames = 60};
  options.omega_range = 30;
  options.hot_pixels = 0.002;
  options.dead_pixels = 0.001;
  Progress silent;
  simulate(options, folder / "scan.h5", true, silent);
  Config config;
  config.scan.path = (folder / "scan.h5").string();
  const hdf5::Handle truth = hdf5::open_file(truth_path(folder / "scan.h5"));
  const auto defects = hdf5::read_dataset<int>(truth.id(), "entry/detector/defects");
  for (const bool with_darks : {true, false}) {
    config.scan.dark = with_darks ? "auto" : "none";
    const Scan seen = open_scan(config.scan);
    const PixelHealth pixels = health_of(seen).pixels;
    for (const auto& [found, kind] : {std::pair(&pixels.hot, 1), std::pair(&pixels.dead, 2)}) {
      int right = 0;
      for (const Pixel& pixel : *found) right += defects[static_cast<std::size_t>(pixel.v * 200 + pixel.u)] == kind;
      const auto all = std::ranges::count(defects, kind);
      ASSERT_GT(all, 20);
      // Half of the faintest hot ones drown in the noise of the light.
      EXPECT_GE(right, (with_darks ? 0.85 : 0.65) * static_cast<double>(all)) << kind << " " << with_darks;
      EXPECT_GE(right, 0.9 * static_cast<double>(found->size())) << kind << " " << with_darks;
    }
    EXPECT_LE(pixels.flickering.size(), 20u);
  }
}

TEST(Health, FindsFlickeringPixels) {
  std::mt19937 random(1);
  std::normal_distribution<double> normal;
  std::vector<Image<std::uint16_t>> darks;
  for (int i = 0; i < 12; ++i) {
    darks.emplace_back(60, 70);
    for (auto& pixel : darks.back().pixels()) pixel = static_cast<std::uint16_t>(std::lround(100 + 3 * normal(random)));
    for (const int at : {500, 1777, 4000}) darks.back().data()[at] = i % 2 == 0 ? 100 : 400;
  }
  const PixelHealth health = judge_pixels(darks, {}, Image<std::uint8_t>(60, 70, 0), {});
  std::set<int> found;
  for (const auto* kind : {&health.flickering, &health.hot})
    for (const Pixel& pixel : *kind) found.insert(pixel.v * 70 + pixel.u);
  EXPECT_EQ(found, (std::set<int>{500, 1777, 4000}));
  EXPECT_TRUE(health.dead.empty());
}

TEST(Health, TakesScansOfAnySize) {
  for (const int frames : {1, 2, 6}) {
    for (const auto& [height, width] : {std::pair(1, 1), std::pair(1, 70), std::pair(9, 1)}) {
      const ScanHealth health = health_of(synthetic_scan({.frames = frames, .height = height, .width = width}));
      EXPECT_EQ(health.frames, frames);
    }
  }
}

TEST(FindParameters, WarnsOfOddFramesAmongThoseLookedAt) {
  Scan scan = synthetic_scan({.frames = 30});
  const auto source = std::make_shared<TroubledSource>(scan.frames);
  source->dim = {{11, 0.0}};
  scan.frames = source;
  Progress silent;
  const Estimate estimate = find_beam({}, scan, silent);
  EXPECT_TRUE(std::ranges::any_of(estimate.warnings, [](const std::string& warning) {
    return warning.find("no_beam: 1 frame, 11") != std::string::npos;
  }));
}

}  // namespace
}  // namespace dctprep
