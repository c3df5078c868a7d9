// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/kernels/backend.h"

#include <algorithm>
#include <gtest/gtest.h>

#include "dctprep/base/error.h"

namespace dctprep {
namespace {

TEST(Backend, EveryOneListedCanBeUsed) {
  const std::vector<std::string> names = backends();
  ASSERT_FALSE(names.empty());
  for (const std::string& name : names) {
    use_backend(name);
    EXPECT_EQ(backend_in_use(), name);
    EXPECT_EQ(backends(), names);
    EXPECT_EQ(std::count(names.begin(), names.end(), name), 1);
  }
  use_backend("auto");
  EXPECT_EQ(backend_in_use(), names.front());
  EXPECT_THROW(use_backend("mmx"), Error);
  EXPECT_EQ(backend_in_use(), names.front());
}

}  // namespace
}  // namespace dctprep
