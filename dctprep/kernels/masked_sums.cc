// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/kernels/masked_sums.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "dctprep/kernels/masked_sums.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace dctprep {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

void AddZones(const PhotometryRow& row, size_t width, ZoneSums& inside, ZoneSums& ring, const ColumnSums& columns) {
  size_t i = 0;
#if HWY_TARGET != HWY_SCALAR
  const hn::ScalableTag<int32_t> d;
  const hn::RebindToUnsigned<decltype(d)> du;
  const hn::Rebind<uint16_t, decltype(d)> d16;
  const hn::Rebind<uint8_t, decltype(d)> d8;
  const auto one = hn::Set(d, 1), offset = hn::Set(d, row.offset), in = hn::Set(d, int32_t{kZoneInside}),
             round = hn::Set(d, int32_t{kZoneRing});
  const auto total = [&](auto v) HWY_ATTR { return int64_t{hn::GetLane(hn::SumOfLanes(d, v))}; };
  // So few that the sum of all lanes stays below 2^31.
  constexpr size_t kPiece = 8192;
  while (i + hn::Lanes(d) <= width) {
    const size_t end = std::min(i + kPiece, width / hn::Lanes(d) * hn::Lanes(d));
    auto in_n = hn::Zero(d), in_r = in_n, in_j = in_n, ring_n = in_n, ring_r = in_n, ring_j = in_n;
    for (; i < end; i += hn::Lanes(d)) {
      const auto zone = hn::BitCast(d, hn::PromoteTo(du, hn::LoadU(d8, row.zone + i)));
      const auto claimed = hn::BitCast(d, hn::PromoteTo(du, hn::LoadU(d8, row.claimed + i)));
      const auto light = hn::BitCast(d, hn::PromoteTo(du, hn::LoadU(d16, row.light + i)));
      const auto background = hn::BitCast(d, hn::PromoteTo(du, hn::LoadU(d16, row.background + i)));
      const auto residual = hn::Sub(hn::Sub(light, background), offset);
      const auto is_free = hn::Eq(claimed, hn::Zero(d));
      const auto is_inside = hn::And(is_free, hn::Eq(zone, in)), is_ring = hn::And(is_free, hn::Eq(zone, round));
      const auto n = hn::IfThenElseZero(is_inside, one), r = hn::IfThenElseZero(is_inside, residual),
                 j = hn::IfThenElseZero(is_inside, light);
      const auto add = [&](auto v, int32_t* to) HWY_ATTR { hn::StoreU(hn::Add(hn::LoadU(d, to), v), d, to); };
      add(n, columns.count + i);
      add(r, columns.residual + i);
      add(j, columns.corrected + i);
      in_n = hn::Add(in_n, n);
      in_r = hn::Add(in_r, r);
      in_j = hn::Add(in_j, j);
      ring_n = hn::Add(ring_n, hn::IfThenElseZero(is_ring, one));
      ring_r = hn::Add(ring_r, hn::IfThenElseZero(is_ring, residual));
      ring_j = hn::Add(ring_j, hn::IfThenElseZero(is_ring, light));
    }
    inside.count += total(in_n), inside.residual += total(in_r), inside.corrected += total(in_j);
    ring.count += total(ring_n), ring.residual += total(ring_r), ring.corrected += total(ring_j);
  }
#endif
  for (; i < width; ++i) {
    if (row.claimed[i] != 0 || (row.zone[i] != kZoneInside && row.zone[i] != kZoneRing)) continue;
    const int32_t residual = row.light[i] - row.background[i] - row.offset;
    ZoneSums& sums = row.zone[i] == kZoneInside ? inside : ring;
    ++sums.count;
    sums.residual += residual;
    sums.corrected += row.light[i];
    if (row.zone[i] != kZoneInside) continue;
    ++columns.count[i];
    columns.residual[i] += residual;
    columns.corrected[i] += row.light[i];
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace dctprep
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace dctprep {

HWY_EXPORT(AddZones);

void add_zones(const PhotometryRow& row, std::size_t width, ZoneSums& inside, ZoneSums& ring,
               const ColumnSums& columns) noexcept {
  HWY_DYNAMIC_DISPATCH(AddZones)(row, width, inside, ring, columns);
}

}  // namespace dctprep
#endif  // HWY_ONCE
