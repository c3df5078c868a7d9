#include "dctprep/segment/split_blob.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <optional>
#include <utility>

#include "dctprep/kernels/label_range.h"
#include "dctprep/segment/connectivity.h"
#include "dctprep/segment/find_root.h"
#include "dctprep/segment/near_runs.h"

namespace dctprep {

namespace {

std::int64_t least_part(const SegmentOptions& options) { return std::max(kLeastPart, options.min_seed_volume.value()); }

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

// Where a blob's voxels and their neighbours are: each voxel has a place, places rise with the linear index, and the
// others are nobody's, of value 0. This one is a box round the blob, in which all neighbours lie at the same distances.
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
      : voxels_(voxels), box_(voxels), values_(box_.places(), 0) {
    for (const Voxel& voxel : voxels) values_[box_.place(voxel)] = voxel.value;
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

  std::size_t count() const { return values_.size(); }
  std::uint32_t place(std::size_t voxel) const { return static_cast<std::uint32_t>(box_.place(voxels_[voxel])); }
  int value(std::size_t place) const { return values_[place]; }

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

  const std::vector<Voxel>& voxels_;
  Box box_;
  std::vector<std::uint16_t> values_;
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

// Sorts by the upper halves of its keys, of which the upper 16 bits are 0; equals stay in order. `other` is room.
void sort_by_value(std::vector<std::uint64_t>& keys, std::vector<std::uint64_t>& other) {
  other.resize(keys.size());
  // So many bits at a time that one turn does for most spots.
  constexpr int kBits = 11;
  constexpr std::uint64_t kMask = (1 << kBits) - 1;
  for (const int shift : {32, 32 + kBits}) {
    std::array<std::uint32_t, kMask + 2> begin{};
    for (const std::uint64_t key : keys) ++begin[(key >> shift & kMask) + 1];
    if (!keys.empty() && begin[(keys.front() >> shift & kMask) + 1] == keys.size()) continue;
    std::partial_sum(begin.begin(), begin.end(), begin.begin());
    for (const std::uint64_t key : keys) other[begin[key >> shift & kMask]++] = key;
    keys.swap(other);
  }
}

// Takes the voxels of a blob one after another, brightest first. A voxel without a neighbour taken before opens a
// basin; any other joins that of its brightest neighbour: where that lies in no firm heap and others do, it becomes one
// spot with the one to be joined. Which basins are one heap (connected voxels taken so far) and which are one spot is a
// matter of basins from then on.
template <class Places>
class Splitter {
 public:
  Splitter(const std::vector<Voxel>& voxels, const SegmentOptions& options, const Places& places)
      : voxels_(voxels),
        places_(places),
        seed_(step_of(options.seed)),
        split_(options.split.value()),
        least_part_(least_part(options)),
        basin_(places.count() + 1, kNoLabel),
        spots_{kNoLabel} {
    std::vector<std::uint64_t> keys, room;
    keys.reserve(voxels.size());
    const auto take_all = [&](bool bright) {
      keys.clear();
      for (std::size_t i = 0; i < voxels.size(); ++i) {
        const int value = voxels[i].value;
        if ((value >= seed_) == bright)
          keys.push_back(static_cast<std::uint64_t>(65535 - value) << 32 | places.place(i));
      }
      sort_by_value(keys, room);
      for (const std::uint64_t key : keys) take(static_cast<std::uint32_t>(key), 65535 - static_cast<int>(key >> 32));
      return keys.size();
    };
    const std::size_t bright = take_all(true);
    if (parted_ || may_part_yet(static_cast<std::int64_t>(bright))) take_all(false);
  }

  bool parts() const { return parted_; }

  std::vector<std::vector<Voxel>> spots() {
    std::vector<std::int32_t> number(heaps_.size(), kNoLabel);
    std::vector<std::vector<Voxel>> spots;
    for (std::size_t i = 0; i < voxels_.size(); ++i) {
      std::int32_t& at = number[index(find_root(spot_of(), basin_[places_.place(i)]))];
      if (at == kNoLabel) {
        at = static_cast<std::int32_t>(spots.size());
        spots.emplace_back();
      }
      spots[index(at)].push_back(voxels_[i]);
    }
    return spots;
  }

 private:
  // Of a root in `heap_`.
  struct Heap {
    int peak;
    std::int64_t volume;  // voxels of at least the seed
  };

  static std::size_t index(std::int32_t i) { return static_cast<std::size_t>(i); }

  // After the voxels of at least the seed, `bright` of them: whether two heaps may be firm and meet further down. The
  // others must then hold enough of them beside the heap that holds most.
  bool may_part_yet(std::int64_t bright) const {
    std::int64_t most = 0;
    for (const Heap& heap : heaps_) most = std::max(most, heap.volume);
    return bright - most >= least_part_;
  }

  // Of two voxels taken.
  bool comes_before(std::size_t a, std::size_t b) const {
    const int value_a = places_.value(a), value_b = places_.value(b);
    return value_a != value_b ? value_a > value_b : a < b;
  }

  bool is_firm(std::int32_t heap, int level) const {
    const auto& [peak, volume] = heaps_[index(heap)];
    const std::int64_t least = peak >= 2 * seed_ ? least_part_ : std::max<std::int64_t>(kLeastFaintPart, least_part_);
    return volume >= least && level < split_ * peak;
  }

  // The parents of spots, by basin.
  std::int32_t* spot_of() { return spots_.data() + 1; }
  std::int32_t heap_of(std::size_t place) { return find_root(heap_.data(), basin_[place]); }

  void take(std::size_t place, int value) {
    LabelRange near = places_.range(basin_.data(), place);
    // Basins of one spot are as good as one: what is looked at again finds the same one then. A name may take several
    // turns.
    if (near.lowest != near.highest) near = places_.rename(basin_.data(), place, spot_of());
    std::int32_t basin = near.highest;
    if (near.highest == kNoLabel) {
      basin = static_cast<std::int32_t>(heaps_.size());
      heap_.push_back(basin);
      spots_.push_back(basin);
      heaps_.push_back({value, 0});
    } else if (near.lowest != near.highest) {
      basin = join(place, value);
    }
    basin_[place] = basin;
    if (value >= seed_) ++heaps_[index(find_root(heap_.data(), basin))].volume;
  }

  // The basin for a voxel with neighbours in several.
  std::int32_t join(std::size_t place, int value) {
    std::int32_t some = kNoLabel;
    bool one_spot = true;
    taken_.clear();
    places_.for_each_neighbour(place, [&](std::size_t i) {
      if (basin_[i] == kNoLabel) return;
      basin_[i] = find_root(spot_of(), basin_[i]);
      one_spot &= some == kNoLabel || some == basin_[i];
      some = basin_[i];
      taken_.push_back(i);
    });
    if (one_spot) return some;
    const std::size_t first = *std::min_element(taken_.begin(), taken_.end(),
                                                [&](std::size_t a, std::size_t b) { return comes_before(a, b); });
    const std::int32_t some_heap = heap_of(first);
    if (std::any_of(taken_.begin(), taken_.end(), [&](std::size_t i) { return heap_of(i) != some_heap; }))
      join_heaps(value, first);
    return basin_[first];
  }

  // The heaps of the voxels `taken_`, of which `first` is the brightest, meet at a voxel of `value`.
  void join_heaps(int value, std::size_t first) {
    std::optional<std::size_t> first_firm;
    for (const std::size_t i : taken_) {
      if (!is_firm(heap_of(i), value)) continue;
      if (first_firm && heap_of(i) != heap_of(*first_firm)) parted_ = true;
      if (!first_firm || comes_before(i, *first_firm)) first_firm = i;
    }
    const std::int32_t chosen = basin_[first_firm.value_or(first)];
    for (const std::size_t i : taken_) {
      // A heap that is not firm is one spot: what was parted is firm, and stays so further down.
      if (!is_firm(heap_of(i), value)) unite_roots(spot_of(), chosen, basin_[i]);
    }
    for (const std::size_t i : taken_) {
      const std::int32_t a = find_root(heap_.data(), chosen), b = heap_of(i);
      if (a == b) continue;
      const Heap &one = heaps_[index(a)], &other = heaps_[index(b)];
      const Heap both{std::max(one.peak, other.peak), one.volume + other.volume};
      unite_roots(heap_.data(), a, b);
      heaps_[index(std::min(a, b))] = both;
    }
  }

  const std::vector<Voxel>& voxels_;
  const Places& places_;
  const int seed_;
  const double split_;
  const std::int64_t least_part_;
  std::vector<std::int32_t> basin_;  // of each place, and one more; kNoLabel: not taken yet, or nobody's
  // Of each basin: union-find of heaps and of spots, the latter behind an entry for kNoLabel.
  std::vector<std::int32_t> heap_, spots_;
  std::vector<Heap> heaps_;
  std::vector<std::size_t> taken_;  // neighbours of the voxel at hand that come before it
  bool parted_ = false;
};

}  // namespace

std::vector<std::vector<Voxel>> split_blob(std::vector<Voxel>&& voxels, const SegmentGeometry& geometry,
                                           const SegmentOptions& options) {
  std::vector<std::vector<Voxel>> spots;
  if (options.split.value() > 0) {
    const auto bright =
        std::count_if(voxels.begin(), voxels.end(), [&](const Voxel& v) { return v.value >= step_of(options.seed); });
    if (bright >= 2 * least_part(options)) {
      const auto part_by = [&]<class Places>(const Places& places) {
        Splitter splitter(voxels, options, places);
        if (splitter.parts()) spots = splitter.spots();
      };
      if (BoxPlaces::can_hold(voxels, geometry))
        part_by(BoxPlaces(voxels, geometry, options.connectivity));
      else
        part_by(RunPlaces(voxels, geometry, options.connectivity));
      if (!spots.empty()) return spots;
    }
  }
  spots.push_back(std::move(voxels));
  return spots;
}

}  // namespace dctprep
