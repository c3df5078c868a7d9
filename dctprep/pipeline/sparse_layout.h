// SPDX-License-Identifier: BSD-3-Clause
// What sparse_writer.cc and sparse_file.cc agree on.
#pragma once

namespace dctprep::sparse_layout {

// Attribute of the file: which layout it has.
inline constexpr const char* kFormat = "dctprep_sparse";
inline constexpr int kFormatNumber = 1;

}  // namespace dctprep::sparse_layout
