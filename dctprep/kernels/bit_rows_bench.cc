// SPDX-License-Identifier: BSD-3-Clause
// Windows of 3 x 3 and 5 x 5 over rows of 2048 bits, one in a hundred set; bytes are those of the pixels as 16 bits.
#include "dctprep/kernels/bit_rows.h"
#include "dctprep/kernels/on_every_backend_bench.h"

namespace dctprep {
namespace {

constexpr std::size_t kWidth = 2048;

void count(benchmark::State& state, int radius) {
  const auto side = static_cast<std::size_t>(2 * radius + 1);
  const auto noise = noise_pixels(side * kWidth);
  std::vector<std::uint64_t> bits(side * words_of_bits(kWidth), 0), out(words_of_bits(kWidth)), scratch;
  for (std::size_t i = 0; i < noise.size(); ++i) bits[i / 64] |= std::uint64_t{noise[i] % 100 == 0} << i % 64;
  std::vector<const std::uint64_t*> rows;
  for (std::size_t i = 0; i < side; ++i) rows.push_back(bits.data() + i * words_of_bits(kWidth));
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        window_has(rows.data(), radius, kWidth, static_cast<unsigned>(side * side / 2 + 1), out.data(), scratch));
    benchmark::ClobberMemory();
  }
  set_bytes(state, 2 * kWidth);
}

[[maybe_unused]] const bool registered[] = {
    bench_on_every_backend("window_has_3", [](benchmark::State& state) { count(state, 1); }),
    bench_on_every_backend("window_has_5", [](benchmark::State& state) { count(state, 2); }),
};

}  // namespace
}  // namespace dctprep
