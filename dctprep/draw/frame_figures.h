// SPDX-License-Identifier: BSD-3-Clause
// Pictures of frames. Plain values in, a picture out; nothing here reads files. Every one copes with empty images, and
// says so.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "dctprep/core/region.h"
#include "dctprep/core/spot.h"
#include "dctprep/draw/canvas.h"
#include "dctprep/draw/colour_map.h"
#include "dctprep/draw/image_panel.h"

namespace dctprep::draw {

// Drawn on frames: direct beam solid, guard (the beam grown by it) dashed, sample box dotted. Empty ones are not drawn.
struct DetectorRegions {
  Region beam = {};
  Region guard = {};
  Region sample = {};
};

struct PixelPlace {
  int v = 0, u = 0;
};

// A spot on a frame. Where `pixels` are given and large enough in the picture, their boundary is drawn, else the box.
struct SpotOutline {
  Region box;
  std::vector<PixelPlace> pixels = {};
  Colour colour = kSpotMark;
};
SpotOutline outline_of(const Spot& spot);
// The boxes of the spots that are there in `frame`, of `frames` in a scan (spots over the seam of a wrapped one
// included).
std::vector<SpotOutline> outlines_in_frame(std::span<const Spot> spots, int frame, int frames);

// One frame: grey between robust limits, unless `scale` says otherwise; square-root scale, logarithmic where a direct
// beam outshines the rest.
struct FrameFigure {
  AnyImage image;
  std::string title = {};
  DetectorRegions regions = {};
  std::vector<SpotOutline> spots = {};
  std::optional<ColourScale> scale = {};
  Shrink shrink = Shrink::kMax;
  int u0 = 0, v0 = 0;  // of a crop
  std::string unit = "counts";
};
Canvas draw_frame_figure(const FrameFigure& figure);

// A frame on its way: raw, background, residual (signed), denoised with its spots. An empty image leaves its panel out.
struct PipelineFigure {
  AnyImage raw = {}, background = {}, residual = {}, denoised = {};
  std::string title = {};
  DetectorRegions regions = {};
  std::vector<SpotOutline> spots = {};
};
Canvas draw_pipeline_figure(const PipelineFigure& figure);

}  // namespace dctprep::draw
