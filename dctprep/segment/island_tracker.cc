#include "dctprep/segment/island_tracker.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <numeric>
#include <utility>

#include "dctprep/base/assert.h"
#include "dctprep/base/error.h"
#include "dctprep/segment/find_root.h"
#include "dctprep/segment/parting_level.h"

namespace dctprep {

namespace {

std::size_t bytes_of(const SparseFrame& frame) {
  return sizeof(SparseFrame) + frame.runs.size() * sizeof(Run) + frame.values.size() * sizeof(std::uint16_t) +
         frame.saturated.size() * sizeof(std::uint32_t);
}

void append_run(const SparseFrame& frame, const Run& run, std::size_t& next_saturated, SparseFrame& piece) {
  const auto offset = static_cast<std::uint32_t>(piece.values.size());
  const std::uint32_t end = run.offset + static_cast<std::uint32_t>(run.u_end - run.u_begin);
  piece.runs.push_back({run.v, run.u_begin, run.u_end, offset});
  piece.values.insert(piece.values.end(), frame.values.begin() + run.offset, frame.values.begin() + end);
  while (next_saturated < frame.saturated.size() && frame.saturated[next_saturated] < run.offset) ++next_saturated;
  for (; next_saturated < frame.saturated.size() && frame.saturated[next_saturated] < end; ++next_saturated)
    piece.saturated.push_back(frame.saturated[next_saturated] - run.offset + offset);
}

}  // namespace

IslandTracker::IslandTracker(const SegmentGeometry& geometry, int connectivity, int seed)
    : geometry_(geometry), connectivity_(connectivity), seed_(seed) {}

// Joins the runs of `frame` that hold neighbours with each other and with the open islands: `parent_` then holds the
// root of each, the smallest of its kind.
void IslandTracker::link(const Labelled& frame) {
  const std::size_t islands = open_.size();
  const std::size_t nodes = islands + frame.spans.size();
  if (nodes > static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max()))
    fail("too many open blobs; raise segment.grow_min");
  parent_.resize(nodes);
  std::iota(parent_.begin(), parent_.end(), 0);
  const std::int64_t pitch = row_pitch(geometry_.width);
  for_each_neighbour_run(frame.spans, frame.spans, connectivity_, 0, pitch, [&](std::size_t i, std::size_t j) {
    unite_roots(parent_.data(), static_cast<std::int32_t>(islands + i), static_cast<std::int32_t>(islands + j));
  });
  for_each_neighbour_run(frame.spans, last_.spans, connectivity_, -1, pitch, [&](std::size_t i, std::size_t j) {
    unite_roots(parent_.data(), static_cast<std::int32_t>(islands + i), last_.island[j]);
  });
  flatten_roots(parent_);
}

// `to` becomes the union of both.
void IslandTracker::take_over(Open& from, Open& to) {
  to.first_frame = std::min(to.first_frame, from.first_frame);
  to.last_frame = std::max(to.last_frame, from.last_frame);
  to.max_value = std::max(to.max_value, from.max_value);
  to.voxels += from.voxels;
  if (from.pieces.size() > to.pieces.size()) std::swap(from.pieces, to.pieces);
  to.pieces.insert(to.pieces.end(), std::move_iterator(from.pieces.begin()), std::move_iterator(from.pieces.end()));
  from.pieces.clear();
  if (from.seam != kNone) {
    if (to.seam == kNone) {
      to.seam = from.seam;
    } else {
      unite_roots(seam_.data(), from.seam, to.seam);
    }
  }
}

// Gives the open islands that `keep` marks their part of the last frame.
void IslandTracker::keep_runs(const std::vector<std::uint8_t>& keep) {
  std::size_t next_saturated = 0;
  for (std::size_t i = 0; i < last_.island.size(); ++i) {
    const auto at = static_cast<std::size_t>(last_.island[i]);
    if (keep[at] == 0) continue;
    Open& island = open_[at];
    if (island.runs != 0) {
      SparseFrame& piece = island.pieces.emplace_back();
      piece.frame = last_.frame.frame;
      piece.runs.reserve(island.runs);
      piece.values.reserve(island.size);
      island.runs = island.size = 0;
    }
    append_run(last_.frame, last_.frame.runs[i], next_saturated, island.pieces.back());
  }
  for (std::size_t at = 0; at < open_.size(); ++at) {
    if (keep[at] != 0) piece_bytes_ += bytes_of(open_[at].pieces.back());
  }
}

