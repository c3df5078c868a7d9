// SPDX-License-Identifier: BSD-3-Clause
// HDF5 files that each hold a stack, as one scan: what LImA writes where its master is lost, or was never made.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "dctprep/core/frame_source.h"

namespace dctprep {

// The files one after the other, in the order given. A number that is left out in their names, and a file that cannot
// be opened, are as many missing frames as a file usually has; at the end of the series they are left out. Error where
// no file can be opened, where one holds no stack or several, or where they differ in size. `dataset`, where not null,
// gets the dataset of the first file that can be opened, as FILE::/dataset.
std::shared_ptr<const FrameSource> open_hdf5_series(const std::vector<std::filesystem::path>& files,
                                                    std::string* dataset = nullptr);

// As for `info`; `location` is left empty.
StorageInfo hdf5_series_info(const std::vector<std::filesystem::path>& files);

}  // namespace dctprep
