// SPDX-License-Identifier: BSD-3-Clause
// Rows of 2048 pixels to bytes and back, in the first-level cache; bytes are those of the pixels as 16 bits.
#include "dctprep/kernels/byte_pixels.h"
#include "dctprep/kernels/on_every_backend_bench.h"

namespace dctprep {
namespace {

constexpr std::size_t kWidth = 2048;

[[maybe_unused]] const bool registered[] = {
    bench_on_every_backend("narrow_pixels",
                           [](benchmark::State& state) {
                             const auto row = noise_pixels(kWidth, 1), reference = noise_pixels(kWidth, 2);
                             std::vector<std::uint8_t> bytes(kWidth);
                             std::vector<std::uint64_t> beyond(kWidth / 64);
                             for (auto _ : state) {
                               benchmark::DoNotOptimize(
                                   narrow_pixels(row.data(), reference.data(), kWidth, bytes.data(), beyond.data()));
                             }
                             set_bytes(state, 2 * kWidth);
                           }),
    bench_on_every_backend("widen_pixels",
                           [](benchmark::State& state) {
                             const auto reference = noise_pixels(kWidth);
                             const std::vector<std::uint8_t> bytes(kWidth, 131);
                             std::vector<std::uint16_t> row(kWidth);
                             for (auto _ : state) {
                               widen_pixels(bytes.data(), reference.data(), kWidth, row.data());
                               benchmark::ClobberMemory();
                             }
                             set_bytes(state, 2 * kWidth);
                           }),
};

}  // namespace
}  // namespace dctprep
