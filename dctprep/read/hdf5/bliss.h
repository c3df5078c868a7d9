// SPDX-License-Identifier: BSD-3-Clause
// BLISS master files (ESRF): one group a scan, 1.1, 2.1, ..., whose title says what ran.
#pragma once

#include <string>
#include <vector>

#include "dctprep/read/hdf5/contents.h"
#include "dctprep/read/hdf5/layout.h"

namespace dctprep {

struct BlissScan {
  std::string group;  // "/1.1"
  std::string
      prefix;      // what stands before the number, where several files were put into one: "sample_" of "sample_1.1"
  int number = 0;  // 1
  int part = 0;    // 1
};

// The scans of a file in the order of their numbers; empty where it is no BLISS file.
std::vector<BlissScan> list_bliss_scans(hid_t file);

// What a scan's title says that it took.
enum class BlissKind { kOther, kDark, kFlat };
BlissKind bliss_kind(const std::string& title);

// The layout of a BLISS file. `wanted`: "" or the path of a scan's group or of the projections' dataset, which lies in
// one of `scans`. Error where it is unclear which scan is meant.
Hdf5Layout bliss_layout(hid_t file, const std::vector<BlissScan>& scans, const std::string& wanted);

}  // namespace dctprep
