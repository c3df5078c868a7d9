// SPDX-License-Identifier: BSD-3-Clause
// Voxel clip, filters, and the spot that a blob makes (docs/specification.md, "Filters" and "Spots").
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "dctprep/base/image.h"
#include "dctprep/core/blob.h"
#include "dctprep/core/noise_model.h"
#include "dctprep/core/omega.h"
#include "dctprep/core/region.h"
#include "dctprep/core/sparse_frame.h"
#include "dctprep/core/spot.h"
#include "dctprep/measure/options.h"

namespace dctprep {

// What of the scan a blob is measured against.
struct MeasureContext {
  int frames = 0, height = 0, width = 0;
  bool wrap = false;
  std::vector<Sweep> sweeps;             // that no blob crosses the borders of; empty: all frames are one
  std::vector<double> omega;             // degrees, one a frame; NaN where unknown
  std::vector<std::uint8_t> bad_frames;  // 1 = bad, one a frame
  Region beam;                           // without guard; empty: none
  Region excluded;                       // with guard
  int half_window = 0;
  int voxel_min = 0, voxel_max = 65535;  // the voxel clip
  FilterOptions filter;
  SpotsOptions spots;
  ImageView<const std::uint8_t> bad_pixels;  // 1 = bad; empty: none is
  // For photometry, which asks for bad_pixels too.
  NoiseModel noise;
  int background_frames = 1;  // that a background is the median of, where none is bad and the sweep is long enough
};

// The voxels of frame k, 0 <= k < frames, at or above the lowest growth threshold; asked for only where the spot image
// is "blob2d" or "box".
using FrameVoxels = std::function<const SparseFrame&(int k)>;

// A spot (`spot`, `voxels`, `image`) or a rejected blob (`rejected`).
struct MeasuredBlob {
  std::optional<RejectedBlob> rejected;
  Spot spot;                         // id not set
  std::vector<Voxel> voxels;         // after the clip, in the order of linear index
  std::vector<std::uint32_t> image;  // height() x width() of the spot, row by row; empty where none is wanted
};

// The frames that a blob in frame `k` can lie in: [first, last] of its sweep.
inline Sweep sweep_of(const MeasureContext& context, int k) {
  return context.sweeps.empty() ? Sweep{0, context.frames - 1} : sweep_at(context.sweeps, k);
}

// Pure. `blob` is consumed.
MeasuredBlob measure_blob(Blob&& blob, const MeasureContext& context, const FrameVoxels& frame_voxels);

// omega at the fractional frame `frame` >= 0, between those of its neighbours; beyond the last frame it counts on a
// turn later.
double omega_at(double frame, const std::vector<double>& omega);

}  // namespace dctprep
