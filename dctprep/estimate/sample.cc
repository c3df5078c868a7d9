// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/estimate/sample.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <tbb/parallel_for.h>
#include <utility>

#include "dctprep/background/moving_median.h"
#include "dctprep/base/cancel.h"
#include "dctprep/correct/dark.h"

namespace dctprep {

namespace {

// `count` of `values`, evenly spread, each taken from the middle of its share.
std::vector<int> evenly(const std::vector<int>& values, int count) {
  const auto size = static_cast<std::int64_t>(values.size());
  if (size <= count) return values;
  std::vector<int> chosen;
  for (std::int64_t i = 0; i < count; ++i)
    chosen.push_back(values[static_cast<std::size_t>((2 * i + 1) * size / (2 * count))]);
  return chosen;
}

}  // namespace

int frames_that_fit(int height, int width, int most) {
  constexpr std::uint64_t kMemory = std::uint64_t{1} << 30;
  const std::uint64_t bytes =
      std::max<std::uint64_t>(1, 2 * static_cast<std::uint64_t>(height) * static_cast<std::uint64_t>(width));
  return static_cast<int>(std::clamp<std::uint64_t>(kMemory / bytes, 5, static_cast<std::uint64_t>(std::max(5, most))));
}

std::vector<int> spread_frames(const std::vector<std::uint8_t>& listed, int count) {
  std::vector<int> good;
  for (std::size_t k = 0; k < listed.size(); ++k) {
    if (listed[k] == 0) good.push_back(static_cast<int>(k));
  }
  return evenly(good, count);
}

std::vector<FrameGroup> frame_groups(const std::vector<std::uint8_t>& listed, const BackgroundOptions& options,
                                     std::span<const Sweep> sweeps, bool wrap, int groups, int most) {
  const int frames = static_cast<int>(listed.size());
  const auto is_good = [&](int k) { return listed[static_cast<std::size_t>(k)] == 0; };
  groups = std::clamp(frames / (2 * kRunLength), 1, groups);
  std::vector<FrameGroup> result;
  for (int i = 0; i < groups; ++i) {
    // Anywhere in its share of the rotation, in no step with what repeats, such as refills of the storage ring.
    const double within = groups == 1 ? 0.5 : std::fmod(0.5 + i * std::numbers::phi, 1.0);
    const int centre = static_cast<int>((i + within) * frames / groups);
    FrameGroup group;
    const Sweep sweep = sweeps.empty() ? Sweep{0, frames - 1} : sweep_at(sweeps, centre);
    const int first =
        std::clamp(centre - kRunLength / 2, sweep.first, std::max(sweep.first, sweep.last + 1 - kRunLength));
    for (int k = first; k < std::min(sweep.last + 1, first + kRunLength); ++k) group.run.push_back(k);
    std::vector<int> window = background_window(centre, sweep, options, wrap);
    std::erase_if(window, [&](int k) { return !is_good(k) || std::ranges::binary_search(group.run, k); });
    group.window = evenly(window, std::max(0, most - kRunLength));
    std::ranges::copy_if(group.run, std::back_inserter(group.window), is_good);
    std::ranges::sort(group.window);
    result.push_back(std::move(group));
  }
  return result;
}

FrameSample read_sample(const Scan& scan, const std::vector<int>& wanted, ImageView<const std::uint16_t> dark,
                        Progress& progress, LookedAt* looked) {
  std::vector<Image<std::uint16_t>> pixels(wanted.size());
  std::vector<PixelChanges> changes(wanted.size());
  tbb::parallel_for(std::size_t{0}, wanted.size(), [&](std::size_t i) {
    check_cancelled();
    Image<std::uint16_t> frame(scan.height(), scan.width());
    changes[i].ignored = scan.bad_pixels;
    if (!scan.frames->read(wanted[i], frame, {}, &changes[i])) {
      subtract_dark(frame, dark);
      pixels[i] = std::move(frame);
    }
    progress.advance(1);
  });
  FrameSample sample;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (pixels[i].empty()) continue;
    sample.frame.push_back(wanted[i]);
    if (looked != nullptr && looked->frames.insert(wanted[i]).second) looked->changes.add(wanted[i], changes[i]);
    sample.pixels.push_back(std::move(pixels[i]));
  }
  return sample;
}

}  // namespace dctprep
