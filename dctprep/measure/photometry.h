// SPDX-License-Identifier: BSD-3-Clause
// Intensity and centroid of a spot from the signed residual J' - B - o over its footprint, widened, with their
// uncertainties. docs/specification.md ("Photometry") defines every column; docs/design/photometry.md tells why so.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "dctprep/base/image.h"
#include "dctprep/core/blob.h"
#include "dctprep/core/region.h"
#include "dctprep/core/spot.h"
#include "dctprep/measure/measure.h"

namespace dctprep {

// Pixels, in both axes: how far the footprint is widened, and where the ring that gives the pedestal begins and ends.
struct PhotometryReach {
  int margin = 2, ring_start = 4, ring_end = 9;
};
// Of a spot whose outline has that size. The margin is a 16th of the longer side, where that is more than 2 pixels: the
// rim that the growth threshold leaves out of a faint spot is the wider, the larger the spot. The ring widens with it,
// so that the pedestal stays as well known.
PhotometryReach photometry_reach(int height, int width);
// Frames before the first and after the last.
inline constexpr int kPhotometryFrameMargin = 1;

// A frame over a box.
struct FrameBox {
  float factor = 1;                                        // that the frame was multiplied by
  std::shared_ptr<const Image<std::uint16_t>> background;  // B, of the whole frame
  std::int32_t offset = 0;                                 // o
  // Row by row; there may be more behind the last one.
  std::vector<std::uint16_t> corrected;  // J'
  std::vector<std::uint8_t> claimed;     // not 0 where F reaches the lowest growth threshold
};

// The frames that photometry looks at.
class FrameBoxes {
 public:
  virtual ~FrameBoxes() = default;
  // Of frame k, 0 <= k < frames; false where it is bad. From any thread.
  virtual bool read(int k, const Region& box, FrameBox& out) const = 0;
};

// Columns [u_begin, u_end) of row v of frame k, 0 <= k < frames.
struct VoxelSpan {
  std::int32_t frame = 0, v = 0, u_begin = 0, u_end = 0;
};
std::vector<VoxelSpan> spans_of(std::span<const Voxel> voxels, int frames);

// A component of {F >= lowest growth threshold} and the blobs in it.
struct PhotometryIsland {
  std::vector<VoxelSpan> spans;  // of all of it
  // Whole, as they are before the voxel clip; of a single one nothing is asked.
  std::vector<std::vector<VoxelSpan>> blobs;

  int frames = 0;  // that it lives in

  // Puts the spans into order and counts the frames; before it is measured.
  void sort();
};

// Sets the columns of photometry of `spot`, whose outline is set and whose voxels (after the clip) are `voxels`: blob
// number `own` of `island`. NaN where the island lives in more frames than context.spots.photometry_frames.
void measure_photometry(std::span<const Voxel> voxels, const PhotometryIsland& island, std::size_t own,
                        const MeasureContext& context, const FrameBoxes& frames, Spot& spot);

}  // namespace dctprep
