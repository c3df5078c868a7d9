// SPDX-License-Identifier: BSD-3-Clause
// Measurement alone: from the voxels of a blob to a row of the spot table.
#include "dctprep/measure/measure.h"

#include <cstdio>

int main() {
  dctprep::Blob blob;
  for (std::uint16_t u = 10; u < 13; ++u) blob.voxels.push_back({.frame = 1, .v = 20, .u = u, .value = 100});
  blob.voxels.push_back({.frame = 2, .v = 20, .u = 11, .value = 100});
  dctprep::MeasureContext context;
  context.frames = 4;
  context.height = context.width = 64;
  context.omega = {0.0, 0.5, 1.0, 1.5};
  context.bad_frames.assign(4, 0);
  context.half_window = 250;
  const dctprep::MeasuredBlob measured = dctprep::measure_blob(std::move(blob), context, {});
  const dctprep::Spot& spot = measured.spot;
  std::printf("integral %llu at u %.2f, v %.2f, omega %.3f\n", static_cast<unsigned long long>(spot.integral), spot.u,
              spot.v, spot.omega);
}
