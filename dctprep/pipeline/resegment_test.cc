// SPDX-License-Identifier: BSD-3-Clause
// Spots from stored sparse frames are those of a full run with the same settings, whatever the parts.
#include "dctprep/pipeline/resegment.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>

#include "dctprep/config/field_text.h"
#include "dctprep/config/tables_of.h"
#include "dctprep/pipeline/executors.h"
#include "dctprep/pipeline/memory_products.h"
#include "dctprep/pipeline/plan_file.h"
#include "dctprep/pipeline/random_scan_test.h"
#include "dctprep/pipeline/sparse_file.h"
#include "dctprep/testing/testing.h"

// HDF5 itself forgets memory where it meets damaged metadata; the leak sanitizer is to look at ours.
extern "C" const char* __lsan_default_suppressions();
extern "C" const char* __lsan_default_suppressions() { return "leak:libhdf5"; }

namespace dctprep {
namespace {

namespace fs = std::filesystem;
using testing::Draw;

std::vector<std::string> settings_of(const Config& config) {
  Config copy = config;
  std::vector<std::string> settings;
  for (const Table& table : tables_of(copy)) {
    if (table.name != "segment" && table.name != "filter" && table.name != "spots") continue;
    for (const Field& field : table.fields) {
      const std::string value = value_text(field.get());
      if (!value.empty()) settings.push_back(key_of(table, field) + "=" + value);
    }
  }
  return settings;
}

// Other levels and filters, none below the level that `plan` keeps.
Config draw_other(Draw& draw, const RunPlan& plan) {
  Config config = plan.config;
  const Config other = testing::draw_config(draw, plan.frames, plan.height, plan.width);
  config.filter = other.filter;
  config.segment = other.segment;
  const bool may_measure = plan.config.spots.photometry || !plan.scale.empty();
  config.spots = other.spots;
  config.spots.photometry = may_measure && other.spots.photometry;
  const int least = std::max(plan.kept_level, plan.scale.empty() ? 1 : kSigmaSteps);
  const int grow = least + draw.from(0, 30), seed = grow + draw.from(0, 40), most = grow + draw.from(0, 60);
  const auto level = [&](int step) { return level_of_step(step, plan.config.segment); };
  config.segment.unit = stated_unit(plan.config.segment).value();
  config.segment.seed = level(seed);
  config.segment.grow_min = level(grow);
  config.segment.grow_max = level(most);
  return config;
}

// The products of a plan, in as many files as there are ranges.
std::vector<fs::path> write_parts(const RunPlan& plan, const FrameSource& source, const std::vector<BlockRange>& ranges,
                                  const fs::path& folder) {
  std::vector<fs::path> files;
  Progress silent;
  for (const BlockRange& range : ranges) {
    files.push_back(folder / ("part" + std::to_string(files.size()) + ".h5"));
    SparseWriter writer(plan, range, files.back(), false);
    if (range.first < range.end)
      run_part(plan, source, range, writer, silent);
    else
      writer.finish();
  }
  return files;
}

std::vector<BlockRange> draw_ranges(Draw& draw, const RunPlan& plan) {
  std::vector<BlockRange> ranges{{0, 0}};
  while (ranges.back().end < plan.blocks.size()) {
    const std::size_t first = ranges.back().end;
    const auto most = static_cast<int>(plan.blocks.size() - first);
    ranges.push_back({first, first + static_cast<std::size_t>(draw.one_in(4) ? most : draw.from(0, most))});
  }
  if (draw.one_in(2)) ranges.erase(ranges.begin());
  return ranges;
}

TEST(Resegment, GivesTheBitsOfAFullRunFromAnyParts) {
  std::size_t spots = 0, parts = 0, in_sigma = 0, measured = 0;
  for (unsigned round = 0; round < 120; ++round) {
    SCOPED_TRACE("round " + std::to_string(round));
    Draw draw(40'000 + round);
    const int frames = draw.one_in(8) ? 1 : draw.from(1, 40), height = draw.from(1, 20), width = draw.from(1, 33);
    Config config = testing::draw_config(draw, frames, height, width);
    const Scan scan = testing::draw_scan(draw, config, frames, height, width);
    if (draw.one_in(3)) in_sigma += testing::draw_sigma(draw, scan, config);
    config.run.threads = draw.from(1, 3);
    Progress silent;
    RunPlan plan = prepare_run(scan, config, silent);
    plan.kept_level = draw.from(1, lowest_level(plan.segment));
    const testing::TemporaryFolder folder;
    std::vector<fs::path> files = write_parts(plan, *scan.frames, draw_ranges(draw, plan), folder.path());
    parts += files.size();
    std::ranges::reverse(files);
    const StoredRun stored = open_stored_run(files);
    EXPECT_EQ(plan_digest(*stored.plan.plan), plan_digest(plan));
    for (const bool same : {true, false}) {
      const Config other = same ? plan.config : draw_other(draw, plan);
      MemorySink sink;
      const RunPlan changed = changed_plan(stored, same ? std::vector<std::string>() : settings_of(other));
      resegment(stored, changed, &scan, "", sink, silent);
      const MemoryResult made = sink.take();
      testing::expect_same(testing::run(scan, other, Executor::kStreaming), made);
      if (HasFatalFailure()) return;
      spots += made.spots.size();
      for (const auto& spot : made.spots) measured += std::isfinite(spot.spot.intensity);
    }
  }
  EXPECT_GT(spots, 450u);
  EXPECT_GT(parts, 250u);
  EXPECT_GT(in_sigma, 10u);
  EXPECT_GT(measured, 100u);
}

TEST(MemoryProducts, GiveTheBitsOfAFullRun) {
  std::size_t spots = 0;
  for (unsigned round = 0; round < 100; ++round) {
    SCOPED_TRACE("round " + std::to_string(round));
    Draw draw(50'000 + round);
    const int frames = draw.from(1, 40), height = draw.from(1, 20), width = draw.from(1, 33);
    Config config = testing::draw_config(draw, frames, height, width);
    const Scan scan = testing::draw_scan(draw, config, frames, height, width);
    if (draw.one_in(3)) testing::draw_sigma(draw, scan, config);
    config.background.save = config.beam.transmission = config.spots.photometry = false;
    config.run.threads = draw.from(1, 3);
    Progress silent;
    RunPlan plan = prepare_run(scan, config, silent);
    plan.kept_level = draw.from(1, lowest_level(plan.segment));
    MemoryProducts products(1 << 30), few(100);
    make_products(plan, *scan.frames, products, silent);
    make_products(plan, *scan.frames, few, silent);
    EXPECT_TRUE(products.complete());
    EXPECT_FALSE(few.complete());
    EXPECT_TRUE(few.all().empty());
    for (int i = 0; i < 3; ++i) {
      Config other = draw_other(draw, plan);
      other.spots.photometry = false;
      RunPlan changed = clone(plan);
      changed.config = other;
      derive_levels(changed);
      MemorySink sink;
      spots_of_products(changed, products, sink);
      const MemoryResult made = sink.take();
      testing::expect_same(testing::run(scan, other, Executor::kStreaming), made);
      if (HasFatalFailure()) return;
      spots += made.spots.size();
    }
  }
  EXPECT_GT(spots, 500u);
}

// Frames come faster than spots are made of them: no more are held than was said.
TEST(Resegment, HoldsFewFramesOfALongScan) {
  constexpr int kFrames = 400;
  Draw draw(77);
  std::vector<Image<std::uint16_t>> frames;
  for (int k = 0; k < kFrames; ++k) {
    frames.emplace_back(8, 12);
    for (auto& pixel : frames.back().pixels()) pixel = static_cast<std::uint16_t>(100 + draw.from(0, 5));
    frames.back()(k % 7, k / 2 % 11) = 300;
  }
  Scan scan;
  scan.frames = std::make_shared<testing::MemoryFrames>(std::move(frames));
  for (int k = 0; k < kFrames; ++k) scan.omega.push_back(0.9 * k);
  scan.bad_pixels = Image<std::uint8_t>(8, 12, 0);
  Config config = testing::draw_config(draw, kFrames, 8, 12);
  config.scan.bad_frames.clear();
  config.beam = {};
  config.beam.region = config.beam.sample = Region{};
  config.beam.normalise = Normalise::kNone;
  config.beam.guard = 0;
  config.background = {};
  config.background.half_window = 10;
  config.background.half_step = 25;
  config.denoise.mode = DenoiseMode::kOff;
  config.filter = {};
  config.segment = {};
  config.segment.seed = 60;
  config.segment.grow_min = config.segment.grow_max = 40;
  config.segment.min_seed_volume = 1;
  config.segment.max_fill = 1;
  config.spots.photometry = true;
  config.spots.photometry_frames = 3;
  Progress silent;
  for (const bool wrap : {false, true}) {
    config.scan.wrap = wrap;
    const RunPlan plan = prepare_run(scan, config, silent);
    const testing::TemporaryFolder folder;
    const StoredRun stored = open_stored_run(write_parts(plan, *scan.frames, {{0, plan.blocks.size()}}, folder.path()));
    const MemoryResult expected = testing::run(scan, config, Executor::kStreaming);
    EXPECT_GT(expected.spots.size(), 20u);
    for (const int threads : {1, 2, 3, 2, 3}) {
      RunPlan again = changed_plan(stored, {});
      again.config.run.threads = threads;
      MemorySink sink;
      resegment(stored, again, &scan, "", sink, silent);
      testing::expect_same(expected, sink.take());
    }
  }
}

struct Small {
  Scan scan;
  RunPlan plan;
};

// Eight blocks of four frames.
Small small_scan(int kept) {
  Draw draw(5);
  Config config = testing::draw_config(draw, 32, 12, 14);
  config.scan.wrap = false;
  config.scan.bad_frames = {3};
  config.background.half_step = 2;
  config.background.half_window = 6;
  config.segment = {};
  config.segment.seed = 30;
  config.segment.grow_min = 20;
  config.segment.grow_max = 40;
  config.segment.min_seed_volume = 1;
  config.segment.max_fill = 1;
  config.spots.photometry = false;
  Small small;
  small.scan = testing::draw_scan(draw, config, 32, 12, 14);
  small.scan.sweeps.clear();
  Progress silent;
  small.plan = prepare_run(small.scan, config, silent);
  small.plan.kept_level = kept;
  return small;
}

template <class Body>
std::string message_of(const Body& body) {
  try {
    body();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(StoredRun, PartsThatAreMissingDoubleDamagedOrOfAnotherPlanAreNamed) {
  const Small small = small_scan(15);
  const testing::TemporaryFolder folder;
  ASSERT_EQ(small.plan.blocks.size(), 8u);
  const std::vector<fs::path> files =
      write_parts(small.plan, *small.scan.frames, {{0, 3}, {3, 5}, {5, 8}, {3, 6}}, folder.path());
  const auto open = [&](const std::vector<fs::path>& some) { return message_of([&] { open_stored_run(some); }); };
  EXPECT_EQ(open({files[0], files[1], files[2]}), "");
  EXPECT_NE(open({files[0], files[2]}).find("no part holds frames 12 to 19"), std::string::npos);
  EXPECT_NE(open({files[1]}).find("no part holds frames 0 to 11, frames 20 to 31"), std::string::npos);
  const std::string twice = open({files[0], files[1], files[2], files[3]});
  EXPECT_NE(twice.find(files[1].string()), std::string::npos) << twice;
  EXPECT_NE(twice.find("both hold frames 12 to 19"), std::string::npos) << twice;
  Small other = small_scan(14);
  const testing::TemporaryFolder elsewhere;
  const std::vector<fs::path> foreign = write_parts(other.plan, *other.scan.frames, {{3, 5}}, elsewhere.path());
  const std::string mixed = open({files[0], foreign[0], files[2]});
  EXPECT_NE(mixed.find(foreign[0].string() + ": belongs to another plan"), std::string::npos) << mixed;
  EXPECT_NE(open({folder / "none.h5"}).find("none.h5"), std::string::npos);
}

// Whatever bit is flipped, the bits of the result are right or there is an error that names the file.
TEST(SparseFile, DamageIsFound) {
  const Small small = small_scan(15);
  const testing::TemporaryFolder folder;
  const fs::path file = write_parts(small.plan, *small.scan.frames, {{0, 8}}, folder.path())[0];
  const std::string good = testing::contents_of(file);
  const auto spots_of = [&](const fs::path& path) {
    const StoredRun stored = open_stored_run({path});
    MemorySink sink;
    Progress silent;
    resegment(stored, changed_plan(stored, {}), nullptr, "", sink, silent);
    return sink.take();
  };
  const MemoryResult expected = spots_of(file);
  Draw draw(9);
  int found = 0;
  for (int round = 0; round < 100; ++round) {
    std::string bytes = good;
    const auto at = static_cast<std::size_t>(draw.from(0, static_cast<int>(bytes.size()) - 1));
    bytes[at] = static_cast<char>(bytes[at] ^ 1 << draw.from(0, 7));
    if (draw.one_in(10)) bytes.resize(at);
    const fs::path damaged = folder / "damaged.h5";
    std::ofstream(damaged, std::ios::binary) << bytes;
    try {
      const MemoryResult made = spots_of(damaged);
      testing::expect_same(expected, made);
      if (HasFatalFailure()) FAIL() << "byte " << at;
    } catch (const Error& error) {
      ++found;
      EXPECT_NE(std::string(error.what()).find("damaged.h5"), std::string::npos) << error.what();
    }
  }
  EXPECT_GT(found, 12);
}

TEST(ChangedPlan, RefusesWhatSparseFramesDoNotTell) {
  const Small small = small_scan(15);
  const testing::TemporaryFolder folder;
  const StoredRun stored = open_stored_run(write_parts(small.plan, *small.scan.frames, {{0, 8}}, folder.path()));
  const auto refusal = [&](const std::string& setting) { return message_of([&] { changed_plan(stored, {setting}); }); };
  EXPECT_EQ(refusal("segment.grow_min=15"), "");
  EXPECT_EQ(refusal("filter.min_area=3"), "");
  const std::string low = refusal("segment.grow_min=14");
  EXPECT_NE(low.find("segment.grow_min = \"14 counts\": is below \"15 counts\""), std::string::npos) << low;
  EXPECT_NE(refusal("denoise.mode=off").find("run the scan again"), std::string::npos) << refusal("denoise.mode=off");
  EXPECT_NE(refusal("segment.seed=auto").find("give a value"), std::string::npos) << refusal("segment.seed=auto");
  EXPECT_NE(refusal("segment.seed=5 sigma").find("counts"), std::string::npos) << refusal("segment.seed=5 sigma");
  EXPECT_NE(refusal("spots.photometry=true").find("noise"), std::string::npos) << refusal("spots.photometry=true");
}

}  // namespace
}  // namespace dctprep
