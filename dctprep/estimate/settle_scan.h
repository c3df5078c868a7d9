// SPDX-License-Identifier: BSD-3-Clause
// [scan] of the configuration.
#pragma once

#include "dctprep/estimate/search.h"

namespace dctprep {

// [scan], from how the scan was opened.
void settle_scan(Search& search);

}  // namespace dctprep
