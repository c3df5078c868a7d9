// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/core/frame_median.h"

#include <algorithm>
#include <cstring>
#include <tbb/blocked_range.h>
#include <tbb/parallel_for.h>
#include <vector>

#include "dctprep/core/rank_median.h"
#include "dctprep/kernels/rank_select.h"

namespace dctprep {

namespace {

// A tile of all frames is at most this large, so that it stays in a core's second-level cache over the rounds of
// selection.
constexpr std::size_t kTileBytes = 512 * 1024;
constexpr std::size_t kSmallestTile = 64;

// Pixels [begin, end) by selection, tile by tile. The tile is a copy: the frames' own rows lie megabytes apart, and
// every round would walk over as many pages as there are frames.
void select_tiles(std::span<const std::uint16_t* const> frames, std::size_t begin, std::size_t end,
                  std::uint16_t* out) {
  const std::size_t tile = std::max(kSmallestTile, kTileBytes / 2 / frames.size() / kSmallestTile * kSmallestTile);
  thread_local std::vector<std::uint16_t> stack;
  thread_local std::vector<const std::uint16_t*> rows;
  stack.resize(tile * frames.size());
  rows.resize(frames.size());
  for (std::size_t i = 0; i < frames.size(); ++i) rows[i] = stack.data() + i * tile;
  for (std::size_t first = begin; first < end; first += tile) {
    const std::size_t size = std::min(tile, end - first);
    for (std::size_t i = 0; i < frames.size(); ++i) {
      std::memcpy(stack.data() + i * tile, frames[i] + first, size * sizeof(std::uint16_t));
    }
    rank_select(rows.data(), rows.size(), static_cast<std::uint16_t>(frames.size() / 2), size, out + first);
  }
}

void select_one_by_one(std::span<const std::uint16_t* const> frames, std::size_t begin, std::size_t end,
                       std::uint16_t* out) {
  std::vector<std::uint16_t> values(frames.size());
  for (std::size_t i = begin; i < end; ++i) {
    for (std::size_t k = 0; k < frames.size(); ++k) values[k] = frames[k][i];
    out[i] = rank_median(values);
  }
}

}  // namespace

void rank_median_over_frames(std::span<const std::uint16_t* const> frames, std::size_t count, std::uint16_t* out) {
  if (frames.empty()) {
    std::fill(out, out + count, std::uint16_t{0});
    return;
  }
  constexpr std::size_t kGrain = 16 * 1024;
  tbb::parallel_for(tbb::blocked_range<std::size_t>(0, count, kGrain), [&](const auto& range) {
    if (frames.size() <= kRankSelectMostRows) {
      select_tiles(frames, range.begin(), range.end(), out);
    } else {
      select_one_by_one(frames, range.begin(), range.end(), out);
    }
  });
}

}  // namespace dctprep
