// SPDX-License-Identifier: BSD-3-Clause
// HDF5 files that each hold a stack, as one scan: what LImA writes where its master is lost, or was never made.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "dctprep/core/frame_source.h"
#include "dctprep/read/hdf5/numbers.h"

namespace dctprep {

// The files one after the other, in the order given. A number that is left out in their names, and a file that cannot
// be opened, are as many missing frames as a file usually has; at the end of the series they are left out. Error where
// no file can be opened, where one holds no stack or several, or where they differ in size. `dataset`, where not null,
// gets the dataset of the first file that can be opened, as FILE::/dataset.
std::shared_ptr<const FrameSource> open_hdf5_series(const std::vector<std::filesystem::path>& files,
                                                    std::string* dataset = nullptr);

// Where the frames of open_hdf5_series(files) stand.
struct SeriesPlaces {
  struct Place {
    int file = -1;  // of `files`; -1: the frame is missing
    int frame = 0;  // of it
  };
  std::vector<Place> frames;
  std::filesystem::path first_file;  // the first that can be opened
  std::string dataset;               // its frames
};
SeriesPlaces hdf5_series_places(const std::vector<std::filesystem::path>& files);

// One number a frame of the series: those that `dataset` holds in each of its files, one after the other; NaN at
// missing frames. Error where a file holds another number of them than of frames, or in another unit.
Hdf5Numbers read_series_numbers(const std::vector<std::filesystem::path>& files, const SeriesPlaces& places,
                                const std::string& dataset);

// As for `info`; `location` is left empty.
StorageInfo hdf5_series_info(const std::vector<std::filesystem::path>& files);

}  // namespace dctprep
