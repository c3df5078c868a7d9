#include "dctprep/pipeline/measure_noise.h"

#include <algorithm>
#include <cstdint>

#include "dctprep/base/cancel.h"
#include "dctprep/measure/noise_fit.h"
#include "dctprep/pipeline/parallel.h"

namespace dctprep {

namespace {

constexpr int kPairs = 16, kDarkPairs = 8;
constexpr std::int64_t kPixelsAFrame = std::int64_t{1} << 18;

// Rows and columns that are multiples of it are looked at.
int pixel_step(const Setup& setup) {
  const std::int64_t pixels = std::int64_t{setup.height()} * setup.width();
  int step = 1;
  while (std::int64_t{step + 1} * (step + 1) * kPixelsAFrame <= pixels) ++step;
  return step;
}

template <class Add>
void visit_pixels(const Setup& setup, int step, const Image<std::uint16_t>& first, const Image<std::uint16_t>& second,
                  const Add& add) {
  for (int v = 0; v < setup.height(); v += step) {
    for (int u = 0; u < setup.width(); u += step) {
      if (setup.scan->bad_pixels(v, u) == 0 && !setup.excluded.contains(v, u)) add(first(v, u), second(v, u));
    }
  }
}

}  // namespace

NoiseModel measure_noise(const Setup& setup, Progress& progress) {
  const int pairs = std::min(kPairs, setup.frames() - 1);
  const int darks = setup.scan->darks ? std::min(kDarkPairs, setup.scan->darks->frames() / 2) : 0;
  const int step = pixel_step(setup);
  const auto read = [&](const std::vector<int>& frames, const auto& read_one) {
    std::vector<Image<std::uint16_t>> images(frames.size());
    parallel_in_order(frames.size(), [&](std::size_t i) {
      check_cancelled();
      images[i] = read_one(frames[i]);
      progress.advance(1);
    });
    return images;
  };
  const auto read_frame = [&](int k) {
    Image<std::uint16_t> raw(setup.height(), setup.width()), frame(setup.height(), setup.width());
    const CorrectedFrame corrected = read_corrected_frame(setup, k, raw, false, [&](int v, const std::uint16_t* row) {
      std::copy(row, row + setup.width(), frame.row(v));
    });
    return corrected.bad ? Image<std::uint16_t>() : std::move(frame);
  };
  const auto read_dark = [&](int k) {
    Image<std::uint16_t> dark(setup.height(), setup.width());
    return setup.scan->darks->read(k, dark) ? Image<std::uint16_t>() : std::move(dark);
  };
  NoiseSamples samples;
  progress.start("measuring the noise", 2 * std::int64_t{pairs} + 2 * std::int64_t{darks}, "images");
  // Pair by pair, so that hardly more is held than on every other thread's account.
  for (int i = 0; i < pairs; ++i) {
    const auto k = static_cast<int>(std::int64_t{i} * (setup.frames() - 1) / pairs);
    const auto frames = read({k, k + 1}, read_frame);
    if (frames[0].empty() || frames[1].empty()) continue;
    visit_pixels(setup, step, frames[0], frames[1], [&](std::uint16_t a, std::uint16_t b) { samples.add(a, b); });
  }
  for (int i = 0; i < darks; ++i) {
    const auto frames = read({2 * i, 2 * i + 1}, read_dark);
    if (frames[0].empty() || frames[1].empty()) continue;
    visit_pixels(setup, step, frames[0], frames[1], [&](std::uint16_t a, std::uint16_t b) { samples.add_dark(a, b); });
  }
  progress.finish();
  return samples.fit();
}

}  // namespace dctprep
