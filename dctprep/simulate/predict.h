// SPDX-License-Identifier: BSD-3-Clause
// Which reflections show on the detector, where and when.
#pragma once

#include <vector>

#include "dctprep/simulate/options.h"
#include "dctprep/simulate/sample.h"

namespace dctprep {

// The diffraction of one block of a grain.
struct SpotPart {
  const Block* block = nullptr;
  double omega = 0;    // radians
  double centre = 0;   // frames
  double sigma = 0;    // frames
  Vec3 direction;      // of the diffracted beam, laboratory
  double photons = 0;  // expected over the whole rocking curve, at the median beam

  // Expected share of it in frame `frame`, which exposes [frame - 1/2, frame + 1/2]; 0 beyond 4 sigma.
  double share(int frame) const;
};

// One reflection of a grain at one of its two omegas.
struct PredictedSpot {
  int grain = 0;
  int reflection = 0;
  int branch = 0;
  double omega = 0, two_theta = 0, eta = 0;  // radians, of the grain's mean orientation; omega within the scan's turn
  std::vector<SpotPart> parts;
  int first = 0, last = 0;  // frames that see it; 0 <= first < frames, and last < frames unless the scan is a full turn
  bool truncated = false;   // it goes on before the first or after the last frame of the scan
};

struct Prediction {
  std::vector<Reflection> reflections;
  std::vector<PredictedSpot> spots;  // in the order of (first, last, grain, reflection, branch)
};

// All reflections whose spots can touch the detector during the scan. Error (usage) where they are absurdly many.
Prediction predict_spots(const SimulateOptions& options, const Sample& sample);

}  // namespace dctprep
