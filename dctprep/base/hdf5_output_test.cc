// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/base/hdf5_output.h"

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <vector>

#include "dctprep/base/error.h"

namespace dctprep::hdf5 {
namespace {

namespace fs = std::filesystem;

// A folder of its own; base stands below the tests' shared ones.
struct Folder {
  Folder() {
    std::string pattern = (fs::temp_directory_path() / "dctprep_test_XXXXXX").string();
    path = mkdtemp(pattern.data());
  }
  ~Folder() { fs::remove_all(path); }
  fs::path path;
};

std::vector<int> numbers(int count) {
  std::vector<int> values(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) values[static_cast<std::size_t>(i)] = 3 * i;
  return values;
}

void write_some(const OutputFile& file, int datasets, int count) {
  for (int i = 0; i < datasets; ++i) {
    const Handle dataset =
        write_dataset(file.id(), "group/d" + std::to_string(i), std::span<const int>(numbers(count)));
    write_attribute(dataset.id(), "units", std::string("counts"));
  }
}

TEST(OutputFile, Hdf5s_own_driver_reads_what_was_written) {
  const Folder folder;
  std::ofstream(folder.path / "out.h5") << "older";
  OutputFile file(folder.path / "out.h5");
  write_some(file, 20, 1000);
  file.close();
  const Handle read = open_file(folder.path / "out.h5");
  for (int i = 0; i < 20; ++i) EXPECT_EQ(read_dataset<int>(read.id(), "group/d" + std::to_string(i)), numbers(1000));
  EXPECT_EQ(system(("h5dump -H '" + (folder.path / "out.h5").string() + "' > /dev/null").c_str()), 0);
}

// In a process of its own, whose end must be clean too.
[[noreturn]] void overflow(const fs::path& path, rlim_t limit, int datasets, int count) {
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit size{limit, limit};
  setrlimit(RLIMIT_FSIZE, &size);
  std::string message;
  try {
    OutputFile file(path);
    write_some(file, datasets, count);
    file.close();
  } catch (const Error& error) {
    message = error.what();
  }
  std::exit(message == "could not be written: File too large; make room there or write elsewhere" ? 7 : 8);
}

TEST(OutputFileDeathTest, A_failed_write_is_an_error_and_nothing_worse) {
  const Folder folder;
  for (const rlim_t limit : {0, 50, 1000, 2100, 5000, 50000, 80000}) {
    EXPECT_EXIT(overflow(folder.path / "out.h5", limit, 20, 1000), ::testing::ExitedWithCode(7), "") << limit;
    EXPECT_EXIT(overflow(folder.path / "out.h5", limit, 1, 100000), ::testing::ExitedWithCode(7), "") << limit;
  }
}

TEST(OutputFile, Says_where_it_cannot_be_made) { EXPECT_THROW(OutputFile("/nowhere/at/all.h5"), Error); }

TEST(OutputFile, Abandoned_files_are_not_written_on) {
  const Folder folder;
  {
    OutputFile file(folder.path / "out.h5");
    file.abandon();
    write_some(file, 3, 100000);
    EXPECT_EQ(file.failure(), "");
  }
  EXPECT_LT(fs::file_size(folder.path / "out.h5"), 5000U);
}

}  // namespace
}  // namespace dctprep::hdf5
