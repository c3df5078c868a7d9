// SPDX-License-Identifier: BSD-3-Clause
// Tests that share a folder of files, which a Python program makes once for all of them.
#pragma once

#include <gtest/gtest.h>
#include <string>

#include "dctprep/testing/testing.h"

namespace dctprep::testing {

// What such programs begin with. bliss() writes scan `n` of an open file as BLISS does.
inline constexpr const char* kBlissPrelude = R"(
import h5py, numpy as np, os
from fabio.edfimage import EdfImage
def bliss(f, n, title, data, omega=None):
    f[f'{n}.1/title'] = title
    f[f'{n}.1/instrument/frelon/data'] = data
    f[f'{n}.1/measurement/frelon'] = h5py.SoftLink(f'/{n}.1/instrument/frelon/data')
    if omega is not None: f[f'{n}.1/measurement/rot'] = omega
)";

// class SomeTest : public PythonFiles<SomeTest>, with a public `static std::string program()`.
template <class Derived>
class PythonFiles : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new TemporaryFolder;
    const CommandResult made = run_python(Derived::program(), folder_->path());
    ASSERT_EQ(made.status, 0) << made.output;
  }
  static void TearDownTestSuite() {
    delete folder_;
    folder_ = nullptr;
  }

  static std::string in(const std::string& path) { return (folder_->path() / path).string(); }

  static inline TemporaryFolder* folder_ = nullptr;
};

}  // namespace dctprep::testing
