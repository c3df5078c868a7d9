// SPDX-License-Identifier: BSD-3-Clause
// Virtual datasets without HDF5's silence: where a source is gone it gives fill values, here there is an Error.
#pragma once

#include <cstdint>
#include <filesystem>
#include <hdf5.h>
#include <optional>
#include <string>

namespace dctprep::hdf5 {

// The source file that a virtual dataset in `virtual_file` calls `name` ("." is the file itself). Looked for as HDF5
// does: where an absolute name says, else in the folders of HDF5_VDS_PREFIX (divided by colons, ${ORIGIN} is the folder
// of virtual_file), beside virtual_file or what it is a link to, and in the working folder. Nothing where it is gone.
std::optional<std::filesystem::path> find_source_file(const std::filesystem::path& virtual_file,
                                                      const std::string& name);
// What is wrong where it is gone, and what to do.
std::string source_is_gone(const std::filesystem::path& virtual_file, const std::string& name);

// `path` with a leading ${ORIGIN} replaced by `folder`.
std::filesystem::path expand_origin(const std::string& path, const std::filesystem::path& folder);

// The names of mapping `i` as they are written, from a dataset creation property list.
std::string source_file_name(hid_t creation, std::size_t i);
std::string source_dataset_name(hid_t creation, std::size_t i);

// A name as it is meant: %% is %, and %b the number of the block where it has one.
std::string source_name(const std::string& written, std::optional<std::uint64_t> block = {});

// All elements of a small virtual dataset, as H5Dread gives them, into `to`, which has room for them. Error where a
// source is gone or too short, or where an element has no source and the dataset no fill value of its own. `depth`
// counts the virtual datasets above it.
void read_virtual(hid_t dataset, hid_t memory_type, void* to, int depth = 0);

}  // namespace dctprep::hdf5
