// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/simulate/random.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace dctprep {

double normal_quantile(double p) {
  // P. J. Acklam, "An algorithm for computing the inverse normal cumulative distribution function" (2003).
  static constexpr double a[] = {-3.969683028665376e+01, 2.209460984245205e+02,  -2.759285104469687e+02,
                                 1.383577518672690e+02,  -3.066479806614716e+01, 2.506628277459239e+00};
  static constexpr double b[] = {-5.447609879822406e+01, 1.615858368580409e+02, -1.556989798598866e+02,
                                 6.680131188771972e+01, -1.328068155288572e+01};
  static constexpr double c[] = {-7.784894002430293e-03, -3.223964580411365e-01, -2.400758277161838e+00,
                                 -2.549732539343734e+00, 4.374664141464968e+00,  2.938163982698783e+00};
  static constexpr double d[] = {7.784695709041462e-03, 3.224671290700398e-01, 2.445134137142996e+00,
                                 3.754408661907416e+00};
  if (p > 0.5) return -normal_quantile(1 - p);
  double x;
  if (p < 0.02425) {
    const double q = std::sqrt(-2 * std::log(p));
    x = (((((c[0] * q + c[1]) * q + c[2]) * q + c[3]) * q + c[4]) * q + c[5]) /
        ((((d[0] * q + d[1]) * q + d[2]) * q + d[3]) * q + 1);
  } else {
    const double q = p - 0.5;
    const double r = q * q;
    x = (((((a[0] * r + a[1]) * r + a[2]) * r + a[3]) * r + a[4]) * r + a[5]) * q /
        (((((b[0] * r + b[1]) * r + b[2]) * r + b[3]) * r + b[4]) * r + 1);
  }
  const double e = 0.5 * std::erfc(-x / std::numbers::sqrt2) - p;
  const double u = e * std::sqrt(2 * std::numbers::pi) * std::exp(x * x / 2);
  return x - u / (1 + x * u / 2);
}

double RandomStream::normal() { return normal_quantile(uniform()); }

int RandomStream::poisson(double mean) {
  // In parts of mean 16: exp(-16) is far from underflow, and a sum of Poisson deviates is one.
  int count = 0;
  for (; mean > 16; mean -= 16) count += poisson(16);
  double left = uniform() - std::exp(-mean);
  double term = std::exp(-mean);
  for (int n = 1; left > 0 && n < 200; ++n) {
    term *= mean / n;
    left -= term;
    ++count;
  }
  return count;
}

NoiseTables::NoiseTables() : bulk_(2049), tail_(4097), cumulative_(kTables * kCounts), guide_(kTables * kGuides) {
  for (std::size_t i = 1; i < bulk_.size(); ++i)
    bulk_[i] = static_cast<float>(normal_quantile(static_cast<double>(i) / 4096));
  for (std::size_t i = 1; i < tail_.size(); ++i)
    tail_[i] = static_cast<float>(normal_quantile(static_cast<double>(i) * 0x1p-20));
  for (int table = 0; table < kTables; ++table) {
    const double mean = table * 0.25;
    double term = std::exp(-mean);
    double sum = 0;
    std::uint32_t* cumulative = &cumulative_[static_cast<std::size_t>(table) * kCounts];
    for (int n = 0; n < kCounts; ++n) {
      sum += term;
      term *= mean / (n + 1);
      cumulative[n] = static_cast<std::uint32_t>(std::min(sum * 0x1p32, 4294967295.0));
    }
    cumulative[kCounts - 1] = 4294967295u;
    int count = 0;
    for (int guide = 0; guide < kGuides; ++guide) {
      while (cumulative[count] < 4294967295u && cumulative[count] <= static_cast<std::uint32_t>(guide) << 26) ++count;
      guide_[static_cast<std::size_t>(table * kGuides + guide)] = static_cast<std::uint8_t>(count);
    }
  }
}

int NoiseTables::small_poisson(float mean, std::uint64_t bits) const {
  const auto first = static_cast<std::uint32_t>(bits);
  const int table = static_cast<int>(mean * 4);
  const std::uint32_t* cumulative = &cumulative_[static_cast<std::size_t>(table) * kCounts];
  int count = guide_[static_cast<std::size_t>(table * kGuides) + (first >> 26)];
  while (cumulative[count] <= first && cumulative[count] < 4294967295u) ++count;
  // What is left has a mean d below 1/4: exp(-d) by its series, wrong by less than 3e-10.
  const double d = static_cast<double>(mean) - table * 0.25;
  double term = 1 - d * (1 - d / 2 * (1 - d / 3 * (1 - d / 4 * (1 - d / 5 * (1 - d / 6 * (1 - d / 7))))));
  double left = static_cast<double>(bits >> 32) * 0x1p-32 - term;
  for (int n = 1; left >= 0 && n < 20; ++n) {
    term *= d / n;
    left -= term;
    ++count;
  }
  return count;
}

}  // namespace dctprep
