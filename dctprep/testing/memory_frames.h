// SPDX-License-Identifier: BSD-3-Clause
// Frames held in memory, with faults where a test wants them.
#pragma once

#include <algorithm>
#include <fmt/format.h>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "dctprep/core/frame_source.h"

namespace dctprep::testing {

class MemoryFrames final : public FrameSource {
 public:
  // At least one frame, all of one size.
  explicit MemoryFrames(std::vector<Image<std::uint16_t>> frames, int type_max = 65535)
      : frames_(std::move(frames)), type_max_(type_max) {}

  // Frame `k` cannot be had from now on.
  void break_frame(int k, BadFrameCause cause) { faults_[k] = {cause, "broken by the test"}; }

  // Pixel `i` of frame `k` is said to have been changed from `value` when it was read.
  void change_pixel(int k, PixelChange change, std::size_t i, double value) {
    changes_[k].push_back([=](PixelChanges& changes) { changes.add(change, i, value); });
  }

  int frames() const override { return static_cast<int>(frames_.size()); }
  int height() const override { return frames_.front().height(); }
  int width() const override { return frames_.front().width(); }
  int type_max() const override { return type_max_; }
  std::optional<FrameFault> read(int k, ImageView<std::uint16_t> out, ImageView<std::uint8_t> markers,
                                 PixelChanges* changes) const override {
    if (const auto fault = faults_.find(k); fault != faults_.end()) return fault->second;
    const auto& frame = frames_[static_cast<std::size_t>(k)];
    std::copy(frame.pixels().begin(), frame.pixels().end(), out.pixels().begin());
    if (!markers.empty()) std::fill(markers.pixels().begin(), markers.pixels().end(), std::uint8_t{0});
    const auto changed = changes_.find(k);
    if (changes == nullptr || changed == changes_.end()) return std::nullopt;
    for (const auto& add : changed->second) add(*changes);
    return std::nullopt;
  }
  std::string frame_name(int k) const override { return fmt::format("frame {}", k); }

 private:
  std::vector<Image<std::uint16_t>> frames_;
  int type_max_;
  std::map<int, FrameFault> faults_;
  std::map<int, std::vector<std::function<void(PixelChanges&)>>> changes_;
};

}  // namespace dctprep::testing
