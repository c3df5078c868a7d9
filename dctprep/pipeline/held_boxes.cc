// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/pipeline/held_boxes.h"

#include <utility>

#include "dctprep/base/assert.h"
#include "dctprep/pipeline/product.h"

namespace dctprep {

HeldBoxes::HeldBoxes(const RunPlan& plan, FrameRange own)
    : width_(plan.width),
      kept_start_(boxes_kept_start(plan)),
      own_(own),
      frames_(static_cast<std::size_t>(own.count())) {}

void HeldBoxes::hold(int k, const CompactFrame& pixels, float factor) {
  const std::lock_guard lock(mutex_);
  of(k).pixels = &pixels;
  of(k).factor = factor;
}

void HeldBoxes::release(int k) {
  const std::lock_guard lock(mutex_);
  of(k).pixels = nullptr;
}

void HeldBoxes::bad(int k) {
  const std::lock_guard lock(mutex_);
  of(k).is_bad = true;
}

void HeldBoxes::subtract(int k, std::shared_ptr<const Image<std::uint16_t>> background, std::int32_t offset) {
  const std::lock_guard lock(mutex_);
  of(k).background = std::move(background);
  of(k).offset = offset;
}

void HeldBoxes::forget_backgrounds(int k) {
  const std::lock_guard lock(mutex_);
  for (int i = k - 1; i >= own_.first && i >= kept_start_ && of(i).background; --i) of(i).background.reset();
}

bool HeldBoxes::read(int k, const Region& box, FrameBox& out) const {
  Held frame;
  {
    const std::lock_guard lock(mutex_);
    DCTPREP_ASSERT(own_.contains(k));
    frame = frames_[static_cast<std::size_t>(k - own_.first)];
  }
  if (frame.is_bad) return false;
  DCTPREP_ASSERT(frame.pixels != nullptr && frame.background);
  const auto width = static_cast<std::size_t>(box.width());
  out.factor = frame.factor;
  out.background = frame.background;
  out.offset = frame.offset;
  out.corrected.resize(width * static_cast<std::size_t>(box.height()));
  const auto first_of = [&](int v) {
    return static_cast<std::size_t>(v) * static_cast<std::size_t>(width_) + static_cast<std::size_t>(box.u0);
  };
  // Rows lie too far apart for the processor to see what comes next.
  for (int v = box.v0; v < box.v1; ++v) {
    frame.pixels->prefetch(first_of(v), width);
    __builtin_prefetch(frame.background->row(v) + box.u0);
    __builtin_prefetch(frame.background->row(v) + box.u1 - 1);
  }
  for (int v = box.v0; v < box.v1; ++v)
    frame.pixels->read(first_of(v), width, out.corrected.data() + static_cast<std::size_t>(v - box.v0) * width);
  return true;
}

}  // namespace dctprep
