// SPDX-License-Identifier: BSD-3-Clause
// The 2D median that removes hot spots (docs/specification.md, "2D median").
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "dctprep/base/image.h"
#include "dctprep/core/region.h"
#include "dctprep/denoise/options.h"

namespace dctprep {

// Denoises frames of one size with one mask. Immutable; `apply` may be called from many threads.
class Denoiser {
 public:
  // Looks `radius()` pixels around each pixel and at no other frame.
  Denoiser(const DenoiseOptions& options, ImageView<const std::uint8_t> bad_pixels, const Region& excluded);

  int radius() const { return options_.mode.value() == DenoiseMode::kOff ? 0 : options_.radius; }

  // denoised = the rank median of the good pixels of the window (mode "full"), or that only at bad pixels and where the
  // residual differs from it by more than the threshold ("conditional"), or the residual itself ("off"); 0 at excluded
  // pixels. Borders repeat the edge pixel. `residual` and `denoised` may not overlap.
  void apply(ImageView<const std::uint16_t> residual, ImageView<std::uint16_t> denoised) const;

  // The same in pieces of rows, for callers that make residuals as they are needed. A padded row holds radius() + width
  // + radius() pixels: pad() completes columns u0 ... u1-1 of one, whose middle is the residual, and the border they
  // reach. `rows` are the 2 radius() + 1 padded rows round row `v`, rows beyond the border being those at it; columns
  // u0 ... u1-1 of `denoised` are written, for which radius() columns more are looked at on both sides.
  std::size_t padded_width() const { return static_cast<std::size_t>(bad_pixels_.width() + 2 * radius()); }
  void pad(int v, int u0, int u1, std::uint16_t* padded) const;
  void apply(const std::uint16_t* const* rows, int v, int u0, int u1, std::uint16_t* denoised) const;
  // The same of `count` single pixels whose windows hold no bad and no excluded pixel: `windows[i]` holds pixel i of
  // each window, row by row. Not for mode "off".
  void apply(const std::uint16_t* const* windows, std::size_t count, std::uint16_t* denoised) const;

 private:
  // Those of columns u0 ... u1-1 of row `v`, from denoised[0] on, also of excluded pixels; `near_bad`: windows may hold
  // bad pixels.
  void apply_medians(const std::uint16_t* const* rows, int v, int u0, int u1, bool near_bad,
                     std::uint16_t* denoised) const;
  // Of mode "conditional": takes back medians that are close to their residual, where that is not bad.
  void keep_close(const std::uint16_t* residual, const std::uint8_t* bad, std::size_t count,
                  std::uint16_t* medians) const;

  DenoiseOptions options_;
  Region excluded_;
  Image<std::uint8_t> bad_pixels_;
  Image<std::uint16_t> ranks_;         // per pixel: index of the median among the good values of its window
  Image<std::uint8_t> no_good_;        // 1 where the window holds no good pixel
  std::vector<std::uint8_t> bad_row_;  // 1 where a row holds a bad pixel
  Image<std::uint8_t> bad_near_;       // of each row and 64 columns, 1 where their windows do
};

}  // namespace dctprep
