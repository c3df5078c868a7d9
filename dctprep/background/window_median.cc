// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/background/window_median.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstring>
#include <functional>
#include <tbb/blocked_range.h>
#include <tbb/parallel_for.h>

#include "dctprep/core/rank_median.h"
#include "dctprep/kernels/ladder.h"
#include "dctprep/kernels/rank_select.h"

namespace dctprep {

namespace {

// Pixels worked on at a time: half a page of each frame.
constexpr std::size_t kTile = 2048;
constexpr std::size_t kTilesTogether = 8;
static_assert(kTile % kLadderGroup == 0);
constexpr std::size_t kCountsAGroup = kLadderRungs * kLadderGroup;
static_assert(kLadderGroup == kPixelGroup);
constexpr std::uint16_t kRungsBelow = kLadderRungs / 2;
constexpr std::size_t kSample = 63;  // frames whose median stands in for that of a whole window
// How far beyond its end a ladder is moved at most: at first by its own length, since where the counts are few their
// slope makes the way look longer than it is, then four times as far from go to go.
constexpr std::int64_t kFirstMove = kLadderRungs;
constexpr int kMostMoves = 3;
// A group that is selected from whole windows gets its ladder back when no median has moved further than this.
constexpr int kCalm = 4;
constexpr std::size_t kSelectedTogether = 8 * kPixelGroup;
constexpr std::size_t kFramesAhead = 8;  // whose pixels of a group are asked for before they are read

std::uint16_t saturated_difference(std::uint16_t from, std::uint16_t down) {
  return static_cast<std::uint16_t>(from - std::min(from, down));
}

std::size_t groups_of(std::size_t pixels) { return whole_groups(pixels) / kPixelGroup; }

}  // namespace

WindowMedian::WindowMedian(std::size_t pixels)
    : pixels_(pixels),
      base_(whole_groups(pixels), 0),
      counts_(groups_of(pixels) * kCountsAGroup * sizeof(std::uint16_t)),
      restless_(groups_of(pixels), 0) {}

std::size_t WindowMedian::bytes(std::size_t pixels) {
  return groups_of(pixels) * ((kCountsAGroup + kLadderGroup) * sizeof(std::uint16_t) + 1);
}

WindowMedian::Batches WindowMedian::batches_of(std::vector<const CompactFrame*>& frames) {
  std::stable_sort(frames.begin(), frames.end(), [](const CompactFrame* a, const CompactFrame* b) {
    return std::less<>()(a->reference()->data(), b->reference()->data());
  });
  Batches batches;
  for (std::size_t first = 0; first < frames.size();) {
    Batch batch{.reference = frames[first]->reference()->data(), .rows = {}, .frames = {}};
    std::size_t last = first;
    for (;
         last < frames.size() && last - first < kMostLadderRows && frames[last]->reference()->data() == batch.reference;
         ++last) {
      batch.rows.push_back(frames[last]->bytes());
    }
    batch.frames = std::span(frames).subspan(first, last - first);
    batches.push_back(std::move(batch));
    first = last;
  }
  return batches;
}

// The frames that are counted are more streams than a processor foresees, so they are asked for; row by row, since
// memory is fastest where it is read on.
class WindowMedian::Ahead {
 public:
  // Rows that every tile counts, once.
  explicit Ahead(const Counted& counted) {
    for (const Batches* batches : {&counted.entering, &counted.leaving, &counted.done}) {
      for (const Batch& batch : *batches) rows_.insert(rows_.end(), batch.rows.begin(), batch.rows.end());
      passes_ += batches->size();
    }
    if (rows_.size() > kMostRowsAhead) rows_.clear();
  }
  // The tile to come begins at `first`; size 0: none does.
  void start(std::size_t first, std::size_t size) {
    first_ = first;
    lines_a_row_ = size / kLine;
    row_ = line_ = 0;
    lines_a_step_ = passes_ == 0 ? 0 : (rows_.size() * kTile / kLine) / (passes_ * (kTile / kLadderGroup)) + 1;
  }
  void step() {
    for (std::size_t i = 0; i < lines_a_step_ && row_ < rows_.size(); ++i) {
      if (line_ == lines_a_row_) {
        line_ = 0;
        if (++row_ == rows_.size()) return;
      }
      if (lines_a_row_ > 0) __builtin_prefetch(rows_[row_] + first_ + kLine * line_++, 0, 2);
    }
  }

