// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/segment/threshold.h"

#include <bit>
#include <vector>

#include "dctprep/base/error.h"
#include "dctprep/kernels/pixel_rows.h"

namespace dctprep {

FrameThreshold::FrameThreshold(int frame, int width, int level, std::span<const std::uint32_t> saturated)
    : width_(width), level_(level), saturated_(saturated), bits_((static_cast<std::size_t>(width) + 63) / 64) {
  sparse_.frame = frame;
}

void FrameThreshold::append_row(int v, const std::uint16_t* row) {
  if (pixels_at_least(row, static_cast<std::uint16_t>(level_), static_cast<std::size_t>(width_), bits_.data()))
    append_row(v, row, bits_);
}

void FrameThreshold::append_row(int v, const std::uint16_t* row, std::span<const std::uint64_t> passing) {
  int begin = -1;  // of a run that goes on
  for (std::size_t word = 0; word < passing.size(); ++word) {
    const int first = static_cast<int>(word * 64);
    // Bits flip where a run begins or ends; a run that comes from the word before makes bit 0 flip where it ends there.
    std::uint64_t flips = passing[word] ^ (passing[word] << 1 | (begin >= 0 ? 1u : 0u));
    for (; flips != 0; flips &= flips - 1) {
      const int at = first + std::countr_zero(flips);
      if (begin < 0) {
        begin = at;
      } else {
        append_run(v, begin, at, row);
        begin = -1;
      }
    }
  }
  if (begin >= 0) append_run(v, begin, width_, row);
}

void FrameThreshold::append_run(int v, int u_begin, int u_end, const std::uint16_t* row) {
  const auto offset = static_cast<std::uint32_t>(sparse_.values.size());
  sparse_.runs.push_back({v, u_begin, u_end, offset});
  sparse_.values.insert(sparse_.values.end(), row + u_begin, row + u_end);
  const std::uint32_t row_index = static_cast<std::uint32_t>(v) * static_cast<std::uint32_t>(width_);
  const std::uint32_t first = row_index + static_cast<std::uint32_t>(u_begin);
  const std::uint32_t last = row_index + static_cast<std::uint32_t>(u_end);
  while (next_saturated_ < saturated_.size() && saturated_[next_saturated_] < first) ++next_saturated_;
  for (; next_saturated_ < saturated_.size() && saturated_[next_saturated_] < last; ++next_saturated_) {
    sparse_.saturated.push_back(offset + (saturated_[next_saturated_] - first));
  }
}

SparseFrame threshold_frame(ImageView<const std::uint16_t> denoised, int frame, int level,
                            std::span<const std::uint32_t> saturated) {
  FrameThreshold threshold(frame, denoised.width(), level, saturated);
  for (int v = 0; v < denoised.height(); ++v) threshold.append_row(v, denoised.row(v));
  return threshold.take();
}

void raise_level(SparseFrame& sparse, std::vector<std::uint16_t>& counts, int level) {
  SparseFrame raised;
  raised.frame = sparse.frame;
  std::vector<std::uint16_t> raised_counts;
  std::size_t next_saturated = 0;
  for (const Run& run : sparse.runs) {
    bool goes_on = false;
    for (int u = run.u_begin; u < run.u_end; ++u) {
      const std::uint32_t at = run.offset + static_cast<std::uint32_t>(u - run.u_begin);
      const bool passes = sparse.values[at] >= level;
      const auto place = static_cast<std::uint32_t>(raised.values.size());
      while (next_saturated < sparse.saturated.size() && sparse.saturated[next_saturated] < at) ++next_saturated;
      if (passes) {
        if (!goes_on) raised.runs.push_back({run.v, u, u, place});
        raised.runs.back().u_end = u + 1;
        if (next_saturated < sparse.saturated.size() && sparse.saturated[next_saturated] == at)
          raised.saturated.push_back(place);
        raised.values.push_back(sparse.values[at]);
        if (!counts.empty()) raised_counts.push_back(counts[at]);
      }
      goes_on = passes;
    }
  }
  sparse = std::move(raised);
  counts = std::move(raised_counts);
}

void check_fill(const SparseFrame& sparse, std::size_t pixels, const SegmentOptions& options) {
  const auto size = static_cast<double>(pixels);
  const int level = lowest_level(options);
  if (!(static_cast<double>(sparse.values.size()) > options.max_fill * size)) return;
  std::vector<std::uint64_t> count(65536, 0);
  for (const std::uint16_t value : sparse.values) ++count[value];
  std::uint64_t passing = 0;
  for (std::size_t value = static_cast<std::size_t>(level); value < count.size(); ++value) passing += count[value];
  if (!(static_cast<double>(passing) > options.max_fill * size)) return;
  int lowest = 65536;
  for (std::uint64_t reaching = 0; lowest > level; --lowest) {
    reaching += count[static_cast<std::size_t>(lowest - 1)];
    if (static_cast<double>(reaching) > 0.01 * size) break;
  }
  fail(
      "frame {}: {:.1f} % of its voxels are at or above segment.{} = \"{}\", more than segment.max_fill = {:.1f} % "
      "allows; "
      "at {} only 1 % would be: raise the level, or max_fill where this is meant",
      sparse.frame, 100.0 * static_cast<double>(passing) / size, lowest_level_key(options), level_text(level, options),
      100.0 * options.max_fill, level_text(lowest, options));
}

}  // namespace dctprep
