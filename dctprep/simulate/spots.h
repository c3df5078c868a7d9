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
#include "dctprep/simulate/predict.h"
#include "dctprep/simulate/sample.h"
#include "dctprep/simulate/truth.h"

namespace dctprep {

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
