// SPDX-License-Identifier: BSD-3-Clause
// What the measurements ran on.
#pragma once

#include <cstdint>
#include <string>

#include "dctprep/bench/report.h"

namespace dctprep {

// With the instruction set in use at the moment.
Machine this_machine(const std::string& commit);

// Of the machine, in bytes; 0 where unknown.
std::uint64_t installed_memory();

// Most memory that this process has held since forget_peak_memory(), or since it began where the system cannot forget;
// 0 where unknown.
std::uint64_t peak_memory();
void forget_peak_memory();

}  // namespace dctprep
