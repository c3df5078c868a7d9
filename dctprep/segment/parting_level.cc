#include "dctprep/segment/parting_level.h"

#include <algorithm>
#include <cstdint>
#include <tuple>
#include <vector>

namespace dctprep {

namespace {

using Pieces = std::vector<std::vector<const SparseFrame*>>;

// What reaches `level` of the pieces of one frame.
SparseFrame at_level(const std::vector<const SparseFrame*>& pieces, int frame, int level) {
  SparseFrame sparse;
  sparse.frame = frame;
  for (const SparseFrame* piece : pieces) {
    for (const Run& run : piece->runs) {
      const std::uint16_t* values = piece->values.data() + run.offset;
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
  if (pieces.size() > 1) {
    std::sort(sparse.runs.begin(), sparse.runs.end(),
              [](const Run& a, const Run& b) { return std::tie(a.v, a.u_begin) < std::tie(b.v, b.u_begin); });
  }
  return sparse;
}

std::uint64_t largest_part(const Pieces& pieces, const SegmentGeometry& geometry, int connectivity, int level) {
  IslandTracker counter({static_cast<int>(pieces.size()), geometry.height, geometry.width, false}, connectivity,
                        IslandTracker::kCountOnly);
  std::vector<Island> none;
  for (std::size_t k = 0; k < pieces.size(); ++k) counter.push(at_level(pieces[k], static_cast<int>(k), level), none);
  counter.finish(none);
  return counter.most_voxels();
}

}  // namespace

int parting_level(std::span<const SparseFrame* const> pieces, const SegmentGeometry& geometry, int connectivity) {
  Pieces by_frame(static_cast<std::size_t>(geometry.frames));
  std::uint64_t voxels = 0;
  int low = 65535, high = 0;
  for (const SparseFrame* piece : pieces) {
    by_frame[static_cast<std::size_t>(piece->frame)].push_back(piece);
    voxels += piece->values.size();
    for (const std::uint16_t value : piece->values) {
      low = std::min<int>(low, value);
      high = std::max<int>(high, value);
    }
  }
  // Parts only shrink while the level rises: at `low` the component is whole, above `high` there is nothing.
  ++high;
  while (low + 1 < high) {
    const int middle = low + (high - low) / 2;
    if (2 * largest_part(by_frame, geometry, connectivity, middle) < voxels) {
      high = middle;
    } else {
      low = middle;
    }
  }
  return high;
}

}  // namespace dctprep
