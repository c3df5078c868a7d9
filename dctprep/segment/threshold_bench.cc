// SPDX-License-Identifier: BSD-3-Clause
// From a denoised frame of 1024 x 1024 pixels to runs, at several shares of voxels that pass; bytes are those of the
// frame.
#include "dctprep/kernels/on_every_backend_bench.h"
#include "dctprep/segment/threshold.h"

namespace dctprep {
namespace {

constexpr int kSize = 1024;

// Noise of 14 counts round 200.
bool bench_level(const char* share, int level) {
  return bench_on_every_backend(std::string("threshold_frame/") + share, [level](benchmark::State& state) {
    const auto pixels = noise_pixels(std::size_t{kSize} * kSize);
    for (auto _ : state)
      benchmark::DoNotOptimize(threshold_frame({pixels.data(), kSize, kSize}, 0, level, {}).values.size());
    set_bytes(state, 2 * pixels.size());
  });
}

[[maybe_unused]] const bool registered[] = {bench_level("none", 400), bench_level("0.1_percent", 243),
                                            bench_level("16_percent", 214)};

}  // namespace
}  // namespace dctprep
