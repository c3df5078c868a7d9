// SPDX-License-Identifier: BSD-3-Clause
// A frame as it is read, and corrected (docs/specification.md, "Frames" to "Direct beam").
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "dctprep/base/image.h"
#include "dctprep/core/frame_source.h"
#include "dctprep/core/pixel_changes.h"
#include "dctprep/pipeline/run_plan.h"

namespace dctprep {

// What is known of a frame beside its pixels.
struct FrameFacts {
  std::optional<BadFrameCause> bad;
  std::string fault;        // in words, where it is bad
  double intensity = 1.0;   // i_k; NaN where it is bad
  float factor = 1.0f;      // that J' is multiplied by
  std::int32_t offset = 0;  // o; 0 where it is bad
  PixelChanges changes;     // of pixels that are not bad, as the frame was read
  std::string name;         // that a user knows the frame by, where it is bad or pixels were changed
};

struct CorrectedFrame {
  FrameFacts facts;  // without the offset; of a bad frame the pixels are undefined
  std::vector<std::uint32_t>
      saturated;              // linear indices of pixels with a saturated raw value outside the exclusion, ascending
  Image<float> transmission;  // where asked for; NaN where the frame is bad
};

// T of a bad frame: NaN.
Image<float> no_transmission(const RunPlan& plan);

// Takes row `v` of a corrected frame, plan.width pixels; rows come in order.
using TakeRow = std::function<void(int v, std::uint16_t* row)>;

// Reads frame `k` of `source` and hands over its rows of J', none where it is bad. `raw` is where it is read to.
// Thread-safe.
CorrectedFrame read_corrected_frame(const RunPlan& plan, const FrameSource& source, int k, ImageView<std::uint16_t> raw,
                                    bool with_transmission, const TakeRow& take);

}  // namespace dctprep
