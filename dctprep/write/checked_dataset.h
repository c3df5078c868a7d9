// SPDX-License-Identifier: BSD-3-Clause
// Small datasets with a checksum (@crc32, of their bytes), so that damage is found and not computed with.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>
#include <zlib.h>

#include "dctprep/base/error.h"
#include "dctprep/base/hdf5.h"

namespace dctprep {

inline std::uint32_t crc32_of(std::span<const std::byte> bytes) {
  return static_cast<std::uint32_t>(crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

// Returns the dataset, to hang attributes on.
template <class T>
hdf5::Handle write_checked(hid_t location, const std::string& name, std::span<const T> values) {
  hdf5::Handle dataset = hdf5::write_dataset(location, name, values);
  hdf5::write_attribute(dataset.id(), "crc32", std::int64_t{crc32_of(std::as_bytes(values))});
  return dataset;
}
template <class T>
hdf5::Handle write_checked(hid_t location, const std::string& name, const std::vector<T>& values) {
  return write_checked(location, name, std::span<const T>(values));
}
inline hdf5::Handle write_checked_text(hid_t location, const std::string& name, const std::string& text) {
  return write_checked(location, name, std::span(reinterpret_cast<const std::uint8_t*>(text.data()), text.size()));
}

// Error where it is absent, or damaged, or where its size is not `size` (any: -1).
template <class T>
std::vector<T> read_checked(hid_t location, const std::string& name, std::int64_t size = -1) {
  std::vector<T> values = hdf5::read_dataset<T>(location, name);
  const hdf5::Handle dataset = hdf5::check(H5Dopen2(location, name.c_str(), H5P_DEFAULT), name);
  std::int64_t crc32 = -1;
  const hdf5::Handle attribute(H5Aopen(dataset.id(), "crc32", H5P_DEFAULT));
  if (!attribute || H5Aread(attribute.id(), H5T_NATIVE_INT64, &crc32) < 0 ||
      crc32 != std::int64_t{crc32_of(std::as_bytes(std::span<const T>(values)))}) {
    fail("{}: is damaged", name);
  }
  if (size >= 0 && values.size() != static_cast<std::size_t>(size))
    fail("{}: has {} values instead of {}", name, values.size(), size);
  return values;
}
inline std::string read_checked_text(hid_t location, const std::string& name) {
  const std::vector<std::uint8_t> bytes = read_checked<std::uint8_t>(location, name);
  return {bytes.begin(), bytes.end()};
}

}  // namespace dctprep
