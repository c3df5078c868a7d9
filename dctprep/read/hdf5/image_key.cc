// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/read/hdf5/image_key.h"

#include <algorithm>
#include <fmt/format.h>

#include "dctprep/base/error.h"

namespace dctprep {

namespace {

// The list of that name: beside the stack, else the only one there is.
const FoundDataset* find_keys(const std::vector<FoundDataset>& datasets, const FoundDataset& stack, hsize_t frames,
                              const std::string& leaf) {
  const FoundDataset* only = nullptr;
  int found = 0;
  for (const FoundDataset& dataset : datasets) {
    if (dataset.dims != std::vector<hsize_t>{frames}) continue;
    bool named = false;
    for (const std::string& name : dataset.names) {
      if (path_parts(name).back() != leaf) continue;
      named = true;
      for (const std::string& own : stack.names) {
        if (parent_path(own) == parent_path(name)) return &dataset;
      }
    }
    if (named) only = &dataset, ++found;
  }
  return found == 1 ? only : nullptr;
}

// Keys that lie beside the stack, and are not as many as its frames.
void warn_of_other_counts(const std::vector<FoundDataset>& datasets, const FoundDataset& stack, int frames,
                          Hdf5Layout& layout) {
  for (const FoundDataset& dataset : datasets) {
    if (dataset.dims.size() != 1 || path_parts(dataset.path).back() != "image_key") continue;
    const auto beside = [&](const std::string& own) { return parent_path(own) == parent_path(dataset.path); };
    if (std::none_of(stack.names.begin(), stack.names.end(), beside)) continue;
    layout.warnings.push_back(fmt::format(
        "{} holds {} values for {} frames, so that it cannot tell which of them are darks and flats: all are taken for "
        "projections; scan.frames takes a part of them",
        dataset.path, dataset.dims[0], frames));
  }
}

}  // namespace

bool sort_by_image_key(hid_t file, const std::vector<FoundDataset>& datasets, const FoundDataset& stack, int frames,
                       Hdf5Layout& layout) {
  const FoundDataset* keys = find_keys(datasets, stack, static_cast<hsize_t>(frames), "image_key");
  const FoundDataset* control = find_keys(datasets, stack, static_cast<hsize_t>(frames), "image_key_control");
  if (keys == nullptr) keys = control;
  if (keys == nullptr) {
    warn_of_other_counts(datasets, stack, frames, layout);
    return false;
  }
  const auto kinds = hdf5::read_dataset<int>(file, keys->path);
  const auto controls = control != nullptr ? hdf5::read_dataset<int>(file, control->path) : kinds;
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    const int index = static_cast<int>(i);
    if (i < controls.size() && controls[i] < 0) continue;
    if (kinds[i] == 0) layout.projections.frames.push_back(index);
    if (kinds[i] == 1) layout.flats.frames.push_back(index);
    if (kinds[i] == 2) layout.darks.frames.push_back(index);
  }
  if (layout.projections.frames.empty()) fail("{} says that no frame is a projection", keys->path);
  if (!layout.flats.frames.empty()) layout.flats.datasets = layout.projections.datasets;
  if (!layout.darks.frames.empty()) layout.darks.datasets = layout.projections.datasets;
  return true;
}

}  // namespace dctprep
