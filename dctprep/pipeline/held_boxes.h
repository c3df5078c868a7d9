// SPDX-License-Identifier: BSD-3-Clause
// The frames that photometry may still ask for while a scan streams by.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "dctprep/background/compact_frame.h"
#include "dctprep/base/image.h"
#include "dctprep/measure/photometry.h"
#include "dctprep/pipeline/run_plan.h"

namespace dctprep {

// Holds no pixels of its own. Frames and backgrounds are those of the run, which must not let go of them while they may
// be asked for. Every function may be called beside any other.
class HeldBoxes final : public FrameBoxes {
 public:
  // Of the frames `own`.
  HeldBoxes(const RunPlan& plan, FrameRange own);
  static std::uint64_t bytes(FrameRange own) { return static_cast<std::uint64_t>(own.count()) * sizeof(Held); }

  void hold(int k, const CompactFrame& pixels, float factor);
  void release(int k);
  void bad(int k);
  void subtract(int k, std::shared_ptr<const Image<std::uint16_t>> background, std::int32_t offset);
  // Backgrounds of the frames before `k` are let go, but for those that a wrapped scan asks for at its end.
  void forget_backgrounds(int k);

  bool read(int k, const Region& box, FrameBox& out) const override;

 private:
  struct Held {
    const CompactFrame* pixels = nullptr;
    float factor = 1;
    std::int32_t offset = 0;
    bool is_bad = false;
    std::shared_ptr<const Image<std::uint16_t>> background;
  };
  Held& of(int k) { return frames_[static_cast<std::size_t>(k - own_.first)]; }

  int width_;
  int kept_start_;
  FrameRange own_;
  mutable std::mutex mutex_;
  std::vector<Held> frames_;
};

}  // namespace dctprep
