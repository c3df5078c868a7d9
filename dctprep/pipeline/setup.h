// SPDX-License-Identifier: BSD-3-Clause
// What a run knows before its first frame is processed.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "dctprep/background/moving_median.h"
#include "dctprep/base/image.h"
#include "dctprep/base/progress.h"
#include "dctprep/config/config.h"
#include "dctprep/core/noise_scale.h"
#include "dctprep/core/region.h"
#include "dctprep/core/scan.h"
#include "dctprep/correct/transmission.h"
#include "dctprep/measure/measure.h"

namespace dctprep {

// The scan must outlive it.
struct Setup {
  const Scan* scan = nullptr;
  Config config;  // no value is "auto"
  bool wrap = false;
  std::vector<Sweep> sweeps;  // at least one; they hold all frames, in order
  int saturation = 65535;
  Image<std::uint16_t> dark;  // empty: none
  FlatField flat;
  Region beam, excluded;  // without and with guard; empty: none
  Region sample;          // empty where frames are not normalised by the margin
  std::vector<Region> intensity_regions;
  std::vector<double> monitor;  // one a frame, where frames are normalised by it; else empty
  double monitor_median = 1.0;
  double median_intensity = 1.0;     // m
  double reference_intensity = 1.0;  // i_ref
  std::vector<std::uint8_t> listed;  // 1 = listed as bad, one a frame
  std::vector<BackgroundBlock> blocks;
  SegmentOptions segment;  // levels in steps
  NoiseModel noise;        // where photometry or levels in units of the noise are asked for
  NoiseScale scale;        // empty: levels are in counts

  int frames() const { return scan->frame_count(); }
  int height() const { return scan->height(); }
  int width() const { return scan->width(); }
};

// Of each row of the detector, 1 where it holds a bad pixel.
std::vector<std::uint8_t> rows_with_bad_pixels(const Scan& scan);

// Checks the configuration against the scan, reads darks, flats and the frames that the median beam intensity is taken
// over. Every "auto" of `config` has been resolved (estimate/). Usage errors name the key.
Setup prepare_run(const Scan& scan, const Config& config, Progress& progress);

// A frame after stages 1 and 2.
struct CorrectedFrame {
  std::optional<BadFrameCause> bad;  // its pixels are then undefined
  std::string fault;                 // in words, where it is bad
  double intensity = 1.0;            // i_k; NaN where it is bad
  float factor = 1.0f;
  std::vector<std::uint32_t>
      saturated;              // linear indices of pixels with a saturated raw value outside the exclusion, ascending
  Image<float> transmission;  // where asked for; NaN where it is bad
  PixelChanges changes;       // of pixels that are not bad, as the frame was read
};

// Takes row `v` of a corrected frame, setup.width() pixels; rows come in order.
using TakeRow = std::function<void(int v, std::uint16_t* row)>;

// Reads frame `k` and hands over its rows of J', none where it is bad. `raw` is where it is read to. Thread-safe.
CorrectedFrame read_corrected_frame(const Setup& setup, int k, ImageView<std::uint16_t> raw, bool with_transmission,
                                    const TakeRow& take);

// What blobs are measured against; `bad_frames` is filled in as frames are read.
MeasureContext measure_context(const Setup& setup);

}  // namespace dctprep
