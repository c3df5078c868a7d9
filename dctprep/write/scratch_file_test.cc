// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/write/scratch_file.h"

#include <gtest/gtest.h>
#include <random>

#include "dctprep/base/error.h"
#include "dctprep/testing/testing.h"

namespace dctprep {
namespace {

TEST(ScratchColumn, Gives_back_any_range_from_memory_and_from_disk) {
  testing::TemporaryFolder folder;
  for (const std::size_t memory : {0, 1, 10, 1000, 1 << 20}) {
    std::mt19937 random(1);
    ScratchColumn<std::uint32_t> column(folder.path(), memory);
    std::vector<std::uint32_t> oracle;
    for (int i = 0; i < 300; ++i) {
      std::vector<std::uint32_t> values(random() % 40);
      for (auto& value : values) value = random();
      column.append(values);
      oracle.insert(oracle.end(), values.begin(), values.end());
      ASSERT_EQ(column.size(), oracle.size());
      const std::size_t first = random() % (oracle.size() + 1), count = random() % (oracle.size() - first + 1);
      std::vector<std::uint32_t> out(count);
      column.read(first, out);
      ASSERT_TRUE(std::equal(out.begin(), out.end(), oracle.begin() + static_cast<long>(first)));
    }
    EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
  }
}

TEST(ScratchFile, Says_where_it_cannot_write) {
  ScratchFile file("/nowhere/at/all", 4);
  const std::vector<std::byte> bytes(10);
  EXPECT_THROW(file.append(bytes), Error);
}

}  // namespace
}  // namespace dctprep
