#include "dctprep/segment/flat_island.h"

#include <algorithm>
#include <tuple>

#include "dctprep/base/assert.h"

namespace dctprep {

namespace {

struct Source {
  const SparseFrame* piece;
  const Run* run;
};

}  // namespace

FlatIsland::FlatIsland(const Island& island) {
  std::vector<const SparseFrame*> pieces;
  std::size_t run_count = 0, size = 0;
  for (const SparseFrame& piece : island.pieces) {
    pieces.push_back(&piece);
    run_count += piece.runs.size();
    size += piece.values.size();
  }
  DCTPREP_ASSERT(size < static_cast<std::size_t>(INT32_MAX));
  std::sort(pieces.begin(), pieces.end(), [](auto* a, auto* b) { return a->frame < b->frame; });
  runs.reserve(run_count);
  values.reserve(size);
  const auto append = [&](const SparseFrame& piece, const Run& run) {
    const auto begin = static_cast<std::int32_t>(values.size());
    const std::uint32_t end = run.offset + static_cast<std::uint32_t>(run.u_end - run.u_begin);
    runs.push_back({piece.frame, run.v, run.u_begin, run.u_end, begin});
    values.insert(values.end(), piece.values.begin() + run.offset, piece.values.begin() + end);
    if (piece.saturated.empty()) return;
    for (auto at = std::lower_bound(piece.saturated.begin(), piece.saturated.end(), run.offset);
         at != piece.saturated.end() && *at < end; ++at)
      saturated.push_back(begin + static_cast<std::int32_t>(*at - run.offset));
  };
  std::vector<Source> sources;
  for (std::size_t first = 0; first < pieces.size();) {
    std::size_t last = first;
    while (last < pieces.size() && pieces[last]->frame == pieces[first]->frame) ++last;
    const auto begin = static_cast<std::int32_t>(runs.size());
    if (last == first + 1) {
      for (const Run& run : pieces[first]->runs) append(*pieces[first], run);
    } else {
      sources.clear();
      for (std::size_t i = first; i < last; ++i) {
        for (const Run& run : pieces[i]->runs) sources.push_back({pieces[i], &run});
      }
      std::sort(sources.begin(), sources.end(), [](const Source& a, const Source& b) {
        return std::tie(a.run->v, a.run->u_begin) < std::tie(b.run->v, b.run->u_begin);
      });
      for (const Source& source : sources) append(*source.piece, *source.run);
    }
    frames.push_back({pieces[first]->frame, begin, static_cast<std::int32_t>(runs.size())});
    first = last;
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
