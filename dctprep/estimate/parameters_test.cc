// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/estimate/parameters.h"

#include <gtest/gtest.h>
#include <tbb/global_control.h>

#include "dctprep/background/moving_median.h"
#include "dctprep/background/subtract.h"
#include "dctprep/base/error.h"
#include "dctprep/base/hdf5.h"
#include "dctprep/config/check_config.h"
#include "dctprep/config/config_file.h"
#include "dctprep/correct/dark.h"
#include "dctprep/correct/normalise.h"
#include "dctprep/denoise/denoise.h"
#include "dctprep/estimate/noise/noise_pairs.h"
#include "dctprep/estimate/search.h"
#include "dctprep/estimate/synthetic_scan_test.h"
#include "dctprep/read/open_scan.h"
#include "dctprep/segment/segment.h"
#include "dctprep/simulate/simulate.h"
#include "dctprep/testing/testing.h"

namespace dctprep {
namespace {

using testing::synthetic_scan;
using testing::SyntheticOptions;
using testing::SyntheticSource;

Estimate find(const Scan& scan, const Config& given = {}) {
  Progress silent;
  Estimate estimate = find_parameters(given, scan, silent);
  return estimate;
}

// F of a whole scan, one background for all of it; in steps of the noise where levels are.
std::vector<Image<std::uint16_t>> denoised_volume(const Scan& scan, const Config& config) {
  const int height = scan.height(), width = scan.width();
  const Image<std::uint16_t> dark =
      scan.darks ? median_of_frames(*scan.darks, "dark") : Image<std::uint16_t>(height, width, 0);
  const auto regions = intensity_regions(config.beam, height, width, scan.bad_pixels);
  const Region excluded = config.beam.region.value().grown(config.beam.guard.value(), height, width);
  std::vector<Image<std::uint16_t>> frames;
  std::vector<ImageView<const std::uint16_t>> views;
  double reference = 0;
  for (int k = 0; k < scan.frame_count(); ++k) {
    frames.emplace_back(height, width);
    EXPECT_FALSE(scan.frames->read(k, frames.back()));
    subtract_dark(frames.back(), dark);
    const double intensity = beam_intensity(frames.back(), regions, scan.bad_pixels);
    if (k == 0) reference = intensity;
    if (config.beam.normalise.value() != Normalise::kNone)
      normalise(frames.back(), normalisation_factor(reference, intensity));
  }
  for (const auto& frame : frames) views.push_back(frame);
  Image<std::uint16_t> background(height, width), residual(height, width);
  median_background(views, background);
  NoiseScale scale;
  if (is_in_sigma(config.segment)) {
    NoiseSamples samples;
    for (std::size_t k = 1; k < frames.size(); ++k)
      add_frame_pair(frames[k - 1], frames[k], scan.bad_pixels, excluded, samples);
    add_dark_pairs(scan, excluded, samples);
    scale = NoiseScale(samples.fit(), kSigmaSteps);
  }
  const Denoiser denoiser(config.denoise, scan.bad_pixels, excluded);
  for (auto& frame : frames) {
    const auto offset = frame_offset(frame, background, scan.bad_pixels, excluded, config.background);
    subtract_background(frame, background, offset, scan.bad_pixels, excluded, residual);
    denoiser.apply(residual, frame);
    for (std::size_t i = 0; !scale.empty() && i < frame.size(); ++i)
      frame.data()[i] = scale.scaled(frame.data()[i], background.data()[i]);
  }
  return frames;
}

std::size_t count_spots(const Scan& scan, const Config& config) {
  const auto frames = denoised_volume(scan, config);
  const std::vector<ImageView<const std::uint16_t>> views(frames.begin(), frames.end());
  const std::vector<Blob> blobs = segment_volume(views, in_steps(config.segment), config.scan.wrap.value());
  return static_cast<std::size_t>(std::ranges::count_if(blobs, [](const Blob& blob) { return !blob.small_seed; }));
}

void expect_near(const Region& found, const Region& truth, int tolerance, const std::string& what) {
  EXPECT_NEAR(found.u0, truth.u0, tolerance) << what;
  EXPECT_NEAR(found.v0, truth.v0, tolerance) << what;
  EXPECT_NEAR(found.u1, truth.u1, tolerance) << what;
  EXPECT_NEAR(found.v1, truth.v1, tolerance) << what;
}

// All thresholds given, so that only the beam is looked for.
Config beam_only() {
  Config config;
  config.beam.guard = 5;
  config.denoise.threshold = 20;
  config.segment.unit = SegmentUnit::kCounts;
  config.segment.seed = 50;
  config.segment.grow_min = 7;
  config.segment.grow_max = 20;
  config.segment.min_seed_volume = 10;
  return config;
}

struct BeamCase {
  std::string what;
  SyntheticOptions options;
};

TEST(FindParameters, FindsTheBeamToTwoPixels) {
  const std::vector<BeamCase> cases{
      {"plain", {}},
      {"strong glow", {.beam_counts = 4000, .glow = 1500, .glow_radius = 25}},
      {"weak beam", {.beam_counts = 150, .glow = 10}},
      {"weak beam without dark", {.beam_counts = 150, .glow = 10, .darks = false, .flats = false}},
      {"dark shadow", {.sample_width = 60, .transmission = 0.12}},
      {"wide shadow", {.sample_width = 76, .sample_offset = 0, .transmission = 0.3}},
      {"blurred", {.blur = 2}},
      {"spots", {.spots = 400, .spot_peak = 2000, .spot_frames = 5}},
      {"beam off now and then", {.beam_off = 60}},
      {"off centre", {.beam = {15, 130, 95, 190}}},
      {"cut by the border", {.beam = {-30, 60, 60, 120}}},
      {"in the corner", {.beam = {180, 150, 300, 240}, .sample_width = 0}},
      {"a little tilted", {.tilt_degrees = 0.7}},
      {"small", {.beam = {120, 100, 136, 110}, .sample_width = 8, .sample_offset = 1}},
      {"no sample, no flats", {.sample_width = 0, .flats = false}},
  };
  for (const BeamCase& c : cases) {
    for (int seed = 1; seed <= 2; ++seed) {
      SyntheticOptions options = c.options;
      options.seed = seed;
      options.hot_pixels = 200;
      const Estimate estimate = find(synthetic_scan(options), beam_only());
      const Region& b = options.beam;
      const Region truth{std::max(0, b.u0), std::max(0, b.v0), std::min(options.width, b.u1),
                         std::min(options.height, b.v1)};
      expect_near(estimate.config.beam.region.value(), truth, 2, c.what + ": " + estimate.why.at("beam.region"));
      EXPECT_GE(estimate.beam_confidence.value(), 0.6) << c.what << ": " << estimate.why.at("beam.region");
    }
  }
}

TEST(FindParameters, ClaimsNoBeamWhereThereIsNone) {
  const std::vector<BeamCase> cases{
      {"far field", {.beam_counts = 0, .spots = 300, .spot_peak = 3000, .spot_frames = 2}},
      {"lasting spots", {.beam_counts = 0, .spots = 30, .spot_peak = 3000, .spot_frames = 400}},
      {"glow alone", {.beam_counts = 0.001, .glow = 3000, .glow_radius = 40}},
      {"sharp glow alone", {.beam_counts = 0.001, .glow = 3000, .glow_radius = 8}},
      {"no dark", {.beam_counts = 0, .darks = false, .flats = false}},
  };
  for (const BeamCase& c : cases) {
    SyntheticOptions options = c.options;
    options.hot_pixels = 300;
    const Estimate estimate = find(synthetic_scan(options), beam_only());
    EXPECT_TRUE(estimate.config.beam.region.value().empty()) << c.what << ": " << estimate.why.at("beam.region");
    EXPECT_EQ(estimate.config.beam.normalise.value(), Normalise::kNone) << c.what;
    EXPECT_TRUE(estimate.config.beam.sample.value().empty()) << c.what;
  }
}

bool warns_of(const Estimate& estimate, const std::string& what) {
  return std::ranges::any_of(estimate.warnings,
                             [&](const std::string& warning) { return warning.find(what) != std::string::npos; });
}

TEST(FindParameters, SaysHowSureItIsOfTheBeam) {
  const Estimate sure = find(synthetic_scan({}), beam_only());
  EXPECT_GE(sure.beam_confidence.value(), 0.9);
  EXPECT_NE(sure.why.at("beam.region").find("confidence "), std::string::npos) << sure.why.at("beam.region");
  EXPECT_FALSE(warns_of(sure, "beam.region"));
  // A beam that has moved is in two places.
  const Estimate moved = find(synthetic_scan({.beam_jump = 7}), beam_only());
  EXPECT_LT(moved.beam_confidence.value(), 0.5);
  EXPECT_TRUE(warns_of(moved, "--set \"beam.region=[u0, v0, u1, v1]\""));
  const Estimate none = find(synthetic_scan({.beam_counts = 0}), beam_only());
  EXPECT_GE(none.beam_confidence.value(), 0.9);
  EXPECT_FALSE(warns_of(none, "beam.region"));
  Config given = beam_only();
  given.beam.region = Region{88, 78, 172, 132};
  EXPECT_FALSE(find(synthetic_scan({}), given).beam_confidence.has_value());
}

TEST(FindParameters, FindsTheColumnsThatTheSampleShades) {
  for (const bool flats : {true, false}) {
    for (int seed = 1; seed <= 3; ++seed) {
      const SyntheticOptions options{
          .seed = seed, .sample_width = 44, .sample_offset = 6, .transmission = 0.6, .flats = flats};
      const BeamOptions beam = find(synthetic_scan(options), beam_only()).config.beam;
      EXPECT_EQ(beam.normalise.value(), Normalise::kMargin);
      // Over a turn the sample reaches from 129.5 - 28 to 129.5 + 28; its rim is thin.
      EXPECT_GE(beam.sample.value().u0, 99);
      EXPECT_LE(beam.sample.value().u0, 103);
      EXPECT_GE(beam.sample.value().u1, 157);
      EXPECT_LE(beam.sample.value().u1, 161);
    }
  }
}

TEST(FindParameters, TakesTheWholeBeamWhereTheSampleLeavesNoMargin) {
  const SyntheticOptions wide{.sample_width = 78, .sample_offset = 0, .transmission = 0.5};
  const Estimate estimate = find(synthetic_scan(wide), beam_only());
  EXPECT_EQ(estimate.config.beam.normalise.value(), Normalise::kFullbeam) << estimate.why.at("beam.sample");
  const Estimate nothing = find(synthetic_scan({.sample_width = 0}), beam_only());
  EXPECT_EQ(nothing.config.beam.normalise.value(), Normalise::kFullbeam) << nothing.why.at("beam.sample");
  Config config = beam_only();
  config.beam.normalise = Normalise::kMargin;
  EXPECT_THROW(find(synthetic_scan(wide), config), Error);
}

TEST(FindParameters, NormalisesByNothingWhereTheSampleDimsTheBeamMoreThanItVaries) {
  // The sample goes round so far that the beam is more or less covered, and no column stays free.
  SyntheticOptions options{.sample_width = 78, .sample_offset = 30, .transmission = 0.3, .flicker = 0.003};
  const Estimate steady = find(synthetic_scan(options), beam_only());
  EXPECT_EQ(steady.config.beam.normalise.value(), Normalise::kNone) << steady.why.at("beam.normalise");
  EXPECT_NE(steady.why.at("beam.normalise").find("dims as it turns"), std::string::npos);
  options.flicker = 0.4;
  const Estimate flickering = find(synthetic_scan(options), beam_only());
  EXPECT_EQ(flickering.config.beam.normalise.value(), Normalise::kFullbeam) << flickering.why.at("beam.normalise");
}

TEST(FindParameters, MeasuresTheNoiseToTenPercent) {
  for (const double readout : {1.5, 4.0, 12.0}) {
    const SyntheticOptions options{.beam_counts = 0, .floor = 30, .readout = readout, .spots = 60};
    const Scan scan = synthetic_scan(options);
    const Config config = find(scan).config;
    const double sigma = static_cast<const SyntheticSource&>(*scan.frames).sigma_at(0, 0);
    EXPECT_NEAR(config.denoise.threshold.value(), 5 * sigma, 0.5 * sigma + 1);
  }
}

TEST(FindParameters, KeepsFalseSpotsWithinTheBudget) {
  const std::vector<BeamCase> cases{
      {"plain", {.frames = 200}},
      {"no beam", {.frames = 200, .beam_counts = 0, .readout = 6}},
      {"glow", {.frames = 200, .glow = 600}},
      {"few photons", {.frames = 200, .beam_counts = 400, .glow = 2, .floor = 0.5, .readout = 1}},
  };
  for (const BeamCase& c : cases) {
    for (int seed = 1; seed <= 2; ++seed) {
      SyntheticOptions options = c.options;
      options.seed = seed;
      const Scan scan = synthetic_scan(options);
      for (const SegmentUnit unit : {SegmentUnit::kCounts, SegmentUnit::kSigma}) {
        // So few photons do not scatter by a standard deviation.
        if (unit == SegmentUnit::kSigma && c.what == std::string("few photons")) continue;
        Config given;
        given.segment.unit = unit;
        const Estimate estimate = find(scan, given);
        EXPECT_LE(count_spots(scan, estimate.config), 15u) << c.what << ": " << estimate.why.at("segment.seed");
        EXPECT_NO_THROW(check_config(estimate.config));
      }
    }
  }
}

TEST(FindParameters, KeepsToTheFalseSpotsThatAreAllowed) {
  for (const SyntheticOptions& options :
       {SyntheticOptions{.frames = 200}, SyntheticOptions{.frames = 200, .glow = 600}}) {
    const Scan scan = synthetic_scan(options);
    int before = 65536;
    for (const double allowed : {0.01, 10.0, 3000.0}) {
      Progress silent;
      Config given;
      given.segment.min_seed_volume = 2;
      const Estimate estimate = find_parameters(given, scan, silent, allowed);
      const int seed = step_of(in_steps(estimate.config.segment).seed);
      EXPECT_LE(seed, before);
      EXPECT_LE(static_cast<double>(count_spots(scan, estimate.config)), 1.5 * allowed + 3)
          << allowed << " " << estimate.why.at("segment.seed");
      EXPECT_TRUE(allowed > 100 || seed < before) << allowed;
      before = seed;
    }
  }
}

TEST(FindParameters, WarnsWhereSpotsEnterTheirOwnBackground) {
  const auto warns = [](double spot_frames) {
    Config given;
    given.background.half_window = 30;
    return warns_of(
        find(synthetic_scan({.frames = 200, .spots = 150, .spot_peak = 800, .spot_frames = spot_frames}), given),
        "background.half_window = 30 frames may be too short");
  };
  EXPECT_FALSE(warns(1));
  EXPECT_TRUE(warns(12));
}

TEST(FindParameters, SaysWhatNoiseTheGuardLeaves) {
  Config given;
  given.segment.unit = SegmentUnit::kCounts;
  const Estimate estimate = find(synthetic_scan({.glow = 600}), given);
  double edge = 0;
  int grow = 0;
  const std::string& why = estimate.why.at("beam.guard");
  const std::size_t at = why.find("the 2D median leaves");
  ASSERT_NE(at, std::string::npos) << why;
  ASSERT_EQ(std::sscanf(why.c_str() + at, "the 2D median leaves %lf, where spots grow down to %d", &edge, &grow), 2);
  EXPECT_EQ(grow, step_of(estimate.config.segment.grow_min));
  EXPECT_GT(edge, 0);
  EXPECT_LT(edge, grow);
}

// The rings round the beam, as the guard's comment means them.
TEST(FindParameters, WidensTheGuardUntilTheNoiseAtItsEdgeStaysBelowTheSpots) {
  const Scan scan = synthetic_scan({.glow = 3000, .glow_radius = 12, .readout = 2});
  Config given;
  const int usual = find(scan).config.beam.guard.value();
  // Given lower than the noise of the glow: by itself it would be higher.
  given.segment.grow_min = Level(6, LevelUnit::kCounts);
  const Estimate estimate = find(scan, given);
  const int guard = estimate.config.beam.guard.value();
  EXPECT_GT(guard, usual) << estimate.why.at("beam.guard");
  EXPECT_NE(estimate.why.at("beam.guard").find("widened until"), std::string::npos) << estimate.why.at("beam.guard");
  EXPECT_FALSE(warns_of(estimate, "beam.guard"));
  const auto frames = denoised_volume(scan, estimate.config);
  double edge = 0;
  for (std::size_t k = 100; k < 300; k += 50) {
    std::vector<double> ring;
    const Region inner = estimate.config.beam.region.value().grown(guard, 200, 260);
    const Region outer = inner.grown(1, 200, 260);
    for (int v = outer.v0; v < outer.v1; ++v) {
      for (int u = outer.u0; u < outer.u1; ++u) {
        if (!inner.contains(v, u)) ring.push_back(frames[k](v, u));
      }
    }
    // The upper half alone is seen: what 84 % are not above.
    std::ranges::sort(ring);
    edge = std::max(edge, ring[ring.size() * 84 / 100]);
  }
  EXPECT_LT(edge, 7);
  // What no guard can do.
  given.segment.grow_min = Level(1, LevelUnit::kCounts);
  EXPECT_TRUE(warns_of(find(scan, given), "beam.guard"));
}

TEST(FindParameters, FindsFaintSpotsAllTheSame) {
  // Peaks of 200 x (0.2 ... 2.2) counts on noise of about 7: nearly all can be seen.
  const Scan scan = synthetic_scan({.frames = 200, .spots = 150});
  const Config config = find(scan).config;
  EXPECT_GE(count_spots(scan, config), 110u);
}

TEST(FindParameters, GivesTheSameOnAnyNumberOfThreads) {
  const Scan scan = synthetic_scan({.frames = 120, .spots = 100});
  Config one, four;
  one.run.threads = 1;
  four.run.threads = 4;
  const Estimate a = find(scan, one);
  Estimate b = find(scan, four);
  b.config.run = a.config.run;
  EXPECT_EQ(a.config, b.config);
  EXPECT_EQ(a.why, b.why);
}

class ThrowingSource final : public FrameSource {
 public:
  int frames() const override { return 10; }
  int height() const override { return 20; }
  int width() const override { return 30; }
  int type_max() const override { return 255; }
  std::optional<FrameFault> read(int, ImageView<std::uint16_t>, ImageView<std::uint8_t>, PixelChanges*) const override {
    if (throws) fail("read");
    return FrameFault{BadFrameCause::kMissing, "gone"};
  }
  std::string frame_name(int) const override { return "x"; }
  bool throws = true;
};

TEST(FindParameters, ReadsNothingWhereNothingIsOpenAndSettlesTheScan) {
  Scan scan = synthetic_scan({.frames = 10, .height = 20, .width = 30});
  const auto source = std::make_shared<ThrowingSource>();
  scan.frames = scan.flats = source;
  scan.darks = nullptr;  // else a few frames are compared with them
  Config config = beam_only();
  EXPECT_THROW(find(scan, config), Error);
  config.beam.region = Region{};
  const Estimate estimate = find(scan, config);
  EXPECT_EQ(estimate.config.scan.dark, "/data/scan.h5::/dark");
  EXPECT_EQ(estimate.config.scan.flat, "/data/scan.h5::/flat");
  EXPECT_EQ(estimate.config.scan.omega, "none");
  EXPECT_EQ(estimate.config.scan.omega_step.value(), 36.0);
  EXPECT_TRUE(estimate.config.scan.wrap.value());
  EXPECT_EQ(estimate.config.scan.saturation.value(), 255);
  source->throws = false;
  EXPECT_THROW(find(scan), Error);
}

TEST(FindParameters, KeepsWhatIsGivenAndFitsTheRestToIt) {
  const Scan scan = synthetic_scan({.frames = 100});
  Config given;
  given.segment.seed = 9;
  given.segment.grow_max = 5;
  SegmentOptions s = find(scan, given).config.segment;
  EXPECT_EQ(step_of(s.seed), 9);
  EXPECT_EQ(step_of(s.grow_max), 5);
  EXPECT_LE(step_of(s.grow_min), 5);
  given = {};
  given.segment.grow_min = 60;
  s = find(scan, given).config.segment;
  EXPECT_GE(step_of(s.seed), 60);
  EXPECT_GE(step_of(s.grow_max), 60);
  given = {};
  given.beam.region = Region{88, 78, 172, 132};
  given.beam.sample = Region{100, 78, 160, 132};
  const BeamOptions beam = find(scan, given).config.beam;
  EXPECT_EQ(beam.region.value(), given.beam.region.value());
  EXPECT_EQ(beam.sample.value(), given.beam.sample.value());
  EXPECT_EQ(beam.normalise.value(), Normalise::kMargin);
  given.beam.region = Region{100, 100, 400, 180};
  EXPECT_THROW(find(scan, given), Error);
}

TEST(FindParameters, TakesScansOfAnySize) {
  for (const int frames : {1, 2, 3, 7}) {
    for (const auto& [height, width] : {std::pair(1, 1), std::pair(1, 70), std::pair(9, 1), std::pair(11, 13)}) {
      const Scan scan = synthetic_scan({.frames = frames, .height = height, .width = width, .hot_pixels = 1});
      const Estimate estimate = find(scan);
      EXPECT_NO_THROW(check_config(estimate.config));
      EXPECT_GE(step_of(estimate.config.segment.grow_min), 1);
      EXPECT_FALSE(estimate.warnings.empty());
    }
  }
}

std::vector<int> numbers(const hdf5::Handle& file, const std::string& column) {
  return hdf5::read_dataset<int>(file.id(), "entry/" + column);
}

TEST(FindParameters, ServesSimulatedScans) {
  const testing::TemporaryFolder folder;
  for (const SimulatePreset preset : {SimulatePreset::kStandard, SimulatePreset::kGlow}) {
    SimulateOptions options{.preset = preset, .seed = 5, .width = 256, .height = 256, .frames = 150};
    options.omega_range = 50;
    Progress silent;
    simulate(options, folder / "scan.h5", true, silent);
    Config config;
    config.scan.path = (folder / "scan.h5").string();
    const Scan scan = open_scan(config.scan);
    const Estimate estimate = find(scan, config);
    const hdf5::Handle truth = hdf5::open_file(truth_path(folder / "scan.h5"));
    const std::vector<int> beam = numbers(truth, "beam/region"), sample = numbers(truth, "beam/sample");
    expect_near(estimate.config.beam.region.value(), {beam[0], beam[1], beam[2], beam[3]}, 2, "beam");
    EXPECT_EQ(estimate.config.beam.normalise.value(), Normalise::kMargin) << estimate.why.at("beam.normalise");
    EXPECT_NEAR(estimate.config.beam.sample.value().u0, sample[0], 4) << estimate.why.at("beam.sample");
    EXPECT_NEAR(estimate.config.beam.sample.value().u1, sample[2], 4) << estimate.why.at("beam.sample");

    // Every clear spot is in some blob, and next to no blob is without one.
    const auto frames = denoised_volume(scan, estimate.config);
    const std::vector<ImageView<const std::uint16_t>> views(frames.begin(), frames.end());
    std::vector<Blob> blobs = segment_volume(views, in_steps(estimate.config.segment), false);
    std::erase_if(blobs, [](const Blob& blob) { return blob.small_seed; });
    const auto u = hdf5::read_dataset<double>(truth.id(), "entry/spots/u");
    const auto v = hdf5::read_dataset<double>(truth.id(), "entry/spots/v");
    const auto frame = hdf5::read_dataset<double>(truth.id(), "entry/spots/frame");
    const auto snr = hdf5::read_dataset<double>(truth.id(), "entry/spots/snr");
    const Region excluded = estimate.config.beam.region.value().grown(estimate.config.beam.guard.value() + 3, 256, 256);
    std::vector<std::uint8_t> explained(blobs.size(), 0);
    int clear = 0, found = 0;
    for (std::size_t i = 0; i < u.size(); ++i) {
      bool hit = false;
      for (std::size_t b = 0; b < blobs.size(); ++b) {
        const bool near = std::ranges::any_of(blobs[b].voxels, [&](const Voxel& voxel) {
          return std::abs(voxel.u - u[i]) <= 3 && std::abs(voxel.v - v[i]) <= 3 &&
                 std::abs(voxel.frame - frame[i]) <= 3;
        });
        if (near) hit = true, explained[b] = 1;
      }
      if (snr[i] < 8 || excluded.contains(static_cast<int>(std::lround(v[i])), static_cast<int>(std::lround(u[i]))))
        continue;
      ++clear;
      found += hit;
    }
    EXPECT_GT(clear, 20);
    EXPECT_GE(found, 0.97 * clear) << found << " of " << clear;
    EXPECT_LE(std::ranges::count(explained, 0), 12) << blobs.size();
  }
}

}  // namespace
}  // namespace dctprep
