// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/base/hdf5.h"

#include <cstring>
#include <string_view>
#include <system_error>

#include "dctprep/base/error.h"
#include "dctprep/base/hdf5_virtual.h"
#include "dctprep/base/rehearsal.h"

namespace dctprep::hdf5 {

namespace {

Handle string_type() {
  Handle type = check(H5Tcopy(H5T_C_S1), "string type");
  check_status(H5Tset_size(type.id(), H5T_VARIABLE), "string type");
  check_status(H5Tset_cset(type.id(), H5T_CSET_UTF8), "string type");
  return type;
}

void write_attribute_data(hid_t object, const std::string& name, hid_t type, const Handle& space, const void* data) {
  if (H5Aexists(object, name.c_str()) > 0) check_status(H5Adelete(object, name.c_str()), "attribute " + name);
  const Handle attribute =
      check(H5Acreate2(object, name.c_str(), type, space.id(), H5P_DEFAULT, H5P_DEFAULT), "attribute " + name);
  check_status(H5Awrite(attribute.id(), type, data), "attribute " + name);
}

// Reads the text of an open string dataset or attribute through `read(type, buffer)`.
template <class Read>
std::string read_text(hid_t type, hid_t space, const Read& read) {
  if (H5Tget_class(type) != H5T_STRING || H5Sget_simple_extent_npoints(space) != 1) return {};
  if (H5Tis_variable_str(type) > 0) {
    char* text = nullptr;
    const Handle memory(H5Tcopy(type));
    if (read(memory.id(), &text) < 0 || text == nullptr) return {};
    std::string result(text);
    H5Dvlen_reclaim(memory.id(), space, H5P_DEFAULT, &text);
    return result;
  }
  std::string buffer(H5Tget_size(type), '\0');
  if (read(type, buffer.data()) < 0) return {};
  buffer.resize(std::strlen(buffer.c_str()));
  while (!buffer.empty() && buffer.back() == ' ') buffer.pop_back();
  return buffer;
}

// How links to other files are followed where the usual way fails: without locks, as open_file opens them. HDF5 does
// not open a file once more with other settings than those that it is open with already.
Handle links_without_locks() {
  const Handle file_access = check(H5Pcreate(H5P_FILE_ACCESS), "file access");
  check_status(H5Pset_file_locking(file_access.id(), false, true), "file access");
  Handle access = check(H5Pcreate(H5P_DATASET_ACCESS), "link access");
  check_status(H5Pset_elink_fapl(access.id(), file_access.id()), "link access");
  return access;
}

bool leads_to_object(hid_t location, const std::string& path, hid_t access) {
  return H5Lexists(location, path.c_str(), access) > 0 && H5Oexists_by_name(location, path.c_str(), access) > 0;
}

bool exists_by(hid_t location, const std::string& path, hid_t access) {
  for (std::size_t end = path.find('/', 1); end != std::string::npos; end = path.find('/', end + 1)) {
    if (!leads_to_object(location, path.substr(0, end), access)) return false;
  }
  return leads_to_object(location, path, access);
}

Handle open_dataset(hid_t location, const std::string& path) {
  Handle dataset(H5Dopen2(location, path.c_str(), H5P_DEFAULT));
  if (!dataset) dataset = check(H5Dopen2(location, path.c_str(), links_without_locks().id()), path);
  return dataset;
}

}  // namespace

void quiet() {
  thread_local const bool done = [] {
    H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
    return true;
  }();
  (void)done;
}

std::string last_error() {
  std::string message;
  H5Ewalk2(
      H5E_DEFAULT, H5E_WALK_UPWARD,
      [](unsigned, const H5E_error2_t* error, void* target) -> herr_t {
        auto& text = *static_cast<std::string*>(target);
        if (text.empty() && error->desc != nullptr) text = error->desc;
        return 0;
      },
      &message);
  // What is left on a thread's stack when it ends is lost memory.
  H5Eclear2(H5E_DEFAULT);
  for (char& c : message) {
    if (c == '\n') c = ' ';
  }
  return message;
}

Handle check(hid_t id, std::string_view what) {
  if (id < 0) fail("{}: {}", what, last_error());
  return Handle(id);
}

void check_status(herr_t status, std::string_view what) {
  if (status < 0) fail("{}: {}", what, last_error());
}

Handle open_file(const std::filesystem::path& path) {
  quiet();
  note_file(path.native());
  std::error_code error;
  if (!std::filesystem::exists(path, error)) fail("{}: no such file", path.string());
  if (std::filesystem::is_directory(path, error)) fail("{}: is a folder, not an HDF5 file", path.string());
  // Without locks: a reader changes nothing, and a writer's lock must not keep it out.
  const Handle access = check(H5Pcreate(H5P_FILE_ACCESS), "file access");
  check_status(H5Pset_file_locking(access.id(), false, true), "file access");
  Handle file(H5Fopen(path.c_str(), H5F_ACC_RDONLY, access.id()));
  const std::string first_reason = file ? std::string() : last_error();
  // HDF5 itself may have the file open already, as a virtual dataset's source, and then wants the same settings.
  if (!file) file = Handle(H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT));
  if (!file) {
    // A reader beside a writer reads damaged metadata again after twice the time, 100 times by default, which never
    // ends where it is damaged for good: 20 times take milliseconds.
    check_status(H5Pset_metadata_read_attempts(access.id(), 20), "file access");
    file = Handle(H5Fopen(path.c_str(), H5F_ACC_RDONLY | H5F_ACC_SWMR_READ, access.id()));
  }
  if (!file) {
    std::string reason = last_error();
    if (first_reason.find("already open for write") != std::string::npos) {
      fail(
          "{}: the program that writes it has it open, or was stopped before it closed it ({}); wait until it is "
          "closed, "
          "or if nothing writes it any more: h5clear -s {}",
          path.string(), first_reason, path.string());
    }
    if (!first_reason.empty()) reason = first_reason;
    if (H5Fis_hdf5(path.c_str()) == 0) fail("{}: not an HDF5 file", path.string());
    // "truncated file: eof = 1929, sblock->base_addr = 0, stored_eof = 19295"
    constexpr std::string_view kStored = "stored_eof = ";
    if (const std::size_t stored = reason.find(kStored); stored != std::string::npos) {
      fail("{}: cut short: {} of {} bytes are there; copy it again, or wait until it is written", path.string(),
           std::filesystem::file_size(path, error), reason.substr(stored + kStored.size()));
    }
    fail("{}: cannot be opened as HDF5: {}", path.string(), reason);
  }
  return file;
}

