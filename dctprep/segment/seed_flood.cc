#include "dctprep/segment/seed_flood.h"

#include <algorithm>
#include <numeric>

#include "dctprep/segment/connectivity.h"
#include "dctprep/segment/find_root.h"

namespace dctprep {

namespace {

constexpr auto kLower = [](const auto& a, const auto& b) { return a.level < b.level; };

}  // namespace

SeedFlood::SeedFlood(const FlatIsland& island, const SegmentGeometry& geometry, int connectivity, const Components& top,
                     int top_level, std::vector<FloodSeed>& seeds)
    : island_(island),
      geometry_(geometry),
      connectivity_(connectivity),
      top_level_(top_level),
      seeds_(seeds),
      seed_of_(island.values.size(), kNone),
      level_of_(island.values.size(), 0),
      parent_(seeds.size()),
      absorber_(seeds.size(), kNone) {
  std::iota(parent_.begin(), parent_.end(), 0);
  for (FloodSeed& seed : seeds_) seed.level = seed.threshold;
  index_rows();
  reach_from_seeds(top);
  flood();
}

void SeedFlood::index_rows() {
  frame_place_.resize(island_.runs.size());
  for (const FlatIsland::Frame& frame : island_.frames) {
    const int v_begin = island_.runs[static_cast<std::size_t>(frame.begin)].v;
    const int rows = island_.runs[static_cast<std::size_t>(frame.end) - 1].v - v_begin + 1;
    const std::size_t first = row_begin_.size();
    for (std::int32_t run = frame.begin, row = 0; row <= rows; ++row) {
      while (run < frame.end && island_.runs[static_cast<std::size_t>(run)].v < v_begin + row) ++run;
      row_begin_.push_back(run);
    }
    std::fill(frame_place_.begin() + frame.begin, frame_place_.begin() + frame.end,
              static_cast<std::int32_t>(frames_.size()));
    frames_.push_back({frame.frame, v_begin, rows, first});
  }
}

template <class Visit>
void SeedFlood::for_each_near_of_frame(const FrameRows& rows, int dframe, const IslandRun& here, std::int32_t u_begin,
                                       std::int32_t u_end, const Visit& visit) const {
  for (int dv = -1; dv <= 1; ++dv) {
    const int row = here.v + dv - rows.v_begin;
    if ((dframe == 0 && dv == 0) || row < 0 || row >= rows.rows) continue;
    const int reach = reach_along_u(connectivity_, dframe, dv);
    if (reach < 0) continue;
    const auto first = island_.runs.begin() + row_begin_[rows.first + static_cast<std::size_t>(row)];
    const auto last = island_.runs.begin() + row_begin_[rows.first + static_cast<std::size_t>(row) + 1];
    auto near = std::partition_point(first, last, [&](const IslandRun& r) { return r.u_end <= u_begin - reach; });
    for (; near != last && near->u_begin < u_end + reach; ++near) {
      const std::int32_t from = std::max(near->u_begin, u_begin - reach), to = std::min(near->u_end, u_end + reach);
      visit(static_cast<std::int32_t>(near - island_.runs.begin()), near->begin + (from - near->u_begin),
            near->begin + (to - near->u_begin));
    }
  }
}

// Calls visit(run, begin, end) for stretches that hold the neighbours of columns [u_begin, u_end) of run `run`.
template <class Visit>
void SeedFlood::for_each_near(std::int32_t run, std::int32_t u_begin, std::int32_t u_end, const Visit& visit) const {
  const IslandRun& here = island_.runs[static_cast<std::size_t>(run)];
  if (u_begin > here.u_begin) {
    const std::int32_t before = here.begin + (u_begin - here.u_begin) - 1;
    visit(run, before, before + 1);
  }
  if (u_end < here.u_end) {
    const std::int32_t after = here.begin + (u_end - here.u_begin);
    visit(run, after, after + 1);
  }
  const auto place = static_cast<std::size_t>(frame_place_[static_cast<std::size_t>(run)]);
  for_each_near_of_frame(frames_[place], 0, here, u_begin, u_end, visit);
  for (const int dframe : {-1, 1}) {
    int frame = here.frame + dframe;
    std::size_t other = place + static_cast<std::size_t>(dframe);
    if (geometry_.wrap && (frame < 0 || frame == geometry_.frames)) {
      frame = frame < 0 ? geometry_.frames - 1 : 0;
      other = frame == 0 ? 0 : frames_.size() - 1;
    }
    if (other < frames_.size() && frames_[other].frame == frame)
      for_each_near_of_frame(frames_[other], dframe, here, u_begin, u_end, visit);
  }
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
    for_each_near(part.run, u, u + (part.end - part.begin),
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
  for_each_near(at.run, u, u + 1, [&](std::int32_t near, std::int32_t begin, std::int32_t end) {
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
