// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/measure/photometry.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <tuple>

#include "dctprep/base/image.h"
#include "dctprep/kernels/masked_sums.h"
#include "dctprep/measure/voxel_runs.h"

namespace dctprep {

namespace {

__extension__ using Int128 = __int128;

constexpr std::uint8_t kZoneOutside = 0;

// What one frame adds. Distances are from the low edges of the box.
struct FrameSums {
  float factor = 1;
  std::int64_t count = 0, count_u = 0, count_v = 0, count_uu = 0, count_vv = 0;                // of voxels inside
  std::int64_t residual = 0, residual_u = 0, residual_v = 0;                                   // J' - B - o
  Int128 corrected = 0, corrected_u = 0, corrected_v = 0, corrected_uu = 0, corrected_vv = 0;  // J'
  std::int64_t ring_count = 0, ring_residual = 0, ring_corrected = 0;

  void add(std::int64_t dv, std::int64_t du, std::int64_t value) {
    residual += value;
    residual_u += value * du;
    residual_v += value * dv;
  }
  void add_light(std::int64_t dv, std::int64_t du, std::int64_t value) {
    corrected += value;
    corrected_u += value * du;
    corrected_v += value * dv;
    corrected_uu += Int128{value * du} * du;
    corrected_vv += Int128{value * dv} * dv;
  }
};

// Spans of `spans` (sorted) in rows v0 ... v1-1 of frame k.
std::span<const VoxelSpan> rows_of(const std::vector<VoxelSpan>& spans, int k, int v0, int v1) {
  const auto place = [](const VoxelSpan& span) { return std::tuple(span.frame, span.v); };
  return {std::ranges::lower_bound(spans, std::tuple(k, v0), {}, place),
          std::ranges::lower_bound(spans, std::tuple(k, v1), {}, place)};
}

class SpotPhotometry {
 public:
  SpotPhotometry(std::span<const Voxel> voxels, const PhotometryIsland& island, std::size_t own,
                 const MeasureContext& context, Spot& spot)
      : voxels_(voxels), island_(island), own_(own), context_(context), spot_(spot) {
    const Region outline{spot.u_min, spot.v_min, spot.u_max + 1, spot.v_max + 1};
    reach_ = photometry_reach(outline.height(), outline.width());
    box_ = outline.grown(reach_.ring_end, context.height, context.width);
    const int frames = spot.frame_end - spot.frame_start + 1;
    if (!context.wrap) {
      const Sweep sweep = sweep_of(context, spot.frame_start);
      first_ = std::max(sweep.first, spot.frame_start - kPhotometryFrameMargin);
      last_ = std::min(sweep.last, spot.frame_end + kPhotometryFrameMargin);
    } else {
      // Each frame once, however short the scan is.
      first_ = frames < context.frames ? spot.frame_start - kPhotometryFrameMargin : spot.frame_start;
      last_ = std::min(spot.frame_end + kPhotometryFrameMargin, first_ + context.frames - 1);
    }
    set_zones();
  }

  void sum(const FrameBoxes& frames) {
    FrameBox box;
    for (int frame = first_; frame <= last_; ++frame) {
      FrameSums& sums = sums_.emplace_back();
      const int k = ((frame % context_.frames) + context_.frames) % context_.frames;
      if (!frames.read(k, box_, box)) continue;
      ++good_frames_;
      sums.factor = box.factor;
      set_claims(k, box);
      sum_frame(box, sums);
    }
    // Bad pixels show what their neighbours do.
    for (const Voxel& voxel : voxels_) {
      if (context_.bad_pixels(voxel.v, voxel.u) == 0) continue;
      FrameSums& sums = sums_[static_cast<std::size_t>(voxel.frame - first_)];
      const int dv = voxel.v - box_.v0, du = voxel.u - box_.u0;
      sums.add(dv, du, voxel.value);
      sums.add_light(dv, du, voxel.value);
    }
  }

  void finish();

