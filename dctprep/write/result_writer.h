// SPDX-License-Identifier: BSD-3-Clause
// The result file: HDF5 in NeXus manner, whose layout is a contract with its readers (docs/result.md,
// result_reader.h).
#pragma once

#include <filesystem>
#include <memory>

#include "dctprep/core/result_sink.h"
#include "dctprep/write/options.h"

namespace dctprep {

// Memory: one row a spot (and a rejected blob, where they are listed), and a fixed amount beside that. Voxels and spot
// images wait in scratch files beside the output until the order of spots is known; backgrounds and transmissions go
// straight into the file.
//
// The file appears under its name when end() returns, and not before; a writer destroyed earlier leaves nothing behind.
// Every Error names `path`; after one, the writer can only be destroyed.
class ResultWriter : public ResultSink {
 public:
  // Refuses at once (Error, usage) where the file exists and not `overwrite`, or where it cannot be made.
  ResultWriter(std::filesystem::path path, Compression compression, bool overwrite);
  ~ResultWriter() override;

  void begin(const ResultHeader& header) override;
  void background(int block, ImageView<const std::uint16_t> image) override;
  void transmission(int frame, ImageView<const float> image) override;
  void spot(const Spot& spot, std::span<const Voxel> voxels, std::span<const std::uint32_t> image) override;
  void rejected(const RejectedBlob& blob) override;
  void end(const ResultSummary& summary) override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace dctprep
