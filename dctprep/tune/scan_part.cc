// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/tune/scan_part.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

#include "dctprep/core/omega.h"
#include "dctprep/pipeline/memory_products.h"
#include "dctprep/pipeline/plan_file.h"
#include "dctprep/pipeline/prepare_run.h"
#include "dctprep/pipeline/run.h"
#include "dctprep/read/frame_selection.h"
#include "dctprep/write/memory_sink.h"

namespace dctprep {

namespace {

constexpr double kHalfTurn = 180;
constexpr double kLeastBeyond = 10;  // degrees beyond half a turn that hold some pairs
constexpr double kWholeVoxels = 3e8;
constexpr int kLeastFrames = 60;

// Frames a ... a + n - 1 as a scan of its own.
Scan part_of(const Scan& scan, int first, int last) {
  Scan part = {};
  std::vector<int> indices;
  for (int k = first; k <= last; ++k) {
    indices.push_back(k);
    part.omega.push_back(scan.omega[static_cast<std::size_t>(k)]);
  }
  part.name = scan.name;
  part.frames = select_frames(scan.frames, std::move(indices));
  part.darks = scan.darks;
  part.flats = scan.flats;
  part.first_frame = scan.first_frame + first;
  part.bad_pixels = Image<std::uint8_t>(scan.height(), scan.width());
  std::ranges::copy(scan.bad_pixels.pixels(), part.bad_pixels.data());
  part.storage = scan.storage;
  part.dark_path = scan.dark_path;
  part.flat_path = scan.flat_path;
  part.omega_source = scan.omega_source;
  part.omega_path = scan.omega_path;
  part.omega_motor = scan.omega_motor;
  part.omega_start = scan.omega_start;
  part.omega_step = scan.omega_step;
  return part;
}

// What is not needed is not made.
Config lean(Config config) {
  config.background.save = false;
  config.spots.voxels = false;
  config.spots.image = SpotImage::kNone;
  config.spots.rejected = false;
  config.spots.photometry = false;
  return config;
}

// Of the lowest level of the settings tried first: the lowest level tried is at least that (tune.cc: 0.7 of it, and
// 0.85 of that).
constexpr double kKeptShare = 0.59;
constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 30;  // of products in memory

}  // namespace

ScanPart part_with_mates(const Scan& scan, const Config& config) {
  const int frames = scan.frame_count();
  if (!is_known(scan.omega)) return {{}, "omega is unknown, so that spots have no mates"};
  if (scan.sweeps.size() > 1) return {{}, "omega makes several sweeps, so that mates cannot be told"};
  const OmegaRange covered = omega_range(scan.omega);
  if (!(covered.step > 0) || covered.turn() < kHalfTurn + kLeastBeyond)
    return {{}, fmt::format("the scan covers {:.4g} degrees, and mates lie 180 degrees apart", covered.turn())};
  const double pixels = static_cast<double>(scan.height()) * scan.width();
  const int half = static_cast<int>(std::lround(kHalfTurn / covered.step));
  const int fit = static_cast<int>(std::min(kWholeVoxels / pixels / 2, 1e6));
  const int run = std::max({fit, kLeastFrames, 2 * config.background.half_window + 1});
  // Two runs must not overlap, nor the second reach beyond the end.
  if (frames <= 2 * run || half + run > frames || run > half) return {{{0, frames - 1}}, ""};
  // In the middle of what can be taken: away from the ends, where backgrounds are less sure.
  const int first = (frames - half - run) / 2;
  return {{{first, first + run - 1}, {first + half, first + half + run - 1}}, ""};
}

struct PartRuns::Run {
  Scan scan;
  RunPlan plan;
  MemoryProducts products{kMostBytes};
};

PartRuns::PartRuns(const ScanPart& part, const Scan& scan, const Config& first)
    : part_(part), scan_(scan), first_(lean(first)), runs_(part.frames.size()) {}

PartRuns::~PartRuns() = default;

MemoryResult PartRuns::result_of(std::size_t i, const Config& config, Progress& progress) {
  const auto [first, last] = part_.frames[i];
  const bool whole = first == 0 && last == scan_.frame_count() - 1;
  Config own = config;
  std::erase_if(own.scan.bad_frames, [&](int k) { return k < first || k > last; });
  for (int& k : own.scan.bad_frames) k -= first;
  if (!whole) own.scan.wrap = false;
  MemorySink sink;
  if (runs_[i] == nullptr) {
    runs_[i] = std::make_unique<Run>();
    Run& run = *runs_[i];
    Config kept = own;
    kept.segment = first_.segment;
    kept.denoise = first_.denoise;
    run.scan = part_of(scan_, first, last);
    run.plan = prepare_run(run.scan, kept, progress);
    run.plan.kept_level = std::max(1, static_cast<int>(kKeptShare * lowest_level(run.plan.segment)));
    make_products(run.plan, *run.scan.frames, run.products, progress);
  }
  const Run& run = *runs_[i];
  const SegmentUnit unit = *stated_unit(run.plan.config.segment);
  if (own.denoise == first_.denoise && run.products.complete() && stated_unit(own.segment).value_or(unit) == unit) {
    RunPlan plan = clone(run.plan);
    plan.config.segment = in_unit(own.segment, unit);
    derive_levels(plan);
    if (lowest_level(plan.segment) >= run.plan.kept_level) {
      spots_of_products(plan, run.products, sink);
      return sink.take();
    }
  }
  run_pipeline(run.scan, own, "", sink, progress);
  return sink.take();
}

PartScore PartRuns::score(const Config& config, Progress& progress) {
  const Config lean_config = lean(config);
  std::vector<Spot> spots;
  MemoryResult result;
  int frames_before = 0;
  for (std::size_t i = 0; i < part_.frames.size(); ++i) {
    result = result_of(i, lean_config, progress);
    for (MemorySpot& found : result.spots) {
      found.spot.frame += frames_before;
      spots.push_back(found.spot);
    }
    frames_before += part_.frames[i].second - part_.frames[i].first + 1;
  }
  const Region excluded = result.header.beam.grown(config.beam.guard.value(), scan_.height(), scan_.width());
  FriedelScene scene{.height = scan_.height(),
                     .width = scan_.width(),
                     .omega = scan_.omega,
                     .beam = result.header.beam,
                     .sample = result.header.sample,
                     .excluded = excluded};
  if (part_.frames.size() > 1) {
    scene.omega.clear();
    for (int k = 0; k < frames_before; ++k) scene.omega.push_back(360.0 * k / frames_before);
    for (Spot& spot : spots) spot.omega = 360.0 * spot.frame / frames_before;
  }
  return {spots.size(), find_friedel_pairs(spots, scene)};
}

}  // namespace dctprep
