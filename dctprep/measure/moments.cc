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

void set_moments(std::span<const Voxel> voxels, Spot& spot) {
  Int128 sum = 0;
  Int128 cross = 0;
  Axis frame, v, u;
  const auto add = [](Axis& axis, std::int64_t value, std::int64_t distance) {
    axis.first += value * distance;
    axis.second += Int128{value * distance} * distance;
  };
  for (const Voxel& voxel : voxels) {
    const std::int64_t value = voxel.value;
    const std::int64_t du = voxel.u - spot.u_min;
    const std::int64_t dv = voxel.v - spot.v_min;
    sum += value;
    add(u, value, du);
    add(v, value, dv);
    add(frame, value, std::int64_t{voxel.frame} - spot.frame_start);
    cross += Int128{value * du} * dv;
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
