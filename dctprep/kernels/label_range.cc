// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/kernels/label_range.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "dctprep/kernels/label_range.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace dctprep {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Of the labels that load(place) returns, four at a time, of which the fourth is not asked for. As an unsigned number
// kNoLabel is the largest, as a signed one the smallest.
#if HWY_TARGET == HWY_SCALAR
template <class Load>
LabelRange RangeOf(const ptrdiff_t* rows, size_t n, const Load& load) {
  uint32_t lowest = static_cast<uint32_t>(kNoLabel);
  int32_t highest = kNoLabel;
  for (size_t i = 0; i < n; ++i) {
    for (ptrdiff_t k = 0; k < 4; ++k) {
      const int32_t label = load(rows[i] + k);
      if (k == 3) continue;
      lowest = std::min(lowest, static_cast<uint32_t>(label));
      highest = std::max(highest, label);
    }
  }
  return {static_cast<int32_t>(lowest), highest};
}

LabelRange Range(const int32_t* here, const ptrdiff_t* rows, size_t n) {
  return RangeOf(rows, n, [&](ptrdiff_t at) { return here[at]; });
}

LabelRange Rename(int32_t* here, const ptrdiff_t* rows, size_t n, const int32_t* names) {
  return RangeOf(rows, n, [&](ptrdiff_t at) { return here[at] = names[here[at]]; });
}
#else
using D = hn::CappedTag<int32_t, 4>;

template <class Load>
LabelRange RangeOf(const ptrdiff_t* rows, size_t n, const Load& load) {
  const D d;
  const hn::RebindToUnsigned<D> du;
  const auto none = hn::Set(d, kNoLabel);
  auto lowest = hn::BitCast(du, none);
  auto highest = none;
  for (size_t i = 0; i < n; ++i) {
    const auto labels = load(rows[i]);
    lowest = hn::Min(lowest, hn::BitCast(du, labels));
    highest = hn::Max(highest, labels);
  }
  const auto asked = hn::FirstN(d, 3);
  alignas(16) int32_t low[4], high[4];
  hn::Store(hn::IfThenElse(asked, hn::BitCast(d, lowest), none), d, low);
  hn::Store(hn::IfThenElse(asked, highest, none), d, high);
  const uint32_t least =
      std::min({static_cast<uint32_t>(low[0]), static_cast<uint32_t>(low[1]), static_cast<uint32_t>(low[2])});
  return {static_cast<int32_t>(least), std::max({high[0], high[1], high[2]})};
}

LabelRange Range(const int32_t* here, const ptrdiff_t* rows, size_t n) {
  return RangeOf(rows, n, [&](ptrdiff_t at) HWY_ATTR { return hn::LoadU(D(), here + at); });
}

LabelRange Rename(int32_t* here, const ptrdiff_t* rows, size_t n, const int32_t* names) {
  return RangeOf(rows, n, [&](ptrdiff_t at) HWY_ATTR {
    const auto renamed = hn::GatherIndex(D(), names, hn::LoadU(D(), here + at));
    hn::StoreU(renamed, D(), here + at);
    return renamed;
  });
}
#endif

}  // namespace HWY_NAMESPACE
}  // namespace dctprep
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace dctprep {

HWY_EXPORT(Range);
HWY_EXPORT(Rename);

LabelRange label_range(const std::int32_t* here, const std::ptrdiff_t* rows, std::size_t n) noexcept {
  return HWY_DYNAMIC_DISPATCH(Range)(here, rows, n);
}

LabelRange rename_labels(std::int32_t* here, const std::ptrdiff_t* rows, std::size_t n,
                         const std::int32_t* names) noexcept {
  return HWY_DYNAMIC_DISPATCH(Rename)(here, rows, n, names);
}

}  // namespace dctprep
#endif  // HWY_ONCE
