// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/read/hdf5_mapping.h"

#include <algorithm>
#include <fmt/format.h>
#include <system_error>

#include "dctprep/base/error.h"

namespace dctprep {

namespace fs = std::filesystem;

namespace {

std::string call_for_text(const auto& get) {
  const ssize_t size = get(nullptr, 0);
  if (size < 0) fail("virtual mapping: {}", hdf5::last_error());
  std::string text(static_cast<std::size_t>(size), '\0');
  get(text.data(), text.size() + 1);
  return text;
}

// Empty where all is selected.
std::vector<Comb> read_selection(hid_t space) {
  const H5S_sel_type kind = H5Sget_select_type(space);
  if (kind == H5S_SEL_ALL) return {};
  if (kind != H5S_SEL_HYPERSLABS || H5Sis_regular_hyperslab(space) <= 0) {
    fail("virtual mapping of an irregular selection, which is not supported");
  }
  const int rank = H5Sget_simple_extent_ndims(space);
  if (rank <= 0) fail("virtual mapping without dimensions");
  const auto size = static_cast<std::size_t>(rank);
  std::vector<hsize_t> start(size), stride(size), count(size), block(size);
  if (H5Sget_regular_hyperslab(space, start.data(), stride.data(), count.data(), block.data()) < 0) {
    fail("virtual mapping: {}", hdf5::last_error());
  }
  std::vector<Comb> selection(size);
  for (std::size_t d = 0; d < size; ++d) {
    Comb& comb = selection[d];
    comb = {start[d], std::max<hsize_t>(stride[d], 1), count[d], block[d]};
    // One block without end is as many blocks of one.
    if (block[d] == H5S_UNLIMITED) comb = {start[d], 1, Comb::kUnlimited, 1};
    if (comb.block == 0 || comb.count == 0) fail("virtual mapping of nothing");
    // The same elements are written in several ways; one block of n says most simply what n touching blocks are.
    if (comb.count == 1) comb.stride = comb.block;
    if (comb.stride == comb.block && comb.count != Comb::kUnlimited) {
      comb = {comb.start, comb.count * comb.block, 1, comb.count * comb.block};
    }
  }
  return selection;
}

Comb pick(const std::vector<Comb>& selection, const FrameAxes& axes, int dimension) {
  if (dimension < 0) return {};
  if (!selection.empty()) return selection[static_cast<std::size_t>(dimension)];
  const std::uint64_t size = axes.dims[static_cast<std::size_t>(dimension)];
  return {0, size, 1, size};
}

// Frames, rows and columns of a selection of a dataset.
StackSelection stack_selection(const std::vector<Comb>& selection, const FrameAxes& axes) {
  if (!selection.empty() && selection.size() != axes.dims.size()) {
    fail("virtual mapping of {} dimensions onto {}", selection.size(), axes.dims.size());
  }
  return {pick(selection, axes, axes.frame), pick(selection, axes, axes.v), pick(selection, axes, axes.u)};
}

// HDF5's rule for names: %b is the block's number, %% is %.
std::string substitute(const std::string& text, std::uint64_t block, bool numbered) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 1 < text.size() && (text[i + 1] == '%' || (numbered && text[i + 1] == 'b'))) {
      ++i;
      result += text[i] == 'b' ? std::to_string(block) : "%";
    } else {
      result += text[i];
    }
  }
  return result;
}

bool has_number(const std::string& text) {
  for (std::size_t i = 0; i + 1 < text.size(); ++i) {
    if (text[i] == '%' && text[i + 1] == 'b') return true;
    if (text[i] == '%' && text[i + 1] == '%') ++i;
  }
  return false;
}

}  // namespace

std::optional<std::uint64_t> Comb::find(std::uint64_t element) const {
  if (element < start) return std::nullopt;
  const std::uint64_t tooth = (element - start) / stride, inside = (element - start) % stride;
  if (inside >= block || (count != kUnlimited && tooth >= count)) return std::nullopt;
  return tooth * block + inside;
}

std::string VirtualMapping::file_of(std::uint64_t block) const { return substitute(file, block, numbered); }
std::string VirtualMapping::dataset_of(std::uint64_t block) const { return substitute(dataset, block, numbered); }

