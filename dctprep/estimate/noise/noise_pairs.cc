// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/estimate/noise/noise_pairs.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "dctprep/base/cancel.h"
#include "dctprep/base/error.h"
#include "dctprep/segment/options.h"

namespace dctprep {

namespace {

constexpr int kDarkPairs = 8;
constexpr std::int64_t kPixelsAFrame = std::int64_t{1} << 18;

// Rows and columns that are multiples of it are looked at.
int pixel_step(int height, int width) {
  const std::int64_t pixels = std::int64_t{height} * width;
  int step = 1;
  while (std::int64_t{step + 1} * (step + 1) * kPixelsAFrame <= pixels) ++step;
  return step;
}

template <class Add>
void visit_pixels(ImageView<const std::uint16_t> first, ImageView<const std::uint16_t> second,
                  ImageView<const std::uint8_t> bad_pixels, const Region& excluded, const Add& add) {
  const int step = pixel_step(first.height(), first.width());
  for (int v = 0; v < first.height(); v += step) {
    for (int u = 0; u < first.width(); u += step) {
      if (bad_pixels(v, u) == 0 && !excluded.contains(v, u)) add(first(v, u), second(v, u));
    }
  }
}

}  // namespace

void add_frame_pair(ImageView<const std::uint16_t> first, ImageView<const std::uint16_t> second,
                    ImageView<const std::uint8_t> bad_pixels, const Region& excluded, NoiseSamples& samples) {
  visit_pixels(first, second, bad_pixels, excluded, [&](std::uint16_t a, std::uint16_t b) { samples.add(a, b); });
}

void add_dark_pairs(const Scan& scan, const Region& excluded, NoiseSamples& samples) {
  const int pairs = scan.darks ? std::min(kDarkPairs, scan.darks->frames() / 2) : 0;
  Image<std::uint16_t> first(scan.height(), scan.width()), second(scan.height(), scan.width());
  for (int i = 0; i < pairs; ++i) {
    check_cancelled();
    if (scan.darks->read(2 * i, first) || scan.darks->read(2 * i + 1, second)) continue;
    visit_pixels(first, second, scan.bad_pixels, excluded,
                 [&](std::uint16_t a, std::uint16_t b) { samples.add_dark(a, b); });
  }
}

NoiseScale scale_of_levels(const NoiseModel& model) {
  if (std::isnan(model.gain)) {
    fail(
        "segment.unit = \"sigma\": the scan does not tell its noise, for which two good frames after one another are "
        "needed; give the levels in counts, with unit = \"counts\"");
  }
  return NoiseScale(model, kSigmaSteps);
}

}  // namespace dctprep
