// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/simulate/spots.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "dctprep/simulate/predict.h"
#include "dctprep/simulate/resolve.h"

namespace dctprep {

namespace {

// How far into the body a ray has got where it meets a plane, over the detector: a + b u + c v, in mm.
struct Crossing {
  double a = 0, b = 0, c = 0;
};

// The shadow of a convex body, cast along `d` on the detector: for each plane where rays enter or leave it.
struct Projector {
  Projector(const SimulateOptions& o, const SpotPart& part) {
    const double pixel = o.pixel_um * 1e-3;
    const Vec3 d = part.direction;
    const Vec3 middle = rotate_z(part.omega, part.block->centroid);
    // Rays are counted from the plane across d through the block's middle, so that little is lost by rounding.
    const double t0 = (o.distance_mm.value() - middle.x) / d.x;
    const Vec3 hit = middle + t0 * d;
    hit_u = middle_u(o) - hit.y / pixel;
    hit_v = middle_v(o) - hit.z / pixel;
    for (const Polyhedron::Face& face : part.block->shape.faces) {
      const Vec3 n = rotate_z(part.omega, face.plane.normal);
      double slope = dot(n, d);
      if (std::abs(slope) < 1e-9) slope = slope < 0 ? -1e-9 : 1e-9;
      // The ray through detector point hit + (0, -du pixel, -dv pixel) is at t d from there, t counted from -t0.
      const double offset = face.plane.offset - dot(n, middle);
      (slope > 0 ? leave : enter).push_back({offset / slope, n.y * pixel / slope, n.z * pixel / slope});
      for (const Vec3& corner : face.corners) {
        const Vec3 r = rotate_z(part.omega, corner);
        const double t = (o.distance_mm.value() - r.x) / d.x;
        const double u = middle_u(o) - (r.y + t * d.y) / pixel, v = middle_v(o) - (r.z + t * d.z) / pixel;
        u_low = std::min(u_low, u), u_high = std::max(u_high, u);
        v_low = std::min(v_low, v), v_high = std::max(v_high, v);
      }
    }
  }

  // Adds the path length in the body of the rays through (v, u0 + i * du), i = 0 ... n - 1.
  void add_row(double v, double u0, double du, std::span<double> inner, std::span<double> outer, float* row,
               int every) {
    std::ranges::fill(inner, -std::numeric_limits<double>::max());
    std::ranges::fill(outer, std::numeric_limits<double>::max());
    for (const Crossing& c : enter) {
      const double start = c.a + c.b * (u0 - hit_u) + c.c * (v - hit_v);
      const double slope = c.b * du;
      for (std::size_t i = 0; i < inner.size(); ++i)
        inner[i] = std::max(inner[i], start + slope * static_cast<double>(i));
    }
    for (const Crossing& c : leave) {
      const double start = c.a + c.b * (u0 - hit_u) + c.c * (v - hit_v);
      const double slope = c.b * du;
      for (std::size_t i = 0; i < outer.size(); ++i)
        outer[i] = std::min(outer[i], start + slope * static_cast<double>(i));
    }
    for (std::size_t i = 0; i < inner.size(); ++i) {
      const double length = outer[i] - inner[i];
      if (length > 0) row[i / static_cast<std::size_t>(every)] += static_cast<float>(length);
    }
  }

