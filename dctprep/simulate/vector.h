// SPDX-License-Identifier: BSD-3-Clause
// Vectors and matrices of three, for the geometry of diffraction.
#pragma once

#include <array>
#include <cmath>
#include <numbers>

namespace dctprep {

inline constexpr double kDegree = std::numbers::pi / 180;

struct Vec3 {
  double x = 0, y = 0, z = 0;
  friend Vec3 operator+(Vec3 a, Vec3 b) { return {a.x + b.x, a.y + b.y, a.z + b.z}; }
  friend Vec3 operator-(Vec3 a, Vec3 b) { return {a.x - b.x, a.y - b.y, a.z - b.z}; }
  friend Vec3 operator*(double s, Vec3 a) { return {s * a.x, s * a.y, s * a.z}; }
};
inline double dot(Vec3 a, Vec3 b) { return a.x * b.x + a.y * b.y + a.z * b.z; }
inline Vec3 cross(Vec3 a, Vec3 b) { return {a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x}; }
inline double norm(Vec3 a) { return std::sqrt(dot(a, a)); }

// Row by row.
struct Mat3 {
  std::array<double, 9> m{1, 0, 0, 0, 1, 0, 0, 0, 1};
  friend Vec3 operator*(const Mat3& a, Vec3 b) {
    return {a.m[0] * b.x + a.m[1] * b.y + a.m[2] * b.z, a.m[3] * b.x + a.m[4] * b.y + a.m[5] * b.z,
            a.m[6] * b.x + a.m[7] * b.y + a.m[8] * b.z};
  }
  friend Mat3 operator*(const Mat3& a, const Mat3& b) {
    Mat3 c;
    for (std::size_t i = 0; i < 3; ++i) {
      for (std::size_t j = 0; j < 3; ++j) {
        c.m[3 * i + j] = a.m[3 * i] * b.m[j] + a.m[3 * i + 1] * b.m[3 + j] + a.m[3 * i + 2] * b.m[6 + j];
      }
    }
    return c;
  }
};

// A turn about the z axis, counter-clockwise as seen from above.
inline Vec3 rotate_z(double radians, Vec3 a) {
  const double c = std::cos(radians);
  const double s = std::sin(radians);
  return {c * a.x - s * a.y, s * a.x + c * a.y, a.z};
}

}  // namespace dctprep
