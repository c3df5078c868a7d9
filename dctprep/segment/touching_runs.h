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

// Calls visit(i, j) for each a[i] and b[j] + shift that overlap or come within `reach` (0 or 1) of it. Both lists
// ascend, and their spans do not touch each other.
template <class Visit>
void for_each_touching(std::span<const Span> a, std::span<const Span> b, std::int64_t shift, int reach,
                       const Visit& visit) {
  std::size_t i = 0, j = 0;
  while (i < a.size() && j < b.size()) {
    const Span x = a[i];
    const Span y{b[j].begin + shift, b[j].end + shift};
    if (x.begin < y.end + reach && y.begin < x.end + reach) visit(i, j);
    // The one that ends first touches nothing further: the next of the other list begins at least two behind it. No
    // branch: which one it is cannot be foreseen.
    const bool first = x.end < y.end;
    i += first;
    j += !first;
  }
}

// Calls visit(i, j) for each run a[i] of one frame and b[j] of the frame `dframe` (-1 or 0) away that hold neighbours.
// A frame with itself: each pair once.
template <class Visit>
void for_each_neighbour_run(std::span<const Span> a, std::span<const Span> b, int connectivity, int dframe,
                            std::int64_t pitch, const Visit& visit) {
  for (int dv = -1; dv <= (dframe == 0 ? -1 : 1); ++dv) {
    const int reach = reach_along_u(connectivity, dframe, dv);
    if (reach >= 0) for_each_touching(a, b, -dv * pitch, reach, visit);
  }
}

}  // namespace dctprep