Handle create_group(hid_t location, const std::string& path) {
  quiet();
  if (exists(location, path)) return check(H5Gopen2(location, path.c_str(), H5P_DEFAULT), path);
  const Handle links = check(H5Pcreate(H5P_LINK_CREATE), path);
  check_status(H5Pset_create_intermediate_group(links.id(), 1), path);
  return check(H5Gcreate2(location, path.c_str(), links.id(), H5P_DEFAULT, H5P_DEFAULT), path);
}

bool exists(hid_t location, const std::string& path) {
  quiet();
  if (path == "/" || path.empty()) return true;
  return exists_by(location, path, H5P_DEFAULT) || exists_by(location, path, links_without_locks().id());
}

void write_attribute(hid_t object, const std::string& name, const std::string& value) {
  quiet();
  const Handle type = string_type();
  const Handle space = check(H5Screate(H5S_SCALAR), name);
  const char* text = value.c_str();
  write_attribute_data(object, name, type.id(), space, &text);
}

void write_attribute(hid_t object, const std::string& name, const std::vector<std::string>& values) {
  quiet();
  const Handle type = string_type();
  const hsize_t size = values.size();
  const Handle space = check(H5Screate_simple(1, &size, nullptr), name);
  std::vector<const char*> texts;
  for (const std::string& value : values) texts.push_back(value.c_str());
  write_attribute_data(object, name, type.id(), space, texts.data());
}

void write_attribute(hid_t object, const std::string& name, double value) {
  quiet();
  const Handle space = check(H5Screate(H5S_SCALAR), name);
  write_attribute_data(object, name, H5T_NATIVE_DOUBLE, space, &value);
}

void write_attribute(hid_t object, const std::string& name, std::int64_t value) {
  quiet();
  const Handle space = check(H5Screate(H5S_SCALAR), name);
  write_attribute_data(object, name, H5T_NATIVE_INT64, space, &value);
}

std::string read_string_attribute(hid_t object, const std::string& name) {
  quiet();
  if (H5Aexists(object, name.c_str()) <= 0) return {};
  const Handle attribute(H5Aopen(object, name.c_str(), H5P_DEFAULT));
  if (!attribute) return {};
  const Handle type(H5Aget_type(attribute.id()));
  const Handle space(H5Aget_space(attribute.id()));
  return read_text(type.id(), space.id(), [&](hid_t memory, void* to) { return H5Aread(attribute.id(), memory, to); });
}

