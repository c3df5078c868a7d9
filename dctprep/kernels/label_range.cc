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

// As an unsigned number kNoLabel is the largest, as a signed one the smallest.
LabelRange Range(const int32_t* here, const ptrdiff_t* rows, size_t n) {
#if HWY_TARGET == HWY_SCALAR
  uint32_t lowest = static_cast<uint32_t>(kNoLabel);
  int32_t highest = kNoLabel;
  for (size_t i = 0; i < n; ++i) {
    for (size_t k = 0; k < 3; ++k) {
      lowest = std::min(lowest, static_cast<uint32_t>(here[rows[i] + static_cast<ptrdiff_t>(k)]));
      highest = std::max(highest, here[rows[i] + static_cast<ptrdiff_t>(k)]);
    }
  }
  return {static_cast<int32_t>(lowest), highest};
#else
  const hn::CappedTag<int32_t, 4> d;
  const hn::RebindToUnsigned<decltype(d)> du;
  const auto none = hn::Set(d, kNoLabel);
  auto lowest = hn::BitCast(du, none);
  auto highest = none;
  for (size_t i = 0; i < n; ++i) {
    const auto labels = hn::LoadU(d, here + rows[i]);
    lowest = hn::Min(lowest, hn::BitCast(du, labels));
    highest = hn::Max(highest, labels);
  }
  // The fourth lane is not asked for.
  const auto asked = hn::FirstN(d, 3);
  alignas(16) int32_t low[4], high[4];
  hn::Store(hn::IfThenElse(asked, hn::BitCast(d, lowest), none), d, low);
  hn::Store(hn::IfThenElse(asked, highest, none), d, high);
  const uint32_t least =
      std::min({static_cast<uint32_t>(low[0]), static_cast<uint32_t>(low[1]), static_cast<uint32_t>(low[2])});
  return {static_cast<int32_t>(least), std::max({high[0], high[1], high[2]})};
#endif
}

}  // namespace HWY_NAMESPACE
}  // namespace dctprep
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace dctprep {

HWY_EXPORT(Range);

LabelRange label_range(const std::int32_t* here, const std::ptrdiff_t* rows, std::size_t n) noexcept {
  return HWY_DYNAMIC_DISPATCH(Range)(here, rows, n);
}

}  // namespace dctprep
#endif  // HWY_ONCE
