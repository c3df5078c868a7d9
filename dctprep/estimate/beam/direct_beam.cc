// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/estimate/beam/direct_beam.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <numeric>
#include <optional>
#include <vector>

#include "dctprep/core/rank_median.h"
#include "dctprep/denoise/denoise.h"
#include "dctprep/estimate/beam/bright_regions.h"
#include "dctprep/estimate/beam/judge_rectangle.h"
#include "dctprep/estimate/ranked.h"

namespace dctprep {

namespace {

constexpr int kSteps = 48;            // levels tried
constexpr int kCoarseSide = 512;      // pixels of the image in which regions are looked for
constexpr int kCoarser = 4;           // and once more in one that is so much smaller
constexpr int kLeastCoarseSide = 32;  // if that leaves so many pixels
constexpr int kMostFits = 32;
constexpr double kLeastFill = 0.75;  // of the bounding box; a disk fills 0.785, and fails by its sides

// The image without single hot pixels.
Image<float> smoothed(ImageView<const std::uint16_t> image, ImageView<const std::uint8_t> bad_pixels) {
  Image<std::uint16_t> median(image.height(), image.width());
  Denoiser({.mode = DenoiseMode::kFull, .radius = 1}, bad_pixels, {}).apply(image, median);
  Image<float> result(image.height(), image.width());
  std::copy(median.pixels().begin(), median.pixels().end(), result.data());
  return result;
}

std::string text(const Region& r) { return fmt::format("[{}, {}, {}, {}]", r.u0, r.v0, r.u1, r.v1); }

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
    inwards.push_back(middle_mean(column, 3));
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

int near_reach(const Region& box) { return std::clamp(std::min(box.width(), box.height()) / 4, 4, 12); }

// Until it stays where it is: a side that one fit saw at the end of its reach is not yet there.
Region settle_edges(const Turned& image, Region box, std::array<BeamEdge, 4>& edges) {
  for (int i = 0; i < kMostFits && !box.empty(); ++i) {
    const Region before = box;
    box = fit_edges(image, box, near_reach(box), edges);
    if (box == before) break;
  }
  return box;
}

DirectBeam fit_rectangle(const Turned& image, Region box, int coarse_factor) {
  DirectBeam beam;
  const int reach = std::clamp(std::min(box.width(), box.height()) / 4, 4, 24) + 2 * coarse_factor;
  box = settle_edges(image, fit_edges(image, box, reach, beam.edges), beam.edges);
  if (box.empty()) return beam;
  beam.region = box;
  for (const BeamEdge& edge : beam.edges) beam.blur = std::max(beam.blur, edge.blur);
  const int near = 2 + static_cast<int>(std::ceil(beam.blur));
  beam.level = median_inside(image.left, box);
  beam.middle = median_inside(image.left, {box.u0 + box.width() / 4, box.v0 + box.height() / 4,
                                           box.u1 - box.width() / 4, box.v1 - box.height() / 4});
  beam.surround = median_around(image.left, box, near, near + 6);
  return beam;
}

// The image at one coarseness, in which candidates are looked for.
struct Coarse {
  Image<float> image;
  int factor;
};

double darkest_tenth(ImageView<const float> image) {
  std::vector<float> sorted(image.pixels().begin(), image.pixels().end());
  const auto tenth = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 10);
  std::nth_element(sorted.begin(), tenth, sorted.end());
  return static_cast<double>(*tenth);
}

struct Judged {
  DirectBeam beam;
  Verdict verdict{0, ""};