 private:
  // That a background of the spot's sweep is the median of, where none is bad.
  int background_frames() const {
    const int of_sweep = context_.wrap ? context_.frames : sweep_of(context_, spot_.frame_start).frames();
    return std::min(context_.background_frames, of_sweep);
  }
  // Chessboard distance from the footprint, in two passes over the box.
  void set_zones() {
    const int height = box_.height(), width = box_.width(), far = reach_.ring_end + 1;
    // Rows lie too far apart for the processor to see what comes next.
    for (int v = box_.v0; v < box_.v1; ++v) __builtin_prefetch(context_.bad_pixels.row(v) + box_.u0);
    // With a border of pixels that are far.
    Image<int> padded(height + 2, width + 2, far);
    const auto row_of = [&](int v) { return padded.row(v + 1) + 1; };
    for (const Voxel& voxel : voxels_) row_of(voxel.v - box_.v0)[voxel.u - box_.u0] = 0;
    const auto come_from = [&](int* row, const int* beside) {
      for (int u = 0; u < width; ++u)
        row[u] = std::min(row[u], std::min(std::min(beside[u - 1], beside[u]), beside[u + 1]) + 1);
    };
    for (int v = 0; v < height; ++v) {
      int* row = row_of(v);
      come_from(row, row_of(v - 1));
      for (int u = 0; u < width; ++u) row[u] = std::min(row[u], row[u - 1] + 1);
    }
    for (int v = height - 1; v >= 0; --v) {
      int* row = row_of(v);
      come_from(row, row_of(v + 1));
      for (int u = width - 1; u >= 0; --u) row[u] = std::min(row[u], row[u + 1] + 1);
    }
    zone_.resize(static_cast<std::size_t>(height) * static_cast<std::size_t>(width));
    for (int v = 0; v < height; ++v) {
      const int* distance = row_of(v);
      const std::uint8_t* bad = context_.bad_pixels.row(box_.v0 + v) + box_.u0;
      std::uint8_t* zone = zone_.data() + index(v, 0);
      for (int u = 0; u < width; ++u) {
        const int d = distance[u];
        const bool is_ring = reach_.ring_start <= d && d <= reach_.ring_end;
        zone[u] = bad[u] != 0 ? kZoneOutside : d <= reach_.margin ? kZoneInside : is_ring ? kZoneRing : kZoneOutside;
        if (context_.excluded.contains(box_.v0 + v, box_.u0 + u)) zone[u] = kZoneOutside;
      }
    }
  }

  std::size_t index(int dv, int du) const {
    return static_cast<std::size_t>(dv) * static_cast<std::size_t>(box_.width()) + static_cast<std::size_t>(du);
  }

  // Of what is claimed, the spot may have what is its own, or of its island and no other blob's; of the ring, nothing.
  void set_claims(int k, FrameBox& box) const {
    const auto mark = [&](const std::vector<VoxelSpan>& spans, std::uint8_t value) {
      for (const VoxelSpan& span : rows_of(spans, k, box_.v0, box_.v1)) {
        for (int u = std::max(span.u_begin, box_.u0); u < std::min(span.u_end, box_.u1); ++u) {
          const std::size_t i = index(span.v - box_.v0, u - box_.u0);
          if (zone_[i] == kZoneInside) box.claimed[i] = value;
        }
      }
    };
    mark(island_.spans, 0);
    for (std::size_t other = 0; other < island_.blobs.size(); ++other) {
      if (other != own_) mark(island_.blobs[other], 1);
    }
  }

  void sum_frame(const FrameBox& box, FrameSums& sums) {
    const auto width = static_cast<std::size_t>(box_.width());
    columns_.assign(3 * width, 0);
    const ColumnSums columns{columns_.data(), columns_.data() + width, columns_.data() + 2 * width};
    std::size_t rows = 0;
    ZoneSums ring;
    for (int dv = 0; dv < box_.height(); ++dv) {
      const std::size_t row = static_cast<std::size_t>(dv) * width;
      ZoneSums inside;
      add_zones({box.corrected.data() + row, box.background->row(box_.v0 + dv) + box_.u0, box.offset,
                 zone_.data() + row, box.claimed.data() + row},
                width, inside, ring, columns);
      const std::int64_t v = dv;
      sums.count += inside.count;
      sums.count_v += inside.count * v;
      sums.count_vv += inside.count * v * v;
      sums.residual += inside.residual;
      sums.residual_v += inside.residual * v;
      sums.corrected += inside.corrected;
      sums.corrected_v += inside.corrected * v;
      sums.corrected_vv += Int128{inside.corrected} * (v * v);
      if (++rows == kMostRowsSummed) add_columns(columns, sums), rows = 0;
    }
    add_columns(columns, sums);
    sums.ring_count += ring.count;
    sums.ring_residual += ring.residual;
    sums.ring_corrected += ring.corrected;
  }

