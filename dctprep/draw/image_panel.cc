// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/draw/image_panel.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "dctprep/draw/axes.h"

namespace dctprep::draw {

namespace {

constexpr double kBarWidth = 16;
constexpr double kBarGap = 10;
constexpr double kPixelsPerTick = 66;  // along both axes alike

// Which of `from` pixels a pixel of `to` covers: [first, last], and the weights of the two ends.
struct Cover {
  int first = 0, last = 0;
  float first_weight = 1, last_weight = 1;
  float weight(int i) const { return i == first ? first_weight : i == last ? last_weight : 1; }
};

std::vector<Cover> covers(int from, int to) {
  std::vector<Cover> all(static_cast<std::size_t>(to));
  const double ratio = static_cast<double>(from) / to;
  for (int i = 0; i < to; ++i) {
    Cover& cover = all[static_cast<std::size_t>(i)];
    if (to >= from) {
      cover.first = cover.last = std::min(from - 1, static_cast<int>((i + 0.5) * ratio));
      continue;
    }
    const double low = i * ratio;
    const double high = (i + 1) * ratio;
    cover.first = std::min(from - 1, static_cast<int>(low));
    cover.last = std::clamp(static_cast<int>(std::ceil(high - 1e-9)) - 1, cover.first, from - 1);
    cover.first_weight = static_cast<float>(std::min(high, cover.first + 1.0) - low);
    if (cover.last > cover.first) cover.last_weight = static_cast<float>(high - cover.last);
  }
  return all;
}

template <class T>
float covered_value(ImageView<const T> image, const Cover& rows, const Cover& columns, Shrink shrink) {
  double sum = 0;
  double weights = 0;
  float largest = -std::numeric_limits<float>::infinity();
  for (int v = rows.first; v <= rows.last; ++v) {
    const T* row = image.row(v);
    for (int u = columns.first; u <= columns.last; ++u) {
      const auto value = static_cast<float>(row[u]);
      if (!std::isfinite(value)) continue;
      const double weight = static_cast<double>(rows.weight(v)) * columns.weight(u);
      sum += weight * value;
      weights += weight;
      largest = std::max(largest, value);
    }
  }
  if (!(weights > 0)) return std::numeric_limits<float>::quiet_NaN();
  return shrink == Shrink::kMax ? largest : static_cast<float>(sum / weights);
}

}  // namespace

Image<float> resample(const AnyImage& image, int height, int width, Shrink shrink) {
  Image<float> out(height, width, std::numeric_limits<float>::quiet_NaN());
  std::visit(
      [&](const auto& view) {
        if (view.empty()) return;
        const std::vector<Cover> rows = covers(view.height(), height);
        const std::vector<Cover> columns = covers(view.width(), width);
        for (int y = 0; y < height; ++y) {
          for (int x = 0; x < width; ++x) {
            out(y, x) =
                covered_value(view, rows[static_cast<std::size_t>(y)], columns[static_cast<std::size_t>(x)], shrink);
          }
        }
      },
      image);
  return out;
}

void draw_pixels(Canvas& canvas, const Box& box, const AnyImage& image, const ColourScale& scale, Shrink shrink) {
  const int x0 = static_cast<int>(std::round(box.x));
  const int y0 = static_cast<int>(std::round(box.y));
  const int width = std::clamp(static_cast<int>(std::round(box.width)), 1, canvas.width());
  const int height = std::clamp(static_cast<int>(std::round(box.height)), 1, canvas.height());
  const Image<float> shown = resample(image, height, width, shrink);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) canvas.set_pixel(x0 + x, y0 + y, scale.colour(shown(y, x)));
  }
}

Box image_room(const Box& box, bool axes, bool colour_bar) {
  return box.inset(axes ? 74 : 4, 34, colour_bar ? kBarGap + kBarWidth + kColourBarRoom : 8, axes ? 50 : 6);
}

ImageAxes draw_image_panel(Canvas& canvas, const Box& box, const ImagePanel& panel) {
  const Box room = image_room(box, panel.axes, panel.colour_bar);
  const int columns = std::max(1, width_of(panel.image));
  const int rows = std::max(1, height_of(panel.image));
  const double scale = std::min(room.width / columns, room.height / rows);
  // A very flat image is shown thicker than it is: rather that than a line nobody can see.
  constexpr double kLeast = 12;
  const double width = std::max(1.0, std::round(std::min(room.width, std::max(kLeast, columns * scale))));
  const double height = std::max(1.0, std::round(std::min(room.height, std::max(kLeast, rows * scale))));

  ImageAxes axes;
  axes.box = {std::round(room.x + (room.width - width) / 2), std::round(room.y + (room.height - height) / 2), width,
              height};
  axes.u_low = panel.u0 - 0.5;
  axes.v_low = panel.v0 - 0.5;
  axes.scale_u = width / columns;
  axes.scale_v = height / rows;
  draw_pixels(canvas, axes.box, panel.image, panel.scale, panel.shrink);
  draw_frame(canvas, axes.box);
  draw_title(canvas, axes.box, panel.title, panel.colour_bar ? 20 : 0);
  if (panel.axes) {
    draw_x_axis(canvas, axes.box,
                {axes.u_low, axes.u_low + columns, false, axes.box.x, axes.box.right(), false, kPixelsPerTick},
                "u (pixels)", false);
    draw_y_axis(canvas, axes.box,
                {axes.v_low, axes.v_low + rows, false, axes.box.y, axes.box.bottom(), false, kPixelsPerTick},
                "v (pixels)", false);
  }
  if (panel.colour_bar) {
    draw_colour_bar(canvas, {axes.box.right() + kBarGap, axes.box.y, kBarWidth, axes.box.height}, panel.scale,
                    panel.unit);
  }
  return axes;
}

}  // namespace dctprep::draw