void IslandTracker::push(SparseFrame frame, std::vector<Island>& closed) {
  DCTPREP_ASSERT(frame.frame == pushed_ && pushed_ < geometry_.frames);
  const std::int64_t pitch = row_pitch(geometry_.width);
  Labelled current;
  current.frame = std::move(frame);
  current.spans.reserve(current.frame.runs.size());
  for (const Run& run : current.frame.runs) current.spans.push_back(span_of(run, pitch));
  link(current);

  // The islands that this frame touches, in the order of their first runs in it.
  std::vector<Open> touched;
  std::vector<std::int32_t> place(parent_.size(), kNone);  // of each root
  current.island.reserve(current.spans.size());
  for (std::size_t i = 0; i < current.spans.size(); ++i) {
    std::int32_t& at = place[static_cast<std::size_t>(parent_[open_.size() + i])];
    if (at == kNone) {
      at = static_cast<std::int32_t>(touched.size());
      touched.emplace_back().first_frame = pushed_;
    }
    const Run& run = current.frame.runs[i];
    Open& island = touched[static_cast<std::size_t>(at)];
    const auto values = current.frame.values.begin() + run.offset;
    const auto size = static_cast<std::uint32_t>(run.u_end - run.u_begin);
    island.last_frame = pushed_;
    island.runs += 1;
    island.size += size;
    island.voxels += size;
    island.max_value = std::max(island.max_value, *std::max_element(values, values + size));
    current.island.push_back(at);
  }

  std::vector<std::uint8_t> keep(open_.size());
  for (std::size_t at = 0; at < open_.size(); ++at) {
    const bool goes_on = place[static_cast<std::size_t>(parent_[at])] != kNone;
    keep[at] = seed_ != kCountOnly && (goes_on || open_[at].seam != kNone || open_[at].max_value >= seed_);
  }
  keep_runs(keep);
  for (std::size_t at = 0; at < open_.size(); ++at) {
    const std::int32_t to = place[static_cast<std::size_t>(parent_[at])];
    if (to != kNone) {
      take_over(open_[at], touched[static_cast<std::size_t>(to)]);
    } else if (open_[at].seam != kNone) {
      last_waiting_ = std::max(last_waiting_, open_[at].last_frame);
      waiting_.push_back(std::move(open_[at]));
    } else {
      close(open_[at], closed);
    }
  }
  if (pushed_ == 0 && geometry_.wrap) {
    first_.spans = current.spans;
    first_.island = current.island;
    seam_.resize(touched.size());
    std::iota(seam_.begin(), seam_.end(), 0);
    for (std::size_t at = 0; at < touched.size(); ++at) touched[at].seam = static_cast<std::int32_t>(at);
  }
  open_ = std::move(touched);
  last_ = std::move(current);
  ++pushed_;
}

void IslandTracker::finish(std::vector<Island>& closed) {
  DCTPREP_ASSERT(pushed_ == geometry_.frames);
  keep_runs(std::vector<std::uint8_t>(open_.size(), seed_ != kCountOnly));
  const std::size_t touched = open_.size();
  std::move(waiting_.begin(), waiting_.end(), std::back_inserter(open_));
  waiting_.clear();
  parent_.resize(open_.size());
  std::iota(parent_.begin(), parent_.end(), 0);
  // The islands of frame 0 are found again through its components.
  std::vector<std::int32_t> owner(seam_.size(), kNone);
  for (std::size_t at = 0; at < open_.size(); ++at) {
    if (open_[at].seam == kNone) continue;
    owner[static_cast<std::size_t>(find_root(seam_.data(), open_[at].seam))] = static_cast<std::int32_t>(at);
  }
  DCTPREP_ASSERT(last_.island.empty() || touched > 0);
  for_each_neighbour_run(first_.spans, last_.spans, connectivity_, -1, row_pitch(geometry_.width),
                         [&](std::size_t i, std::size_t j) {
                           const std::int32_t seam = find_root(seam_.data(), first_.island[i]);
                           unite_roots(parent_.data(), owner[static_cast<std::size_t>(seam)], last_.island[j]);
                         });
  flatten_roots(parent_);
  // Owners are not looked up any more, so that seams need not be united.
  for (std::size_t at = open_.size(); at-- > 0;) {
    open_[at].seam = kNone;
    const auto root = static_cast<std::size_t>(parent_[at]);
    if (root != at) take_over(open_[at], open_[root]);
  }
  for (std::size_t at = 0; at < open_.size(); ++at) {
    if (static_cast<std::size_t>(parent_[at]) == at) close(open_[at], closed);
  }
  open_.clear();
  last_ = {};
  first_ = {};
}

