// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/segment/open_extent.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <tuple>
#include <vector>

namespace dctprep {

namespace {

// Runs of one frame that follow each other in a chain.
struct Piece {
  const RunStore* store;
  RunStore::Cursor begin;
  std::size_t runs;
};
using Pieces = std::vector<std::vector<Piece>>;  // by frame

void append_at_level(const Island& part, int level, SparseFrame& sparse) {
  for (const IslandRun& run : part.runs) {
    const std::uint16_t* values = part.values.data() + run.begin;
    const int size = run.u_end - run.u_begin;
    for (int i = 0; i < size; ++i) {
      if (values[i] < level) continue;
      const auto offset = static_cast<std::uint32_t>(sparse.values.size());
      const int begin = i;
      while (i < size && values[i] >= level) ++i;
      sparse.runs.push_back({run.v, run.u_begin + begin, run.u_begin + i, offset});
      sparse.values.insert(sparse.values.end(), values + begin, values + i);
    }
  }
}

// What reaches `level` of the pieces of one frame.
SparseFrame at_level(const std::vector<Piece>& pieces, int frame, int level) {
  SparseFrame sparse;
  sparse.frame = frame;
  Island part;
  for (const Piece& piece : pieces) {
    part = {};
    RunStore::Cursor at = piece.begin;
    for (std::size_t i = 0; i < piece.runs; ++i) piece.store->read(at, part);
    append_at_level(part, level, sparse);
  }
  if (pieces.size() > 1) {
    std::sort(sparse.runs.begin(), sparse.runs.end(),
              [](const Run& a, const Run& b) { return std::tie(a.v, a.u_begin) < std::tie(b.v, b.u_begin); });
  }
  return sparse;
}

// Whether a part of what reaches `level` has at least `least` voxels.
bool holds_together(const Pieces& pieces, std::size_t first, const SegmentGeometry& geometry, int connectivity,
                    int level, std::uint64_t least) {
  const auto frames = static_cast<int>(pieces.size() - first);
  IslandTracker counter({frames, geometry.height, geometry.width, false}, connectivity, IslandTracker::kCountOnly);
  std::vector<Island> none;
  for (int k = 0; k < frames && counter.most_voxels() < least; ++k)
    counter.push(at_level(pieces[first + static_cast<std::size_t>(k)], k, level), none);
  return counter.most_voxels() >= least;
}

void extend(IslandTracker::Extent& extent, const IslandRun& run, const std::vector<std::uint16_t>& values) {
  extent.first_frame = std::min(extent.first_frame, run.frame);
  extent.last_frame = std::max(extent.last_frame, run.frame);
  extent.voxels += values.size();
  extent.box.u0 = std::min(extent.box.u0, run.u_begin);
  extent.box.u1 = std::max(extent.box.u1, run.u_end);
  extent.box.v0 = std::min(extent.box.v0, run.v);
  extent.box.v1 = std::max(extent.box.v1, run.v + 1);
  const auto brightest = std::max_element(values.begin(), values.end());
  if (*brightest <= extent.peak) return;
  extent.peak = *brightest;
  extent.peak_frame = run.frame;
  extent.peak_v = run.v;
  extent.peak_u = run.u_begin + static_cast<int>(brightest - values.begin());
}

}  // namespace

IslandTracker::Extent extent_of(std::span<const RunSource> sources, const SegmentGeometry& geometry, int connectivity) {
  constexpr int kMax = std::numeric_limits<int>::max();
  IslandTracker::Extent extent{.first_frame = kMax, .last_frame = -1, .box = {kMax, kMax, 0, 0}};
  Pieces pieces(static_cast<std::size_t>(geometry.frames));
  std::vector<std::uint64_t> voxels(pieces.size(), 0);
  int low = 65535;
  Island part;
  for (const RunSource& source : sources) {
    std::vector<Piece>* last = nullptr;
    RunStore::Cursor at = RunStore::begin(source.runs);
    for (RunStore::Cursor begin = at; source.store->read(at, part); begin = at) {
      const auto frame = static_cast<std::size_t>(part.runs.front().frame);
      if (&pieces[frame] != last) pieces[frame].push_back({source.store, begin, 0});
      last = &pieces[frame];
      ++last->back().runs;
      voxels[frame] += part.values.size();
      low = std::min<int>(low, *std::min_element(part.values.begin(), part.values.end()));
      extend(extent, part.runs.front(), part.values);
      part.runs.clear();
      part.values.clear();
      part.saturated.clear();
    }
  }
  constexpr std::uint64_t kMostVoxels = std::uint64_t{1} << 23;
  std::size_t first = pieces.size();
  std::uint64_t tried = 0;
  while (first > 0 && tried + voxels[first - 1] <= std::max(kMostVoxels, voxels[first - 1])) tried += voxels[--first];
  pieces.resize(static_cast<std::size_t>(extent.last_frame) + 1);
  // Parts only shrink while the level rises: at `low` the component is whole, above its peak there is nothing.
  int high = extent.peak + 1;
  while (low + 1 < high) {
    const int middle = low + (high - low) / 2;
    (holds_together(pieces, first, geometry, connectivity, middle, (tried + 1) / 2) ? low : high) = middle;
  }
  extent.parting_level = high;
  return extent;
}

}  // namespace dctprep
