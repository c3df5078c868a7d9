// SPDX-License-Identifier: BSD-3-Clause
// Stacks that hold projections, flats and darks together, with a list beside them that says which is which.
#pragma once

#include <vector>

#include "dctprep/read/hdf5/contents.h"
#include "dctprep/read/hdf5/layout.h"

namespace dctprep {

// By `image_key` of NXtomo, one value a frame of `stack`: 0 projection, 1 flat, 2 dark, 3 invalid; an
// `image_key_control` below 0 marks a projection taken for alignment, which is left out. The list lies beside the
// stack, or is the only one of that length in `datasets`. Sets the frames of projections, flats and darks of `layout`.
// False where there is no such list. Error where it leaves no projection.
bool sort_by_image_key(hid_t file, const std::vector<FoundDataset>& datasets, const FoundDataset& stack, int frames,
                       Hdf5Layout& layout);

}  // namespace dctprep
