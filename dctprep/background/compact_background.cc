#include "dctprep/background/compact_background.h"

#include <algorithm>
#include <tbb/parallel_for.h>

#include "dctprep/kernels/byte_pixels.h"
#include "dctprep/kernels/pixel_rows.h"

namespace dctprep {

CompactBackground::CompactBackground(ImageView<const std::uint16_t> background, const FrameReference& reference,
                                     const Region& excluded)
    : background_(background),
      bytes_(background.height(), background.width()),
      fits_(static_cast<std::size_t>(background.height()), 0) {
  const auto width = static_cast<std::size_t>(background.width());
  tbb::parallel_for(0, background.height(), [&](int v) {
    std::vector<std::uint64_t> beyond((width + 63) / 64);
    const auto row = static_cast<std::size_t>(v);
    bool fits = !narrow_pixels(background.row(v), reference.data() + row * width, width, bytes_.row(v), beyond.data());
    if (!fits) {
      fits = true;
      for (int u = 0; u < background.width(); ++u) {
        const auto bit = static_cast<std::size_t>(u);
        if ((beyond[bit / 64] >> bit % 64 & 1) != 0 && !excluded.contains(v, u)) fits = false;
      }
    }
    fits_[row] = fits ? 1 : 0;
  });
}

void CompactBackground::subtract_row(const CompactFrame& frame, std::int32_t offset, int v,
                                     std::uint16_t* residual) const {
  const auto width = static_cast<std::size_t>(background_.width());
  const std::size_t first = static_cast<std::size_t>(v) * width;
  const std::uint16_t* background = background_.row(v);
  if (fits_[static_cast<std::size_t>(v)] != 0 && std::abs(offset) <= kMostByteOffset) {
    subtract_bytes(frame.bytes() + first, bytes_.row(v), offset, width, residual);
    frame.visit_listed(first, width, [&](std::size_t pixel, std::uint16_t value) {
      const std::size_t u = pixel - first;
      residual[u] = static_cast<std::uint16_t>(std::clamp(value - background[u] - offset, 0, 65535));
    });
  } else {
    frame.read(first, width, residual);
    subtract_pixels(residual, background, offset, width, residual);
  }
}

}  // namespace dctprep
