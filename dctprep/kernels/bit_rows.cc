// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/kernels/bit_rows.h"

#include "dctprep/base/assert.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "dctprep/kernels/bit_rows.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace dctprep {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::ScalableTag<uint64_t>;
using V = hn::Vec<D>;

// Numbers of `kPlanes` bits, one for each bit of a vector: plane p holds bit p of each.
template <int kPlanes>
struct Numbers {
  V plane[kPlanes];
};

template <int kPlanes>
HWY_INLINE Numbers<kPlanes> Nought() {
  Numbers<kPlanes> numbers;
  for (int p = 0; p < kPlanes; ++p) numbers.plane[p] = hn::Zero(D());
  return numbers;
}

// sum += number, which must not overflow.
template <int kPlanes, int kFewer>
HWY_INLINE void Add(Numbers<kPlanes>& sum, const Numbers<kFewer>& number) {
  V carry = hn::Zero(D());
  for (int p = 0; p < kPlanes; ++p) {
    const V a = sum.plane[p];
    if (p < kFewer) {
      const V b = number.plane[p], either = hn::Xor(a, b);
      sum.plane[p] = hn::Xor(either, carry);
      carry = hn::Or(hn::And(a, b), hn::And(carry, either));
    } else {
      sum.plane[p] = hn::Xor(a, carry);
      carry = hn::And(a, carry);
    }
  }
}

template <int kPlanes>
HWY_INLINE V AtLeast(const Numbers<kPlanes>& numbers, unsigned least) {
  V above = hn::Zero(D()), equal = hn::Set(D(), ~uint64_t{0});
  for (int p = kPlanes - 1; p >= 0; --p) {
    if ((least >> p & 1) != 0) {
      equal = hn::And(equal, numbers.plane[p]);
    } else {
      above = hn::Or(above, hn::And(equal, numbers.plane[p]));
      equal = hn::AndNot(numbers.plane[p], equal);
    }
  }
  return hn::Or(above, equal);
}

// What lies kBy columns further on (before: kBy < 0) in a row of words.
template <int kBy>
HWY_INLINE V Moved(const uint64_t* words) {
  const D d;
  const V here = hn::LoadU(d, words);
  if constexpr (kBy < 0) {
    return hn::Or(hn::ShiftLeft<-kBy>(here), hn::ShiftRight<64 + kBy>(hn::LoadU(d, words - 1)));
  } else if constexpr (kBy > 0) {
    return hn::Or(hn::ShiftRight<kBy>(here), hn::ShiftLeft<64 - kBy>(hn::LoadU(d, words + 1)));
  } else {
    return here;
  }
}

template <int kPlanes, int kBy>
HWY_INLINE Numbers<kPlanes> MovedNumbers(const uint64_t* planes, size_t stride) {
  Numbers<kPlanes> numbers;
  for (int p = 0; p < kPlanes; ++p) numbers.plane[p] = Moved<kBy>(planes + static_cast<size_t>(p) * stride);
  return numbers;
}

