#include "dctprep/pipeline/frame_pass.h"

#include <algorithm>
#include <vector>

#include "dctprep/background/subtract.h"
#include "dctprep/segment/threshold.h"

namespace dctprep {

FramePass::FramePass(const Setup& setup)
    : setup_(setup),
      denoiser_(setup.config.denoise, setup.scan->bad_pixels, setup.excluded),
      bad_row_(static_cast<std::size_t>(setup.height()), 0) {
  for (int v = 0; v < setup.height(); ++v) {
    const std::uint8_t* row = setup.scan->bad_pixels.row(v);
    bad_row_[static_cast<std::size_t>(v)] =
        std::any_of(row, row + setup.width(), [](std::uint8_t bad) { return bad != 0; });
  }
}

template <class Row>
void FramePass::denoised_rows(const CompactFrame& frame, const CompactBackground& background, std::int32_t offset,
                              const Row& row) const {
  const int height = background.background().height(), width = background.background().width();
  const int radius = denoiser_.radius();
  const int side = 2 * radius + 1;
  // A ring of padded residual rows, of which row v has the place v % side.
  const std::size_t stride = denoiser_.padded_width();
  std::vector<std::uint16_t> ring(static_cast<std::size_t>(side) * stride);
  std::vector<std::uint16_t> denoised(static_cast<std::size_t>(width));
  std::vector<const std::uint16_t*> rows(static_cast<std::size_t>(side));
  const auto place = [&](int v) { return ring.data() + static_cast<std::size_t>(v % side) * stride; };
  for (int next = 0; next < height + radius; ++next) {
    if (next < height) {
      const ImageView<const std::uint8_t> bad_pixels = bad_row_[static_cast<std::size_t>(next)] != 0
                                                           ? setup_.scan->bad_pixels.view()
                                                           : ImageView<const std::uint8_t>();
      std::uint16_t* residual = place(next) + radius;
      background.subtract_row(frame, offset, next, residual);
      clear_row(bad_pixels, setup_.excluded, next, width, residual);
      denoiser_.pad_row(next, place(next));
    }
    const int v = next - radius;
    if (v < 0) continue;
    for (int i = -radius; i <= radius; ++i)
      rows[static_cast<std::size_t>(i + radius)] = place(std::clamp(v + i, 0, height - 1));
    denoiser_.apply_row(rows.data(), v, denoised.data());
    row(v, denoised.data());
  }
}

FramePass::Result FramePass::run(int k, const CompactFrame& frame, const CompactBackground& background,
                                 std::span<const std::uint32_t> saturated) const {
  const SegmentOptions& options = setup_.config.segment;
  const int level = lowest_level(options);
  Result result;
  const ImageView<const std::uint16_t> pixels = background.background();
  const auto width = static_cast<std::size_t>(pixels.width());
  result.offset = background.frame_offset(frame, setup_.scan->bad_pixels, bad_row_, setup_.config.background);
  FrameThreshold threshold(k, pixels.width(), level, saturated);
  denoised_rows(frame, background, result.offset,
                [&](int v, const std::uint16_t* row) { threshold.append_row(v, row); });
  if (static_cast<double>(threshold.passing()) > options.max_fill * static_cast<double>(pixels.size())) {
    // Rare, and the end of the run: the frame is made once more, to say which level would do.
    Image<std::uint16_t> denoised(pixels.height(), pixels.width());
    denoised_rows(frame, background, result.offset,
                  [&](int v, const std::uint16_t* row) { std::copy(row, row + width, denoised.row(v)); });
    check_fill(threshold.passing(), denoised, k, level, options.method == SegmentMethod::kSingle ? "seed" : "grow_min",
               options.max_fill);
  }
  result.sparse = threshold.take();
  return result;
}

}  // namespace dctprep
