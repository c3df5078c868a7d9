// SPDX-License-Identifier: BSD-3-Clause
// A mistake of ours, never reachable by input. Checked in every build: the checks stand outside pixel loops.
#pragma once

namespace dctprep {
[[noreturn]] void assertion_failed(const char* condition, const char* file, int line);
}  // namespace dctprep

#define DCTPREP_ASSERT(condition) \
  ((condition) ? static_cast<void>(0) : ::dctprep::assertion_failed(#condition, __FILE__, __LINE__))
