// SPDX-License-Identifier: BSD-3-Clause
// What silx view, h5web and people read in a result beside the numbers.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "dctprep/base/hdf5.h"

namespace dctprep {

// A group of the NeXus class `nx_class`.
inline hdf5::Handle create_nexus_group(hid_t parent, const std::string& name, const std::string& nx_class) {
  hdf5::Handle group = hdf5::create_group(parent, name);
  hdf5::write_attribute(group.id(), "NX_class", nx_class);
  return group;
}

// @long_name, and @units where there is one.
inline void describe(const hdf5::Handle& dataset, std::string_view unit, std::string_view long_name) {
  if (!unit.empty()) hdf5::write_attribute(dataset.id(), "units", std::string(unit));
  hdf5::write_attribute(dataset.id(), "long_name", std::string(long_name));
}

// A text dataset of fixed length: unlike HDF5's variable-length texts it lies where the dataset says, and damage there
// cannot lead a reader astray.
inline hdf5::Handle write_text(const hdf5::Handle& group, const std::string& name, const std::string& text) {
  const hdf5::Handle type = hdf5::check(H5Tcopy(H5T_C_S1), name);
  hdf5::check_status(H5Tset_size(type.id(), text.size() + 1), name);
  hdf5::check_status(H5Tset_cset(type.id(), H5T_CSET_UTF8), name);
  const hdf5::Handle space = hdf5::check(H5Screate(H5S_SCALAR), name);
  hdf5::Handle dataset = hdf5::check(
      H5Dcreate2(group.id(), name.c_str(), type.id(), space.id(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT), name);
  hdf5::check_status(H5Dwrite(dataset.id(), type.id(), H5S_ALL, H5S_ALL, H5P_DEFAULT, text.c_str()), name);
  return dataset;
}

// Says what the NXdata group `group` plots: dataset `signal` over `axes`, one a dimension ("." where there is none), or
// two for a scatter of a 1-D signal.
inline void set_plot(const hdf5::Handle& group, const std::string& title, const std::string& signal,
                     const std::vector<std::string>& axes) {
  hdf5::write_attribute(group.id(), "title", title);
  hdf5::write_attribute(group.id(), "signal", signal);
  if (!axes.empty()) hdf5::write_attribute(group.id(), "axes", axes);
}

// The dataset `target` also under `location`/`name`.
inline void link(hid_t file, const std::string& target, hid_t location, const std::string& name) {
  hdf5::check_status(H5Lcreate_hard(file, target.c_str(), location, name.c_str(), H5P_DEFAULT, H5P_DEFAULT), name);
}

}  // namespace dctprep
