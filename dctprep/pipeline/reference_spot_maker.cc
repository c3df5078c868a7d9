// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/pipeline/reference_spot_maker.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "dctprep/measure/photometry.h"
#include "dctprep/pipeline/reference_segment.h"
#include "dctprep/segment/threshold.h"

namespace dctprep {

namespace {

using Stack = std::vector<Image<std::uint16_t>>;

// What a blob's photometry must know of the others.
PhotometryIsland island_of(const std::vector<Blob>& blobs, std::size_t own, const Stack& volume, const RunPlan& plan) {
  PhotometryIsland island;
  const int frames = plan.frames;
  const auto voxels = reference_island(volume, blobs[own].voxels.front(), plan.segment, plan.sweeps, plan.wrap);
  island.spans = spans_of(voxels, frames);
  for (const Blob& blob : blobs) {
    const Voxel& first = blob.voxels.front();
    const bool inside = std::any_of(voxels.begin(), voxels.end(), [&](const Voxel& voxel) {
      return voxel.frame == first.frame % frames && voxel.v == first.v && voxel.u == first.u;
    });
    island.blobs.push_back(inside && !blob.small_seed ? spans_of(blob.voxels, frames) : std::vector<VoxelSpan>());
  }
  island.sort();
  return island;
}

// A frame with `values` where its runs are, and 0 elsewhere.
Image<std::uint16_t> filled_in(const RunPlan& plan, const SparseFrame& sparse,
                               const std::vector<std::uint16_t>& values) {
  Image<std::uint16_t> image(plan.height, plan.width, 0);
  for (const Run& run : sparse.runs) {
    for (int u = run.u_begin; u < run.u_end; ++u)
      image(run.v, u) = values[run.offset + static_cast<std::uint32_t>(u - run.u_begin)];
  }
  return image;
}

// Linear indices of its saturated voxels.
std::vector<std::uint32_t> saturated_pixels(const RunPlan& plan, const SparseFrame& sparse) {
  std::vector<std::uint32_t> pixels;
  for (const Run& run : sparse.runs) {
    for (int u = run.u_begin; u < run.u_end; ++u) {
      const std::uint32_t place = run.offset + static_cast<std::uint32_t>(u - run.u_begin);
      if (std::ranges::find(sparse.saturated, place) != sparse.saturated.end())
        pixels.push_back(static_cast<std::uint32_t>(run.v * plan.width + u));
    }
  }
  return pixels;
}

}  // namespace

class ReferenceSpotMaker::ClaimedBoxes final : public FrameBoxes {
 public:
  ClaimedBoxes(const FrameBoxes& boxes, const Stack& volume, int level)
      : boxes_(boxes), volume_(volume), level_(level) {}
  bool read(int k, const Region& box, FrameBox& out) const override {
    if (!boxes_.read(k, box, out)) return false;
    out.claimed.clear();
    for (int v = box.v0; v < box.v1; ++v) {
      for (int u = box.u0; u < box.u1; ++u)
        out.claimed.push_back(volume_[static_cast<std::size_t>(k)](v, u) >= level_ ? 1 : 0);
    }
    return true;
  }

 private:
  const FrameBoxes& boxes_;
  const Stack& volume_;
  int level_;
};

ReferenceSpotMaker::ReferenceSpotMaker(const RunPlan& plan, const FrameBoxes* boxes, ResultSink& sink)
    : plan_(plan), boxes_(boxes), sink_(sink), tally_(plan, sink) {}

void ReferenceSpotMaker::block(BlockProduct product) {
  if (plan_.config.background.save) sink_.background(static_cast<int>(product.block), *product.background);
}

void ReferenceSpotMaker::frames(std::vector<FrameProduct> products) {
  std::ranges::move(products, std::back_inserter(products_));
}

RunReport ReferenceSpotMaker::finish(Timing producer) {
  // What segmentation compares, and counts: the same, unless levels are in units of the noise.
  Stack volume, counts;
  std::vector<std::vector<std::uint32_t>> saturated;
  for (FrameProduct& product : products_) {
    tally_.frame(product.frame(), product.facts);
    raise_level(product.sparse, product.counts, lowest_level(plan_.segment));
    check_fill(product.sparse, plan_.pixels(), plan_.segment);
    volume.push_back(filled_in(plan_, product.sparse, product.sparse.values));
    counts.push_back(filled_in(plan_, product.sparse, product.values()));
    saturated.push_back(saturated_pixels(plan_, product.sparse));
    if (!product.counts.empty()) product.sparse.values = std::move(product.counts);
  }
  std::vector<Blob> blobs = reference_segment(volume, saturated, plan_.segment, plan_.sweeps, plan_.wrap);
  for (Blob& blob : blobs) {
    for (Voxel& voxel : blob.voxels)
      voxel.value = counts[static_cast<std::size_t>(voxel.frame % plan_.frames)](voxel.v, voxel.u);
  }
  const auto frame_voxels = [&](int k) -> const SparseFrame& { return products_[static_cast<std::size_t>(k)].sparse; };
  for (std::size_t i = 0; i < blobs.size(); ++i) {
    MeasuredBlob measured = measure_blob(Blob(blobs[i]), tally_.context(), frame_voxels);
    if (plan_.config.spots.photometry && !measured.rejected) {
      const ClaimedBoxes boxes(*boxes_, volume, lowest_level(plan_.segment));
      measure_photometry(measured.voxels, island_of(blobs, i, volume, plan_), i, tally_.context(), boxes,
                         measured.spot);
    }
    tally_.blob(measured);
  }
  return tally_.end(std::move(producer));
}

}  // namespace dctprep
