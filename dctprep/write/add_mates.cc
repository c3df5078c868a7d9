// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/write/add_mates.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <string>
#include <unistd.h>
#include <vector>

#include "dctprep/base/assert.h"
#include "dctprep/base/cancel.h"
#include "dctprep/base/error.h"
#include "dctprep/base/hdf5_output.h"
#include "dctprep/base/partial_file.h"
#include "dctprep/base/rehearsal.h"
#include "dctprep/write/nexus.h"

namespace dctprep {

namespace fs = std::filesystem;

namespace {

class Descriptor {
 public:
  Descriptor(const fs::path& path, int flags) : number_(::open(path.c_str(), flags | O_CLOEXEC)) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int number() const { return number_; }

 private:
  int number_;
};

// Piece by piece, so that it can be interrupted.
void copy_bytes(const fs::path& from, const fs::path& to) {
  const Descriptor in(from, O_RDONLY), out(to, O_WRONLY | O_TRUNC);
  std::vector<char> piece(std::size_t{4} << 20);
  const auto check = [&](bool ok) {
    if (!ok) fail("could not be copied: {}; make room beside it", std::strerror(errno));
  };
  check(in.number() >= 0 && out.number() >= 0);
  for (;;) {
    check_cancelled();
    const ssize_t got = ::read(in.number(), piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    check(got >= 0);
    if (got == 0) return;
    for (ssize_t done = 0; done < got;) {
      const ssize_t put = ::write(out.number(), piece.data() + done, static_cast<std::size_t>(got - done));
      if (put < 0 && errno == EINTR) continue;
      check(put > 0);
      done += put;
    }
  }
}

void write_mates(const fs::path& path, std::span<const std::int32_t> mate) {
  hdf5::OutputFile file(path, hdf5::OutputFile::Start::kExisting);
  // The rehearsal tries all but the writing.
  if (hdf5::in_rehearsal()) file.abandon();
  {
    const hdf5::Handle group = hdf5::check(H5Gopen2(file.id(), "entry/spots", H5P_DEFAULT), "entry/spots");
    visit_mate_column([&](const ColumnInfo& info, auto) {
      const std::string name(info.name);
      if (hdf5::exists(group.id(), name)) hdf5::check_status(H5Ldelete(group.id(), name.c_str(), H5P_DEFAULT), name);
      describe(hdf5::write_dataset(group.id(), name, mate), info.unit, info.long_name);
    });
  }
  file.close();
}

}  // namespace

void add_mates(const ResultFile& result, std::span<const std::int32_t> mate, bool overwrite) {
  DCTPREP_ASSERT(mate.size() == result.spots().size());
  const std::string name = result.path().string();
  if (result.header().mates && !overwrite) {
    fail_usage("{}: has Friedel mates already (/entry/spots/mate); replace them with --force", name);
  }
  std::error_code error;
  const fs::path place = fs::canonical(result.path(), error);  // a link stays one
  if (error) fail("{}: could not be found again: {}", name, error.message());
  PartialFile output(place, true);
  with_context(name, [&] { copy_bytes(place, output.path()); });
  fs::permissions(output.path(), fs::status(place, error).permissions(), error);
  hdf5::rehearsed(name, [&] { with_context(name, [&] { write_mates(output.path(), mate); }); });
  output.commit();
}

}  // namespace dctprep
