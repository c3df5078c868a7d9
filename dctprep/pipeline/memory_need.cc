// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/pipeline/memory_need.h"

#include <algorithm>

#include "dctprep/background/window_median.h"
#include "dctprep/base/error.h"
#include "dctprep/pipeline/held_frames.h"
#include "dctprep/pipeline/noise_levels.h"
#include "dctprep/pipeline/photometry_ring.h"

namespace dctprep {

namespace {

// Bytes that photometry holds beside the frames.
std::uint64_t photometry_bytes(const Setup& setup, const StreamPlan& plan, std::uint64_t pixels) {
  if (!setup.config.spots.photometry) return 0;
  const int reach = PhotometryRing::reach(setup), start = PhotometryRing::kept_start(setup);
  std::uint64_t most = 0;
  for (const StreamStep& step : plan.steps) {
    const int first = setup.blocks[step.first_block].first;
    std::uint64_t held = 0;
    // Steps are held whole; that which the oldest frame is in began a step before at the earliest.
    for (const StreamStep& other : plan.steps) {
      const int other_first = setup.blocks[other.first_block].first,
                other_last = setup.blocks[other.end_block - 1].last;
      const bool recent = other_first < first && other_last >= first - reach - (other_last - other_first + 1);
      if (recent || (other_first < start && other_first < first)) held += other.end_block - other.first_block;
    }
    most = std::max(most, held);
  }
  return most * pixels * 2 + PhotometryRing::bytes(setup, frames_a_batch());
}

}  // namespace

MemoryNeed memory_need(const Setup& setup, const StreamPlan& plan) {
  const auto pixels = static_cast<std::uint64_t>(setup.height()) * static_cast<std::uint64_t>(setup.width());
  const auto threads = std::uint64_t{threads_allowed()};
  const auto frames = static_cast<std::uint64_t>(plan.most_frames);
  constexpr std::uint64_t kMib = std::uint64_t{1} << 20, kOpenBlobs = 1024 * kMib;
  MemoryNeed need;
  need.window = HeldFrames::bytes(setup, frames);
  std::size_t together = 1;
  for (const StreamStep& step : plan.steps) together = std::max(together, step.end_block - step.first_block);
  // The ladders of the medians; the backgrounds of a step, and those that wait to be written; one over each reference;
  // a frame being read and its raw chunk on each thread; dark and masks.
  const std::uint64_t backgrounds = photometry_bytes(setup, plan, pixels) +
                                    together * (setup.config.background.save ? 3 + kBatchesWaiting : 1) * pixels * 2;
  const bool in_sigma = !setup.scale.empty();
  const std::uint64_t noise = in_sigma ? block_noise_bytes(pixels) : 0;
  need.total = need.window + WindowMedian::bytes(pixels) + backgrounds + HeldFrames::kMostReferences * pixels + noise +
               threads * pixels * 4 + 8 * pixels + 64 * kMib;
  // A pixel takes three bytes at most. An eighth of that is asked for in advance where memory is limited.
  need.listed = frames * (pixels * 5 / 2 + 4096 * 5);
  need.open_blobs = kOpenBlobs;
  const Auto<std::int64_t>& given = setup.config.run.memory;
  if (!given.is_auto()) {
    const auto memory = static_cast<std::uint64_t>(given.value());
    const std::uint64_t least_listed = std::min(need.listed, frames * pixels / 4), least_open = 32 * kMib;
    const std::uint64_t least = need.total + least_listed + least_open;
    if (memory < least) {
      fail_usage(
          "run.memory = {:.2g} MiB is too little: {} MiB are needed, {} MiB of them for the {} frames of the "
          "background's window; raise it, or make background.half_window smaller or background.stride larger",
          static_cast<double>(memory) / (1 << 20), (least >> 20) + 1, (need.window >> 20) + 1, plan.most_frames);
    }
    // What is left goes to both, as far as they can use it.
    const std::uint64_t spare = memory - least;
    need.listed = std::min(need.listed, least_listed + spare / 2);
    need.open_blobs = memory - need.total - need.listed;
  }
  return need;
}

}  // namespace dctprep
