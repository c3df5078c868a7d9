#include "dctprep/segment/parting_level.h"

#include <algorithm>
#include <cstdint>
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

std::uint64_t largest_part(const Pieces& pieces, const SegmentGeometry& geometry, int connectivity, int level) {
  IslandTracker counter({static_cast<int>(pieces.size()), geometry.height, geometry.width, false}, connectivity,
                        IslandTracker::kCountOnly);
  std::vector<Island> none;
  for (std::size_t k = 0; k < pieces.size(); ++k) counter.push(at_level(pieces[k], static_cast<int>(k), level), none);
  counter.finish(none);
  return counter.most_voxels();
}

}  // namespace

int parting_level(std::span<const RunSource> sources, const SegmentGeometry& geometry, int connectivity) {
  Pieces pieces(static_cast<std::size_t>(geometry.frames));
  std::uint64_t voxels = 0;
  int low = 65535, high = 0;
  Island part;
  for (const RunSource& source : sources) {
    std::vector<Piece>* last = nullptr;
    RunStore::Cursor at = RunStore::begin(source.runs);
    for (RunStore::Cursor begin = at; source.store->read(at, part); begin = at) {
      std::vector<Piece>* of_frame = &pieces[static_cast<std::size_t>(part.runs.front().frame)];
      if (of_frame != last) of_frame->push_back({source.store, begin, 0});
      ++of_frame->back().runs;
      last = of_frame;
      voxels += part.values.size();
      const auto [least, most] = std::minmax_element(part.values.begin(), part.values.end());
      low = std::min<int>(low, *least);
      high = std::max<int>(high, *most);
      part.runs.clear();
      part.values.clear();
      part.saturated.clear();
    }
  }
  // Parts only shrink while the level rises: at `low` the component is whole, above `high` there is nothing.
  ++high;
  while (low + 1 < high) {
    const int middle = low + (high - low) / 2;
    if (2 * largest_part(pieces, geometry, connectivity, middle) < voxels) {
      high = middle;
    } else {
      low = middle;
    }
  }
  return high;
}

}  // namespace dctprep
