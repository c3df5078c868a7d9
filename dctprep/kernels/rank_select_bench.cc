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
};

}  // namespace
}  // namespace dctprep
