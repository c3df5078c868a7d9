// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/measure/moments.h"

#include <cmath>

namespace dctprep {

namespace {

__extension__ using Int128 = __int128;

struct Axis {
  Int128 first = 0;   // sum of F dx
  Int128 second = 0;  // sum of F dx^2
};

double mean(std::int32_t low, const Axis& axis, Int128 sum) {
  return static_cast<double>(Int128{low} * sum + axis.first) / static_cast<double>(sum);
}

double sigma(const Axis& axis, Int128 sum) {
  return std::sqrt(static_cast<double>(axis.second * sum - axis.first * axis.first) / static_cast<double>(sum * sum));
}

}  // namespace

void set_moments(std::span<const VoxelRun> runs, Spot& spot) {
  Int128 sum = 0;
  Int128 cross = 0;
  Axis frame, v, u;
  const auto add = [](Axis& axis, Int128 weight, std::int64_t distance) {
    axis.first += weight * distance;
    axis.second += weight * distance * distance;
  };
  for (const VoxelRun& run : runs) {
    const Int128 weight = run.sum;
    // About u_min instead of the run's own first column.
    const std::int64_t du = std::int64_t{run.u} - spot.u_min;
    const std::int64_t dv = std::int64_t{run.v} - spot.v_min;
    const Int128 first_u = weight * du + run.first_moment;
    sum += weight;
    u.first += first_u;
    u.second += weight * du * du + Int128{2 * du} * run.first_moment + run.second_moment;
    add(v, weight, dv);
    add(frame, weight, std::int64_t{run.frame} - spot.frame_start);
    cross += first_u * dv;
  }
  spot.u = mean(spot.u_min, u, sum);
  spot.v = mean(spot.v_min, v, sum);
  spot.frame = mean(spot.frame_start, frame, sum);
  spot.sigma_u = sigma(u, sum);
  spot.sigma_v = sigma(v, sum);
  spot.sigma_frame = sigma(frame, sum);
  spot.cov_uv = static_cast<double>(cross * sum - u.first * v.first) / static_cast<double>(sum * sum);
}

}  // namespace dctprep
