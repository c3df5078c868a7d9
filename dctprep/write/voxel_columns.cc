// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/write/voxel_columns.h"

#include <algorithm>
#include <numeric>

#include "dctprep/write/column_writer.h"
#include "dctprep/write/nexus.h"

namespace dctprep {

VoxelColumns::Place VoxelColumns::append(std::span<const Voxel> voxels) {
  new_runs_.clear();
  new_values_.resize(voxels.size());
  for (std::size_t i = 0; i < voxels.size();) {
    const Voxel& first = voxels[i];
    const std::size_t begin = i;
    do {
      new_values_[i] = voxels[i].value;
      ++i;
    } while (i < voxels.size() && voxels[i].u == first.u + (i - begin) && voxels[i].v == first.v &&
             voxels[i].frame == first.frame);
    new_runs_.push_back({first.frame, first.v, first.u, static_cast<std::uint32_t>(i - begin)});
  }
  const Place place{runs_.size(), new_runs_.size(), values_.size(), voxels.size()};
  runs_.append(new_runs_);
  values_.append(new_values_);
  return place;
}

void VoxelColumns::write(const hdf5::OutputFile& file, const hdf5::Handle& group,
                         const std::vector<Place>& places) const {
  constexpr std::uint64_t kRuns = 1 << 14;  // at a time: they stay in cache
  const std::uint64_t total = values_.size();
  ColumnWriter<std::int32_t> frame(file, group, "frame", total);
  ColumnWriter<std::uint16_t> v(file, group, "v", total), u(file, group, "u", total);
  ColumnWriter<std::uint16_t> intensity(file, group, "intensity", total);
  std::vector<Run> runs;
  for (const Place& place : places) {
    for (std::uint64_t first = 0; first < place.runs; first += kRuns) {
      runs.resize(static_cast<std::size_t>(std::min(kRuns, place.runs - first)));
      runs_.read(place.first_run + first, runs);
      for (const Run& run : runs) {
        frame.append(run.size,
                     [&](std::int32_t* out, std::uint64_t, std::size_t part) { std::fill_n(out, part, run.frame); });
        v.append(run.size, [&](std::uint16_t* out, std::uint64_t, std::size_t part) { std::fill_n(out, part, run.v); });
        u.append(run.size, [&](std::uint16_t* out, std::uint64_t at, std::size_t part) {
          std::iota(out, out + part, static_cast<std::uint16_t>(run.u + at));
        });
      }
    }
    intensity.append(place.voxels, [&](std::uint16_t* out, std::uint64_t at, std::size_t part) {
      values_.read(place.first_voxel + at, {out, part});
    });
  }
  describe(frame.finish(), "frames", "frame of the voxel");
  describe(v.finish(), "pixels", "row of the voxel");
  describe(u.finish(), "pixels", "column of the voxel");
  describe(intensity.finish(), "counts", "denoised intensity");
}

}  // namespace dctprep
