#include "dctprep/estimate/direct_beam.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <optional>
#include <vector>

#include "dctprep/core/rank_median.h"
#include "dctprep/denoise/denoise.h"
#include "dctprep/estimate/bright_regions.h"

namespace dctprep {

namespace {

constexpr int kSteps = 48;             // levels tried
constexpr int kCoarseSide = 512;       // pixels of the image in which regions are looked for
constexpr double kLeastFill = 0.75;    // of the bounding box; a disk fills 0.785, and fails by its sides
constexpr double kLargestShare = 0.6;  // of the detector
constexpr double kLeastSeen = 0.7;     // of the positions along a side

struct Demands {
  double contrast;  // least of inside over outside, above the darkest tenth of the image
  double blur;      // most of an edge, over the shorter side
  double outside;   // most of the pixels outside, as bright as half of the rectangle
};
constexpr Demands kBeamDemands{2, 0.06, 0.01};
// A beam stop stands far before the detector in light of its own, and corners of the detector may be as dark.
constexpr Demands kStopDemands{1.2, 0.2, 0.5};

// The image without single hot pixels.
Image<float> smoothed(ImageView<const std::uint16_t> image, ImageView<const std::uint8_t> bad_pixels) {
  Image<std::uint16_t> median(image.height(), image.width());
  Denoiser({.mode = DenoiseMode::kFull, .radius = 1}, bad_pixels, {}).apply(image, median);
  Image<float> result(image.height(), image.width());
  std::copy(median.pixels().begin(), median.pixels().end(), result.data());
  return result;
}

Image<float> transposed(ImageView<const float> image) {
  Image<float> result(image.width(), image.height());
  for (int v = 0; v < image.height(); ++v) {
    for (int u = 0; u < image.width(); ++u) result(u, v) = image(v, u);
  }
  return result;
}

Image<float> mirrored(ImageView<const float> image) {
  Image<float> result(image.height(), image.width());
  for (int v = 0; v < image.height(); ++v) std::reverse_copy(image.row(v), image.row(v) + image.width(), result.row(v));
  return result;
}

// The image turned so that side `side` (left, top, right, bottom) lies on the left, and a region likewise.
struct Turned {
  Image<float> left, top, right, bottom;
  int height, width;

