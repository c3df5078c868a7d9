// Stage 5: the 2D median that removes hot spots.
#pragma once

#include <cstdint>

#include "dctprep/base/image.h"
#include "dctprep/core/region.h"
#include "dctprep/denoise/options.h"

namespace dctprep {

// Denoises frames of one size with one mask. Immutable; `apply` may be called from many threads.
class Denoiser {
 public:
  // Looks `radius()` pixels around each pixel and at no other frame.
  Denoiser(const DenoiseOptions& options, ImageView<const std::uint8_t> bad_pixels, const Region& excluded);

  int radius() const { return options_.mode == DenoiseMode::kOff ? 0 : options_.radius; }

  // denoised = the rank median of the good pixels of the window (mode "full"), or that only at bad pixels and where the
  // residual differs from it by more than the threshold ("conditional"), or the residual itself ("off"); 0 at excluded
  // pixels. Borders repeat the edge pixel. `residual` and `denoised` may not overlap.
  void apply(ImageView<const std::uint16_t> residual, ImageView<std::uint16_t> denoised) const;

 private:
  void median_rows(const Image<std::uint16_t>& padded, int v0, int v1, ImageView<std::uint16_t> median) const;

  DenoiseOptions options_;
  Region excluded_;
  Image<std::uint8_t> bad_pixels_;
  Image<std::uint16_t> ranks_;   // per pixel: index of the median among the good values of its window
  Image<std::uint8_t> no_good_;  // 1 where the window holds no good pixel
  bool any_bad_ = false;
};

}  // namespace dctprep
