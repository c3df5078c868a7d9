// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/segment/split_blob.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <optional>
#include <utility>

#include "dctprep/segment/find_root.h"
#include "dctprep/segment/one_spot.h"
#include "dctprep/segment/split_places.h"

namespace dctprep {

namespace {

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
        options_(options),
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
    return bright - most >= least_part(options_);
  }

  bool is_firm(std::int32_t heap, int level) const {
    const auto& [peak, volume] = heaps_[index(heap)];
    return dctprep::is_firm(options_, peak, volume, level);
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
    const std::size_t first = *std::min_element(
        taken_.begin(), taken_.end(), [&](std::size_t a, std::size_t b) { return comes_before(places_, a, b); });
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
      if (!first_firm || comes_before(places_, i, *first_firm)) first_firm = i;
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
  const SegmentOptions& options_;
  std::vector<std::int32_t> basin_;  // of each place, and one more; kNoLabel: not taken yet, or nobody's
  // Of each basin: union-find of heaps and of spots, the latter behind an entry for kNoLabel.
  std::vector<std::int32_t> heap_, spots_;
  std::vector<Heap> heaps_;
  std::vector<std::size_t> taken_;  // neighbours of the voxel at hand that come before it
  bool parted_ = false;
};

}  // namespace

std::int64_t least_part(const SegmentOptions& options) { return std::max(kLeastPart, options.min_seed_volume.value()); }

bool is_below_share(const SegmentOptions& options, int peak, int level) { return level < options.split.value() * peak; }

bool is_firm(const SegmentOptions& options, int peak, std::int64_t volume, int level) {
  const bool is_faint = peak < 2 * step_of(options.seed);
  const std::int64_t least =
      is_faint ? std::max<std::int64_t>(kLeastFaintPart, least_part(options)) : least_part(options);
  return volume >= least && is_below_share(options, peak, level);
}

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
      if (BoxPlaces::can_hold(voxels, geometry)) {
        const BoxPlaces places(voxels, geometry, options.connectivity);
        if (!is_surely_one_spot(places, options)) part_by(places);
      } else {
        part_by(RunPlaces(voxels, geometry, options.connectivity));
      }
      if (!spots.empty()) return spots;
    }
  }
  spots.push_back(std::move(voxels));
  return spots;
}

}  // namespace dctprep
