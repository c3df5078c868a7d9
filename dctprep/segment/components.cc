#include "dctprep/segment/components.h"

#include "dctprep/segment/connectivity.h"
#include "dctprep/segment/find_root.h"

namespace dctprep {

namespace {

struct IslandRun {
  std::int32_t begin, end;      // voxels
  std::int32_t u_begin, u_end;  // columns, end exclusive
};

struct Row {
  std::int32_t frame, v;
  std::int32_t begin;  // runs; its end is the next row's begin
};

class Sweep {
 public:
  Sweep(const std::vector<Voxel>& voxels, int level) {
    for (std::size_t i = 0; i < voxels.size(); ++i) {
      const Voxel& voxel = voxels[i];
      if (voxel.value < level) continue;
      const auto at = static_cast<std::int32_t>(i);
      const bool same_row = !rows_.empty() && rows_.back().frame == voxel.frame && rows_.back().v == voxel.v;
      if (!same_row) rows_.push_back({voxel.frame, voxel.v, static_cast<std::int32_t>(runs_.size())});
      if (same_row && runs_.back().end == at && runs_.back().u_end == voxel.u) {
        ++runs_.back().end;
        ++runs_.back().u_end;
      } else {
        runs_.push_back({at, at + 1, voxel.u, voxel.u + 1});
      }
    }
    row_count_ = static_cast<std::int32_t>(rows_.size());
    rows_.push_back({0, 0, static_cast<std::int32_t>(runs_.size())});
    parent_.resize(runs_.size());
    for (std::size_t i = 0; i < parent_.size(); ++i) parent_[i] = static_cast<std::int32_t>(i);
  }

  // Unites the runs of every row with those of the row dframe frames and dv rows away that overlap them, `reach`
  // further included. Rows `first` to `last` - 1 are looked at; rows are sorted, so one pointer follows.
  void link(std::int32_t first, std::int32_t last, int dframe, int dv, int reach) {
    if (reach < 0) return;
    std::int32_t other = 0;
    for (std::int32_t row = first; row < last; ++row) {
      const Row& here = rows_[static_cast<std::size_t>(row)];
      const int frame = here.frame + dframe, v = here.v + dv;
      const auto before = [&](const Row& r) { return r.frame != frame ? r.frame < frame : r.v < v; };
      while (other < row_count_ && before(rows_[static_cast<std::size_t>(other)])) ++other;
      if (other == row_count_) return;
      if (rows_[static_cast<std::size_t>(other)].frame == frame && rows_[static_cast<std::size_t>(other)].v == v)
        link_rows(row, other, reach);
    }
  }

  std::int32_t row_count() const { return row_count_; }
  // The first row of frame `frame` or a later one.
  std::int32_t first_row_of(int frame) const {
    std::int32_t row = row_count_;
    while (row > 0 && rows_[static_cast<std::size_t>(row) - 1].frame >= frame) --row;
    return row;
  }

  Components label(std::size_t voxels) {
    Components components;
    components.label.assign(voxels, Components::kNone);
    std::vector<std::int32_t> label_of(runs_.size(), Components::kNone);
    for (std::size_t i = 0; i < runs_.size(); ++i) {
      std::int32_t& label = label_of[static_cast<std::size_t>(find(static_cast<std::int32_t>(i)))];
      if (label == Components::kNone) label = components.count++;
      for (std::int32_t at = runs_[i].begin; at < runs_[i].end; ++at)
        components.label[static_cast<std::size_t>(at)] = label;
    }
    return components;
  }

 private:
  void link_rows(std::int32_t a, std::int32_t b, int reach) {
    std::int32_t i = rows_[static_cast<std::size_t>(a)].begin, j = rows_[static_cast<std::size_t>(b)].begin;
    const std::int32_t i_end = rows_[static_cast<std::size_t>(a) + 1].begin,
                       j_end = rows_[static_cast<std::size_t>(b) + 1].begin;
    while (i < i_end && j < j_end) {
      const IslandRun& x = runs_[static_cast<std::size_t>(i)];
      const IslandRun& y = runs_[static_cast<std::size_t>(j)];
      if (x.u_begin < y.u_end + reach && y.u_begin < x.u_end + reach) unite(i, j);
      // The one that ends first can touch nothing further, but for a diagonal neighbour of both: the later one stays.
      if (x.u_end < y.u_end) {
        ++i;
      } else {
        ++j;
      }
    }
  }

  std::int32_t find(std::int32_t i) { return find_root(parent_.data(), i); }
  void unite(std::int32_t a, std::int32_t b) {
    a = find(a);
    b = find(b);
    // The earlier run is the root: labels then come in the order of first voxels without another pass.
    if (a < b) parent_[static_cast<std::size_t>(b)] = a;
    if (b < a) parent_[static_cast<std::size_t>(a)] = b;
  }

  std::vector<IslandRun> runs_;
  std::vector<Row> rows_;
  std::int32_t row_count_ = 0;
  std::vector<std::int32_t> parent_;
};

}  // namespace

Components find_components(const std::vector<Voxel>& voxels, const SegmentGeometry& geometry, int connectivity,
                           int level) {
  Sweep sweep(voxels, level);
  sweep.link(0, sweep.row_count(), 0, -1, reach_along_u(connectivity, 0, -1));
  for (int dv = -1; dv <= 1; ++dv) {
    const int reach = reach_along_u(connectivity, -1, dv);
    sweep.link(0, sweep.row_count(), -1, dv, reach);
    // The last frame's rows against the first frame's.
    if (geometry.wrap)
      sweep.link(sweep.first_row_of(geometry.frames - 1), sweep.row_count(), 1 - geometry.frames, dv, reach);
  }
  return sweep.label(voxels.size());
}

Components::Members Components::members() const {
  Members members;
  members.begin.assign(static_cast<std::size_t>(count) + 1, 0);
  for (const std::int32_t c : label) {
    if (c != kNone) ++members.begin[static_cast<std::size_t>(c) + 1];
  }
  for (std::size_t c = 0; c < static_cast<std::size_t>(count); ++c) members.begin[c + 1] += members.begin[c];
  members.order.resize(static_cast<std::size_t>(members.begin.back()));
  std::vector<std::int32_t> next(members.begin.begin(), members.begin.end() - 1);
  for (std::size_t i = 0; i < label.size(); ++i) {
    if (label[i] != kNone)
      members.order[static_cast<std::size_t>(next[static_cast<std::size_t>(label[i])]++)] =
          static_cast<std::int32_t>(i);
  }
  return members;
}

}  // namespace dctprep
