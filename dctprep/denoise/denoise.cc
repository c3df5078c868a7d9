#include "dctprep/denoise/denoise.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "dctprep/kernels/rank_select.h"

namespace dctprep {

namespace {

// Larger than every good value or equal to the largest, so that bad pixels sort behind the good ones.
constexpr std::uint16_t kBehindAll = 65535;

// `image` with `radius` more pixels on each side that repeat its edge; bad pixels are kBehindAll.
Image<std::uint16_t> pad(ImageView<const std::uint16_t> image, int radius, const Image<std::uint8_t>* bad_pixels) {
  const int height = image.height();
  const int width = image.width();
  Image<std::uint16_t> padded(height + 2 * radius, width + 2 * radius);
  for (int v = 0; v < padded.height(); ++v) {
    const int from_v = std::clamp(v - radius, 0, height - 1);
    std::uint16_t* row = padded.row(v);
    std::memcpy(row + radius, image.row(from_v), static_cast<std::size_t>(width) * sizeof(std::uint16_t));
    if (bad_pixels != nullptr) {
      for (int u = 0; u < width; ++u) {
        if ((*bad_pixels)(from_v, u) != 0) row[radius + u] = kBehindAll;
      }
    }
    std::fill(row, row + radius, row[radius]);
    std::fill(row + radius + width, row + padded.width(), row[radius + width - 1]);
  }
  return padded;
}

}  // namespace

Denoiser::Denoiser(const DenoiseOptions& options, ImageView<const std::uint8_t> bad_pixels, const Region& excluded)
    : options_(options), excluded_(excluded), bad_pixels_(bad_pixels.height(), bad_pixels.width()) {
  std::copy(bad_pixels.pixels().begin(), bad_pixels.pixels().end(), bad_pixels_.data());
  any_bad_ =
      std::any_of(bad_pixels_.pixels().begin(), bad_pixels_.pixels().end(), [](std::uint8_t b) { return b != 0; });
  if (!any_bad_ || options_.mode == DenoiseMode::kOff) return;
  const int height = bad_pixels.height();
  const int width = bad_pixels.width();
  ranks_ = Image<std::uint16_t>(height, width);
  no_good_ = Image<std::uint8_t>(height, width);
  for (int v = 0; v < height; ++v) {
    for (int u = 0; u < width; ++u) {
      int good = 0;
      for (int dv = -options_.radius; dv <= options_.radius; ++dv) {
        for (int du = -options_.radius; du <= options_.radius; ++du) {
          good += bad_pixels_(std::clamp(v + dv, 0, height - 1), std::clamp(u + du, 0, width - 1)) == 0;
        }
      }
      ranks_(v, u) = static_cast<std::uint16_t>(good / 2);
      no_good_(v, u) = good == 0;
    }
  }
}

void Denoiser::median_rows(const Image<std::uint16_t>& padded, int v0, int v1, ImageView<std::uint16_t> median) const {
  const int side = 2 * options_.radius + 1;
  const auto width = static_cast<std::size_t>(median.width());
  std::vector<const std::uint16_t*> rows(static_cast<std::size_t>(side * side));
  for (int v = v0; v < v1; ++v) {
    for (int i = 0; i < side * side; ++i) rows[static_cast<std::size_t>(i)] = padded.row(v + i / side) + i % side;
    std::uint16_t* out = median.row(v);
    if (any_bad_) {
      rank_select(rows.data(), rows.size(), ranks_.row(v), width, out);
      for (std::size_t u = 0; u < width; ++u) {
        if (no_good_.row(v)[u] != 0) out[u] = 0;
      }
    } else if (options_.radius == 1) {
      median_of_9(rows.data(), width, out);
    } else {
      rank_select(rows.data(), rows.size(), static_cast<std::uint16_t>(rows.size() / 2), width, out);
    }
  }
}

void Denoiser::apply(ImageView<const std::uint16_t> residual, ImageView<std::uint16_t> denoised) const {
  if (residual.empty()) return;
  const int height = residual.height();
  const int width = residual.width();
  if (options_.mode == DenoiseMode::kOff) {
    std::copy(residual.pixels().begin(), residual.pixels().end(), denoised.pixels().begin());
  } else {
    const Image<std::uint16_t> padded = pad(residual, options_.radius, any_bad_ ? &bad_pixels_ : nullptr);
    median_rows(padded, 0, height, denoised);
  }
  if (options_.mode == DenoiseMode::kConditional) {
    const int threshold = options_.threshold.value();
    for (int v = 0; v < height; ++v) {
      for (int u = 0; u < width; ++u) {
        const bool stands_out = std::abs(int{residual(v, u)} - int{denoised(v, u)}) > threshold;
        if (bad_pixels_(v, u) == 0 && !stands_out) denoised(v, u) = residual(v, u);
      }
    }
  }
  for (int v = excluded_.v0; v < excluded_.v1; ++v) {
    std::fill(denoised.row(v) + excluded_.u0, denoised.row(v) + excluded_.u1, std::uint16_t{0});
  }
}

}  // namespace dctprep
