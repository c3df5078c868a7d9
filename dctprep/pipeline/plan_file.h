// SPDX-License-Identifier: BSD-3-Clause
// The plan of a run in a file.
#pragma once

#include <cstdint>
#include <hdf5.h>
#include <memory>
#include <string>

#include "dctprep/pipeline/run_plan.h"

namespace dctprep {

// As the new group `name` of `location`.
void write_plan(hid_t location, const std::string& name, const RunPlan& plan);

// The plan that was written there, to the bit. Nothing in the file is trusted: Error where it is damaged or cannot be.
// `file_name` for messages.
RunPlan read_plan(hid_t location, const std::string& name, const std::string& file_name);

RunPlan clone(const RunPlan& plan);

// The same for the same plans, and hardly ever for others: by which parts know that they belong together. Where results
// go and how the work is done ([output], [run]) does not count.
std::uint64_t plan_digest(const RunPlan& plan);

// A plan that many files share, and its digest, which takes some milliseconds.
struct SharedPlan {
  std::shared_ptr<const RunPlan> plan;
  std::uint64_t digest = 0;
};

}  // namespace dctprep
