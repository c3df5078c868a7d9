// SPDX-License-Identifier: BSD-3-Clause
// From options as given to options complete and sound.
#pragma once

#include "dctprep/core/region.h"
#include "dctprep/simulate/crystal.h"
#include "dctprep/simulate/options.h"

namespace dctprep {

// Every Auto filled in from the preset and the others. Error (usage) where a value is out of range or two contradict
// each other: a beam larger than the detector, a sample that leaves the beam, angles that close no cell,
// backscattering.
SimulateOptions resolve_options(const SimulateOptions& options);

// What follows from resolved options.
Cell cell_of(const SimulateOptions& options);
Region beam_region(const SimulateOptions& options);  // of the detector, lit by the direct beam
Region sample_box(const SimulateOptions& options);   // the part of it that the sample shades at some omega
double omega_step(const SimulateOptions& options);   // degrees
bool is_full_turn(const SimulateOptions& options);
// Where the straight beam through the rotation axis meets the detector.
inline double middle_u(const SimulateOptions& options) { return (options.width - 1) / 2.0; }
inline double middle_v(const SimulateOptions& options) { return (options.height - 1) / 2.0; }

}  // namespace dctprep
