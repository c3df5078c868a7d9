// SPDX-License-Identifier: BSD-3-Clause
// The standard pictures of a scan and of its result. Plain values in, a picture out; nothing here reads files. Every
// figure copes with no spots, no beam and empty arrays, and says so in the picture.
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

// What is known of a result. Spans may be empty.
struct ResultData {
  std::string name = {};
  int frames = 0, height = 0, width = 0;
  Region beam = {};
  std::span<const double> omega = {};  // degrees, one a frame
  std::span<const Spot> spots = {};
  std::span<const std::uint64_t> rejected_count = {};  // in the order of reject_reason_names()
  std::span<const double> beam_intensity = {};         // one a frame, NaN at bad ones; of the monitor, where by_monitor
  bool by_monitor = false;
  std::span<const std::int32_t> frame_offset = {};  // one a frame
  std::span<const int> bad_frames = {};
};

// Spots in each frame, and below it each spot at its omega and azimuth (about the beam's centre, or the detector's
// where there is no beam: 0 upwards, clockwise in the picture) or row.
enum class SpotOrdinate { kAzimuth, kRow };
Canvas draw_omega_figure(const ResultData& result, SpotOrdinate ordinate = SpotOrdinate::kAzimuth);
// Where spots lie on the detector, coloured by their integral.
Canvas draw_map_figure(const ResultData& result);
// Histograms of integral, volume, frames a spot and peak.
Canvas draw_histogram_figure(const ResultData& result);
Canvas draw_rejection_figure(const ResultData& result);
// Beam intensity and frame offset over frames; bad frames shaded.
Canvas draw_beam_figure(const ResultData& result);
// The result on one sheet.
Canvas draw_summary_figure(const ResultData& result);

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
