// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/kernels/rank_select.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "dctprep/kernels/rank_select.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace dctprep {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// How many of row_at(0), ..., row_at(n - 1) lie below the candidate.
template <class D, class RowAt>
HWY_INLINE hn::Vec<D> CountBelow(D d, const RowAt& row_at, size_t n, hn::Vec<D> candidate) {
  const hn::Vec<D> one = hn::Set(d, uint16_t{1});
  hn::Vec<D> below = hn::Zero(d);
  for (size_t k = 0; k < n; ++k)
    below = hn::Add(below, hn::IfThenElseZero(hn::Lt(hn::LoadU(d, row_at(k)), candidate), one));
  return below;
}

// The answer is found bit by bit from the top: a bit is set where no more than `rank` values lie below the candidate.
// Bits that all values of a vector have in common need no round.
template <class D>
HWY_INLINE hn::Vec<D> SelectLanes(D d, const uint16_t* const* rows, size_t n, size_t i, hn::Vec<D> rank) {
  using V = hn::Vec<D>;
  const V first = hn::LoadU(d, rows[0] + i);
  V differ = hn::Zero(d);
  for (size_t k = 1; k < n; ++k) differ = hn::Or(differ, hn::Xor(first, hn::LoadU(d, rows[k] + i)));
  int bit = 15;
  while (bit >= 0 && hn::AllTrue(d, hn::Eq(hn::And(differ, hn::Set(d, static_cast<uint16_t>(1u << bit))), hn::Zero(d))))
    --bit;
  const V high = hn::Set(d, static_cast<uint16_t>(0xFFFFu << (bit + 1)));
  V found = hn::And(first, high);
  const auto row_at = [=](size_t k) { return rows[k] + i; };
  for (; bit >= 0; --bit) {
    const V candidate = hn::Or(found, hn::Set(d, static_cast<uint16_t>(1u << bit)));
    found = hn::IfThenElse(hn::Lt(rank, CountBelow(d, row_at, n, candidate)), found, candidate);
  }
  return found;
}

// The largest value that no more than `rank` values lie below is sought from the guess on, upwards or downwards, in
// steps that double, and between two of them by halves.
template <class D, class RowAt>
HWY_INLINE hn::Vec<D> SelectLanesNear(D d, const RowAt& row_at, size_t n, hn::Vec<D> rank, hn::Vec<D> guess) {
  using V = hn::Vec<D>;
  const V one = hn::Set(d, uint16_t{1});
  const auto reaches = [&](V candidate) HWY_ATTR { return hn::Not(hn::Lt(rank, CountBelow(d, row_at, n, candidate))); };
  const auto upwards = reaches(guess);
  V low = hn::IfThenElse(upwards, guess, hn::Zero(d));
  V high = hn::IfThenElse(upwards, hn::Set(d, uint16_t{65535}), hn::Sub(guess, one));
  constexpr unsigned kFirstStep = 1, kMostStep = 32768;
  for (unsigned step = kFirstStep; !hn::AllTrue(d, hn::Eq(low, high)); step = HWY_MIN(2 * step, kMostStep)) {
    const V by = hn::Set(d, static_cast<uint16_t>(step));
    const V middle = hn::Sub(high, hn::ShiftRight<1>(hn::Sub(high, low)));
    const V candidate = hn::IfThenElse(upwards, hn::Min(middle, hn::SaturatedAdd(low, by)),
                                       hn::Max(middle, hn::SaturatedSub(high, by)));
    const auto reached = reaches(candidate);
    low = hn::IfThenElse(reached, candidate, low);
    high = hn::IfThenElse(reached, high, hn::Sub(candidate, one));
  }
  return low;
}

// Calls body(d, i) with whole vectors, then with single lanes for the rest.
template <class Body>
HWY_INLINE void ForEachVector(size_t count, const Body& body) {
  const hn::ScalableTag<uint16_t> d;
  const size_t lanes = hn::Lanes(d);
  size_t i = 0;
  for (; i + lanes <= count; i += lanes) body(d, i);
  const hn::CappedTag<uint16_t, 1> single;
  for (; i < count; ++i) body(single, i);
}

