// SPDX-License-Identifier: BSD-3-Clause
// The voxels of one denoised frame that can belong to a blob, as runs along u.
#pragma once

#include <cstdint>
#include <vector>

namespace dctprep {

// Columns [u_begin, u_end) of row v; values[offset + (u - u_begin)].
struct Run {
  std::int32_t v = 0;
  std::int32_t u_begin = 0;
  std::int32_t u_end = 0;
  std::uint32_t offset = 0;
};

struct SparseFrame {
  int frame = 0;
  std::vector<Run> runs;                 // by (v, u_begin); runs of a row do not touch
  std::vector<std::uint16_t> values;     // run after run
  std::vector<std::uint32_t> saturated;  // ascending indices into `values`
};

}  // namespace dctprep
