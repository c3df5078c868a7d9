// SPDX-License-Identifier: BSD-3-Clause
// Where a blob's voxels and their neighbours are: each voxel has a place, places rise with the linear index, and the
// others are nobody's, of value 0.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <vector>

#include "dctprep/core/blob.h"
#include "dctprep/kernels/label_range.h"
#include "dctprep/kernels/local_maxima.h"
#include "dctprep/segment/connectivity.h"
#include "dctprep/segment/near_runs.h"

namespace dctprep {

// Whether place `a` is taken before place `b`: the brighter first, and of equals that of the smaller linear index.
template <class Places>
bool comes_before(const Places& places, std::size_t a, std::size_t b) {
  const int value_a = places.value(a), value_b = places.value(b);
  return value_a != value_b ? value_a > value_b : a < b;
}

// Of the neighbours' labels, each renamed first; without names, as they are.
template <class Places>
LabelRange range_one_by_one(const Places& places, std::int32_t* labels, std::size_t place, const std::int32_t* names) {
  LabelRange range;
  places.for_each_neighbour(place, [&](std::size_t i) {
    if (labels[i] == kNoLabel) return;
    if (names != nullptr) labels[i] = names[labels[i]];
    range.lowest = range.lowest == kNoLabel ? labels[i] : std::min(range.lowest, labels[i]);
    range.highest = std::max(range.highest, labels[i]);
  });
  return range;
}

// A box round the blob, in which all neighbours lie at the same distances.
class BoxPlaces {
 public:
  // Whether the box is not too large, and no neighbours lie at its opposite ends.
  static bool can_hold(const std::vector<Voxel>& voxels, const SegmentGeometry& geometry) {
    const bool over_seam = geometry.wrap && voxels.front().frame == 0 && voxels.back().frame == geometry.frames - 1;
    // A place takes 6 bytes. Sparser boxes are faster than runs, too, but only small ones are worth the memory.
    constexpr std::size_t kMostShare = 8, kMostShareOfSmall = 32, kSmall = std::size_t{1} << 22;
    const std::size_t most = std::max(kMostShare * voxels.size(), std::min(kMostShareOfSmall * voxels.size(), kSmall));
    return !over_seam && Box(voxels).places() <= std::min(most, kMostPlaces);
  }

  BoxPlaces(const std::vector<Voxel>& voxels, const SegmentGeometry&, int connectivity)
      : voxels_(voxels), box_(voxels), values_(box_.places() + kLocalMaximaRoom, 0) {
    for (const Voxel& voxel : voxels) {
      const std::size_t place = box_.place(voxel);
      values_[place] = voxel.value;
      lowest_ = std::min<int>(lowest_, voxel.value);
      if (voxel.value > values_[highest_]) highest_ = place;
    }
    if (connectivity == 26) {
      for (int dframe = -1; dframe <= 1; ++dframe) {
        for (int dv = -1; dv <= 1; ++dv) rows_.push_back((dframe * box_.height + dv) * box_.width - 1);
      }
    }
    for (int dframe = -1; dframe <= 1; ++dframe) {
      for (int dv = -1; dv <= 1; ++dv) {
        const int reach = dframe == 0 && dv == 0 ? 1 : reach_along_u(connectivity, dframe, dv);
        for (int du = -reach; du <= reach; ++du) {
          if (dframe != 0 || dv != 0 || du != 0) steps_.push_back((dframe * box_.height + dv) * box_.width + du);
        }
      }
    }
  }

  std::size_t count() const { return values_.size() - kLocalMaximaRoom; }
  std::uint32_t place(std::size_t voxel) const { return static_cast<std::uint32_t>(box_.place(voxels_[voxel])); }
  int value(std::size_t place) const { return values_[place]; }

  const std::vector<Voxel>& voxels() const { return voxels_; }
  // The lowest value of a voxel, and the first place of the highest one.
  int lowest() const { return lowest_; }
  std::size_t highest_place() const { return highest_; }
  // The neighbours' places from one on.
  const std::vector<std::ptrdiff_t>& steps() const { return steps_; }

  // Calls visit(place) for places on the straight way from one to another, neighbours all, and for that other last,
  // while it returns true. Where all 26 are neighbours.
  template <class Visit>
  void for_each_towards(std::size_t from, std::size_t to, const Visit& visit) const {
    const Corner a = corner(from), b = corner(to);
    const std::ptrdiff_t way[3] = {b.frame - a.frame, b.v - a.v, b.u - a.u};
    const std::ptrdiff_t steps = std::max({std::abs(way[0]), std::abs(way[1]), std::abs(way[2])});
    for (std::ptrdiff_t i = 1; i <= steps; ++i) {
      // To the nearest whole number.
      const auto part = [&](std::ptrdiff_t all) { return (2 * all * i + (all < 0 ? -steps : steps)) / (2 * steps); };
      const std::ptrdiff_t step = (part(way[0]) * box_.height + part(way[1])) * box_.width + part(way[2]);
      if (!visit(from + static_cast<std::size_t>(step))) return;
    }
  }

  // The places from `first` on, `count` of them or up to the last voxel, whose value is at least `least` and none of
  // whose neighbours has a larger one, as bits. Only where all 26 are neighbours.
  bool can_tell_maxima() const { return !rows_.empty(); }
  std::size_t maxima(std::size_t first, std::size_t count, std::uint16_t least, std::uint64_t* bits) const {
    const std::size_t found = std::min(count, place(voxels_.size() - 1) + 1 - first);
    local_maxima(values_.data() + first, rows_.data(), rows_.size(), found, least, bits);
    return found;
  }

