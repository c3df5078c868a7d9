// SPDX-License-Identifier: BSD-3-Clause
// Connected components of {F >= lowest level} in one pass over the frames, in memory for the open ones only.
#pragma once

#include <cstdint>
#include <vector>

#include "dctprep/core/region.h"
#include "dctprep/core/sparse_frame.h"
#include "dctprep/segment/run_store.h"
#include "dctprep/segment/touching_runs.h"

namespace dctprep {

struct SegmentGeometry {
  int frames = 0;
  int height = 0;
  int width = 0;
  bool wrap = false;  // frames - 1 and 0 are neighbours
};

// Labels runs frame by frame. What has no voxel of at least `seed` when it closes is dropped; of what lives for one
// frame only, as most noise does, nothing is ever copied.
class IslandTracker {
 public:
  // A seed above every value: nothing is kept or closed, components are only counted.
  static constexpr int kCountOnly = 65536;

  IslandTracker(const SegmentGeometry& geometry, int connectivity, int seed);

  // Frames come in order, 0 to frames - 1, each once. Islands that ended with the frame before are appended to
  // `closed`. The cost is linear in the runs of this frame and the one before.
  void push(SparseFrame frame, std::vector<Island>& closed);
  // The next frame is no neighbour of those pushed so far: omega jumps between them. Not in a wrapped scan.
  void cut() { cut_ = true; }
  // After the last frame.
  void finish(std::vector<Island>& closed);

  // The first frame that an island still open and touched by the last frame pushed reaches back to; frames pushed so
  // far where there is none.
  int oldest_active_frame() const;
  // The last frame of islands that wait for the seam of a wrapped scan; -1 where there is none.
  int last_waiting_frame() const { return last_waiting_; }
  // Bytes held for open islands.
  std::size_t bytes() const;
  // With kCountOnly: voxels of the largest island so far.
  std::uint64_t most_voxels() const { return most_voxels_; }

  // What a user must know of a component that grows without end.
  struct Extent {
    int first_frame = 0;
    int last_frame = 0;
    std::uint64_t voxels = 0;
    Region box;
    int peak = 0, peak_frame = 0, peak_v = 0, peak_u = 0;  // its largest voxel
    int parting_level = 0;  // the lowest level at which no part of it holds half of its voxels
  };
  // Of the open island of most voxels: extent_of(), which takes seconds.
  Extent largest_open() const;

 private:
  static constexpr std::int32_t kNone = -1;

  struct Open {
    std::int32_t first_frame = 0, last_frame = 0;
    std::int32_t seam = kNone;  // a component of frame 0, whose root is in `seam_`, in a wrapped scan
    std::uint16_t max_value = 0;
    std::uint64_t voxels = 0;
    RunStore::Chain runs;  // without those of the last frame pushed
  };
  struct Labelled {
    SparseFrame frame;
    std::vector<Span> spans;
    std::vector<std::int32_t> island;  // of each run: its place among the open islands
  };

  void link(const Labelled& frame);
  void find_touched(Labelled& frame);
  void take_over(Open& from, Open& to);
  void keep_runs();
  void close(Open& island, std::vector<Island>& closed);

  SegmentGeometry geometry_;
  int connectivity_;
  int seed_;
  int pushed_ = 0;
  bool cut_ = false;
  int last_waiting_ = -1;
  std::uint64_t most_voxels_ = 0;
  RunStore store_;
  Labelled last_;           // the last frame pushed
  std::vector<Open> open_;  // islands that it touches
  std::vector<Open> waiting_;
  // While a frame is pushed; kept for their memory.
  Labelled current_;
  std::vector<Open> touched_;         // islands that it touches, in the order of their first runs in it
  std::vector<std::int32_t> parent_;  // of the open islands, then of its runs
  std::vector<std::int32_t> place_;   // of a root among those touched, or kNone
  std::vector<std::uint8_t> keep_;    // open islands whose part of the last frame is kept
  Labelled first_;                  // of a wrapped scan: frame 0 without its voxels; `island` are components of frame 0
  std::vector<std::int32_t> seam_;  // which of them belong together by now
};

}  // namespace dctprep
