// SPDX-License-Identifier: BSD-3-Clause
// One mapping of a virtual dataset: which of its elements are which of a source's.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <hdf5.h>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "dctprep/read/hdf5/stored_frames.h"

namespace dctprep {

// Elements of one dimension, in order: start + i stride + j, i < count, j < block; or those of a list.
struct Comb {
  std::uint64_t start = 0, stride = 1, count = 1, block = 1;    // count may be kUnlimited
  std::shared_ptr<const std::vector<std::uint64_t>> list = {};  // where given, of `count` elements, each of them once

  static constexpr std::uint64_t kUnlimited = ~std::uint64_t{0};
  std::uint64_t size() const { return count == kUnlimited ? kUnlimited : count * block; }
  std::uint64_t operator[](std::uint64_t i) const { return list ? (*list)[i] : start + i / block * stride + i % block; }
  // The largest.
  std::uint64_t last() const { return list ? *std::max_element(list->begin(), list->end()) : (*this)[size() - 1]; }
  // The i with (*this)[i] == element.
  std::optional<std::uint64_t> find(std::uint64_t element) const;
  friend bool operator==(const Comb&, const Comb&) = default;
  friend auto operator<=>(const Comb&, const Comb&) = default;
};

// A selection of a stack: frames, rows, columns.
using StackSelection = std::array<Comb, 3>;

struct VirtualMapping {
  std::string file;       // as written; "." is the virtual dataset's own
  std::string dataset;    // as written
  bool numbered = false;  // names hold %b: each block of frames of the target has a source of its own
  StackSelection target;
  std::vector<Comb> source;  // one a dimension of the source; empty: all of it

  std::string file_of(std::uint64_t block) const;
  std::string dataset_of(std::uint64_t block) const;
};

// The mappings of a virtual dataset, in their order. Error where one selects something else than frames, rows and
// columns (each of them any).
std::vector<VirtualMapping> read_virtual_mappings(hid_t dataset, const StackShape& shape);

// Where the pixels of one target frame lie in a source: frame `frame`, rows rows[i] for the target's i-th row, columns
// likewise.
struct SourcePiece {
  std::uint64_t frame = 0;
  Comb rows, columns;
};

// The piece of a source of shape `source_shape` for the target frame at place `position` of mapping.target[0]. Error
// where the selections do not go together dimension by dimension.
SourcePiece source_piece(const VirtualMapping& mapping, const FrameAxes& source_axes, std::uint64_t position);

}  // namespace dctprep
