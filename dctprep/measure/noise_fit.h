// SPDX-License-Identifier: BSD-3-Clause
// The noise model from pairs of readings of the same pixels. docs/specification.md ("Noise model") states the
// arithmetic.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "dctprep/core/noise_model.h"

namespace dctprep {

// Differences of pairs, by the sum of the two. 2 MiB.
class NoiseSamples {
 public:
  NoiseSamples();

  // Two readings of one pixel, one frame apart.
  void add(std::uint16_t first, std::uint16_t second);
  // Two readings without light, in which the dark is still in.
  void add_dark(std::uint16_t first, std::uint16_t second) { count(0, std::int32_t{second} - std::int32_t{first}); }
  // Counts those of `other` too.
  void merge(const NoiseSamples& other);

  NoiseModel fit() const;

 private:
  static constexpr int kFar = 4096;             // differences beyond count as that
  static constexpr std::size_t kBins = 1 + 68;  // darks, then a quarter of an octave each

  void count(std::size_t bin, std::int32_t difference);
  std::vector<std::uint32_t> differences_;  // bin by bin, -kFar ... kFar
  std::vector<std::uint64_t> sums_;         // of both readings
};

}  // namespace dctprep