 private:
  static constexpr std::size_t kLine = 64;
  static constexpr std::size_t kMostRowsAhead = 256;  // of which two tiles fit the second-level cache
  std::vector<const std::uint8_t*> rows_;
  std::size_t passes_ = 0, lines_a_step_ = 0;
  std::size_t first_ = 0, lines_a_row_ = 0;
  std::size_t row_ = 0, line_ = 0;
};

void WindowMedian::advance(std::span<MedianStep> steps, std::vector<const CompactFrame*> done) {
  if (steps.empty()) return;
  std::vector<Counted> counted;
  for (MedianStep& step : steps) {
    counted.push_back({.window = batches_of(step.window),
                       .entering = batches_of(step.entering),
                       .leaving = batches_of(step.leaving),
                       .done = {},
                       .sample = {}});
  }
  counted.back().done = batches_of(done);
  std::vector<const CompactFrame*> sample;
  if (state_ == State::kNothing) {
    const std::vector<const CompactFrame*>& window = steps.front().window;
    const std::size_t every = window.size() / kSample;
    for (std::size_t k = 0; every > 1 && k < window.size(); k += every) sample.push_back(window[k]);
    counted.front().in_sample = sample.size();
    counted.front().sample = batches_of(sample);
  }
  std::atomic<std::uint64_t> groups{0}, moved{0}, selected{0};
  const std::size_t tiles = (pixels_ + kTile - 1) / kTile;
  const auto size_of = [&](std::size_t tile) { return std::min(kTile, pixels_ - tile * kTile); };
  tbb::parallel_for(tbb::blocked_range<std::size_t>(0, tiles, kTilesTogether), [&](const auto& range) {
    const auto started = std::chrono::steady_clock::now();
    Counters counters;
    Ahead ahead(counted.back());
    for (std::size_t tile = range.begin(); tile < range.end(); ++tile) {
      const std::size_t next = tile + 1;
      ahead.start(next * kTile, steps.size() == 1 && next < range.end() ? size_of(next) : 0);
      advance_tile(steps, counted, tile * kTile, size_of(tile), ahead, counters);
    }
    groups += counters.groups;
    moved += counters.moved;
    selected += counters.selected;
    seconds_ += std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  });
  counters_.groups += groups;
  counters_.moved += moved;
  counters_.selected += selected;
  const std::size_t n = steps.back().window.size();
  state_ = n <= kRankSelectMostRows ? State::kCounts : State::kNothing;
}

void WindowMedian::forget() {
  if (state_ == State::kCounts) state_ = State::kLadder;
}

void WindowMedian::advance_tile(std::span<const MedianStep> steps, std::span<const Counted> counted, std::size_t first,
                                std::size_t size, Ahead& ahead, Counters& counters) {
  State state = state_;
  for (std::size_t s = 0; s < steps.size(); ++s) {
    const MedianStep& step = steps[s];
    const std::size_t n = step.window.size();
    bool exchanges = false;
    if (n > kRankSelectMostRows) {
      state = State::kNothing;
    } else if (state == State::kCounts && n > 0 && is_exchange(counted[s])) {
      exchanges = true;
    } else if (state == State::kCounts) {
      count(counted[s].entering, first, size, true, &ahead);
      count(counted[s].leaving, first, size, false, &ahead);
    } else if (state == State::kNothing && n > 0) {
      place_ladders(counted[s], first, size);
      state = State::kCounts;
    } else if (state == State::kLadder) {
      clear_counts(first, size);
      count(counted[s].window, first, size, true);
      state = State::kCounts;
    }
    for (std::size_t at = first; at < first + size; at += kLadderGroup) {
      const std::size_t in_group = std::min(kLadderGroup, first + size - at);
      std::uint16_t median[kLadderGroup];
      ++counters.groups;
      if (n == 0) {
        std::fill_n(step.background + at, in_group, std::uint16_t{0});
      } else if (n > kRankSelectMostRows || restless_[at / kLadderGroup] != 0) {
        // Their neighbours mostly are, too, and to read a few groups of a frame takes hardly longer than one.
        std::size_t end = at + in_group;
        while (end < first + size && end - at < kSelectedTogether &&
               (n > kRankSelectMostRows || restless_[end / kLadderGroup] != 0)) {
          end = std::min(first + size, end + kLadderGroup);
          ++counters.groups;
        }
        counters.selected += groups_of(end - at);
        select_pixels(step, counted[s].window, at, end - at);
        at += (groups_of(end - at) - 1) * kLadderGroup;
      } else if (state == State::kCounts && (exchanges ? exchange(counted[s], at, in_group, n / 2, median)
                                                       : ladder_median(counts(at), base_.data() + at,
                                                                       static_cast<std::uint16_t>(n / 2), median))) {
        std::memcpy(step.background + at, median, in_group * sizeof(std::uint16_t));
      } else {
        ++counters.moved;
        if (!find_group(step, counted[s].window, at, in_group)) {
          ++counters.selected;
          restless_[at / kLadderGroup] = 1;
          select_pixels(step, counted[s].window, at, in_group);
        }
      }
    }
    // An empty window is counted too: nothing lies below any rung.
    if (n == 0 && state == State::kNothing) clear_counts(first, size);
    state = n > kRankSelectMostRows ? State::kNothing : State::kCounts;
  }
  if (state == State::kCounts) count(counted.back().done, first, size, false, &ahead);
}

std::uint16_t* WindowMedian::counts(std::size_t first) const {
  return reinterpret_cast<std::uint16_t*>(counts_.data()) + first * kLadderRungs;
}

void WindowMedian::clear_counts(std::size_t first, std::size_t size) {
  std::fill_n(counts(first), groups_of(size) * kCountsAGroup, std::uint16_t{0});
}

void WindowMedian::count(const Batches& batches, std::size_t first, std::size_t size, bool add, Ahead* ahead) {
  for (const Batch& batch : batches) {
    for (std::size_t at = first; at < first + size; at += kLadderGroup) {
      if (ahead != nullptr) ahead->step();
      if (restless_[at / kLadderGroup] != 0) continue;
      std::uint8_t shift[kLadderGroup];
      if (ladder_shift(base_.data() + at, batch.reference + at, shift)) {
        ladder_count_bytes(batch.rows.data(), at, batch.rows.size(), shift, add, counts(at));
      } else {
        count_far(batch, at, std::min(kLadderGroup, first + size - at), add);
      }
    }
  }
}

// A window moves on by a single frame: no more than one enters, and one leaves.
bool WindowMedian::is_exchange(const Counted& counted) {
  const auto is_one_at_most = [](const Batches& batches) {
    return batches.empty() || (batches.size() == 1 && batches.front().rows.size() == 1);
  };
  return is_one_at_most(counted.entering) && is_one_at_most(counted.leaving);
}

// Counts both and reads the medians off, in one visit of the counts.
bool WindowMedian::exchange(const Counted& counted, std::size_t at, std::size_t size, std::size_t rank,
                            std::uint16_t* median) {
  std::uint16_t* of_group = counts(at);
  std::uint8_t shifts[2][kLadderGroup];
  LadderRow rows[2] = {no_ladder_row(), no_ladder_row()};
  bool near = true;
  for (const int i : {0, 1}) {
    const Batches& batches = i == 0 ? counted.entering : counted.leaving;
    if (batches.empty()) continue;
    near &= ladder_shift(base_.data() + at, batches.front().reference + at, shifts[i]);
    rows[i] = {batches.front().rows.front() + at, shifts[i]};
  }
  if (near)
    return ladder_exchange(rows[0], rows[1], base_.data() + at, static_cast<std::uint16_t>(rank), of_group, median);
  count(counted.entering, at, size, true);
  count(counted.leaving, at, size, false);
  return ladder_median(of_group, base_.data() + at, static_cast<std::uint16_t>(rank), median);
}

// A group whose bytes do not say where its values stand on the ladder.
void WindowMedian::count_far(const Batch& batch, std::size_t first, std::size_t size, bool add) {
  thread_local std::vector<std::uint8_t> heights;
  heights.assign(batch.frames.size() * kLadderGroup, 0);
  const std::size_t frames = batch.frames.size();
  for (std::size_t k = 0; k < frames; ++k) {
    if (k + 2 * kFramesAhead < frames) batch.frames[k + 2 * kFramesAhead]->prefetch_places(first);
    if (k + kFramesAhead < frames) batch.frames[k + kFramesAhead]->prefetch(first, size);
    std::uint16_t values[kLadderGroup];
    batch.frames[k]->read(first, size, values);
    ladder_heights(values, base_.data() + first, size, heights.data() + k * kLadderGroup);
  }
  ladder_count(heights.data(), batch.frames.size(), add, counts(first));
}

// The first ladders: round the medians of some frames, themselves found from ladders round the reference.
void WindowMedian::place_ladders(const Counted& counted, std::size_t first, std::size_t size) {
  const std::uint16_t* reference = counted.window.front().reference;
  for (std::size_t i = first; i < first + size; ++i)
    base_[i] = std::min(kLadderHighestBase, saturated_difference(reference[i], kRungsBelow));
  std::fill_n(restless_.begin() + static_cast<std::ptrdiff_t>(first / kLadderGroup), groups_of(size), std::uint8_t{0});
  clear_counts(first, size);
  if (counted.in_sample > 0) {
    count(counted.sample, first, size, true);
    for (std::size_t at = first; at < first + size; at += kLadderGroup) {
      Bounds bounds;
      move_ladder(at, std::min(kLadderGroup, first + size - at), counted.in_sample / 2, kFirstMove, bounds);
    }
    clear_counts(first, size);
  }
  count(counted.window, first, size, true);
}

// Puts the ladder of one group round the elements at index `rank`, as far as the counts tell where they are: beyond the
// ladder's ends by as much as its slope says, but no further than `most`, and between the bounds, which are drawn in.
void WindowMedian::move_ladder(std::size_t first, std::size_t size, std::size_t rank, std::int64_t most,
                               Bounds& bounds) {
  constexpr std::int64_t kRungs = kLadderRungs;
  const auto wanted = static_cast<std::int64_t>(rank);
  for (std::size_t i = 0; i < size; ++i) {
    const std::uint16_t* of_pixel = counts(first) + i;
    const auto below = [&](std::int64_t rung) {
      return std::int64_t{of_pixel[static_cast<std::size_t>(rung) * kLadderGroup]};
    };
    std::int64_t passed = 0;
    while (passed < kRungs && below(passed) <= wanted) ++passed;
    const std::int64_t base = base_[first + i];
    const std::int64_t rise = std::max<std::int64_t>(1, below(kRungs - 1) - below(0));
    std::int64_t guess = base + passed;
    if (passed == 0) {
      bounds.highest[i] = base;
      guess -= std::min(most, (below(0) - wanted) * (kRungs - 1) / rise);
    } else if (passed == kRungs) {
      bounds.lowest[i] = guess;
      guess += std::min(most, (wanted + 1 - below(kRungs - 1)) * (kRungs - 1) / rise);
    }
    if (guess < bounds.lowest[i] || guess > bounds.highest[i]) guess = (bounds.lowest[i] + bounds.highest[i]) / 2;
    base_[first + i] =
        static_cast<std::uint16_t>(std::clamp<std::int64_t>(guess - kRungsBelow, 0, std::int64_t{kLadderHighestBase}));
  }
}

// The medians of a group that do not lie on its ladder, which is moved until they do. False where that does not help.
bool WindowMedian::find_group(const MedianStep& step, const Batches& window, std::size_t first, std::size_t size) {
  const std::size_t n = step.window.size();
  for (const Batch& batch : window) {
    for (const std::uint8_t* row : batch.rows) __builtin_prefetch(row + first);
  }
  Bounds bounds;
  std::int64_t most = kFirstMove;
  for (int move = 0; move < kMostMoves; ++move, most *= 4) {
    move_ladder(first, size, n / 2, most, bounds);
    clear_counts(first, size);
    count(window, first, size, true);
    std::uint16_t found[kLadderGroup];
    if (ladder_median(counts(first), base_.data() + first, static_cast<std::uint16_t>(n / 2), found)) {
      std::memcpy(step.background + first, found, size * sizeof(std::uint16_t));
      return true;
    }
  }
  return false;
}

// The medians of some groups from the values of the whole window. Their ladders are left behind until they are calm.
void WindowMedian::select_pixels(const MedianStep& step, const Batches& window, std::size_t first, std::size_t size) {
  const std::size_t n = step.window.size();
  std::uint16_t* median = step.background + first;
  if (n > kRankSelectMostRows) {
    std::vector<std::vector<std::uint16_t>> values(size, std::vector<std::uint16_t>(n));
    for (std::size_t k = 0; k < n; ++k) {
      std::uint16_t row[kSelectedTogether];
      step.window[k]->read(first, size, row);
      for (std::size_t i = 0; i < size; ++i) values[i][k] = row[i];
    }
    for (std::size_t i = 0; i < size; ++i) median[i] = rank_median(values[i]);
    return;
  }
  thread_local std::vector<const std::uint16_t*> rows;
  thread_local std::vector<std::uint16_t> stack;
  rows.resize(n);
  stack.resize(n * size);
  for (std::size_t k = 0; k < n; ++k) {
    rows[k] = stack.data() + k * size;
    // Each frame is a page of its own, and the processor sees no pattern.
    if (k + 2 * kFramesAhead < n) step.window[k + 2 * kFramesAhead]->prefetch_places(first);
    if (k + kFramesAhead < n) step.window[k + kFramesAhead]->prefetch(first, size);
    step.window[k]->read(first, size, stack.data() + k * size);
  }
  rank_select(rows.data(), n, static_cast<std::uint16_t>(n / 2), size, median);
  for (std::size_t at = first; at < first + size; at += kLadderGroup) {
    const std::size_t in_group = std::min(kLadderGroup, first + size - at);
    bool calm = true;
    for (std::size_t i = at; i < at + in_group; ++i) {
      const std::uint16_t base = std::min(kLadderHighestBase, saturated_difference(step.background[i], kRungsBelow));
      calm = calm && std::abs(base - base_[i]) <= kCalm;
      base_[i] = base;
    }
    if (!calm) continue;
    restless_[at / kLadderGroup] = 0;
    clear_counts(at, in_group);
    count(window, at, in_group, true);
  }
}

}  // namespace dctprep
