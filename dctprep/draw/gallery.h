// SPDX-License-Identifier: BSD-3-Clause
// Pictures of spots on a contact sheet.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "dctprep/core/spot.h"
#include "dctprep/draw/canvas.h"
#include "dctprep/draw/image_panel.h"

namespace dctprep::draw {

struct GalleryItem {
  std::uint32_t id = 0;
  double omega = 0;
  AnyImage image;
};
// A contact sheet; each image on its own square-root scale from 0 to its largest pixel.
Canvas draw_gallery(std::span<const GalleryItem> items, const std::string& title, int columns = 10);
// Indices of at most `count` spots: the largest integrals first, or evenly spread over the table.
enum class GalleryChoice { kBrightest, kEven };
std::vector<std::size_t> gallery_choice(std::span<const Spot> spots, std::size_t count, GalleryChoice choice);

}  // namespace dctprep::draw
