// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/measure/noise_fit.h"

#include <cmath>
#include <cstdlib>
#include <fmt/format.h>
#include <fstream>
#include <gtest/gtest.h>
#include <random>

#include "dctprep/testing/testing.h"

namespace dctprep {
namespace {

struct Pair {
  std::uint16_t first, second;
};

std::uint16_t cut(double counts) { return static_cast<std::uint16_t>(std::clamp(std::rint(counts), 0.0, 65535.0)); }

std::vector<Pair> readings(double gain, double readout, double lowest, double highest, int count, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<double> normal(0, readout);
  std::vector<Pair> pairs;
  for (int i = 0; i < count; ++i) {
    const double level = lowest * std::pow(highest / lowest, static_cast<double>(i) / count);
    std::poisson_distribution<int> photons(level / gain);
    const auto read = [&] { return cut(gain * photons(random) + normal(random)); };
    pairs.push_back({read(), read()});
  }
  return pairs;
}

NoiseModel fit(const std::vector<Pair>& light, const std::vector<Pair>& dark) {
  NoiseSamples samples;
  for (const Pair& pair : light) samples.add(pair.first, pair.second);
  for (const Pair& pair : dark) samples.add_dark(pair.first, pair.second);
  return samples.fit();
}

TEST(NoiseFit, FindsGainAndReadoutNoise) {
  for (const double gain : {0.3, 1.0, 4.0}) {
    for (const double readout : {1.5, 3.0, 12.0}) {
      std::vector<Pair> light = readings(gain, readout, 5, 3000, 400000, 1);
      // Spots that come and go.
      for (std::size_t i = 0; i < light.size(); i += 100) light[i].second = cut(light[i].second + 200);
      const NoiseModel model = fit(light, {});
      EXPECT_NEAR(model.gain, gain, 0.07 * gain) << gain << " " << readout;
      const double wanted = readout * readout + 1.0 / 12;
      EXPECT_NEAR(model.readout_variance, wanted, 0.1 * wanted + 4 * gain) << gain << " " << readout;
      std::vector<Pair> dark;
      std::mt19937 random(2);
      std::normal_distribution<double> normal(100, readout);
      for (int i = 0; i < 100000; ++i) dark.push_back({cut(normal(random)), cut(normal(random))});
      EXPECT_NEAR(fit(light, dark).readout_variance, wanted, 0.05 * wanted) << gain << " " << readout;
      EXPECT_NEAR(fit({}, dark).readout_variance, wanted, 0.05 * wanted);
      EXPECT_EQ(fit({}, dark).gain, 0);
    }
  }
}

TEST(NoiseFit, SaysWhereNothingIsKnown) {
  EXPECT_TRUE(std::isnan(fit({}, {}).gain));
  EXPECT_TRUE(std::isnan(fit(readings(1, 3, 100, 200, 99, 1), {}).readout_variance));
  // All pixels alike: no slope to be seen, and never less than rounding.
  const NoiseModel flat = fit(std::vector<Pair>(1000, Pair{500, 500}), {});
  EXPECT_EQ(flat.gain, 0);
  EXPECT_EQ(flat.readout_variance, 1.0 / 12);
  // Noise that falls with the light is none of photons.
  std::vector<Pair> falling = readings(1, 20, 100, 110, 5000, 3);
  for (const Pair& pair : readings(1, 1, 5000, 5001, 5000, 4)) falling.push_back({pair.first, pair.first});
  EXPECT_EQ(fit(falling, {}).gain, 0);
  EXPECT_NEAR(fit(std::vector<Pair>(1000, Pair{0, 65535}), {}).gain, 0, 1e-6);
}

// docs/photometry.md once more.
TEST(NoiseFit, EqualsPython) {
  const testing::TemporaryFolder folder;
  for (const unsigned seed : {1u, 2u, 3u}) {
    const std::vector<Pair> light = readings(0.7 * seed, 2.0 * seed, 1, 60000 / seed, 30000, seed);
    const std::vector<Pair> dark = seed == 2 ? std::vector<Pair>() : readings(1, 2, 90, 110, 3000, seed + 10);
    std::ofstream file(folder / "pairs.txt");
    for (const Pair& pair : dark) file << "0 " << pair.first << ' ' << pair.second << '\n';
    for (const Pair& pair : light) file << "1 " << pair.first << ' ' << pair.second << '\n';
    file.close();
    const auto answer = testing::run_python(R"(
import numpy as np
data = np.loadtxt('pairs.txt', int)
kind, a, b = data.T
total, difference = a + b, np.clip(b - a, -4096, 4096)
bins = {}
for k, s, d in zip(kind, total, difference):
    if k == 0: name = (0, 0)
    elif s < 4: name = (1, s)
    else:
        octave = int(s).bit_length() - 1
        name = (1 + octave, int(s) >> (octave - 2) & 3)
    bins.setdefault(name, []).append((s if k else 0, d))
def quantile(x, p):
    x = np.sort(x); wanted = p * len(x); value = x[min(len(x), int(np.ceil(wanted))) - 1]
    return value - 0.5 + (wanted - (x < value).sum()) / (x == value).sum()
X, Y, N = [], [], []
for name in sorted(bins):
    s, d = np.array(bins[name]).T
    if len(d) < 100: continue
    width = (quantile(d, 0.75) - quantile(d, 0.25)) / 1.3489795003921634
    y = max(1 / 12, (width ** 2 - 1 / 12) / 2); x = s.sum() / (2 * len(s))
    if name[0] > 0 and x < 2 * np.sqrt(y): continue
    X.append(x); Y.append(y); N.append(len(d))
X, Y, N = map(np.array, (X, Y, N))
w = np.sqrt(N) / Y
(intercept, slope), *_ = np.linalg.lstsq(np.stack([w, w * X], 1), w * Y, rcond=None)
print(len(X), repr(float(intercept)), repr(float(slope)))
)",
                                            folder.path());
    ASSERT_EQ(answer.status, 0) << answer.output;
    std::size_t bins = 0;
    double intercept = 0, slope = 0;
    ASSERT_EQ(std::sscanf(answer.output.c_str(), "%zu %lf %lf", &bins, &intercept, &slope), 3) << answer.output;
    const NoiseModel model = fit(light, dark);
    EXPECT_EQ(model.level.size(), bins);
    EXPECT_GT(bins, 20u);
    EXPECT_GT(slope, 0);
    EXPECT_GT(intercept, 0.1);
    EXPECT_NEAR(model.gain, slope, 1e-8 * slope);
    EXPECT_NEAR(model.readout_variance, intercept, 1e-6 * intercept);
  }
}

}  // namespace
}  // namespace dctprep
