// SPDX-License-Identifier: BSD-3-Clause
// The medians of windows that move over frames, each found from the one before.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <span>
#include <vector>

#include "dctprep/background/compact_frame.h"
#include "dctprep/base/huge_buffer.h"

namespace dctprep {

// One background to be made: its window, and how that differs from the window before.
struct MedianStep {
  std::vector<const CompactFrame*> window;    // frames, in any order
  std::vector<const CompactFrame*> entering;  // in this window and not in the one before
  std::vector<const CompactFrame*> leaving;   // in the one before and not in this
  std::uint16_t* background = nullptr;        // 0 where the window is empty
};

// Keeps, for every pixel, a ladder of 16 thresholds one count apart round its last median, and how many values of the
// window lie below each. Frames that enter and leave are counted once against the ladder; as long as the new median
// lies on it, it is read off. Where it does not, the ladders of the 64 pixels round it are moved and counted anew from
// the whole window. The result is exact in any case; only the time depends on how far medians move.
class WindowMedian {
 public:
  explicit WindowMedian(std::size_t pixels);

  // Makes the backgrounds of consecutive windows, on all cores. All frames of all steps must be in memory; several
  // small steps in one call are faster than one by one. The lists of frames are sorted as is best.
  // Frames `done` of the last window are then counted out, since they will be gone before the next step, which leaves
  // them out of its `leaving`.
  void advance(std::span<MedianStep> steps, std::vector<const CompactFrame*> done = {});
  // The next window has little in common with the last: it is counted anew, and its first step needs no `entering` and
  // `leaving`.
  void forget();

  // Groups of 64 pixels looked at so far, how many of them left their ladders, and how many had to be selected from the
  // whole window because moving the ladders did not help, then or before.
  struct Counters {
    std::uint64_t groups = 0;
    std::uint64_t moved = 0;
    std::uint64_t selected = 0;
  };
  Counters counters() const { return counters_; }
  // Spent in advance(), summed over threads.
  double seconds() const { return seconds_; }
  // Bytes held between calls.
  static std::size_t bytes(std::size_t pixels);

 private:
  // What is known of the last window: nothing; where its medians lay; how many values lie below each rung.
  enum class State { kNothing, kLadder, kCounts };

  // Frames to be counted together: they are held against one reference, and are few enough for one call of the kernel.
  struct Batch {
    const std::uint16_t* reference;
    std::vector<const std::uint8_t*> rows;
    std::span<const CompactFrame* const> frames;
  };
  using Batches = std::vector<Batch>;
  struct Counted {
    Batches window, entering, leaving, done;
    Batches sample;  // some frames of the window, where the one before is not known
    std::size_t in_sample = 0;
  };
  static Batches batches_of(std::vector<const CompactFrame*>& frames);  // sorts them; the batches point into them

  // Asks for the memory of the tile to come, a few cache lines for each group that is counted in this one.
  class Ahead;
  void advance_tile(std::span<const MedianStep> steps, std::span<const Counted> counted, std::size_t first,
                    std::size_t size, Ahead& ahead, Counters& counters);
  void count(const Batches& batches, std::size_t first, std::size_t size, bool add, Ahead* ahead = nullptr);
  static bool is_exchange(const Counted& counted);
  bool exchange(const Counted& counted, std::size_t at, std::size_t size, std::size_t rank, std::uint16_t* median);
  void count_far(const Batch& batch, std::size_t first, std::size_t size, bool add);
  // Of the group that begins at pixel `first`, and those after it.
  std::uint16_t* counts(std::size_t first) const;
  void clear_counts(std::size_t first, std::size_t size);
  void place_ladders(const Counted& counted, std::size_t first, std::size_t size);
  // Of a group's medians, while ladders are moved to them.
  struct Bounds {
    Bounds() { lowest.fill(0), highest.fill(65535); }
    std::array<std::int64_t, kPixelGroup> lowest, highest;
  };
  void move_ladder(std::size_t first, std::size_t size, std::size_t rank, std::int64_t most, Bounds& bounds);
  bool find_group(const MedianStep& step, const Batches& window, std::size_t first, std::size_t size);
  void select_pixels(const MedianStep& step, const Batches& window, std::size_t first, std::size_t size);

  std::size_t pixels_;
  State state_ = State::kNothing;
  std::vector<std::uint16_t> base_;     // of whole groups
  HugeBuffer counts_;                   // group by group, rung by rung; undefined in State::kNothing
  std::vector<std::uint8_t> restless_;  // 1 for groups that no ladder follows: they are not counted, but selected
  Counters counters_;
  std::atomic<double> seconds_ = 0;
};

}  // namespace dctprep
