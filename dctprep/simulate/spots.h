// SPDX-License-Identifier: BSD-3-Clause
// From grains to spots: where, when and how brightly each reflection shows on the detector.
//
// A ray from r along the unit vector d of the diffracted beam meets the detector, the plane x = distance, at
// u = middle_u - y / pixel, v = middle_v - z / pixel: u grows to the right looking downstream, v downwards.
#pragma once

#include <span>
#include <utility>
#include <vector>

#include "dctprep/base/image.h"
#include "dctprep/core/region.h"
#include "dctprep/simulate/illumination.h"
#include "dctprep/simulate/options.h"
#include "dctprep/simulate/sample.h"
#include "dctprep/simulate/truth.h"

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

// A spot drawn: what each of its parts looks like on the detector.
class Footprint {
 public:
  Footprint(const SimulateOptions& options, const PredictedSpot& spot);

  // Adds frame `frame` (counted as the spot's frames are), times `factor`, to expected photons.
  void add(int frame, float factor, ImageView<float> photons) const;
  // 1 where a voxel of one of `frames` has at least `level` expected photons at the median beam.
  Image<std::uint8_t> mask(std::span<const int> frames, float level, const Region& region) const;
  // The row of the table, without id, mate and overlap. Intensity 0 where nothing falls on the detector.
  TruthSpot describe(const Prediction& prediction, const std::vector<float>& beam_factor, const Illumination& light,
                     const Detector& detector) const;

 private:
  struct Part {
    const SpotPart* spot;
    Region box;          // within the detector
    Image<float> image;  // share of the part's photons
    bool cut = false;
  };
  Part draw(const SpotPart& part) const;

  const SimulateOptions& options_;
  const PredictedSpot& spot_;
  std::vector<Part> parts_;
};

// Whether voxels of `a` and `b` of at least their level, in frames `frame` and frame + 1, touch (26 neighbours). Frames
// are those of the scan; spots over the seam are looked up on both sides of it.
bool footprints_touch(const Footprint& a, const TruthSpot& row_a, const Footprint& b, const TruthSpot& row_b, int frame,
                      const SimulateOptions& options);

}  // namespace dctprep
