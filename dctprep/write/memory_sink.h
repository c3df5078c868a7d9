// SPDX-License-Identifier: BSD-3-Clause
// A result kept in memory, ordered and numbered as the result file is: for tests and for callers of the library.
#pragma once

#include <cstdint>
#include <vector>

#include "dctprep/base/image.h"
#include "dctprep/core/result_sink.h"

namespace dctprep {

struct MemorySpot {
  Spot spot;
  std::vector<Voxel> voxels;         // empty where the header asks for none
  std::vector<std::uint32_t> image;  // spot.height() x spot.width(), row by row; empty where the header asks for none
};

struct MemoryResult {
  ResultHeader header;
  ResultSummary summary;
  std::vector<MemorySpot> spots;                  // in the order of id
  std::vector<RejectedBlob> rejected;             // empty where the header asks for none
  std::vector<Image<std::uint16_t>> backgrounds;  // one a block; empty where the header asks for none
  std::vector<Image<float>> transmissions;        // one a frame; empty where the header asks for none
};

class MemorySink : public ResultSink {
 public:
  // Whole after end().
  const MemoryResult& result() const { return result_; }
  MemoryResult take() { return std::move(result_); }

  void begin(const ResultHeader& header) override;
  void background(int block, ImageView<const std::uint16_t> image) override;
  void transmission(int frame, ImageView<const float> image) override;
  void spot(const Spot& spot, std::span<const Voxel> voxels, std::span<const std::uint32_t> image) override;
  void rejected(const RejectedBlob& blob) override;
  void end(const ResultSummary& summary) override;

 private:
  MemoryResult result_;
};

}  // namespace dctprep
