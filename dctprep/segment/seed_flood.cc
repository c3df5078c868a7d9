// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/segment/seed_flood.h"

#include <algorithm>
#include <numeric>

#include "dctprep/segment/find_root.h"

namespace dctprep {

namespace {

constexpr auto kLower = [](const auto& a, const auto& b) { return a.level < b.level; };

}  // namespace

SeedFlood::SeedFlood(const FlatIsland& island, const SegmentGeometry& geometry, int connectivity, const Components& top,
                     int top_level, std::vector<FloodSeed>& seeds)
    : island_(island),
      near_(island.runs, island.frames, geometry, connectivity),
      top_level_(top_level),
      seeds_(seeds),
      seed_of_(island.values.size(), kNone),
      level_of_(island.values.size(), 0),
      parent_(seeds.size()),
      absorber_(seeds.size(), kNone) {
  std::iota(parent_.begin(), parent_.end(), 0);
  for (FloodSeed& seed : seeds_) seed.level = seed.threshold;
  reach_from_seeds(top);
  flood();
}

std::int32_t SeedFlood::root(std::int32_t seed) { return find_root(parent_.data(), seed); }

void SeedFlood::reach(std::int32_t voxel, std::int32_t run, std::int32_t seed, int level) {
  const auto at = static_cast<std::size_t>(voxel);
  const std::uint16_t value = island_.values[at];
  // The seed's flood stands still before it gets there.
  if (value < seeds_[static_cast<std::size_t>(root(seed))].threshold) return;
  seed_of_[at] = seed;
  level_of_[at] = static_cast<std::uint16_t>(std::min<int>(value, level));
  const Waiting waiting{voxel, run, level_of_[at]};
  if (value >= level) {
    now_.push_back(waiting);
  } else {
    waiting_.push_back(waiting);
    std::push_heap(waiting_.begin(), waiting_.end(), kLower);
  }
}

void SeedFlood::reach_from_seeds(const Components& top) {
  std::vector<std::int32_t> seed_of_component(static_cast<std::size_t>(top.count), kNone);
  for (std::size_t n = 0; n < seeds_.size(); ++n)
    seed_of_component[static_cast<std::size_t>(seeds_[n].component)] = static_cast<std::int32_t>(n);
  const auto seed_of_part = [&](std::size_t i) { return seed_of_component[static_cast<std::size_t>(top.label[i])]; };
  for (std::size_t i = 0; i < top.parts.size(); ++i) {
    if (seed_of_part(i) == kNone) continue;
    std::fill(seed_of_.begin() + top.parts[i].begin, seed_of_.begin() + top.parts[i].end, seed_of_part(i));
    std::fill(level_of_.begin() + top.parts[i].begin, level_of_.begin() + top.parts[i].end,
              static_cast<std::uint16_t>(top_level_));
  }
  for (std::size_t i = 0; i < top.parts.size(); ++i) {
    const std::int32_t seed = seed_of_part(i);
    if (seed == kNone || seeds_[static_cast<std::size_t>(seed)].threshold == top_level_) continue;
    const Components::Part& part = top.parts[i];
    const IslandRun& run = island_.runs[static_cast<std::size_t>(part.run)];
    const std::int32_t u = run.u_begin + (part.begin - run.begin);
    near_.for_each(part.run, u, u + (part.end - part.begin),
                   [&](std::int32_t near, std::int32_t begin, std::int32_t end) {
                     for (std::int32_t j = begin; j < end; ++j) {
                       if (seed_of_[static_cast<std::size_t>(j)] == kNone) reach(j, near, seed, top_level_);
                     }
                   });
  }
}

void SeedFlood::flood() {
  std::size_t last = seeds_.size();  // seeds from here on have met a stronger one
  while (!waiting_.empty()) {
    const int level = waiting_.front().level;
    while (last > 0 && parent_[last - 1] != static_cast<std::int32_t>(last - 1)) --last;
    // Thresholds fall with strength: all that are left stand still.
    if (last == 0 || seeds_[last - 1].threshold > level) return;
    while (!waiting_.empty() && waiting_.front().level == level) {
      std::pop_heap(waiting_.begin(), waiting_.end(), kLower);
      now_.push_back(waiting_.back());
      waiting_.pop_back();
    }
    while (!now_.empty()) {
      const Waiting at = now_.back();
      now_.pop_back();
      look_around(at);
    }
    end_level(level);
  }
}

void SeedFlood::look_around(const Waiting& at) {
  const IslandRun& run = island_.runs[static_cast<std::size_t>(at.run)];
  const std::int32_t u = run.u_begin + (at.voxel - run.begin);
  const std::int32_t seed = seed_of_[static_cast<std::size_t>(at.voxel)];
  near_.for_each(at.run, u, u + 1, [&](std::int32_t near, std::int32_t begin, std::int32_t end) {
    for (std::int32_t j = begin; j < end; ++j) {
      const std::int32_t other = seed_of_[static_cast<std::size_t>(j)];
      if (other == kNone) {
        if (seeds_[static_cast<std::size_t>(root(seed))].threshold <= at.level) reach(j, near, seed, at.level);
      } else if (other != seed && level_of_[static_cast<std::size_t>(j)] >= at.level) {
        // Where the other voxel was reached at a lower level, the floods meet when that one is looked around from.
        const std::int32_t a = root(seed), b = root(other);
        if (a == b) continue;
        died_.push_back(std::max(a, b));
        parent_[static_cast<std::size_t>(std::max(a, b))] = std::min(a, b);
      }
    }
  });
}

void SeedFlood::end_level(int level) {
  for (const std::int32_t weaker : died_) {
    FloodSeed& seed = seeds_[static_cast<std::size_t>(weaker)];
    // Of all seeds that it has met at this level, the strongest one's blob is the one that can hold it: any other is
    // itself parted from that one above this level, or held by it.
    const std::int32_t stronger = root(weaker);
    seed.absorbed = seeds_[static_cast<std::size_t>(stronger)].threshold <= level;
    if (seed.absorbed) absorber_[static_cast<std::size_t>(weaker)] = stronger;
    seed.level = std::max(seed.threshold, level + 1);
  }
  died_.clear();
}

std::vector<std::vector<Voxel>> SeedFlood::blobs() const {
  // Where what a seed has reached goes. A seed is absorbed by a stronger one, which comes first.
  std::vector<std::int32_t> owner(seeds_.size());
  for (std::size_t n = 0; n < seeds_.size(); ++n) {
    owner[n] = seeds_[n].absorbed ? owner[static_cast<std::size_t>(absorber_[n])] : static_cast<std::int32_t>(n);
  }
  const auto owner_of = [&](std::int32_t voxel) {
    const std::int32_t seed = seed_of_[static_cast<std::size_t>(voxel)];
    if (seed == kNone) return kNone;
    const std::int32_t own = owner[static_cast<std::size_t>(seed)];
    return level_of_[static_cast<std::size_t>(voxel)] >= seeds_[static_cast<std::size_t>(own)].level ? own : kNone;
  };
  std::vector<std::vector<Voxel>> blobs(seeds_.size());
  for (std::size_t r = 0; r < island_.runs.size(); ++r) {
    const std::int32_t end = island_.runs[r].end();
    for (std::int32_t i = island_.runs[r].begin; i < end;) {
      const std::int32_t own = owner_of(i);
      const std::int32_t begin = i;
      while (i < end && owner_of(i) == own) ++i;
      if (own != kNone)
        island_.append_voxels(static_cast<std::int32_t>(r), begin, i, blobs[static_cast<std::size_t>(own)]);
    }
  }
  return blobs;
}

}  // namespace dctprep
