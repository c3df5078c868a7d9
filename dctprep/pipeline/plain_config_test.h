// SPDX-License-Identifier: BSD-3-Clause
// A configuration for frames without a direct beam, with nothing left to find in [scan] and [beam].
#pragma once

#include "dctprep/config/config.h"

namespace dctprep::testing {

inline Config plain_config() {
  Config config;
  config.scan.wrap = false;
  config.scan.saturation = 65535;
  config.beam.region = Region{};
  config.beam.sample = Region{};
  config.beam.normalise = Normalise::kNone;
  config.beam.guard = 0;
  return config;
}

}  // namespace dctprep::testing
