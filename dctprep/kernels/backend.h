// SPDX-License-Identifier: BSD-3-Clause
// The instruction sets that the kernels were compiled for, by name. Every one gives the same bits.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace dctprep {

// Those that this machine has, the best first: of "avx512_dl", "avx512", "avx2", "sse4", "ssse3", "sse2", "neon", ...,
// "scalar".
std::vector<std::string> backends();
// The one in use.
std::string backend_in_use();
// Uses the backend `name` from now on, on all threads; "auto" is the best one. Not while kernels run. Error (usage)
// that lists the names where this machine has none of that name.
void use_backend(std::string_view name);

}  // namespace dctprep
