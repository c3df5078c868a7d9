// SPDX-License-Identifier: BSD-3-Clause
// Which stacks of an HDF5 file are darks, flats or frames of a scan, whatever program wrote it.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "dctprep/read/hdf5/contents.h"
#include "dctprep/read/hdf5/layout.h"

namespace dctprep {

struct RoleStack {
  FoundDataset dataset;  // of two dimensions (one frame) or more
  StackRole role = StackRole::kProjections;
  int frames = 0, height = 0, width = 0;
};

// All stacks of frames of the file. A role is told by the words of the path, else by the title of the BLISS scan that
// the stack lies in. Error where the file cannot be read.
std::vector<RoleStack> list_role_stacks(const std::filesystem::path& file);

// The stack of darks (flats) of a file that is named without a dataset: the only one of that role and size, or all
// single frames of one group (reduced darks of nabu: darks/0, darks/1500). Empty where there is none; Error that names
// them where several could be meant.
Hdf5Stack find_role_stack(const std::filesystem::path& file, StackRole role, int height, int width);

}  // namespace dctprep
