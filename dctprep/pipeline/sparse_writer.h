// SPDX-License-Identifier: BSD-3-Clause
// Products in a file (sparse_file.h reads it): all that the second half of the chain needs, so that it can be run again
// with other thresholds, or elsewhere, or later.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>

#include "dctprep/pipeline/memory_need.h"
#include "dctprep/pipeline/product.h"

namespace dctprep {

// Memory: some columns' chunks, and the facts of frames. The file appears under its name when finish() returns, and not
// before; a writer destroyed earlier leaves nothing behind. Every Error names the file.
class SparseWriter final : public ProductSink {
 public:
  // Of the blocks `range`, which may be none: then the file holds the plan alone. Refuses (Error, usage) where the file
  // exists and not `overwrite`, or where it cannot be made. The plan must outlive it.
  // `beside_plan`: the digest of the plan, of one of many files that lie beside that of the plan; it then holds neither
  // plan nor transmission.
  SparseWriter(const RunPlan& plan, BlockRange range, std::filesystem::path path, bool overwrite,
               std::optional<std::uint64_t> beside_plan = {});
  ~SparseWriter() override;
  static MemoryNeed memory(const RunPlan& plan);

  void block(BlockProduct product) override;
  void frames(std::vector<FrameProduct> products) override;
  void transmission(int k, Image<float> image) override;
  int needs_from(int done) override { return done; }

  // After the last frame of the range.
  void finish();
  double seconds() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace dctprep
