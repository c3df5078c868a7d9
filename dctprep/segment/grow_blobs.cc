#include "dctprep/segment/grow_blobs.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <iterator>

#include "dctprep/base/assert.h"
#include "dctprep/segment/components.h"
#include "dctprep/segment/connectivity.h"
#include "dctprep/segment/find_root.h"

namespace dctprep {

namespace {

constexpr std::int32_t kNone = -1;

// Neighbours in a sorted list of voxels, through its rows.
class Neighbours {
 public:
  Neighbours(const std::vector<Voxel>& voxels, const SegmentGeometry& geometry, int connectivity)
      : voxels_(voxels), row_of_(voxels.size()) {
    for (std::size_t i = 0; i < voxels.size(); ++i) {
      if (i == 0 || voxels[i].frame != voxels[i - 1].frame || voxels[i].v != voxels[i - 1].v) {
        begin_.push_back(static_cast<std::int32_t>(i));
        key_.push_back(key(voxels[i].frame, voxels[i].v));
      }
      row_of_[i] = static_cast<std::int32_t>(begin_.size()) - 1;
    }
    begin_.push_back(static_cast<std::int32_t>(voxels.size()));
    find_rows(geometry, connectivity);
  }

  // Calls visit(index) for each neighbour of voxel `i`.
  template <class Visit>
  void visit(std::int32_t i, const Visit& visit) const {
    const auto index = static_cast<std::size_t>(i);
    const Voxel& voxel = voxels_[index];
    const auto row = static_cast<std::size_t>(row_of_[index]);
    if (i > begin_[row] && voxels_[index - 1].u + 1 == voxel.u) visit(i - 1);
    if (i + 1 < begin_[row + 1] && voxels_[index + 1].u == voxel.u + 1) visit(i + 1);
    for (const NearRow& near : near_[row].rows) {
      if (near.row == kNone) continue;
      const auto first = voxels_.begin() + begin_[static_cast<std::size_t>(near.row)];
      const auto last = voxels_.begin() + begin_[static_cast<std::size_t>(near.row) + 1];
      const int from = voxel.u - near.reach;
      auto at = first_from(first, last, from);
      for (; at != last && at->u <= voxel.u + near.reach; ++at) visit(static_cast<std::int32_t>(at - voxels_.begin()));
    }
  }

 private:
  using Iterator = std::vector<Voxel>::const_iterator;

  // The first voxel of a row at column `from` or later. Columns rise by at least one a voxel, so in a row without gaps
  // it is found at once, and never after the place guessed.
  static Iterator first_from(Iterator first, Iterator last, int from) {
    if (from <= first->u) return first;
    auto at = first + std::min<std::ptrdiff_t>(last - first, from - first->u);
    for (int step = 0; step < 4; ++step, --at) {
      if (at == first || (at - 1)->u < from) return at;
    }
    return std::lower_bound(first, at, from, [](const Voxel& a, int u) { return a.u < u; });
  }

  struct NearRow {
    std::int32_t row = kNone;
    std::int32_t reach = 0;
  };
  struct NearRows {
    NearRow rows[8];
  };

  static std::int64_t key(int frame, int v) { return static_cast<std::int64_t>(frame) << 32 | v; }

  void find_rows(const SegmentGeometry& geometry, int connectivity) {
    near_.resize(key_.size());
    for (std::size_t row = 0; row < key_.size(); ++row) {
      const int frame = static_cast<int>(key_[row] >> 32);
      const int v = static_cast<int>(key_[row] & 0xFFFFFFFF);
      NearRow* next = near_[row].rows;
      for (int dframe = -1; dframe <= 1; ++dframe) {
        for (int dv = -1; dv <= 1; ++dv) {
          if (dframe == 0 && dv == 0) continue;
          NearRow& near = *next++;
          near.reach = reach_along_u(connectivity, dframe, dv);
          int near_frame = frame + dframe;
          if (geometry.wrap) near_frame = (near_frame + geometry.frames) % geometry.frames;
          if (near.reach < 0 || v + dv < 0 || near_frame < 0) continue;
          const auto at = std::lower_bound(key_.begin(), key_.end(), key(near_frame, v + dv));
          if (at != key_.end() && *at == key(near_frame, v + dv))
            near.row = static_cast<std::int32_t>(at - key_.begin());
        }
      }
    }
  }