  std::vector<Crossing> enter, leave;
  double hit_u = 0, hit_v = 0;
  double u_low = 1e300, u_high = -1e300, v_low = 1e300, v_high = -1e300;
};

void blur(Image<float>& image, double sigma) {
  if (sigma <= 0) return;
  const int reach = std::max(1, static_cast<int>(std::ceil(4 * sigma)));
  std::vector<float> kernel;
  float sum = 0;
  for (int i = -reach; i <= reach; ++i) {
    kernel.push_back(static_cast<float>(std::exp(-0.5 * i * i / (sigma * sigma))));
    sum += kernel.back();
  }
  for (float& weight : kernel) weight /= sum;
  const int height = image.height(), width = image.width();
  Image<float> across(height, width, 0.0f);
  for (int v = 0; v < height; ++v) {
    for (int i = -reach; i <= reach; ++i) {
      const float weight = kernel[static_cast<std::size_t>(i + reach)];
      for (int u = std::max(0, -i); u < std::min(width, width - i); ++u) across(v, u) += weight * image(v, u + i);
    }
  }
  image.fill(0);
  for (int v = 0; v < height; ++v) {
    for (int i = std::max(-reach, -v); i <= std::min(reach, height - 1 - v); ++i) {
      const float weight = kernel[static_cast<std::size_t>(i + reach)];
      for (int u = 0; u < width; ++u) image(v, u) += weight * across(v + i, u);
    }
  }
}

}  // namespace

Footprint::Footprint(const SimulateOptions& options, const PredictedSpot& spot) : options_(options), spot_(spot) {
  for (const SpotPart& part : spot.parts) {
    Part drawn = draw(part);
    if (!drawn.image.empty()) parts_.push_back(std::move(drawn));
  }
}

Footprint::Part Footprint::draw(const SpotPart& part) const {
  Part drawn{&part, {}, {}, false};
  Projector projector(options_, part);
  const int margin = static_cast<int>(std::ceil(4 * options_.psf)) + 1;
  const double across = projector.u_high - projector.u_low, along = projector.v_high - projector.v_low;
  // Narrow shapes are sampled several times a pixel; a shape seen at a glancing angle, without end, is none.
  if (!(std::max(across, along) < 4.0 * std::max(options_.width, options_.height) + 100)) return drawn;
  const int sub = std::clamp(static_cast<int>(std::ceil(100 / std::max(1.0, std::min(across, along)))), 2, 8);
  const Region whole{static_cast<int>(std::floor(projector.u_low)) - margin,
                     static_cast<int>(std::floor(projector.v_low)) - margin,
                     static_cast<int>(std::ceil(projector.u_high)) + margin + 1,
                     static_cast<int>(std::ceil(projector.v_high)) + margin + 1};
  const Region box{std::max(0, whole.u0), std::max(0, whole.v0), std::min(options_.width, whole.u1),
                   std::min(options_.height, whole.v1)};
  if (box.empty()) return drawn;
  Image<float> image(whole.height(), whole.width(), 0.0f);
  std::vector<double> inner(static_cast<std::size_t>(whole.width() * sub)), outer(inner.size());
  const double first = 0.5 / sub - 0.5;
  for (int v = 0; v < whole.height(); ++v) {
    for (int s = 0; s < sub; ++s) {
      projector.add_row(whole.v0 + v + first + static_cast<double>(s) / sub, whole.u0 + first, 1.0 / sub, inner, outer,
                        image.row(v), sub);
    }
  }
  double sum = 0;
  for (const float value : image.pixels()) sum += value;
  if (!(sum > 0)) return drawn;
  blur(image, options_.psf);
  drawn.box = box;
  drawn.cut = !(box == whole);
  drawn.image = Image<float>(box.height(), box.width());
  for (int v = 0; v < box.height(); ++v) {
    const float* from = image.row(box.v0 - whole.v0 + v) + (box.u0 - whole.u0);
    for (int u = 0; u < box.width(); ++u) drawn.image(v, u) = static_cast<float>(from[u] / sum);
  }
  return drawn;
}

void Footprint::add(int frame, float factor, ImageView<float> photons) const {
  for (const Part& part : parts_) {
    const auto level = static_cast<float>(part.spot->share(frame) * part.spot->photons * factor);
    if (!(level > 0)) continue;
    for (int v = 0; v < part.box.height(); ++v) {
      const float* from = part.image.row(v);
      float* to = photons.row(part.box.v0 + v) + part.box.u0;
      for (int u = 0; u < part.box.width(); ++u) to[u] += level * from[u];
    }
  }
}

Image<std::uint8_t> Footprint::mask(std::span<const int> frames, float level, const Region& region) const {
  Image<std::uint8_t> covered(region.height(), region.width(), std::uint8_t{0});
  Image<float> layer(region.height(), region.width());
  for (const int frame : frames) {
    layer.fill(0);
    for (const Part& part : parts_) {
      const auto photons = static_cast<float>(part.spot->share(frame) * part.spot->photons);
      for (int v = std::max(region.v0, part.box.v0); v < std::min(region.v1, part.box.v1); ++v) {
        for (int u = std::max(region.u0, part.box.u0); u < std::min(region.u1, part.box.u1); ++u) {
          layer(v - region.v0, u - region.u0) += photons * part.image(v - part.box.v0, u - part.box.u0);
        }
      }
    }
    for (std::size_t i = 0; i < layer.size(); ++i) covered.data()[i] |= layer.data()[i] >= level;
  }
  return covered;
}

TruthSpot Footprint::describe(const Prediction& prediction, const std::vector<float>& beam_factor,
                              const Illumination& light, const Detector& detector) const {
  const Reflection& reflection = prediction.reflections[static_cast<std::size_t>(spot_.reflection)];
  TruthSpot row;
  row.grain = spot_.grain;
  row.h = reflection.h, row.k = reflection.k, row.l = reflection.l;
  row.omega_deg = spot_.omega / kDegree;
  row.two_theta_deg = spot_.two_theta / kDegree;
  row.eta_deg = spot_.eta / kDegree;
  if (parts_.empty()) return row;
  Region box = parts_[0].box;
  for (const Part& part : parts_) {
    box = {std::min(box.u0, part.box.u0), std::min(box.v0, part.box.v0), std::max(box.u1, part.box.u1),
           std::max(box.v1, part.box.v1)};
    if (part.cut) row.flags |= kTruthBorder;
  }
  if (std::abs(std::sin(spot_.eta)) < 0.05) row.flags |= kTruthGrazing;

  // Calls visit(frame, v, u, expected counts) for every voxel of the spot's box.
  Image<float> layer(box.height(), box.width());
  const auto gain = static_cast<float>(options_.gain);
  const auto visit_voxels = [&](const auto& visit) {
    for (int frame = spot_.first; frame <= spot_.last; ++frame) {
      layer.fill(0);
      // The layer is a window on the detector: add() writes only within the boxes of the parts.
      for (const Part& part : parts_) {
        const auto level = static_cast<float>(part.spot->share(frame) * part.spot->photons) * gain;
        for (int v = 0; v < part.box.height(); ++v) {
          float* to = layer.row(part.box.v0 - box.v0 + v) + (part.box.u0 - box.u0);
          for (int u = 0; u < part.box.width(); ++u) to[u] += level * part.image(v, u);
        }
      }
      for (int v = 0; v < layer.height(); ++v) {
        for (int u = 0; u < layer.width(); ++u) visit(frame, box.v0 + v, box.u0 + u, layer(v, u));
      }
    }
  };

  double sum_frame = 0, sum_frame2 = 0, sum_u = 0, sum_v = 0;
  int peak_v = 0, peak_u = 0;
  visit_voxels([&](int frame, int v, int u, float counts) {
    const double from_first = frame - spot_.first;
    row.intensity += counts;
    row.intensity_recorded += counts * beam_factor[static_cast<std::size_t>(frame) % beam_factor.size()];
    sum_frame += counts * from_first;
    sum_frame2 += counts * from_first * from_first;
    sum_u += counts * static_cast<double>(u - box.u0);
    sum_v += counts * static_cast<double>(v - box.v0);
    if (counts > row.peak) row.peak = counts, peak_v = v, peak_u = u;
  });
  if (!(row.intensity > 0)) {
    row.intensity = 0;
    return row;
  }
  row.frame = spot_.first + sum_frame / row.intensity;
  row.sigma_frame =
      std::sqrt(std::max(0.0, sum_frame2 / row.intensity - (sum_frame / row.intensity) * (sum_frame / row.intensity)));
  row.u = box.u0 + sum_u / row.intensity;
  row.v = box.v0 + sum_v / row.intensity;
  row.noise = detector.noise(light.photons_at(peak_v, peak_u));
  row.snr = row.peak / row.noise;
  // What a segmentation can hope to find: not below 2 % of the peak, nor far into the noise.
  row.level = std::min(std::max(0.02 * row.peak, 0.5 * row.noise), 0.5 * row.peak);
  if (options_.offset + options_.gain * light.photons_at(peak_v, peak_u) + row.peak >= options_.full_well)
    row.flags |= kTruthSaturated;

  row.frame_start = row.u_min = row.v_min = std::numeric_limits<std::int32_t>::max();
  row.frame_end = row.u_max = row.v_max = std::numeric_limits<std::int32_t>::min();
  const Region beam = beam_region(options_);
  Image<std::uint8_t> covered(box.height(), box.width(), std::uint8_t{0});
  visit_voxels([&](int frame, int v, int u, float counts) {
    if (counts < row.level) return;
    ++row.volume;
    covered(v - box.v0, u - box.u0) = 1;
    row.frame_start = std::min(row.frame_start, frame), row.frame_end = std::max(row.frame_end, frame);
    row.u_min = std::min(row.u_min, u), row.u_max = std::max(row.u_max, u);
    row.v_min = std::min(row.v_min, v), row.v_max = std::max(row.v_max, v);
    if (beam.contains(v, u)) row.flags |= kTruthInBeam;
  });
  for (const std::uint8_t pixel : covered.pixels()) row.area += pixel;
  const bool at_end = row.frame_start == 0 || row.frame_end == options_.frames.value() - 1;
  if (spot_.truncated && at_end) row.flags |= kTruthTruncated;
  return row;
}

bool footprints_touch(const Footprint& a, const TruthSpot& row_a, const Footprint& b, const TruthSpot& row_b, int frame,
                      const SimulateOptions& options) {
  const Region common{std::max(row_a.u_min, row_b.u_min) - 1, std::max(row_a.v_min, row_b.v_min) - 1,
                      std::min(row_a.u_max, row_b.u_max) + 2, std::min(row_a.v_max, row_b.v_max) + 2};
  if (common.width() < 2 || common.height() < 2) return false;
  const int seam = options.frames.value();
  const auto mask = [&](const Footprint& spot, const TruthSpot& row) {
    std::vector<int> frames;
    for (const int k : {frame, frame + 1, frame + seam, frame + 1 + seam, frame + 1 - seam}) {
      if (k >= row.frame_start && k <= row.frame_end) frames.push_back(k);
    }
    return spot.mask(frames, static_cast<float>(row.level / options.gain), common);
  };
  const Image<std::uint8_t> mask_a = mask(a, row_a), mask_b = mask(b, row_b);
  for (int v = 0; v < common.height(); ++v) {
    for (int u = 0; u < common.width(); ++u) {
      if (mask_a(v, u) == 0) continue;
      for (int y = std::max(0, v - 1); y < std::min(common.height(), v + 2); ++y) {
        for (int x = std::max(0, u - 1); x < std::min(common.width(), u + 2); ++x) {
          if (mask_b(y, x) != 0) return true;
        }
      }
    }
  }
  return false;
}

}  // namespace dctprep
