// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/base/partial_file.h"

#include <array>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

namespace dctprep {
namespace {

namespace fs = std::filesystem;

TEST(PartialFile, RemovesWhatDeadRunsOfThisMachineLeftAndNothingElse) {
  const fs::path folder = fs::temp_directory_path() / fmt::format("partial_file_test_{}", getpid());
  fs::create_directory(folder);
  std::array<char, 256> host{};
  ASSERT_EQ(gethostname(host.data(), host.size() - 1), 0);
  // A process that is dead for sure, and one that is not.
  const pid_t child = fork();
  if (child == 0) _exit(0);
  ASSERT_EQ(waitpid(child, nullptr, 0), child);
  const auto leave = [&](const std::string& name) {
    std::ofstream(folder / name) << "half";
    return folder / name;
  };
  const fs::path dead = leave(fmt::format("out.h5.part-{}-{}", host.data(), child));
  const fs::path alive = leave(fmt::format("out.h5.part-{}-{}", host.data(), getppid()));
  const fs::path elsewhere = leave(fmt::format("out.h5.part-not-{}-{}", host.data(), child));
  const fs::path other = leave(fmt::format("other.h5.part-{}-{}", host.data(), child));
  const fs::path odd = leave(fmt::format("out.h5.part-{}-{}x", host.data(), child));
  {
    PartialFile file(folder / "out.h5", false);
    EXPECT_FALSE(fs::exists(dead));
    for (const fs::path& path : {alive, elsewhere, other, odd}) EXPECT_TRUE(fs::exists(path)) << path;
    std::ofstream(file.path()) << "whole";
    file.commit();
  }
  EXPECT_EQ(fs::file_size(folder / "out.h5"), 5u);
  fs::remove_all(folder);
}

}  // namespace
}  // namespace dctprep
