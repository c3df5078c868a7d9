// SPDX-License-Identifier: BSD-3-Clause
// The answer of the verbs that make a result.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "dctprep/pipeline/job.h"

namespace dctprep::command {

nlohmann::ordered_json run_json(const JobResult& result);
std::string run_summary(const JobResult& result);

}  // namespace dctprep::command
