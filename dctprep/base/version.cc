// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/base/version.h"

namespace dctprep {
std::string_view version() { return DCTPREP_VERSION; }
}  // namespace dctprep