  const std::vector<Voxel>& voxels_;
  std::vector<std::int32_t> row_of_;
  std::vector<std::int32_t> begin_;
  std::vector<std::int64_t> key_;
  std::vector<NearRows> near_;
};

struct Seed {
  std::int32_t peak = 0;  // index of the voxel; its rank among all voxels is the seed's strength
  std::int32_t component = 0;
  std::uint32_t volume = 0;
  int threshold = 0;  // g
  int level = 0;      // L
  bool absorbed = false;
};

// The seeds of an island, strongest first; components that are too small go to `small`. A seed's `component` is its
// number among the components at the seed level.
std::vector<Seed> find_seeds(const std::vector<Voxel>& voxels, const Components& components,
                             const SegmentOptions& options, std::vector<Seed>& small) {
  std::vector<Seed> all(static_cast<std::size_t>(components.count));
  for (std::size_t i = 0; i < voxels.size(); ++i) {
    const std::int32_t c = components.label[i];
    if (c == Components::kNone) continue;
    Seed& seed = all[static_cast<std::size_t>(c)];
    if (seed.volume++ == 0 || voxels[i].value > voxels[static_cast<std::size_t>(seed.peak)].value)
      seed.peak = static_cast<std::int32_t>(i);
    seed.component = c;
  }
  std::vector<Seed> seeds;
  for (Seed& seed : all) {
    seed.level = seed.threshold = growth_threshold(voxels[static_cast<std::size_t>(seed.peak)].value, options);
    (static_cast<std::int64_t>(seed.volume) < options.min_seed_volume.value() ? small : seeds).push_back(seed);
  }
  std::sort(seeds.begin(), seeds.end(), [&](const Seed& a, const Seed& b) {
    const int value_a = voxels[static_cast<std::size_t>(a.peak)].value,
              value_b = voxels[static_cast<std::size_t>(b.peak)].value;
    return value_a != value_b ? value_a > value_b : a.peak < b.peak;
  });
  return seeds;
}

// Components of {F >= level} while the level falls below that of the seeds. Voxels are added from the brightest on; a
// seed dies where its component meets one that holds a stronger seed.
class Flooding {
 public:
  Flooding(const std::vector<Voxel>& voxels, const Neighbours& neighbours, const Components& components,
           const std::vector<Seed>& seeds)
      : voxels_(voxels), neighbours_(neighbours), parent_(voxels.size(), kNone), seed_of_(voxels.size(), kNone) {
    int lowest = 65536;
    for (const Seed& seed : seeds) lowest = std::min(lowest, seed.threshold);
    // What reaches the seed level is joined already; a component's first voxel is its root.
    std::vector<std::int32_t> root(static_cast<std::size_t>(components.count), kNone);
    for (std::size_t i = 0; i < voxels.size(); ++i) {
      const std::int32_t c = components.label[i];
      if (c != Components::kNone) {
        std::int32_t& first = root[static_cast<std::size_t>(c)];
        if (first == kNone) first = static_cast<std::int32_t>(i);
        parent_[i] = first;
      } else if (voxels[i].value >= lowest) {
        order_.push_back(static_cast<std::int32_t>(i));
      }
    }
    for (std::size_t n = 0; n < seeds.size(); ++n) {
      seed_of_[static_cast<std::size_t>(root[static_cast<std::size_t>(seeds[n].component)])] =
          static_cast<std::int32_t>(n);
    }
    std::sort(order_.begin(), order_.end(), [&](std::int32_t x, std::int32_t y) {
      const int value_x = value(x), value_y = value(y);
      return value_x != value_y ? value_x > value_y : x < y;
    });
  }

  // Lowers the level until no seed's own threshold lies below it, and sets `level` and `absorbed` of every seed. A
  // seed has the place of its strength in `seeds`.
  void find_levels(std::vector<Seed>& seeds) {
    std::vector<std::int32_t> died;
    for (std::size_t next = 0; next < order_.size();) {
      const int level = value(order_[next]);
      died.clear();
      while (next < order_.size() && value(order_[next]) == level) {
        add(order_[next++], [&](std::int32_t kept, std::int32_t dropped) {
          auto& strongest = seed_of_[static_cast<std::size_t>(kept)];
          const std::int32_t other = seed_of_[static_cast<std::size_t>(dropped)];
          if (strongest != kNone && other != kNone) died.push_back(std::max(strongest, other));
          if (strongest == kNone || (other != kNone && other < strongest)) strongest = other;
        });
      }
      for (const std::int32_t weaker : died) {
        Seed& seed = seeds[static_cast<std::size_t>(weaker)];
        // Of all seeds that it has met at this level, the strongest one's blob is the one that can hold it: any other
        // is itself parted from that one above this level, or held by it.
        const Seed& stronger = seeds[static_cast<std::size_t>(seed_of_[static_cast<std::size_t>(find(seed.peak))])];
        seed.absorbed = stronger.threshold <= level;
        seed.level = std::max(seed.threshold, level + 1);
      }
    }
  }

 private:
  int value(std::int32_t i) const { return voxels_[static_cast<std::size_t>(i)].value; }

  std::int32_t find(std::int32_t i) { return find_root(parent_.data(), i); }

  // Adds voxel `i` and calls united(kept root, dropped root) for each union.
  template <class United>
  void add(std::int32_t i, const United& united) {
    parent_[static_cast<std::size_t>(i)] = i;
    neighbours_.visit(i, [&](std::int32_t j) {
      if (parent_[static_cast<std::size_t>(j)] == kNone) return;
      const std::int32_t a = find(j);
      const std::int32_t b = find(i);
      if (a == b) return;
      parent_[static_cast<std::size_t>(b)] = a;
      united(a, b);
    });
  }

