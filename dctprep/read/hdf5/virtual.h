// SPDX-License-Identifier: BSD-3-Clause
// Frames of a virtual dataset, from its sources.
#pragma once

#include <memory>

#include "dctprep/read/hdf5/stored_frames.h"

namespace dctprep {

// `dataset` stays open as long as they live.
std::shared_ptr<const StoredFrames> open_virtual_frames(Hdf5Dataset dataset, StackShape shape, PixelType type,
                                                        int depth);

}  // namespace dctprep
