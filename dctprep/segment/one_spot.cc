// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/segment/one_spot.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <queue>
#include <vector>

#include "dctprep/segment/split_blob.h"

namespace dctprep {

namespace {

// Where two firm heaps meet, all of the one with the lower peak has been taken, but nothing that comes before its peak.
// So a peak is none of such a heap if voxels that come before it can be reached without going below `split` times its
// value, or if its heap stays small until it can.
class PeakTest {
 public:
  PeakTest(const BoxPlaces& places, const SegmentOptions& options)
      : places_(places),
        options_(options),
        seed_(step_of(options.seed)),
        steps_left_(kLeastSteps + places.voxels().size() / kVoxelsAStep),
        seen_(places.count(), 0) {}

  // Of a place that has no neighbour before it.
  bool is_no_spot(std::size_t peak) {
    peak_ = peak;
    return goes_straight() || climbs_away() || stays_small();
  }

 private:
  static constexpr std::size_t kMostClimb = 64;
  static constexpr std::uint32_t kLast = 0xFFFFFFFF;
  // Of all that are asked about: more would take longer than parting the blob.
  static constexpr std::size_t kLeastSteps = 1024, kVoxelsAStep = 16;

  bool is_before_peak(std::size_t place) const { return comes_before(places_, place, peak_); }
  bool is_below_saddles(int value) const { return is_below_share(options_, places_.value(peak_), value); }

  // Towards the brightest of all.
  bool goes_straight() const {
    bool away = false;
    places_.for_each_towards(peak_, places_.highest_place(), [&](std::size_t at) {
      away = is_before_peak(at);
      return !away && !is_below_saddles(places_.value(at));
    });
    return away;
  }

  // Always to the brightest neighbour where it has not been.
  bool climbs_away() {
    std::size_t at = peak_;
    bool away = false;
    for (std::size_t step = 0; step < kMostClimb && !away && steps_left_ > 0; ++step, --steps_left_) {
      mark(at);
      std::size_t next = 0;  // a corner of the box: nobody's
      places_.for_each_neighbour(at, [&](std::size_t i) {
        if (places_.value(i) > places_.value(next) && seen_[i] == 0) next = i;
      });
      if (is_below_saddles(places_.value(next))) break;
      away = is_before_peak(next);
      at = next;
    }
    unmark();
    return away;
  }

  // Takes what hangs together with the peak, brightest first.
  bool stays_small() {
    std::int64_t volume = 0;
    int lowest = places_.value(peak_);
    bool is_small = false;
    const auto put = [&](std::size_t i) {
      if (places_.value(i) == 0 || seen_[i] != 0) return;
      mark(i);
      front_.push(static_cast<std::uint64_t>(places_.value(i)) << 32 | (kLast - i));
    };
    put(peak_);
    for (; !front_.empty() && steps_left_ > 0; --steps_left_) {
      const auto value = static_cast<int>(front_.top() >> 32);
      const std::size_t at = kLast - static_cast<std::uint32_t>(front_.top());
      front_.pop();
      is_small = is_before_peak(at);
      // At the lowest so far all of the heap has been taken.
      if (is_small || (value <= lowest && is_firm(options_, places_.value(peak_), volume, value))) break;
      lowest = std::min(lowest, value);
      volume += value >= seed_ ? 1 : 0;
      places_.for_each_neighbour(at, put);
    }
    unmark();
    front_ = {};
    return is_small;
  }

  void mark(std::size_t place) {
    seen_[place] = 1;
    marked_.push_back(place);
  }
  void unmark() {
    for (const std::size_t place : marked_) seen_[place] = 0;
    marked_.clear();
  }

  const BoxPlaces& places_;
  const SegmentOptions& options_;
  const int seed_;
  std::size_t steps_left_;
  std::size_t peak_ = 0;
  std::vector<std::uint8_t> seen_;  // of each place
  std::vector<std::size_t> marked_;
  std::priority_queue<std::uint64_t> front_;  // by value, then the first: kLast - place below it
};

}  // namespace

bool is_surely_one_spot(const BoxPlaces& places, const SegmentOptions& options) {
  if (!places.can_tell_maxima()) return false;
  const double split = options.split.value();
  // No saddle lies below the lowest voxel. Rounded down: what is asked about in vain is no harm.
  const auto least = static_cast<std::uint16_t>(std::min(65535.0, std::floor(places.lowest() / split)));
  const auto is_before_neighbours = [&](std::size_t place) {
    return std::none_of(places.steps().begin(), places.steps().end(), [&](std::ptrdiff_t step) {
      return step < 0 && places.value(place + static_cast<std::size_t>(step)) == places.value(place);
    });
  };
  PeakTest test(places, options);
  constexpr std::size_t kTogether = 4096;
  std::array<std::uint64_t, kTogether / 64> bits;
  const std::size_t end = places.place(places.voxels().size() - 1) + 1;
  for (std::size_t first = places.place(0); first < end; first += kTogether) {
    const std::size_t count = places.maxima(first, kTogether, least, bits.data());
    for (std::size_t word = 0; word * 64 < count; ++word) {
      for (std::uint64_t left = bits[word]; left != 0; left &= left - 1) {
        const std::size_t place = first + word * 64 + static_cast<std::size_t>(std::countr_zero(left));
        if (place != places.highest_place() && is_before_neighbours(place) && !test.is_no_spot(place)) return false;
      }
    }
  }
  return true;
}

}  // namespace dctprep
