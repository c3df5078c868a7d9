// SPDX-License-Identifier: BSD-3-Clause
// Every "auto" of a configuration, found from the data.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "dctprep/base/progress.h"
#include "dctprep/config/config.h"
#include "dctprep/core/scan.h"

namespace dctprep {

struct Estimate {
  // Of "auto" there is left: beam.intensity, which a run measures by itself over frames of its own choice, and [run].
  Config config;
  std::map<std::string, std::string> why;  // "segment.seed" -> one or two sentences: what was seen, what follows
  // 0 ... 1 that beam.region is right (docs/parameters.md); none where it was given.
  std::optional<double> beam_confidence;
  // Of the frames looked at: pixels that are read as another value than the stored one. A run tells those of all
  // frames.
  std::vector<std::string> changed_pixels;
  std::vector<std::string> warnings;  // what the user should look at, and how to set it by hand
};

// False spots that a whole scan may yield.
inline constexpr double kFalseSpots = 10;

// Looks at a sample of the scan's frames (about 160 at most, whatever its length, in at most 64 frames' memory)
// and fills in what `given` leaves open; what it gives is kept. Where nothing is open that needs frames, none is read
// but for a few that the dark is compared with.
// Deterministic: the same scan and configuration give the same values, on any number of threads. Throws Error where a
// value is needed that cannot be found, naming the key to set. `false_spots`: as many may be expected, > 0.
Estimate find_parameters(const Config& given, const Scan& scan, Progress& progress, double false_spots = kFalseSpots);

// [scan] and [beam] but for the guard, from the same frames and in the same way; the rest is left as given.
Estimate find_beam(const Config& given, const Scan& scan, Progress& progress);

}  // namespace dctprep
