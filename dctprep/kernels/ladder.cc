// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/kernels/ladder.h"

#include <algorithm>
#include <array>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "dctprep/kernels/ladder.cc"
#include <hwy/cache_control.h>
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace dctprep {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

void Heights(const uint16_t* values, const uint16_t* base, size_t count, uint8_t* above) {
  size_t i = 0;
#if HWY_TARGET != HWY_SCALAR
  const hn::ScalableTag<uint16_t> d16;
  const hn::Rebind<uint8_t, decltype(d16)> d8;
  const auto most = hn::Set(d16, uint16_t{255});
  for (; i + hn::Lanes(d16) <= count; i += hn::Lanes(d16)) {
    const auto height = hn::Min(most, hn::SaturatedSub(hn::LoadU(d16, values + i), hn::LoadU(d16, base + i)));
    // Below 256 a signed and an unsigned 16-bit number are the same.
    hn::StoreU(hn::DemoteTo(d8, hn::BitCast(hn::RebindToSigned<decltype(d16)>(), height)), d8, above + i);
  }
#endif
  for (; i < count; ++i) {
    const int height = values[i] - base[i];
    above[i] = static_cast<uint8_t>(height < 0 ? 0 : height > 255 ? 255 : height);
  }
}

#if HWY_TARGET != HWY_SCALAR
// Counts of eight rungs, a bit of each byte a rung: plane p holds bit p of the counts. Rows are added eight at a time
// by full adders, which is less than half of the work of comparing every rung with every row.
template <class V>
struct RungSums {
  static constexpr size_t kPlanes = 8;
  V plane[kPlanes];

  explicit HWY_INLINE RungSums(V none) {
    for (V& p : plane) p = none;
  }

  // sum and carry of sum + a + b.
  static HWY_INLINE void FullAdd(V& sum, V a, V b, V& carry) {
    const V either = hn::Xor(sum, a);
#if HWY_TARGET == HWY_AVX3
    carry = hn::IfVecThenElse(either, b, sum);  // bit by bit, which it is not on every target
#else
    carry = hn::OrAnd(hn::And(sum, a), either, b);
#endif
    sum = hn::Xor(either, b);
  }

  HWY_INLINE void AddEight(const V* rows) {
    V two[4], four[2], eight;
    for (size_t k = 0; k < 4; ++k) FullAdd(plane[0], rows[2 * k], rows[2 * k + 1], two[k]);
    for (size_t k = 0; k < 2; ++k) FullAdd(plane[1], two[2 * k], two[2 * k + 1], four[k]);
    FullAdd(plane[2], four[0], four[1], eight);
    for (size_t p = 3; p < kPlanes; ++p) {
      const V carry = hn::And(plane[p], eight);
      plane[p] = hn::Xor(plane[p], eight);
      eight = carry;
    }
  }

  // Adds the counts, of `n` rows, to those of the rungs, or takes them away.
  template <class D8>
  HWY_INLINE void AddTo(D8 d8, size_t n, bool add, uint16_t* counts) const {
    const hn::Half<D8> half8;
    const hn::Rebind<uint16_t, decltype(half8)> d16;
    for (size_t j = 0; j < 8; ++j) {
      const V rung = hn::Set(d8, static_cast<uint8_t>(1u << j));
      V sum = hn::Zero(d8);
      for (size_t p = 0; p < kPlanes && (n >> p) != 0; ++p) {
        const V weight = hn::Set(d8, static_cast<uint8_t>(1u << p));
        sum = hn::IfThenElse(hn::TestBit(plane[p], rung), hn::Add(sum, weight), sum);
      }
      uint16_t* to = counts + j * kLadderGroup;
      uint16_t* to_high = to + hn::Lanes(d16);
      const auto low = hn::PromoteTo(d16, hn::LowerHalf(half8, sum));
      const auto high = hn::PromoteTo(d16, hn::UpperHalf(half8, sum));
      const auto old_low = hn::LoadU(d16, to), old_high = hn::LoadU(d16, to_high);
      hn::StoreU(add ? hn::Add(old_low, low) : hn::Sub(old_low, low), d16, to);
      hn::StoreU(add ? hn::Add(old_high, high) : hn::Sub(old_high, high), d16, to_high);
    }
  }
};
#endif

// Rows are given by row(k), a pointer to the group's bytes, of which `shift` is taken away.
template <class Row>
HWY_INLINE void CountRows(const Row& row, const uint8_t* shift, size_t n, bool add, uint16_t* counts) {
#if HWY_TARGET == HWY_SCALAR
  for (size_t k = 0; k < n; ++k) {
    const uint8_t* heights = row(k);
    for (size_t j = 0; j < kLadderRungs; ++j) {
      for (size_t i = 0; i < kLadderGroup; ++i) {
        const uint16_t below = heights[i] < j + 1 + shift[i];
        uint16_t& count = counts[j * kLadderGroup + i];
        count = static_cast<uint16_t>(add ? count + below : count - below);
      }
    }
  }
#else
  const hn::CappedTag<uint8_t, kLadderGroup> d8;
  using V = hn::Vec<decltype(d8)>;
  // By the height of a value, from 0 to 15, a bit for each rung that it lies below: 0 ... 7, and 8 ... 15.
  alignas(16) static constexpr uint8_t kLow[16] = {0xFF, 0xFE, 0xFC, 0xF8, 0xF0, 0xE0, 0xC0, 0x80};
  alignas(16) static constexpr uint8_t kHigh[16] = {0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
                                                    0xFF, 0xFE, 0xFC, 0xF8, 0xF0, 0xE0, 0xC0, 0x80};
  const V low = hn::LoadDup128(d8, kLow), high = hn::LoadDup128(d8, kHigh);
  const V none = hn::Zero(d8), beyond = hn::Set(d8, uint8_t{112}), index_bits = hn::Set(d8, uint8_t{0x8F});
  for (size_t i = 0; i < kLadderGroup; i += hn::Lanes(d8)) {
    const V down = hn::LoadU(d8, shift + i);
    RungSums<V> below_low(none), below_high(none);
    for (size_t first = 0; first < n; first += 8) {
      V of_low[8], of_high[8];
      for (size_t k = 0; k < 8; ++k) {
        of_low[k] = of_high[k] = none;
        if (first + k >= n) continue;
        const V height = hn::SaturatedSub(hn::LoadU(d8, row(first + k) + i), down);
        // From 16 on the top bit is set, which looks up 0.
        const V index = hn::And(hn::SaturatedAdd(height, beyond), index_bits);
        of_low[k] = hn::TableLookupBytesOr0(low, index);
        of_high[k] = hn::TableLookupBytesOr0(high, index);
      }
      below_low.AddEight(of_low);
      below_high.AddEight(of_high);
    }
    below_low.AddTo(d8, n, add, counts + i);
    below_high.AddTo(d8, n, add, counts + 8 * kLadderGroup + i);
  }
#endif
}

void Count(const uint8_t* above, size_t n, bool add, uint16_t* counts) {
  const uint8_t none[kLadderGroup] = {0};
  CountRows([&](size_t k) { return above + k * kLadderGroup; }, none, n, add, counts);
}

// How far ahead of the counting memory is asked for: rows lie in pages of their own, too many for the processor to see
// the pattern by itself.
constexpr size_t kAhead = 4 * kLadderGroup;

void CountBytes(const uint8_t* const* rows, size_t at, size_t n, const uint8_t* shift, bool add, uint16_t* counts) {
  for (size_t k = 0; k < n; ++k) hwy::Prefetch(rows[k] + at + kAhead);
  CountRows([&](size_t k) { return rows[k] + at; }, shift, n, add, counts);
}

bool Shift(const uint16_t* base, const uint16_t* references, uint8_t* shift) {
  constexpr uint16_t kMiddle = 128, kMost = 255 - static_cast<uint16_t>(kLadderRungs);
#if HWY_TARGET == HWY_SCALAR
  bool inside = true;
  for (size_t i = 0; i < kLadderGroup; ++i) {
    const auto down = static_cast<uint16_t>(base[i] - references[i] + kMiddle);
    inside &= down <= kMost;
    shift[i] = static_cast<uint8_t>(down);
  }
  return inside;
#else
  const hn::CappedTag<uint16_t, kLadderGroup> d16;
  const hn::RebindToSigned<decltype(d16)> i16;
  const hn::Rebind<uint8_t, decltype(d16)> d8;
  auto largest = hn::Zero(d16);
  for (size_t i = 0; i < kLadderGroup; i += hn::Lanes(d16)) {
    // Modulo 2^16, what is below 0 is large.
    const auto down = hn::Add(hn::Sub(hn::LoadU(d16, base + i), hn::LoadU(d16, references + i)), hn::Set(d16, kMiddle));
    largest = hn::Max(largest, down);
    hn::StoreU(hn::DemoteTo(d8, hn::BitCast(i16, hn::And(down, hn::Set(d16, uint16_t{255})))), d8, shift + i);
  }
  return hn::GetLane(hn::MaxOfLanes(d16, largest)) <= kMost;
#endif
}

// What the medians of some lanes are, by how many rungs are `passed`; false where that is not known of all.
template <class D, class V>
HWY_INLINE bool ReadOff(D d, V passed, const uint16_t* base, uint16_t* median) {
  const auto from = hn::LoadU(d, base);
  // No rung passed: the median lies at or below the base, and is the base for certain only where that is 0.
  const auto below = hn::And(hn::Eq(passed, hn::Zero(d)), hn::Ne(from, hn::Zero(d)));
  // All rungs passed: it lies above, but for a ladder that ends at the largest value there is.
  const auto above = hn::And(hn::Eq(passed, hn::Set(d, static_cast<uint16_t>(kLadderRungs))),
                             hn::Ne(from, hn::Set(d, kLadderHighestBase)));
  hn::StoreU(hn::Add(from, passed), d, median);
  return hn::AllFalse(d, hn::Or(below, above));
}

bool Median(const uint16_t* counts, const uint16_t* base, uint16_t rank, uint16_t* median) {
  const hn::CappedTag<uint16_t, kLadderGroup> d;
  const auto wanted = hn::Set(d, rank);
  const auto one = hn::Set(d, uint16_t{1});
  bool on_ladder = true;
  for (size_t i = 0; i < kLadderGroup; i += hn::Lanes(d)) {
    auto passed = hn::Zero(d);
    for (size_t j = 0; j < kLadderRungs; ++j) {
      const auto count = hn::LoadU(d, counts + j * kLadderGroup + i);
      passed = hn::IfThenElse(hn::Lt(wanted, count), passed, hn::Add(passed, one));
    }
    on_ladder &= ReadOff(d, passed, base + i, median + i);
  }
  return on_ladder;
}

bool Exchange(const LadderRow& entering, const LadderRow& leaving, const uint16_t* base, uint16_t rank,
              uint16_t* counts, uint16_t* median) {
  const hn::CappedTag<uint16_t, kLadderGroup> d;
  const auto wanted = hn::Set(d, rank);
  const auto one = hn::Set(d, uint16_t{1});
#if HWY_TARGET == HWY_SCALAR
  const auto heights = [&](const LadderRow& row, size_t i) {
    return hn::Set(d, static_cast<uint16_t>(row.bytes[i] - std::min(row.bytes[i], row.shift[i])));
  };
#else
  const hn::Rebind<uint8_t, decltype(d)> d8;
  const auto heights = [&](const LadderRow& row, size_t i) HWY_ATTR {
    return hn::PromoteTo(d, hn::SaturatedSub(hn::LoadU(d8, row.bytes + i), hn::LoadU(d8, row.shift + i)));
  };
#endif
  bool on_ladder = true;
  for (size_t i = 0; i < kLadderGroup; i += hn::Lanes(d)) {
    const auto in = heights(entering, i), out = heights(leaving, i);
    auto passed = hn::Zero(d), rung = one;
    for (size_t j = 0; j < kLadderRungs; ++j) {
      uint16_t* at = counts + j * kLadderGroup + i;
      auto count = hn::LoadU(d, at);
      count = hn::IfThenElse(hn::Lt(in, rung), hn::Add(count, one), count);
      count = hn::IfThenElse(hn::Lt(out, rung), hn::Sub(count, one), count);
      hn::StoreU(count, d, at);
      passed = hn::IfThenElse(hn::Lt(wanted, count), passed, hn::Add(passed, one));
      rung = hn::Add(rung, one);
    }
    on_ladder &= ReadOff(d, passed, base + i, median + i);
  }
  return on_ladder;
}

}  // namespace HWY_NAMESPACE
}  // namespace dctprep
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace dctprep {

HWY_EXPORT(Heights);
HWY_EXPORT(Count);
HWY_EXPORT(CountBytes);
HWY_EXPORT(Shift);
HWY_EXPORT(Median);
HWY_EXPORT(Exchange);

void ladder_heights(const std::uint16_t* values, const std::uint16_t* base, std::size_t count,
                    std::uint8_t* above) noexcept {
  HWY_DYNAMIC_DISPATCH(Heights)(values, base, count, above);
}

void ladder_count(const std::uint8_t* above, std::size_t n, bool add, std::uint16_t* counts) noexcept {
  HWY_DYNAMIC_DISPATCH(Count)(above, n, add, counts);
}

void ladder_count_bytes(const std::uint8_t* const* rows, std::size_t at, std::size_t n, const std::uint8_t* shift,
                        bool add, std::uint16_t* counts) noexcept {
  HWY_DYNAMIC_DISPATCH(CountBytes)(rows, at, n, shift, add, counts);
}

bool ladder_shift(const std::uint16_t* base, const std::uint16_t* references, std::uint8_t* shift) noexcept {
  return HWY_DYNAMIC_DISPATCH(Shift)(base, references, shift);
}

bool ladder_median(const std::uint16_t* counts, const std::uint16_t* base, std::uint16_t rank,
                   std::uint16_t* median) noexcept {
  return HWY_DYNAMIC_DISPATCH(Median)(counts, base, rank, median);
}

LadderRow no_ladder_row() noexcept {
  static constexpr auto kTop = [] {
    std::array<std::uint8_t, kLadderGroup> bytes{};
    bytes.fill(255);
    return bytes;
  }();
  static constexpr std::array<std::uint8_t, kLadderGroup> kNoShift{};
  return {kTop.data(), kNoShift.data()};
}

bool ladder_exchange(const LadderRow& entering, const LadderRow& leaving, const std::uint16_t* base, std::uint16_t rank,
                     std::uint16_t* counts, std::uint16_t* median) noexcept {
  return HWY_DYNAMIC_DISPATCH(Exchange)(entering, leaving, base, rank, counts, median);
}

}  // namespace dctprep
#endif  // HWY_ONCE
