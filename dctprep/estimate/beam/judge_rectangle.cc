// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/estimate/beam/judge_rectangle.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

namespace dctprep {

namespace {

constexpr double kLargestShare = 0.6;  // of the detector
constexpr double kLeastSeen = 0.7;     // of the positions along a side

// Share of the pixels outside `box` that are at least `level`.
double share_outside(ImageView<const float> image, const Region& box, double level) {
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

// How many of the four corners, 5 % of the sides away from them and more in narrow boxes, which may be tilted by 2
// degrees, are at least `level`: none of a disk's are.
int bright_corners(ImageView<const float> image, const Region& box, double level) {
  if (box.empty()) return 0;
  // A side of one or two pixels has no place further inwards.
  const auto inwards = [](int along, int across) {
    const int wanted = std::clamp(static_cast<int>(0.035 * across), std::max(1, along / 20), std::max(1, along / 6));
    return std::min(wanted, (along - 1) / 2);
  };
  const int dv = inwards(box.height(), box.width());
  const int du = inwards(box.width(), box.height());
  int bright = 0;
  for (const int v : {box.v0 + dv, box.v1 - 1 - dv}) {
    for (const int u : {box.u0 + du, box.u1 - 1 - du}) bright += static_cast<double>(image(v, u)) >= level;
  }
  return bright;
}

// Keeps the lowest credit.
class Judge {
 public:
  void add(double credit, std::string weakness) {
    if (credit >= verdict_.score) return;
    verdict_ = {credit, std::move(weakness)};
  }
  const Verdict& verdict() const { return verdict_; }

 private:
  Verdict verdict_;
};

void judge_size(Judge& judge, ImageView<const float> image, const Region& box) {
  const double smallest = std::max(6, std::min(image.height(), image.width()) / 100);
  judge.add(credit(std::min(box.width(), box.height()), 0, smallest, 2 * smallest),
            fmt::format("it is small, {} x {} pixels", box.width(), box.height()));
  const double share = static_cast<double>(box.width()) * box.height() / static_cast<double>(image.size());
  judge.add(credit(share, 0.9, kLargestShare, 0.4), fmt::format("it covers {:.0f} % of the detector", 100 * share));
}

void judge_sides(Judge& judge, const DirectBeam& beam, double darkest, const Demands& demands) {
  const double dim = beam.surround + 0.25 * (beam.level - beam.surround);
  const int side = std::min(beam.region.width(), beam.region.height());
  const double sharp = std::min(std::max(8.0, demands.blur * side), 0.4 * side);
  int sides = 0;
  double least_step = 1e30;
  double contrast = 1e30;
  double ratio = 1e30;
  for (const BeamEdge& edge : beam.edges) {
    if (!edge.on_detector) {
      // Cut by the detector's border, where it must be as bright as elsewhere.
      judge.add(credit(edge.outside - beam.surround, 0, dim - beam.surround, 2 * (dim - beam.surround)),
                "it fades towards the border of the detector");
      continue;
    }
    ++sides;
    least_step = std::min(least_step, edge.inside - beam.surround);
    if (edge.inside <= edge.outside) judge.add(0, "it is not brighter than what lies beside it");
    contrast = std::min(contrast, (edge.inside - darkest) / std::max(edge.outside - darkest, 1e-6));
    ratio = std::min(ratio, edge.inside / std::max(edge.outside, 1e-6));
    judge.add(credit(edge.seen, 0.4, kLeastSeen, 0.9),
              fmt::format("one side is seen along {:.0f} % of its length only", 100 * edge.seen));
    judge.add(credit(edge.blur, 2 * sharp, sharp, sharp / 2),
              fmt::format("one side is not sharp: it falls off over {:.0f} pixels", edge.blur));
  }
  // The rim of a beam stop is dark inside; behind a strongly absorbing sample some light is left.
  if (sides > 0 && least_step > 0)
    judge.add(credit((beam.middle - beam.surround) / least_step, -0.15, -0.02, 0.05), "its middle is dark");
  constexpr double kBySides[]{0, 0.25, 0.65, 0.85, 1};
  judge.add(kBySides[sides], fmt::format("it has {} side{} on the detector", sides, sides == 1 ? "" : "s"));
  const double least_ratio = sides == 4 ? 1.2 : sides == 3 ? 1.6 : 3;
  judge.add(std::min(credit(contrast, 1, demands.contrast, 2 * demands.contrast - 1),
                     credit(ratio, 1, least_ratio, 2 * least_ratio - 1)),
            fmt::format("it is only {:.2g} times as bright as what lies beside it", ratio));
}

}  // namespace

double credit(double x, double hopeless, double limit, double clear) {
  const bool better = (x >= limit) == (clear > limit);
  const double from = better ? limit : hopeless;
  const double to = better ? clear : limit;
  const double along = to == from ? 1 : (x - from) / (to - from);
  return 0.5 * std::clamp(along, 0.0, 1.0) + (better ? 0.5 : 0);
}

Verdict judge_rectangle(ImageView<const float> image, const DirectBeam& beam, double darkest, const Demands& demands) {
  Judge judge;
  judge_size(judge, image, beam.region);
  judge_sides(judge, beam, darkest, demands);
  const double dim = beam.surround + 0.25 * (beam.level - beam.surround);
  constexpr double kByCorners[]{0, 0.1, 0.3, 0.6, 1};
  const int corners = bright_corners(image, beam.region, dim);
  judge.add(kByCorners[corners], fmt::format("{} of its corners are dark", 4 - corners));
  const int grown = 2 + static_cast<int>(std::ceil(2 * beam.blur));
  const double outside =
      share_outside(image, beam.region.grown(grown, image.height(), image.width()), 0.5 * (beam.level + beam.surround));
  judge.add(credit(outside, std::min(1.0, 4 * demands.outside), demands.outside, demands.outside / 4),
            fmt::format("{:.2g} % of the rest of the detector is as bright", 100 * outside));
  return judge.verdict();
}

}  // namespace dctprep
