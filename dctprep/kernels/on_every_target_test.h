// SPDX-License-Identifier: BSD-3-Clause
// Runs a test body once on every instruction set that was compiled and that this machine has.
#pragma once

#include <cstdint>
#include <hwy/highway.h>

namespace dctprep {

// body(name of the target)
template <class Body>
void on_every_target(const Body& body) {
  for (std::int64_t rest = hwy::SupportedTargets(); rest != 0; rest &= rest - 1) {
    hwy::SetSupportedTargetsForTest(rest & -rest);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
    body(hwy::TargetName(rest & -rest));
  }
  hwy::SetSupportedTargetsForTest(0);
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
}

}  // namespace dctprep
