// SPDX-License-Identifier: BSD-3-Clause
// Rows of 2048 pixels that stay in the first-level cache; bytes are those of the pixels that come in.
#include "dctprep/kernels/on_every_backend_bench.h"
#include "dctprep/kernels/pixel_rows.h"

namespace dctprep {
namespace {

constexpr std::size_t kWidth = 2048;

[[maybe_unused]] const bool registered[] = {
    bench_on_every_backend("correct_pixels",
                           [](benchmark::State& state) {
                             const auto row = noise_pixels(kWidth);
                             const std::vector<std::uint16_t> dark(kWidth, 90);
                             std::vector<std::uint16_t> corrected(kWidth);
                             for (auto _ : state)
                               benchmark::DoNotOptimize(
                                   correct_pixels(row.data(), dark.data(), 1.01f, kWidth, corrected.data()));
                             set_bytes(state, 2 * kWidth);
                           }),
    bench_on_every_backend("subtract_pixels",
                           [](benchmark::State& state) {
                             const auto row = noise_pixels(kWidth, 1), background = noise_pixels(kWidth, 2);
                             std::vector<std::uint16_t> residual(kWidth);
                             for (auto _ : state) {
                               subtract_pixels(row.data(), background.data(), 3, kWidth, residual.data());
                               benchmark::ClobberMemory();
                             }
                             set_bytes(state, 2 * kWidth);
                           }),
    bench_on_every_backend("pixels_at_least",
                           [](benchmark::State& state) {
                             const auto row = noise_pixels(kWidth);
                             std::vector<std::uint64_t> bits(kWidth / 64);
                             for (auto _ : state)
                               benchmark::DoNotOptimize(pixels_at_least(row.data(), 260, kWidth, bits.data()));
                             set_bytes(state, 2 * kWidth);
                           }),
};

}  // namespace
}  // namespace dctprep
