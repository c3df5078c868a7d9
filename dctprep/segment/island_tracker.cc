// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/segment/island_tracker.h"

#include <algorithm>
#include <array>
#include <limits>
#include <numeric>
#include <utility>

#include "dctprep/base/assert.h"
#include "dctprep/base/error.h"
#include "dctprep/segment/find_root.h"
#include "dctprep/segment/open_extent.h"

namespace dctprep {

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
  if (!std::exchange(cut_, false)) {
    for_each_neighbour_run(frame.spans, last_.spans, connectivity_, -1, pitch, [&](std::size_t i, std::size_t j) {
      unite_roots(parent_.data(), static_cast<std::int32_t>(islands + i), last_.island[j]);
    });
  }
  flatten_roots(parent_);
}

// `to` becomes the union of both.
void IslandTracker::take_over(Open& from, Open& to) {
  to.first_frame = std::min(to.first_frame, from.first_frame);
  to.last_frame = std::max(to.last_frame, from.last_frame);
  to.max_value = std::max(to.max_value, from.max_value);
  to.voxels += from.voxels;
  store_.splice(from.runs, to.runs);
  if (from.seam != kNone) {
    if (to.seam == kNone) {
      to.seam = from.seam;
    } else {
      unite_roots(seam_.data(), from.seam, to.seam);
    }
  }
}

// Gives the open islands that `keep_` marks their part of the last frame.
void IslandTracker::keep_runs() {
  std::size_t next_saturated = 0;
  for (std::size_t i = 0; i < last_.island.size(); ++i) {
    const auto at = static_cast<std::size_t>(last_.island[i]);
    if (keep_[at] != 0) store_.append(open_[at].runs, last_.frame, last_.frame.runs[i], next_saturated);
  }
}

void IslandTracker::find_touched(Labelled& frame) {
  touched_.clear();
  place_.assign(parent_.size(), kNone);
  frame.island.clear();
  for (std::size_t i = 0; i < frame.spans.size(); ++i) {
    std::int32_t& at = place_[static_cast<std::size_t>(parent_[open_.size() + i])];
    if (at == kNone) {
      at = static_cast<std::int32_t>(touched_.size());
      touched_.push_back({.first_frame = pushed_, .last_frame = pushed_});
    }
    const Run& run = frame.frame.runs[i];
    Open& island = touched_[static_cast<std::size_t>(at)];
    const auto size = static_cast<std::uint32_t>(run.u_end - run.u_begin);
    std::uint16_t most = island.max_value;
    for (std::uint32_t at_value = run.offset; at_value < run.offset + size; ++at_value)
      most = std::max(most, frame.frame.values[at_value]);
    island.max_value = most;
    island.voxels += size;
    frame.island.push_back(at);
  }
}

void IslandTracker::push(SparseFrame frame, std::vector<Island>& closed) {
  DCTPREP_ASSERT(frame.frame == pushed_ && pushed_ < geometry_.frames);
  const std::int64_t pitch = row_pitch(geometry_.width);
  current_.frame = std::move(frame);
  current_.spans.clear();
  for (const Run& run : current_.frame.runs) current_.spans.push_back(span_of(run, pitch));
  link(current_);
  find_touched(current_);

  const auto place_of = [&](std::size_t at) { return place_[static_cast<std::size_t>(parent_[at])]; };
  keep_.resize(open_.size());
  for (std::size_t at = 0; at < open_.size(); ++at) {
    const bool is_needed = place_of(at) != kNone || open_[at].seam != kNone || open_[at].max_value >= seed_;
    keep_[at] = seed_ != kCountOnly && is_needed;
  }
  keep_runs();
  for (std::size_t at = 0; at < open_.size(); ++at) {
    if (place_of(at) != kNone) {
      take_over(open_[at], touched_[static_cast<std::size_t>(place_of(at))]);
    } else if (open_[at].seam != kNone) {
      last_waiting_ = std::max(last_waiting_, open_[at].last_frame);
      waiting_.push_back(open_[at]);
    } else {
      close(open_[at], closed);
    }
  }
  if (pushed_ == 0 && geometry_.wrap) {
    first_.spans = current_.spans;
    first_.island = current_.island;
    seam_.resize(touched_.size());
    std::iota(seam_.begin(), seam_.end(), 0);
    for (std::size_t at = 0; at < touched_.size(); ++at) touched_[at].seam = static_cast<std::int32_t>(at);
  }
  std::swap(open_, touched_);
  std::swap(last_, current_);
  if (seed_ == kCountOnly) {
    for (const Open& island : open_) most_voxels_ = std::max(most_voxels_, island.voxels);
  }
  ++pushed_;
}

void IslandTracker::finish(std::vector<Island>& closed) {
  DCTPREP_ASSERT(pushed_ == geometry_.frames);
  keep_.assign(open_.size(), seed_ != kCountOnly);
  keep_runs();
  const std::size_t touched = open_.size();
  open_.insert(open_.end(), waiting_.begin(), waiting_.end());
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
  if (island.max_value >= seed_) {
    if (island.voxels >= static_cast<std::uint64_t>(std::numeric_limits<std::int32_t>::max())) {
      fail("frames {} to {} hold one blob of {} voxels; raise segment.grow_min", island.first_frame, island.last_frame,
           island.voxels);
    }
    Island& whole = closed.emplace_back();
    whole.values.reserve(island.voxels);
    for (RunStore::Cursor at = RunStore::begin(island.runs); store_.read(at, whole);) {
    }
  }
  store_.drop(island.runs);
}

std::size_t IslandTracker::bytes() const {
  const auto labelled = [](const Labelled& frame) {
    return frame.frame.values.size() * sizeof(std::uint16_t) +
           frame.spans.size() * (sizeof(Run) + sizeof(Span) + sizeof(std::int32_t));
  };
  return store_.bytes() + (open_.size() + waiting_.size()) * sizeof(Open) + labelled(last_) + labelled(first_);
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
  // Its part of the last frame is not in its chain yet.
  RunStore rest;
  std::array<RunSource, 2> sources{RunSource{&store_, largest->runs}, RunSource{&rest, {}}};
  std::size_t next_saturated = 0;
  for (std::size_t i = 0; i < last_.island.size(); ++i) {
    if (largest == &open_[static_cast<std::size_t>(last_.island[i])])
      rest.append(sources[1].runs, last_.frame, last_.frame.runs[i], next_saturated);
  }
  return extent_of(sources, geometry_, connectivity_);
}

}  // namespace dctprep
