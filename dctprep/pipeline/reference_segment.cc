// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/pipeline/reference_segment.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <set>

namespace dctprep {

namespace {

using Volume = std::vector<Image<std::uint16_t>>;

struct Place {
  int frame, v, u;
  auto operator<=>(const Place&) const = default;
};

class Flooder {
 public:
  Flooder(const Volume& volume, int connectivity, std::span<const Sweep> sweeps, bool wrap)
      : volume_(volume), connectivity_(connectivity), sweeps_(sweeps), wrap_(wrap) {}

  int value(const Place& p) const { return volume_[static_cast<std::size_t>(p.frame)](p.v, p.u); }

  std::vector<Place> neighbours(const Place& at) const {
    std::vector<Place> near;
    const int frames = static_cast<int>(volume_.size());
    for (int df = -1; df <= 1; ++df) {
      for (int dv = -1; dv <= 1; ++dv) {
        for (int du = -1; du <= 1; ++du) {
          const int differing = std::abs(df) + std::abs(dv) + std::abs(du);
          if (differing == 0 || differing > (connectivity_ == 26 ? 3 : connectivity_ == 18 ? 2 : 1)) continue;
          Place next{at.frame + df, at.v + dv, at.u + du};
          if (wrap_) next.frame = (next.frame + frames) % frames;
          if (!wrap_ && sweep_at(sweeps_, at.frame) != sweep_at(sweeps_, next.frame)) continue;
          if (0 <= next.frame && next.frame < frames && 0 <= next.v && next.v < volume_[0].height() && 0 <= next.u &&
              next.u < volume_[0].width())
            near.push_back(next);
        }
      }
    }
    return near;
  }

  // The component of {F >= level} that holds `start`, in the order of linear index.
  std::set<Place> component(const Place& start, int level) const {
    std::set<Place> found{start};
    std::vector<Place> todo{start};
    while (!todo.empty()) {
      const Place at = todo.back();
      todo.pop_back();
      for (const Place& next : neighbours(at)) {
        if (value(next) >= level && found.insert(next).second) todo.push_back(next);
      }
    }
    return found;
  }

 private:
  const Volume& volume_;
  int connectivity_;
  std::span<const Sweep> sweeps_;
  bool wrap_;
};

struct Seed {
  Place peak;
  int value = 0;
  std::set<Place> voxels;
  int threshold = 0, level = 0;
  std::set<Place> blob;

