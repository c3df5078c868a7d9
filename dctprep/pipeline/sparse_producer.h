// SPDX-License-Identifier: BSD-3-Clause
// The first half of the chain from files: what was computed before, handed over again.
#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "dctprep/base/progress.h"
#include "dctprep/pipeline/held_boxes.h"
#include "dctprep/pipeline/held_frames.h"
#include "dctprep/pipeline/memory_need.h"
#include "dctprep/pipeline/noise_levels.h"
#include "dctprep/pipeline/product.h"
#include "dctprep/pipeline/sparse_file.h"

namespace dctprep {

// A file of products, by its name, and the blocks in it.
struct SparsePart {
  std::filesystem::path path;
  BlockRange blocks;
};

// Each file is opened when its turn comes. The parts hold consecutive blocks, at least one; `plan` is that of the files
// (`stored`), but for what only the second half looks at.
class SparseProducer final : public FrameProducer {
 public:
  // `source`: the scan, read once more where photometry asks for boxes or the parts hold no transmission that is asked
  // for; null: neither. Plan and source must outlive it.
  SparseProducer(const RunPlan& plan, SharedPlan stored, std::vector<SparsePart> parts, const FrameSource* source,
                 const MemoryNeed& need, Progress& progress);
  static MemoryNeed memory(const RunPlan& plan, bool with_source);

  void produce(ProductSink& sink) override;
  const FrameBoxes* boxes() const override { return boxes_.get(); }
  Timing timing() const override;

 private:
  void produce_block(SparseFile& file, std::size_t block, ProductSink& sink);
  void read_frames(const std::vector<FrameProduct>& products,
                   const std::shared_ptr<const Image<std::uint16_t>>& background, bool with_transmission,
                   ProductSink& sink);
  void let_go(int done, ProductSink& sink);

  const RunPlan& plan_;
  SharedPlan stored_;
  std::vector<SparsePart> parts_;
  Progress& progress_;
  FrameRange own_;
  std::unique_ptr<NoiseLevels> noise_levels_;  // null: levels are in counts
  std::unique_ptr<HeldFrames> frames_;         // null: the scan is not read
  std::unique_ptr<HeldBoxes> boxes_;
  ImagePool<std::uint16_t> image_pool_;
  int oldest_held_ = 0;
  std::atomic<double> seconds_ = 0;
};

}  // namespace dctprep
