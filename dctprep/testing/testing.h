// SPDX-License-Identifier: BSD-3-Clause
// What tests share: folders that go away, and Debian's Python as an independent oracle.
#pragma once

#include <filesystem>
#include <limits>
#include <string>

namespace dctprep::testing {

inline constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
inline constexpr double kInf = std::numeric_limits<double>::infinity();

// A fresh folder, removed with all it holds at the end.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

struct CommandResult {
  int status = 0;
  std::string output;  // stdout and stderr together
};
// Runs `command` in a shell.
CommandResult run_command(const std::string& command);

// Runs a Python program text under Debian's /usr/bin/python3 (numpy, scipy, h5py, fabio, tifffile) in `folder`.
CommandResult run_python(const std::string& program, const std::filesystem::path& folder);

// The real detector data that lies beside the repository on some machines (never in it): empty where it is absent, and
// the test then skips: `if (real_data().empty()) GTEST_SKIP() << "no real data here";`. DCTPREP_REAL_DATA overrides the
// place.
std::filesystem::path real_data();

// All bytes of a file.
std::string contents_of(const std::filesystem::path& path);

// A file of the source tree, e.g. source_path("tests/vectors").
std::filesystem::path source_path(const std::string& relative);

}  // namespace dctprep::testing
