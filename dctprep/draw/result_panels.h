// SPDX-License-Identifier: BSD-3-Clause
// The plots that the figures of a result are made of (figures.h), each drawn into a box of any canvas.
#pragma once

#include "dctprep/draw/frame_figures.h"
#include "dctprep/draw/result_figures.h"

namespace dctprep::draw {

void draw_spots_per_frame(Canvas& canvas, const Box& box, const ResultData& result);
void draw_spots_over_omega(Canvas& canvas, const Box& box, const ResultData& result, SpotOrdinate ordinate);
void draw_spot_map(Canvas& canvas, const Box& box, const ResultData& result);
enum class SpotQuantity { kIntegral, kVolume, kFrames, kPeak };
void draw_spot_histogram(Canvas& canvas, const Box& box, const ResultData& result, SpotQuantity quantity);
void draw_rejections(Canvas& canvas, const Box& box, const ResultData& result);
void draw_beam_intensity(Canvas& canvas, const Box& box, const ResultData& result);
void draw_frame_offset(Canvas& canvas, const Box& box, const ResultData& result);

// The title of a figure at its top, with a line of small print below it.
void draw_heading(Canvas& canvas, std::string_view title, std::string_view note);
inline constexpr double kHeadingHeight = 58;

// "2048 × 2048 pixels, 3600 frames, omega 0 to 360°".
std::string describe(const ResultData& result);

}  // namespace dctprep::draw
