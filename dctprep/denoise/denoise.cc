// SPDX-License-Identifier: BSD-3-Clause
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

// Columns of which one is told whether bad pixels are near: few, since medians are slower where they are.
constexpr int kStretch = 64;

}  // namespace

Denoiser::Denoiser(const DenoiseOptions& options, ImageView<const std::uint8_t> bad_pixels, const Region& excluded)
    : options_(options), excluded_(excluded), bad_pixels_(bad_pixels.height(), bad_pixels.width()) {
  DCTPREP_ASSERT(options.radius <= kMostRadius);
  const int height = bad_pixels.height();
  const int width = bad_pixels.width();
  std::copy(bad_pixels.pixels().begin(), bad_pixels.pixels().end(), bad_pixels_.data());
  bad_row_.assign(static_cast<std::size_t>(height), 0);
  bad_near_ = Image<std::uint8_t>(height, (width + kStretch - 1) / kStretch, 0);
  if (options_.mode.value() == DenoiseMode::kOff) return;
  bool any = false;
  for (int v = 0; v < height; ++v) {
    for (int u = 0; u < width; ++u) {
      if (bad_pixels_(v, u) == 0) continue;
      any = true;
      bad_row_[static_cast<std::size_t>(v)] = 1;
      const int first = std::max(0, u - options_.radius) / kStretch,
                last = std::min(width - 1, u + options_.radius) / kStretch;
      for (int near = std::max(0, v - options_.radius); near <= std::min(height - 1, v + options_.radius); ++near)
        std::fill(bad_near_.row(near) + first, bad_near_.row(near) + last + 1, std::uint8_t{1});
    }
  }
  if (!any) return;
  ranks_ = Image<std::uint16_t>(height, width);
  no_good_ = Image<std::uint8_t>(height, width);
  for (int v = 0; v < height; ++v) {
    for (int u = 0; u < width; ++u) {
      if (bad_near_(v, u / kStretch) == 0) continue;
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

void Denoiser::pad(int v, int u0, int u1, std::uint16_t* padded) const {
  const int width = bad_pixels_.width();
  const int margin = radius();
  std::uint16_t* row = padded + margin;
  if (bad_row_[static_cast<std::size_t>(v)] != 0) {
    const std::uint8_t* bad = bad_pixels_.row(v);
    for (int u = u0; u < u1; ++u) row[u] = bad[u] != 0 ? kBehindAll : row[u];
  }
  if (u0 == 0) std::fill(padded, row, row[0]);
  if (u1 == width) std::fill(row + width, row + width + margin, row[width - 1]);
}

void Denoiser::apply(const std::uint16_t* const* rows, int v, int u0, int u1, std::uint16_t* denoised) const {
  if (options_.mode.value() == DenoiseMode::kOff) {
    std::memcpy(denoised + u0, rows[0] + u0, static_cast<std::size_t>(u1 - u0) * sizeof(std::uint16_t));
  } else {
    const std::uint8_t* bad_near = bad_near_.row(v);
    for (int from = u0; from < u1;) {
      const bool near = bad_near[from / kStretch] != 0;
      int to = from;
      while (to < u1 && (bad_near[to / kStretch] != 0) == near) to = std::min(u1, (to / kStretch + 1) * kStretch);
      apply_medians(rows, v, from, to, near, denoised + from);
      from = to;
    }
  }
  if (excluded_.v0 <= v && v < excluded_.v1) {
    const int from = std::max(u0, excluded_.u0), to = std::min(u1, excluded_.u1);
    if (from < to) std::fill(denoised + from, denoised + to, std::uint16_t{0});
  }
}

void Denoiser::apply_medians(const std::uint16_t* const* rows, int v, int u0, int u1, bool near_bad,
                             std::uint16_t* denoised) const {
  const auto count = static_cast<std::size_t>(u1 - u0);
  const int side = 2 * radius() + 1;
  std::array<const std::uint16_t*, (2 * kMostRadius + 1) * (2 * kMostRadius + 1)> shifted;
  for (int i = 0; i < side * side; ++i) shifted[static_cast<std::size_t>(i)] = rows[i / side] + u0 + i % side;
  if (!near_bad) {
    apply(shifted.data(), count, denoised);
    return;
  }
  rank_select(shifted.data(), static_cast<std::size_t>(side * side), ranks_.row(v) + u0, count, denoised);
  const std::uint8_t* no_good = no_good_.row(v) + u0;
  for (std::size_t i = 0; i < count; ++i) denoised[i] = no_good[i] != 0 ? std::uint16_t{0} : denoised[i];
  if (options_.mode.value() == DenoiseMode::kConditional)
    keep_close(rows[radius()] + radius() + u0, bad_pixels_.row(v) + u0, count, denoised);
}

void Denoiser::apply(const std::uint16_t* const* windows, std::size_t count, std::uint16_t* denoised) const {
  const auto side = static_cast<std::size_t>(2 * radius() + 1), window = side * side;
  if (radius() == 1) {
    median_of_9(windows, count, denoised);
  } else {
    rank_select(windows, window, static_cast<std::uint16_t>(window / 2), count, denoised);
  }
  if (options_.mode.value() == DenoiseMode::kConditional) keep_close(windows[window / 2], nullptr, count, denoised);
}

void Denoiser::keep_close(const std::uint16_t* residual, const std::uint8_t* bad, std::size_t count,
                          std::uint16_t* medians) const {
  const int threshold = options_.threshold.value();
  for (std::size_t i = 0; i < count; ++i) {
    const bool takes_median =
        (bad != nullptr && bad[i] != 0) || std::abs(int{residual[i]} - int{medians[i]}) > threshold;
    medians[i] = takes_median ? medians[i] : residual[i];
  }
}

void Denoiser::apply(ImageView<const std::uint16_t> residual, ImageView<std::uint16_t> denoised) const {
  const int height = residual.height();
  const int margin = radius();
  if (residual.empty()) return;
  Image<std::uint16_t> padded(height, static_cast<int>(padded_width()));
  for (int v = 0; v < height; ++v) {
    std::copy(residual.row(v), residual.row(v) + residual.width(), padded.row(v) + margin);
    pad(v, 0, residual.width(), padded.row(v));
  }
  std::vector<const std::uint16_t*> rows(static_cast<std::size_t>(2 * margin + 1));
  for (int v = 0; v < height; ++v) {
    for (int i = -margin; i <= margin; ++i)
      rows[static_cast<std::size_t>(i + margin)] = padded.row(std::clamp(v + i, 0, height - 1));
    apply(rows.data(), v, 0, residual.width(), denoised.row(v));
  }
}

}  // namespace dctprep
