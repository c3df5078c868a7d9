// SPDX-License-Identifier: BSD-3-Clause
// A thin hold on HDF5: handles that close themselves, errors that are Errors, and the few shapes of datasets and
// attributes that the readers and writers share. The library underneath is the thread-safe serial build.
#pragma once

#include <cstdint>
#include <filesystem>
#include <hdf5.h>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace dctprep::hdf5 {

// Owns one HDF5 identifier of any kind.
class Handle {
 public:
  Handle() = default;
  explicit Handle(hid_t id) : id_(id) {}
  Handle(Handle&& other) noexcept : id_(std::exchange(other.id_, H5I_INVALID_HID)) {}
  Handle& operator=(Handle&& other) noexcept {
    std::swap(id_, other.id_);
    return *this;
  }
  ~Handle() {
    if (id_ >= 0) H5Idec_ref(id_);
  }
  hid_t id() const { return id_; }
  // Gives the identifier away, to be closed by hand where closing can fail.
  hid_t release() { return std::exchange(id_, H5I_INVALID_HID); }
  explicit operator bool() const { return id_ >= 0; }

 private:
  hid_t id_ = H5I_INVALID_HID;
};

// HDF5 prints its error stack unless told not to, thread by thread. Every function here calls it; call it before
// using the C interface directly.
void quiet();

// The innermost message of the current thread's error stack, e.g. "unable to open file", or "" where there is none;
// clears the stack.
std::string last_error();

// Throws Error("WHAT: <last_error()>") where `id` is invalid or `status` negative.
Handle check(hid_t id, std::string_view what);
void check_status(herr_t status, std::string_view what);

// Opens read-only, also a file that is still being written; Error names the path and whether it is missing, not HDF5
// or unreadable.
Handle open_file(const std::filesystem::path& path);
// All missing groups of `path` are made. Returns the last one.
Handle create_group(hid_t location, const std::string& path);
bool exists(hid_t location, const std::string& path);  // false too where a link dangles

template <class T>
hid_t native_type() {
  if constexpr (std::is_same_v<T, std::uint8_t>) return H5T_NATIVE_UINT8;
  if constexpr (std::is_same_v<T, std::uint16_t>) return H5T_NATIVE_UINT16;
  if constexpr (std::is_same_v<T, std::uint32_t>) return H5T_NATIVE_UINT32;
  if constexpr (std::is_same_v<T, std::uint64_t>) return H5T_NATIVE_UINT64;
  if constexpr (std::is_same_v<T, std::int8_t>) return H5T_NATIVE_INT8;
  if constexpr (std::is_same_v<T, std::int16_t>) return H5T_NATIVE_INT16;
  if constexpr (std::is_same_v<T, std::int32_t>) return H5T_NATIVE_INT32;
  if constexpr (std::is_same_v<T, std::int64_t>) return H5T_NATIVE_INT64;
  if constexpr (std::is_same_v<T, float>) return H5T_NATIVE_FLOAT;
  if constexpr (std::is_same_v<T, double>) return H5T_NATIVE_DOUBLE;
}

void write_attribute(hid_t object, const std::string& name, const std::string& value);
void write_attribute(hid_t object, const std::string& name, const std::vector<std::string>& values);
void write_attribute(hid_t object, const std::string& name, double value);
void write_attribute(hid_t object, const std::string& name, std::int64_t value);
// "" where there is no such string attribute.
std::string read_string_attribute(hid_t object, const std::string& name);

// Contiguous, of shape `dims`. Returns the dataset, to hang attributes on.
Handle write_dataset(hid_t location, const std::string& name, hid_t memory_type, const void* data,
                     std::span<const hsize_t> dims);
template <class T>
Handle write_dataset(hid_t location, const std::string& name, std::span<const T> values,
                     std::vector<hsize_t> dims = {}) {
  if (dims.empty()) dims = {values.size()};
  return write_dataset(location, name, native_type<T>(), values.data(), dims);
}
Handle write_string(hid_t location, const std::string& name, const std::string& value);
Handle write_scalar(hid_t location, const std::string& name, double value);

std::vector<hsize_t> shape(hid_t dataset);
// A whole dataset of any number of dimensions, converted to T, in row order. Error where it is absent or not numeric.
template <class T>
std::vector<T> read_dataset(hid_t location, const std::string& path);
// A scalar or one-element string dataset; Error where it is absent or no string.
std::string read_string(hid_t location, const std::string& path);

void read_all(hid_t location, const std::string& path, hid_t memory_type, void* (*grow)(void*, std::size_t),
              void* target);

template <class T>
std::vector<T> read_dataset(hid_t location, const std::string& path) {
  std::vector<T> values;
  read_all(
      location, path, native_type<T>(),
      [](void* target, std::size_t size) -> void* {
        auto& vector = *static_cast<std::vector<T>*>(target);
        vector.resize(size);
        return vector.data();
      },
      &values);
  return values;
}

}  // namespace dctprep::hdf5