void IslandTracker::close(Open& island, std::vector<Island>& closed) {
  most_voxels_ = std::max(most_voxels_, island.voxels);
  for (const SparseFrame& piece : island.pieces) piece_bytes_ -= bytes_of(piece);
  if (island.max_value < seed_) {
    island.pieces.clear();
    return;
  }
  if (island.voxels >= static_cast<std::uint64_t>(std::numeric_limits<std::int32_t>::max())) {
    fail("frames {} to {} hold one blob of {} voxels; raise segment.grow_min", island.first_frame, island.last_frame,
         island.voxels);
  }
  closed.push_back({std::move(island.pieces)});
}

std::size_t IslandTracker::bytes() const {
  return piece_bytes_ + (open_.size() + waiting_.size()) * sizeof(Open) + bytes_of(last_.frame) +
         last_.spans.size() * (sizeof(Span) + sizeof(std::int32_t)) +
         first_.spans.size() * (sizeof(Span) + sizeof(std::int32_t));
}

int IslandTracker::oldest_active_frame() const {
  int oldest = pushed_;
  for (const Open& island : open_) oldest = std::min(oldest, island.first_frame);
  return oldest;
}

IslandTracker::Extent IslandTracker::largest_open() const {
  const Open* largest = nullptr;
  for (const auto* islands : {&open_, &waiting_}) {
    for (const Open& island : *islands) {
      if (largest == nullptr || island.voxels > largest->voxels) largest = &island;
    }
  }
  if (largest == nullptr) return {};
  // Its part of the last frame is not among its pieces yet.
  SparseFrame rest;
  rest.frame = last_.frame.frame;
  std::size_t next_saturated = 0;
  for (std::size_t i = 0; i < last_.island.size(); ++i) {
    if (largest == &open_[static_cast<std::size_t>(last_.island[i])])
      append_run(last_.frame, last_.frame.runs[i], next_saturated, rest);
  }
  std::vector<const SparseFrame*> pieces;
  for (const SparseFrame& piece : largest->pieces) pieces.push_back(&piece);
  if (!rest.runs.empty()) pieces.push_back(&rest);

  Extent extent{.first_frame = largest->first_frame, .last_frame = largest->last_frame, .voxels = largest->voxels};
  extent.box = {std::numeric_limits<int>::max(), std::numeric_limits<int>::max(), 0, 0};
  for (const SparseFrame* piece : pieces) {
    for (const Run& run : piece->runs) {
      extent.box.u0 = std::min(extent.box.u0, run.u_begin);
      extent.box.u1 = std::max(extent.box.u1, run.u_end);
      extent.box.v0 = std::min(extent.box.v0, run.v);
      extent.box.v1 = std::max(extent.box.v1, run.v + 1);
      const auto begin = piece->values.begin() + run.offset;
      const auto brightest = std::max_element(begin, begin + (run.u_end - run.u_begin));
      if (*brightest <= extent.peak) continue;
      extent.peak = *brightest;
      extent.peak_frame = piece->frame;
      extent.peak_v = run.v;
      extent.peak_u = run.u_begin + static_cast<int>(brightest - begin);
    }
  }
  extent.parting_level = parting_level(pieces, geometry_, connectivity_);
  return extent;
}

}  // namespace dctprep
