// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/read/hdf5/layout.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <map>
#include <string_view>

#include "dctprep/base/error.h"
#include "dctprep/base/rehearsal.h"
#include "dctprep/read/hdf5/bliss.h"
#include "dctprep/read/hdf5/contents.h"
#include "dctprep/read/hdf5/image_key.h"
#include "dctprep/read/hdf5/omega.h"
#include "dctprep/read/hdf5/stored_frames.h"

namespace dctprep {

namespace fs = std::filesystem;

namespace {

constexpr int kDepth = 12;

bool all_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isdigit(c) != 0; });
}

using Role = StackRole;

// What the words of a path say: /exchange/data_dark, /darks/data, /entry/flat_field.
Role role_of(const std::string& path) {
  constexpr std::array<std::string_view, 10> kFlats{"flat",   "flats",   "flatfield",   "white",     "whites",
                                                    "bright", "brights", "brightfield", "reference", "references"};
  std::string word;
  for (const char c : lower_case(path) + "/") {
    if (std::isalpha(static_cast<unsigned char>(c))) {
      word += c;
      continue;
    }
    if (word == "dark" || word == "darks" || word == "darkfield") return Role::kDark;
    if (std::find(kFlats.begin(), kFlats.end(), word) != kFlats.end() || word == "ref" || word == "refs")
      return Role::kFlat;
    word.clear();
  }
  return Role::kProjections;
}

bool is_stack(const FoundDataset& dataset, std::size_t min_rank) {
  if (dataset.dims.size() < min_rank) return false;
  try {
    return !is_matrix(stack_shape(dataset.dims));
  } catch (const Error&) {
    return false;
  }
}

std::string describe(const FoundDataset& dataset) {
  return fmt::format("{} ({})", dataset.path, fmt::join(dataset.dims, " x "));
}

bool has_name(const FoundDataset& dataset, const std::string& name) {
  return std::find(dataset.names.begin(), dataset.names.end(), name) != dataset.names.end();
}

const FoundDataset* find_named(const Hdf5Contents& contents, const std::string& name) {
  for (const FoundDataset& dataset : contents.datasets) {
    if (has_name(dataset, name)) return &dataset;
  }
  return nullptr;
}

// Dectris: data_000001, data_000002, ... of one group, by links to files that may be gone. Names in order, also those
// of numbers left out; empty where there are none, or in several groups.
std::vector<std::string> find_dectris(const Hdf5Contents& contents) {
  std::map<std::string, std::pair<int, int>> groups;  // first and last number
  auto consider = [&](const std::string& path) {
    const std::string leaf = path.substr(path.rfind('/') + 1);
    if (leaf.size() != 11 || !leaf.starts_with("data_") || !all_digits(leaf.substr(5))) return;
    const int number = std::stoi(leaf.substr(5));
    const auto [place, is_new] = groups.try_emplace(parent_path(path), number, number);
    place->second.first = std::min(place->second.first, number);
    place->second.second = std::max(place->second.second, number);
  };
  for (const FoundDataset& dataset : contents.datasets) {
    if (dataset.dims.size() < 2) continue;
    for (const std::string& name : dataset.names) consider(name);
  }
  if (groups.empty()) return {};
  for (const std::string& path : contents.dangling) consider(path);
  std::vector<std::string> names;
  if (groups.size() != 1) return names;
  const auto& [group, range] = *groups.begin();
  if (range.second - range.first > 100000) return names;
  for (int number = range.first; number <= range.second; ++number) {
    names.push_back(fmt::format("{}/data_{:06}", group, number));
  }
  return names;
}

// What NeXus's @default and @signal lead to, "" where they lead to nothing.
std::string default_signal(hid_t file) {
  std::string group = "/";
  for (int level = 0; level < 6; ++level) {
    const hdf5::Handle handle(H5Gopen2(file, group.c_str(), H5P_DEFAULT));
    if (!handle) return {};
    const std::string next = hdf5::read_string_attribute(handle.id(), "default");
    if (next.empty()) {
      const std::string signal = hdf5::read_string_attribute(handle.id(), "signal");
      return signal.empty() ? std::string() : join_path(group, signal);
    }
    group = next[0] == '/' ? next : join_path(group, next);
  }
  return {};
}

constexpr std::size_t kMostNamed = 5;  // in a message

// Says what comes nearest to a stack of frames.
[[noreturn]] void fail_without_stack(const Hdf5Contents& contents) {
  std::string nearest;
  for (const FoundDataset& dataset : contents.datasets) {
    if (dataset.dims.size() < 2 || role_of(dataset.path) != Role::kProjections || is_stack(dataset, 2)) continue;
    try {
      if (is_matrix(stack_shape(dataset.dims)) && dataset.dims.size() >= 3)
        nearest = fmt::format("; {} holds matrices, no images", describe(dataset));
    } catch (const Error& error) {
      nearest = fmt::format("; {} is {}", dataset.path, error.what());
    }
    if (dataset.dims.size() >= 3) break;
  }
  for (const FoundDataset& dataset : contents.datasets) {
    if (!nearest.empty() || role_of(dataset.path) == Role::kProjections || !is_stack(dataset, 2)) continue;
    nearest = fmt::format("; {} is called a dark or flat, name it with :: if it is the scan", describe(dataset));
  }
  if (nearest.empty() && !contents.dangling.empty())
    nearest = fmt::format("; the link {} leads nowhere", contents.dangling[0]);
  fail("holds no stack of frames (no dataset of numbers with 3 dimensions){}", nearest);
}

