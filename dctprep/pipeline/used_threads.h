// SPDX-License-Identifier: BSD-3-Clause
// The part of the machine that a run may use.
#pragma once

#include <tbb/global_control.h>

#include "dctprep/config/run_options.h"

namespace dctprep {

// From here to its end no more threads are used than the options say, and the backend that they name from here on. The
// least of several counts.
class UsedThreads {
 public:
  explicit UsedThreads(const RunOptions& options);

 private:
  tbb::global_control limit_;
};

}  // namespace dctprep
