// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/pipeline/measure_noise.h"

#include <algorithm>
#include <cstdint>

#include "dctprep/base/cancel.h"
#include "dctprep/estimate/noise/noise_pairs.h"
#include "dctprep/pipeline/corrected_frame.h"
#include "dctprep/pipeline/parallel.h"

namespace dctprep {

namespace {
constexpr int kPairs = 16;
}

NoiseModel measure_noise(const RunPlan& plan, const Scan& scan, Progress& progress) {
  const int pairs = std::min(kPairs, plan.frames - 1);
  const auto read_frame = [&](int k) {
    Image<std::uint16_t> raw(plan.height, plan.width), frame(plan.height, plan.width);
    const CorrectedFrame corrected =
        read_corrected_frame(plan, *scan.frames, k, raw, false,
                             [&](int v, const std::uint16_t* row) { std::copy(row, row + plan.width, frame.row(v)); });
    return corrected.facts.bad ? Image<std::uint16_t>() : std::move(frame);
  };
  NoiseSamples samples;
  progress.start("measuring the noise", 2 * std::int64_t{pairs}, "images");
  // Pair by pair, so that hardly more is held than on every other thread's account.
  for (int i = 0; i < pairs; ++i) {
    const auto k = static_cast<int>(std::int64_t{i} * (plan.frames - 1) / pairs);
    // Over a jump of omega the background changes, too.
    if (sweep_at(plan.sweeps, k).last == k) continue;
    std::vector<Image<std::uint16_t>> frames(2);
    parallel_in_order(frames.size(), [&](std::size_t side) {
      check_cancelled();
      frames[side] = read_frame(k + static_cast<int>(side));
      progress.advance(1);
    });
    if (frames[0].empty() || frames[1].empty()) continue;
    add_frame_pair(frames[0], frames[1], plan.bad_pixels, plan.excluded, samples);
  }
  add_dark_pairs(scan, plan.excluded, samples);
  progress.finish();
  return samples.fit();
}

}  // namespace dctprep
