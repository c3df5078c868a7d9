#include "dctprep/segment/island_tracker.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "dctprep/base/assert.h"
#include "dctprep/base/error.h"
#include "dctprep/segment/connectivity.h"

namespace dctprep {

IslandTracker::IslandTracker(const SegmentGeometry& geometry, int connectivity, int seed)
    : geometry_(geometry), connectivity_(connectivity), seed_(seed) {}

std::int32_t IslandTracker::new_island(int frame) {
  std::int32_t island;
  if (free_islands_.empty()) {
    if (islands_.size() >= std::numeric_limits<std::int32_t>::max())
      fail("too many open blobs; raise segment.grow_min");
    island = static_cast<std::int32_t>(islands_.size());
    islands_.emplace_back();
  } else {
    island = free_islands_.back();
    free_islands_.pop_back();
  }
  Record& record = islands_[static_cast<std::size_t>(island)];
  record = {};
  record.parent = island;
  record.first_frame = record.last_frame = frame;
  record.touches_first = geometry_.wrap && frame == 0;
  return island;
}

std::int32_t IslandTracker::find(std::int32_t island) {
  while (islands_[static_cast<std::size_t>(island)].parent != island) {
    auto& parent = islands_[static_cast<std::size_t>(island)].parent;
    parent = islands_[static_cast<std::size_t>(parent)].parent;
    island = parent;
  }
  return island;
}

std::int32_t IslandTracker::unite(std::int32_t a, std::int32_t b) {
  a = find(a);
  b = find(b);
  if (a == b) return a;
  if (islands_[static_cast<std::size_t>(a)].voxels < islands_[static_cast<std::size_t>(b)].voxels) std::swap(a, b);
  Record& keep = islands_[static_cast<std::size_t>(a)];
  Record& drop = islands_[static_cast<std::size_t>(b)];
  drop.parent = a;
  if (drop.head != kNone) {
    if (keep.head == kNone) {
      keep.head = drop.head;
    } else {
      strips_[static_cast<std::size_t>(keep.tail)].next = drop.head;
    }
    keep.tail = drop.tail;
  }
  keep.first_frame = std::min(keep.first_frame, drop.first_frame);
  keep.last_frame = std::max(keep.last_frame, drop.last_frame);
  keep.max_value = std::max(keep.max_value, drop.max_value);
  keep.voxels += drop.voxels;
  // A record that runs of frame 0 refer to must stay until the seam is closed.
  if (!drop.touches_first) merged_.push_back(b);
  keep.touches_first = keep.touches_first || drop.touches_first;
  return a;
}

void IslandTracker::append(std::int32_t island, const SparseFrame& frame, const Run& run, std::size_t& next_saturated) {
  Record& record = islands_[static_cast<std::size_t>(island)];
  for (int u = run.u_begin; u < run.u_end; u += kStripSize) {
    std::int32_t index = free_strip_;
    if (index != kNone) {
      free_strip_ = strips_[static_cast<std::size_t>(index)].next;
    } else {
      if (strips_.size() >= std::numeric_limits<std::int32_t>::max())
        fail("too many voxels in open blobs; raise segment.grow_min");
      index = static_cast<std::int32_t>(strips_.size());
      strips_.emplace_back();
    }
    Strip& strip = strips_[static_cast<std::size_t>(index)];
    strip.next = kNone;
    strip.frame = frame.frame;
    strip.v = static_cast<std::uint16_t>(run.v);
    strip.u = static_cast<std::uint16_t>(u);
    strip.count = static_cast<std::uint8_t>(std::min(kStripSize, run.u_end - u));
    strip.saturated = 0;
    const std::uint32_t offset = run.offset + static_cast<std::uint32_t>(u - run.u_begin);
    for (int i = 0; i < strip.count; ++i) {
      strip.values[i] = frame.values[offset + static_cast<std::uint32_t>(i)];
      record.max_value = std::max(record.max_value, strip.values[i]);
    }
    for (; next_saturated < frame.saturated.size() && frame.saturated[next_saturated] < offset + strip.count;
         ++next_saturated) {
      strip.saturated = static_cast<std::uint8_t>(strip.saturated | 1u << (frame.saturated[next_saturated] - offset));
    }
    if (record.tail == kNone) {
      record.head = index;
    } else {
      strips_[static_cast<std::size_t>(record.tail)].next = index;
    }
    record.tail = index;
    record.voxels += strip.count;
  }
  record.last_frame = frame.frame;
}

void IslandTracker::link_rows(std::vector<LabelledRun>& current, const std::vector<std::uint32_t>& current_rows,
                              const std::vector<LabelledRun>& other, const std::vector<std::uint32_t>& other_rows,
                              int v, int dframe, int dv) {
  const int reach = reach_along_u(connectivity_, dframe, dv);
  const int other_v = v + dv;
  if (reach < 0 || other_v < 0 || other_v >= geometry_.height) return;
  std::size_t j = other_rows[static_cast<std::size_t>(other_v)];
  const std::size_t j_end = other_rows[static_cast<std::size_t>(other_v) + 1];
  for (std::size_t i = current_rows[static_cast<std::size_t>(v)]; i < current_rows[static_cast<std::size_t>(v) + 1];
       ++i) {
    LabelledRun& run = current[i];
    while (j < j_end && other[j].u_end + reach <= run.u_begin) ++j;
    for (std::size_t k = j; k < j_end && other[k].u_begin < run.u_end + reach; ++k)
      run.island = unite(run.island, other[k].island);
  }
}

void IslandTracker::push(const SparseFrame& frame, std::vector<Island>& closed) {
  DCTPREP_ASSERT(frame.frame == pushed_ && pushed_ < geometry_.frames);
  const auto height = static_cast<std::size_t>(geometry_.height);
  std::vector<LabelledRun> current;
  current.reserve(frame.runs.size());
  std::vector<std::uint32_t> rows(height + 1, 0);
  std::size_t next_saturated = 0;
  for (const Run& run : frame.runs) {
    const std::int32_t island = new_island(frame.frame);
    append(island, frame, run, next_saturated);
    current.push_back({run.v, run.u_begin, run.u_end, island});
    ++rows[static_cast<std::size_t>(run.v) + 1];
  }
  for (std::size_t v = 0; v < height; ++v) rows[v + 1] += rows[v];
  for (int v = 0; v < geometry_.height; ++v) {
    if (rows[static_cast<std::size_t>(v)] == rows[static_cast<std::size_t>(v) + 1]) continue;
    link_rows(current, rows, current, rows, v, 0, -1);
    if (pushed_ == 0) continue;
    for (int dv = -1; dv <= 1; ++dv) link_rows(current, rows, previous_, previous_rows_, v, -1, dv);
  }
  for (LabelledRun& run : current) run.island = find(run.island);
  for (const LabelledRun& run : previous_) {
    const std::int32_t root = find(run.island);
    Record& record = islands_[static_cast<std::size_t>(root)];
    if (record.parent != root || record.last_frame == frame.frame || record.head == kNone) continue;
    if (record.touches_first) {
      last_waiting_ = std::max(last_waiting_, record.last_frame);
    } else {
      close(root, closed);
    }
  }
  // Closed and merged records are free only now: the loop above still looked at them.
  for (const std::int32_t island : merged_) free_islands_.push_back(island);
  merged_.clear();
  previous_ = std::move(current);
  previous_rows_ = std::move(rows);
  if (pushed_ == 0 && geometry_.wrap) {
    first_ = previous_;
    first_rows_ = previous_rows_;
  }
  ++pushed_;
}

void IslandTracker::finish(std::vector<Island>& closed) {
  DCTPREP_ASSERT(pushed_ == geometry_.frames);
  if (geometry_.wrap && !first_rows_.empty()) {
    for (int v = 0; v < geometry_.height; ++v) {
      for (int dv = -1; dv <= 1; ++dv) link_rows(previous_, previous_rows_, first_, first_rows_, v, -1, dv);
    }
  }
  for (std::size_t island = 0; island < islands_.size(); ++island) {
    const Record& record = islands_[island];
    if (record.parent == static_cast<std::int32_t>(island) && record.head != kNone)
      close(static_cast<std::int32_t>(island), closed);
  }
  previous_.clear();
  first_.clear();
}

void IslandTracker::close(std::int32_t root, std::vector<Island>& closed) {
  Record& record = islands_[static_cast<std::size_t>(root)];
  if (record.max_value >= seed_) {
    if (record.voxels >= std::numeric_limits<std::int32_t>::max()) {
      fail("frames {} to {} hold one blob of {} voxels; raise segment.grow_min", record.first_frame, record.last_frame,
           record.voxels);
    }
    // Strips, of which there are fewer than voxels, are put in order; those of a row never overlap.
    std::vector<std::pair<std::uint64_t, std::int32_t>> order;
    for (std::int32_t index = record.head; index != kNone; index = strips_[static_cast<std::size_t>(index)].next) {
      const Strip& strip = strips_[static_cast<std::size_t>(index)];
      order.emplace_back(static_cast<std::uint64_t>(strip.frame) << 32 | std::uint64_t{strip.v} << 16 | strip.u, index);
    }
    std::sort(order.begin(), order.end());
    Island island;
    island.voxels.reserve(record.voxels);
    for (const auto& [place, index] : order) {
      const Strip& strip = strips_[static_cast<std::size_t>(index)];
      for (int i = 0; i < strip.count; ++i) {
        island.voxels.push_back({strip.frame, strip.v, static_cast<std::uint16_t>(strip.u + i), strip.values[i],
                                 (strip.saturated >> i & 1) != 0});
      }
    }
    closed.push_back(std::move(island));
  }
  free_strips(record);
  record.head = record.tail = kNone;
  merged_.push_back(root);
}

void IslandTracker::free_strips(const Record& record) {
  if (record.head == kNone) return;
  strips_[static_cast<std::size_t>(record.tail)].next = free_strip_;
  free_strip_ = record.head;
}

int IslandTracker::oldest_active_frame() const {
  int oldest = pushed_;
  for (const LabelledRun& run : previous_) {
    oldest = std::min(oldest, islands_[static_cast<std::size_t>(run.island)].first_frame);
  }
  return oldest;
}

IslandTracker::Extent IslandTracker::largest_open() const {
  Extent largest;
  for (std::size_t i = 0; i < islands_.size(); ++i) {
    const Record& record = islands_[i];
    if (record.parent == static_cast<std::int32_t>(i) && record.head != kNone && record.voxels > largest.voxels) {
      largest = {record.first_frame, record.last_frame, record.voxels};
    }
  }
  return largest;
}

}  // namespace dctprep
