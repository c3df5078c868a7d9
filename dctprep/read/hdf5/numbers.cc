// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/read/hdf5/numbers.h"

#include <algorithm>

#include "dctprep/base/error.h"
#include "dctprep/base/rehearsal.h"
#include "dctprep/core/hdf5_filters.h"
#include "dctprep/read/hdf5/stored_frames.h"

namespace dctprep {

namespace {

constexpr std::size_t kMostListed = 12;
// More values than any list of angles or mask has.
constexpr std::size_t kMostValues = std::size_t{1} << 32;

std::vector<std::size_t> shape_of(hid_t dataset) {
  const std::vector<hsize_t> dims = hdf5::shape(dataset);
  return {dims.begin(), dims.end()};
}

bool is_numeric(hid_t dataset) {
  const hdf5::Handle type(H5Dget_type(dataset));
  const H5T_class_t kind = H5Tget_class(type.id());
  return kind == H5T_INTEGER || kind == H5T_FLOAT || kind == H5T_ENUM;
}

std::string listed(const std::vector<Hdf5Entry>& entries) {
  if (entries.empty()) return "there are no datasets of numbers in it";
  std::string list;
  for (std::size_t i = 0; i < std::min(entries.size(), kMostListed); ++i) {
    list += fmt::format("{}{} ({})", i == 0 ? "" : ", ", entries[i].path, fmt::join(entries[i].shape, " x "));
  }
  return "it has " + list + (entries.size() > kMostListed ? ", ..." : "");
}

std::vector<Hdf5Entry> list_numbers(const std::filesystem::path& path) {
  const hdf5::Handle file = hdf5::open_file(path);
  std::vector<Hdf5Entry> entries;
  const auto visit = [](hid_t root, const char* name, const H5O_info_t* info, void* to) -> herr_t {
    if (info->type != H5O_TYPE_DATASET) return 0;
    try {
      const hdf5::Handle dataset(H5Dopen2(root, name, H5P_DEFAULT));
      if (dataset && is_numeric(dataset.id())) {
        static_cast<std::vector<Hdf5Entry>*>(to)->push_back({std::string("/") + name, shape_of(dataset.id())});
      }
    } catch (const Error&) {
      // One that cannot be opened is none to offer.
    }
    return 0;
  };
  H5Ovisit2(file.id(), H5_INDEX_NAME, H5_ITER_INC, visit, &entries, H5O_INFO_BASIC);
  return entries;
}

// Of "/group@attribute".
Hdf5Numbers read_attribute(hid_t file, const std::string& name) {
  const std::size_t at = name.rfind('@');
  const std::string place = at == 0 ? "/" : name.substr(0, at);
  const hdf5::Handle object(H5Oopen(file, place.c_str(), H5P_DEFAULT));
  if (!object) fail("there is no {}", place);
  const hdf5::Handle attribute(H5Aopen(object.id(), name.substr(at + 1).c_str(), H5P_DEFAULT));
  if (!attribute) fail("{} has no attribute {}", place, name.substr(at + 1));
  const hdf5::Handle type(H5Aget_type(attribute.id())), space(H5Aget_space(attribute.id()));
  const H5T_class_t kind = H5Tget_class(type.id());
  const int rank = H5Sget_simple_extent_ndims(space.id());
  if ((kind != H5T_INTEGER && kind != H5T_FLOAT) || rank < 0) fail("is not an attribute of numbers");
  std::vector<hsize_t> dims(static_cast<std::size_t>(rank));
  if (rank > 0) H5Sget_simple_extent_dims(space.id(), dims.data(), nullptr);
  Hdf5Numbers numbers{{dims.begin(), dims.end()}, {}, {}};
  const hssize_t count = H5Sget_simple_extent_npoints(space.id());
  if (count < 0 || static_cast<std::size_t>(count) > kMostValues) fail("holds too many values");
  numbers.values.resize(static_cast<std::size_t>(count));
  if (count > 0)
    hdf5::check_status(H5Aread(attribute.id(), H5T_NATIVE_DOUBLE, numbers.values.data()), "reading the attribute");
  return numbers;
}

// The pixels of a dataset whose filter HDF5 does not have here, and this program does; empty for others.
std::vector<double> decoded_pixels(const Hdf5Dataset& object, std::size_t count) {
  const hdf5::Handle stored(H5Dget_type(object.dataset.id()));
  if (H5Tget_class(stored.id()) == H5T_ENUM) return {};
  const hdf5::Handle creation(H5Dget_create_plist(object.dataset.id()));
  if (H5Pget_layout(creation.id()) != H5D_CHUNKED || hdf5::shape(object.dataset.id()).size() < 2) return {};
  const FilterPipeline filters(creation.id());
  if (filters.missing_filter().empty() || !filters.decodable() || !stored_pixel_type(object.dataset.id())) return {};
  const auto frames = open_stored_frames(open_hdf5_dataset(object.file, object.path));
  const PixelType& type = frames->type();
  std::vector<double> values;
  std::vector<double> frame(frames->frame_pixels());
  for (int k = 0; k < frames->shape().frames && values.size() < count; ++k) {
    const std::span<std::uint8_t> bytes(reinterpret_cast<std::uint8_t*>(frame.data()), frames->frame_bytes());
    if (const auto fault = frames->read(k, bytes)) fail("{}", fault->what);
    if (H5Tconvert(hdf5_type(type), H5T_NATIVE_DOUBLE, frame.size(), frame.data(), nullptr, H5P_DEFAULT) < 0) {
      fail("{}", hdf5::last_error());
    }
    values.insert(values.end(), frame.begin(), frame.end());
  }
  return values;
}

Hdf5Numbers read_numbers(const std::filesystem::path& path, const std::string& name) {
  const hdf5::Handle file = hdf5::open_file(path);
  if (name.find('@') != std::string::npos && !hdf5::exists(file.id(), name)) {
    return with_context(fmt::format("{}::{}", path.string(), name), [&] { return read_attribute(file.id(), name); });
  }
  Hdf5Numbers numbers;
  with_context(fmt::format("{}::{}", path.string(), name), [&] {
    if (!hdf5::exists(file.id(), name)) fail("no such dataset; {}", listed(list_numbers(path)));
    if (hdf5::Handle(H5Gopen2(file.id(), name.c_str(), H5P_DEFAULT))) {
      fail("is a group, not a dataset; {}", listed(list_numbers(path)));
    }
    const Hdf5Dataset object = open_hdf5_dataset(path, name);
    if (!is_numeric(object.dataset.id())) fail("is not a dataset of numbers");
    numbers.shape = shape_of(object.dataset.id());
    numbers.unit = unit_attribute(object.dataset.id());
    std::size_t count = 1;
    for (const std::size_t side : numbers.shape) {
      if (side != 0 && count > kMostValues / side) fail("holds too many values");
      count *= side;
    }
    numbers.values = decoded_pixels(object, count);
  });
  if (!numbers.values.empty()) return numbers;
  numbers.values = with_context(path.string(), [&] { return hdf5::read_dataset<double>(file.id(), name); });
  return numbers;
}

}  // namespace

std::string unit_attribute(hid_t object) {
  const std::string unit = hdf5::read_string_attribute(object, "units");
  return unit.empty() ? hdf5::read_string_attribute(object, "unit") : unit;
}

std::vector<Hdf5Entry> list_hdf5_numbers(const std::filesystem::path& path) {
  return hdf5::rehearsed(path.native(), [&] { return list_numbers(path); });
}

Hdf5Numbers read_hdf5_numbers(const std::filesystem::path& path, const std::string& name) {
  return hdf5::rehearsed(path.native(), [&] { return read_numbers(path, name); });
}

}  // namespace dctprep