const FoundDataset& choose_stack(hid_t file, const Hdf5Contents& contents) {
  std::vector<const FoundDataset*> candidates;
  for (const std::size_t rank : {std::size_t{3}, std::size_t{2}}) {
    for (const FoundDataset& dataset : contents.datasets) {
      // A table of two dimensions is an image where it is as large as one.
      const bool large = rank == 3 || (dataset.dims.size() == 2 && std::min(dataset.dims[0], dataset.dims[1]) >= 16);
      if (large && is_stack(dataset, rank) && role_of(dataset.path) == Role::kProjections)
        candidates.push_back(&dataset);
    }
    if (!candidates.empty()) break;
  }
  if (candidates.empty()) fail_without_stack(contents);
  if (candidates.size() == 1) return *candidates[0];
  const std::string signal = default_signal(file);
  std::vector<std::string> names;
  for (const FoundDataset* candidate : candidates) {
    if (has_name(*candidate, signal)) return *candidate;
    if (names.size() < kMostNamed) names.push_back(describe(*candidate));
  }
  if (candidates.size() > kMostNamed) names.push_back(fmt::format("and {} more", candidates.size() - kMostNamed));
  fail("holds several stacks of frames, name one as FILE.h5::{}: {}", candidates[0]->path, fmt::join(names, "; "));
}

std::string writer_of(const std::string& path) {
  const std::vector<std::string> parts = path_parts(path);
  if (parts.size() >= 2 && parts[parts.size() - 2] == "exchange") return "APS exchange";
  if (!parts.empty() && parts[0].starts_with("entry_") && all_digits(std::string_view(parts[0]).substr(6)))
    return "LImA";
  if (path.find("imageseries/") != std::string::npos || path.find("images/ge") != std::string::npos) return "CHESS";
  return "HDF5";
}

std::size_t common_parts(const std::string& a, const std::string& b) {
  const std::vector<std::string> x = path_parts(a), y = path_parts(b);
  const auto [end, ignored] =
      std::mismatch(x.begin(), x.begin() + static_cast<std::ptrdiff_t>(std::min(x.size(), y.size())), y.begin());
  return static_cast<std::size_t>(end - x.begin());
}

// The stack nearest to the projections that is called dark or flat and has their size.
void find_named_role(const Hdf5Contents& contents, const FoundDataset& projections, Role role, Hdf5Stack& stack,
                     std::vector<std::string>& notes) {
  const StackShape shape = stack_shape(projections.dims);
  std::vector<std::pair<std::size_t, const FoundDataset*>> found;
  for (const FoundDataset& dataset : contents.datasets) {
    if (&dataset == &projections || !is_stack(dataset, 2) || role_of(dataset.path) != role) continue;
    const StackShape other = stack_shape(dataset.dims);
    if (other.height != shape.height || other.width != shape.width) continue;
    found.emplace_back(common_parts(dataset.path, projections.path), &dataset);
  }
  if (found.empty()) return;
  const auto nearest = std::max_element(found.begin(), found.end(), [](auto& a, auto& b) { return a.first < b.first; });
  const auto as_near =
      std::count_if(found.begin(), found.end(), [&](auto& each) { return each.first == nearest->first; });
  if (as_near > 1) {
    notes.push_back(fmt::format("several {} stacks as near to {}, none was taken",
                                role == Role::kDark ? "dark" : "flat", projections.path));
    return;
  }
  stack.datasets = {nearest->second->path};
}

// areaDetector numbers the frames that it takes: where some were lost, the numbers tell which.
std::string find_frame_ids(const Hdf5Contents& contents, int frames) {
  for (const FoundDataset& dataset : contents.datasets) {
    if (dataset.dims != std::vector<hsize_t>{static_cast<hsize_t>(frames)}) continue;
    const std::string leaf = lower_case(path_parts(dataset.path).back());
    if (leaf == "ndarrayuniqueid" || leaf == "unique_id" || leaf == "frame_id") return dataset.path;
  }
  return {};
}

void find_surroundings(hid_t file, const Hdf5Contents& contents, const FoundDataset& stack, Hdf5Layout& layout) {
  const int frames = stack_shape(stack.dims).frames;
  if (sort_by_image_key(file, contents.datasets, stack, frames, layout)) {
    layout.writer = "NXtomo";
  } else {
    find_named_role(contents, stack, Role::kDark, layout.darks, layout.notes);
    find_named_role(contents, stack, Role::kFlat, layout.flats, layout.notes);
  }
  layout.frame_ids = find_frame_ids(contents, frames);
  layout.omega = find_omega_candidates(file, {.datasets = contents.datasets, .stack = stack.path, .frames = frames});
}

