// SPDX-License-Identifier: BSD-3-Clause
// One HDF5 dataset as a stack of frames in the bytes that it stores: what lies between hdf5_source.h and the file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "dctprep/base/hdf5.h"
#include "dctprep/core/frame_source.h"
#include "dctprep/read/pixel_conversion.h"

namespace dctprep {

// Which dimensions of a dataset are what. All others are of size 1.
struct FrameAxes {
  std::vector<hsize_t> dims;
  int frame = -1;  // -1 where the dataset is one frame without a dimension for it
  int v = 0;
  int u = 0;
};

struct StackShape {
  FrameAxes axes;
  int frames = 0;
  int height = 0;
  int width = 0;
};

// Frames are 1 ... 65535 pixels high and wide and have at most 2^30 pixels; there are 1 ... 2^31 - 1 of them. Error
// that says what `dims` are where they are no such stack.
StackShape stack_shape(const std::vector<hsize_t>& dims);

// Whether what has the shape of a stack is rotation or orientation matrices: no image is as small.
inline bool is_matrix(const StackShape& shape) { return shape.height == shape.width && shape.height <= 4; }

// An open dataset, and the file that it lies in (not the one that an external link to it lies in).
struct Hdf5Dataset {
  hdf5::Handle dataset;
  std::filesystem::path file;
  std::string path;
  std::vector<std::filesystem::path> opened;  // every file on the way to it, the one that it lies in included
};

// Opens `path` of `file`, through links of any kind. Error names both; `missing` (where given) tells apart a file, a
// link or a dataset that is not there from one that is broken.
Hdf5Dataset open_hdf5_dataset(const std::filesystem::path& file, const std::string& path, bool* missing = nullptr);

// The pixel type of a dataset; absent where HDF5 has to convert it (odd floats, numbers of 12 bits, ...). Error where
// it is not numeric.
std::optional<PixelType> stored_pixel_type(hid_t dataset);
// The HDF5 type of the same bits. Not to be closed.
hid_t hdf5_type(const PixelType& type);

class StoredFrames {
 public:
  virtual ~StoredFrames() = default;

  const StackShape& shape() const { return shape_; }
  const PixelType& type() const { return type_; }
  std::size_t frame_pixels() const {
    return static_cast<std::size_t>(shape_.height) * static_cast<std::size_t>(shape_.width);
  }
  std::size_t frame_bytes() const { return frame_pixels() * static_cast<std::size_t>(type_.bytes); }

  // The bytes of frame `k`, row by row, into `out` of frame_bytes(), or what is wrong with it (`out` is then
  // undefined). Called from many threads at a time.
  virtual std::optional<FrameFault> read(int k, std::span<std::uint8_t> out) const = 0;

  // As FrameSource has it.
  virtual void prefetch(int /*k*/) const {}

  // As StorageInfo has them.
  virtual std::string compression() const = 0;
  virtual std::uint64_t bytes_stored() const = 0;
  virtual std::string clipped_from() const { return {}; }

  // As FrameSource has it.
  virtual void list_files(std::vector<std::filesystem::path>& files) const {
    files.insert(files.end(), opened_.begin(), opened_.end());
  }

 protected:
  StoredFrames(const Hdf5Dataset& dataset, StackShape shape, PixelType type)
      : shape_(std::move(shape)), type_(type), opened_(dataset.opened) {}

 private:
  StackShape shape_;
  PixelType type_;
  std::vector<std::filesystem::path> opened_;
};

// Virtual datasets may lead to virtual datasets: `depth` counts how many stand above this one, and too many are an
// Error (a circle).
std::shared_ptr<const StoredFrames> open_stored_frames(Hdf5Dataset dataset, int depth = 0);

// What is neither contiguous, nor chunked, nor virtual, or of a type or with a filter unknown here: by H5Dread.
std::shared_ptr<const StoredFrames> open_frames_through_hdf5(Hdf5Dataset dataset, StackShape shape,
                                                             std::optional<PixelType> type);

}  // namespace dctprep