  template <class Visit>
  void for_each_neighbour(std::size_t place, const Visit& visit) const {
    for (const std::ptrdiff_t step : steps_) visit(place + static_cast<std::size_t>(step));
  }

  // Of the neighbours' labels; that of the place itself is kNoLabel.
  LabelRange range(std::int32_t* labels, std::size_t place) const {
    return rows_.empty() ? range_one_by_one(*this, labels, place, nullptr)
                         : label_range(labels + place, rows_.data(), rows_.size());
  }
  // After they, and perhaps others, are given the names that `names` has for them.
  LabelRange rename(std::int32_t* labels, std::size_t place, const std::int32_t* names) const {
    return rows_.empty() ? range_one_by_one(*this, labels, place, names)
                         : rename_labels(labels + place, rows_.data(), rows_.size(), names);
  }

 private:
  static constexpr std::size_t kMostPlaces = std::size_t{1} << 31;

  // One place larger than the blob on each side.
  struct Box {
    explicit Box(const std::vector<Voxel>& voxels) {
      int v_end = 0, u_end = 0;
      v_begin = u_begin = 65536;
      for (const Voxel& voxel : voxels) {
        v_begin = std::min<int>(v_begin, voxel.v);
        u_begin = std::min<int>(u_begin, voxel.u);
        v_end = std::max(v_end, voxel.v + 1);
        u_end = std::max(u_end, voxel.u + 1);
      }
      frame_begin = voxels.front().frame;
      frames = voxels.back().frame - frame_begin + 3;
      height = v_end - v_begin + 2;
      width = u_end - u_begin + 2;
    }
    std::size_t places() const { return static_cast<std::size_t>(frames * height * width); }
    std::size_t place(const Voxel& voxel) const {
      return static_cast<std::size_t>(((voxel.frame - frame_begin + 1) * height + voxel.v - v_begin + 1) * width +
                                      voxel.u - u_begin + 1);
    }

    int frame_begin, v_begin, u_begin;
    std::ptrdiff_t frames, height, width;
  };

  struct Corner {
    std::ptrdiff_t frame, v, u;  // from the box's corner
  };
  Corner corner(std::size_t place) const {
    const auto at = static_cast<std::ptrdiff_t>(place);
    return {at / (box_.width * box_.height), at / box_.width % box_.height, at % box_.width};
  }

  const std::vector<Voxel>& voxels_;
  Box box_;
  std::vector<std::uint16_t> values_;
  int lowest_ = 65535;
  std::size_t highest_ = 0;
  std::vector<std::ptrdiff_t> steps_;
  std::vector<std::ptrdiff_t> rows_;  // the same as rows of three, with the place itself; where all 26 are neighbours
};

// The same by runs, for any blob: a voxel's place is its number.
class RunPlaces {
 public:
  RunPlaces(const std::vector<Voxel>& voxels, const SegmentGeometry& geometry, int connectivity)
      : voxels_(voxels), run_of_(voxels.size()) {
    list_runs();
    near_.emplace(runs_, frames_, geometry, connectivity);
  }

  std::size_t count() const { return voxels_.size(); }
  std::uint32_t place(std::size_t voxel) const { return static_cast<std::uint32_t>(voxel); }
  int value(std::size_t place) const { return voxels_[place].value; }

  template <class Visit>
  void for_each_neighbour(std::size_t place, const Visit& visit) const {
    const std::int32_t u = voxels_[place].u;
    near_->for_each(run_of_[place], u, u + 1, [&](std::int32_t, std::int32_t begin, std::int32_t end) {
      for (std::int32_t i = begin; i < end; ++i) visit(static_cast<std::size_t>(i));
    });
  }

  LabelRange range(std::int32_t* labels, std::size_t place) const {
    return range_one_by_one(*this, labels, place, nullptr);
  }
  LabelRange rename(std::int32_t* labels, std::size_t place, const std::int32_t* names) const {
    return range_one_by_one(*this, labels, place, names);
  }

 private:
  void list_runs() {
    for (std::size_t i = 0; i < voxels_.size(); ++i) {
      const Voxel& voxel = voxels_[i];
      const auto at = static_cast<std::int32_t>(i);
      if (frames_.empty() || frames_.back().frame != voxel.frame) {
        frames_.push_back({voxel.frame, static_cast<std::int32_t>(runs_.size()), 0});
        runs_.push_back({voxel.frame, voxel.v, voxel.u, voxel.u, at});
      } else if (runs_.back().v != voxel.v || runs_.back().u_end != voxel.u) {
        runs_.push_back({voxel.frame, voxel.v, voxel.u, voxel.u, at});
      }
      ++runs_.back().u_end;
      run_of_[i] = static_cast<std::int32_t>(runs_.size()) - 1;
      frames_.back().end = static_cast<std::int32_t>(runs_.size());
    }
  }

  const std::vector<Voxel>& voxels_;
  std::vector<std::int32_t> run_of_;  // of each voxel
  std::vector<IslandRun> runs_;
  std::vector<FlatIsland::Frame> frames_;
  std::optional<NearRuns> near_;
};

}  // namespace dctprep
