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
constexpr std::size_t kSample = 63;  // frames whose median stands in for that of a whole window

std::size_t groups_of(std::size_t pixels) { return (pixels + kLadderGroup - 1) / kLadderGroup; }

}  // namespace

WindowMedian::WindowMedian(std::size_t pixels)
    : pixels_(pixels), base_(groups_of(pixels) * kLadderGroup, 0), counts_(groups_of(pixels) * kCountsAGroup, 0) {}

std::size_t WindowMedian::bytes(std::size_t pixels) {
  return groups_of(pixels) * (kCountsAGroup + kLadderGroup) * sizeof(std::uint16_t);
}

template <class Body>
void WindowMedian::for_each_tile(const Body& body) {
  const std::size_t tiles = (pixels_ + kTile - 1) / kTile;
  tbb::parallel_for(tbb::blocked_range<std::size_t>(0, tiles, 4), [&](const auto& range) {
    for (std::size_t tile = range.begin(); tile < range.end(); ++tile) {
      const std::size_t first = tile * kTile;
      body(first, std::min(kTile, pixels_ - first));
    }
  });
}

void WindowMedian::advance(std::span<const MedianStep> steps) {
  if (steps.empty()) return;
  std::atomic<std::uint64_t> groups{0}, selected{0};
  for_each_tile([&](std::size_t first, std::size_t size) {
    Counters counters;
    advance_tile(steps, first, size, counters);
    groups += counters.groups;
    selected += counters.selected;
  });
  counters_.groups += groups;
  counters_.selected += selected;
  const std::size_t n = steps.back().window.size();
  state_ = n <= kRankSelectMostRows ? State::kCounts : State::kNothing;
}

void WindowMedian::leave(std::span<const std::uint16_t* const> frames) {
  if (state_ != State::kCounts || frames.empty()) return;
  for_each_tile([&](std::size_t first, std::size_t size) { count_frames(frames, first, size, false); });
}

void WindowMedian::forget() {
  if (state_ == State::kCounts) state_ = State::kLadder;
}

void WindowMedian::advance_tile(std::span<const MedianStep> steps, std::size_t first, std::size_t size,
                                Counters& counters) {
  State state = state_;
  for (const MedianStep& step : steps) {
    const std::size_t n = step.window.size();
    if (n > kRankSelectMostRows) {
      state = State::kNothing;
    } else if (state == State::kCounts) {
      count_frames(step.entering, first, size, true);
      count_frames(step.leaving, first, size, false);
    } else if (state == State::kLadder) {
      clear_counts(first, size);
      count_frames(step.window, first, size, true);
      state = State::kCounts;
    }
    for (std::size_t at = first; at < first + size; at += kLadderGroup) {
      const std::size_t in_group = std::min(kLadderGroup, first + size - at);
      std::uint16_t median[kLadderGroup];
      ++counters.groups;
      if (n == 0) {
        std::fill_n(step.background + at, in_group, std::uint16_t{0});
      } else if (state == State::kCounts && ladder_median(counts_.data() + at * kLadderRungs, base_.data() + at,
                                                          static_cast<std::uint16_t>(n / 2), median)) {
        std::memcpy(step.background + at, median, in_group * sizeof(std::uint16_t));
      } else {
        ++counters.selected;
        select_group(step, at, in_group, state);
      }
    }
    // An empty window is counted too: nothing lies below any rung.
    if (n == 0 && state == State::kNothing) clear_counts(first, size);
    state = n > kRankSelectMostRows ? State::kNothing : State::kCounts;
  }
}

void WindowMedian::clear_counts(std::size_t first, std::size_t size) {
  std::fill(counts_.begin() + static_cast<std::ptrdiff_t>(first * kLadderRungs),
            counts_.begin() + static_cast<std::ptrdiff_t>(first * kLadderRungs + groups_of(size) * kCountsAGroup),
            std::uint16_t{0});
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
        const std::size_t in_group = std::min(kLadderGroup, size - at);
        std::uint8_t* row = heights.data() + at * n + k * kLadderGroup;
        ladder_heights(frames[from + k] + first + at, base_.data() + first + at, in_group, row);
        std::fill(row + in_group, row + kLadderGroup, std::uint8_t{0});
      }
    }
    for (std::size_t at = 0; at < size; at += kLadderGroup) {
      ladder_count(heights.data() + at * n, n, add, counts_.data() + (first + at) * kLadderRungs);
    }
  }
}

// A ladder round `median` for one group, and the window counted against it.
void WindowMedian::build_ladder(const std::uint16_t* median, std::span<const std::uint16_t* const> window,
                                std::size_t first, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) {
    base_[first + i] =
        std::min(kLadderHighestBase, static_cast<std::uint16_t>(median[i] - std::min(median[i], kRungsBelow)));
  }
  clear_counts(first, size);
  count_frames(window, first, size, true);
}

void WindowMedian::select_group(const MedianStep& step, std::size_t first, std::size_t size, State state) {
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
  const auto select = [&](std::size_t every) {
    const std::size_t count = (n + every - 1) / every;
    rows.resize(count);
    stack.resize(count * kLadderGroup);
    for (std::size_t k = 0; k < count; ++k) {
      rows[k] = stack.data() + k * kLadderGroup;
      std::memcpy(stack.data() + k * kLadderGroup, step.window[k * every] + first, size * sizeof(std::uint16_t));
    }
    rank_select(rows.data(), count, static_cast<std::uint16_t>(count / 2), size, median);
  };
  // The median of some of the frames mostly lies near that of all, and counting all against a ladder there costs a
  // fraction of selecting from all.
  const std::size_t every = n / kSample;
  if (state == State::kNothing && every > 1) {
    select(every);
    build_ladder(median, step.window, first, size);
    std::uint16_t found[kLadderGroup];
    if (ladder_median(counts_.data() + first * kLadderRungs, base_.data() + first, static_cast<std::uint16_t>(n / 2),
                      found)) {
      std::memcpy(median, found, size * sizeof(std::uint16_t));
      return;
    }
  }
  select(1);
  build_ladder(median, step.window, first, size);
}

}  // namespace dctprep
