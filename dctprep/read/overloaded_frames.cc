// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/read/overloaded_frames.h"

#include <algorithm>
#include <utility>

#include "dctprep/base/assert.h"
#include "dctprep/read/frames_over.h"

namespace dctprep {

namespace {

class OverloadedFrames final : public FramesOver {
 public:
  OverloadedFrames(std::shared_ptr<const FrameSource> source, ImageView<const std::uint8_t> masked)
      : FramesOver(std::move(source)), masked_(masked.height(), masked.width()) {
    DCTPREP_ASSERT(masked.height() == height() && masked.width() == width());
    std::ranges::copy(masked.pixels(), masked_.data());
  }

  std::optional<FrameFault> read(int k, ImageView<std::uint16_t> out, ImageView<std::uint8_t> markers,
                                 PixelChanges* changes) const override {
    thread_local Image<std::uint8_t> own;
    if (markers.empty() && own.size() != masked_.size()) own = Image<std::uint8_t>(height(), width());
    const ImageView<std::uint8_t> marked = markers.empty() ? ImageView<std::uint8_t>(own) : markers;
    if (auto fault = source().read(k, out, marked, changes)) return fault;
    const auto all = marked.pixels();
    const double value = changes != nullptr ? (*changes)[PixelChange::kMarked].value : 0;
    if (changes != nullptr) (*changes)[PixelChange::kMarked] = {};
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (all[i] == 0) continue;
      const bool overloaded = masked_.data()[i] == 0;
      if (changes != nullptr) changes->add(overloaded ? PixelChange::kAbove : PixelChange::kMarked, i, value);
      if (!overloaded) continue;
      out.pixels()[i] = 65535;
      all[i] = 0;
    }
    return std::nullopt;
  }

 private:
  Image<std::uint8_t> masked_;
};

}  // namespace

std::shared_ptr<const FrameSource> overloaded_frames(std::shared_ptr<const FrameSource> source,
                                                     ImageView<const std::uint8_t> masked) {
  return std::make_shared<OverloadedFrames>(std::move(source), masked);
}

}  // namespace dctprep
