#include "dctprep/background/window_median.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <tbb/blocked_range.h>
#include <tbb/parallel_for.h>

#include "dctprep/core/rank_median.h"
#include "dctprep/kernels/ladder.h"
#include "dctprep/kernels/rank_select.h"

namespace dctprep {

namespace {

// Pixels worked on at a time: of 100 frames, one byte each, they stay in a core's second-level cache; a row of one
// frame is a page.
constexpr std::size_t kTile = 2048;
static_assert(kTile % kLadderGroup == 0);
constexpr std::size_t kCountsAGroup = kLadderRungs * kLadderGroup;
constexpr std::size_t kMostRows = 255;  // that ladder_count() takes at a time
constexpr std::uint16_t kRungsBelow = kLadderRungs / 2;

std::size_t groups_of(std::size_t pixels) { return (pixels + kLadderGroup - 1) / kLadderGroup; }

}  // namespace

WindowMedian::WindowMedian(std::size_t pixels)
    : pixels_(pixels), base_(groups_of(pixels) * kLadderGroup, 0), counts_(groups_of(pixels) * kCountsAGroup, 0) {}

std::size_t WindowMedian::bytes(std::size_t pixels) {
  return groups_of(pixels) * (kCountsAGroup + kLadderGroup) * sizeof(std::uint16_t);
}

void WindowMedian::advance(std::span<const MedianStep> steps) {
  std::atomic<std::uint64_t> groups{0}, selected{0};
  const std::size_t tiles = (pixels_ + kTile - 1) / kTile;
  tbb::parallel_for(tbb::blocked_range<std::size_t>(0, tiles, 4), [&](const auto& range) {
    Counters counters;
    for (std::size_t tile = range.begin(); tile < range.end(); ++tile) {
      const std::size_t first = tile * kTile;
      advance_tile(steps, first, std::min(kTile, pixels_ - first), counters);
    }
    groups += counters.groups;
    selected += counters.selected;
  });
  counters_.groups += groups;
  counters_.selected += selected;
  started_ = started_ || !steps.empty();
}

void WindowMedian::advance_tile(std::span<const MedianStep> steps, std::size_t first, std::size_t size,
                                Counters& counters) {
  bool counted = started_;  // the counts are those of the window before
  for (const MedianStep& step : steps) {
    const std::size_t n = step.window.size();
    if (n == 0) {
      std::fill(step.background + first, step.background + first + size, std::uint16_t{0});
      std::fill(counts_.begin() + static_cast<std::ptrdiff_t>(first * kLadderRungs),
                counts_.begin() + static_cast<std::ptrdiff_t>(groups_of(first + size) * kCountsAGroup),
                std::uint16_t{0});
      counted = true;
      continue;
    }
    const bool countable = n <= kRankSelectMostRows;
    // Where most of the window is new, counting what differs costs more than starting anew from the old ladder.
    if (countable && counted && step.entering.size() + step.leaving.size() <= n) {
      count_frames(step.entering, first, size, true);
      count_frames(step.leaving, first, size, false);
    } else if (countable && counted) {
      std::fill(counts_.begin() + static_cast<std::ptrdiff_t>(first * kLadderRungs),
                counts_.begin() + static_cast<std::ptrdiff_t>(groups_of(first + size) * kCountsAGroup),
                std::uint16_t{0});
      count_frames(step.window, first, size, true);
    }
    for (std::size_t at = first; at < first + size; at += kLadderGroup) {
      const std::size_t in_group = std::min(kLadderGroup, first + size - at);
      std::uint16_t median[kLadderGroup];
      ++counters.groups;
      if (countable && counted &&
          ladder_median(counts_.data() + at * kLadderRungs, base_.data() + at, static_cast<std::uint16_t>(n / 2),
                        median)) {
        std::memcpy(step.background + at, median, in_group * sizeof(std::uint16_t));
      } else {
        ++counters.selected;
        select_group(step, at, in_group);
      }
    }
    counted = countable;
  }
}

// Heights of the tile, frame after frame as memory gives them, but written group by group as they are counted.
void WindowMedian::count_frames(std::span<const std::uint16_t* const> frames, std::size_t first, std::size_t size,
                                bool add) {
  thread_local std::vector<std::uint8_t> heights;
  for (std::size_t from = 0; from < frames.size(); from += kMostRows) {
    const std::size_t n = std::min(kMostRows, frames.size() - from);
    heights.resize(groups_of(size) * n * kLadderGroup);
    for (std::size_t k = 0; k < n; ++k) {
      for (std::size_t at = 0; at < size; at += kLadderGroup) {
        ladder_heights(frames[from + k] + first + at, base_.data() + first + at, std::min(kLadderGroup, size - at),
                       heights.data() + at * n + k * kLadderGroup);
      }
    }
    for (std::size_t at = 0; at < size; at += kLadderGroup) {
      ladder_count(heights.data() + at * n, n, add, counts_.data() + (first + at) * kLadderRungs);
    }
  }
}

void WindowMedian::select_group(const MedianStep& step, std::size_t first, std::size_t size) {
  const std::size_t n = step.window.size();
  std::uint16_t* median = step.background + first;
  if (n > kRankSelectMostRows) {
    std::vector<std::uint16_t> values(n);
    for (std::size_t i = 0; i < size; ++i) {
      for (std::size_t k = 0; k < n; ++k) values[k] = step.window[k][first + i];
      median[i] = rank_median(values);
    }
    return;
  }
  thread_local std::vector<const std::uint16_t*> rows;
  thread_local std::vector<std::uint16_t> stack;
  rows.resize(n);
  stack.resize(n * kLadderGroup);
  for (std::size_t k = 0; k < n; ++k) {
    rows[k] = stack.data() + k * kLadderGroup;
    std::memcpy(stack.data() + k * kLadderGroup, step.window[k] + first, size * sizeof(std::uint16_t));
  }
  rank_select(rows.data(), n, static_cast<std::uint16_t>(n / 2), size, median);
  for (std::size_t i = 0; i < size; ++i) {
    base_[first + i] =
        std::min(kLadderHighestBase, static_cast<std::uint16_t>(median[i] - std::min(median[i], kRungsBelow)));
  }
  std::fill_n(counts_.begin() + static_cast<std::ptrdiff_t>(first * kLadderRungs), kCountsAGroup, std::uint16_t{0});
  count_frames(step.window, first, size, true);
}

}  // namespace dctprep
