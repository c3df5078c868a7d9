// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/write/scratch_file.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <string>
#include <unistd.h>

#include "dctprep/base/assert.h"
#include "dctprep/base/error.h"

namespace dctprep {

ScratchFile::~ScratchFile() {
  if (file_ >= 0) ::close(file_);
}

void ScratchFile::open() {
  std::string name = (folder_ / ".dctprep-scratch-XXXXXX").string();
  file_ = ::mkstemp(name.data());
  if (file_ < 0) fail("{}: no scratch file can be made: {}", folder_.string(), std::strerror(errno));
  ::unlink(name.c_str());
}

void ScratchFile::write(std::span<const std::byte> bytes) {
  if (file_ < 0) open();
  while (!bytes.empty()) {
    const ssize_t written = ::pwrite(file_, bytes.data(), bytes.size(), static_cast<off_t>(on_disk_));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) {
      fail("scratch file in {}: {}; make room there or write elsewhere", folder_.string(),
           std::strerror(written < 0 ? errno : ENOSPC));
    }
    on_disk_ += static_cast<std::uint64_t>(written);
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
}

void ScratchFile::append(std::span<const std::byte> bytes) {
  if (tail_.size() + bytes.size() > memory_) {
    write(tail_);
    tail_.clear();
    if (bytes.size() > memory_) return write(bytes);
  }
  tail_.insert(tail_.end(), bytes.begin(), bytes.end());
}

void ScratchFile::read(std::uint64_t offset, std::span<std::byte> out) const {
  DCTPREP_ASSERT(offset + out.size() <= size());
  while (!out.empty() && offset < on_disk_) {
    const std::size_t wanted = static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), on_disk_ - offset));
    const ssize_t got = ::pread(file_, out.data(), wanted, static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) fail("{}: scratch file: {}", folder_.string(), got < 0 ? std::strerror(errno) : "cut short");
    offset += static_cast<std::uint64_t>(got);
    out = out.subspan(static_cast<std::size_t>(got));
  }
  if (!out.empty()) std::memcpy(out.data(), tail_.data() + (offset - on_disk_), out.size());
}

}  // namespace dctprep
