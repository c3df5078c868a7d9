// SPDX-License-Identifier: BSD-3-Clause
// Selection by rank; bytes are those of the pixels that come in.
#include "dctprep/kernels/on_every_backend_bench.h"
#include "dctprep/kernels/rank_select.h"

namespace dctprep {
namespace {

constexpr std::size_t kWidth = 2048;

void select(benchmark::State& state, std::size_t n) {
  const auto pixels = noise_pixels(n * kWidth);
  const auto rows = rows_of(pixels, kWidth);
  std::vector<std::uint16_t> out(kWidth);
  for (auto _ : state) {
    rank_select(rows.data(), n, static_cast<std::uint16_t>(n / 2), kWidth, out.data());
    benchmark::ClobberMemory();
  }
  set_bytes(state, 2 * n * kWidth);
}

// 32 pixels, whose rows lie together, from guesses as good as the median of a window that holds other frames for a
// tenth of its own.
void select_near(benchmark::State& state) {
  constexpr std::size_t kRows = 501, kTogether = 32;
  const auto pixels = noise_pixels(kRows * kTogether);
  const auto rows = rows_of(pixels, kTogether);
  std::vector<std::size_t> offsets;
  for (std::size_t k = 0; k < kRows; ++k) offsets.push_back(k * kTogether);
  std::vector<std::uint16_t> guesses(kTogether), out(kTogether);
  rank_select(rows.data(), kRows - kRows / 10, (kRows - kRows / 10) / 2, kTogether, guesses.data());
  for (auto _ : state) {
    out = guesses;
    rank_select_near(pixels.data(), offsets.data(), kRows, kRows / 2, kTogether, out.data());
    benchmark::ClobberMemory();
  }
  set_bytes(state, 2 * kRows * kTogether);
}

[[maybe_unused]] const bool registered[] = {
    bench_on_every_backend("median_of_9",
                           [](benchmark::State& state) {
                             const auto pixels = noise_pixels(9 * kWidth);
                             const auto rows = rows_of(pixels, kWidth);
                             std::vector<std::uint16_t> out(kWidth);
                             for (auto _ : state) {
                               median_of_9(rows.data(), kWidth, out.data());
                               benchmark::ClobberMemory();
                             }
                             set_bytes(state, 2 * 9 * kWidth);
                           }),
    bench_on_every_backend("rank_select_25", [](benchmark::State& state) { select(state, 25); }),
    bench_on_every_backend("rank_select_501", [](benchmark::State& state) { select(state, 501); }),
    bench_on_every_backend("rank_select_near_501", select_near),
};

}  // namespace
}  // namespace dctprep
