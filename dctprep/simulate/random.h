// SPDX-License-Identifier: BSD-3-Clause
// Random numbers that depend on nothing but their address: (seed, purpose, index) names a stream, and every draw of a
// pixel is a function of its stream and the pixel's number. So a scan is the same on any number of threads, and no
// std:: distribution (each library has its own) is used.
//
// Bits: SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014), used as a hash
// of a counter.
#pragma once

#include <cstdint>
#include <vector>

namespace dctprep {

// SplitMix64's output function: 64 well mixed bits of `x`.
inline std::uint64_t mix_bits(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

// What a stream is for. Numbers are part of the meaning of a seed.
enum class Purpose : std::uint64_t {
  kGrains = 1,
  kOrientation,
  kSubgrains,
  kFlicker,
  kShutter,
  kOffset,
  kResponse,
  kDefects,
  kProjection,
  kFlat,
  kDark,
  kZingers,
};

class RandomStream {
 public:
  RandomStream(std::uint64_t seed, Purpose purpose, std::uint64_t index = 0)
      : key_(mix_bits(mix_bits(mix_bits(seed + kStep) ^ (static_cast<std::uint64_t>(purpose) * 0xd6e8feb86659fd93ULL)) +
                      (index + 1) * kStep)) {}

  // The bits at place `counter`: any order, any thread.
  std::uint64_t bits_at(std::uint64_t counter) const { return mix_bits(key_ + (counter + 1) * kStep); }

  // One after the other.
  std::uint64_t bits() { return bits_at(next_++); }
  // In (0, 1).
  double uniform() { return (static_cast<double>(bits() >> 11) + 0.5) * 0x1p-53; }
  double normal();
  int poisson(double mean);
  int below(int n) { return static_cast<int>(uniform() * n); }

 private:
  static constexpr std::uint64_t kStep = 0x9e3779b97f4a7c15ULL;
  std::uint64_t key_;
  std::uint64_t next_ = 0;
};

// The standard normal deviate that is exceeded with probability 1 - p, 0 < p < 1: Acklam's rational approximation and
// one step of Halley's method on erfc.
double normal_quantile(double p);

// Photon counts and readings, from tables made once; const methods from any thread.
class NoiseTables {
 public:
  NoiseTables();

  // A standard normal deviate from 32 random bits: quantiles at 4096 places, linear between them, and again so in the
  // outer 1/256 of either side; beyond 2^-16 the quantile itself. Wrong by less than 2e-4.
  float normal(std::uint32_t bits) const {
    const std::uint32_t half = bits < 0x80000000u ? bits : ~bits;  // distance to the nearer end
    float z;
    if (half >= (1u << 24)) {
      z = between(bulk_.data(), half >> 20, static_cast<float>(half & 0xfffffu) * 0x1p-20f);
    } else if (half >= (1u << 16)) {
      z = between(tail_.data(), half >> 12, static_cast<float>(half & 0xfffu) * 0x1p-12f);
    } else {
      z = static_cast<float>(normal_quantile((half + 0.5) * 0x1p-32));
    }
    return half == bits ? z : -z;
  }

  // A Poisson deviate of mean 0 <= mean < kSmallMean, exact to 2^-32: Poisson(m) + Poisson(mean - m) with m the
  // multiple of 1/4 below, the first from a table of its distribution, the second by search.
  int small_poisson(float mean, std::uint64_t bits) const;
  static constexpr float kSmallMean = 24;

 private:
  static constexpr int kTables = 96;  // kSmallMean / (1/4)
  static constexpr int kCounts = 80;
  static constexpr int kGuides = 64;
  static float between(const float* table, std::uint32_t at, float share) {
    return table[at] + share * (table[at + 1] - table[at]);
  }

  std::vector<float> bulk_;                // quantile at i / 4096, i = 0 ... 2048
  std::vector<float> tail_;                // quantile at i / 2^20, i = 0 ... 4096
  std::vector<std::uint32_t> cumulative_;  // [kTables][kCounts]: P(n <= count) * 2^32
  std::vector<std::uint8_t> guide_;        // [kTables][kGuides]: first count that the guide's lowest draw can yield
};

}  // namespace dctprep
