// SPDX-License-Identifier: BSD-3-Clause
// A simulated scan that never touches a disk: its frames lie in memory, compressed as they would be in a file.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "dctprep/core/scan.h"
#include "dctprep/simulate/options.h"
#include "dctprep/simulate/scan_writer.h"

namespace dctprep {

// Takes bitshuffle-LZ4 chunks, or with `compress` off plain pixels. `options` are resolved.
class MemoryWriter final : public ScanWriter {
 public:
  explicit MemoryWriter(const SimulateOptions& options);
  std::vector<std::uint8_t> encode(StackKind kind, int frame, ImageView<const std::uint16_t> image) const override;
  void put(StackKind kind, int frame, std::span<const std::uint8_t> encoded) override;
  void finish() override;
  // After finish(); the scan owns its frames, which are decoded at each read.
  Scan take() { return std::move(scan_); }

 private:
  using Chunks = std::vector<std::vector<std::uint8_t>>;

  std::shared_ptr<const FrameSource> frames_of(Chunks&& chunks, const char* what) const;

  int height_;
  int width_;
  bool compress_;
  Chunks projections_, darks_, flats_;
  Scan scan_;
};

}  // namespace dctprep
