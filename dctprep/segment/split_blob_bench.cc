// SPDX-License-Identifier: BSD-3-Clause
// Parting a spot that is one, of 15,000 voxels (faint) and 66,000 (bright): the usual case, which pays for the others.
// An item is a voxel.
#include <cmath>
#include <random>

#include "dctprep/kernels/on_every_backend_bench.h"
#include "dctprep/segment/split_blob.h"

namespace dctprep {
namespace {

// A Gaussian of `peak` counts with photon noise over a noise of 4 counts, as far as it reaches 5.
std::vector<Voxel> noisy_spot(double peak) {
  std::mt19937 random(3);
  std::normal_distribution<double> normal;
  constexpr int kFrames = 24, kSide = 60;
  constexpr double kSigma = 0.18;  // of the box
  std::vector<Voxel> voxels;
  for (int k = 0; k < kFrames; ++k) {
    for (int v = 0; v < kSide; ++v) {
      for (int u = 0; u < kSide; ++u) {
        const auto off = [](int at, int size) { return (at - size / 2.0) / (kSigma * size); };
        const double r2 = std::pow(off(k, kFrames), 2) + std::pow(off(v, kSide), 2) + std::pow(off(u, kSide), 2);
        const double mean = peak * std::exp(-r2 / 2);
        const double value = mean + std::sqrt(mean + 16) * normal(random) / 3;  // what a median of nine leaves
        if (value < 5) continue;
        voxels.push_back({k, static_cast<std::uint16_t>(v), static_cast<std::uint16_t>(u),
                          static_cast<std::uint16_t>(std::lround(value)), false});
      }
    }
  }
  return voxels;
}

bool bench_split(const char* name, double peak) {
  return bench_on_every_backend(std::string("split_blob/") + name, [peak](benchmark::State& state) {
    const std::vector<Voxel> voxels = noisy_spot(peak);
    SegmentOptions options;
    options.seed = 9;
    options.min_seed_volume = 5;
    options.split = 0.5;
    for (auto _ : state) {
      std::vector<Voxel> copy = voxels;
      benchmark::DoNotOptimize(split_blob(std::move(copy), {24, 60, 60, false}, options).size());
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(voxels.size()));
  });
}

[[maybe_unused]] const bool registered_splits[] = {bench_split("faint", 30), bench_split("bright", 1000)};

}  // namespace
}  // namespace dctprep
