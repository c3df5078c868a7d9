// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/correct/normalise.h"

#include <algorithm>
#include <cmath>

#include "dctprep/base/error.h"
#include "dctprep/core/rank_median.h"
#include "dctprep/kernels/pixel_rows.h"

namespace dctprep {

namespace {

std::uint64_t good_pixels(const Region& region, ImageView<const std::uint8_t> bad_pixels) {
  std::uint64_t count = 0;
  for (int v = region.v0; v < region.v1; ++v) {
    for (int u = region.u0; u < region.u1; ++u) count += bad_pixels(v, u) == 0;
  }
  return count;
}

void require_inside(const Region& region, const char* key, int height, int width) {
  if (region.empty()) return;
  if (region.u0 < 0 || region.v0 < 0 || region.u1 > width || region.v1 > height) {
    fail_usage("{} = [{}, {}, {}, {}] leaves the detector, which has {} columns and {} rows", key, region.u0, region.v0,
               region.u1, region.v1, width, height);
  }
}

// Only its columns count.
void require_columns_inside(const Region& sample, int width) {
  if (sample.u0 >= 0 && sample.u1 <= width) return;
  fail_usage("beam.sample = [{}, {}, {}, {}] leaves the detector, which has {} columns", sample.u0, sample.v0,
             sample.u1, sample.v1, width);
}

}  // namespace

std::vector<Region> intensity_regions(const BeamOptions& options, int height, int width,
                                      ImageView<const std::uint8_t> bad_pixels) {
  const Region beam = options.region.value();
  const Normalise mode = options.normalise.value();
  require_inside(beam, "beam.region", height, width);
  if (mode == Normalise::kMargin) require_columns_inside(options.sample.value(), width);
  if (beam.empty()) {
    if (mode != Normalise::kNone && mode != Normalise::kMonitor) {
      fail_usage(
          "beam.normalise = \"{}\" needs a direct beam, and beam.region is \"none\"; give its box, or normalise = "
          "\"none\"",
          enum_name(mode));
    }
    return {};
  }
  std::vector<Region> regions;
  if (mode == Normalise::kMargin) {
    const Region sample = options.sample.value();
    if (sample.empty()) fail_usage("beam.normalise = \"margin\" needs beam.sample, the columns that the sample shades");
    const auto add = [&](int first, int last) {
      const Region side{std::max(beam.u0, first), beam.v0, std::min(beam.u1, last), beam.v1};
      if (!side.empty()) regions.push_back(side);
    };
    add(sample.u0 - options.margin, sample.u0);
    add(sample.u1, sample.u1 + options.margin);
  } else {
    regions.push_back(beam);
  }
  std::uint64_t good = 0;
  for (const Region& region : regions) good += good_pixels(region, bad_pixels);
  if (good == 0 && mode == Normalise::kMargin) {
    fail_usage(
        "beam.margin: no good pixel of the direct beam lies within {} columns of the sample; make the margin larger, "
        "the sample "
        "box smaller, or use normalise = \"fullbeam\"",
        options.margin);
  }
  if (good == 0)
    fail_usage("beam.region: all pixels of the direct beam are bad; check the mask, or set region = \"none\"");
  return regions;
}

double beam_intensity(ImageView<const std::uint16_t> frame, ImageView<const std::uint16_t> dark,
                      std::span<const Region> regions, ImageView<const std::uint8_t> bad_pixels) {
  if (regions.empty()) return 1.0;
  std::uint64_t sum = 0;
  std::uint64_t count = 0;
  for (const Region& region : regions) {
    for (int v = region.v0; v < region.v1; ++v) {
      const std::uint16_t* row = frame.row(v);
      const std::uint16_t* under = dark.empty() ? nullptr : dark.row(v);
      const std::uint8_t* bad = bad_pixels.row(v);
      for (int u = region.u0; u < region.u1; ++u) {
        if (bad[u] != 0) continue;
        sum += under == nullptr ? row[u] : static_cast<unsigned>(std::max(row[u], under[u]) - under[u]);
        ++count;
      }
    }
  }
  return static_cast<double>(sum) / static_cast<double>(count);
}

double beam_intensity(ImageView<const std::uint16_t> frame, std::span<const Region> regions,
                      ImageView<const std::uint8_t> bad_pixels) {
  return beam_intensity(frame, {}, regions, bad_pixels);
}

std::vector<int> intensity_sample(int frames) {
  std::vector<int> sample;
  const int step = std::max(1, frames / 64);
  for (int k = 0; k < frames; k += step) sample.push_back(k);
  return sample;
}

double monitor_median(std::span<const double> values, std::span<const std::uint8_t> listed) {
  std::vector<double> good;
  for (std::size_t k = 0; k < values.size(); ++k) {
    if (listed[k] == 0 && std::isfinite(values[k])) good.push_back(values[k]);
  }
  return good.empty() ? 0.0 : rank_median(good);
}

float normalisation_factor(double reference, double intensity) { return static_cast<float>(reference / intensity); }

void normalise(ImageView<std::uint16_t> frame, float factor) {
  correct_pixels(frame.data(), nullptr, factor, frame.size(), frame.data());
}

}  // namespace dctprep
