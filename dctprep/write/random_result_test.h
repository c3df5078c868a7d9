// SPDX-License-Identifier: BSD-3-Clause
// Results made of chance, for the tests of this folder.
#pragma once

#include <algorithm>
#include <filesystem>
#include <random>
#include <string>
#include <type_traits>
#include <vector>

#include "dctprep/testing/testing.h"
#include "dctprep/write/memory_sink.h"

namespace dctprep::testing {

struct RandomResultSize {
  int frames = 40, height = 37, width = 53, spots = 60, rejected = 50, blocks = 3;
  int max_extent = 9;  // of a spot, in frames and pixels
  bool photometry = false, mates = false;
};

// Spots and rejected blobs in an order of chance, none alike in first frame and peak; some beyond the last frame, as in
// a wrapped scan. Numbers that are measured elsewhere (centroids, flags ...) are chance.
inline MemoryResult random_result(std::uint32_t seed, const RandomResultSize& size = {}) {
  std::mt19937 random(seed);
  const auto pick = [&](int low, int high) { return std::uniform_int_distribution<int>(low, high)(random); };
  const auto real = [&] { return std::uniform_real_distribution<double>(-1e3, 1e3)(random); };
  MemoryResult r;
  ResultHeader& h = r.header;
  h.frames = size.frames, h.height = size.height, h.width = size.width;
  for (int k = 0; k < h.frames; ++k) h.omega.push_back(-10 + 0.1 * k);
  for (int b = 0; b < size.blocks; ++b) h.block_centre.push_back(std::min(5 + 10 * b, h.frames - 1));
  h.beam = Region{std::min(2, h.width - 1), 0, h.width, std::max(1, h.height - 1)};
  h.sample = Region{std::min(3, h.width - 1), 0, h.width, 1};
  if (size.mates) h.monitor = "/data/scan é.h5::/entry/fpico3";
  h.transmission = h.rejected = true;
  h.mates = size.mates;
  h.photometry = size.photometry;
  h.in_sigma = size.mates;
  if (size.photometry || size.mates) {
    h.noise = {.readout_variance = 3.25, .gain = 1.0 / 3, .level = {0, 10.5}, .variance = {3, 7.5}, .samples = {7, 1}};
  }
  h.scan_path = "/data/scan é.h5::/entry/data";
  h.checksums = {{0, 0xdeadbeef}, {h.frames - 1, 7}};
  h.config = "[scan]\npath = \"scan.h5\"\n# ω\n";
  h.command = "dctprep run scan.h5";
  for (int i = 0; i < size.spots; ++i) {
    MemorySpot s;
    Spot& p = s.spot;
    p.frame_start = pick(0, h.frames - 1);
    const int frames = pick(1, std::min(size.max_extent, h.frames));
    p.frame_end = p.frame_start + frames - 1;
    p.frame_ext_start = pick(p.frame_start, p.frame_end);
    p.frame_ext_end = pick(p.frame_ext_start, p.frame_end);
    p.frame_max = pick(p.frame_ext_start, p.frame_ext_end);
    p.u_min = pick(0, h.width - 1), p.u_max = std::min(h.width - 1, p.u_min + pick(0, size.max_extent - 1));
    p.v_min = pick(0, h.height - 1), p.v_max = std::min(h.height - 1, p.v_min + pick(0, size.max_extent - 1));
    for (int frame = p.frame_start; frame <= p.frame_end; ++frame) {
      for (int v = p.v_min; v <= p.v_max; ++v) {
        for (int u = p.u_min; u <= p.u_max; ++u) {
          if (pick(0, 2) == 0) continue;
          s.voxels.push_back({frame, static_cast<std::uint16_t>(v), static_cast<std::uint16_t>(u),
                              static_cast<std::uint16_t>(pick(1, 65535)), false});
        }
      }
    }
    if (s.voxels.empty()) {
      s.voxels.push_back(
          {p.frame_end, static_cast<std::uint16_t>(p.v_min), static_cast<std::uint16_t>(p.u_max), 65535, false});
    }
    const Voxel& peak = s.voxels[static_cast<std::size_t>(pick(0, static_cast<int>(s.voxels.size()) - 1))];
    p.peak_frame = peak.frame, p.peak_v = peak.v, p.peak_u = peak.u, p.peak = peak.value;
    p.volume = static_cast<std::uint32_t>(s.voxels.size()), p.area = random();
    p.integral = (std::uint64_t{random()} << 32) + random();
    p.frame = real(), p.u = real(), p.v = real(), p.omega = real();
    p.sigma_frame = real(), p.sigma_u = real(), p.sigma_v = real(), p.cov_uv = real() * 1e-300;
    p.grow_level = static_cast<std::uint16_t>(random()), p.seed_volume = random(), p.flags = random() & 127;
    if (size.photometry) {
      visit_photometry_columns([&](const ColumnInfo&, auto member) {
        if constexpr (std::is_same_v<decltype(member), double Spot::*>) p.*member = real();
      });
      p.intensity_volume = random();
    }
    if (size.mates) p.mate = pick(-1, 5);
    const bool taken = std::any_of(r.spots.begin(), r.spots.end(), [&](const MemorySpot& other) {
      const Spot& q = other.spot;
      return q.frame_start == p.frame_start && (q.peak_frame - p.peak_frame) % h.frames == 0 && q.peak_v == p.peak_v &&
             q.peak_u == p.peak_u;
    });
    if (taken) continue;
    for (int k = 0; k < p.width() * p.height(); ++k) s.image.push_back(random());
    r.spots.push_back(std::move(s));
  }
  r.summary.rejected_count.resize(reject_reason_names().size());
  for (int i = 0; i < size.rejected; ++i) {
    RejectedBlob b;
    b.reason = static_cast<RejectReason>(static_cast<std::size_t>(i) % reject_reason_names().size());
    b.frame_start = pick(0, h.frames - 1) / 3;  // many alike, so that ties are met
    b.frame_end = b.frame_start + pick(0, 5);
    b.peak_frame = b.frame_start + 1, b.peak_v = pick(0, h.height - 1) / 8, b.peak_u = i / 11 % h.width;
    b.peak = static_cast<std::uint16_t>(random()), b.volume = random(), b.area = random();
    b.u_min = 0, b.u_max = h.width - 1, b.v_min = pick(0, h.height - 1), b.v_max = h.height - 1;
    ++r.summary.rejected_count[static_cast<std::size_t>(b.reason)];
    r.rejected.push_back(b);
  }
  std::shuffle(r.rejected.begin(), r.rejected.end(), random);
  for (int b = 0; b < size.blocks; ++b) {
    r.backgrounds.emplace_back(h.height, h.width);
    for (auto& pixel : r.backgrounds.back().pixels()) pixel = static_cast<std::uint16_t>(100 + random() % 7);
  }
  for (int k = 0; k < h.frames; ++k) {
    r.transmissions.emplace_back(h.beam.height(), h.beam.width());
    for (auto& pixel : r.transmissions.back().pixels()) pixel = static_cast<float>(real());
    r.summary.frame_offset.push_back(pick(-9, 9));
    r.summary.beam_intensity.push_back(real());
    r.summary.beam_factor.push_back(static_cast<float>(real()));
  }
  r.summary.bad_frames = {{0, BadFrameCause::kListed}, {h.frames - 1, BadFrameCause::kNoBeam}};
  r.summary.timing = {{"background", 1.5}, {"segment", 0.25}};
  return r;
}

// Plays `result` to `sink`, as a run does.
inline void play(const MemoryResult& result, ResultSink& sink) {
  sink.begin(result.header);
  for (std::size_t b = 0; b < result.backgrounds.size(); ++b)
    sink.background(static_cast<int>(b), result.backgrounds[b]);
  for (std::size_t k = 0; k < result.transmissions.size(); ++k) {
    sink.transmission(static_cast<int>(k), result.transmissions[k]);
  }
  for (const MemorySpot& spot : result.spots) sink.spot(spot.spot, spot.voxels, spot.image);
  for (const RejectedBlob& blob : result.rejected) sink.rejected(blob);
  sink.end(result.summary);
}

}  // namespace dctprep::testing
