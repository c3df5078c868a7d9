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
  const V one = hn::Set(d, uint16_t{1});
  for (; bit >= 0; --bit) {
    const V candidate = hn::Or(found, hn::Set(d, static_cast<uint16_t>(1u << bit)));
    V below = hn::Zero(d);
    for (size_t k = 0; k < n; ++k) {
      below = hn::Add(below, hn::IfThenElseZero(hn::Lt(hn::LoadU(d, rows[k] + i), candidate), one));
    }
    found = hn::IfThenElse(hn::Lt(rank, below), found, candidate);
  }
  return found;
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
HWY_EXPORT(MedianOf9);

void rank_select(const std::uint16_t* const* rows, std::size_t n, std::uint16_t rank, std::size_t count,
                 std::uint16_t* out) noexcept {
  HWY_DYNAMIC_DISPATCH(SelectSameRank)(rows, n, rank, count, out);
}

void rank_select(const std::uint16_t* const* rows, std::size_t n, const std::uint16_t* ranks, std::size_t count,
                 std::uint16_t* out) noexcept {
  HWY_DYNAMIC_DISPATCH(SelectOwnRank)(rows, n, ranks, count, out);
}

void median_of_9(const std::uint16_t* const* rows, std::size_t count, std::uint16_t* out) noexcept {
  HWY_DYNAMIC_DISPATCH(MedianOf9)(rows, count, out);
}

}  // namespace dctprep
#endif  // HWY_ONCE
