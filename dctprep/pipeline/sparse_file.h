// SPDX-License-Identifier: BSD-3-Clause
// A file of products (sparse_writer.h), opened for reading.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <vector>

#include "dctprep/base/hdf5.h"
#include "dctprep/pipeline/plan_file.h"
#include "dctprep/pipeline/product.h"
#include "dctprep/write/packed_column.h"

namespace dctprep {

// Whether `path` is an HDF5 file that says it is one.
bool is_sparse_file(const std::filesystem::path& path);

// Nothing in the file is trusted: every Error names it and what is wrong. Not for several threads at once.
class SparseFile {
 public:
  // Error where there is no such file, where it is none of these, or where it is damaged. `known`: the plan of a file
  // read before, which this one then shares if it has the same; a file beside its plan needs it.
  explicit SparseFile(std::filesystem::path path, SharedPlan known = {});

  const std::filesystem::path& path() const { return path_; }
  const SharedPlan& plan() const { return shared_; }
  // The blocks that it holds products of; first == end: none, it holds the plan alone.
  BlockRange blocks() const { return range_; }
  FrameRange frames() const { return own_; }

  // Of a block, a frame that it holds. Frames are read fastest one after the other.
  Image<std::uint16_t> background(std::size_t block) const;
  Image<float> transmission(int k) const;
  bool holds_transmission() const { return !transmission_crc32_.empty(); }
  // Its values are in counts.
  FrameProduct frame(int k);

 private:
  void open();
  void read_facts();
  template <class Body>
  auto guarded(Body&& body) const;

  std::filesystem::path path_;
  hdf5::Handle file_;
  SharedPlan known_, shared_;
  BlockRange range_;
  FrameRange own_;
  std::vector<FrameFacts> facts_;
  std::vector<std::uint32_t> background_crc32_, transmission_crc32_;
  std::vector<std::uint64_t> run_end_, value_end_, saturated_end_;
  std::unique_ptr<PackedColumnReader<std::uint16_t>> run_v_, run_u_, run_size_, value_;
  std::unique_ptr<PackedColumnReader<std::uint32_t>> saturated_;
};

}  // namespace dctprep
