// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/read/hdf5/mapping.h"

#include <algorithm>
#include <fmt/format.h>
#include <set>

#include "dctprep/base/error.h"
#include "dctprep/base/hdf5_virtual.h"

namespace dctprep {

namespace {

// Lists longer than this are damage, or of single pixels.
constexpr hssize_t kMostInList = hssize_t{1} << 24;

[[noreturn]] void fail_irregular() {
  fail("virtual mapping of a selection that is not made of whole frames, rows and columns, which is not supported");
}

Comb comb_of(std::vector<std::uint64_t> elements) {
  Comb comb{.start = elements.front(), .stride = 0, .count = elements.size(), .block = 1};
  comb.list = std::make_shared<const std::vector<std::uint64_t>>(std::move(elements));
  return comb;
}

// A selection that is one list a dimension, as the list of its blocks (first and last corner of each) says.
std::vector<Comb> read_blocks(hid_t space, std::size_t rank) {
  const hssize_t blocks = H5Sget_select_hyper_nblocks(space);
  if (blocks <= 0 || blocks > kMostInList) fail_irregular();
  std::vector<hsize_t> corners(static_cast<std::size_t>(blocks) * 2 * rank);
  if (H5Sget_select_hyper_blocklist(space, 0, static_cast<hsize_t>(blocks), corners.data()) < 0) {
    fail("virtual mapping: {}", hdf5::last_error());
  }
  std::vector<Comb> selection;
  hsize_t points = 1;
  for (std::size_t d = 0; d < rank; ++d) {
    std::set<std::pair<hsize_t, hsize_t>> runs;
    for (std::size_t b = 0; b < corners.size(); b += 2 * rank) runs.emplace(corners[b + d], corners[b + rank + d]);
    std::vector<std::uint64_t> elements;
    for (const auto& [first, last] : runs) {
      if (last < first || last - first >= static_cast<hsize_t>(kMostInList)) fail_irregular();
      for (hsize_t i = elements.empty() ? first : std::max<hsize_t>(first, elements.back() + 1); i <= last; ++i) {
        elements.push_back(i);
      }
      if (static_cast<hssize_t>(elements.size()) > kMostInList) fail_irregular();
    }
    points *= elements.size();
    selection.push_back(comb_of(std::move(elements)));
  }
  if (static_cast<hssize_t>(points) != H5Sget_select_npoints(space)) fail_irregular();
  return selection;
}

// Empty where all is selected.
std::vector<Comb> read_selection(hid_t space) {
  const H5S_sel_type kind = H5Sget_select_type(space);
  if (kind == H5S_SEL_ALL) return {};
  const int rank = H5Sget_simple_extent_ndims(space);
  if (rank <= 0 || kind == H5S_SEL_NONE) fail("virtual mapping of nothing");
  const auto size = static_cast<std::size_t>(rank);
  if (kind != H5S_SEL_HYPERSLABS) fail_irregular();  // HDF5 allows no lists of points here
  if (H5Sis_regular_hyperslab(space) <= 0) return read_blocks(space, size);
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

bool has_number(const std::string& text) {
  for (std::size_t i = 0; i + 1 < text.size(); ++i) {
    if (text[i] == '%' && text[i + 1] == 'b') return true;
    if (text[i] == '%' && text[i + 1] == '%') ++i;
  }
  return false;
}

}  // namespace

std::optional<std::uint64_t> Comb::find(std::uint64_t element) const {
  if (list) {
    const auto found = std::find(list->begin(), list->end(), element);
    if (found == list->end()) return std::nullopt;
    return static_cast<std::uint64_t>(found - list->begin());
  }
  if (element < start) return std::nullopt;
  const std::uint64_t tooth = (element - start) / stride, inside = (element - start) % stride;
  if (inside >= block || (count != kUnlimited && tooth >= count)) return std::nullopt;
  return tooth * block + inside;
}

std::string VirtualMapping::file_of(std::uint64_t block) const {
  return numbered ? hdf5::source_name(file, block) : hdf5::source_name(file);
}
std::string VirtualMapping::dataset_of(std::uint64_t block) const {
  return numbered ? hdf5::source_name(dataset, block) : hdf5::source_name(dataset);
}

std::vector<VirtualMapping> read_virtual_mappings(hid_t dataset, const StackShape& shape) {
  const hdf5::Handle creation = hdf5::check(H5Dget_create_plist(dataset), "dataset properties");
  std::size_t count = 0;
  hdf5::check_status(H5Pget_virtual_count(creation.id(), &count), "virtual mappings");
  std::vector<VirtualMapping> mappings;
  for (std::size_t i = 0; i < count; ++i) {
    VirtualMapping mapping;
    mapping.file = hdf5::source_file_name(creation.id(), i);
    mapping.dataset = hdf5::source_dataset_name(creation.id(), i);
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
  auto mismatch = [&] {
    fail(
        "virtual mapping of {} x {} pixels of its source onto {} x {}, which do not fit; was the source changed since?",
        source[1].size(), source[2].size(), target[1].size(), target[2].size());
  };

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

}  // namespace dctprep
