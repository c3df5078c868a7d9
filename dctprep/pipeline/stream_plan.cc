// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/pipeline/stream_plan.h"

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <tbb/global_control.h>

#include "dctprep/pipeline/photometry_ring.h"

namespace dctprep {

namespace {

std::vector<int> needed_frames(const BackgroundBlock& block, int frames, const BackgroundOptions& options, bool wrap,
                               int behind) {
  std::vector<int> needed = background_window(block.centre, block.sweep, options, wrap);
  for (int k = std::max(0, block.first - behind); k <= block.last; ++k) needed.push_back(k);
  if (wrap && block.last == frames - 1) {
    for (int k = 0; k < std::min(behind, frames); ++k) needed.push_back(k);
  }
  std::sort(needed.begin(), needed.end());
  needed.erase(std::unique(needed.begin(), needed.end()), needed.end());
  return needed;
}

}  // namespace

// Windows that move by single frames are made this many at a time, so that what is kept of each pixel is fetched once
// for all of them.
constexpr int kFramesAStep = 16;

StreamPlan plan_stream(const std::vector<BackgroundBlock>& blocks, int frames, const BackgroundOptions& options,
                       bool wrap, int behind) {
  // With a stride, the windows of consecutive blocks hold different frames until the same ones come round again.
  const int block_size = std::max(1, 2 * options.half_step);
  const auto ahead = static_cast<std::size_t>(options.stride / std::gcd(block_size, options.stride));
  const auto together = static_cast<std::size_t>(std::max(1, kFramesAStep / block_size));
  if (behind > 0) behind += static_cast<int>(together) * block_size;
  StreamPlan plan;
  std::vector<std::uint8_t> held(static_cast<std::size_t>(frames), 0);
  std::vector<std::size_t> wanted_at(static_cast<std::size_t>(frames), 0);  // the last step that wanted it, plus one
  std::vector<int> holding;
  for (std::size_t first = 0; first < blocks.size(); first += together) {
    StreamStep step{.first_block = first, .end_block = std::min(blocks.size(), first + together)};
    for (std::size_t b = step.first_block; b < step.end_block; ++b) {
      for (const int k : needed_frames(blocks[b], frames, options, wrap, behind)) {
        if (held[static_cast<std::size_t>(k)] != 0) continue;
        held[static_cast<std::size_t>(k)] = 1;
        step.read.push_back(k);
      }
    }
    std::sort(step.read.begin(), step.read.end());
    holding.insert(holding.end(), step.read.begin(), step.read.end());
    plan.most_frames = std::max(plan.most_frames, static_cast<int>(holding.size()));
    for (std::size_t next = step.end_block; next < blocks.size() && next < step.end_block + ahead; ++next) {
      for (const int k : needed_frames(blocks[next], frames, options, wrap, behind))
        wanted_at[static_cast<std::size_t>(k)] = first + 1;
    }
    if (behind > 0 && step.end_block == blocks.size()) holding.clear();
    std::erase_if(holding, [&](int k) {
      if (wanted_at[static_cast<std::size_t>(k)] == first + 1) return false;
      step.drop.push_back(k);
      held[static_cast<std::size_t>(k)] = 0;
      return true;
    });
    plan.steps.push_back(std::move(step));
  }
  return plan;
}

StreamPlan plan_run(const Setup& setup) {
  const int behind = setup.config.spots.photometry ? PhotometryRing::reach(setup) : 0;
  return plan_stream(setup.blocks, setup.frames(), setup.config.background, setup.wrap, behind);
}

std::size_t threads_allowed() {
  return tbb::global_control::active_value(tbb::global_control::max_allowed_parallelism);
}

int frames_a_batch() { return std::max(16, 2 * static_cast<int>(threads_allowed())); }

}  // namespace dctprep
