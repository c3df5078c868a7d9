// SPDX-License-Identifier: BSD-3-Clause
// Volumes to be segmented: Gaussian hills that overlap, on noise.
#pragma once

#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

#include "dctprep/base/image.h"

namespace dctprep {

// Where it stands, how high it is, and its standard deviation in voxels.
struct Hill {
  int frame, v, u;
  double height, sigma;
};

// Hills on noise of 0 ... `noise`, cut down to multiples of `step`: large ones leave few levels, all plateaus and ties.
inline std::vector<Image<std::uint16_t>> hilly_volume(std::mt19937& random, int depth, int height, int width, int noise,
                                                      int step, const std::vector<Hill>& hills) {
  std::uniform_int_distribution<int> ground(0, noise);
  std::vector<Image<std::uint16_t>> volume;
  for (int k = 0; k < depth; ++k) {
    volume.emplace_back(height, width);
    for (int v = 0; v < height; ++v) {
      for (int u = 0; u < width; ++u) {
        double sum = ground(random);
        for (const Hill& hill : hills) {
          const double square = std::pow(k - hill.frame, 2) + std::pow(v - hill.v, 2) + std::pow(u - hill.u, 2);
          sum += hill.height * std::exp(-square / (2 * hill.sigma * hill.sigma));
        }
        volume.back()(v, u) = static_cast<std::uint16_t>(static_cast<int>(sum) / step * step);
      }
    }
  }
  return volume;
}

}  // namespace dctprep
