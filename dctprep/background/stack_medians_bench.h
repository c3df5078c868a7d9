// SPDX-License-Identifier: BSD-3-Clause
// All backgrounds of a stack in memory, made moving and each afresh: for the programs that measure one against the
// other.
#pragma once

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <memory>
#include <vector>

#include "dctprep/background/moving_median.h"
#include "dctprep/background/window_median.h"
#include "dctprep/base/image.h"
#include "dctprep/core/frame_median.h"

namespace dctprep {

class StackMedians {
 public:
  // `frames`, at least one and all of one size, must outlive this. Of scans that do not wrap.
  StackMedians(const std::vector<Image<std::uint16_t>>& frames, const BackgroundOptions& options)
      : frames_(frames),
        options_(options),
        blocks_(background_blocks(static_cast<int>(frames.size()), options)),
        pool_(frames.front().size(), frames.size()) {
    for (std::size_t b = 0; b < blocks_.size(); ++b)
      backgrounds_.emplace_back(frames.front().height(), frames.front().width());
  }

  // From plain frames on: holding them as bytes is part of the work.
  WindowMedian::Counters make_moving() {
    const std::size_t pixels = frames_.front().size();
    std::vector<std::unique_ptr<CompactFrame>> held = hold(pixels);
    const auto those = [&](const std::vector<int>& numbers) {
      std::vector<const CompactFrame*> chosen;
      for (const int k : numbers) chosen.push_back(held[static_cast<std::size_t>(k)].get());
      return chosen;
    };
    WindowMedian median(pixels);
    std::vector<int> last;
    std::vector<MedianStep> steps;
    for (std::size_t b = 0; b < blocks_.size(); ++b) {
      const std::vector<int> window = window_of(b);
      steps.push_back(
          {those(window), those(without(window, last)), those(without(last, window)), backgrounds_[b].data()});
      last = window;
      if (steps.size() < kTogether && b + 1 < blocks_.size()) continue;
      median.advance(steps);
      steps.clear();
    }
    for (auto& frame : held) pool_.give_back(std::move(frame));
    return median.counters();
  }

  void make_afresh() {
    for (std::size_t b = 0; b < blocks_.size(); ++b) {
      std::vector<ImageView<const std::uint16_t>> window;
      for (const int k : window_of(b)) window.push_back(frames_[static_cast<std::size_t>(k)].view());
      median_background(window, backgrounds_[b]);
    }
  }

  // As made last.
  const std::vector<Image<std::uint16_t>>& backgrounds() const { return backgrounds_; }

 private:
  static constexpr std::size_t kTogether = 16;  // backgrounds made in one call
  static constexpr std::size_t kSample = 15;    // frames that the reference is the median of

  std::vector<int> window_of(std::size_t b) const {
    return background_window(blocks_[b].centre, static_cast<int>(frames_.size()), options_, false);
  }
  static std::vector<int> without(const std::vector<int>& a, const std::vector<int>& b) {
    std::vector<int> rest;
    std::set_difference(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(rest));
    return rest;
  }
  std::vector<std::unique_ptr<CompactFrame>> hold(std::size_t pixels) {
    std::vector<const std::uint16_t*> sample;
    for (std::size_t i = 0; i < kSample; ++i) sample.push_back(frames_[i * frames_.size() / kSample].data());
    const auto reference = std::make_shared<FrameReference>(pixels);
    rank_median_over_frames(sample, pixels, reference->data());
    std::vector<std::unique_ptr<CompactFrame>> held;
    for (const Image<std::uint16_t>& frame : frames_) {
      held.push_back(pool_.take());
      held.back()->restart(reference);
      held.back()->append(frame.data(), pixels);
      held.back()->finish();
    }
    return held;
  }

  const std::vector<Image<std::uint16_t>>& frames_;
  BackgroundOptions options_;
  std::vector<BackgroundBlock> blocks_;
  CompactFramePool pool_;
  std::vector<Image<std::uint16_t>> backgrounds_;
};

}  // namespace dctprep
