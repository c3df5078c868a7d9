// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/read/hdf5_numbers.h"

#include <algorithm>

#include "dctprep/base/error.h"
#include "dctprep/base/hdf5.h"
#include "dctprep/base/rehearsal.h"
#include "dctprep/read/hdf5_stored_frames.h"

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

Hdf5Numbers read_numbers(const std::filesystem::path& path, const std::string& name) {
  const hdf5::Handle file = hdf5::open_file(path);
  return with_context(fmt::format("{}::{}", path.string(), name), [&] {
    if (!hdf5::exists(file.id(), name)) fail("no such dataset; {}", listed(list_numbers(path)));
    if (hdf5::Handle(H5Gopen2(file.id(), name.c_str(), H5P_DEFAULT))) {
      fail("is a group, not a dataset; {}", listed(list_numbers(path)));
    }
    const hdf5::Handle object = open_hdf5_dataset(path, name).dataset;
    if (!is_numeric(object.id())) fail("is not a dataset of numbers");
    Hdf5Numbers numbers{shape_of(object.id()), {}};
    std::size_t count = 1;
    for (const std::size_t side : numbers.shape) {
      if (side != 0 && count > kMostValues / side) fail("holds too many values");
      count *= side;
    }
    numbers.values = hdf5::read_dataset<double>(file.id(), name);
    return numbers;
  });
}

}  // namespace

std::vector<Hdf5Entry> list_hdf5_numbers(const std::filesystem::path& path) {
  return hdf5::rehearsed(path.native(), [&] { return list_numbers(path); });
}

Hdf5Numbers read_hdf5_numbers(const std::filesystem::path& path, const std::string& name) {
  return hdf5::rehearsed(path.native(), [&] { return read_numbers(path, name); });
}

}  // namespace dctprep
