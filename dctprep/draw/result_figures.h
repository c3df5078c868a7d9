// SPDX-License-Identifier: BSD-3-Clause
// Pictures of a result. Plain values in, a picture out; every one copes with no spots, no beam and empty arrays, and
// says so.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "dctprep/core/region.h"
#include "dctprep/core/spot.h"
#include "dctprep/draw/canvas.h"

namespace dctprep::draw {

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

}  // namespace dctprep::draw
