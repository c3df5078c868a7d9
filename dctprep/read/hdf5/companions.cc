// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/read/hdf5/companions.h"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <map>

#include "dctprep/base/error.h"
#include "dctprep/base/rehearsal.h"
#include "dctprep/read/hdf5/bliss.h"
#include "dctprep/read/hdf5/stored_frames.h"

namespace dctprep {

namespace {

constexpr int kCompanionDepth = 12;
constexpr int kLeastSide = 2;  // pixels of an image; less is a list of numbers

// The role of every BLISS scan of the file by its title, by its group without the slash.
std::map<std::string, StackRole> roles_of_titles(hid_t file) {
  std::map<std::string, StackRole> roles;
  for (const BlissScan& scan : list_bliss_scans(file)) {
    std::string title;
    try {
      title = hdf5::read_string(file, scan.group + "/title");
    } catch (const Error&) {
      continue;
    }
    const BlissKind kind = bliss_kind(title);
    if (kind != BlissKind::kOther)
      roles[scan.group.substr(1)] = kind == BlissKind::kDark ? StackRole::kDark : StackRole::kFlat;
  }
  return roles;
}

std::vector<RoleStack> list_stacks(const std::filesystem::path& path) {
  const hdf5::Handle file = hdf5::open_file(path);
  const auto of_title = roles_of_titles(file.id());
  std::vector<RoleStack> stacks;
  for (const FoundDataset& dataset : list_datasets(file.id(), "/", kCompanionDepth).datasets) {
    if (dataset.dims.size() < 2) continue;
    RoleStack stack{dataset, stack_role(dataset.path)};
    try {
      const StackShape shape = stack_shape(dataset.dims);
      stack.frames = shape.frames, stack.height = shape.height, stack.width = shape.width;
    } catch (const Error&) {
      continue;
    }
    if (std::min(stack.height, stack.width) < kLeastSide) continue;
    if (const auto title = of_title.find(path_parts(dataset.path)[0]);
        title != of_title.end() && stack.role == StackRole::kProjections) {
      stack.role = title->second;
    }
    stacks.push_back(std::move(stack));
  }
  return stacks;
}

}  // namespace

std::vector<RoleStack> list_role_stacks(const std::filesystem::path& file) {
  return hdf5::rehearsed(file.native(), [&] { return list_stacks(file); });
}

Hdf5Stack find_role_stack(const std::filesystem::path& file, StackRole role, int height, int width) {
  std::vector<RoleStack> stacks = list_role_stacks(file);
  std::erase_if(stacks, [&](const RoleStack& stack) { return stack.role != role; });
  const auto fits = [&](const RoleStack& stack) { return stack.height == height && stack.width == width; };
  if (std::ranges::any_of(stacks, fits)) std::erase_if(stacks, [&](const RoleStack& stack) { return !fits(stack); });
  if (stacks.empty()) return {};
  const std::string group = parent_path(stacks[0].dataset.path);
  const bool of_one_group = std::ranges::all_of(
      stacks, [&](const RoleStack& stack) { return stack.frames == 1 && parent_path(stack.dataset.path) == group; });
  std::vector<std::string> paths;
  for (const RoleStack& stack : stacks) paths.push_back(stack.dataset.path);
  if (stacks.size() == 1 || of_one_group) return {paths, {}};
  const char* what = role == StackRole::kDark ? "darks" : "flats";
  if (paths.size() > 5) paths.resize(5);
  fail("{}: holds {} stacks of {} ({}{}); name one as {}::{}", file.string(), stacks.size(), what,
       fmt::join(paths, ", "), stacks.size() > paths.size() ? ", ..." : "", file.string(), paths[0]);
}

}  // namespace dctprep
