// Which runs of two frames, or of one, touch each other: one sweep over both lists.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "dctprep/core/sparse_frame.h"
#include "dctprep/segment/connectivity.h"

namespace dctprep {

// A run on one axis that holds the rows of a frame one after another, `pitch` apart: row v, column u lies at
// v * pitch + u.
struct Span {
  std::int64_t begin, end;
};

// Rows lie two further apart than they are wide, so that the end of one and the start of the next never touch.
constexpr std::int64_t row_pitch(int width) { return std::int64_t{width} + 2; }

inline Span span_of(const Run& run, std::int64_t pitch) {
  return {run.v * pitch + run.u_begin, run.v * pitch + run.u_end};
}

// A sweep over two ascending lists of spans that do not touch within a list, for a[i] and b[j] + shift that overlap or
// come within `reach` (0 or 1) of each other.
class TouchingSweep {
 public:
  TouchingSweep(std::span<const Span> a, std::span<const Span> b, std::int64_t shift, int reach)
      : a_(a), b_(b), shift_(shift), reach_(reach) {}

  bool goes_on() const { return i_ < a_.size() && j_ < b_.size(); }
  // Looks at one pair and calls visit(i, j) where it touches.
  template <class Visit>
  void step(const Visit& visit) {
    const Span x = a_[i_];
    const Span y{b_[j_].begin + shift_, b_[j_].end + shift_};
    if (x.begin < y.end + reach_ && y.begin < x.end + reach_) visit(i_, j_);
    // The one that ends first touches nothing further: the next of the other list begins at least two behind it. No
    // branch: which one it is cannot be foreseen.
    const bool first = x.end < y.end;
    i_ += first;
    j_ += !first;
  }

 private:
  std::span<const Span> a_, b_;
  std::int64_t shift_;
  int reach_;
  std::size_t i_ = 0, j_ = 0;
};

// Calls visit(i, j) for each run a[i] of one frame and b[j] of the frame `dframe` (-1 or 0) away that hold neighbours.
// A frame with itself: each pair once.
template <class Visit>
void for_each_neighbour_run(std::span<const Span> a, std::span<const Span> b, int connectivity, int dframe,
                            std::int64_t pitch, const Visit& visit) {
  // Where a row has no neighbours in the other, the sweep has nothing to do.
  const auto sweep = [&](int dv) {
    const int reach = reach_along_u(connectivity, dframe, dv);
    return TouchingSweep(reach < 0 ? std::span<const Span>() : a, b, -dv * pitch, reach);
  };
  TouchingSweep above = sweep(-1);
  if (dframe != 0) {
    TouchingSweep beside = sweep(0), below = sweep(1);
    // A step waits for the one before it, so that three sweeps side by side take hardly longer than one.
    while (above.goes_on() && beside.goes_on() && below.goes_on()) {
      above.step(visit);
      beside.step(visit);
      below.step(visit);
    }
    while (beside.goes_on()) beside.step(visit);
    while (below.goes_on()) below.step(visit);
  }
  while (above.goes_on()) above.step(visit);
}

}  // namespace dctprep
