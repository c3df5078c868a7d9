// Connected components of {F >= lowest level} in one pass over the frames, in memory for the open ones only.
#pragma once

#include <cstdint>
#include <vector>

#include "dctprep/core/blob.h"
#include "dctprep/core/sparse_frame.h"

namespace dctprep {

struct SegmentGeometry {
  int frames = 0;
  int height = 0;
  int width = 0;
  bool wrap = false;  // frames - 1 and 0 are neighbours
};

// A component that no later frame can touch, its voxels in the order of linear index (frames in [0, frames)).
struct Island {
  std::vector<Voxel> voxels;
};

// Labels runs frame by frame. An island is kept as strips of up to eight voxels in a pool; what has no voxel of at
// least `seed` when it closes is dropped without being looked at again.
class IslandTracker {
 public:
  IslandTracker(const SegmentGeometry& geometry, int connectivity, int seed);

  // Frames come in order, 0 to frames - 1, each once. Islands that ended with the frame before are appended to
  // `closed`.
  void push(const SparseFrame& frame, std::vector<Island>& closed);
  // After the last frame.
  void finish(std::vector<Island>& closed);

  // The first frame that an island still open and touched by the last frame pushed reaches back to; frames pushed so
  // far where there is none.
  int oldest_active_frame() const;
  // The last frame of islands that wait for the seam of a wrapped scan; -1 where there is none.
  int last_waiting_frame() const { return last_waiting_; }
  // Bytes held for open islands.
  std::size_t bytes() const { return strips_.size() * sizeof(Strip) + islands_.size() * sizeof(Record); }

  struct Extent {
    int first_frame = 0;
    int last_frame = 0;
    std::uint64_t voxels = 0;
  };
  // The open island of most voxels.
  Extent largest_open() const;

 private:
  static constexpr std::int32_t kNone = -1;
  static constexpr int kStripSize = 8;
  struct Strip {
    std::int32_t next;
    std::int32_t frame;
    std::uint16_t v, u;
    std::uint8_t count, saturated;  // bit i of `saturated`: voxel i
    std::uint16_t values[kStripSize];
  };
  struct Record {
    std::int32_t parent = kNone;  // itself where it is a root, kNone where it is free
    std::int32_t head = kNone, tail = kNone;
    std::int32_t first_frame = 0, last_frame = 0;
    std::uint16_t max_value = 0;
    bool touches_first = false;  // waits for the seam of a wrapped scan
    std::uint64_t voxels = 0;
  };
  struct LabelledRun {
    std::int32_t v, u_begin, u_end, island;
  };

  std::int32_t new_island(int frame);
  std::int32_t find(std::int32_t island);
  std::int32_t unite(std::int32_t a, std::int32_t b);
  void append(std::int32_t island, const SparseFrame& frame, const Run& run, std::size_t& next_saturated);
  // Unites runs of `current` with those of `other` in the row dv away that overlap them; the rows lie dframe frames
  // apart.
  void link_rows(std::vector<LabelledRun>& current, const std::vector<std::uint32_t>& current_rows,
                 const std::vector<LabelledRun>& other, const std::vector<std::uint32_t>& other_rows, int v, int dframe,
                 int dv);
  void close(std::int32_t root, std::vector<Island>& closed);
  void free_strips(const Record& record);

  SegmentGeometry geometry_;
  int connectivity_;
  int seed_;
  int pushed_ = 0;
  int last_waiting_ = -1;
  std::vector<Record> islands_;
  std::vector<std::int32_t> free_islands_;
  std::vector<std::int32_t> merged_;  // records to be freed when no run refers to them any more
  std::vector<Strip> strips_;
  std::int32_t free_strip_ = kNone;
  std::vector<LabelledRun> previous_, first_;
  std::vector<std::uint32_t> previous_rows_, first_rows_;
};

}  // namespace dctprep
