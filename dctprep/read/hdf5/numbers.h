// SPDX-License-Identifier: BSD-3-Clause
// Small datasets of numbers that belong to a scan: angles, masks.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "dctprep/base/hdf5.h"

namespace dctprep {

struct Hdf5Numbers {
  std::vector<std::size_t> shape;
  std::vector<double> values;
  std::string unit;  // of unit_attribute
};

// All values of `dataset`, or of the attribute of "/group@attribute". Throws Error that names file and dataset; where
// there is no such dataset it lists some of those that there are.
Hdf5Numbers read_hdf5_numbers(const std::filesystem::path& file, const std::string& dataset);

// @units of an opened object, else @unit; "" where there is neither.
std::string unit_attribute(hid_t object);

// Datasets of numbers, with their shapes, in the order of their names.
struct Hdf5Entry {
  std::string path;
  std::vector<std::size_t> shape;
};
std::vector<Hdf5Entry> list_hdf5_numbers(const std::filesystem::path& file);

}  // namespace dctprep
