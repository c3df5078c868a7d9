// SPDX-License-Identifier: BSD-3-Clause
// Uncompressed frames one behind the other, in the HDF5 file or in external ones: read from the files directly, so that
// many threads can, and so that an external file that is too short is noticed, which HDF5 would fill up.
#include "dctprep/read/hdf5/contiguous.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <system_error>
#include <unistd.h>

#include "dctprep/base/error.h"
#include "dctprep/base/hdf5_virtual.h"
#include "dctprep/read/hdf5/stored_frames.h"

namespace dctprep {

namespace fs = std::filesystem;

namespace {

class FileDescriptor {
 public:
  explicit FileDescriptor(const fs::path& path) : fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {}
  ~FileDescriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

// A run of the dataset's bytes.
struct Segment {
  fs::path file;
  std::uint64_t offset = 0;  // in the file
  std::uint64_t begin = 0;   // in the dataset
  std::uint64_t size = 0;
  bool external = false;
};

std::optional<FrameFault> read_segment(int fd, const Segment& segment, std::uint64_t at, std::span<std::uint8_t> out) {
  std::size_t done = 0;
  while (done < out.size()) {
    const ssize_t got = ::pread(fd, out.data() + done, out.size() - done,
                                static_cast<off_t>(segment.offset + (at - segment.begin) + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      return FrameFault{BadFrameCause::kUnreadable,
                        fmt::format("{}: {}", segment.file.string(), std::generic_category().message(errno))};
    }
    if (got == 0) return FrameFault{BadFrameCause::kUnreadable, segment.file.string() + " is cut short"};
    done += static_cast<std::size_t>(got);
  }
  return std::nullopt;
}

class ContiguousFrames final : public StoredFrames {
 public:
  ContiguousFrames(Hdf5Dataset dataset, StackShape stack, PixelType type, std::vector<Segment> segments)
      : StoredFrames(dataset, std::move(stack), type), dataset_(std::move(dataset)), segments_(std::move(segments)) {
    if (segments_.size() == 1 && !segments_[0].external)
      own_file_ = std::make_unique<FileDescriptor>(segments_[0].file);
  }

  std::optional<FrameFault> read(int k, std::span<std::uint8_t> out) const override {
    if (segments_.empty()) return FrameFault{BadFrameCause::kMissing, "never written"};
    std::uint64_t at = static_cast<std::uint64_t>(k) * frame_bytes();
    while (!out.empty()) {
      const Segment* segment = find_segment(at);
      if (segment == nullptr) return FrameFault{BadFrameCause::kMissing, "beyond the end of the external files"};
      const std::size_t size =
          static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), segment->size - (at - segment->begin)));
      if (auto fault = read_part(*segment, at, out.first(size))) return fault;
      out = out.subspan(size);
      at += size;
    }
    return std::nullopt;
  }

  std::string compression() const override { return "none"; }
  std::uint64_t bytes_stored() const override {
    return segments_.empty() ? 0 : static_cast<std::uint64_t>(shape().frames) * frame_bytes();
  }
  void list_files(std::vector<fs::path>& files) const override {
    StoredFrames::list_files(files);
    for (const Segment& segment : segments_) files.push_back(segment.file);
  }

 private:
  const Segment* find_segment(std::uint64_t at) const {
    for (const Segment& segment : segments_) {
      if (at >= segment.begin && at - segment.begin < segment.size) return &segment;
    }
    return nullptr;
  }

  std::optional<FrameFault> read_part(const Segment& segment, std::uint64_t at, std::span<std::uint8_t> out) const {
    if (own_file_) return read_segment(own_file_->get(), segment, at, out);
    const FileDescriptor file(segment.file);
    if (file.get() < 0) {
      const int reason = errno;
      return FrameFault{reason == ENOENT ? BadFrameCause::kMissing : BadFrameCause::kUnreadable,
                        fmt::format("{}: {}", segment.file.string(), std::generic_category().message(reason))};
    }
    return read_segment(file.get(), segment, at, out);
  }

  Hdf5Dataset dataset_;
  std::vector<Segment> segments_;
  std::unique_ptr<FileDescriptor> own_file_;
};

// A relative name is looked for in the folder of HDF5_EXTFILE_PREFIX, beside the HDF5 file, and then, as HDF5 does, in
// the working folder.
fs::path external_path(const fs::path& hdf5_file, const std::string& name) {
  std::error_code error;
  if (const char* prefix = std::getenv("HDF5_EXTFILE_PREFIX"); prefix != nullptr && !fs::path(name).is_absolute()) {
    const fs::path prefixed = hdf5::expand_origin(prefix, hdf5_file.parent_path()) / name;
    if (fs::exists(prefixed, error)) return prefixed;
  }
  const fs::path beside = hdf5_file.parent_path() / name;
  if (fs::path(name).is_absolute() || fs::exists(beside, error)) return beside;
  const fs::path here = fs::absolute(name, error);
  return fs::exists(here, error) ? here : beside;
}

}  // namespace

std::shared_ptr<const StoredFrames> open_contiguous_frames(Hdf5Dataset dataset, StackShape shape, PixelType type) {
  const hid_t id = dataset.dataset.id();
  const hdf5::Handle creation = hdf5::check(H5Dget_create_plist(id), "dataset properties");
  std::vector<Segment> segments;
  const int external = H5Pget_external_count(creation.id());
  std::uint64_t begin = 0;
  for (int i = 0; i < external; ++i) {
    char name[4096] = {};
    off_t offset = 0;
    hsize_t size = 0;
    if (H5Pget_external(creation.id(), static_cast<unsigned>(i), sizeof(name) - 1, name, &offset, &size) < 0) {
      fail("external storage: {}", hdf5::last_error());
    }
    const std::uint64_t room = ~std::uint64_t{0} - begin;
    const std::uint64_t length = size == H5F_UNLIMITED ? room : std::min<std::uint64_t>(size, room);
    segments.push_back({external_path(dataset.file, name), static_cast<std::uint64_t>(offset), begin, length, true});
    begin += length;
  }
  if (external <= 0) {
    if (const haddr_t address = H5Dget_offset(id); address != HADDR_UNDEF) {
      segments.push_back({dataset.file, address, 0, ~std::uint64_t{0}, false});
    }
  }
  return std::make_shared<ContiguousFrames>(std::move(dataset), std::move(shape), type, std::move(segments));
}

}  // namespace dctprep
