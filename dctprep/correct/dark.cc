// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/correct/dark.h"

#include <algorithm>
#include <vector>

#include "dctprep/base/cancel.h"
#include "dctprep/base/error.h"
#include "dctprep/base/log.h"
#include "dctprep/core/frame_median.h"
#include "dctprep/kernels/pixel_rows.h"

namespace dctprep {

namespace {

// Rows [v0, v1) of all readable frames, stacked.
std::vector<Image<std::uint16_t>> read_band(const FrameSource& source, const std::string& what, int v0, int v1) {
  Image<std::uint16_t> frame(source.height(), source.width());
  std::vector<Image<std::uint16_t>> band;
  std::string first_fault;
  for (int k = 0; k < source.frames(); ++k) {
    check_cancelled();
    if (const auto fault = with_context(what, [&] { return source.read(k, frame); })) {
      if (first_fault.empty()) first_fault = fmt::format("{}: {}", source.frame_name(k), fault->what);
      if (v0 == 0) log_warning("{} frame {} is left out: {}", what, source.frame_name(k), fault->what);
      continue;
    }
    Image<std::uint16_t> rows(v1 - v0, source.width());
    const auto from = frame.view().crop(v0, v1, 0, source.width()).pixels();
    std::copy(from.begin(), from.end(), rows.data());
    band.push_back(std::move(rows));
  }
  if (band.empty()) fail("none of the {} {} frames can be read ({})", source.frames(), what, first_fault);
  return band;
}

}  // namespace

Image<std::uint16_t> median_of_frames(const FrameSource& source, const std::string& what, std::size_t memory_bytes) {
  const int height = source.height();
  const int width = source.width();
  const std::size_t bytes_a_row =
      std::max<std::size_t>(1, static_cast<std::size_t>(source.frames()) * static_cast<std::size_t>(width) * 2);
  const int rows_a_band =
      static_cast<int>(std::clamp<std::size_t>(memory_bytes / bytes_a_row, 1, static_cast<std::size_t>(height)));
  Image<std::uint16_t> median(height, width);
  for (int v0 = 0; v0 < height; v0 += rows_a_band) {
    const int v1 = std::min(height, v0 + rows_a_band);
    const auto band = read_band(source, what, v0, v1);
    std::vector<const std::uint16_t*> stack;
    for (const auto& rows : band) stack.push_back(rows.data());
    rank_median_over_frames(stack, band.front().size(), median.row(v0));
  }
  return median;
}

void subtract_dark(ImageView<std::uint16_t> frame, ImageView<const std::uint16_t> dark) {
  if (dark.empty()) return;
  DCTPREP_ASSERT(frame.size() == dark.size());
  correct_pixels(frame.data(), dark.data(), 1.0f, frame.size(), frame.data());
}

}  // namespace dctprep
