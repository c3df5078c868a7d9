// SPDX-License-Identifier: BSD-3-Clause
// What datasets lie in an HDF5 file, whatever links lead to them.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "dctprep/base/hdf5.h"

namespace dctprep {

struct FoundDataset {
  std::string path;  // the best of its names
  std::vector<hsize_t> dims;
  std::vector<std::string> names;  // all paths that lead to it
};

struct Hdf5Contents {
  std::vector<FoundDataset> datasets;  // of numbers, in the order of their paths
  std::vector<std::string> dangling;   // links that lead nowhere
};

// The datasets of numbers at most `depth` groups below `group` of a file (1: in the group itself). Soft and external
// links are followed, every group once. Stops after 100000 links: a file with more is not to be understood this way.
Hdf5Contents list_datasets(hid_t file, const std::string& group, int depth);

// Names of the links of a group, in order; empty where there is no such group.
std::vector<std::string> list_links(hid_t file, const std::string& group);

// The parts of a path between slashes.
std::vector<std::string> path_parts(const std::string& path);
// "" for what lies in the root.
std::string parent_path(const std::string& path);
std::string join_path(const std::string& group, const std::string& name);
std::string lower_case(std::string text);

}  // namespace dctprep
