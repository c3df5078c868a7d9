// SPDX-License-Identifier: BSD-3-Clause
// The filters that an HDF5 dataset's chunks went through, undone here and not by HDF5: on the calling thread, outside
// of its global lock, and safe on damaged bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <hdf5.h>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace dctprep {

// Memory that grows, keeps what it has between uses, and is not cleared.
class ByteBuffer {
 public:
  // At least `size` bytes of undefined content.
  std::span<std::uint8_t> get(std::size_t size);

 private:
  std::unique_ptr<std::uint8_t[]> data_;
  std::size_t capacity_ = 0;
};

// What decoding needs beside its input and output; one a thread.
struct FilterScratch {
  ByteBuffer stages[2];
  std::vector<std::uint8_t> blocks;
};

class FilterPipeline {
 public:
  FilterPipeline() = default;
  // That of a dataset creation property list.
  explicit FilterPipeline(hid_t creation_list);

  // "none", "gzip", "lz4", "bitshuffle", "bitshuffle-lz4", "bitshuffle-zstd", "zstd", or the name of another
  // compression; what does not compress (shuffle, fletcher32) is left out.
  const std::string& name() const { return name_; }
  // Whether `decode` knows every filter: shuffle, deflate, fletcher32, LZ4, bitshuffle (with LZ4, zstd or alone), zstd.
  bool decodable() const { return decodable_; }
  // Whether chunks are stored as they are.
  bool empty() const { return filters_.empty(); }
  // Of the others, the first that HDF5 does not know either, with its number; "" where there is none.
  std::string missing_filter() const;

  // Undoes the filters of one chunk, but those whose bit of `mask` is set (they were skipped). Only where decodable().
  // Returns "" or what is wrong; `out` is then undefined.
  std::string decode(std::span<const std::uint8_t> chunk, std::uint32_t mask, std::span<std::uint8_t> out,
                     FilterScratch& scratch) const;

 private:
  struct Filter {
    H5Z_filter_t id = 0;
    std::vector<unsigned> parameters;
    std::string name;
  };
  static std::string undo(const Filter& filter, std::span<const std::uint8_t> in, std::span<std::uint8_t> out,
                          FilterScratch& scratch);

  std::vector<Filter> filters_;  // in the order of writing
  std::string name_ = "none";
  bool decodable_ = true;
};

}  // namespace dctprep
