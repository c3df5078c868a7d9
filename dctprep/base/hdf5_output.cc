// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/base/hdf5_output.h"

#include <hdf5.h>
#if H5_VERSION_GE(1, 13, 2)
#include <H5FDdevelop.h>
#endif

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <new>
#include <sys/stat.h>
#include <tuple>
#include <unistd.h>

#include "dctprep/base/error.h"

namespace dctprep::hdf5 {

namespace {

constexpr int kAbandoned = -1;

// What the driver is told when it opens a file.
struct Access {
  int* failure;
  bool existing;
};

// HDF5 knows the first member; the rest is ours.
struct DriverFile {
  H5FD_t known{};
  int descriptor = -1;
  haddr_t end_allocated = 0, end_of_file = 0;
  std::tuple<dev_t, ino_t> identity;
  int* failure = nullptr;
};

DriverFile& ours(H5FD_t* file) { return *reinterpret_cast<DriverFile*>(file); }
const DriverFile& ours(const H5FD_t* file) { return *reinterpret_cast<const DriverFile*>(file); }

void note_failure(DriverFile& file) {
  if (*file.failure == 0) *file.failure = errno;
}

H5FD_t* open_file_of_driver(const char* name, unsigned, hid_t access_list, haddr_t) {
  const auto* access = static_cast<const Access*>(H5Pget_driver_info(access_list));
  if (access == nullptr) return nullptr;
  const int descriptor = ::open(name, O_RDWR | O_CLOEXEC | (access->existing ? 0 : O_CREAT | O_TRUNC), 0666);
  struct stat status {};
  if (descriptor < 0 || ::fstat(descriptor, &status) != 0) {
    *access->failure = errno;
    if (descriptor >= 0) ::close(descriptor);
    return nullptr;
  }
  auto* file = new (std::nothrow) DriverFile;
  if (file == nullptr) {
    ::close(descriptor);
    return nullptr;
  }
  file->descriptor = descriptor;
  file->end_of_file = static_cast<haddr_t>(status.st_size);
  file->identity = {status.st_dev, status.st_ino};
  file->failure = access->failure;
  return &file->known;
}

herr_t close_file_of_driver(H5FD_t* file) {
  DriverFile& closing = ours(file);
  if (::close(closing.descriptor) != 0) note_failure(closing);
  delete &closing;
  return 0;
}

int compare(const H5FD_t* a, const H5FD_t* b) {
  return ours(a).identity < ours(b).identity ? -1 : ours(a).identity == ours(b).identity ? 0 : 1;
}

herr_t query(const H5FD_t*, unsigned long* flags) {
  if (flags != nullptr) {
    *flags = H5FD_FEAT_AGGREGATE_METADATA | H5FD_FEAT_ACCUMULATE_METADATA | H5FD_FEAT_DATA_SIEVE |
             H5FD_FEAT_AGGREGATE_SMALLDATA;
  }
  return 0;
}

haddr_t end_allocated(const H5FD_t* file, H5FD_mem_t) { return ours(file).end_allocated; }

herr_t set_end_allocated(H5FD_t* file, H5FD_mem_t, haddr_t address) {
  ours(file).end_allocated = address;
  return 0;
}

haddr_t end_of_file(const H5FD_t* file, H5FD_mem_t) { return ours(file).end_of_file; }

// Reads zeros behind the end, as HDF5's own driver does.
herr_t read(H5FD_t* file, H5FD_mem_t, hid_t, haddr_t address, std::size_t size, void* buffer) {
  auto* out = static_cast<char*>(buffer);
  while (size > 0) {
    const ssize_t got = ::pread(ours(file).descriptor, out, size, static_cast<off_t>(address));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return -1;
    if (got == 0) {
      std::memset(out, 0, size);
      break;
    }
    out += got;
    address += static_cast<haddr_t>(got);
    size -= static_cast<std::size_t>(got);
  }
  return 0;
}

herr_t write(H5FD_t* file, H5FD_mem_t, hid_t, haddr_t address, std::size_t size, const void* buffer) {
  DriverFile& target = ours(file);
  const auto* in = static_cast<const char*>(buffer);
  target.end_of_file = std::max(target.end_of_file, address + size);
  while (size > 0 && *target.failure == 0) {
    errno = ENOSPC;  // a write of nothing says no more
    const ssize_t put = ::pwrite(target.descriptor, in, size, static_cast<off_t>(address));
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) {
      note_failure(target);
      break;
    }
    in += put;
    address += static_cast<haddr_t>(put);
    size -= static_cast<std::size_t>(put);
  }
  return 0;
}

// The file gets the size that HDF5 has given out of it.
herr_t truncate(H5FD_t* file, hid_t, hbool_t) {
  DriverFile& target = ours(file);
  if (target.end_of_file == target.end_allocated) return 0;
  if (*target.failure == 0 && ::ftruncate(target.descriptor, static_cast<off_t>(target.end_allocated)) != 0) {
    note_failure(target);
  }
  target.end_of_file = target.end_allocated;
  return 0;
}

hid_t register_driver() {
  H5FD_class_t driver{};
#if H5_VERSION_GE(1, 13, 2)
  driver.version = H5FD_CLASS_VERSION;
  driver.value = static_cast<H5FD_class_value_t>(511);  // of the numbers that HDF5 leaves to drivers without one
#endif
  driver.name = "dctprep_output";
  driver.maxaddr = static_cast<haddr_t>(INT64_MAX);
  driver.fc_degree = H5F_CLOSE_WEAK;
  driver.fapl_size = sizeof(Access);
  driver.open = open_file_of_driver;
  driver.close = close_file_of_driver;
  driver.cmp = compare;
  driver.query = query;
  driver.get_eoa = end_allocated;
  driver.set_eoa = set_end_allocated;
  driver.get_eof = end_of_file;
  driver.read = read;
  driver.write = write;
  driver.truncate = truncate;
  const H5FD_mem_t free_lists[] = H5FD_FLMAP_DICHOTOMY;
  std::copy(std::begin(free_lists), std::end(free_lists), std::begin(driver.fl_map));
  return H5FDregister(&driver);
}

}  // namespace