Hdf5Layout dectris_layout(hid_t file, const Hdf5Contents& contents, std::vector<std::string> names) {
  Hdf5Layout layout;
  layout.writer = "Dectris";
  int present = 0;
  for (const std::string& name : names) {
    const FoundDataset* part = find_named(contents, name);
    if (part != nullptr && is_stack(*part, 2)) present += stack_shape(part->dims).frames;
  }
  layout.projections.datasets = std::move(names);
  // Where files are gone there are more angles than frames are present.
  layout.omega = find_omega_candidates(file, {.datasets = contents.datasets,
                                              .stack = layout.projections.datasets[0],
                                              .frames = present,
                                              .begin_together = true});
  return layout;
}

void warn_of_missing_parts(const fs::path& path, const Hdf5Contents& contents, Hdf5Layout& layout) {
  const std::vector<std::string>& parts = layout.projections.datasets;
  const auto is_gone = [&](const std::string& name) { return find_named(contents, name) == nullptr; };
  const auto first = std::find_if(parts.begin(), parts.end(), is_gone);
  if (first == parts.end()) return;
  std::string why;
  try {
    open_hdf5_dataset(path, *first);
  } catch (const Error& error) {
    why = error.what();
  }
  layout.warnings.push_back(fmt::format("{} of {} files of frames {} missing; {}{}",
                                        std::count_if(parts.begin(), parts.end(), is_gone), parts.size(),
                                        std::count_if(parts.begin(), parts.end(), is_gone) == 1 ? "is" : "are",
                                        parts.size() > 2 ? "the first: " : "", why));
}

Hdf5Layout find_layout(const fs::path& path, hid_t file, std::string wanted) {
  if (!wanted.empty() && wanted[0] != '/') wanted = "/" + wanted;
  while (wanted.size() > 1 && wanted.back() == '/') wanted.pop_back();
  if (wanted == "/") wanted.clear();
  bool is_group = false;
  if (!wanted.empty()) {
    const hdf5::Handle group(H5Gopen2(file, wanted.c_str(), H5P_DEFAULT));
    is_group = static_cast<bool>(group);
    if (!is_group) stack_shape(hdf5::shape(open_hdf5_dataset(path, wanted).dataset.id()));
  }

  if (wanted.empty() && hdf5::exists(file, "entry/spots/id") && hdf5::exists(file, "entry/process/config")) {
    fail("is a result of dctprep and no scan; `dctprep show` tells what is in it");
  }

  const std::vector<BlissScan> scans = list_bliss_scans(file);
  const std::string top = wanted.empty() ? std::string() : "/" + path_parts(wanted)[0];
  const bool in_scan =
      std::any_of(scans.begin(), scans.end(), [&](const BlissScan& scan) { return scan.group == top; });
  if (!scans.empty() && (wanted.empty() || in_scan)) return bliss_layout(file, scans, is_group ? top : wanted);

  const Hdf5Contents contents = list_datasets(file, is_group ? wanted : "/", kDepth);
  if (wanted.empty() || is_group) {
    std::vector<std::string> dectris = find_dectris(contents);
    if (!dectris.empty()) {
      Hdf5Layout layout = dectris_layout(file, contents, std::move(dectris));
      warn_of_missing_parts(path, contents, layout);
      return layout;
    }
  }
  Hdf5Layout layout;
  const FoundDataset* stack = nullptr;
  FoundDataset given;
  if (wanted.empty() || is_group) {
    stack = &choose_stack(file, contents);
  } else if ((stack = find_named(contents, wanted)) == nullptr) {  // deeper than was looked
    given = {wanted, hdf5::shape(open_hdf5_dataset(path, wanted).dataset.id()), {wanted}};
    stack = &given;
  }
  layout.projections.datasets = {wanted.empty() || is_group ? stack->path : wanted};
  layout.writer = writer_of(layout.projections.datasets[0]);
  find_surroundings(file, contents, *stack, layout);
  return layout;
}

}  // namespace

StackRole stack_role(const std::string& path) { return role_of(path); }

Hdf5Layout find_hdf5_layout(const fs::path& file, const std::string& dataset) {
  return hdf5::rehearsed(file.native(), [&] {
    const hdf5::Handle handle = hdf5::open_file(file);
    const std::string name = dataset.empty() ? file.string() : fmt::format("{}::{}", file.string(), dataset);
    // open_hdf5_dataset names the file itself.
    try {
      return find_layout(file, handle.id(), dataset);
    } catch (const Error& error) {
      if (std::string_view(error.what()).starts_with(file.string())) throw;
      throw error.within(name);
    }
  });
}

}  // namespace dctprep