void SelectSameRank(const uint16_t* const* rows, size_t n, uint16_t rank, size_t count, uint16_t* out) {
  ForEachVector(count, [&](auto d, size_t i) { hn::StoreU(SelectLanes(d, rows, n, i, hn::Set(d, rank)), d, out + i); });
}

void SelectOwnRank(const uint16_t* const* rows, size_t n, const uint16_t* ranks, size_t count, uint16_t* out) {
  ForEachVector(count,
                [&](auto d, size_t i) { hn::StoreU(SelectLanes(d, rows, n, i, hn::LoadU(d, ranks + i)), d, out + i); });
}

void SelectNear(const uint16_t* values, const size_t* offsets, size_t n, uint16_t rank, size_t count, uint16_t* out) {
  ForEachVector(count, [&](auto d, size_t i) {
    const auto row_at = [=](size_t k) { return values + offsets[k] + i; };
    hn::StoreU(SelectLanesNear(d, row_at, n, hn::Set(d, rank), hn::LoadU(d, out + i)), d, out + i);
  });
}

template <class V>
HWY_INLINE void Order(V& low, V& high) {
  const V smaller = hn::Min(low, high);
  high = hn::Max(low, high);
  low = smaller;
}

// Columns of three are sorted; the median of nine is the median of the largest minimum, the median of the medians and
// the smallest maximum.
template <class D>
HWY_INLINE hn::Vec<D> MedianOf9Lanes(D d, const uint16_t* const* rows, size_t i) {
  hn::Vec<D> a[9];
  for (int k = 0; k < 9; ++k) a[k] = hn::LoadU(d, rows[k] + i);
  for (int c = 0; c < 9; c += 3) {
    Order(a[c], a[c + 1]);
    Order(a[c + 1], a[c + 2]);
    Order(a[c], a[c + 1]);
  }
  auto low = hn::Max(hn::Max(a[0], a[3]), a[6]);
  auto high = hn::Min(hn::Min(a[2], a[5]), a[8]);
  Order(a[1], a[4]);
  auto middle = hn::Max(a[1], hn::Min(a[4], a[7]));
  Order(low, high);
  return hn::Max(low, hn::Min(high, middle));
}

void MedianOf9(const uint16_t* const* rows, size_t count, uint16_t* out) {
  ForEachVector(count, [&](auto d, size_t i) { hn::StoreU(MedianOf9Lanes(d, rows, i), d, out + i); });
}

}  // namespace HWY_NAMESPACE
}  // namespace dctprep
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace dctprep {

HWY_EXPORT(SelectSameRank);
HWY_EXPORT(SelectOwnRank);
HWY_EXPORT(SelectNear);
HWY_EXPORT(MedianOf9);

void rank_select(const std::uint16_t* const* rows, std::size_t n, std::uint16_t rank, std::size_t count,
                 std::uint16_t* out) noexcept {
  HWY_DYNAMIC_DISPATCH(SelectSameRank)(rows, n, rank, count, out);
}

void rank_select(const std::uint16_t* const* rows, std::size_t n, const std::uint16_t* ranks, std::size_t count,
                 std::uint16_t* out) noexcept {
  HWY_DYNAMIC_DISPATCH(SelectOwnRank)(rows, n, ranks, count, out);
}

void rank_select_near(const std::uint16_t* values, const std::size_t* offsets, std::size_t n, std::uint16_t rank,
                      std::size_t count, std::uint16_t* out) noexcept {
  HWY_DYNAMIC_DISPATCH(SelectNear)(values, offsets, n, rank, count, out);
}

void median_of_9(const std::uint16_t* const* rows, std::size_t count, std::uint16_t* out) noexcept {
  HWY_DYNAMIC_DISPATCH(MedianOf9)(rows, count, out);
}

}  // namespace dctprep
#endif  // HWY_ONCE
