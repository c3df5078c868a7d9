// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/segment/flat_island.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "dctprep/base/assert.h"

namespace dctprep {

FlatIsland::FlatIsland(const Island& island) {
  DCTPREP_ASSERT(island.values.size() < static_cast<std::size_t>(INT32_MAX));
  if (island.runs.empty()) return;
  // By frame first: the runs of a frame mostly are in order already.
  const auto [first, last] = std::minmax_element(
      island.runs.begin(), island.runs.end(), [](const IslandRun& a, const IslandRun& b) { return a.frame < b.frame; });
  const std::int32_t first_frame = first->frame;
  std::vector<std::int32_t> next(static_cast<std::size_t>(last->frame - first_frame) + 2, 0);
  for (const IslandRun& run : island.runs) ++next[static_cast<std::size_t>(run.frame - first_frame) + 1];
  std::partial_sum(next.begin(), next.end(), next.begin());
  for (std::size_t i = 0; i + 1 < next.size(); ++i) {
    if (next[i] < next[i + 1]) frames.push_back({first_frame + static_cast<std::int32_t>(i), next[i], next[i + 1]});
  }
  runs.resize(island.runs.size());
  for (const IslandRun& run : island.runs)
    runs[static_cast<std::size_t>(next[static_cast<std::size_t>(run.frame - first_frame)]++)] = run;

  const auto before = [](const IslandRun& a, const IslandRun& b) {
    return a.v != b.v ? a.v < b.v : a.u_begin < b.u_begin;
  };
  values.reserve(island.values.size());
  for (const Frame& frame : frames) {
    const auto begin = runs.begin() + frame.begin, end = runs.begin() + frame.end;
    if (!std::is_sorted(begin, end, before)) std::sort(begin, end, before);
    for (auto run = begin; run != end; ++run) {
      const std::int32_t from = std::exchange(run->begin, static_cast<std::int32_t>(values.size()));
      const std::int32_t to = from + (run->u_end - run->u_begin);
      values.insert(values.end(), island.values.begin() + from, island.values.begin() + to);
      if (island.saturated.empty()) continue;
      for (auto at = std::lower_bound(island.saturated.begin(), island.saturated.end(), from);
           at != island.saturated.end() && *at < to; ++at)
        saturated.push_back(run->begin + (*at - from));
    }
  }
}

void FlatIsland::append_voxels(std::int32_t run, std::int32_t begin, std::int32_t end, std::vector<Voxel>& out) const {
  const IslandRun& r = runs[static_cast<std::size_t>(run)];
  const std::size_t first = out.size();
  out.resize(first + static_cast<std::size_t>(end - begin));
  Voxel* voxel = out.data() + first;
  std::int32_t u = r.u_begin + (begin - r.begin);
  for (std::int32_t i = begin; i < end; ++i, ++u) {
    *voxel++ = {r.frame, static_cast<std::uint16_t>(r.v), static_cast<std::uint16_t>(u),
                values[static_cast<std::size_t>(i)], false};
  }
  if (saturated.empty()) return;
  for (auto at = std::lower_bound(saturated.begin(), saturated.end(), begin); at != saturated.end() && *at < end; ++at)
    out[first + static_cast<std::size_t>(*at - begin)].saturated = true;
}

}  // namespace dctprep
