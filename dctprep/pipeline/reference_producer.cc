// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/pipeline/reference_producer.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <utility>

#include "dctprep/pipeline/bad_frames.h"
#include "dctprep/segment/threshold.h"

namespace dctprep {

// A frame as the whole stack holds it.
struct ReferenceFrame {
  FrameFacts facts;
  Image<std::uint16_t> pixels;  // J'
  std::vector<std::uint32_t> saturated;
  std::shared_ptr<const Image<std::uint16_t>> background;
};

namespace {

template <class T>
T median_by_sorting(std::vector<T> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

Image<std::uint16_t> background_of(const RunPlan& plan, const std::vector<ReferenceFrame>& stack,
                                   const BackgroundBlock& block) {
  const BackgroundOptions& options = plan.config.background;
  const int frames = plan.frames, centre = block.centre;
  std::vector<bool> inside(static_cast<std::size_t>(frames), false);
  for (int k = centre - options.half_window; k <= centre + options.half_window; ++k) {
    if ((k - centre) % options.stride != 0) continue;
    if (plan.wrap) inside[static_cast<std::size_t>(((k % frames) + frames) % frames)] = true;
    if (!plan.wrap && block.sweep.first <= k && k <= block.sweep.last) inside[static_cast<std::size_t>(k)] = true;
  }
  Image<std::uint16_t> background(plan.height, plan.width, 0);
  for (int v = 0; v < plan.height; ++v) {
    for (int u = 0; u < plan.width; ++u) {
      std::vector<std::uint16_t> values;
      for (int k = 0; k < frames; ++k) {
        if (inside[static_cast<std::size_t>(k)] && !stack[static_cast<std::size_t>(k)].facts.bad)
          values.push_back(stack[static_cast<std::size_t>(k)].pixels(v, u));
      }
      if (!values.empty()) background(v, u) = median_by_sorting(values);
    }
  }
  return background;
}

std::int32_t offset_of(const RunPlan& plan, const Image<std::uint16_t>& frame, const Image<std::uint16_t>& background) {
  const BackgroundOptions& options = plan.config.background;
  std::vector<std::int32_t> differences;
  for (int v = 0; v < plan.height; ++v) {
    for (int u = 0; u < plan.width; ++u) {
      if (v % options.offset_stride != 0 || u % options.offset_stride != 0) continue;
      if (plan.bad_pixels(v, u) != 0 || plan.excluded.contains(v, u)) continue;
      differences.push_back(std::int32_t{frame(v, u)} - std::int32_t{background(v, u)});
    }
  }
  return !options.frame_offset || differences.empty() ? 0 : median_by_sorting(differences);
}

Image<std::uint16_t> residual_of(const RunPlan& plan, const Image<std::uint16_t>& frame,
                                 const Image<std::uint16_t>& background, std::int32_t offset) {
  Image<std::uint16_t> residual(plan.height, plan.width, 0);
  for (int v = 0; v < plan.height; ++v) {
    for (int u = 0; u < plan.width; ++u) {
      if (plan.bad_pixels(v, u) != 0 || plan.excluded.contains(v, u)) continue;
      residual(v, u) = static_cast<std::uint16_t>(std::clamp(frame(v, u) - background(v, u) - offset, 0, 65535));
    }
  }
  return residual;
}

Image<std::uint16_t> denoised_of(const RunPlan& plan, const Image<std::uint16_t>& residual) {
  const DenoiseOptions& options = plan.config.denoise;
  const Image<std::uint8_t>& bad = plan.bad_pixels;
  Image<std::uint16_t> denoised(plan.height, plan.width, 0);
  for (int v = 0; v < plan.height; ++v) {
    for (int u = 0; u < plan.width; ++u) {
      std::vector<std::uint16_t> window;
      for (int dv = -options.radius; dv <= options.radius; ++dv) {
        for (int du = -options.radius; du <= options.radius; ++du) {
          const int near_v = std::clamp(v + dv, 0, plan.height - 1);
          const int near_u = std::clamp(u + du, 0, plan.width - 1);
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
      denoised(v, u) = plan.excluded.contains(v, u) ? std::uint16_t{0} : value;
    }
  }
  return denoised;
}

// Z: values in steps of the noise where they are. The background of bad pixels is that of the next good one to the
// left, else to the right, else 0.
Image<std::uint16_t> scaled_of(const RunPlan& plan, const Image<std::uint16_t>& denoised,
                               const Image<std::uint16_t>& background) {
  const Image<std::uint8_t>& bad = plan.bad_pixels;
  const double readout = plan.noise.readout_variance, gain = plan.noise.gain;
  Image<std::uint16_t> scaled(plan.height, plan.width, 0);
  for (int v = 0; v < plan.height; ++v) {
    for (int u = 0; u < plan.width; ++u) {
      int from = u;
      while (from >= 0 && bad(v, from) != 0) --from;
      if (from < 0) {
        from = u;
        while (from < plan.width && bad(v, from) != 0) ++from;
      }
      const double level = from < plan.width ? background(v, from) : 0;
      const double sigma = std::sqrt(std::max(1.0 / 12, readout + gain * level));
      const auto weight = static_cast<std::uint64_t>(std::max(1.0, std::nearbyint(65536.0 * 16 / sigma)));
      scaled(v, u) =
          static_cast<std::uint16_t>(std::min<std::uint64_t>(65535, (denoised(v, u) * weight + 32768) / 65536));
    }
  }
  return scaled;
}

// The pixels of `compared` of at least the lowest level, marked where the raw value is saturated.
SparseFrame sparse_of(const RunPlan& plan, int k, const Image<std::uint16_t>& compared,
                      const std::vector<std::uint32_t>& saturated) {
  SparseFrame sparse;
  sparse.frame = k;
  const int level = plan.kept_level;
  for (int v = 0; v < plan.height; ++v) {
    for (int u = 0; u < plan.width; ++u) {
      if (compared(v, u) < level) continue;
      const auto pixel = static_cast<std::uint32_t>(v * plan.width + u);
      const auto place = static_cast<std::uint32_t>(sparse.values.size());
      if (std::ranges::find(saturated, pixel) != saturated.end()) sparse.saturated.push_back(place);
      if (!sparse.runs.empty() && sparse.runs.back().v == v && sparse.runs.back().u_end == u)
        ++sparse.runs.back().u_end;
      else
        sparse.runs.push_back({v, u, u + 1, place});
      sparse.values.push_back(compared(v, u));
    }
  }
  if (level == lowest_level(plan.segment)) check_fill(sparse, plan.pixels(), plan.segment);
  return sparse;
}

}  // namespace

// Every frame, whole.
class ReferenceProducer::WholeStack final : public FrameBoxes {
 public:
  bool read(int k, const Region& box, FrameBox& out) const override {
    const ReferenceFrame& frame = frames[static_cast<std::size_t>(k)];
    if (frame.facts.bad) return false;
    out = {.factor = frame.facts.factor,
           .background = frame.background,
           .offset = frame.facts.offset,
           .corrected = {},
           .claimed = {}};
    for (int v = box.v0; v < box.v1; ++v) {
      for (int u = box.u0; u < box.u1; ++u) out.corrected.push_back(frame.pixels(v, u));
    }
    return true;
  }

  std::vector<ReferenceFrame> frames;
};

ReferenceProducer::ReferenceProducer(const RunPlan& plan, const FrameSource& source, BlockRange range,
                                     Progress& progress)
    : plan_(plan), source_(source), range_(range), progress_(progress), stack_(std::make_unique<WholeStack>()) {}

ReferenceProducer::~ReferenceProducer() = default;

const FrameBoxes* ReferenceProducer::boxes() const { return stack_.get(); }

void ReferenceProducer::produce(ProductSink& sink) {
  const FrameRange own = frames_of(plan_, range_);
  std::vector<ReferenceFrame>& frames = stack_->frames;
  std::vector<BadFrame> bad;
  for (int k = 0; k < plan_.frames; ++k) {
    ReferenceFrame& frame = frames.emplace_back();
    frame.pixels = Image<std::uint16_t>(plan_.height, plan_.width, 0);
    Image<std::uint16_t> raw(plan_.height, plan_.width);
    CorrectedFrame corrected = read_corrected_frame(
        plan_, source_, k, raw, plan_.config.beam.transmission,
        [&](int v, const std::uint16_t* row) { std::copy(row, row + plan_.width, frame.pixels.row(v)); });
    frame.facts = std::move(corrected.facts);
    frame.saturated = std::move(corrected.saturated);
    if (frame.facts.bad) {
      bad.push_back({k, *frame.facts.bad, frame.facts.fault});
      check_bad_frame_count(plan_, &source_, bad, k + 1 == plan_.frames);
    }
    if (own.contains(k) && !corrected.transmission.empty()) sink.transmission(k, std::move(corrected.transmission));
  }
  for (std::size_t b = range_.first; b < range_.end; ++b) {
    const BackgroundBlock& block = plan_.blocks[b];
    const auto background = std::make_shared<const Image<std::uint16_t>>(background_of(plan_, frames, block));
    sink.block({b, background});
    for (int k = block.first; k <= block.last; ++k) {
      ReferenceFrame& frame = frames[static_cast<std::size_t>(k)];
      frame.background = background;
      std::vector<FrameProduct> products(1);
      FrameProduct& product = products[0];
      product.sparse.frame = k;
      if (!frame.facts.bad) {
        const std::int32_t offset = frame.facts.offset = offset_of(plan_, frame.pixels, *background);
        const Image<std::uint16_t> counts = denoised_of(plan_, residual_of(plan_, frame.pixels, *background, offset));
        if (plan_.scale.empty()) {
          product.sparse = sparse_of(plan_, k, counts, frame.saturated);
        } else {
          product.sparse = sparse_of(plan_, k, scaled_of(plan_, counts, *background), frame.saturated);
          for (const Run& run : product.sparse.runs) {
            for (int u = run.u_begin; u < run.u_end; ++u) product.counts.push_back(counts(run.v, u));
          }
        }
      }
      product.facts = frame.facts;
      sink.frames(std::move(products));
      progress_.advance(1);
    }
  }
}

}  // namespace dctprep
