// SPDX-License-Identifier: BSD-3-Clause
// What the values of a configuration must fulfil, each and together.
#pragma once

#include "dctprep/config/config.h"
#include "dctprep/config/parse_toml.h"

namespace dctprep {

// Checks every value, and all that must fit together as far as it is given and not "auto". `origins` says for messages
// where values came from.
void check_config(const Config& config, const Origins& origins = {});

}  // namespace dctprep
