// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/read/read_mask.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "dctprep/base/error.h"
#include "dctprep/read/hdf5/numbers.h"
#include "dctprep/read/image/image_reader.h"
#include "dctprep/read/npy.h"
#include "dctprep/read/open_scan.h"
#include "dctprep/read/scan_path.h"

namespace dctprep {

namespace {

Image<std::uint8_t> from_hdf5(const std::filesystem::path& file, std::string dataset, int height, int width) {
  const std::vector<std::size_t> wanted{static_cast<std::size_t>(height), static_cast<std::size_t>(width)};
  const std::vector<std::size_t> single{1, wanted[0], wanted[1]};
  if (dataset.empty()) {
    std::vector<std::string> fitting;
    for (const Hdf5Entry& entry : list_hdf5_numbers(file)) {
      if (entry.shape == wanted) fitting.push_back(entry.path);
    }
    if (fitting.empty()) fail("{}: no dataset of {} x {} pixels in it", file.string(), height, width);
    if (fitting.size() > 1) {
      fail("{}: several datasets could be the mask ({}); name one as {}::{}", file.string(), fmt::join(fitting, ", "),
           file.string(), fitting[0]);
    }
    dataset = fitting[0];
  }
  const Hdf5Numbers numbers = read_hdf5_numbers(file, dataset);
  if (numbers.shape != wanted && numbers.shape != single) {
    fail("{}::{}: the mask is of {} pixels where the frames have {} x {}", file.string(), dataset,
         fmt::join(numbers.shape, " x "), height, width);
  }
  Image<std::uint8_t> mask(height, width);
  std::transform(numbers.values.begin(), numbers.values.end(), mask.data(), [](double value) { return value != 0; });
  return mask;
}

void check_size(const std::string& path, int mask_height, int mask_width, int height, int width) {
  if (mask_height == height && mask_width == width) return;
  fail("{}: the mask is of {} x {} pixels where the frames have {} x {}", path, mask_height, mask_width, height, width);
}

// Any bit set is non-zero, but the sign of a floating-point zero.
bool non_zero(const std::uint8_t* pixel, const PixelType& type) {
  for (int i = 0; i < type.bytes; ++i) {
    const bool sign_byte = type.kind == PixelKind::kFloat && i == (type.big_endian ? 0 : type.bytes - 1);
    if ((pixel[i] & (sign_byte ? 0x7f : 0xff)) != 0) return true;
  }
  return false;
}

Image<std::uint8_t> from_image(const std::string& path, int height, int width) {
  const auto reader = open_image_reader(path);
  check_size(path, reader->height(), reader->width(), height, width);
  if (reader->frames() != 1) fail("{}: a mask is one image, and this file holds {}", path, reader->frames());
  std::vector<std::uint8_t> stored(reader->stored_bytes());
  if (const auto fault = reader->read_stored(0, stored)) fail("{}: {}", path, fault->what);
  Image<std::uint8_t> mask(height, width);
  const PixelType& type = reader->type();
  for (std::size_t i = 0; i < mask.size(); ++i) {
    mask.data()[i] = non_zero(stored.data() + i * static_cast<std::size_t>(type.bytes), type);
  }
  return mask;
}

Image<std::uint8_t> from_npy(const std::string& path, const ByteSource& source, int height, int width) {
  const Npy array = with_context(path, [&] { return read_npy(source); });
  check_size(path, array.height, array.width, height, width);
  Image<std::uint8_t> mask(height, width);
  for (int v = 0; v < height; ++v) {
    for (int u = 0; u < width; ++u) {
      const std::size_t i =
          array.column_by_column
              ? static_cast<std::size_t>(u) * static_cast<std::size_t>(height) + static_cast<std::size_t>(v)
              : static_cast<std::size_t>(v) * static_cast<std::size_t>(width) + static_cast<std::size_t>(u);
      mask(v, u) = non_zero(array.stored.data() + i * static_cast<std::size_t>(array.type.bytes), array.type);
    }
  }
  return mask;
}

}  // namespace

Image<std::uint8_t> read_mask(const std::string& path, int height, int width) {
  const DatasetPath parts = split_dataset_path(path);
  if (is_hdf5_file(parts.file)) return from_hdf5(parts.file, parts.dataset, height, width);
  if (!parts.dataset.empty())
    fail("{}: is not an HDF5 file, so it has no dataset {}", parts.file.string(), parts.dataset);
  const auto source = ByteSource::open(parts.file);
  if (is_npy(*source)) return from_npy(path, *source, height, width);
  return from_image(path, height, width);
}

}  // namespace dctprep
