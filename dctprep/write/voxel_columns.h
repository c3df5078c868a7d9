// SPDX-License-Identifier: BSD-3-Clause
// The voxels of all spots, which wait until the order of spots is known.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

#include "dctprep/base/hdf5_output.h"
#include "dctprep/core/blob.h"
#include "dctprep/write/scratch_file.h"

namespace dctprep {

// Kept as runs along u and their values, a quarter of what the columns take: most scans' wait in memory.
class VoxelColumns {
 public:
  // Scratch files are made in `folder` where memory does not do.
  explicit VoxelColumns(const std::filesystem::path& folder)
      : runs_(folder, std::size_t{16} << 20), values_(folder, std::size_t{48} << 20) {}

  // Where the voxels of a spot are.
  struct Place {
    std::uint64_t first_run = 0, runs = 0, first_voxel = 0, voxels = 0;
  };
  // `voxels` in the order of linear index.
  Place append(std::span<const Voxel> voxels);

  // Writes frame, v, u and intensity of the spots at `places`, one after another, into `group`.
  void write(const hdf5::OutputFile& file, const hdf5::Handle& group, const std::vector<Place>& places) const;

 private:
  struct Run {
    std::int32_t frame;
    std::uint16_t v, u;
    std::uint32_t size;
  };

  ScratchColumn<Run> runs_;
  ScratchColumn<std::uint16_t> values_;
  std::vector<Run> new_runs_;  // of the spot being appended; kept for their memory
  std::vector<std::uint16_t> new_values_;
};

}  // namespace dctprep
