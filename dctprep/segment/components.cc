// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/segment/components.h"

#include <algorithm>
#include <numeric>

#include "dctprep/segment/find_root.h"
#include "dctprep/segment/touching_runs.h"

namespace dctprep {

namespace {

// The parts [begin, end) of a frame.
struct FrameParts {
  std::int32_t frame;
  std::size_t begin, end;
};

// Appends the stretches of `run`, number `index`, that reach `level`.
void append_parts(const FlatIsland& island, std::int32_t index, int level, std::vector<Components::Part>& parts) {
  const IslandRun& run = island.runs[static_cast<std::size_t>(index)];
  const std::uint16_t* values = island.values.data();
  const std::int32_t end = run.end();
  for (std::int32_t i = run.begin; i < end;) {
    while (i < end && values[i] < level) ++i;
    const std::int32_t begin = i;
    while (i < end && values[i] >= level) ++i;
    if (begin < i) parts.push_back({index, begin, i});
  }
}

}  // namespace

Components find_components(const FlatIsland& island, const SegmentGeometry& geometry, int connectivity, int level) {
  Components found;
  std::vector<FrameParts> frames;
  std::vector<Span> spans;
  const std::int64_t pitch = row_pitch(geometry.width);
  for (const FlatIsland::Frame& frame : island.frames) {
    const std::size_t begin = found.parts.size();
    for (std::int32_t run = frame.begin; run < frame.end; ++run) append_parts(island, run, level, found.parts);
    for (std::size_t i = begin; i < found.parts.size(); ++i) {
      const Components::Part& part = found.parts[i];
      const IslandRun& run = island.runs[static_cast<std::size_t>(part.run)];
      const std::int64_t at = run.v * pitch + run.u_begin - run.begin;
      spans.push_back({at + part.begin, at + part.end});
    }
    frames.push_back({frame.frame, begin, found.parts.size()});
  }

  std::vector<std::int32_t> parent(found.parts.size());
  std::iota(parent.begin(), parent.end(), 0);
  const auto link = [&](const FrameParts& a, const FrameParts& b, int dframe) {
    const std::span<const Span> all = spans;
    for_each_neighbour_run(all.subspan(a.begin, a.end - a.begin), all.subspan(b.begin, b.end - b.begin), connectivity,
                           dframe, pitch, [&](std::size_t i, std::size_t j) {
                             unite_roots(parent.data(), static_cast<std::int32_t>(a.begin + i),
                                         static_cast<std::int32_t>(b.begin + j));
                           });
  };
  for (std::size_t f = 0; f < frames.size(); ++f) {
    link(frames[f], frames[f], 0);
    if (f > 0 && frames[f].frame == frames[f - 1].frame + 1) link(frames[f], frames[f - 1], -1);
  }
  if (geometry.wrap && frames.front().frame == 0 && frames.back().frame == geometry.frames - 1)
    link(frames.front(), frames.back(), -1);

  found.label.resize(parent.size());
  for (std::size_t i = 0; i < parent.size(); ++i) {
    const auto up = static_cast<std::size_t>(parent[i]);
    found.label[i] = up == i ? found.count++ : found.label[up];
  }
  return found;
}

std::int32_t Components::of_voxel(std::int32_t voxel) const {
  const auto part =
      std::partition_point(parts.begin(), parts.end(), [&](const Part& candidate) { return candidate.end <= voxel; });
  return label[static_cast<std::size_t>(part - parts.begin())];
}

void Components::append_voxels(const FlatIsland& island, const std::vector<std::int32_t>& place,
                               std::vector<std::vector<Voxel>>& out) const {
  std::vector<std::size_t> size(out.size(), 0);
  const auto place_of = [&](std::size_t i) { return place[static_cast<std::size_t>(label[i])]; };
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (place_of(i) >= 0)
      size[static_cast<std::size_t>(place_of(i))] += static_cast<std::size_t>(parts[i].end - parts[i].begin);
  }
  for (std::size_t n = 0; n < out.size(); ++n) out[n].reserve(out[n].size() + size[n]);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (place_of(i) >= 0)
      island.append_voxels(parts[i].run, parts[i].begin, parts[i].end, out[static_cast<std::size_t>(place_of(i))]);
  }
}

}  // namespace dctprep
