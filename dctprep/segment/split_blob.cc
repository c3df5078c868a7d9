#include "dctprep/segment/split_blob.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

#include "dctprep/segment/connectivity.h"
#include "dctprep/segment/find_root.h"
#include "dctprep/segment/near_runs.h"

namespace dctprep {

namespace {

constexpr std::int32_t kNone = -1;

std::int64_t least_part(const SegmentOptions& options) { return std::max(kLeastPart, options.min_seed_volume.value()); }

// The neighbours of voxels by the box round a blob: the number of the voxel at each place, kNone where there is none.
class BoxNeighbours {
 public:
  // Whether the box is not too large, and no neighbours lie at its opposite ends.
  static bool can_hold(const std::vector<Voxel>& voxels, const SegmentGeometry& geometry) {
    const bool over_seam = geometry.wrap && voxels.front().frame == 0 && voxels.back().frame == geometry.frames - 1;
    constexpr std::size_t kMostShare = 8;
    return !over_seam && Box(voxels).places() <= kMostShare * voxels.size();
  }

  BoxNeighbours(const std::vector<Voxel>& voxels, const SegmentGeometry&, int connectivity)
      : voxels_(voxels), box_(voxels), at_(box_.places(), kNone) {
    for (std::size_t i = 0; i < voxels.size(); ++i) at_[box_.place(voxels[i])] = static_cast<std::int32_t>(i);
    for (int dframe = -1; dframe <= 1; ++dframe) {
      for (int dv = -1; dv <= 1; ++dv) {
        const int reach = dframe == 0 && dv == 0 ? 1 : reach_along_u(connectivity, dframe, dv);
        for (int du = -reach; du <= reach; ++du) {
          if (dframe != 0 || dv != 0 || du != 0) steps_.push_back((dframe * box_.height + dv) * box_.width + du);
        }
      }
    }
  }

  template <class Visit>
  void for_each(std::int32_t voxel, const Visit& visit) const {
    const std::int32_t* here = at_.data() + box_.place(voxels_[static_cast<std::size_t>(voxel)]);
    for (const std::ptrdiff_t step : steps_) {
      if (here[step] != kNone) visit(here[step]);
    }
  }

 private:
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

  const std::vector<Voxel>& voxels_;
  Box box_;
  std::vector<std::int32_t> at_;
  std::vector<std::ptrdiff_t> steps_;
};

// The same by runs, for any blob.
class RunNeighbours {
 public:
  RunNeighbours(const std::vector<Voxel>& voxels, const SegmentGeometry& geometry, int connectivity)
      : voxels_(voxels), run_of_(voxels.size()) {
    list_runs();
    near_.emplace(runs_, frames_, geometry, connectivity);
  }

