// SPDX-License-Identifier: BSD-3-Clause
// The executor that is obviously right: every stage as the specification words it, whole stack in memory, pixel by
// pixel, no thought of speed. It shares with the streaming one only the reading of a frame and the measuring of a blob.
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <memory>

#include "dctprep/measure/photometry.h"
#include "dctprep/pipeline/reference_segment.h"
#include "dctprep/pipeline/run.h"
#include "dctprep/pipeline/tally.h"
#include "dctprep/segment/threshold.h"

namespace dctprep {

namespace {

using Stack = std::vector<Image<std::uint16_t>>;

template <class T>
T median_by_sorting(std::vector<T> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

Image<std::uint16_t> background_of(const Setup& setup, const Stack& stack, const Tally& tally,
                                   const BackgroundBlock& block) {
  const BackgroundOptions& options = setup.config.background;
  const int frames = setup.frames(), centre = block.centre;
  std::vector<bool> inside(static_cast<std::size_t>(frames), false);
  for (int k = centre - options.half_window; k <= centre + options.half_window; ++k) {
    if ((k - centre) % options.stride != 0) continue;
    if (setup.wrap) inside[static_cast<std::size_t>(((k % frames) + frames) % frames)] = true;
    if (!setup.wrap && block.sweep.first <= k && k <= block.sweep.last) inside[static_cast<std::size_t>(k)] = true;
  }
  Image<std::uint16_t> background(setup.height(), setup.width(), 0);
  for (int v = 0; v < setup.height(); ++v) {
    for (int u = 0; u < setup.width(); ++u) {
      std::vector<std::uint16_t> values;
      for (int k = 0; k < frames; ++k) {
        if (inside[static_cast<std::size_t>(k)] && !tally.is_bad(k))
          values.push_back(stack[static_cast<std::size_t>(k)](v, u));
      }
      if (!values.empty()) background(v, u) = median_by_sorting(values);
    }
  }
  return background;
}

std::int32_t offset_of(const Setup& setup, const Image<std::uint16_t>& frame, const Image<std::uint16_t>& background) {
  const BackgroundOptions& options = setup.config.background;
  std::vector<std::int32_t> differences;
  for (int v = 0; v < setup.height(); ++v) {
    for (int u = 0; u < setup.width(); ++u) {
      if (v % options.offset_stride != 0 || u % options.offset_stride != 0) continue;
      if (setup.scan->bad_pixels(v, u) != 0 || setup.excluded.contains(v, u)) continue;
      differences.push_back(std::int32_t{frame(v, u)} - std::int32_t{background(v, u)});
    }
  }
  return !options.frame_offset || differences.empty() ? 0 : median_by_sorting(differences);
}

Image<std::uint16_t> residual_of(const Setup& setup, const Image<std::uint16_t>& frame,
                                 const Image<std::uint16_t>& background, std::int32_t offset) {
  Image<std::uint16_t> residual(setup.height(), setup.width(), 0);
  for (int v = 0; v < setup.height(); ++v) {
    for (int u = 0; u < setup.width(); ++u) {
      if (setup.scan->bad_pixels(v, u) != 0 || setup.excluded.contains(v, u)) continue;
      residual(v, u) = static_cast<std::uint16_t>(std::clamp(frame(v, u) - background(v, u) - offset, 0, 65535));
    }
  }
  return residual;
}

Image<std::uint16_t> denoised_of(const Setup& setup, const Image<std::uint16_t>& residual) {
  const DenoiseOptions& options = setup.config.denoise;
  const Image<std::uint8_t>& bad = setup.scan->bad_pixels;
  Image<std::uint16_t> denoised(setup.height(), setup.width(), 0);
  for (int v = 0; v < setup.height(); ++v) {
    for (int u = 0; u < setup.width(); ++u) {
      std::vector<std::uint16_t> window;
      for (int dv = -options.radius; dv <= options.radius; ++dv) {
        for (int du = -options.radius; du <= options.radius; ++du) {
          const int near_v = std::clamp(v + dv, 0, setup.height() - 1);
          const int near_u = std::clamp(u + du, 0, setup.width() - 1);
          if (bad(near_v, near_u) == 0) window.push_back(residual(near_v, near_u));
        }
      }
      const std::uint16_t median = window.empty() ? std::uint16_t{0} : median_by_sorting(window);
      std::uint16_t value = residual(v, u);
      if (options.mode.value() == DenoiseMode::kFull) value = median;
      if (options.mode.value() == DenoiseMode::kConditional &&
          (bad(v, u) != 0 || std::abs(residual(v, u) - median) > options.threshold.value())) {
        value = median;
      }
      denoised(v, u) = setup.excluded.contains(v, u) ? std::uint16_t{0} : value;
    }
  }
  return denoised;
}

// Z: values in steps of the noise where they are. The background of bad pixels is that of the next good one to the
// left, else to the right, else 0.
Image<std::uint16_t> scaled_of(const Setup& setup, const Image<std::uint16_t>& denoised,
                               const Image<std::uint16_t>& background) {
  const Image<std::uint8_t>& bad = setup.scan->bad_pixels;
  const double readout = setup.noise.readout_variance, gain = setup.noise.gain;
  Image<std::uint16_t> scaled(setup.height(), setup.width(), 0);
  for (int v = 0; v < setup.height(); ++v) {
    for (int u = 0; u < setup.width(); ++u) {
      int from = u;
      while (from >= 0 && bad(v, from) != 0) --from;
      if (from < 0) {
        from = u;
        while (from < setup.width() && bad(v, from) != 0) ++from;
      }
      const double level = from < setup.width() ? background(v, from) : 0;
      const double sigma = std::sqrt(std::max(1.0 / 12, readout + gain * level));
      const auto weight = static_cast<std::uint64_t>(std::max(1.0, std::nearbyint(65536.0 * 16 / sigma)));
      scaled(v, u) =
          static_cast<std::uint16_t>(std::min<std::uint64_t>(65535, (denoised(v, u) * weight + 32768) / 65536));
    }
  }
  return scaled;
}

// The runs of `compared` with the values that `counts` has there.
std::vector<SparseFrame> with_counts(std::vector<SparseFrame> compared, const Stack& counts) {
  for (SparseFrame& frame : compared) {
    for (const Run& run : frame.runs) {
      for (int u = run.u_begin; u < run.u_end; ++u)
        frame.values[run.offset + static_cast<std::uint32_t>(u - run.u_begin)] =
            counts[static_cast<std::size_t>(frame.frame)](run.v, u);
    }
  }
  return compared;
}

// Every frame, whole.
class WholeStack final : public FrameBoxes {
 public:
  WholeStack(const Setup& setup, const Stack& stack, const Stack& volume, const Tally& tally)
      : level_(lowest_level(setup.segment)), stack_(stack), volume_(volume), tally_(tally) {}

  void take(int k, const std::shared_ptr<const Image<std::uint16_t>>& background) { backgrounds_[k] = background; }

  bool read(int k, const Region& box, FrameBox& out) const override {
    if (tally_.is_bad(k)) return false;
    const auto index = static_cast<std::size_t>(k);
    out = {.factor = tally_.factor(k),
           .background = backgrounds_.at(k),
           .offset = tally_.frame_offset(k),
           .corrected = {},
           .claimed = {}};
    for (int v = box.v0; v < box.v1; ++v) {
      for (int u = box.u0; u < box.u1; ++u) {
        out.corrected.push_back(stack_[index](v, u));
        out.claimed.push_back(volume_[index](v, u) >= level_);
      }
    }
    return true;
  }

 private:
  int level_;
  const Stack &stack_, &volume_;
  const Tally& tally_;
  std::map<int, std::shared_ptr<const Image<std::uint16_t>>> backgrounds_;
};

// What a blob's photometry must know of the others.
PhotometryIsland island_of(const std::vector<Blob>& blobs, std::size_t own, const Stack& volume, const Setup& setup) {
  PhotometryIsland island;
  const int frames = setup.frames();
  const auto voxels = reference_island(volume, blobs[own].voxels.front(), setup.segment, setup.sweeps, setup.wrap);
  island.spans = spans_of(voxels, frames);
  for (const Blob& blob : blobs) {
    const Voxel& first = blob.voxels.front();
    const bool inside = std::any_of(voxels.begin(), voxels.end(), [&](const Voxel& voxel) {
      return voxel.frame == first.frame % frames && voxel.v == first.v && voxel.u == first.u;
    });
    island.blobs.push_back(inside && !blob.small_seed ? spans_of(blob.voxels, frames) : std::vector<VoxelSpan>());
  }
  island.sort();
  return island;
}

}  // namespace

RunReport run_reference(const Setup& setup, ResultSink& sink, Progress& progress) {
  progress.start("processing (reference)", setup.frames(), "images");
  Tally tally(setup, sink);
  Stack stack;
  std::vector<std::vector<std::uint32_t>> saturated;
  for (int k = 0; k < setup.frames(); ++k) {
    stack.emplace_back(setup.height(), setup.width(), std::uint16_t{0});
    Image<std::uint16_t> raw(setup.height(), setup.width());
    CorrectedFrame corrected = read_corrected_frame(
        setup, k, raw, setup.config.beam.transmission,
        [&](int v, const std::uint16_t* row) { std::copy(row, row + setup.width(), stack.back().row(v)); });
    tally.frame(k, corrected);
    if (!corrected.transmission.empty()) sink.transmission(k, corrected.transmission);
    saturated.push_back(std::move(corrected.saturated));
  }
  // F, and what segmentation compares: the same, or Z.
  Stack counts, scaled;
  Stack& volume = setup.scale.empty() ? counts : scaled;
  WholeStack whole(setup, stack, volume, tally);
  for (std::size_t b = 0; b < setup.blocks.size(); ++b) {
    const BackgroundBlock& block = setup.blocks[b];
    const auto kept = std::make_shared<const Image<std::uint16_t>>(background_of(setup, stack, tally, block));
    const Image<std::uint16_t>& background = *kept;
    if (setup.config.background.save) sink.background(static_cast<int>(b), background);
    for (int k = block.first; k <= block.last; ++k) {
      whole.take(k, kept);
      if (tally.is_bad(k)) {
        counts.emplace_back(setup.height(), setup.width(), std::uint16_t{0});
        if (!setup.scale.empty()) scaled.push_back(counts.back().clone());
        continue;
      }
      const Image<std::uint16_t>& frame = stack[static_cast<std::size_t>(k)];
      const std::int32_t offset = offset_of(setup, frame, background);
      tally.frame_offset(k, offset);
      counts.push_back(denoised_of(setup, residual_of(setup, frame, background, offset)));
      if (!setup.scale.empty()) scaled.push_back(scaled_of(setup, counts.back(), background));
      progress.advance(1);
    }
  }
  const std::vector<SparseFrame> sparse = with_counts(reference_sparse_frames(volume, setup.segment), counts);
  std::vector<Blob> blobs = reference_segment(volume, saturated, setup.segment, setup.sweeps, setup.wrap);
  for (Blob& blob : blobs) {
    for (Voxel& voxel : blob.voxels)
      voxel.value = counts[static_cast<std::size_t>(voxel.frame % setup.frames())](voxel.v, voxel.u);
  }
  for (std::size_t i = 0; i < blobs.size(); ++i) {
    MeasuredBlob measured = measure_blob(Blob(blobs[i]), tally.context(), [&](int k) -> const SparseFrame& {
      return sparse[static_cast<std::size_t>(k)];
    });
    if (setup.config.spots.photometry && !measured.rejected) {
      measure_photometry(measured.voxels, island_of(blobs, i, volume, setup), i, tally.context(), whole, measured.spot);
    }
    tally.blob(measured);
  }
  progress.finish();
  return tally.end({});
}

}  // namespace dctprep