std::vector<VirtualMapping> read_virtual_mappings(hid_t dataset, const StackShape& shape) {
  const hdf5::Handle creation = hdf5::check(H5Dget_create_plist(dataset), "dataset properties");
  std::size_t count = 0;
  hdf5::check_status(H5Pget_virtual_count(creation.id(), &count), "virtual mappings");
  std::vector<VirtualMapping> mappings;
  for (std::size_t i = 0; i < count; ++i) {
    VirtualMapping mapping;
    mapping.file = call_for_text(
        [&](char* text, std::size_t size) { return H5Pget_virtual_filename(creation.id(), i, text, size); });
    mapping.dataset = call_for_text(
        [&](char* text, std::size_t size) { return H5Pget_virtual_dsetname(creation.id(), i, text, size); });
    const hdf5::Handle target = hdf5::check(H5Pget_virtual_vspace(creation.id(), i), "virtual mapping");
    const hdf5::Handle source = hdf5::check(H5Pget_virtual_srcspace(creation.id(), i), "virtual mapping");
    const std::vector<Comb> selection = read_selection(target.id());
    mapping.source = read_selection(source.id());
    mapping.target = stack_selection(selection, shape.axes);
    if (mapping.target[1].count == Comb::kUnlimited || mapping.target[2].count == Comb::kUnlimited) {
      fail("virtual mapping without an end along rows or columns, which is not supported");
    }
    const bool source_unlimited = std::any_of(mapping.source.begin(), mapping.source.end(),
                                              [](const Comb& comb) { return comb.count == Comb::kUnlimited; });
    mapping.numbered = mapping.target[0].count == Comb::kUnlimited && !source_unlimited &&
                       (has_number(mapping.file) || has_number(mapping.dataset));
    mappings.push_back(std::move(mapping));
  }
  return mappings;
}

SourcePiece source_piece(const VirtualMapping& mapping, const FrameAxes& source_axes, std::uint64_t position) {
  StackSelection target = mapping.target;
  if (mapping.numbered) {  // each block is a selection of its own
    position %= target[0].block;
    target[0] = {0, target[0].block, 1, target[0].block};
  }
  const StackSelection source = stack_selection(mapping.source, source_axes);
  auto mismatch = [] { fail("virtual mapping between selections of different shape, which is not supported"); };

  // All of a source goes frame by frame, also where it has grown since or is too short.
  if (mapping.source.empty() && target[1].size() == source[1].size() && target[2].size() == source[2].size()) {
    return {.frame = position, .rows = source[1], .columns = source[2]};
  }

  // Elements go to elements in row order, so dimensions of one element aside, the n-th dimension goes to the n-th.
  std::vector<int> target_dims, source_dims;
  for (int d = 0; d < 3; ++d) {
    if (target[static_cast<std::size_t>(d)].size() != 1) target_dims.push_back(d);
    if (source[static_cast<std::size_t>(d)].size() != 1) source_dims.push_back(d);
  }
  if (target_dims.size() != source_dims.size()) mismatch();

  // Where each dimension of the source stands for the target's frame; rows and columns stay combs.
  std::array<std::uint64_t, 3> fixed{source[0][0], source[1][0], source[2][0]};
  bool rows_run = false, columns_run = false;
  for (std::size_t i = 0; i < target_dims.size(); ++i) {
    const auto t = static_cast<std::size_t>(target_dims[i]), s = static_cast<std::size_t>(source_dims[i]);
    if (t != 0 && target[t].size() != source[s].size()) mismatch();
    if (t == 0) {
      fixed[s] = source[s][position];
    } else if (t == s) {
      (t == 1 ? rows_run : columns_run) = true;
    } else {
      mismatch();
    }
  }
  SourcePiece piece;
  piece.frame = fixed[0];
  piece.rows = rows_run ? source[1] : Comb{.start = fixed[1]};
  piece.columns = columns_run ? source[2] : Comb{.start = fixed[2]};
  return piece;
}

std::optional<fs::path> find_source_file(const fs::path& virtual_file, const std::string& name) {
  if (name == ".") return virtual_file;
  std::error_code error;
  const fs::path folder = virtual_file.parent_path();
  const fs::path real_folder = fs::canonical(virtual_file, error).parent_path();
  // An absolute path that is gone was moved together with the virtual file, if with anything.
  const fs::path relative = fs::path(name).is_absolute() ? fs::path(name).filename() : fs::path(name);
  for (const fs::path& candidate : {fs::path(name).is_absolute() ? fs::path(name) : fs::path(), folder / relative,
                                    real_folder / relative, fs::absolute(relative, error)}) {
    if (!candidate.empty() && fs::exists(candidate, error)) return candidate;
  }
  return std::nullopt;
}

}  // namespace dctprep
