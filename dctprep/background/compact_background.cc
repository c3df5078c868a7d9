// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/background/compact_background.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <optional>
#include <tbb/parallel_for.h>

#include "dctprep/background/offset_median.h"
#include "dctprep/kernels/bit_rows.h"
#include "dctprep/kernels/byte_pixels.h"
#include "dctprep/kernels/pixel_rows.h"

namespace dctprep {

CompactBackground::CompactBackground(ImageView<const std::uint16_t> background, const FrameReference& reference,
                                     const Region& excluded, ImagePool<std::uint8_t>& pool)
    : background_(background),
      excluded_(excluded),
      image_(pool.take()),
      bytes_(*image_),
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

// The pixels that a frame's offset is the median of.
struct CompactBackground::OffsetRows {
  const CompactBackground& background;
  const CompactFrame& frame;
  ImageView<const std::uint64_t> bad_bits;
  std::size_t stride;

  // Of every `every`-th row of them, calls bytes(from, under, count) for stretches whose bytes tell the differences,
  // the first of each being one of them, single(difference) for other pixels, and remove(difference of bytes) for each
  // pixel of a stretch that was one too many.
  template <class Bytes, class Remove, class Single>
  void visit(int every, const Bytes& bytes, const Remove& remove, const Single& single) const {
    const ImageView<const std::uint16_t> image = background.background_;
    const auto width = static_cast<std::size_t>(image.width());
    const Region& excluded = background.excluded_;
    std::vector<std::uint16_t> values;
    for (int v = 0; v < image.height(); v += every * static_cast<int>(stride)) {
      const auto row = static_cast<std::size_t>(v);
      const std::size_t first = row * width;
      const bool cut = excluded.v0 <= v && v < excluded.v1;
      const std::uint64_t* bad = bad_bits.row(v);
      const auto is_bad = [&](std::size_t u) { return (bad[u / 64] >> u % 64 & 1) != 0; };
      if (background.fits_[row] == 0) {
        values.resize(width);
        frame.read(first, width, values.data());
        for (std::size_t u = 0; u < width; u += stride) {
          if (!is_bad(u) && !(cut && excluded.contains(v, static_cast<int>(u))))
            single(std::int32_t{values[u]} - std::int32_t{image.row(v)[u]});
        }
        continue;
      }
      const std::uint8_t* from = frame.bytes() + first;
      const std::uint8_t* under = background.bytes_.row(v);
      const auto stretch = [&](std::size_t begin, std::size_t end) {
        begin = (begin + stride - 1) / stride * stride;
        if (begin >= end) return;
        bytes(from + begin, under + begin, end - begin);
        frame.visit_listed(first + begin, end - begin, [&](std::size_t pixel, std::uint16_t value) {
          const std::size_t u = pixel - first;
          if (u % stride != 0 || is_bad(u)) return;
          remove(from[u] - under[u]);
          single(std::int32_t{value} - std::int32_t{image.row(v)[u]});
        });
        for (std::size_t word = begin / 64; word * 64 < end; ++word) {
          for (std::uint64_t bits = bad[word] & bits_in_word(word, begin, end); bits != 0; bits &= bits - 1) {
            const std::size_t u = word * 64 + static_cast<std::size_t>(std::countr_zero(bits));
            if (u % stride == 0) remove(from[u] - under[u]);
          }
        }
      };
      stretch(0, cut ? static_cast<std::size_t>(excluded.u0) : width);
      if (cut) stretch(static_cast<std::size_t>(excluded.u1), width);
    }
  }

  void add_to(OffsetMedian& median, int every) const {
    // Differences of bytes, counted in turn in four tables: neighbours are often equal, and a counter that has just
    // been written cannot be read at once.
    constexpr std::size_t kTables = 4, kZero = 255;
    std::array<std::array<std::uint32_t, 2 * kZero + 1>, kTables> tables{};
    visit(
        every,
        [&](const std::uint8_t* from, const std::uint8_t* under, std::size_t count) {
          std::size_t u = 0;
          for (; u + (kTables - 1) * stride < count; u += kTables * stride) {
            for (std::size_t t = 0; t < kTables; ++t) ++tables[t][kZero + from[u + t * stride] - under[u + t * stride]];
          }
          for (; u < count; u += stride) ++tables[0][kZero + from[u] - under[u]];
        },
        [&](int difference) { --tables[0][static_cast<std::size_t>(static_cast<int>(kZero) + difference)]; },
        [&](std::int32_t difference) { median.add(difference); });
    for (std::size_t i = 0; i < tables[0].size(); ++i) {
      std::uint32_t all = 0;  // modulo 2^32: a table may have been counted down for another
      for (const auto& table : tables) all += table[i];
      median.add(static_cast<std::int32_t>(i) - static_cast<std::int32_t>(kZero), all);
    }
  }