Handle write_dataset(hid_t location, const std::string& name, hid_t memory_type, const void* data,
                     std::span<const hsize_t> dims) {
  quiet();
  const Handle space = check(H5Screate_simple(static_cast<int>(dims.size()), dims.data(), nullptr), name);
  const Handle links = check(H5Pcreate(H5P_LINK_CREATE), name);
  check_status(H5Pset_create_intermediate_group(links.id(), 1), name);
  Handle dataset =
      check(H5Dcreate2(location, name.c_str(), memory_type, space.id(), links.id(), H5P_DEFAULT, H5P_DEFAULT), name);
  if (H5Sget_simple_extent_npoints(space.id()) > 0) {
    check_status(H5Dwrite(dataset.id(), memory_type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data), name);
  }
  return dataset;
}

Handle write_string(hid_t location, const std::string& name, const std::string& value) {
  quiet();
  const Handle type = string_type();
  const Handle space = check(H5Screate(H5S_SCALAR), name);
  Handle dataset =
      check(H5Dcreate2(location, name.c_str(), type.id(), space.id(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT), name);
  const char* text = value.c_str();
  check_status(H5Dwrite(dataset.id(), type.id(), H5S_ALL, H5S_ALL, H5P_DEFAULT, &text), name);
  return dataset;
}

Handle write_scalar(hid_t location, const std::string& name, double value) {
  quiet();
  const Handle space = check(H5Screate(H5S_SCALAR), name);
  Handle dataset = check(
      H5Dcreate2(location, name.c_str(), H5T_NATIVE_DOUBLE, space.id(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT), name);
  check_status(H5Dwrite(dataset.id(), H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, &value), name);
  return dataset;
}

std::vector<hsize_t> shape(hid_t dataset) {
  quiet();
  const Handle space = check(H5Dget_space(dataset), "dataspace");
  const int rank = H5Sget_simple_extent_ndims(space.id());
  if (rank < 0) fail("dataset without a simple shape");
  std::vector<hsize_t> dims(static_cast<std::size_t>(rank));
  if (rank > 0) H5Sget_simple_extent_dims(space.id(), dims.data(), nullptr);
  return dims;
}

void read_all(hid_t location, const std::string& path, hid_t memory_type, void* (*grow)(void*, std::size_t),
              void* target) {
  quiet();
  note_object(path);
  if (!exists(location, path)) fail("{}: no such dataset", path);
  const Handle dataset = open_dataset(location, path);
  const Handle type = check(H5Dget_type(dataset.id()), path);
  const H5T_class_t kind = H5Tget_class(type.id());
  if (kind != H5T_INTEGER && kind != H5T_FLOAT && kind != H5T_ENUM) fail("{}: not a dataset of numbers", path);
  const Handle space = check(H5Dget_space(dataset.id()), path);
  const hssize_t size = H5Sget_simple_extent_npoints(space.id());
  // A damaged header can claim any size; a terabyte of numbers is none that this program asks for.
  if (size < 0 || size > (hssize_t{1} << 37)) fail("{}: an impossible number of values", path);
  const Handle creation = check(H5Dget_create_plist(dataset.id()), path);
  const bool is_virtual = H5Pget_layout(creation.id()) == H5D_VIRTUAL;
  if (is_virtual && size > (hssize_t{1} << 28)) fail("{}: virtual, and of more values than are read", path);
  void* buffer = grow(target, static_cast<std::size_t>(size));
  if (is_virtual) return with_context(path, [&] { read_virtual(dataset.id(), memory_type, buffer); });
  if (size > 0) check_status(H5Dread(dataset.id(), memory_type, H5S_ALL, H5S_ALL, H5P_DEFAULT, buffer), path);
}

std::string read_string(hid_t location, const std::string& path) {
  quiet();
  if (!exists(location, path)) fail("{}: no such dataset", path);
  const Handle dataset = open_dataset(location, path);
  const Handle type = check(H5Dget_type(dataset.id()), path);
  const Handle space = check(H5Dget_space(dataset.id()), path);
  if (H5Tget_class(type.id()) != H5T_STRING) fail("{}: not a text", path);
  return read_text(type.id(), space.id(), [&](hid_t memory, void* to) {
    return H5Dread(dataset.id(), memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, to);
  });
}

}  // namespace dctprep::hdf5
