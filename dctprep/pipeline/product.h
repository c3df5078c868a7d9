// SPDX-License-Identifier: BSD-3-Clause
// The seam in the middle of the chain: what the first half (frames to sparse frames) hands to the second (sparse frames
// to spots), and what either half can be replaced at.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "dctprep/base/image.h"
#include "dctprep/core/sparse_frame.h"
#include "dctprep/measure/photometry.h"
#include "dctprep/pipeline/corrected_frame.h"

namespace dctprep {

// The background of a block of frames; of excluded pixels it says something only where backgrounds are saved
// (background.save).
struct BlockProduct {
  std::size_t block = 0;
  std::shared_ptr<const Image<std::uint16_t>> background;  // B
};

// A frame after thresholding.
struct FrameProduct {
  FrameFacts facts;
  SparseFrame sparse;  // voxels of at least the lowest level: F, or Z where levels are in units of the noise
  std::vector<std::uint16_t> counts;  // F of its values; empty where that is what it holds

  int frame() const { return sparse.frame; }
  // Its values in counts.
  const std::vector<std::uint16_t>& values() const { return counts.empty() ? sparse.values : counts; }
};

// Seconds by stage, summed over threads.
using Timing = std::vector<std::pair<std::string, double>>;

// Takes products in order: a block before its frames, frames by number. Calls come from one thread at a time.
class ProductSink {
 public:
  virtual ~ProductSink() = default;
  virtual void block(BlockProduct product) = 0;
  // Consecutive frames of one block, at least one.
  virtual void frames(std::vector<FrameProduct> products) = 0;
  // T of frame `k`: once a frame, in any order. It comes as soon as the frame is read, since what waited for the
  // frame's turn would fill the memory.
  virtual void transmission(int k, Image<float> image) = 0;
  // Waits until all frames before `done` have been taken in, which have been handed over, and returns the oldest frame
  // whose boxes may still be asked for after that. Of a wrapped scan that starts with frame 0, the first ones may be
  // asked for again at its end (boxes_kept_start()).
  virtual int needs_from(int done) = 0;
};

// Makes the products of a range of blocks.
class FrameProducer {
 public:
  virtual ~FrameProducer() = default;
  // Hands over all of them. Throws what it or the sink throws; it can then only be destroyed.
  virtual void produce(ProductSink& sink) = 0;
  // Boxes of its frames (all but the claims), as far back as the sink says that it needs them; null: it has none.
  virtual const FrameBoxes* boxes() const { return nullptr; }
  virtual Timing timing() const = 0;
};

// How far back from the frame taken in last photometry may ask for boxes.
int boxes_reach(const RunPlan& plan);
// Of a wrapped scan, frames at its start that it may ask for at the end, too.
int boxes_kept_start(const RunPlan& plan);

// Frames that are handed over together: enough to occupy the cores, and few enough that what they leave is small.
int frames_a_batch();

}  // namespace dctprep
