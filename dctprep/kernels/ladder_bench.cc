// SPDX-License-Identifier: BSD-3-Clause
// Counting 50 frames of 64 x 32 pixels, as one tile of the moving median does; bytes are those of the
// pixels as 16 bits.
#include <algorithm>

#include "dctprep/kernels/ladder.h"
#include "dctprep/kernels/on_every_backend_bench.h"

namespace dctprep {
namespace {

constexpr std::size_t kFrames = 50;
constexpr std::size_t kPixels = 32 * kLadderGroup;

[[maybe_unused]] const bool registered[] = {
    bench_on_every_backend("ladder_heights",
                           [](benchmark::State& state) {
                             const auto pixels = noise_pixels(kPixels);
                             const std::vector<std::uint16_t> base(kPixels, 192);
                             std::vector<std::uint8_t> above(kPixels);
                             for (auto _ : state) {
                               ladder_heights(pixels.data(), base.data(), kPixels, above.data());
                               benchmark::ClobberMemory();
                             }
                             set_bytes(state, 2 * kPixels);
                           }),
    bench_on_every_backend("ladder_count",
                           [](benchmark::State& state) {
                             const auto pixels = noise_pixels(kFrames * kLadderGroup);
                             const std::vector<std::uint16_t> base(pixels.size(), 192);
                             std::vector<std::uint8_t> above(pixels.size());
                             ladder_heights(pixels.data(), base.data(), pixels.size(), above.data());
                             std::vector<std::uint16_t> counts(kLadderGroup * kLadderRungs, 0);
                             for (auto _ : state) {
                               ladder_count(above.data(), kFrames, true, counts.data());
                               benchmark::ClobberMemory();
                             }
                             set_bytes(state, 2 * pixels.size());
                           }),
    bench_on_every_backend("ladder_count_bytes",
                           [](benchmark::State& state) {
                             const auto pixels = noise_pixels(kFrames * kLadderGroup);
                             std::vector<std::uint8_t> bytes;
                             for (const std::uint16_t pixel : pixels)
                               bytes.push_back(static_cast<std::uint8_t>(std::clamp(pixel - 72, 0, 255)));
                             std::vector<const std::uint8_t*> rows;
                             for (std::size_t k = 0; k < kFrames; ++k) rows.push_back(bytes.data() + k * kLadderGroup);
                             const std::vector<std::uint8_t> shift(kLadderGroup, 120);
                             std::vector<std::uint16_t> counts(kLadderGroup * kLadderRungs, 0);
                             for (auto _ : state) {
                               ladder_count_bytes(rows.data(), 0, kFrames, shift.data(), true, counts.data());
                               benchmark::ClobberMemory();
                             }
                             set_bytes(state, 2 * pixels.size());
                           }),
};

}  // namespace
}  // namespace dctprep
