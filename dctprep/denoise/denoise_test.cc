// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/denoise/denoise.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <random>
#include <sstream>

#include "dctprep/testing/testing.h"

namespace dctprep {
namespace {

Image<std::uint16_t> random_image(std::mt19937& random, int height, int width, int spread) {
  Image<std::uint16_t> image(height, width);
  for (auto& pixel : image.pixels()) pixel = static_cast<std::uint16_t>(random() % static_cast<unsigned>(spread));
  return image;
}

// docs/specification.md, "2D median", word by word, for one pixel.
std::uint16_t oracle(const Image<std::uint16_t>& c, const Image<std::uint8_t>& bad, const Region& excluded,
                     const DenoiseOptions& o, int v, int u) {
  if (excluded.contains(v, u)) return 0;
  if (o.mode.value() == DenoiseMode::kOff) return c(v, u);
  std::vector<int> window;
  for (int y = v - o.radius; y <= v + o.radius; ++y) {
    for (int x = u - o.radius; x <= u + o.radius; ++x) {
      const int yy = std::clamp(y, 0, c.height() - 1), xx = std::clamp(x, 0, c.width() - 1);
      if (bad(yy, xx) == 0) window.push_back(c(yy, xx));
    }
  }
  std::sort(window.begin(), window.end());
  const int m = window.empty() ? 0 : window[window.size() / 2];
  const bool take =
      o.mode.value() == DenoiseMode::kFull || bad(v, u) != 0 || std::abs(c(v, u) - m) > o.threshold.value();
  return static_cast<std::uint16_t>(take ? m : c(v, u));
}

TEST(Denoiser, EqualsTheWordsOfTheSpecification) {
  std::mt19937 random(1);
  for (int round = 0; round < 200; ++round) {
    const int height = 1 + static_cast<int>(random() % 40), width = 1 + static_cast<int>(random() % 200);
    const Image<std::uint16_t> residual = random_image(random, height, width, random() % 2 ? 65536 : 12);
    Image<std::uint8_t> bad(height, width, 0);
    if (random() % 2) {
      for (auto& pixel : bad.pixels()) pixel = random() % (random() % 3 ? 4 : 1) == 0;
    }
    Region excluded;
    if (random() % 2) excluded = Region{static_cast<int>(random()) % width, 0, width, height}.grown(0, height, width);
    const DenoiseOptions options{.mode = static_cast<DenoiseMode>(random() % 3),
                                 .radius = 1 + static_cast<int>(random() % 3),
                                 .threshold = 1 + static_cast<int>(random() % 10)};
    Image<std::uint16_t> denoised(height, width);
    Denoiser(options, bad, excluded).apply(residual, denoised);
    for (int v = 0; v < height; ++v) {
      for (int u = 0; u < width; ++u)
        ASSERT_EQ(denoised(v, u), oracle(residual, bad, excluded, options, v, u)) << v << " " << u;
    }
  }
}

TEST(Denoiser, EqualsScipy) {
  std::mt19937 random(2);
  const testing::TemporaryFolder folder;
  for (const int radius : {1, 2, 3}) {
    const Image<std::uint16_t> residual = random_image(random, 37, 53, 5000);
    Image<std::uint16_t> denoised(37, 53);
    Denoiser({.mode = DenoiseMode::kFull, .radius = radius, .threshold = {}}, Image<std::uint8_t>(37, 53, 0), {})
        .apply(residual, denoised);
    std::ostringstream program;
    program << "import numpy as np, scipy.ndimage as n\na=np.array([";
    for (const auto pixel : residual.pixels()) program << pixel << ",";
    program << "],'u2').reshape(37,53)\nb=np.array([";
    for (const auto pixel : denoised.pixels()) program << pixel << ",";
    program << "],'u2').reshape(37,53)\nassert (n.median_filter(a,size=" << 2 * radius + 1
            << ",mode='nearest')==b).all()\n";
    const auto result = testing::run_python(program.str(), folder.path());
    EXPECT_EQ(result.status, 0) << result.output;
  }
}

}  // namespace
}  // namespace dctprep
