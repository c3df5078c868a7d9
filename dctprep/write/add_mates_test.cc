// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/write/add_mates.h"

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>
#include <sys/resource.h>

#include "dctprep/base/error.h"
#include "dctprep/write/random_result_test.h"
#include "dctprep/write/result_writer.h"

namespace dctprep {
namespace {

namespace fs = std::filesystem;
using testing::contents_of;
using testing::TemporaryFolder;

void save_gzip(const MemoryResult& result, const fs::path& path) {
  ResultWriter writer(path, Compression::kGzip, true);
  testing::play(result, writer);
}

std::vector<std::int32_t> some_mates(std::size_t count, int seed) {
  std::vector<std::int32_t> mate(count, -1);
  for (std::size_t i = 0; i + 1 < count; i += static_cast<std::size_t>(2 + seed)) {
    mate[i] = static_cast<std::int32_t>(i + 1);
    mate[i + 1] = static_cast<std::int32_t>(i);
  }
  return mate;
}

TEST(AddMates, Adds_and_replaces_the_column_and_nothing_else) {
  for (const int spots : {0, 1, 2, 75}) {
    TemporaryFolder folder;
    save_gzip(testing::random_result(1, {.spots = spots}), folder / "real.h5");
    fs::copy_file(folder / "real.h5", folder / "before.h5");
    fs::create_symlink("real.h5", folder / "out.h5");
    for (int seed = 0; seed < 3; ++seed) {
      const ResultFile result(folder / "out.h5");
      EXPECT_EQ(result.header().mates, seed > 0);
      const auto mate = some_mates(result.spots().size(), seed);
      if (seed > 0) {
        EXPECT_THROW(add_mates(result, mate, false), Error);
      }
      add_mates(result, mate, seed > 0);
      const ResultFile again(folder / "out.h5");
      ASSERT_EQ(again.spots().size(), mate.size());
      for (std::size_t i = 0; i < mate.size(); ++i) EXPECT_EQ(again.spots()[i].mate, mate[i]);
    }
    EXPECT_TRUE(fs::is_symlink(folder / "out.h5"));
    EXPECT_EQ(std::distance(fs::directory_iterator(folder.path()), fs::directory_iterator()), 3);
    const auto answer = testing::run_python(R"(
import h5py, numpy as np
a, b = h5py.File('before.h5'), h5py.File('real.h5')
def listed(file):
    names = {}
    file.visititems(lambda name, item: names.update({name: item}))
    return names
x, y = listed(a), listed(b)
assert set(y) - set(x) == {'entry/spots/mate'} and not set(x) - set(y)
for name in x:
    assert dict(x[name].attrs).keys() == dict(y[name].attrs).keys(), name
    if isinstance(x[name], h5py.Dataset):
        assert x[name][()].tobytes() == y[name][()].tobytes(), name
print(b['entry/spots/mate'].dtype)
)",
                                            folder.path());
    EXPECT_EQ(answer.output, "int32\n");
  }
}

// In a process of its own, whose end must be clean too.
[[noreturn]] void add_with_limit(const fs::path& path, rlim_t limit) {
  const ResultFile result(path);
  std::signal(SIGXFSZ, SIG_IGN);
  const rlimit size{limit, limit};
  setrlimit(RLIMIT_FSIZE, &size);
  try {
    add_mates(result, some_mates(result.spots().size(), 0), false);
  } catch (const Error& error) {
    const std::string message = error.what();
    std::exit(message.starts_with(path.string()) && message.find("File too large") != std::string::npos ? 7 : 8);
  }
  std::exit(9);
}

TEST(AddMatesDeathTest, A_full_disk_leaves_the_result_as_it_was) {
  TemporaryFolder folder;
  save_gzip(testing::random_result(2, {.spots = 2000, .rejected = 0}), folder / "out.h5");
  const std::string before = contents_of(folder / "out.h5");
  for (const std::size_t limit : {std::size_t{0}, before.size() / 2, before.size(), before.size() + 100}) {
    EXPECT_EXIT(add_with_limit(folder / "out.h5", limit), ::testing::ExitedWithCode(7), "") << limit;
    EXPECT_TRUE(contents_of(folder / "out.h5") == before);
    EXPECT_EQ(std::distance(fs::directory_iterator(folder.path()), fs::directory_iterator()), 1);
  }
}

TEST(AddMates, Mates_that_no_spot_has_are_damage) {
  TemporaryFolder folder;
  for (const int wrong : {-2, 5}) {
    MemoryResult result = testing::random_result(3, {.spots = 5, .mates = true});
    ASSERT_EQ(result.spots.size(), 5U);
    for (MemorySpot& spot : result.spots) spot.spot.mate = -1;
    result.spots[3].spot.mate = wrong;
    save_gzip(result, folder / "out.h5");
    EXPECT_THROW(ResultFile(folder / "out.h5"), Error);
  }
}

}  // namespace
}  // namespace dctprep
