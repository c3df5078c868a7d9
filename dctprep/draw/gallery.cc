// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/draw/gallery.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <numeric>

#include "dctprep/draw/axes.h"
#include "dctprep/draw/font.h"
#include "dctprep/draw/frame_figures.h"
#include "dctprep/draw/result_panels.h"

namespace dctprep::draw {

namespace {

constexpr double kTile = 150;
constexpr double kCaption = 22;

void draw_tile(Canvas& canvas, const Box& tile, const GalleryItem& item) {
  canvas.fill_rectangle(tile, map_colour(ColourMap::kViridis, 0));
  const int columns = width_of(item.image);
  const int rows = height_of(item.image);
  if (columns > 0 && rows > 0) {
    const Box room = tile.inset(5, 5, 5, 5);
    // Small spots are not blown up beyond recognition.
    const double scale = std::min({room.width / columns, room.height / rows, 12.0});
    const double width = std::max(1.0, std::round(columns * scale));
    const double height = std::max(1.0, std::round(rows * scale));
    const ColourScale colours{ColourMap::kViridis, Scaling::kSqrt, widened({0, robust_range(item.image, 0, 100).high})};
    draw_pixels(canvas,
                {std::round(room.centre_x() - width / 2), std::round(room.centre_y() - height / 2), width, height},
                item.image, colours, Shrink::kMax);
  }
  const std::string angle = std::isfinite(item.omega) ? fmt::format("{:.2f}°", item.omega) : "";
  canvas.text({tile.x, tile.bottom() + 15}, fmt::format("{}", item.id), {.size = 0.9, .bold = true});
  canvas.text({tile.right(), tile.bottom() + 15}, angle, {.size = 0.9, .colour = kFaint, .align_x = AlignX::kRight});
}

}  // namespace

Canvas draw_gallery(std::span<const GalleryItem> items, const std::string& title, int columns) {
  constexpr double kGap = 10;
  columns = std::clamp(columns, 1, 40);
  const std::size_t wide = static_cast<std::size_t>(columns);
  const double row_height = kTile + kCaption + kGap;
  const std::size_t most_rows = static_cast<std::size_t>((Canvas::kMaxSide - 200) / row_height);
  const std::size_t shown = std::min(items.size(), most_rows * wide);
  const std::size_t rows = std::max<std::size_t>(1, (shown + wide - 1) / wide);
  Canvas canvas(static_cast<int>(40 + columns * (kTile + kGap) - kGap),
                static_cast<int>(kHeadingHeight + 20 + static_cast<double>(rows) * row_height));
  draw_heading(canvas, title, "each spot: id, ω; colours from 0 to its brightest pixel, square-root scale");
  if (shown == 0) {
    canvas.text({canvas.width() / 2.0, kHeadingHeight + kTile / 2}, "no spots",
                {.size = kTitleSize, .colour = kFaint, .align_x = AlignX::kCentre});
  }
  for (std::size_t i = 0; i < shown; ++i) {
    const Box tile{20 + static_cast<double>(i % wide) * (kTile + kGap),
                   kHeadingHeight + 12 + static_cast<double>(i / wide) * row_height, kTile, kTile};
    draw_tile(canvas, tile, items[i]);
  }
  return canvas;
}

std::vector<std::size_t> gallery_choice(std::span<const Spot> spots, std::size_t count, GalleryChoice choice) {
  std::vector<std::size_t> indices(spots.size());
  std::iota(indices.begin(), indices.end(), std::size_t{0});
  count = std::min(count, spots.size());
  if (choice == GalleryChoice::kBrightest) {
    std::stable_sort(indices.begin(), indices.end(),
                     [&](std::size_t a, std::size_t b) { return spots[a].integral > spots[b].integral; });
    indices.resize(count);
    return indices;
  }
  std::vector<std::size_t> even;
  for (std::size_t i = 0; i < count; ++i) even.push_back((2 * i + 1) * spots.size() / (2 * count));
  return even;
}

}  // namespace dctprep::draw
