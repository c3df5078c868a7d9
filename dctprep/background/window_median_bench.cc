// SPDX-License-Identifier: BSD-3-Clause
// The moving median alone, with the default window, and its peer: every window selected afresh with the same SIMD. Of
// 600 frames of 2048 x 8 pixels, on one thread; bytes are those of the frames, each once.
#include <tbb/global_control.h>

#include "dctprep/background/stack_medians_bench.h"
#include "dctprep/kernels/on_every_backend_bench.h"

namespace dctprep {
namespace {

const std::vector<Image<std::uint16_t>>& stack() {
  static const std::vector<Image<std::uint16_t>> frames = [] {
    std::vector<Image<std::uint16_t>> made;
    for (unsigned k = 0; k < 600; ++k) {
      made.emplace_back(8, 2048);
      std::ranges::copy(noise_pixels(made.back().size(), k), made.back().data());
    }
    return made;
  }();
  return frames;
}

void bench(benchmark::State& state, int half_step, bool moving) {
  const tbb::global_control one(tbb::global_control::max_allowed_parallelism, 1);
  BackgroundOptions options;
  options.half_step = half_step;
  StackMedians medians(stack(), options);
  WindowMedian::Counters counters{.groups = 1, .selected = 1};
  for (auto _ : state) {
    if (moving) {
      counters = medians.make_moving();
    } else {
      medians.make_afresh();
    }
    benchmark::ClobberMemory();
  }
  set_bytes(state, 2 * stack().size() * stack().front().size());
  state.counters["selected"] = static_cast<double>(counters.selected) / static_cast<double>(counters.groups);
}

[[maybe_unused]] const bool registered[] = {
    bench_on_every_backend("moving_median/half_step_25", [](benchmark::State& state) { bench(state, 25, true); }),
    bench_on_every_backend("moving_median/half_step_0", [](benchmark::State& state) { bench(state, 0, true); }),
    bench_on_every_backend("every_window_afresh/half_step_25",
                           [](benchmark::State& state) { bench(state, 25, false); }),
};

}  // namespace
}  // namespace dctprep