  const std::vector<Voxel>& voxels_;
  const Neighbours& neighbours_;
  std::vector<std::int32_t> parent_;   // kNone where not added yet
  std::vector<std::int32_t> seed_of_;  // of a root: the strongest seed in its component
  std::vector<std::int32_t> order_;    // below the seed level, brightest first
};

// Marks the voxels connected with `start` at or above `level` as `owner`'s. Blobs are disjoint, so each voxel is marked
// once.
void flood(const std::vector<Voxel>& voxels, const Neighbours& neighbours, std::int32_t start, int level,
           std::int32_t owner, std::vector<std::int32_t>& owner_of) {
  std::vector<std::int32_t> todo{start};
  owner_of[static_cast<std::size_t>(start)] = owner;
  while (!todo.empty()) {
    const std::int32_t i = todo.back();
    todo.pop_back();
    neighbours.visit(i, [&](std::int32_t j) {
      if (owner_of[static_cast<std::size_t>(j)] != kNone || voxels[static_cast<std::size_t>(j)].value < level) return;
      owner_of[static_cast<std::size_t>(j)] = owner;
      todo.push_back(j);
    });
  }
}

// Voxels over the seam get frames that count on past the last one; a blob in every frame stays as it is.
void unwrap(std::vector<Voxel>& voxels, const SegmentGeometry& geometry) {
  if (!geometry.wrap || voxels.front().frame != 0 || voxels.back().frame != geometry.frames - 1) return;
  // The frames of a connected blob leave at most one gap; what lies before it belongs behind the last frame.
  for (std::size_t i = 1; i < voxels.size(); ++i) {
    if (voxels[i].frame <= voxels[i - 1].frame + 1) continue;
    for (std::size_t j = 0; j < i; ++j) voxels[j].frame += geometry.frames;
    std::rotate(voxels.begin(), voxels.begin() + static_cast<std::ptrdiff_t>(i), voxels.end());
    return;
  }
}

}  // namespace

int growth_threshold(int peak, const SegmentOptions& options) {
  const int seed = options.seed.value();
  if (options.method == SegmentMethod::kSingle) return seed;
  const double wanted = std::ceil(options.tau * peak - 1e-6);
  const double clipped =
      std::clamp(wanted, static_cast<double>(options.grow_min.value()), static_cast<double>(options.grow_max.value()));
  return std::min(seed, static_cast<int>(clipped));
}

std::vector<Blob> grow_blobs(const Island& island, const SegmentGeometry& geometry, const SegmentOptions& options) {
  const std::vector<Voxel>& voxels = island.voxels;
  DCTPREP_ASSERT(voxels.size() < static_cast<std::size_t>(INT32_MAX));
  std::vector<Blob> blobs;
  const auto add = [&](const Seed& seed, std::vector<Voxel> found, bool is_small) {
    unwrap(found, geometry);
    blobs.push_back({.voxels = std::move(found),
                     .growth_threshold = seed.threshold,
                     .level = seed.level,
                     .seed_volume = seed.volume,
                     .small_seed = is_small});
  };
  const auto collect = [&](const Components::Members& members, std::int32_t component) {
    std::vector<Voxel> found;
    const auto c = static_cast<std::size_t>(component);
    for (std::int32_t i = members.begin[c]; i < members.begin[c + 1]; ++i) {
      found.push_back(voxels[static_cast<std::size_t>(members.order[static_cast<std::size_t>(i)])]);
    }
    return found;
  };
  const Components bright = find_components(voxels, geometry, options.connectivity, options.seed.value());
  std::vector<Seed> small;
  std::vector<Seed> seeds = find_seeds(voxels, bright, options, small);
  if (!small.empty()) {
    const Components::Members members = bright.members();
    for (const Seed& seed : small) add(seed, collect(members, seed.component), true);
  }
  if (seeds.size() == 1) {
    const Components grown = find_components(voxels, geometry, options.connectivity, seeds[0].level);
    add(seeds[0], collect(grown.members(), grown.label[static_cast<std::size_t>(seeds[0].peak)]), false);
  } else if (seeds.size() > 1) {
    const Neighbours neighbours(voxels, geometry, options.connectivity);
    Flooding(voxels, neighbours, bright, seeds).find_levels(seeds);
    std::vector<Seed> kept;
    std::copy_if(seeds.begin(), seeds.end(), std::back_inserter(kept), [](const Seed& seed) { return !seed.absorbed; });
    Components grown{.count = static_cast<int>(kept.size()),
                     .label = std::vector<std::int32_t>(voxels.size(), Components::kNone)};
    for (std::size_t n = 0; n < kept.size(); ++n) {
      flood(voxels, neighbours, kept[n].peak, kept[n].level, static_cast<std::int32_t>(n), grown.label);
    }
    const Components::Members members = grown.members();
    for (std::size_t n = 0; n < kept.size(); ++n) add(kept[n], collect(members, static_cast<std::int32_t>(n)), false);
  }
  return blobs;
}

}  // namespace dctprep