  // The moments along u; sets the columns to 0.
  void add_columns(const ColumnSums& columns, FrameSums& sums) {
    for (int i = 0; i < box_.width(); ++i) {
      const std::int64_t u = i, n = columns.count[i], light = columns.corrected[i];
      sums.count_u += n * u;
      sums.count_uu += n * u * u;
      sums.residual_u += columns.residual[i] * u;
      sums.corrected_u += light * u;
      sums.corrected_uu += Int128{light * u} * u;
    }
    std::fill(columns_.begin(), columns_.end(), 0);
  }

  std::span<const Voxel> voxels_;
  const PhotometryIsland& island_;
  const std::size_t own_;
  const MeasureContext& context_;
  Spot& spot_;
  PhotometryReach reach_;
  Region box_;
  int first_ = 0, last_ = 0;
  int good_frames_ = 0;
  std::vector<std::uint8_t> zone_;  // of each pixel of the box
  std::vector<FrameSums> sums_;     // of each frame
  std::vector<std::int32_t> columns_;
};

// Moments about `centre` from those about 0.
double about(double centre, double zeroth, double first, double second) {
  return second - 2 * centre * first + centre * centre * zeroth;
}

void SpotPhotometry::finish() {
  Int128 count = 0, count_u = 0, count_v = 0, count_k = 0, ring = 0;
  Int128 residual = 0, residual_u = 0, residual_v = 0, residual_k = 0, ring_residual = 0;
  for (std::size_t k = 0; k < sums_.size(); ++k) {
    const FrameSums& sums = sums_[k];
    count += sums.count;
    count_u += sums.count_u;
    count_v += sums.count_v;
    count_k += Int128{sums.count} * static_cast<std::int64_t>(k);
    residual += sums.residual;
    residual_u += sums.residual_u;
    residual_v += sums.residual_v;
    residual_k += Int128{sums.residual} * static_cast<std::int64_t>(k);
    ring += sums.ring_count;
    ring_residual += sums.ring_residual;
  }
  // Few pixels in the ring would add more noise than they take bias.
  const bool has_pedestal = 4 * ring >= count && ring > 0;
  const Int128 scale = has_pedestal ? ring : 1, pedestal = has_pedestal ? ring_residual : 0;
  const auto less = [&](Int128 sum, Int128 places) { return sum * scale - pedestal * places; };
  const Int128 net = less(residual, count);
  spot_.intensity = static_cast<double>(net) / static_cast<double>(scale);
  spot_.pedestal = static_cast<double>(pedestal) / static_cast<double>(scale);
  spot_.intensity_volume = static_cast<std::uint32_t>(count);

  const double readout = context_.noise.readout_variance, gain = context_.noise.gain;
  const double n = static_cast<double>(count), m = static_cast<double>(scale);
  // The background's own error is the same in all frames: that of a median, and of its rounding.
  const double frames = good_frames_;
  const double coherent = 1 + frames * (std::numbers::pi / 2) / background_frames();
  const double rounding = frames / 12;
  double variance = 0, ring_variance = 0;
  for (const FrameSums& sums : sums_) {
    const double f = sums.factor;
    variance += f * f * readout * static_cast<double>(sums.count) + f * gain * static_cast<double>(sums.corrected);
    ring_variance +=
        f * f * readout * static_cast<double>(sums.ring_count) + f * gain * static_cast<double>(sums.ring_corrected);
  }
  // Without a pedestal, the offset of each frame is known to a whole count.
  const double pedestal_variance = has_pedestal ? (ring_variance * coherent + rounding * m) / (m * m) : 1.0 / 12;
  spot_.intensity_sigma = std::sqrt(variance * coherent + rounding * n + n * n * pedestal_variance);
  if (spot_.intensity_sigma > 0) spot_.snr = spot_.intensity / spot_.intensity_sigma;
  if (net <= 0) return;

  const auto centroid = [&](std::int64_t low, Int128 first) {
    return static_cast<double>(Int128{low} * net + first) / static_cast<double>(net);
  };
  const Int128 net_u = less(residual_u, count_u), net_v = less(residual_v, count_v), net_k = less(residual_k, count_k);
  spot_.intensity_u = centroid(box_.u0, net_u);
  spot_.intensity_v = centroid(box_.v0, net_v);
  spot_.intensity_frame = centroid(first_, net_k);
  const double u = centroid(0, net_u), v = centroid(0, net_v), k = centroid(0, net_k);
  double variance_u = 0, variance_v = 0, variance_k = 0, places_u = 0, places_v = 0;
  for (std::size_t i = 0; i < sums_.size(); ++i) {
    const FrameSums& sums = sums_[i];
    const double f = sums.factor;
    const auto number = [](auto value) { return static_cast<double>(value); };
    const double in_u = about(u, number(sums.count), number(sums.count_u), number(sums.count_uu));
    const double in_v = about(v, number(sums.count), number(sums.count_v), number(sums.count_vv));
    places_u += in_u;
    places_v += in_v;
    variance_u += f * f * readout * in_u +
                  f * gain * about(u, number(sums.corrected), number(sums.corrected_u), number(sums.corrected_uu));
    variance_v += f * f * readout * in_v +
                  f * gain * about(v, number(sums.corrected), number(sums.corrected_v), number(sums.corrected_vv));
    const double from = number(i) - k;
    variance_k += from * from * (f * f * readout * number(sums.count) + f * gain * number(sums.corrected));
  }
  const auto sigma = [&](double of_light, double centre, Int128 first) {
    const double lever = static_cast<double>(first) - centre * n;
    return std::sqrt(of_light + lever * lever * pedestal_variance) / spot_.intensity;
  };
  spot_.u_sigma = sigma(variance_u * coherent + rounding * places_u, u, count_u);
  spot_.v_sigma = sigma(variance_v * coherent + rounding * places_v, v, count_v);
  spot_.frame_sigma = sigma(variance_k, k, count_k);
}

}  // namespace

PhotometryReach photometry_reach(int height, int width) {
  PhotometryReach reach;
  const int wider = std::max(0, std::max(height, width) / 16 - reach.margin);
  return {reach.margin + wider, reach.ring_start + wider, reach.ring_end + 2 * wider};
}

std::vector<VoxelSpan> spans_of(std::span<const Voxel> voxels, int frames) {
  std::vector<VoxelSpan> spans;
  for (const VoxelRun& run : runs_of(voxels)) spans.push_back({run.frame % frames, run.v, run.u, run.u + run.size});
  return spans;
}

void PhotometryIsland::sort() {
  const auto place = [](const VoxelSpan& span) { return std::tuple(span.frame, span.v); };
  // Those of blobs are in order but for a seam.
  const auto put_in_order = [&](std::vector<VoxelSpan>& some) {
    if (!std::ranges::is_sorted(some, {}, place)) std::ranges::sort(some, {}, place);
  };
  put_in_order(spans);
  for (auto& blob : blobs) put_in_order(blob);
  for (std::size_t i = 0; i < spans.size(); ++i) frames += i == 0 || spans[i].frame != spans[i - 1].frame;
}

void measure_photometry(std::span<const Voxel> voxels, const PhotometryIsland& island, std::size_t own,
                        const MeasureContext& context, const FrameBoxes& frames, Spot& spot) {
  if (island.frames > context.spots.photometry_frames) return;
  SpotPhotometry photometry(voxels, island, own, context, spot);
  photometry.sum(frames);
  photometry.finish();
}

}  // namespace dctprep
