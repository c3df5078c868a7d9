// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/estimate/beam/bright_regions.h"

#include <algorithm>
#include <cmath>

namespace dctprep {

namespace {

struct Component {
  Region box;
  std::uint64_t pixels = 0;
};

// Scratch of a flood fill: kept over the levels.
struct Flood {
  Image<int> label;
  std::vector<int> stack;
};

Component flood_from(int start, int number, ImageView<const float> image, double level, Flood& flood) {
  const int width = image.width();
  Component found{{width, image.height(), 0, 0}, 0};
  int* label = flood.label.data();
  flood.stack.assign(1, start);
  label[start] = number;
  while (!flood.stack.empty()) {
    const int at = flood.stack.back();
    flood.stack.pop_back();
    const int v = at / width;
    const int u = at % width;
    found.box = {std::min(found.box.u0, u), std::min(found.box.v0, v), std::max(found.box.u1, u + 1),
                 std::max(found.box.v1, v + 1)};
    ++found.pixels;
    const auto visit = [&](int vn, int un) {
      if (vn < 0 || un < 0 || vn >= image.height() || un >= width) return;
      const int next = vn * width + un;
      if (label[next] != 0 || !(image(vn, un) >= level)) return;
      label[next] = number;
      flood.stack.push_back(next);
    };
    visit(v, u - 1), visit(v, u + 1), visit(v - 1, u), visit(v + 1, u);
  }
  return found;
}

// The share of the box between each row's first and last pixel of the component.
double filled_share(const Region& box, int number, const Image<int>& label) {
  std::uint64_t covered = 0;
  for (int v = box.v0; v < box.v1; ++v) {
    const int* row = label.row(v);
    int first = box.u0;
    int last = box.u1 - 1;
    while (first <= last && row[first] != number) ++first;
    while (last >= first && row[last] != number) --last;
    covered += static_cast<std::uint64_t>(std::max(0, last - first + 1));
  }
  return static_cast<double>(covered) / (static_cast<double>(box.width()) * box.height());
}

}  // namespace

std::vector<BrightRegion> largest_bright_regions(ImageView<const float> image, int steps, bool enclosed) {
  const Region inner =
      enclosed ? Region{1, 1, image.width() - 1, image.height() - 1} : Region{0, 0, image.width(), image.height()};
  std::vector<BrightRegion> regions;
  if (image.empty()) return regions;
  std::vector<float> sorted(image.pixels().begin(), image.pixels().end());
  std::sort(sorted.begin(), sorted.end());
  const double low = std::max(1.0, static_cast<double>(sorted[sorted.size() / 10]));
  const double high = static_cast<double>(sorted[sorted.size() - 1 - std::min<std::size_t>(sorted.size() / 2000, 15)]);
  Flood flood{Image<int>(image.height(), image.width()), {}};
  for (int i = 1; i < steps && low < high; ++i) {
    const double level = low * std::pow(high / low, static_cast<double>(i) / steps);
    flood.label.fill(0);
    Component largest;
    int largest_number = 0;
    int number = 0;
    for (int at = 0; at < static_cast<int>(image.size()); ++at) {
      if (flood.label.data()[at] != 0 || !(image.data()[at] >= level)) continue;
      const Component found = flood_from(at, ++number, image, level, flood);
      const Region& box = found.box;
      if (box.u0 < inner.u0 || box.v0 < inner.v0 || box.u1 > inner.u1 || box.v1 > inner.v1) continue;
      if (found.pixels > largest.pixels) largest = found, largest_number = number;
    }
    if (largest_number == 0) continue;
    regions.push_back({largest.box, filled_share(largest.box, largest_number, flood.label), level});
  }
  return regions;
}

Image<float> block_means(ImageView<const float> image, int factor) {
  const int height = (image.height() + factor - 1) / factor;
  const int width = (image.width() + factor - 1) / factor;
  Image<float> means(height, width);
  for (int v = 0; v < height; ++v) {
    const int v1 = std::min(image.height(), (v + 1) * factor);
    for (int u = 0; u < width; ++u) {
      const int u1 = std::min(image.width(), (u + 1) * factor);
      double sum = 0;
      for (int y = v * factor; y < v1; ++y) {
        for (int x = u * factor; x < u1; ++x) sum += image(y, x);
      }
      means(v, u) = static_cast<float>(sum / ((v1 - v * factor) * (u1 - u * factor)));
    }
  }
  return means;
}

}  // namespace dctprep
