// SPDX-License-Identifier: BSD-3-Clause
// Frames from HDF5, whatever lies between the dataset and its bytes.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "dctprep/core/frame_source.h"

namespace dctprep {

// The frames of one dataset of rank 3 (frames, v, u) or 2 (one frame), contiguous, chunked in any shape, virtual over
// other files, or reached through an external link. Chunks are fetched raw and decoded here, on the calling thread
// (none, deflate, shuffle, LZ4, bitshuffle, bitshuffle+LZ4, bitshuffle+zstd, fletcher32); other filters go through HDF5
// and its plugins. What HDF5 would silently fill (a chunk never written, a virtual source that is gone or not mapped,
// an external file cut short) is a fault of its frames. Throws Error naming file and dataset.
std::shared_ptr<const FrameSource> open_hdf5_frames(const std::filesystem::path& file, const std::string& dataset);

// Several datasets of frames one after the other (a Dectris master's data_000001, data_000002, ...).
std::shared_ptr<const FrameSource> open_hdf5_frames(const std::filesystem::path& file,
                                                    const std::vector<std::string>& datasets);

StorageInfo hdf5_storage_info(const std::filesystem::path& file, const std::string& dataset);
// Of several, as the first that is there is stored; those that are gone count nothing.
StorageInfo hdf5_storage_info(const std::filesystem::path& file, const std::vector<std::string>& datasets);

}  // namespace dctprep
