// The moving median alone, with the default window, and its peer: every window selected afresh with the same SIMD. Of
// 600 frames of 2048 x 8 pixels, on one thread; bytes are those of the frames, each once.
#include <algorithm>
#include <iterator>
#include <tbb/global_control.h>

#include "dctprep/background/moving_median.h"
#include "dctprep/background/window_median.h"
#include "dctprep/kernels/on_every_backend_bench.h"

namespace dctprep {
namespace {

constexpr int kFrames = 600;
constexpr int kHeight = 8;
constexpr int kWidth = 2048;
constexpr std::size_t kPixels = std::size_t{kHeight} * kWidth;
constexpr std::size_t kTogether = 16;  // backgrounds made in one call

const std::vector<std::uint16_t>& stack() {
  static const std::vector<std::uint16_t> pixels = noise_pixels(kFrames * kPixels);
  return pixels;
}

std::vector<const std::uint16_t*> frames_of(const std::vector<int>& numbers) {
  std::vector<const std::uint16_t*> frames;
  for (const int k : numbers) frames.push_back(stack().data() + static_cast<std::size_t>(k) * kPixels);
  return frames;
}

std::vector<int> without(const std::vector<int>& a, const std::vector<int>& b) {
  std::vector<int> rest;
  std::set_difference(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(rest));
  return rest;
}

void moving(benchmark::State& state, int half_step) {
  BackgroundOptions options;
  options.half_step = half_step;
  const auto blocks = background_blocks(kFrames, options);
  std::vector<Image<std::uint16_t>> backgrounds;
  for (std::size_t i = 0; i < kTogether; ++i) backgrounds.emplace_back(kHeight, kWidth);
  stack();
  const tbb::global_control one(tbb::global_control::max_allowed_parallelism, 1);
  WindowMedian::Counters counters;
  for (auto _ : state) {
    WindowMedian median(kPixels);
    std::vector<int> last;
    std::vector<MedianStep> steps;
    for (const BackgroundBlock& block : blocks) {
      const auto window = background_window(block.centre, kFrames, options, false);
      steps.push_back({frames_of(window), frames_of(without(window, last)), frames_of(without(last, window)),
                       backgrounds[steps.size()].data()});
      last = window;
      if (steps.size() < kTogether && &block != &blocks.back()) continue;
      median.advance(steps);
      steps.clear();
    }
    counters = median.counters();
    benchmark::ClobberMemory();
  }
  set_bytes(state, 2 * stack().size());
  state.counters["selected"] = static_cast<double>(counters.selected) / static_cast<double>(counters.groups);
}

void brute_force(benchmark::State& state) {
  const BackgroundOptions options;
  const auto blocks = background_blocks(kFrames, options);
  Image<std::uint16_t> background(kHeight, kWidth);
  stack();
  const tbb::global_control one(tbb::global_control::max_allowed_parallelism, 1);
  for (auto _ : state) {
    for (const BackgroundBlock& block : blocks) {
      std::vector<ImageView<const std::uint16_t>> window;
      for (const std::uint16_t* frame : frames_of(background_window(block.centre, kFrames, options, false)))
        window.emplace_back(frame, kHeight, kWidth);
      median_background(window, background);
    }
    benchmark::ClobberMemory();
  }
  set_bytes(state, 2 * stack().size());
}

[[maybe_unused]] const bool registered[] = {
    bench_on_every_backend("moving_median/half_step_25", [](benchmark::State& state) { moving(state, 25); }),
    bench_on_every_backend("moving_median/half_step_0", [](benchmark::State& state) { moving(state, 0); }),
    bench_on_every_backend("every_window_afresh/half_step_25", [](benchmark::State& state) { brute_force(state); }),
};

}  // namespace
}  // namespace dctprep
