// SPDX-License-Identifier: BSD-3-Clause
// One configuration for a series of scans.
#pragma once

#include <map>
#include <string>

#include "dctprep/config/config.h"
#include "dctprep/config/print_toml.h"

namespace dctprep {

// `found`, but for what holds for its scan alone (FieldInfo::of_one_scan): that is as it was given, and the comment of
// each such key begins with what was found. Returns the keys that were left open, with the text of the values found.
std::map<std::string, std::string> leave_to_each_scan(const Config& given, Config& found, Comments& comments);

}  // namespace dctprep
