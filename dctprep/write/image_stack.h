// SPDX-License-Identifier: BSD-3-Clause
// Datasets of shape [images, height, width], one image a chunk, compressed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dctprep/base/hdf5.h"
#include "dctprep/base/image.h"
#include "dctprep/write/options.h"

namespace dctprep {

// No compression packs tighter: where more is claimed, a size is damaged.
inline constexpr std::uint64_t kLargestRatio = 1100;

// Writes a stack image by image, in any order. T is uint16_t or float.
template <class T>
class ImageStackWriter {
 public:
  ImageStackWriter() = default;
  // Images that are never written read as `fill`.
  ImageStackWriter(hid_t location, const std::string& name, int images, int height, int width, Compression compression,
                   T fill);

  const hdf5::Handle& dataset() const { return dataset_; }
  explicit operator bool() const { return static_cast<bool>(dataset_); }
  void write(int k, ImageView<const T> image);

 private:
  hdf5::Handle dataset_;
  int images_ = 0, height_ = 0, width_ = 0;
  Compression compression_ = Compression::kNone;
  std::vector<T> packed_;
};

// Reads image `k` of an open stack of shape [images, height, width], 0 <= k < images. Error where the type differs or
// the chunk is damaged: no byte is trusted.
template <class T>
Image<T> read_stack_image(hid_t dataset, int k);

extern template class ImageStackWriter<std::uint16_t>;
extern template class ImageStackWriter<float>;
extern template Image<std::uint16_t> read_stack_image(hid_t, int);
extern template Image<float> read_stack_image(hid_t, int);

}  // namespace dctprep
