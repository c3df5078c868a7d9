// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/write/packed_column.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <zlib.h>

#include "dctprep/base/assert.h"
#include "dctprep/base/error.h"
#include "dctprep/kernels/chunk_codec.h"
#include "dctprep/write/bitshuffle_filter.h"
#include "dctprep/write/checked_dataset.h"

namespace dctprep {

namespace {

constexpr std::size_t kChunk = std::size_t{1} << 17;  // values

}  // namespace

template <class T>
PackedColumnWriter<T>::PackedColumnWriter(hid_t location, const std::string& name) : location_(location), name_(name) {
  hdf5::quiet();
  const hsize_t none = 0, unlimited = H5S_UNLIMITED, chunk = kChunk;
  const hdf5::Handle space = hdf5::check(H5Screate_simple(1, &none, &unlimited), name);
  const hdf5::Handle creation = hdf5::check(H5Pcreate(H5P_DATASET_CREATE), name);
  hdf5::check_status(H5Pset_chunk(creation.id(), 1, &chunk), name);
  set_bitshuffle_lz4(creation.id(), sizeof(T));
  dataset_ = hdf5::check(
      H5Dcreate2(location, name.c_str(), hdf5::native_type<T>(), space.id(), H5P_DEFAULT, creation.id(), H5P_DEFAULT),
      name);
  buffer_.reserve(kChunk);
}

template <class T>
void PackedColumnWriter<T>::append(std::span<const T> values) {
  while (!values.empty()) {
    const std::size_t part = std::min(values.size(), kChunk - buffer_.size());
    buffer_.insert(buffer_.end(), values.begin(), values.begin() + static_cast<std::ptrdiff_t>(part));
    values = values.subspan(part);
    if (buffer_.size() == kChunk) flush();
  }
}

template <class T>
void PackedColumnWriter<T>::flush() {
  if (buffer_.empty()) return;
  const hsize_t first = done_, size = done_ + buffer_.size();
  hdf5::check_status(H5Dset_extent(dataset_.id(), &size), name_);
  done_ = size;
  buffer_.resize(kChunk, T{});
  const std::span<const std::uint8_t> plain(reinterpret_cast<const std::uint8_t*>(buffer_.data()), kChunk * sizeof(T));
  checksums_.push_back(static_cast<std::uint32_t>(crc32_z(0, plain.data(), plain.size())));
  const std::vector<std::uint8_t> chunk = encode_bitshuffle_lz4(plain, sizeof(T));
  hdf5::check_status(H5Dwrite_chunk(dataset_.id(), H5P_DEFAULT, 0, &first, chunk.size(), chunk.data()), name_);
  buffer_.clear();
}

template <class T>
hdf5::Handle PackedColumnWriter<T>::finish() {
  flush();
  write_checked<std::uint32_t>(location_, name_ + "_crc32", checksums_);
  return std::move(dataset_);
}

template <class T>
PackedColumnReader<T>::PackedColumnReader(hid_t location, const std::string& name) : name_(name) {
  hdf5::quiet();
  dataset_ = hdf5::check(H5Dopen2(location, name.c_str(), H5P_DEFAULT), name);
  const std::vector<hsize_t> dims = hdf5::shape(dataset_.id());
  const hdf5::Handle type = hdf5::check(H5Dget_type(dataset_.id()), name);
  const hdf5::Handle creation = hdf5::check(H5Dget_create_plist(dataset_.id()), name);
  hsize_t chunk = 0;
  if (dims.size() != 1 || H5Tequal(type.id(), hdf5::native_type<T>()) <= 0 ||
      H5Pget_layout(creation.id()) != H5D_CHUNKED || H5Pget_chunk(creation.id(), 1, &chunk) != 1 || chunk != kChunk) {
    fail("{}: is not stored as dctprep writes it", name);
  }
  size_ = dims[0];
  chunk_size_ = chunk;
  filters_ = FilterPipeline(creation.id());
  if (!filters_.decodable() || filters_.empty()) fail("{}: is not stored as dctprep writes it", name);
  checksums_ = read_checked<std::uint32_t>(location, name + "_crc32");
  if (checksums_.size() != (size_ + chunk_size_ - 1) / chunk_size_) fail("{}: its checksums do not fit it", name);
}

template <class T>
void PackedColumnReader<T>::read(std::uint64_t first, std::span<T> out) {
  if (first > size_ || out.size() > size_ - first) fail("{}: {} values are too few", name_, size_);
  for (std::size_t done = 0; done < out.size();) {
    const std::uint64_t at = first + done, chunk = at / chunk_size_, inside = at % chunk_size_;
    if (chunk != fetched_) fetch(chunk);
    const auto part = static_cast<std::size_t>(std::min<std::uint64_t>(out.size() - done, chunk_size_ - inside));
    std::copy_n(values_.begin() + static_cast<std::ptrdiff_t>(inside), part,
                out.begin() + static_cast<std::ptrdiff_t>(done));
    done += part;
  }
}

template <class T>
void PackedColumnReader<T>::fetch(std::uint64_t chunk) {
  hdf5::quiet();
  fetched_ = UINT64_MAX;
  const hsize_t offset = chunk * chunk_size_;
  const std::uint64_t last = std::min<std::uint64_t>(size_, offset + chunk_size_) - 1;
  hsize_t stored = 0;
  // Nothing grows by more than a little when it is packed.
  if (H5Dget_chunk_storage_size(dataset_.id(), &offset, &stored) < 0 || stored == 0 ||
      stored > 2 * kChunk * sizeof(T)) {
    fail("{}: values {} to {} are damaged", name_, offset, last);
  }
  packed_.resize(stored);
  std::uint32_t skipped = 0;
  hdf5::check_status(H5Dread_chunk(dataset_.id(), H5P_DEFAULT, &offset, &skipped, packed_.data()), name_);
  values_.resize(kChunk);
  const std::span<std::uint8_t> plain(reinterpret_cast<std::uint8_t*>(values_.data()), kChunk * sizeof(T));
  const std::string wrong = filters_.decode(packed_, skipped, plain, scratch_);
  if (!wrong.empty() || crc32_z(0, plain.data(), plain.size()) != checksums_[chunk]) {
    fail("{}: values {} to {} are damaged", name_, offset, last);
  }
  fetched_ = chunk;
}

template class PackedColumnWriter<std::uint16_t>;
template class PackedColumnWriter<std::uint32_t>;
template class PackedColumnReader<std::uint16_t>;
template class PackedColumnReader<std::uint32_t>;

}  // namespace dctprep
