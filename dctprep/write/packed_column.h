// SPDX-License-Identifier: BSD-3-Clause
// Datasets of one dimension whose length is not known beforehand: compressed chunk by chunk, each with a checksum, so
// that damage is found and not computed with.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "dctprep/base/hdf5.h"
#include "dctprep/core/hdf5_filters.h"

namespace dctprep {

// T is uint16_t or uint32_t. Bitshuffle with LZ4; NAME_crc32 holds the CRC-32 of each chunk's plain bytes.
template <class T>
class PackedColumnWriter {
 public:
  PackedColumnWriter(hid_t location, const std::string& name);
  void append(std::span<const T> values);
  std::uint64_t size() const { return done_ + buffer_.size(); }
  // Writes what is left. Returns the dataset, to hang attributes on.
  hdf5::Handle finish();

 private:
  void flush();

  hid_t location_;
  std::string name_;
  hdf5::Handle dataset_;
  std::vector<T> buffer_;
  std::vector<std::uint32_t> checksums_;
  std::uint64_t done_ = 0;
};

// Reads one; nothing in it is trusted. Not for several threads at once.
template <class T>
class PackedColumnReader {
 public:
  PackedColumnReader(hid_t location, const std::string& name);
  std::uint64_t size() const { return size_; }
  // Values first ... first + out.size() - 1; cheapest where they follow those read last. Error where there are not so
  // many, or where the chunk is damaged.
  void read(std::uint64_t first, std::span<T> out);

 private:
  void fetch(std::uint64_t chunk);

  std::string name_;
  hdf5::Handle dataset_;
  FilterPipeline filters_;
  std::uint64_t size_ = 0, chunk_size_ = 0;
  std::vector<std::uint32_t> checksums_;
  std::uint64_t fetched_ = UINT64_MAX;  // the chunk that is in `values_`
  std::vector<T> values_;
  std::vector<std::uint8_t> packed_;
  FilterScratch scratch_;
};

extern template class PackedColumnWriter<std::uint16_t>;
extern template class PackedColumnWriter<std::uint32_t>;
extern template class PackedColumnReader<std::uint16_t>;
extern template class PackedColumnReader<std::uint32_t>;

}  // namespace dctprep
