// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string_view>

namespace dctprep {
// The version of the program, e.g. "0.1.0".
std::string_view version();
}  // namespace dctprep
