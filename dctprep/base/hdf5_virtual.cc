// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/base/hdf5_virtual.h"

#include <algorithm>
#include <cstdlib>
#include <fmt/format.h>
#include <string_view>
#include <system_error>
#include <vector>

#include "dctprep/base/error.h"
#include "dctprep/base/hdf5.h"
#include "dctprep/base/rehearsal.h"

namespace dctprep::hdf5 {

namespace fs = std::filesystem;

namespace {

constexpr int kMaxDepth = 8;

std::string call_for_text(const auto& get) {
  const ssize_t size = get(nullptr, 0);
  if (size < 0) fail("virtual mapping: {}", last_error());
  std::string text(static_cast<std::size_t>(size), '\0');
  get(text.data(), text.size() + 1);
  return text;
}

std::vector<fs::path> prefixes(const fs::path& origin) {
  std::vector<fs::path> folders;
  const char* set = std::getenv("HDF5_VDS_PREFIX");
  for (std::string_view rest = set == nullptr ? "" : set; !rest.empty();) {
    const std::size_t end = std::min(rest.find(':'), rest.size());
    if (end > 0) folders.push_back(expand_origin(std::string(rest.substr(0, end)), origin));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return folders;
}

fs::path file_of(hid_t object) {
  return call_for_text([&](char* text, std::size_t size) { return H5Fget_name(object, text, size); });
}

hsize_t points_of(hid_t space) { return static_cast<hsize_t>(std::max<hssize_t>(0, H5Sget_select_npoints(space))); }

bool is_endless(hid_t space) {
  if (H5Sget_select_type(space) != H5S_SEL_HYPERSLABS || H5Sis_regular_hyperslab(space) <= 0) return false;
  const auto rank = static_cast<std::size_t>(std::max(0, H5Sget_simple_extent_ndims(space)));
  std::vector<hsize_t> start(rank), stride(rank), count(rank), block(rank);
  if (H5Sget_regular_hyperslab(space, start.data(), stride.data(), count.data(), block.data()) < 0) return false;
  const auto endless = [](hsize_t size) { return size == H5S_UNLIMITED; };
  return std::any_of(count.begin(), count.end(), endless) || std::any_of(block.begin(), block.end(), endless);
}

// The elements that a mapping takes of its source, as a selection of what the source is now: `wanted` of them.
Handle source_selection(hid_t source, hid_t mapped, hsize_t wanted, const std::string& name) {
  Handle actual = check(H5Dget_space(source), name);
  const auto too_short = [&] { fail("its source {} is too short", name); };
  const int rank = H5Sget_simple_extent_ndims(actual.id());
  if (H5Sget_select_type(mapped) == H5S_SEL_ALL) {
    // How large it was is not kept. A list that has grown since begins as it did.
    if (points_of(actual.id()) < wanted) too_short();
    if (points_of(actual.id()) > wanted && rank == 1) {
      const hsize_t origin = 0;
      H5Sselect_hyperslab(actual.id(), H5S_SELECT_SET, &origin, nullptr, &wanted, nullptr);
    }
  } else {
    if (H5Sget_simple_extent_ndims(mapped) != rank) too_short();
    if (H5Sselect_copy(actual.id(), mapped) < 0) fail("virtual mapping: {}", last_error());
    if (H5Sselect_valid(actual.id()) <= 0) too_short();
  }
  if (points_of(actual.id()) != wanted) {
    fail("virtual mapping of {} elements of {} onto {}", points_of(actual.id()), name, wanted);
  }
  return actual;
}

// What a virtual source gives is read whole and picked from: they are small.
void read_virtual_source(hid_t source, const Handle& from, const Handle& into, hid_t type, void* to, int depth) {
  const Handle whole = check(H5Dget_space(source), "virtual source");
  const std::size_t size = H5Tget_size(type);
  const hssize_t elements = H5Sget_simple_extent_npoints(whole.id());
  if (elements < 0 || elements > (hssize_t{1} << 32)) fail("virtual source of an impossible size");
  std::vector<char> all(static_cast<std::size_t>(elements) * size), picked(points_of(from.id()) * size);
  read_virtual(source, type, all.data(), depth + 1);
  const std::pair<void*, std::size_t> given{picked.data(), picked.size()};
  const auto hand_over = [](const void** data, std::size_t* bytes, void* what) -> herr_t {
    const auto& [begin, count] = *static_cast<const std::pair<void*, std::size_t>*>(what);
    *data = begin;
    *bytes = count;
    return 0;
  };
  if (H5Dgather(from.id(), all.data(), type, picked.size(), picked.data(), nullptr, nullptr) < 0 ||
      H5Dscatter(hand_over, const_cast<std::pair<void*, std::size_t>*>(&given), type, into.id(), to) < 0) {
    fail("virtual mapping: {}", last_error());
  }
}

bool is_virtual(hid_t dataset) {
  const Handle creation(H5Dget_create_plist(dataset));
  return creation && H5Pget_layout(creation.id()) == H5D_VIRTUAL;
}

// The elements of the virtual dataset that mapping `i` gives. The mapping's own idea of its size is not trusted.
Handle target_selection(hid_t creation, std::size_t i, hid_t space) {
  const Handle mapped = check(H5Pget_virtual_vspace(creation, i), "virtual mapping");
  Handle target = check(H5Scopy(space), "virtual mapping");
  if (H5Sget_simple_extent_ndims(mapped.id()) != H5Sget_simple_extent_ndims(space))
    fail("virtual mapping of other dimensions than its dataset");
  if (H5Sget_select_type(mapped.id()) == H5S_SEL_ALL) return target;
  if (H5Sselect_copy(target.id(), mapped.id()) < 0) fail("virtual mapping: {}", last_error());
  if (H5Sselect_valid(target.id()) <= 0) fail("virtual mapping beyond the end of its dataset");
  return target;
}

// Reads mapping `i` into the selection `into`; `open` is the source file opened last, kept for the next mapping.
void read_mapping(const fs::path& file, hid_t creation, std::size_t i, const Handle& into, hid_t type, void* to,
                  int depth, std::pair<fs::path, Handle>& open) {
  const std::string name = source_name(source_file_name(creation, i));
  const std::string dataset = source_name(source_dataset_name(creation, i));
  const auto found = find_source_file(file, name);
  if (!found) fail("{}", source_is_gone(file, name));
  if (!open.second || open.first != *found) open = {*found, open_file(*found)};
  const Handle source(H5Dopen2(open.second.id(), dataset.c_str(), H5P_DEFAULT));
  if (!source) fail("its source {}::{} is gone", found->string(), dataset);
  const std::string place = fmt::format("{}::{}", found->string(), dataset);
  const Handle mapped = check(H5Pget_virtual_srcspace(creation, i), "virtual mapping");
  const Handle from = source_selection(source.id(), mapped.id(), points_of(into.id()), place);
  if (is_virtual(source.id())) return read_virtual_source(source.id(), from, into, type, to, depth);
  check_status(H5Dread(source.id(), type, into.id(), from.id(), H5P_DEFAULT, to), place);
}

bool has_own_fill(hid_t creation) {
  H5D_fill_value_t status = H5D_FILL_VALUE_UNDEFINED;
  return H5Pfill_value_defined(creation, &status) >= 0 && status == H5D_FILL_VALUE_USER_DEFINED;
}

}  // namespace

fs::path expand_origin(const std::string& path, const fs::path& folder) {
  constexpr std::string_view kOrigin = "${ORIGIN}";
  if (!path.starts_with(kOrigin)) return path;
  std::string rest = path.substr(kOrigin.size());
  rest.erase(0, std::min(rest.find_first_not_of('/'), rest.size()));
  return folder / rest;
}

std::optional<fs::path> find_source_file(const fs::path& virtual_file, const std::string& name) {
  if (name == ".") return virtual_file;
  std::error_code error;
  const fs::path folder = virtual_file.parent_path();
  // An absolute path that is gone was moved together with the virtual file, if with anything.
  const bool is_absolute = fs::path(name).is_absolute();
  const fs::path relative = is_absolute ? fs::path(name).filename() : fs::path(name);
  std::vector<fs::path> candidates;
  if (is_absolute) candidates.emplace_back(name);
  for (const fs::path& prefix : prefixes(folder)) candidates.push_back(prefix / relative);
  candidates.push_back(folder / relative);
  candidates.push_back(fs::canonical(virtual_file, error).parent_path() / relative);
  candidates.push_back(fs::absolute(relative, error));
  for (const fs::path& candidate : candidates) {
    if (fs::is_regular_file(candidate, error)) return candidate;
  }
  return std::nullopt;
}

std::string source_is_gone(const fs::path& virtual_file, const std::string& name) {
  const char* set = std::getenv("HDF5_VDS_PREFIX");
  return fmt::format(
      "its source {} is gone; copy it to where it was as seen from {}, or set HDF5_VDS_PREFIX to the folder that it is "
      "to be looked for in{}",
      name, virtual_file.string(), set == nullptr ? "" : fmt::format(" (it is set to {})", set));
}

std::string source_file_name(hid_t creation, std::size_t i) {
  return call_for_text([&](char* text, std::size_t size) { return H5Pget_virtual_filename(creation, i, text, size); });
}

std::string source_dataset_name(hid_t creation, std::size_t i) {
  return call_for_text([&](char* text, std::size_t size) { return H5Pget_virtual_dsetname(creation, i, text, size); });
}

std::string source_name(const std::string& written, std::optional<std::uint64_t> block) {
  std::string result;
  for (std::size_t i = 0; i < written.size(); ++i) {
    const char next = written[i] == '%' && i + 1 < written.size() ? written[i + 1] : '\0';
    if (next == '%' || (next == 'b' && block)) {
      result += next == 'b' ? std::to_string(*block) : "%";
      ++i;
    } else {
      result += written[i];
    }
  }
  return result;
}

void read_virtual(hid_t dataset, hid_t memory_type, void* to, int depth) {
  if (depth > kMaxDepth) fail("virtual datasets lead in a circle, or through more than {} others", kMaxDepth);
  const Handle creation = check(H5Dget_create_plist(dataset), "dataset properties");
  const Handle space = check(H5Dget_space(dataset), "virtual dataset");
  const fs::path file = fs::absolute(file_of(dataset));
  std::size_t mappings = 0;
  check_status(H5Pget_virtual_count(creation.id(), &mappings), "virtual mappings");
  std::vector<std::uint8_t> seen(
      static_cast<std::size_t>(std::max<hssize_t>(0, H5Sget_simple_extent_npoints(space.id()))), 0);
  const bool own_fill = has_own_fill(creation.id());
  if (own_fill || mappings == 0)
    check_status(H5Dread(dataset, memory_type, H5S_ALL, H5S_ALL, H5P_DEFAULT, to), "virtual dataset");
  std::pair<fs::path, Handle> open;
  for (std::size_t i = 0; i < mappings; ++i) {
    const Handle mapped = check(H5Pget_virtual_vspace(creation.id(), i), "virtual mapping");
    if (is_endless(mapped.id())) {
      // HDF5 ends such a dataset where its sources end, so that nothing is filled.
      const std::string name = source_file_name(creation.id(), i);
      if (name.find('%') == std::string::npos && !find_source_file(file, name)) fail("{}", source_is_gone(file, name));
      check_status(H5Dread(dataset, memory_type, H5S_ALL, H5S_ALL, H5P_DEFAULT, to), "virtual dataset");
      return;
    }
    const Handle into = target_selection(creation.id(), i, space.id());
    read_mapping(file, creation.id(), i, into, memory_type, to, depth, open);
    const std::uint8_t one = 1;
    H5Dfill(&one, H5T_NATIVE_UINT8, seen.data(), H5T_NATIVE_UINT8, into.id());
  }
  if (!own_fill && std::find(seen.begin(), seen.end(), 0) != seen.end())
    fail("virtual, and not all of it has a source");
}

}  // namespace dctprep::hdf5
