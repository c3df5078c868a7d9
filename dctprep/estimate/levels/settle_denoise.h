// SPDX-License-Identifier: BSD-3-Clause
// [denoise].
#pragma once

#include <optional>
#include <span>

#include "dctprep/estimate/levels/trial.h"
#include "dctprep/estimate/noise/settle_unit.h"
#include "dctprep/estimate/search.h"

namespace dctprep {

// denoise.mode and denoise.threshold; `groups` before the 2D median, `noise` as of them, `full` as settle_unit() has
// it.
void settle_denoise(Search& search, std::span<const GroupResiduals> groups, const NoiseLevel& noise,
                    const Region& excluded, std::optional<Trial> full);

}  // namespace dctprep
