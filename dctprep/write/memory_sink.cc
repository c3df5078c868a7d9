// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/write/memory_sink.h"

#include <algorithm>

#include "dctprep/base/assert.h"
#include "dctprep/write/spot_order.h"

namespace dctprep {

namespace {
template <class T>
Image<T> copy_of(ImageView<const T> image) {
  Image<T> copy(image.height(), image.width());
  for (int v = 0; v < image.height(); ++v) std::copy_n(image.row(v), image.width(), copy.row(v));
  return copy;
}
}  // namespace

void MemorySink::begin(const ResultHeader& header) {
  result_ = {};
  result_.header = header;
  if (header.save_background) result_.backgrounds.resize(header.block_centre.size());
  if (header.transmission) result_.transmissions.resize(static_cast<std::size_t>(header.frames));
}

void MemorySink::background(int block, ImageView<const std::uint16_t> image) {
  if (!result_.header.save_background) return;
  DCTPREP_ASSERT(block >= 0 && static_cast<std::size_t>(block) < result_.backgrounds.size());
  result_.backgrounds[static_cast<std::size_t>(block)] = copy_of(image);
}

void MemorySink::transmission(int frame, ImageView<const float> image) {
  if (!result_.header.transmission) return;
  DCTPREP_ASSERT(frame >= 0 && frame < result_.header.frames);
  result_.transmissions[static_cast<std::size_t>(frame)] = copy_of(image);
}

void MemorySink::spot(const Spot& spot, std::span<const Voxel> voxels, std::span<const std::uint32_t> image) {
  MemorySpot record{spot, {}, {}};
  if (result_.header.voxels) record.voxels.assign(voxels.begin(), voxels.end());
  if (result_.header.images) record.image.assign(image.begin(), image.end());
  result_.spots.push_back(std::move(record));
}

void MemorySink::rejected(const RejectedBlob& blob) {
  if (result_.header.rejected) result_.rejected.push_back(blob);
}

void MemorySink::end(const ResultSummary& summary) {
  const ResultHeader& header = result_.header;
  const ScanShape shape{header.frames, header.height, header.width};
  number_spots(result_.spots, shape);
  sort_rejected(result_.rejected, shape);
  result_.summary = summary;
}

}  // namespace dctprep
