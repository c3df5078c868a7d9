#include "dctprep/background/compact_background.h"

#include <algorithm>
#include <array>
#include <tbb/parallel_for.h>

#include "dctprep/background/offset_median.h"
#include "dctprep/kernels/byte_pixels.h"
#include "dctprep/kernels/pixel_rows.h"

namespace dctprep {

CompactBackground::CompactBackground(ImageView<const std::uint16_t> background, const FrameReference& reference,
                                     const Region& excluded)
    : background_(background),
      excluded_(excluded),
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

std::int32_t CompactBackground::frame_offset(const CompactFrame& frame, ImageView<const std::uint8_t> bad_pixels,
                                             std::span<const std::uint8_t> bad_row,
                                             const BackgroundOptions& options) const {
  if (!options.frame_offset) return 0;
  const int width = background_.width();
  const auto stride = static_cast<std::size_t>(options.offset_stride);
  OffsetMedian median;
  // Differences of bytes, counted in turn in four tables: neighbours are often equal, and a counter that has just been
  // written cannot be read at once.
  constexpr std::size_t kTables = 4, kZero = 255;
  std::array<std::array<std::uint32_t, 2 * kZero + 1>, kTables> tables{};
  std::vector<std::uint16_t> values;
  for (int v = 0; v < background_.height(); v += options.offset_stride) {
    const auto row = static_cast<std::size_t>(v);
    const std::size_t first = row * static_cast<std::size_t>(width);
    const bool cut = excluded_.v0 <= v && v < excluded_.v1;
    if (fits_[row] == 0 || bad_row[row] != 0) {
      values.resize(static_cast<std::size_t>(width));
      frame.read(first, values.size(), values.data());
      for (std::size_t u = 0; u < values.size(); u += stride) {
        if (bad_pixels.row(v)[u] == 0 && !(cut && excluded_.contains(v, static_cast<int>(u))))
          median.add(std::int32_t{values[u]} - std::int32_t{background_.row(v)[u]});
      }
      continue;
    }
    const std::uint8_t* from = frame.bytes() + first;
    const std::uint8_t* under = bytes_.row(v);
    const auto count = [&](int begin, int end) {
      const std::size_t last = static_cast<std::size_t>(end);
      std::size_t u = (static_cast<std::size_t>(begin) + stride - 1) / stride * stride;
      for (; u + (kTables - 1) * stride < last; u += kTables * stride) {
        for (std::size_t t = 0; t < kTables; ++t) {
          const std::size_t at = u + t * stride;
          ++tables[t][kZero + from[at] - under[at]];
        }
      }
      for (; u < last; u += stride) ++tables[0][kZero + from[u] - under[u]];
      // What their bytes do not say is counted instead.
      if (begin >= end) return;
      frame.visit_listed(first + static_cast<std::size_t>(begin), last - static_cast<std::size_t>(begin),
                         [&](std::size_t pixel, std::uint16_t value) {
                           const std::size_t at = pixel - first;
                           if (at % stride != 0) return;
                           --tables[0][kZero + from[at] - under[at]];
                           median.add(std::int32_t{value} - std::int32_t{background_.row(v)[at]});
                         });
    };
    count(0, cut ? excluded_.u0 : width);
    if (cut) count(excluded_.u1, width);
  }
  for (std::size_t i = 0; i < tables[0].size(); ++i) {
    std::uint32_t all = 0;  // modulo 2^32: a table may have been counted down for another
    for (const auto& table : tables) all += table[i];
    median.add(static_cast<std::int32_t>(i) - static_cast<std::int32_t>(kZero), all);
  }
  return median.take();
}

void CompactBackground::subtract(const CompactFrame& frame, std::int32_t offset, int v, int u0, int u1,
                                 std::uint16_t* residual) const {
  const auto count = static_cast<std::size_t>(u1 - u0);
  const std::size_t first =
      static_cast<std::size_t>(v) * static_cast<std::size_t>(background_.width()) + static_cast<std::size_t>(u0);
  const std::uint16_t* background = background_.row(v) + u0;
  if (fits_[static_cast<std::size_t>(v)] != 0 && std::abs(offset) <= kMostByteOffset) {
    subtract_bytes(frame.bytes() + first, bytes_.row(v) + u0, offset, count, residual);
    frame.visit_listed(first, count, [&](std::size_t pixel, std::uint16_t value) {
      const std::size_t u = pixel - first;
      residual[u] = static_cast<std::uint16_t>(std::clamp(value - background[u] - offset, 0, 65535));
    });
  } else {
    frame.read(first, count, residual);
    subtract_pixels(residual, background, offset, count, residual);
  }
}

bool CompactBackground::mark_row(const CompactFrame& frame, std::int32_t offset, int v, int level,
                                 std::uint64_t* bits) const {
  // What is not listed differs from its background by less than 255.
  const std::int64_t least = std::int64_t{level} + offset;
  if (fits_[static_cast<std::size_t>(v)] == 0 || level < 1 || least < 1 || least > 255) return false;
  const auto width = static_cast<std::size_t>(background_.width());
  const std::size_t first = static_cast<std::size_t>(v) * width;
  const std::uint16_t* background = background_.row(v);
  bytes_at_least(frame.bytes() + first, bytes_.row(v), static_cast<int>(least), width, bits);
  const auto mark_listed = [&](std::size_t u0, std::size_t u1) {
    frame.visit_listed(first + u0, u1 - u0, [&](std::size_t pixel, std::uint16_t value) {
      const std::size_t u = pixel - first;
      const std::uint64_t bit = std::uint64_t{1} << u % 64;
      bits[u / 64] = value - background[u] >= least ? bits[u / 64] | bit : bits[u / 64] & ~bit;
    });
  };
  const bool cut = excluded_.v0 <= v && v < excluded_.v1;
  mark_listed(0, cut ? static_cast<std::size_t>(excluded_.u0) : width);
  if (cut) mark_listed(static_cast<std::size_t>(excluded_.u1), width);
  return true;
}

}  // namespace dctprep