  explicit Turned(Image<float> image)
      : left(std::move(image)),
        top(transposed(left)),
        right(mirrored(left)),
        bottom(mirrored(top)),
        height(left.height()),
        width(left.width()) {}
  const Image<float>& from(int side) const { return side == 0 ? left : side == 1 ? top : side == 2 ? right : bottom; }
  Region region(const Region& r, int side) const {
    if (side == 0) return r;
    if (side == 1) return {r.v0, r.u0, r.v1, r.u1};
    if (side == 2) return {width - r.u1, r.v0, width - r.u0, r.v1};
    return {height - r.v1, r.u0, height - r.v0, r.u1};
  }
};

float median_of(std::vector<float> values) { return rank_median(values); }

struct EdgeFit {
  BeamEdge edge;
  int position = 0;  // first column inside
};

// Where the profile, from the outside inwards in columns, first reaches `level`: a distance from its first column.
double crossing(const std::vector<float>& inwards, double level) {
  for (std::size_t i = 0; i < inwards.size(); ++i) {
    const auto here = static_cast<double>(inwards[i]);
    if (here < level) continue;
    if (i == 0) return 0;
    const auto before = static_cast<double>(inwards[i - 1]);
    return static_cast<double>(i) - 1 + (level - before) / (here - before);
  }
  return static_cast<double>(inwards.size());
}

// The left side of `box` in `image`: looks `reach` columns to either side of it.
EdgeFit fit_left_edge(const Image<float>& image, const Region& box, int reach) {
  EdgeFit fit;
  fit.position = box.u0;
  const int first = std::max(0, box.u0 - reach);
  const int last = std::min(box.u1, box.u0 + reach);
  const int cut = box.height() / 10;
  std::vector<float> inwards;
  std::vector<float> column;
  for (int u = first; u < last; ++u) {
    column.clear();
    for (int v = box.v0 + cut; v < box.v1 - cut; ++v) column.push_back(image(v, u));
    inwards.push_back(rank_median(column));
  }
  BeamEdge& edge = fit.edge;
  const auto outer = box.u0 - first;
  const auto inner = last - box.u0;
  if (inner < 2) return fit;
  // Upper quartile: a shadow may begin close to the side.
  std::vector<float> plateau(inwards.begin() + outer, inwards.end());
  std::nth_element(plateau.begin(), plateau.end() - 1 - inner / 4, plateau.end());
  edge.inside = static_cast<double>(*(plateau.end() - 1 - inner / 4));
  if (outer < 2) {
    fit.position = 0;
    edge.outside = static_cast<double>(inwards.front());
    return fit;
  }
  edge.on_detector = true;
  edge.outside = static_cast<double>(median_of({inwards.begin(), inwards.begin() + std::max(1, outer / 2)}));
  const double step = edge.inside - edge.outside;
  if (step <= 0) return fit;
  const double half = crossing(inwards, edge.outside + 0.5 * step);
  fit.position = std::min(first + static_cast<int>(std::ceil(half)), image.width() - 1);
  // From the quarters, as the tails belong to glow and shadow; 90 % to 10 % of a Gaussian blur is 1.9 times as wide.
  edge.blur = 1.9 * (crossing(inwards, edge.outside + 0.75 * step) - crossing(inwards, edge.outside + 0.25 * step));
  const int away = 1 + static_cast<int>(std::ceil(edge.blur / 2));
  int seen = 0;
  for (int v = box.v0; v < box.v1; ++v) {
    const int inside = std::min(fit.position + away, image.width() - 1);
    const int outside = std::max(fit.position - 1 - away, 0);
    seen += static_cast<double>(image(v, inside)) - static_cast<double>(image(v, outside)) >= 0.05 * step;
  }
  edge.seen = static_cast<double>(seen) / box.height();
  return fit;
}

// Moves all sides of `box` to where the image steps, and measures them.
Region fit_edges(const Turned& image, const Region& box, int reach, std::array<BeamEdge, 4>& edges) {
  std::array<int, 4> position{};
  for (int side = 0; side < 4; ++side) {
    const EdgeFit fit = fit_left_edge(image.from(side), image.region(box, side), reach);
    edges[static_cast<std::size_t>(side)] = fit.edge;
    position[static_cast<std::size_t>(side)] = fit.position;
  }
  return {position[0], position[1], image.width - position[2], image.height - position[3]};
}

double median_inside(const Image<float>& image, const Region& region) {
  std::vector<float> values;
  for (int v = region.v0; v < region.v1; ++v)
    values.insert(values.end(), image.row(v) + region.u0, image.row(v) + region.u1);
  return values.empty() ? 0 : static_cast<double>(rank_median(values));
}

// Share of the pixels outside `box` that are at least `level`.
double share_outside(const Image<float>& image, const Region& box, double level) {
  std::uint64_t bright = 0;
  std::uint64_t all = 0;
  for (int v = 0; v < image.height(); ++v) {
    for (int u = 0; u < image.width(); ++u) {
      if (box.contains(v, u)) continue;
      ++all;
      bright += static_cast<double>(image(v, u)) >= level;
    }
  }
  return all == 0 ? 1 : static_cast<double>(bright) / static_cast<double>(all);
}

// How many of the four corners, 5 % of the sides away from them, are at least `level`: none of a disk's are.
int bright_corners(const Image<float>& image, const Region& box, double level) {
  const int dv = std::max(1, box.height() / 20);
  const int du = std::max(1, box.width() / 20);
  int bright = 0;
  for (const int v : {box.v0 + dv, box.v1 - 1 - dv}) {
    for (const int u : {box.u0 + du, box.u1 - 1 - du}) bright += static_cast<double>(image(v, u)) >= level;
  }
  return bright;
}

// What keeps a fitted rectangle from being a direct beam; "" where nothing does.
std::string objection(const Image<float>& image, const DirectBeam& beam, double darkest, const Demands& demands) {
  const Region& box = beam.region;
  const int smallest = std::max(6, std::min(image.height(), image.width()) / 100);
  if (box.width() < smallest || box.height() < smallest) return "it is too small";
  const double share = static_cast<double>(box.width()) * box.height() / static_cast<double>(image.size());
  if (share > kLargestShare) return "it covers most of the detector";
  const double dim = beam.surround + 0.25 * (beam.level - beam.surround);
  int sides = 0;
  double weakest = 1e30;
  double least_ratio = 1e30;
  for (const BeamEdge& edge : beam.edges) {
    if (!edge.on_detector) {
      // Cut by the detector's border, where it must be as bright as elsewhere.
      if (edge.outside < dim) return "it fades towards the border of the detector";
      continue;
    }
    ++sides;
    if (edge.inside <= edge.outside) return "it is not brighter than what lies beside it";
    weakest = std::min(weakest, (edge.inside - darkest) / std::max(edge.outside - darkest, 1e-6));
    least_ratio = std::min(least_ratio, edge.inside / std::max(edge.outside, 1e-6));
    if (edge.seen < kLeastSeen)
      return fmt::format("one side is seen along {:.0f} % of its length only", 100 * edge.seen);
    const int side = std::min(box.width(), box.height());
    if (edge.blur > std::min(std::max(6.0, demands.blur * side), 0.25 * side))
      return fmt::format("one side is not sharp: it falls off over {:.0f} pixels", edge.blur);
  }
  if (bright_corners(image, box, dim) < 3) return "its corners are dark";
  if (sides < 2) return "it has fewer than two sides on the detector";
  if (weakest < demands.contrast || least_ratio < (sides < 4 ? 3.0 : 1.2))
    return fmt::format("it is only {:.2g} times as bright as what lies beside it", least_ratio);
  const int grown = 2 + static_cast<int>(std::ceil(2 * beam.blur));
  const double outside =
      share_outside(image, box.grown(grown, image.height(), image.width()), 0.5 * (beam.level + beam.surround));
  if (outside > demands.outside) return fmt::format("{:.1f} % of the rest of the detector is as bright", 100 * outside);
  return "";
}

// Median of the pixels between `box` grown by `near` and by `far`.
double median_around(const Image<float>& image, const Region& box, int near, int far) {
  const Region hole = box.grown(near, image.height(), image.width());
  const Region outer = box.grown(far, image.height(), image.width());
  std::vector<float> values;
  for (int v = outer.v0; v < outer.v1; ++v) {
    for (int u = outer.u0; u < outer.u1; ++u) {
      if (!hole.contains(v, u)) values.push_back(image(v, u));
    }
  }
  return values.empty() ? 0 : static_cast<double>(rank_median(values));
}

DirectBeam fit_rectangle(const Turned& image, Region box, int coarse_factor) {
  DirectBeam beam;
  const int reach = std::clamp(std::min(box.width(), box.height()) / 4, 4, 24) + 2 * coarse_factor;
  box = fit_edges(image, box, reach, beam.edges);
  if (!box.empty()) box = fit_edges(image, box, std::clamp(std::min(box.width(), box.height()) / 4, 4, 12), beam.edges);
  if (box.empty()) return beam;
  beam.region = box;
  for (const BeamEdge& edge : beam.edges) beam.blur = std::max(beam.blur, edge.blur);
  const int near = 2 + static_cast<int>(std::ceil(beam.blur));
  beam.level = median_inside(image.left, box);
  beam.surround = median_around(image.left, box, near, near + 6);
  return beam;
}

// The largest rectangle without objection, or none; `nearest` says of the largest other candidate what was wrong.
std::optional<DirectBeam> find_rectangle(const Turned& image, const Demands& demands, std::string& nearest) {
  const int factor = std::max(1, (std::max(image.height, image.width) + kCoarseSide - 1) / kCoarseSide);
  const Image<float> coarse = block_means(image.left, factor);
  std::vector<float> sorted(coarse.pixels().begin(), coarse.pixels().end());
  std::nth_element(sorted.begin(), sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 10), sorted.end());
  const auto darkest = static_cast<double>(sorted[sorted.size() / 10]);
  std::optional<DirectBeam> best;
  Region before;
  std::int64_t nearest_area = 0;
  for (const BrightRegion& candidate : largest_bright_regions(coarse, kSteps)) {
    if (candidate.fill < kLeastFill || candidate.box == before) continue;
    before = candidate.box;
    const Region box{candidate.box.u0 * factor, candidate.box.v0 * factor,
                     std::min(image.width, candidate.box.u1 * factor),
                     std::min(image.height, candidate.box.v1 * factor)};
    DirectBeam beam = fit_rectangle(image, box, factor);
    if (beam.region.empty()) continue;
    const std::int64_t area = std::int64_t{beam.region.width()} * beam.region.height();
    const std::string problem = objection(image.left, beam, darkest, demands);
    if (problem.empty()) {
      if (!best || area > std::int64_t{best->region.width()} * best->region.height()) best = std::move(beam);
    } else if (area > nearest_area && area < static_cast<std::int64_t>(image.left.size()) / 2) {
      nearest_area = area;
      nearest = fmt::format("the brightest region, columns {} to {} and rows {} to {}, is no direct beam: {}",
                            beam.region.u0, beam.region.u1, beam.region.v0, beam.region.v1, problem);
    }
  }
  return best;
}

}  // namespace

