// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/write/image_stack.h"

#include <algorithm>
#include <array>
#include <optional>

#include "dctprep/base/assert.h"
#include "dctprep/base/error.h"
#include "dctprep/core/hdf5_filters.h"
#include "dctprep/kernels/chunk_codec.h"
#include "dctprep/write/bitshuffle_filter.h"

namespace dctprep {

namespace {

using Bytes = std::vector<std::uint8_t>;

constexpr unsigned kGzipLevel = 1;

// The filters of a dataset stored one image a chunk, or nothing where HDF5 has to read it.
std::optional<FilterPipeline> own_filters(hid_t dataset, const std::vector<hsize_t>& dims) {
  const hdf5::Handle creation = hdf5::check(H5Dget_create_plist(dataset), "dataset");
  std::array<hsize_t, 3> chunk{};
  if (H5Pget_layout(creation.id()) != H5D_CHUNKED || H5Pget_chunk(creation.id(), 3, chunk.data()) != 3) return {};
  if (chunk != std::array<hsize_t, 3>{1, dims[1], dims[2]}) return {};
  FilterPipeline filters(creation.id());
  if (!filters.decodable()) return {};
  return filters;
}

std::uint64_t file_size(hid_t object) {
  const hdf5::Handle file = hdf5::check(H5Iget_file_id(object), "file");
  hsize_t size = 0;
  hdf5::check_status(H5Fget_filesize(file.id(), &size), "file size");
  return size;
}

}  // namespace

template <class T>
ImageStackWriter<T>::ImageStackWriter(hid_t location, const std::string& name, int images, int height, int width,
                                      Compression compression, T fill)
    : images_(images), height_(height), width_(width), compression_(compression) {
  DCTPREP_ASSERT(images > 0 && height > 0 && width > 0);
  hdf5::quiet();
  const auto h = static_cast<hsize_t>(height), w = static_cast<hsize_t>(width);
  const std::array<hsize_t, 3> dims{static_cast<hsize_t>(images), h, w}, chunk{1, h, w};
  const hdf5::Handle space = hdf5::check(H5Screate_simple(3, dims.data(), nullptr), name);
  const hdf5::Handle creation = hdf5::check(H5Pcreate(H5P_DATASET_CREATE), name);
  const hid_t type = hdf5::native_type<T>();
  hdf5::check_status(H5Pset_chunk(creation.id(), 3, chunk.data()), name);
  hdf5::check_status(H5Pset_fill_value(creation.id(), type, &fill), name);
  if (compression == Compression::kBitshuffleLz4) {
    set_bitshuffle_lz4(creation.id(), sizeof(T));
  } else if (compression == Compression::kGzip) {
    hdf5::check_status(H5Pset_shuffle(creation.id()), name);
    hdf5::check_status(H5Pset_deflate(creation.id(), kGzipLevel), name);
  }
  dataset_ =
      hdf5::check(H5Dcreate2(location, name.c_str(), type, space.id(), H5P_DEFAULT, creation.id(), H5P_DEFAULT), name);
}

template <class T>
void ImageStackWriter<T>::write(int k, ImageView<const T> image) {
  DCTPREP_ASSERT(0 <= k && k < images_ && image.height() == height_ && image.width() == width_);
  hdf5::quiet();
  const T* pixels = image.data();
  if (!image.contiguous()) {
    packed_.resize(image.size());
    for (int v = 0; v < height_; ++v) {
      std::copy_n(image.row(v), width_, packed_.data() + static_cast<std::ptrdiff_t>(v) * width_);
    }
    pixels = packed_.data();
  }
  const std::array<hsize_t, 3> offset{static_cast<hsize_t>(k), 0, 0};
  if (compression_ == Compression::kBitshuffleLz4) {
    const Bytes chunk =
        encode_bitshuffle_lz4({reinterpret_cast<const std::uint8_t*>(pixels), image.size() * sizeof(T)}, sizeof(T));
    hdf5::check_status(H5Dwrite_chunk(dataset_.id(), H5P_DEFAULT, 0, offset.data(), chunk.size(), chunk.data()),
                       "image stack");
    return;
  }
  const std::array<hsize_t, 3> count{1, static_cast<hsize_t>(height_), static_cast<hsize_t>(width_)};
  const hdf5::Handle memory = hdf5::check(H5Screate_simple(3, count.data(), nullptr), "image stack");
  const hdf5::Handle file = hdf5::check(H5Dget_space(dataset_.id()), "image stack");
  hdf5::check_status(H5Sselect_hyperslab(file.id(), H5S_SELECT_SET, offset.data(), nullptr, count.data(), nullptr),
                     "image stack");
  hdf5::check_status(H5Dwrite(dataset_.id(), hdf5::native_type<T>(), memory.id(), file.id(), H5P_DEFAULT, pixels),
                     "image stack");
}

template <class T>
Image<T> read_stack_image(hid_t dataset, int k) {
  hdf5::quiet();
  const std::vector<hsize_t> dims = hdf5::shape(dataset);
  if (dims.size() != 3) fail("not a stack of images");
  if (k < 0 || static_cast<hsize_t>(k) >= dims[0]) fail("image {} of {} asked for", k, dims[0]);
  if (dims[1] > 65536 || dims[2] > 65536) fail("images of an impossible size");
  const hdf5::Handle type = hdf5::check(H5Dget_type(dataset), "type");
  const hid_t native = hdf5::native_type<T>();
  const std::uint64_t bytes = dims[1] * dims[2] * sizeof(T);
  const std::array<hsize_t, 3> offset{static_cast<hsize_t>(k), 0, 0};
  const auto filters = H5Tequal(type.id(), native) > 0 ? own_filters(dataset, dims) : std::nullopt;
  hsize_t stored = 0;
  if (!filters) {
    stored = H5Dget_storage_size(dataset);
  } else if (H5Dget_chunk_storage_size(dataset, offset.data(), &stored) < 0 || stored == 0) {
    fail("image {} was never written", k);
  }
  if (stored > file_size(dataset) || bytes > stored * kLargestRatio + 4096) fail("image {} has an impossible size", k);
  Image<T> image(static_cast<int>(dims[1]), static_cast<int>(dims[2]));
  // Repacked by another program, or plain: H5Dread_chunk takes the size of a plain chunk from an index that may be
  // damaged.
  if (!filters || filters->empty()) {
    const std::array<hsize_t, 3> count{1, dims[1], dims[2]};
    const hdf5::Handle memory = hdf5::check(H5Screate_simple(3, count.data(), nullptr), "image");
    const hdf5::Handle file = hdf5::check(H5Dget_space(dataset), "image");
    hdf5::check_status(H5Sselect_hyperslab(file.id(), H5S_SELECT_SET, offset.data(), nullptr, count.data(), nullptr),
                       "image");
    hdf5::check_status(H5Dread(dataset, native, memory.id(), file.id(), H5P_DEFAULT, image.data()),
                       fmt::format("image {}", k));
    return image;
  }
  // Not through H5Dread: it trusts that a chunk unpacks to the size of an image.
  Bytes chunk(stored);
  std::uint32_t skipped = 0;
  hdf5::check_status(H5Dread_chunk(dataset, H5P_DEFAULT, offset.data(), &skipped, chunk.data()),
                     fmt::format("image {}", k));
  FilterScratch scratch;
  const std::string wrong =
      filters->decode(chunk, skipped, {reinterpret_cast<std::uint8_t*>(image.data()), bytes}, scratch);
  if (!wrong.empty()) fail("image {}: {}", k, wrong);
  return image;
}

template class ImageStackWriter<std::uint16_t>;
template class ImageStackWriter<float>;
template Image<std::uint16_t> read_stack_image(hid_t, int);
template Image<float> read_stack_image(hid_t, int);

}  // namespace dctprep
