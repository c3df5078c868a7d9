// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/base/partial_file.h"

#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <string>
#include <system_error>
#include <unistd.h>
#include <utility>

#include "dctprep/base/error.h"

namespace dctprep {

namespace fs = std::filesystem;

namespace {

std::string this_host() {
  std::array<char, 256> name{};
  return gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "";
}

// What runs on this machine that ended without a word, by SIGKILL or a crash, left beside `final_path`. Those of other
// machines may be alive.
void remove_those_of_dead_runs(const fs::path& final_path, const fs::path& folder) {
  const std::string mine = final_path.filename().string() + ".part-" + this_host() + "-";
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with(mine)) continue;
    pid_t process = 0;
    const char* end = name.data() + name.size();
    const auto [stop, problem] = std::from_chars(name.data() + mine.size(), end, process);
    if (problem != std::errc() || stop != end || process <= 0) continue;
    if (kill(process, 0) != 0 && errno == ESRCH) fs::remove(entry.path(), error);
  }
}

}  // namespace

PartialFile::PartialFile(fs::path final_path, bool overwrite)
    : final_path_(std::move(final_path)), overwrite_(overwrite) {
  std::error_code ignored;
  const fs::path folder = final_path_.has_parent_path() ? final_path_.parent_path() : fs::path(".");
  if (fs::is_directory(final_path_, ignored)) {
    fail_usage("{}: is a folder; name a file for the output", final_path_.string());
  }
  const fs::file_status there = fs::status(final_path_, ignored);
  if (fs::exists(there) && !fs::is_regular_file(there)) {
    fail_usage("{}: is a device or a pipe, which cannot be replaced; name a file for the output", final_path_.string());
  }
  if (!fs::is_directory(folder, ignored)) {
    fail_usage("{}: the folder does not exist; make it or write elsewhere with -o", folder.string());
  }
  if (!overwrite_ && fs::exists(fs::symlink_status(final_path_, ignored))) {
    fail_usage("{}: exists already; choose another name with -o, or overwrite it with --force", final_path_.string());
  }
  remove_those_of_dead_runs(final_path_, folder);
  partial_path_ = final_path_;
  partial_path_ += ".part-" + this_host() + "-" + std::to_string(getpid());
  guard_.emplace(partial_path_);
  const int file = ::open(partial_path_.c_str(), O_CREAT | O_WRONLY | O_TRUNC, 0666);
  if (file < 0) {
    fail("{}: cannot be written: {}; choose another place with -o", final_path_.string(), std::strerror(errno));
  }
  ::close(file);
}

PartialFile::~PartialFile() {
  std::error_code ignored;
  if (!committed_) fs::remove(partial_path_, ignored);
}

void PartialFile::commit(Safety safety) {
  const int file = ::open(partial_path_.c_str(), O_RDONLY);
  const bool synced = file >= 0 && (safety == Safety::kFast || ::fsync(file) == 0);
  const int sync_errno = errno;
  if (file >= 0) ::close(file);
  if (!synced) fail("{}: could not be written to disk: {}", final_path_.string(), std::strerror(sync_errno));
  // link() fails where the name exists, rename() replaces it: so nothing is overwritten unasked, without a race.
  if (overwrite_) {
    if (std::rename(partial_path_.c_str(), final_path_.c_str()) != 0) {
      fail("{}: could not be renamed from {}: {}", final_path_.string(), partial_path_.string(), std::strerror(errno));
    }
  } else if (::link(partial_path_.c_str(), final_path_.c_str()) == 0) {
    ::unlink(partial_path_.c_str());
  } else if (errno == EEXIST) {
    fail_usage("{}: another program made this file meanwhile; choose another name with -o", final_path_.string());
  } else if (std::rename(partial_path_.c_str(), final_path_.c_str()) != 0) {
    fail("{}: could not be renamed from {}: {}", final_path_.string(), partial_path_.string(), std::strerror(errno));
  }
  committed_ = true;
  guard_.reset();
}

}  // namespace dctprep