  bool is_accepted() const { return verdict.score >= kAccepted; }
  std::int64_t area() const { return std::int64_t{beam.region.width()} * beam.region.height(); }
};

// Of the rectangles that are accepted and about as large as the largest of them, the one that most levels led to, and
// of equals the one of highest score: smaller ones are parts of the beam.
std::optional<Judged> best_of(const std::vector<Judged>& accepted) {
  std::int64_t largest = 0;
  for (const Judged& one : accepted) largest = std::max(largest, one.area());
  std::optional<Judged> best;
  std::ptrdiff_t most = 0;
  for (const Judged& one : accepted) {
    if (10 * one.area() < 9 * largest) continue;
    const auto votes =
        std::ranges::count_if(accepted, [&](const Judged& other) { return other.beam.region == one.beam.region; });
    if (votes > most || (votes == most && one.verdict.score > best->verdict.score)) best = one, most = votes;
  }
  return best;
}

struct Found {
  std::optional<Judged> accepted;
  Judged rival;  // of those that are not accepted the one of highest score; its region is empty where there is none
  Judged whole;  // the same of those that hold the accepted one and a third more
};

bool holds(const Region& outer, const Region& inner) {
  constexpr int kOff = 2;
  return outer.u0 <= inner.u0 + kOff && outer.v0 <= inner.v0 + kOff && outer.u1 >= inner.u1 - kOff &&
         outer.v1 >= inner.v1 - kOff;
}

void keep_higher(Judged& kept, const Judged& one) {
  if (one.verdict.score > kept.verdict.score || (one.verdict.score == kept.verdict.score && one.area() > kept.area()))
    kept = one;
}

Found find_rectangle(const Turned& image, const Demands& demands, bool enclosed = false) {
  const int side = std::max(image.height, image.width);
  const int factor = std::max(1, (side + kCoarseSide - 1) / kCoarseSide);
  Found found;
  std::vector<Judged> all;
  double darkest = 0;
  // The coarser one shows what noise breaks up in the finer one.
  for (const int coarser : {1, kCoarser}) {
    if (coarser > 1 && side < kCoarser * kLeastCoarseSide) continue;
    const int by = factor * coarser;
    const Image<float> coarse = block_means(image.left, by);
    if (coarser == 1) darkest = darkest_tenth(coarse);
    Region before;
    for (const BrightRegion& candidate : largest_bright_regions(coarse, kSteps, enclosed)) {
      if (candidate.fill < kLeastFill || candidate.box == before) continue;
      before = candidate.box;
      const Region box{candidate.box.u0 * by, candidate.box.v0 * by, std::min(image.width, candidate.box.u1 * by),
                       std::min(image.height, candidate.box.v1 * by)};
      DirectBeam beam = fit_rectangle(image, box, by);
      if (beam.region.empty()) continue;
      const auto same = std::ranges::find(all, beam.region, [](const Judged& known) { return known.beam.region; });
      if (same != all.end()) {
        all.push_back(*same);
        continue;
      }
      Judged one{std::move(beam), {}};
      one.verdict = judge_rectangle(image.left, one.beam, darkest, demands);
      all.push_back(std::move(one));
    }
  }
  std::vector<Judged> accepted;
  std::ranges::copy_if(all, std::back_inserter(accepted), [](const Judged& one) { return one.is_accepted(); });
  found.accepted = best_of(accepted);
  for (const Judged& one : all) {
    if (one.is_accepted()) continue;
    keep_higher(found.rival, one);
    if (found.accepted && 3 * one.area() > 4 * found.accepted->area() &&
        holds(one.beam.region, found.accepted->beam.region))
      keep_higher(found.whole, one);
  }
  return found;
}

}  // namespace

DirectBeam find_direct_beam(ImageView<const std::uint16_t> image, ImageView<const std::uint8_t> bad_pixels) {
  DirectBeam none;
  none.why = "the detector is too small to tell";
  if (image.height() < 8 || image.width() < 8) return none;
  Image<float> smooth = smoothed(image, bad_pixels);
  const Found found = find_rectangle(Turned(smooth.clone()), kBeamDemands);
  if (found.accepted) {
    DirectBeam beam = found.accepted->beam;
    beam.confidence = found.accepted->verdict.score;
    beam.doubt = found.accepted->verdict.weakness;
    if (const double alone = credit(found.whole.verdict.score, 0.75, 0.5, 0.25); alone < beam.confidence) {
      beam.confidence = alone;
      beam.doubt = fmt::format("it may be a part of {}, which was not taken because {}", text(found.whole.beam.region),
                               found.whole.verdict.weakness);
    }
    beam.why = fmt::format("a rectangle of {:.0f} counts where {:.0f} are beside it, with edges {:.1f} pixels wide",
                           beam.level, beam.surround, beam.blur);
    return beam;
  }
  none.rival = found.rival.beam.region;
  none.confidence = 1 - found.rival.verdict.score;
  none.why = none.rival.empty() ? "no bright rectangle stands out"
                                : fmt::format("the likeliest rectangle, {}, is none: {}", text(none.rival),
                                              found.rival.verdict.weakness);
  // The same, upside down: a beam stop.
  std::vector<float> sorted(smooth.pixels().begin(), smooth.pixels().end());
  const auto high = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() - 1 - sorted.size() / 100);
  std::nth_element(sorted.begin(), high, sorted.end());
  for (float& pixel : smooth.pixels()) pixel = std::max(0.0f, *high - pixel);
  const Turned turned(std::move(smooth));
  Found stop = find_rectangle(turned, kStopDemands);
  // Where light falls round the stop alone, the dark is no less dark further out.
  if (!stop.accepted) stop = find_rectangle(turned, kRimmedStopDemands, true);
  if (stop.accepted) none.dark_rectangle = stop.accepted->beam.region;
  return none;
}

Region refit_direct_beam(ImageView<const std::uint16_t> image, ImageView<const std::uint8_t> bad_pixels,
                         const Region& region) {
  constexpr int kRound = 48;
  const Region around = region.grown(kRound, image.height(), image.width());
  if (region.empty() || std::min(around.width(), around.height()) < 8) return {};
  const auto crop = [&](const auto& whole) { return whole.crop(around.v0, around.v1, around.u0, around.u1); };
  // The denoiser works on whole images.
  Image<std::uint16_t> part(around.height(), around.width());
  Image<std::uint8_t> bad(around.height(), around.width());
  for (int v = 0; v < around.height(); ++v) {
    std::copy_n(crop(image).row(v), around.width(), part.row(v));
    std::copy_n(crop(bad_pixels).row(v), around.width(), bad.row(v));
  }
  std::array<BeamEdge, 4> edges;
  const Region inside{region.u0 - around.u0, region.v0 - around.v0, region.u1 - around.u0, region.v1 - around.v0};
  const Region found = settle_edges(Turned(smoothed(part, bad)), inside, edges);
  if (found.empty()) return {};
  return {found.u0 + around.u0, found.v0 + around.v0, found.u1 + around.u0, found.v1 + around.v0};
}

}  // namespace dctprep