DirectBeam find_direct_beam(ImageView<const std::uint16_t> image, ImageView<const std::uint8_t> bad_pixels) {
  DirectBeam none;
  none.why = "the detector is too small to tell";
  if (image.height() < 8 || image.width() < 8) return none;
  Image<float> smooth = smoothed(image, bad_pixels);
  std::string nearest;
  if (std::optional<DirectBeam> beam = find_rectangle(Turned(smooth.clone()), kBeamDemands, nearest)) {
    beam->why = fmt::format("a rectangle of {:.0f} counts where {:.0f} are beside it, with edges {:.1f} pixels wide",
                            beam->level, beam->surround, beam->blur);
    return *beam;
  }
  none.why = nearest.empty() ? "no bright rectangle stands out" : nearest;
  // The same, upside down: a beam stop.
  std::vector<float> sorted(smooth.pixels().begin(), smooth.pixels().end());
  const auto high = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() - 1 - sorted.size() / 100);
  std::nth_element(sorted.begin(), high, sorted.end());
  for (float& pixel : smooth.pixels()) pixel = std::max(0.0f, *high - pixel);
  std::string ignored;
  if (const std::optional<DirectBeam> stop = find_rectangle(Turned(std::move(smooth)), kStopDemands, ignored))
    none.dark_rectangle = stop->region;
  return none;
}

}  // namespace dctprep
