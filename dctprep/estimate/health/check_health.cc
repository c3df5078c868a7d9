// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/estimate/health/check_health.h"

#include <algorithm>
#include <span>
#include <tbb/enumerable_thread_specific.h>
#include <tbb/parallel_for.h>

#include "dctprep/base/cancel.h"
#include "dctprep/core/rank_median.h"
#include "dctprep/correct/dark.h"
#include "dctprep/correct/normalise.h"
#include "dctprep/estimate/beam/direct_beam.h"
#include "dctprep/estimate/health/health.h"
#include "dctprep/estimate/health/judge_pixels.h"
#include "dctprep/estimate/record_frame.h"
#include "dctprep/estimate/sample.h"

namespace dctprep {

namespace {

constexpr int kPixelFrames = 33;  // over the rotation, in which pixels are judged
constexpr int kDarks = 16;
constexpr int kLevelStride = 4;

// Multiplies and folds, pixel by pixel.
std::uint64_t hash_of(std::span<const std::uint16_t> pixels) {
  constexpr std::uint64_t kPrime = 0x9E3779B97F4A7C15;
  std::uint64_t hash = pixels.size();
  for (std::size_t i = 0; i < pixels.size(); ++i) {
    hash = (hash ^ pixels[i]) * kPrime;
    hash ^= hash >> 29;
  }
  return hash;
}

// Median of every kLevelStride-th pixel in either direction, above dark.
double level_of(ImageView<const std::uint16_t> raw, ImageView<const std::uint16_t> dark) {
  std::vector<int> values;
  for (int v = 0; v < raw.height(); v += kLevelStride) {
    for (int u = 0; u < raw.width(); u += kLevelStride)
      values.push_back(std::max(0, raw(v, u) - (dark.empty() ? 0 : dark(v, u))));
  }
  return rank_median(values);
}

void measure_shift(ImageView<const std::uint16_t> raw, ImageView<const std::uint8_t> bad_pixels, const Region& beam,
                   FrameRecord& record) {
  const Region now = refit_direct_beam(raw, bad_pixels, beam);
  if (now.empty()) return;
  // By the sides that lie on the detector.
  const auto shift = [](int low, int low_before, int high, int high_before, int size) {
    double sum = 0;
    int sides = 0;
    if (low_before > 0) sum += low - low_before, ++sides;
    if (high_before < size) sum += high - high_before, ++sides;
    return sides == 0 ? 0 : sum / sides;
  };
  record.shift_u = shift(now.u0, beam.u0, now.u1, beam.u1, raw.width());
  record.shift_v = shift(now.v0, beam.v0, now.v1, beam.v1, raw.height());
}

bool same_pixels(const FrameSource& frames, int a, int b) {
  Image<std::uint16_t> one(frames.height(), frames.width()), other(frames.height(), frames.width());
  return !frames.read(a, one) && !frames.read(b, other) && std::ranges::equal(one.pixels(), other.pixels());
}

std::vector<Image<std::uint16_t>> read_darks(const Scan& scan) {
  std::vector<Image<std::uint16_t>> darks;
  if (!scan.darks) return darks;
  const int count = std::min(scan.darks->frames(), frames_that_fit(scan.height(), scan.width(), kDarks));
  for (int k = 0; k < count; ++k) {
    Image<std::uint16_t> dark(scan.height(), scan.width());
    if (!scan.darks->read(k, dark)) darks.push_back(std::move(dark));
  }
  return darks;
}

}  // namespace

FrameRecord record_frame(int k, ImageView<const std::uint16_t> raw, const FrameMeasure& measure) {
  FrameRecord record;
  record.frame = k;
  const auto pixels = raw.pixels();
  record.hash = hash_of(pixels);
  record.constant = std::ranges::all_of(pixels, [&](std::uint16_t value) { return value == pixels.front(); });
  record.level = measure.regions.empty() ? level_of(raw, measure.dark)
                                         : beam_intensity(raw, measure.dark, measure.regions, measure.bad_pixels);
  for (int v = 0; v < raw.height(); ++v) {
    for (int u = 0; u < raw.width(); ++u)
      record.saturated += raw(v, u) >= measure.saturation && !measure.beam.contains(v, u);
  }
  if (!measure.beam.empty() && !record.constant) measure_shift(raw, measure.bad_pixels, measure.beam, record);
  return record;
}

ScanHealth check_health(const Scan& scan, const Config& config, Progress& progress) {
  ScanHealth health;
  health.frames = scan.frame_count();
  Image<std::uint16_t> dark;
  if (scan.darks) dark = median_of_frames(*scan.darks, "dark");
  FrameMeasure measure;
  measure.dark = dark;
  measure.bad_pixels = scan.bad_pixels;
  measure.beam = config.beam.region.value();
  measure.regions = intensity_regions(config.beam, scan.height(), scan.width(), scan.bad_pixels);
  measure.saturation = config.scan.saturation.is_auto() ? scan.default_saturation() : config.scan.saturation.value();
  std::vector<FrameRecord> records(static_cast<std::size_t>(scan.frame_count()));
  tbb::enumerable_thread_specific<Image<std::uint16_t>> frame_of_thread(
      [&] { return Image<std::uint16_t>(scan.height(), scan.width()); });
  progress.start("looking at every frame", scan.frame_count(), "images");
  tbb::parallel_for(0, scan.frame_count(), [&](int k) {
    check_cancelled();
    Image<std::uint16_t>& frame = frame_of_thread.local();
    FrameRecord& record = records[static_cast<std::size_t>(k)];
    if (const auto fault = scan.frames->read(k, frame)) {
      record.frame = k;
      record.fault = fault->what;
      record.missing = fault->cause == BadFrameCause::kMissing;
    } else {
      record = record_frame(k, frame, measure);
    }
    progress.advance(1);
  });
  progress.finish();
  health.remarks =
      judge_frames(records, !measure.beam.empty(), static_cast<std::int64_t>(scan.height()) * scan.width());
  // Two frames may have the same hash by chance.
  std::erase_if(health.remarks, [&](const FrameRemark& remark) {
    if (remark.trouble != FrameTrouble::kDuplicate) return false;
    const std::uint64_t hash = records[static_cast<std::size_t>(remark.frame)].hash;
    const auto first = std::ranges::find(records, hash, &FrameRecord::hash);
    return !same_pixels(*scan.frames, first->frame, remark.frame);
  });
  std::vector<std::uint8_t> troubled(records.size(), 0);
  for (const FrameRemark& remark : health.remarks) troubled[static_cast<std::size_t>(remark.frame)] = 1;
  const std::vector<int> wanted = spread_frames(troubled, frames_that_fit(scan.height(), scan.width(), kPixelFrames));
  progress.start("looking at pixels", static_cast<std::int64_t>(wanted.size()), "images");
  const FrameSample sample = read_sample(scan, wanted, dark, progress);
  progress.finish();
  health.pixels = judge_pixels(read_darks(scan), sample.pixels, scan.bad_pixels, measure.beam);
  return health;
}

}  // namespace dctprep
