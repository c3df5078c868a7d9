// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/read/foreign_companions.h"

#include <algorithm>
#include <fmt/format.h>
#include <system_error>
#include <vector>

#include "dctprep/base/error.h"
#include "dctprep/read/hdf5/companions.h"
#include "dctprep/read/hdf5/source.h"
#include "dctprep/read/image/image_file.h"
#include "dctprep/read/image/list_series.h"
#include "dctprep/read/image/natural_order.h"

namespace dctprep {

namespace {

namespace fs = std::filesystem;

constexpr int kLeastFrames = 2;          // of a scan
constexpr std::size_t kMostLooked = 16;  // stacks whose files are looked at

bool is_among(const fs::path& file, const std::vector<fs::path>& files) {
  return std::ranges::any_of(files, [&](const fs::path& one) {
    std::error_code error;
    return fs::equivalent(one, file, error) && !error;
  });
}

// A link to one stack goes by many names; a dataset without its slash, or a group, is named too.
bool is_named(const RoleStack& stack, const std::string& dataset) {
  return std::ranges::any_of(
      stack.dataset.names, [&](const std::string& name) { return name == dataset || name.starts_with(dataset + "/"); });
}

// Whether frames of `stack` come from a file of the scan: a master that is another door to it.
bool leads_to(const fs::path& file, const RoleStack& stack, const std::vector<fs::path>& files) {
  std::vector<fs::path> sources;
  try {
    open_hdf5_frames(file, stack.dataset.path)->list_files(sources);
  } catch (const Error&) {
  }
  return std::ranges::any_of(sources, [&](const fs::path& source) { return is_among(source, files); });
}

std::string described(const fs::path& file, const std::vector<RoleStack>& stacks) {
  return fmt::format("{}::{} ({} frames{})", file.string(), stacks[0].dataset.path, stacks[0].frames,
                     stacks.size() > 1 ? fmt::format(", and {} more", stacks.size() - 1) : "");
}

// The stacks of frames of a scan in the companion's file, but for the companion itself.
std::vector<RoleStack> stacks_beside(const DatasetPath& companion) {
  std::vector<RoleStack> stacks = list_role_stacks(companion.file);
  std::erase_if(stacks, [&](const RoleStack& stack) {
    return stack.role != StackRole::kProjections || stack.frames < kLeastFrames ||
           (!companion.dataset.empty() && is_named(stack, companion.dataset));
  });
  return stacks;
}

std::string first_group(const std::string& path) {
  const std::vector<std::string> parts = path_parts(path);
  return parts.size() < 2 ? std::string() : parts[0];
}

// In the scan's own file: whether the companion lies in another entry, with frames of its own.
std::optional<std::string> other_scan_in_own_file(const DatasetPath& companion, const std::string& own_dataset) {
  const std::string group = first_group(companion.dataset), own = first_group(own_dataset);
  if (group.empty() || own.empty() || group == own) return {};
  std::vector<RoleStack> stacks = stacks_beside(companion);
  std::erase_if(stacks, [&](const RoleStack& stack) {
    const auto in_group = [&](const std::string& name) { return first_group(name) == group; };
    return is_named(stack, own_dataset) || std::ranges::none_of(stack.dataset.names, in_group);
  });
  if (stacks.empty()) return {};
  return described(companion.file, stacks);
}

std::optional<std::string> other_scan_in_file(const DatasetPath& companion, bool is_frames,
                                              const std::vector<fs::path>& own_files) {
  if (is_among(companion.file, own_files)) return {};
  // A file that is named as a whole and holds but one stack is that stack.
  if (is_frames && companion.dataset.empty() && list_role_stacks(companion.file).size() == 1) return {};
  const std::vector<RoleStack> stacks = stacks_beside(companion);
  if (stacks.empty()) return {};
  for (std::size_t i = 0; i < std::min(stacks.size(), kMostLooked); ++i) {
    if (leads_to(companion.file, stacks[i], own_files)) return {};
  }
  return described(companion.file, stacks);
}

std::optional<std::string> other_scan_in_folder(const ScanPath& companion, const ScanPath& scan) {
  const fs::path own = scan.is_hdf5 ? fs::path(absolute_path(scan.file.string())).parent_path() : scan.folder;
  std::error_code error;
  if (fs::equivalent(companion.folder, own, error)) return {};
  for (const ImageFamily& family : list_image_families(companion.folder)) {
    if (is_companion_name(family.pattern) || family.files.size() < kLeastFrames) continue;
    if (is_among(companion.files.front(), family.files)) continue;
    return fmt::format("{} ({} files)", (companion.folder / family.pattern).string(), family.files.size());
  }
  return {};
}

}  // namespace

std::optional<std::string> other_scan_of(const std::string& companion, bool is_frames, const ScanPath& scan,
                                         const FrameSource& frames) {
  try {
    const DatasetPath parts = split_dataset_path(companion);
    std::error_code error;
    if (!fs::is_regular_file(parts.file, error) || !is_hdf5_file(parts.file)) {
      return other_scan_in_folder(resolve_scan_path(companion), scan);
    }
    std::vector<fs::path> own_files;
    if (scan.is_hdf5 && is_among(parts.file, {scan.file})) return other_scan_in_own_file(parts, scan.dataset);
    frames.list_files(own_files);
    return other_scan_in_file(parts, is_frames, own_files);
  } catch (const Error&) {
    return {};
  }
}

void refuse_foreign_omega(const std::string& option, const ScanPath& scan, const FrameSource& frames) {
  if (option == "auto" || option == "none" || option == "header") return;
  if (const auto other = other_scan_of(option, false, scan, frames)) {
    fail_usage(
        "scan.omega = \"{}\": these are angles of another scan, {}, and not of scan.path = \"{}\"; set scan.omega = "
        "\"auto\" for those of the scan itself, or give omega_start and omega_step",
        option, *other, scan.absolute);
  }
}

std::optional<std::string> warn_of_foreign(const std::string& key, const std::string& option, const ScanPath& scan,
                                           const FrameSource& frames) {
  if (option == "auto" || option == "none") return {};
  const bool is_mask = key == "scan.mask";
  const auto other = other_scan_of(option, !is_mask, scan, frames);
  if (!other) return {};
  return fmt::format("{} = \"{}\" lies with another scan, {}, than scan.path = \"{}\"; {}", key, option, *other,
                     scan.absolute,
                     is_mask ? "make sure that it fits, or set scan.mask = \"none\""
                             : fmt::format("make sure that it fits, or set {} = \"auto\" for what lies with the scan "
                                           "itself",
                                           key));
}

}  // namespace dctprep
