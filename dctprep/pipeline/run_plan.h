// SPDX-License-Identifier: BSD-3-Clause
// What a run has settled before its first frame is processed: pure data, from which the same frames give the same
// result to the bit, today or elsewhere.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dctprep/background/moving_median.h"
#include "dctprep/base/image.h"
#include "dctprep/config/config.h"
#include "dctprep/core/noise_model.h"
#include "dctprep/core/noise_scale.h"
#include "dctprep/core/omega.h"
#include "dctprep/core/region.h"
#include "dctprep/core/result_sink.h"
#include "dctprep/core/scan_identity.h"
#include "dctprep/correct/transmission.h"
#include "dctprep/measure/measure.h"

namespace dctprep {

struct RunPlan {
  Config config;  // no value is "auto"
  int frames = 0, height = 0, width = 0;
  std::vector<double> omega;  // degrees, one a frame; NaN where unknown
  OmegaSource omega_source = OmegaSource::kGiven;
  std::string omega_dataset;    // as ResultHeader::omega_dataset
  std::vector<Sweep> sweeps;    // at least one; they hold all frames, in order
  std::vector<int> file_frame;  // where each frame stands in the scan's file; empty: in order, from 0
  std::string scan_path;        // absolute, with ::/dataset where there is one
  std::vector<FrameChecksum> checksums;
  std::vector<std::string> warnings;  // of the scan and of how the configuration was found

  Image<std::uint8_t> bad_pixels;  // 1 = bad
  Image<std::uint16_t> dark;       // empty: none
  FlatField flat;
  std::vector<double> monitor;  // one a frame, where frames are normalised by it; else empty
  double monitor_median = 1.0;
  double median_intensity = 1.0;     // m
  double reference_intensity = 1.0;  // i_ref
  NoiseModel noise;                  // where photometry or levels in units of the noise are asked for
  // Voxels of at least this, in steps, are in the sparse frames: the lowest level of `segment`, or one below it that
  // later runs of the second half may go down to.
  int kept_level = 1;

  // What follows from the above: derive() and derive_levels() set it.
  bool wrap = false;
  int saturation = 65535;
  Region beam, excluded;  // without and with guard; empty: none
  Region sample;          // empty where frames are not normalised by the margin
  std::vector<Region> intensity_regions;
  std::vector<std::uint8_t> listed;  // 1 = listed as bad, one a frame
  std::vector<BackgroundBlock> blocks;
  SegmentOptions segment;  // levels in steps
  NoiseScale scale;        // empty: levels are in counts

  std::size_t pixels() const { return static_cast<std::size_t>(height) * static_cast<std::size_t>(width); }
};

// Both check the configuration against the scan; usage errors name the key.
void derive(RunPlan& plan);
void derive_levels(RunPlan& plan);

// Blocks [first, end) of the background, and frames [first, end).
struct BlockRange {
  std::size_t first = 0, end = 0;
};
struct FrameRange {
  int first = 0, end = 0;
  int count() const { return end - first; }
  bool contains(int k) const { return first <= k && k < end; }
};
inline BlockRange all_blocks(const RunPlan& plan) { return {0, plan.blocks.size()}; }
// Frames of `blocks`, which holds one at least.
inline FrameRange frames_of(const RunPlan& plan, BlockRange blocks) {
  return {plan.blocks[blocks.first].first, plan.blocks[blocks.end - 1].last + 1};
}

// Of each row of the detector, 1 where it holds a bad pixel.
std::vector<std::uint8_t> rows_with_bad_pixels(ImageView<const std::uint8_t> bad_pixels);

// What blobs are measured against; `bad_frames` is filled in as frames are read.
MeasureContext measure_context(const RunPlan& plan);

// What the result says of the run. `command`: as the user typed it.
ResultHeader result_header(const RunPlan& plan, const std::string& command);

}  // namespace dctprep
