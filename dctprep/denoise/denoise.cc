#include "dctprep/denoise/denoise.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>

#include "dctprep/kernels/rank_select.h"

namespace dctprep {

namespace {

// As large as the largest good value, so that bad pixels sort behind or among the largest good ones, where the rank of
// the median never reaches.
constexpr std::uint16_t kBehindAll = 65535;

constexpr int kMostRadius = 15;

}  // namespace

Denoiser::Denoiser(const DenoiseOptions& options, ImageView<const std::uint8_t> bad_pixels, const Region& excluded)
    : options_(options), excluded_(excluded), bad_pixels_(bad_pixels.height(), bad_pixels.width()) {
  DCTPREP_ASSERT(options.radius <= kMostRadius);
  const int height = bad_pixels.height();
  const int width = bad_pixels.width();
  std::copy(bad_pixels.pixels().begin(), bad_pixels.pixels().end(), bad_pixels_.data());
  bad_row_.assign(static_cast<std::size_t>(height), 0);
  bad_near_.assign(static_cast<std::size_t>(height), 0);
  if (options_.mode == DenoiseMode::kOff) return;
  for (int v = 0; v < height; ++v) {
    const std::uint8_t* row = bad_pixels_.row(v);
    if (std::all_of(row, row + width, [](std::uint8_t bad) { return bad == 0; })) continue;
    bad_row_[static_cast<std::size_t>(v)] = 1;
    for (int near = std::max(0, v - options_.radius); near <= std::min(height - 1, v + options_.radius); ++near) {
      bad_near_[static_cast<std::size_t>(near)] = 1;
    }
  }
  if (std::all_of(bad_row_.begin(), bad_row_.end(), [](std::uint8_t bad) { return bad == 0; })) return;
  ranks_ = Image<std::uint16_t>(height, width);
  no_good_ = Image<std::uint8_t>(height, width);
  for (int v = 0; v < height; ++v) {
    if (bad_near_[static_cast<std::size_t>(v)] == 0) continue;
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

void Denoiser::pad_row(int v, std::uint16_t* padded) const {
  const int width = bad_pixels_.width();
  const int pad = radius();
  std::uint16_t* row = padded + pad;
  if (bad_row_[static_cast<std::size_t>(v)] != 0) {
    const std::uint8_t* bad = bad_pixels_.row(v);
    for (int u = 0; u < width; ++u) row[u] = bad[u] != 0 ? kBehindAll : row[u];
  }
  std::fill(padded, row, row[0]);
  std::fill(row + width, row + width + pad, row[width - 1]);
}

void Denoiser::apply_row(const std::uint16_t* const* rows, int v, std::uint16_t* denoised) const {
  const auto width = static_cast<std::size_t>(bad_pixels_.width());
  const int pad = radius();
  const std::uint16_t* residual = rows[pad] + pad;
  if (options_.mode == DenoiseMode::kOff) {
    std::memcpy(denoised, residual, width * sizeof(std::uint16_t));
  } else {
    const int side = 2 * pad + 1;
    const auto window = static_cast<std::size_t>(side * side);
    std::array<const std::uint16_t*, (2 * kMostRadius + 1) * (2 * kMostRadius + 1)> shifted;
    for (int i = 0; i < side * side; ++i) shifted[static_cast<std::size_t>(i)] = rows[i / side] + i % side;
    if (bad_near_[static_cast<std::size_t>(v)] != 0) {
      rank_select(shifted.data(), window, ranks_.row(v), width, denoised);
      const std::uint8_t* no_good = no_good_.row(v);
      for (std::size_t u = 0; u < width; ++u) denoised[u] = no_good[u] != 0 ? std::uint16_t{0} : denoised[u];
    } else if (pad == 1) {
      median_of_9(shifted.data(), width, denoised);
    } else {
      rank_select(shifted.data(), window, static_cast<std::uint16_t>(window / 2), width, denoised);
    }
  }
  if (options_.mode == DenoiseMode::kConditional) {
    const int threshold = options_.threshold.value();
    const std::uint8_t* bad = bad_pixels_.row(v);
    for (std::size_t u = 0; u < width; ++u) {
      const bool takes_median = bad[u] != 0 || std::abs(int{residual[u]} - int{denoised[u]}) > threshold;
      denoised[u] = takes_median ? denoised[u] : residual[u];
    }
  }
  if (excluded_.v0 <= v && v < excluded_.v1)
    std::fill(denoised + excluded_.u0, denoised + excluded_.u1, std::uint16_t{0});
}

void Denoiser::apply(ImageView<const std::uint16_t> residual, ImageView<std::uint16_t> denoised) const {
  const int height = residual.height();
  const int pad = radius();
  if (residual.empty()) return;
  Image<std::uint16_t> padded(height, static_cast<int>(padded_width()));
  for (int v = 0; v < height; ++v) {
    std::copy(residual.row(v), residual.row(v) + residual.width(), padded.row(v) + pad);
    pad_row(v, padded.row(v));
  }
  std::vector<const std::uint16_t*> rows(static_cast<std::size_t>(2 * pad + 1));
  for (int v = 0; v < height; ++v) {
    for (int i = -pad; i <= pad; ++i)
      rows[static_cast<std::size_t>(i + pad)] = padded.row(std::clamp(v + i, 0, height - 1));
    apply_row(rows.data(), v, denoised.row(v));
  }
}

}  // namespace dctprep