  template <class Visit>
  void for_each(std::int32_t voxel, const Visit& visit) const {
    const std::int32_t u = voxels_[static_cast<std::size_t>(voxel)].u;
    near_->for_each(run_of_[static_cast<std::size_t>(voxel)], u, u + 1,
                    [&](std::int32_t, std::int32_t begin, std::int32_t end) {
                      for (std::int32_t i = begin; i < end; ++i) visit(i);
                    });
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

// Takes the voxels of a blob one after another, brightest first. A voxel without a neighbour taken before opens a
// basin; any other joins that of one of its neighbours and stays in it. Which basins are one heap (connected voxels
// taken so far) and which are one spot is a matter of basins from then on, so that each voxel is looked at once.
class Splitter {
 public:
  template <class Neighbours>
  Splitter(const std::vector<Voxel>& voxels, const SegmentOptions& options, const Neighbours& neighbours)
      : voxels_(voxels), options_(options), least_part_(least_part(options)), basin_(voxels.size(), kNone) {
    std::vector<std::uint64_t> keys = keys_of_voxels();
    const auto dim = std::partition(keys.begin(), keys.end(), [&](std::uint64_t key) {
      return voxels_[static_cast<std::size_t>(key & kIndex)].value >= options_.seed.value();
    });
    const auto take_all = [&](auto first, auto last) {
      std::sort(first, last);
      for (; first != last; ++first) take(static_cast<std::int32_t>(*first & kIndex), neighbours);
    };
    take_all(keys.begin(), dim);
    if (parted_ || may_part_yet(dim - keys.begin())) take_all(dim, keys.end());
  }

  bool parts() const { return parted_; }

  std::vector<std::vector<Voxel>> spots() {
    std::vector<std::int32_t> place(heaps_.size(), kNone);
    std::vector<std::vector<Voxel>> spots;
    for (std::size_t i = 0; i < voxels_.size(); ++i) {
      std::int32_t& at = place[static_cast<std::size_t>(find_root(spot_.data(), basin_[i]))];
      if (at == kNone) {
        at = static_cast<std::int32_t>(spots.size());
        spots.emplace_back();
      }
      spots[static_cast<std::size_t>(at)].push_back(voxels_[i]);
    }
    return spots;
  }

 private:
  // Of a root in `heap_`.
  struct Heap {
    int peak;
    std::int64_t volume;  // voxels of at least the seed
  };

  static constexpr std::uint64_t kIndex = 0xffffffff;

  // That sort brightest first; the voxels in the low halves.
  std::vector<std::uint64_t> keys_of_voxels() const {
    std::vector<std::uint64_t> keys(voxels_.size());
    for (std::size_t i = 0; i < keys.size(); ++i)
      keys[i] = static_cast<std::uint64_t>(65535 - voxels_[i].value) << 32 | i;
    return keys;
  }

  // After the voxels of at least the seed, `bright` of them: whether two heaps may be firm and meet further down. The
  // others must then hold enough of them beside the heap that holds most.
  bool may_part_yet(std::int64_t bright) const {
    std::int64_t most = 0;
    for (const Heap& heap : heaps_) most = std::max(most, heap.volume);
    return bright - most >= least_part_;
  }

  bool comes_before(std::int32_t a, std::int32_t b) const {
    const int value_a = voxels_[static_cast<std::size_t>(a)].value,
              value_b = voxels_[static_cast<std::size_t>(b)].value;
    return value_a != value_b ? value_a > value_b : a < b;
  }

  bool is_firm(const Heap& heap, int level) const {
    return heap.volume >= least_part_ && level < options_.split.value() * heap.peak;
  }

  template <class Neighbours>
  void take(std::int32_t voxel, const Neighbours& neighbours) {
    const auto at = static_cast<std::size_t>(voxel);
    const int value = voxels_[at].value;
    taken_.clear();
    std::int32_t some = kNone;
    bool one_basin = true;
    neighbours.for_each(voxel, [&](std::int32_t i) {
      const std::int32_t basin = basin_[static_cast<std::size_t>(i)];
      if (basin == kNone) return;
      taken_.push_back(i);
      one_basin &= some == kNone || some == basin;
      some = basin;
    });
    if (taken_.empty()) {
      basin_[at] = static_cast<std::int32_t>(heaps_.size());
      heap_.push_back(basin_[at]);
      spot_.push_back(basin_[at]);
      heaps_.push_back({value, 0});
    } else if (one_basin) {
      basin_[at] = some;
    } else {
      join(at, value);
    }
    if (value >= options_.seed.value()) ++heaps_[static_cast<std::size_t>(find_root(heap_.data(), basin_[at]))].volume;
  }

  // Voxel `at` has the neighbours `taken_`, of several basins.
  void join(std::size_t at, int value) {
    const auto heap_of = [&](std::int32_t i) { return find_root(heap_.data(), basin_[static_cast<std::size_t>(i)]); };
    std::int32_t first = taken_.front(), first_firm = kNone, firm_heap = kNone;
    const std::int32_t some_heap = heap_of(first);
    bool one_heap = true, several_firm = false;
    for (const std::int32_t i : taken_) {
      if (comes_before(i, first)) first = i;
      one_heap &= heap_of(i) == some_heap;
    }
    // As mostly: no heaps meet here.
    if (one_heap) {
      basin_[at] = basin_[static_cast<std::size_t>(first)];
      return;
    }
    for (const std::int32_t i : taken_) {
      const std::int32_t heap = heap_of(i);
      if (!is_firm(heaps_[static_cast<std::size_t>(heap)], value)) continue;
      if (first_firm == kNone || comes_before(i, first_firm)) first_firm = i;
      several_firm |= firm_heap != kNone && firm_heap != heap;
      firm_heap = heap;
    }
    const std::int32_t chosen = basin_[static_cast<std::size_t>(first_firm != kNone ? first_firm : first)];
    basin_[at] = chosen;
    parted_ |= several_firm;
    for (const std::int32_t i : taken_) {
      const std::int32_t basin = basin_[static_cast<std::size_t>(i)];
      // A heap that is not firm is one spot: what was parted is firm, and stays so further down.
      if (!is_firm(heaps_[static_cast<std::size_t>(find_root(heap_.data(), basin))], value))
        unite_roots(spot_.data(), chosen, basin);
    }
    for (const std::int32_t i : taken_) {
      const std::int32_t a = find_root(heap_.data(), chosen);
      const std::int32_t b = find_root(heap_.data(), basin_[static_cast<std::size_t>(i)]);
      if (a == b) continue;
      const Heap &one = heaps_[static_cast<std::size_t>(a)], &other = heaps_[static_cast<std::size_t>(b)];
      const Heap both{std::max(one.peak, other.peak), one.volume + other.volume};
      unite_roots(heap_.data(), a, b);
      heaps_[static_cast<std::size_t>(std::min(a, b))] = both;
    }
  }

  const std::vector<Voxel>& voxels_;
  const SegmentOptions& options_;
  std::int64_t least_part_;
  std::vector<std::int32_t> basin_;  // of each voxel; kNone: not taken yet
  // Of each basin: union-find of heaps and of spots.
  std::vector<std::int32_t> heap_, spot_;
  std::vector<Heap> heaps_;
  std::vector<std::int32_t> taken_;  // neighbours of the voxel at hand that come before it
  bool parted_ = false;
};

}  // namespace

std::vector<std::vector<Voxel>> split_blob(std::vector<Voxel>&& voxels, const SegmentGeometry& geometry,
                                           const SegmentOptions& options) {
  std::vector<std::vector<Voxel>> spots;
  if (options.split.value() > 0) {
    const auto bright =
        std::count_if(voxels.begin(), voxels.end(), [&](const Voxel& v) { return v.value >= options.seed.value(); });
    if (bright >= 2 * least_part(options)) {
      const auto part_by = [&]<class Neighbours>(const Neighbours& neighbours) {
        Splitter splitter(voxels, options, neighbours);
        if (splitter.parts()) spots = splitter.spots();
      };
      if (BoxNeighbours::can_hold(voxels, geometry))
        part_by(BoxNeighbours(voxels, geometry, options.connectivity));
      else
        part_by(RunNeighbours(voxels, geometry, options.connectivity));
      if (!spots.empty()) return spots;
    }
  }
  spots.push_back(std::move(voxels));
  return spots;
}

}  // namespace dctprep
