// SPDX-License-Identifier: BSD-3-Clause
// The command as a test runs it: in a folder of its own, its answers in hand.
#pragma once

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <functional>
#include <gtest/gtest.h>
#include <map>
#include <sstream>
#include <string>

#include "dctprep/testing/testing.h"

namespace dctprep {

struct Answer {
  int status;
  std::string out;
  std::string err;
};

inline std::string content(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

// What of stderr is no warning: those come before an error, if at all.
inline std::string without_warnings(const std::string& text) {
  std::istringstream lines(text);
  std::string kept;
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("warning: ")) kept += line + "\n";
  }
  return kept;
}

inline bool is_one_line(const std::string& text) {
  return std::count(text.begin(), text.end(), '\n') == 1 && text.ends_with('\n');
}

// Runs `dctprep ARGUMENTS` in `folder`, after the shell commands of `before` ("ulimit -f 1;"). What the command says
// is caught outside of the folder.
inline Answer run_dctprep(const std::filesystem::path& folder, const std::string& arguments,
                          const std::string& before = "") {
  const testing::TemporaryFolder said;
  const auto result =
      testing::run_command(fmt::format("(cd '{}' && {} '{}' {} >'{}' 2>'{}')", folder.string(), before, DCTPREP_COMMAND,
                                       arguments, (said / "out").string(), (said / "err").string()));
  return {result.status, content(said / "out"), content(said / "err")};
}

// Everything in a folder, by name: what kind of thing it is, and a checksum of what it holds.
inline std::map<std::string, std::string> snapshot(const std::filesystem::path& folder) {
  std::map<std::string, std::string> found;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    const std::string name = entry.path().lexically_relative(folder).string();
    if (entry.is_symlink()) {
      found[name] = "link to " + std::filesystem::read_symlink(entry.path()).string();
    } else if (entry.is_regular_file()) {
      found[name] = fmt::format("file {:x}", std::hash<std::string>()(content(entry.path())));
    } else {
      found[name] = entry.is_directory() ? "folder" : "other";
    }
  }
  return found;
}

}  // namespace dctprep
