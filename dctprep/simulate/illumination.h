// SPDX-License-Identifier: BSD-3-Clause
// The light that falls on the detector beside the spots: the transmitted beam with the sample's shadow, and the glow.
#pragma once

#include <optional>
#include <vector>

#include "dctprep/base/image.h"
#include "dctprep/simulate/options.h"
#include "dctprep/simulate/sample.h"

namespace dctprep {

// One factor a frame: decay between refills, flicker, shut shutters (0). The median over the frames with beam is 1.
std::vector<float> beam_factors(const SimulateOptions& options);

class Illumination {
 public:
  Illumination(const SimulateOptions& options, const SampleShape& shape);

  // Expected photons a pixel of one frame of the full beam times `factor`; `omega` (radians) absent: no sample.
  void expose(float factor, std::optional<double> omega, ImageView<float> photons) const;
  // Without the sample, at factor 1.
  float photons_at(int v, int u) const;

 private:
  // What columns the shadow takes from the beam, as a share of it, blurred.
  std::vector<float> shade(double omega) const;
  std::vector<float> blurred(const std::vector<double>& fine) const;  // columns from kSub samples a column

  const SimulateOptions& options_;
  const SampleShape& shape_;
  Image<float> glow_;
  std::vector<float> beam_u_, beam_v_;  // profiles of the beam, 0 ... 1, blurred
  std::vector<float> shade_v_;          // share of a row that lies within the sample's height, blurred
};

}  // namespace dctprep
