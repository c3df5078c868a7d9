// SPDX-License-Identifier: BSD-3-Clause
// What a run has done so far, in a folder beside its output, so that the same command goes on from there after the run
// was killed.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "dctprep/config/config.h"
#include "dctprep/core/scan.h"
#include "dctprep/pipeline/product.h"
#include "dctprep/pipeline/sparse_producer.h"
#include "dctprep/pipeline/sparse_writer.h"

namespace dctprep {

// By what a run is known again, line by line, "name: value": the program's version, the configuration as given, the
// scan's place, its files with their sizes and times. [run] does not count.
std::vector<std::string> run_identity(const Config& given, const Scan& scan);

// OUT.h5.resume, as long as the run lasts: the plan, its identity, and a file for every few blocks. Only one run at a
// time may use it.
class Checkpoint {
 public:
  // Opens or makes the folder. Error where it cannot be made, or where another run uses it.
  explicit Checkpoint(const std::filesystem::path& output);
  ~Checkpoint();
  Checkpoint(const Checkpoint&) = delete;
  Checkpoint& operator=(const Checkpoint&) = delete;

  // The plan that was made before, where the folder holds one of a run with this identity; else the folder is emptied
  // and `why_not` says, in words, what differs, or is "" where there was nothing.
  SharedPlan find_plan(const std::vector<std::string>& identity, std::string& why_not);
  // Takes `plan` for the run's.
  SharedPlan keep_plan(RunPlan plan, const std::vector<std::string>& identity);
  // Files of the first blocks, as many as follow one another without a gap; damaged ones end them and are removed.
  std::vector<SparsePart> done(const SharedPlan& plan);
  // Where the products of these blocks go.
  std::filesystem::path file_of(BlockRange blocks) const;
  // The run is over.
  void remove();

 private:
  void empty();

  std::filesystem::path folder_;
  int lock_ = -1;
};

// Writes products into the checkpoint, a file every few blocks. Those of blocks before the range are there already.
class CheckpointWriter final : public ProductSink {
 public:
  // Of the blocks `range`, at least one.
  CheckpointWriter(SharedPlan plan, BlockRange range, const Checkpoint& checkpoint);

  void block(BlockProduct product) override;
  void frames(std::vector<FrameProduct> products) override;
  void transmission(int, Image<float>) override {}  // read again, where a run is resumed
  int needs_from(int done) override { return done; }
  double seconds() const { return seconds_; }

 private:
  const SharedPlan plan_;
  const BlockRange range_;
  const Checkpoint& checkpoint_;
  BlockRange group_;  // of the file that is open
  std::optional<SparseWriter> writer_;
  double seconds_ = 0;
};

}  // namespace dctprep
