// Counting 50 frames of 64 x 32 pixels, as one tile of the moving median does; bytes are those of the pixels.
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
};

}  // namespace
}  // namespace dctprep
