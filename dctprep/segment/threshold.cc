#include "dctprep/segment/threshold.h"

#include <vector>

#include "dctprep/base/error.h"

namespace dctprep {

SparseFrame threshold_frame(ImageView<const std::uint16_t> denoised, int frame, int level,
                            std::span<const std::uint32_t> saturated) {
  SparseFrame sparse;
  sparse.frame = frame;
  const int width = denoised.width();
  auto next_saturated = saturated.begin();
  for (int v = 0; v < denoised.height(); ++v) {
    const std::uint16_t* row = denoised.row(v);
    const auto row_index = static_cast<std::uint32_t>(v) * static_cast<std::uint32_t>(width);
    for (int u = 0; u < width; ++u) {
      if (row[u] < level) continue;
      Run run{v, u, u, static_cast<std::uint32_t>(sparse.values.size())};
      for (; u < width && row[u] >= level; ++u) sparse.values.push_back(row[u]);
      run.u_end = u;
      sparse.runs.push_back(run);
      const std::uint32_t first = row_index + static_cast<std::uint32_t>(run.u_begin);
      const std::uint32_t last = row_index + static_cast<std::uint32_t>(run.u_end);
      while (next_saturated != saturated.end() && *next_saturated < first) ++next_saturated;
      for (; next_saturated != saturated.end() && *next_saturated < last; ++next_saturated) {
        sparse.saturated.push_back(run.offset + (*next_saturated - first));
      }
    }
  }
  return sparse;
}

void check_fill(std::uint64_t passing, ImageView<const std::uint16_t> denoised, int frame, int level,
                const char* level_key, double max_fill) {
  const auto size = static_cast<double>(denoised.size());
  if (!(static_cast<double>(passing) > max_fill * size)) return;
  std::vector<std::uint64_t> count(65537, 0);
  for (int v = 0; v < denoised.height(); ++v) {
    for (int u = 0; u < denoised.width(); ++u) ++count[denoised(v, u)];
  }
  int lowest = 65536;
  for (std::uint64_t reaching = 0; lowest > 0; --lowest) {
    reaching += count[static_cast<std::size_t>(lowest - 1)];
    if (static_cast<double>(reaching) > 0.01 * size) break;
  }
  fail(
      "frame {}: {:.1f} % of its voxels are at or above segment.{} = {}, more than segment.max_fill = {:.1f} % allows; "
      "at "
      "{} only 1 % would be: raise the level, or max_fill where this is meant",
      frame, 100.0 * static_cast<double>(passing) / size, level_key, level, 100.0 * max_fill, lowest);
}

}  // namespace dctprep
