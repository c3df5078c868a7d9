// SPDX-License-Identifier: BSD-3-Clause
// segment.unit.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "dctprep/estimate/levels/trial.h"
#include "dctprep/estimate/search.h"

namespace dctprep {

// segment.unit where it is stated, by the key or by a level that carries its unit: every level that is given carries it
// then.
void settle_stated_unit(Search& search);
// The background of a typical good pixel beside the beam, by a part of them; 0 where there is none.
int typical_background(const Search& search, std::span<const GroupResiduals> groups);
// Why the model says nothing of how rare a reading is at that background, or empty.
std::string no_model(const NoiseModel& model, int typical);

// segment.unit, and the scale that levels in units of the noise need. `groups` before the 2D median. Where two units
// were tried, gives what passes with the one taken, after the 2D median given or the full one. The unit does not depend
// on thresholds that are given; plain levels are in the unit that is found, and carry it. Throws where they cannot be.
std::optional<Trial> settle_unit(Search& search, std::span<const GroupResiduals> groups, const Region& excluded);

}  // namespace dctprep
