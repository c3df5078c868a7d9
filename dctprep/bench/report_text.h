// SPDX-License-Identifier: BSD-3-Clause
// Reports and comparisons for people.
#pragma once

#include <string>

#include "dctprep/bench/compare.h"
#include "dctprep/bench/report.h"

namespace dctprep {

std::string to_text(const BenchReport& report);
std::string to_text(const Comparison& comparison, const std::string& base_name);

}  // namespace dctprep
