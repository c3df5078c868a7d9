// SPDX-License-Identifier: BSD-3-Clause
// The sensor: what it reads of the light that falls on it.
#pragma once

#include <vector>

#include "dctprep/base/image.h"
#include "dctprep/simulate/options.h"
#include "dctprep/simulate/random.h"

namespace dctprep {

// A bright pixel of one frame, from a photon or a charged particle that hit the sensor itself.
struct Zinger {
  int frame = 0, v = 0, u = 0;
  float counts = 0;
};

enum class PixelDefect : std::uint8_t { kNone, kHot, kDead };

// Reading = offset + gain x Poisson(photons x response) + readout noise, rounded and held in 0 ... full_well; defects
// and zingers on top. From a mean of 24 photons on, Poisson and readout noise are one normal deviate with the variance
// of both and the skewness of the Poisson (Cornish-Fisher); below, the Poisson is exact.
class Detector {
 public:
  explicit Detector(const SimulateOptions& options);

  // Reads out frame `index` of the projections, flats or darks. `photons` empty: no light. From any thread.
  void read_out(Purpose kind, int index, ImageView<const float> photons, ImageView<std::uint16_t> out) const;

  // Standard deviation, in counts, of a reading of so many photons.
  double noise(double photons) const;
  const Image<float>& offset() const { return offset_; }
  const Image<float>& response() const { return response_; }
  Image<std::uint8_t> defects() const;  // PixelDefect
  std::vector<Zinger> zingers(Purpose kind, int index) const;

 private:
  struct Defect {
    int v = 0, u = 0;
    PixelDefect kind = PixelDefect::kNone;
    float level = 0;  // counts: added by a hot pixel, read by a dead one
  };
  void read_row(const RandomStream& random, int v, const float* photons, std::uint16_t* out) const;

  const SimulateOptions& options_;
  NoiseTables tables_;
  Image<float> offset_;    // counts
  Image<float> response_;  // 1 on average
  std::vector<Defect> defects_;
};

}  // namespace dctprep
