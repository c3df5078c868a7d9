// SPDX-License-Identifier: BSD-3-Clause
// The 2D median of a frame of 1024 x 1024 pixels, on one thread; bytes are those of the frame.
#include "dctprep/denoise/denoise.h"
#include "dctprep/kernels/on_every_backend_bench.h"

namespace dctprep {
namespace {

constexpr int kSize = 1024;

bool bench_radius(int radius) {
  return bench_on_every_backend("denoise/radius_" + std::to_string(radius), [radius](benchmark::State& state) {
    const auto pixels = noise_pixels(std::size_t{kSize} * kSize);
    const Image<std::uint8_t> bad_pixels(kSize, kSize, 0);
    DenoiseOptions options;
    options.radius = radius;
    const Denoiser denoiser(options, bad_pixels, {});
    Image<std::uint16_t> denoised(kSize, kSize);
    for (auto _ : state) {
      denoiser.apply({pixels.data(), kSize, kSize}, denoised);
      benchmark::ClobberMemory();
    }
    set_bytes(state, 2 * pixels.size());
  });
}

[[maybe_unused]] const bool registered[] = {bench_radius(1), bench_radius(2), bench_radius(3)};

}  // namespace
}  // namespace dctprep