  // The median, where it lies close to the guess.
  std::optional<std::int32_t> median_near(std::int32_t guess) const {
    const std::int32_t lowest = guess - static_cast<std::int32_t>(kDifferenceRungs / 2);
    if (std::abs(lowest) > kMostDifferenceRung) return std::nullopt;
    std::array<std::uint64_t, kDifferenceRungs> below{};  // modulo 2^64, as is the next
    std::uint64_t all = 0;
    const auto add = [&](std::int32_t difference, std::uint64_t times) {
      all += times;
      for (std::size_t j = 0; j < below.size(); ++j)
        below[j] += difference < lowest + static_cast<std::int32_t>(j) ? times : 0;
    };
    visit(
        1,
        [&](const std::uint8_t* from, const std::uint8_t* under, std::size_t count) {
          count_differences_below(from, under, count, stride, lowest, below.data());
          all += (count + stride - 1) / stride;
        },
        [&](int difference) { add(difference, ~std::uint64_t{0}); },
        [&](std::int32_t difference) { add(difference, 1); });
    if (all == 0) return 0;
    const std::uint64_t rank = all / 2;
    if (below.front() > rank || below.back() <= rank) return std::nullopt;
    const auto above = std::find_if(below.begin(), below.end(), [&](std::uint64_t count) { return count > rank; });
    return lowest + static_cast<std::int32_t>(above - below.begin()) - 1;
  }
};

std::int32_t CompactBackground::frame_offset(const CompactFrame& frame, ImageView<const std::uint64_t> bad_bits,
                                             const BackgroundOptions& options) const {
  if (!options.frame_offset) return 0;
  const OffsetRows rows{*this, frame, bad_bits, static_cast<std::size_t>(options.offset_stride)};
  // Some of the rows tell where the median lies, so nearly that the others are counted only there.
  constexpr int kSampled = 16;
  if (std::has_single_bit(rows.stride) && rows.stride <= kMostDifferenceStride &&
      background_.height() >= 2 * kSampled * options.offset_stride) {
    OffsetMedian sample;
    rows.add_to(sample, kSampled);
    if (const std::optional<std::int32_t> median = rows.median_near(sample.take())) return *median;
  }
  OffsetMedian all;
  rows.add_to(all, 1);
  return all.take();
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

bool CompactBackground::subtract_window(const CompactFrame& frame, std::int32_t offset, int v, int u, int radius,
                                        std::size_t stride, std::uint16_t* residual) const {
  const int v0 = v - radius, v1 = v + radius + 1, u0 = u - radius, u1 = u + radius + 1;
  if (v0 < 0 || u0 < 0 || v1 > background_.height() || u1 > background_.width()) return false;
  if (v0 < excluded_.v1 && excluded_.v0 < v1 && u0 < excluded_.u1 && excluded_.u0 < u1) return false;
  if (std::abs(offset) > kMostByteOffset) return false;
  for (int row = v0; row < v1; ++row) {
    const std::size_t first =
        static_cast<std::size_t>(row) * static_cast<std::size_t>(background_.width()) + static_cast<std::size_t>(u0);
    if (fits_[static_cast<std::size_t>(row)] == 0 || !frame.lists_none(first, static_cast<std::size_t>(u1 - u0)))
      return false;
    const std::uint8_t* from = frame.bytes() + first;
    const std::uint8_t* under = bytes_.row(row) + u0;
    for (int i = 0; i < u1 - u0; ++i, residual += stride)
      *residual = static_cast<std::uint16_t>(std::max(0, from[i] - under[i] - offset));
  }
  return true;
}

bool CompactBackground::mark_row(const CompactFrame& frame, std::int32_t offset, int v, int level,
                                 std::uint64_t* bits) const {
  // What is not listed differs from its background by less than 255.
  const std::int64_t least = std::int64_t{level} + offset;
  if (fits_[static_cast<std::size_t>(v)] == 0 || level < 1 || least < 1 || least > 255) return false;
  const auto width = static_cast<std::size_t>(background_.width());
  const std::size_t first = static_cast<std::size_t>(v) * width;
  const std::uint16_t* background = background_.row(v);
  const auto level_at = [&](std::size_t word) { return more_.empty() ? least : least + more_.row(v)[word]; };
  // No byte reaches 255 over another that says what its pixel is.
  std::array<std::uint8_t, words_of_bits(65535)> levels;
  for (std::size_t word = 0; word < words_of_bits(width); ++word)
    levels[word] = static_cast<std::uint8_t>(std::min<std::int64_t>(255, level_at(word)));
  bytes_at_least(frame.bytes() + first, bytes_.row(v), levels.data(), width, bits);
  const auto mark_listed = [&](std::size_t u0, std::size_t u1) {
    frame.visit_listed(first + u0, u1 - u0, [&](std::size_t pixel, std::uint16_t value) {
      const std::size_t u = pixel - first;
      const std::uint64_t bit = std::uint64_t{1} << u % 64;
      bits[u / 64] = value - background[u] >= level_at(u / 64) ? bits[u / 64] | bit : bits[u / 64] & ~bit;
    });
  };
  const bool cut = excluded_.v0 <= v && v < excluded_.v1;
  mark_listed(0, cut ? static_cast<std::size_t>(excluded_.u0) : width);
  if (cut) mark_listed(static_cast<std::size_t>(excluded_.u1), width);
  return true;
}

}  // namespace dctprep