OutputFile::OutputFile(const std::filesystem::path& path, Start start) : failure_(std::make_unique<int>(0)) {
  quiet();
  static const hid_t driver = register_driver();
  const Handle list = hdf5::check(H5Pcreate(H5P_FILE_ACCESS), "file access");
  // Readers from HDF5 1.8 on can open what is written here.
  check_status(H5Pset_libver_bounds(list.id(), H5F_LIBVER_V18, H5F_LIBVER_LATEST), "file access");
  const Access access{failure_.get(), start == Start::kExisting};
  check_status(H5Pset_driver(list.id(), driver, &access), "file access");
  file_ = Handle(start == Start::kNew ? H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, list.id())
                                      : H5Fopen(path.c_str(), H5F_ACC_RDWR, list.id()));
  check();
  if (!file_) fail("could not be {}: {}", start == Start::kNew ? "made" : "opened", last_error());
}

OutputFile::~OutputFile() { abandon(); }

std::string OutputFile::failure() const {
  if (*failure_ <= 0) return "";
  return fmt::format("could not be written: {}; make room there or write elsewhere", std::strerror(*failure_));
}

void OutputFile::check() const {
  if (*failure_ > 0) throw Error(failure());
}

void OutputFile::abandon() {
  if (*failure_ == 0) *failure_ = kAbandoned;
}

void OutputFile::close() {
  quiet();
  check_status(H5Fflush(file_.id(), H5F_SCOPE_GLOBAL), "could not be written");
  check();
  check_status(H5Fclose(file_.release()), "could not be closed");
  check();
}

}  // namespace dctprep::hdf5
