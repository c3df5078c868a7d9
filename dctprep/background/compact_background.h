// SPDX-License-Identifier: BSD-3-Clause
// A background held like the frames it is taken from.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "dctprep/background/compact_frame.h"
#include "dctprep/background/options.h"
#include "dctprep/base/image_pool.h"
#include "dctprep/core/region.h"

namespace dctprep {

// What frames of one reference leave over one background: a byte is read of each, not four of the background and its
// reference.
class CompactBackground {
 public:
  // Background and reference must outlive it. `pool`: of images as large.
  CompactBackground(ImageView<const std::uint16_t> background, const FrameReference& reference, const Region& excluded,
                    ImagePool<std::uint8_t>& pool);

  ImageView<const std::uint16_t> background() const { return background_; }
  // As frame_offset() of background/subtract.h. `frame` is held against the reference; `bad_bits` says of each row
  // which pixels are bad (kernels/bit_rows.h). Thread-safe.
  std::int32_t frame_offset(const CompactFrame& frame, ImageView<const std::uint64_t> bad_bits,
                            const BackgroundOptions& options) const;
  // residual = clamp(frame - background - offset, 0, 65535) of columns u0 ... u1-1 of row v, from residual[0] on;
  // whatever at excluded pixels. `frame` is held against the reference. Thread-safe.
  void subtract(const CompactFrame& frame, std::int32_t offset, int v, int u0, int u1, std::uint16_t* residual) const;
  // The same of the window of radius `radius` round pixel (v, u), row by row, pixel i to residual[i * stride]. False,
  // and `residual` undefined, where bytes do not tell, or where the window holds excluded pixels or leaves the frame.
  // Thread-safe.
  bool subtract_window(const CompactFrame& frame, std::int32_t offset, int v, int u, int radius, std::size_t stride,
                       std::uint16_t* residual) const;
  // Bit u of `bits` (kernels/bit_rows.h) says whether that residual of row v is at least `level`; whatever at excluded
  // pixels. False where bytes do not tell: `bits` is then undefined. Thread-safe.
  bool mark_row(const CompactFrame& frame, std::int32_t offset, int v, int level, std::uint64_t* bits) const;
  // From now on mark_row() takes `level` + more(v, u / 64) for the level of a pixel. `more` must outlive it.
  void raise_levels(ImageView<const std::uint8_t> more) { more_ = more; }

 private:
  struct OffsetRows;

  ImageView<const std::uint16_t> background_;
  Region excluded_;
  ImageView<const std::uint8_t> more_;  // empty: levels are not raised
  std::shared_ptr<Image<std::uint8_t>> image_;
  ImageView<std::uint8_t> bytes_;
  std::vector<std::uint8_t> fits_;  // 1 where the bytes of a row, outside `excluded`, say what its pixels are
};

}  // namespace dctprep
