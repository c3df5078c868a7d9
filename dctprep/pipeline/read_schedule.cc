// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/pipeline/read_schedule.h"

#include <algorithm>
#include <cstdint>
#include <numeric>

namespace dctprep {

namespace {

// `own`: the frames of all blocks that are worked on.
std::vector<int> needed_frames(const BackgroundBlock& block, FrameRange own, int frames,
                               const BackgroundOptions& options, bool wrap, int behind) {
  std::vector<int> needed = background_window(block.centre, block.sweep, options, wrap);
  for (int k = std::max(own.first, block.first - behind); k <= block.last; ++k) needed.push_back(k);
  if (wrap && block.last == frames - 1) {
    for (int k = own.first; k < std::min(behind, own.end); ++k) needed.push_back(k);
  }
  std::sort(needed.begin(), needed.end());
  needed.erase(std::unique(needed.begin(), needed.end()), needed.end());
  return needed;
}

}  // namespace

// Windows that move by single frames are made this many at a time, so that what is kept of each pixel is fetched once
// for all of them.
constexpr int kFramesAStep = 16;

ReadSchedule schedule_reads(const std::vector<BackgroundBlock>& blocks, BlockRange range, int frames,
                            const BackgroundOptions& options, bool wrap, int behind) {
  const FrameRange own{blocks[range.first].first, blocks[range.end - 1].last + 1};
  // With a stride, the windows of consecutive blocks hold different frames until the same ones come round again.
  const int block_size = std::max(1, 2 * options.half_step);
  const auto ahead = static_cast<std::size_t>(options.stride / std::gcd(block_size, options.stride));
  const auto together = static_cast<std::size_t>(std::max(1, kFramesAStep / block_size));
  if (behind > 0) behind += static_cast<int>(together) * block_size;
  ReadSchedule schedule;
  std::vector<std::uint8_t> held(static_cast<std::size_t>(frames), 0);
  std::vector<std::size_t> wanted_at(static_cast<std::size_t>(frames), 0);  // the last step that wanted it, plus one
  std::vector<int> holding;
  for (std::size_t first = range.first; first < range.end; first += together) {
    ReadStep step{.first_block = first, .end_block = std::min(range.end, first + together)};
    for (std::size_t b = step.first_block; b < step.end_block; ++b) {
      for (const int k : needed_frames(blocks[b], own, frames, options, wrap, behind)) {
        if (held[static_cast<std::size_t>(k)] != 0) continue;
        held[static_cast<std::size_t>(k)] = 1;
        step.read.push_back(k);
      }
    }
    std::sort(step.read.begin(), step.read.end());
    holding.insert(holding.end(), step.read.begin(), step.read.end());
    schedule.most_frames = std::max(schedule.most_frames, static_cast<int>(holding.size()));
    for (std::size_t next = step.end_block; next < range.end && next < step.end_block + ahead; ++next) {
      for (const int k : needed_frames(blocks[next], own, frames, options, wrap, behind))
        wanted_at[static_cast<std::size_t>(k)] = first + 1;
    }
    if (behind > 0 && step.end_block == range.end) holding.clear();
    std::erase_if(holding, [&](int k) {
      if (wanted_at[static_cast<std::size_t>(k)] == first + 1) return false;
      step.drop.push_back(k);
      held[static_cast<std::size_t>(k)] = 0;
      return true;
    });
    schedule.steps.push_back(std::move(step));
  }
  return schedule;
}

}  // namespace dctprep
