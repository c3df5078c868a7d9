// SPDX-License-Identifier: BSD-3-Clause
// Which runs of two frames, or of one, touch each other: one sweep over both lists.
#pragma once

#include <algorithm>
#include <cstddef>
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
// come within `reach` (0 or 1) of each other; of `a`, only places [begin, end).
class TouchingSweep {
 public:
  TouchingSweep(std::span<const Span> a, std::size_t begin, std::size_t end, std::span<const Span> b,
                std::int64_t shift, int reach)
      : a_(a.data()),
        b_(b.data()),
        x_(a_ + begin),
        y_(b_),
        x_end_(a_ + end),
        y_end_(b_ + b.size()),
        shift_(shift),
        reach_(reach) {
    if (begin < end)
      y_ = std::partition_point(y_, y_end_, [&](const Span& y) { return y.end + shift + reach <= x_->begin; });
  }

  bool goes_on() const { return x_ != x_end_ && y_ != y_end_; }
  // Looks at one pair and calls visit(i, j) where it touches.
  template <class Visit>
  void step(const Visit& visit) {
    const Span* x = x_;
    const Span* y = y_;
    const std::int64_t x_stop = x->end, y_stop = y->end + shift_;
    // The one that ends first touches nothing further: the next of the other list begins at least two behind it. No
    // branch: which one it is cannot be foreseen.
    const std::ptrdiff_t first = x_stop < y_stop;
    x_ = x + first;
    y_ = y + 1 - first;
    // Neither overlap is negative: one branch, which is seldom taken. Each by itself could not be foreseen.
    const std::int64_t before = y_stop + reach_ - x->begin - 1, behind = x_stop + reach_ - (y->begin + shift_) - 1;
    if ((before | behind) >= 0) [[unlikely]]
      visit(static_cast<std::size_t>(x - a_), static_cast<std::size_t>(y - b_));
  }

 private:
  const Span* a_;
  const Span* b_;
  const Span* x_;
  const Span* y_;
  const Span* x_end_;
  const Span* y_end_;
  std::int64_t shift_, reach_;
};

// Calls visit(i, j) for each run a[i] of one frame and b[j] of the frame `dframe` (-1 or 0) away that hold neighbours.
// A frame with itself: each pair once.
template <class Visit>
void for_each_neighbour_run(std::span<const Span> a, std::span<const Span> b, int connectivity, int dframe,
                            std::int64_t pitch, const Visit& visit) {
  // A step waits for the one before it, so that three sweeps side by side take hardly longer than one: the three rows
  // of another frame, or three parts of this one.
  const auto sweep = [&](int lane) {
    const int dv = dframe == 0 ? -1 : lane - 1;
    const int reach = reach_along_u(connectivity, dframe, dv);
    const auto size = reach < 0 ? std::size_t{0} : a.size();
    const auto place = static_cast<std::size_t>(lane);
    const std::size_t begin = dframe == 0 ? size * place / 3 : 0, end = dframe == 0 ? size * (place + 1) / 3 : size;
    return TouchingSweep(a, begin, end, b, -dv * pitch, reach);
  };
  TouchingSweep first = sweep(0), second = sweep(1), third = sweep(2);
  while (first.goes_on() && second.goes_on() && third.goes_on()) {
    first.step(visit);
    second.step(visit);
    third.step(visit);
  }
  while (first.goes_on()) first.step(visit);
  while (second.goes_on()) second.step(visit);
  while (third.goes_on()) third.step(visit);
}

}  // namespace dctprep