template <int kRadius>
bool WindowOfRadiusHas(const uint64_t* const* rows, size_t width, unsigned least, uint64_t* out,
                       std::vector<uint64_t>& scratch) {
  constexpr int kInColumn = kRadius == 1 ? 2 : 3;  // bits of 2 kRadius + 1
  constexpr int kInWindow = kRadius == 1 ? 4 : kRadius == 2 ? 5 : 6;
  const D d;
  const size_t lanes = hn::Lanes(d), words = words_of_bits(width);
  // Of each plane, a word before the first and after the last, and room for whole vectors; a plane of the result.
  const size_t stride = words + lanes + 2;
  if (scratch.size() < (kInColumn + 1) * stride) scratch.resize((kInColumn + 1) * stride);
  uint64_t* columns = scratch.data() + 1;
  uint64_t* passing = columns + kInColumn * stride;
  // A row ends anywhere, and what is read of it must not lie behind its end.
  V any = hn::Zero(d);
  size_t w = 0;
  for (; w + lanes <= words; w += lanes) {
    auto sum = Nought<kInColumn>();
    for (int i = 0; i <= 2 * kRadius; ++i) Add(sum, Numbers<1>{{hn::LoadU(d, rows[i] + w)}});
    for (int p = 0; p < kInColumn; ++p) {
      hn::StoreU(sum.plane[p], d, columns + static_cast<size_t>(p) * stride + w);
      any = hn::Or(any, sum.plane[p]);
    }
  }
  uint64_t any_left = 0;
  for (; w < words; ++w) {
    uint64_t sum[kInColumn] = {0};
    for (int i = 0; i <= 2 * kRadius; ++i) {
      uint64_t carry = rows[i][w];
      for (int p = 0; p < kInColumn; ++p) {
        const uint64_t both = sum[p] & carry;
        sum[p] ^= carry;
        carry = both;
      }
    }
    for (int p = 0; p < kInColumn; ++p) {
      columns[static_cast<size_t>(p) * stride + w] = sum[p];
      any_left |= sum[p];
    }
  }
  if (any_left == 0 && hn::AllTrue(d, hn::Eq(any, hn::Zero(d)))) return false;
  // The edges' columns go on beyond them.
  const size_t last = (width - 1) % 64;
  for (int p = 0; p < kInColumn; ++p) {
    uint64_t* plane = columns + static_cast<size_t>(p) * stride;
    plane[-1] = (plane[0] & 1) != 0 ? ~uint64_t{0} : 0;
    uint64_t& end = plane[words - 1];
    const uint64_t edge = (end >> last & 1) != 0 ? ~uint64_t{0} : 0;
    if (last < 63) end |= edge << (last + 1);
    plane[words] = edge;
  }
  for (w = 0; w < words; w += lanes) {
    auto sum = Nought<kInWindow>();
    Add(sum, MovedNumbers<kInColumn, -1>(columns + w, stride));
    Add(sum, MovedNumbers<kInColumn, 0>(columns + w, stride));
    Add(sum, MovedNumbers<kInColumn, 1>(columns + w, stride));
    if constexpr (kRadius >= 2) {
      Add(sum, MovedNumbers<kInColumn, -2>(columns + w, stride));
      Add(sum, MovedNumbers<kInColumn, 2>(columns + w, stride));
    }
    if constexpr (kRadius >= 3) {
      Add(sum, MovedNumbers<kInColumn, -3>(columns + w, stride));
      Add(sum, MovedNumbers<kInColumn, 3>(columns + w, stride));
    }
    hn::StoreU(AtLeast(sum, least), d, passing + w);
  }
  if (last < 63) passing[words - 1] &= (uint64_t{1} << (last + 1)) - 1;
  uint64_t passes = 0;
  for (w = 0; w < words; ++w) {
    out[w] = passing[w];
    passes |= passing[w];
  }
  return passes != 0;
}

bool WindowHas(const uint64_t* const* rows, int radius, size_t width, unsigned least, uint64_t* out,
               std::vector<uint64_t>& scratch) {
  return radius == 1   ? WindowOfRadiusHas<1>(rows, width, least, out, scratch)
         : radius == 2 ? WindowOfRadiusHas<2>(rows, width, least, out, scratch)
                       : WindowOfRadiusHas<3>(rows, width, least, out, scratch);
}

}  // namespace HWY_NAMESPACE
}  // namespace dctprep
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace dctprep {

HWY_EXPORT(WindowHas);

bool window_has(const std::uint64_t* const* rows, int radius, std::size_t width, unsigned least, std::uint64_t* out,
                std::vector<std::uint64_t>& scratch) {
  DCTPREP_ASSERT(radius >= 1 && radius <= kMostWindowRadius && width >= 1);
  return HWY_DYNAMIC_DISPATCH(WindowHas)(rows, radius, width, least, out, scratch);
}

}  // namespace dctprep
#endif  // HWY_ONCE