  bool stronger_than(const Seed& other) const {
    return value > other.value || (value == other.value && peak < other.peak);
  }
};

std::vector<Seed> components(const Volume& volume, const Flooder& flooder, int level) {
  std::vector<Seed> seeds;
  std::set<Place> done;
  for (int k = 0; k < static_cast<int>(volume.size()); ++k) {
    for (int v = 0; v < volume[0].height(); ++v) {
      for (int u = 0; u < volume[0].width(); ++u) {
        const Place place{k, v, u};
        if (flooder.value(place) < level || done.contains(place)) continue;
        Seed seed;
        seed.voxels = flooder.component(place, level);
        done.insert(seed.voxels.begin(), seed.voxels.end());
        for (const Place& p : seed.voxels) {
          if (flooder.value(p) > seed.value) {
            seed.value = flooder.value(p);
            seed.peak = p;
          }
        }
        seeds.push_back(std::move(seed));
      }
    }
  }
  return seeds;
}

int threshold_of(int peak, const SegmentOptions& o) {
  if (o.method == SegmentMethod::kSingle) return step_of(o.seed);
  int g = static_cast<int>(std::ceil(o.tau * peak - 1e-6));
  if (g > step_of(o.grow_max)) g = step_of(o.grow_max);
  if (g < step_of(o.grow_min)) g = step_of(o.grow_min);
  return std::min(step_of(o.seed), g);
}

// A voxel taken: the numbers of its heap and of its spot are those of one of their voxels.
struct Taken {
  Place place;
  std::size_t heap, spot;
};

// Whether heap number `heap` may be parted from another at a saddle of value `saddle`.
bool is_firm(const std::vector<Taken>& taken, std::size_t heap, int saddle, const Flooder& flooder,
             const SegmentOptions& options) {
  int bright = 0, peak = 0;
  for (const Taken& voxel : taken) {
    if (voxel.heap != heap) continue;
    bright += flooder.value(voxel.place) >= step_of(options.seed);
    peak = std::max(peak, flooder.value(voxel.place));
  }
  const int least = peak < 2 * step_of(options.seed) ? 30 : 12;
  return bright >= std::max(least, options.min_seed_volume.value()) && saddle < options.split.value() * peak;
}

// The spots of a blob, by docs/design/split.md: one voxel after the other, all numbers looked through at every join.
std::vector<std::set<Place>> split(const std::set<Place>& blob, const Flooder& flooder, const SegmentOptions& options) {
  std::vector<Place> order(blob.begin(), blob.end());
  std::stable_sort(order.begin(), order.end(),
                   [&](const Place& a, const Place& b) { return flooder.value(a) > flooder.value(b); });
  std::vector<Taken> taken;
  std::map<Place, std::size_t> at;  // of each place taken, in `taken`
  for (const Place& place : order) {
    std::set<std::size_t> near;  // ascending: in the order in which they were taken
    for (const Place& next : flooder.neighbours(place)) {
      if (at.contains(next)) near.insert(at[next]);
    }
    std::set<std::size_t> heaps, firm;
    for (const std::size_t i : near) heaps.insert(taken[i].heap);
    for (const std::size_t heap : heaps) {
      if (heaps.size() > 1 && is_firm(taken, heap, flooder.value(place), flooder, options)) firm.insert(heap);
    }
    Taken own{place, taken.size(), taken.size()};
    if (!near.empty()) {
      own.heap = *heaps.begin();
      own.spot = taken[*std::find_if(near.begin(), near.end(), [&](std::size_t i) {
                   return firm.empty() || firm.contains(taken[i].heap);
                 })].spot;
    }
    if (heaps.size() > 1) {
      for (Taken& voxel : taken) {
        if (!heaps.contains(voxel.heap)) continue;
        if (!firm.contains(voxel.heap)) voxel.spot = own.spot;
        voxel.heap = own.heap;
      }
    }
    at[place] = taken.size();
    taken.push_back(own);
  }
  std::map<std::size_t, std::set<Place>> spots;
  for (const Taken& voxel : taken) spots[voxel.spot].insert(voxel.place);
  std::vector<std::set<Place>> parts;
  for (auto& [number, places] : spots) parts.push_back(std::move(places));
  return parts;
}

Blob make_blob(const Seed& seed, const std::set<Place>& places, const Volume& volume,
               const std::vector<std::vector<std::uint32_t>>& saturated, bool wrap) {
  Blob blob;
  const int frames = static_cast<int>(volume.size());
  std::set<int> occupied;
  for (const Place& p : places) occupied.insert(p.frame);
  // Over the seam: the frames before the first gap come after the last frame.
  int first_gap = 0;
  if (wrap && occupied.contains(0) && occupied.contains(frames - 1) && static_cast<int>(occupied.size()) < frames) {
    while (occupied.contains(first_gap)) ++first_gap;
  }
  for (const Place& p : places) {
    const auto& marked = saturated[static_cast<std::size_t>(p.frame)];
    const auto index = static_cast<std::uint32_t>(p.v * volume[0].width() + p.u);
    blob.voxels.push_back({p.frame < first_gap ? p.frame + frames : p.frame, static_cast<std::uint16_t>(p.v),
                           static_cast<std::uint16_t>(p.u), volume[static_cast<std::size_t>(p.frame)](p.v, p.u),
                           std::find(marked.begin(), marked.end(), index) != marked.end()});
  }
  std::stable_sort(blob.voxels.begin(), blob.voxels.end(),
                   [](const Voxel& a, const Voxel& b) { return a.frame < b.frame; });
  blob.growth_threshold = seed.threshold;
  blob.level = seed.level;
  blob.seed_volume = static_cast<std::uint32_t>(seed.voxels.size());
  return blob;
}

}  // namespace

std::vector<Blob> reference_segment(const Volume& volume, const std::vector<std::vector<std::uint32_t>>& saturated,
                                    const SegmentOptions& options, std::span<const Sweep> sweeps, bool wrap) {
  std::vector<Blob> blobs;
  if (volume.empty() || volume[0].empty()) return blobs;
  const Flooder flooder(volume, options.connectivity, sweeps, wrap);
  std::vector<Seed> seeds;
  for (Seed& seed : components(volume, flooder, step_of(options.seed))) {
    if (static_cast<int>(seed.voxels.size()) >= options.min_seed_volume.value()) {
      seeds.push_back(std::move(seed));
    } else {
      blobs.push_back(make_blob(seed, seed.voxels, volume, saturated, wrap));
      blobs.back().small_seed = true;
    }
  }
  for (Seed& seed : seeds) {
    seed.threshold = threshold_of(seed.value, options);
    for (seed.level = seed.threshold;; ++seed.level) {
      seed.blob = flooder.component(seed.peak, seed.level);
      const bool holds_stronger = std::any_of(seeds.begin(), seeds.end(), [&](const Seed& other) {
        return other.stronger_than(seed) && seed.blob.contains(other.peak);
      });
      if (!holds_stronger) break;
    }
  }
  for (const Seed& seed : seeds) {
    const bool absorbed = std::any_of(seeds.begin(), seeds.end(), [&](const Seed& other) {
      return other.stronger_than(seed) && other.blob.contains(seed.peak);
    });
    if (absorbed) continue;
    blobs.push_back(make_blob(seed, seed.blob, volume, saturated, wrap));
    if (options.split.value() == 0) continue;
    const std::vector<std::set<Place>> parts = split(seed.blob, flooder, options);
    if (parts.size() == 1) continue;
    blobs.pop_back();
    for (const std::set<Place>& part : parts) {
      blobs.push_back(make_blob(seed, part, volume, saturated, wrap));
      blobs.back().split = true;
      blobs.back().seed_volume = static_cast<std::uint32_t>(std::count_if(
          part.begin(), part.end(), [&](const Place& p) { return flooder.value(p) >= step_of(options.seed); }));
    }
  }
  return blobs;
}

std::vector<Voxel> reference_island(const Volume& volume, const Voxel& voxel, const SegmentOptions& options,
                                    std::span<const Sweep> sweeps, bool wrap) {
  const Flooder flooder(volume, options.connectivity, sweeps, wrap);
  const Place start{voxel.frame % static_cast<int>(volume.size()), voxel.v, voxel.u};
  std::vector<Voxel> island;
  for (const Place& p : flooder.component(start, lowest_level(options))) {
    island.push_back({p.frame, static_cast<std::uint16_t>(p.v), static_cast<std::uint16_t>(p.u),
                      static_cast<std::uint16_t>(flooder.value(p)), false});
  }
  return island;
}

}  // namespace dctprep
