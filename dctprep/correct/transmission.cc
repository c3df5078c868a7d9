// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/correct/transmission.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "dctprep/core/rank_median.h"

namespace dctprep {

namespace {

Image<float> spatial_median(const Image<double>& image, int radius) {
  Image<float> median(image.height(), image.width());
  std::vector<double> window;
  for (int v = 0; v < image.height(); ++v) {
    for (int u = 0; u < image.width(); ++u) {
      if (std::isnan(image(v, u))) {
        median(v, u) = std::numeric_limits<float>::quiet_NaN();
        continue;
      }
      window.clear();
      for (int dv = -radius; dv <= radius; ++dv) {
        const double* row = image.row(std::clamp(v + dv, 0, image.height() - 1));
        for (int du = -radius; du <= radius; ++du) {
          const double value = row[std::clamp(u + du, 0, image.width() - 1)];
          if (!std::isnan(value)) window.push_back(value);
        }
      }
      median(v, u) = static_cast<float>(rank_median(window));
    }
  }
  return median;
}

}  // namespace

Image<float> transmission(ImageView<const std::uint16_t> frame, double beam_intensity, const FlatField& flat,
                          int radius) {
  Image<double> ratio(frame.height(), frame.width());
  for (int v = 0; v < frame.height(); ++v) {
    for (int u = 0; u < frame.width(); ++u) {
      const double beam = static_cast<double>(frame(v, u)) / beam_intensity;
      if (flat.inside_beam.empty()) {
        ratio(v, u) = beam / 1.0;
      } else if (flat.inside_beam(v, u) == 0) {
        ratio(v, u) = std::numeric_limits<double>::quiet_NaN();
      } else {
        ratio(v, u) = beam / (static_cast<double>(flat.inside_beam(v, u)) / flat.intensity);
      }
    }
  }
  return spatial_median(ratio, radius);
}

}  // namespace dctprep
