// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/score/friedel.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <tuple>
#include <utility>

#include "dctprep/core/omega.h"

namespace dctprep {

namespace {

constexpr double kHalfTurn = 180;
// No two of them make up a turn: those would find the same pairs, seen from the other end.
constexpr std::array kChanceOffsets{101.0, 127.0, 149.0, 163.0, 205.0, 223.0};
// Moments of spots of few pixels and frames scatter: below this many pixels or frames they count as equal.
constexpr double kLeastSigma = 0.3;
// The first guess of the mirror plane is off by some rows: it must not cut away the pairs at one end.
constexpr double kFirstGuessSlack = 1.5;
// The sample fills the illuminated height, so the boxes of all pairs reach from one end of it to the other. This share
// of them at each end may be wrong.
constexpr double kEdgeShare = 0.05;

struct Candidate {
  double angle = 0;  // degrees, 0 <= angle < 360
  double u = 0, v = 0;
  int spot = 0;
};

// The spots in cells of angle and u, so that those near a place are found without looking at all of an angle. Within a
// cell by v.
class CandidateGrid {
 public:
  CandidateGrid() = default;
  // Cells of about `angle_side` x `u_side` over a turn and 0 <= u < width; what lies beside is in the outermost.
  CandidateGrid(std::vector<Candidate> candidates, double angle_side, double u_side, int width)
      : columns_(std::clamp(static_cast<int>(width / u_side), 1, kMostColumns)),
        u_side_(std::max(1.0, static_cast<double>(width) / columns_)) {
    if (candidates.empty()) return;
    // No more cells than there are spots, nearly.
    const auto most = static_cast<int>(std::clamp<std::size_t>(candidates.size(), 1, 4096));
    angles_ = std::clamp(static_cast<int>(360 / angle_side), 1, most);
    const auto cell_of = [&](const Candidate& c) { return cell(row_of(c.angle), column_of(c.u)); };
    std::ranges::sort(candidates, {}, [&](const Candidate& c) { return std::tuple(cell_of(c), c.v, c.spot); });
    begin_.assign(static_cast<std::size_t>(angles_) * static_cast<std::size_t>(columns_) + 1, 0);
    for (const Candidate& c : candidates) ++begin_[cell_of(c) + 1];
    for (std::size_t i = 1; i < begin_.size(); ++i) begin_[i] += begin_[i - 1];
    candidates_ = std::move(candidates);
  }

  // Calls visit(candidate) for each with from <= angle <= to and v_low <= v <= v_high, and for all of u +- du.
  template <class Visitor>
  void visit(double from, double to, double u, double du, double v_low, double v_high, Visitor&& visit) const {
    if (candidates_.empty() || to < 0 || from >= 360) return;
    const int first = column_of(u - du), last = column_of(u + du);
    for (int row = row_of(from); row <= row_of(to); ++row) {
      for (int column = first; column <= last; ++column) {
        const std::size_t i = cell(row, column);
        const auto end = candidates_.begin() + begin_[i + 1];
        auto at = std::lower_bound(candidates_.begin() + begin_[i], end, v_low,
                                   [](const Candidate& c, double v) { return c.v < v; });
        for (; at != end && at->v <= v_high; ++at) {
          if (from <= at->angle && at->angle <= to) visit(*at);
        }
      }
    }
  }

 private:
  static constexpr int kMostColumns = 64;

  int row_of(double angle) const {
    return static_cast<int>(std::clamp(angle, 0.0, 359.999) / 360 * static_cast<double>(angles_));
  }
  int column_of(double u) const {
    return static_cast<int>(std::clamp(u / u_side_, 0.0, static_cast<double>(columns_ - 1)));
  }
  std::size_t cell(int row, int column) const {
    return static_cast<std::size_t>(row) * static_cast<std::size_t>(columns_) + static_cast<std::size_t>(column);
  }

  std::vector<Candidate> candidates_;
  std::vector<std::ptrdiff_t> begin_;
  int angles_ = 1, columns_ = 1;
  double u_side_ = 1;
};

// Where v of a second spot lies, as of one of v, so that the middle of both is within `reach` of `row`. A little wider:
// what lies there is judged exactly.
struct RowRange {
  double low = -std::numeric_limits<double>::infinity(), high = std::numeric_limits<double>::infinity();
};
RowRange mirrored(double v, double row, double reach) { return {2 * (row - reach) - v - 1, 2 * (row + reach) - v + 1}; }

// What is compared, of each spot.
struct Features {
  double omega = 0, u = 0, v = 0, sigma_frame = 0;
  std::array<double, 5> logs{};  // integral, sigma_u, sigma_v, sigma_frame, area
  double correlation = 0;
  bool sound = false;
};

double turn_of(double degrees) {
  const double rest = std::fmod(degrees, 360);
  const double angle = rest < 0 ? rest + 360 : rest;
  return angle < 360 ? angle : 0;
}

Features features_of(const Spot& spot) {
  const auto log_sigma = [](double sigma) { return std::log(std::max(sigma, kLeastSigma)); };
  Features f{.omega = spot.omega, .u = spot.u, .v = spot.v, .sigma_frame = spot.sigma_frame};
  f.logs = {std::log(std::max(1.0, static_cast<double>(spot.integral))), log_sigma(spot.sigma_u),
            log_sigma(spot.sigma_v), log_sigma(spot.sigma_frame), std::log(std::max(1.0, 1.0 * spot.area))};
  f.correlation = spot.cov_uv / std::max(spot.sigma_u * spot.sigma_v, kLeastSigma * kLeastSigma);
  f.sound = std::isfinite(f.omega) && std::isfinite(f.u) && std::isfinite(f.v) && std::isfinite(f.correlation) &&
            std::isfinite(spot.sigma_u) && std::isfinite(spot.sigma_v) && std::isfinite(f.sigma_frame);
  return f;
}

// std::remainder(x, 360), exactly but for the sign of 180; most of what is paired is near.
double nearest_turn(double x) {
  if (!(std::abs(x) < 1000)) return std::remainder(x, 360);
  while (x > 180) x -= 360;  // exact: the result has no finer bits than x
  while (x < -180) x += 360;
  return x;
}

double term(double difference, double scale) {
  const double x = difference / scale;
  return std::min(x * x, kWorstTerm);
}

class Search {
 public:
  Search(std::span<const Spot> spots, const FriedelScene& scene, const FriedelOptions& options)
      : spots_(spots), scene_(scene), options_(options) {
    const auto [low, high] = std::minmax_element(scene.omega.begin(), scene.omega.end());
    step_ = scene.omega.size() < 2 ? 1 : std::max(1e-9, (*high - *low) / static_cast<double>(scene.omega.size() - 1));
    first_angle_ = *low - step_ / 2;
    last_angle_ = *high + step_ / 2;
    std::vector<Candidate> candidates;
    for (std::size_t i = 0; i < spots.size(); ++i) {
      features_.push_back(features_of(spots[i]));
      const Features& f = features_[i];
      if (f.sound) candidates.push_back({turn_of(f.omega), f.u, f.v, static_cast<int>(i)});
    }
    max_du_ = options.max_du > 0      ? options.max_du
              : !scene.sample.empty() ? scene.sample.width()
              : !scene.beam.empty()   ? scene.beam.width()
                                      : scene.width / 4.0;
    max_dv_ = options.max_dv > 0   ? options.max_dv
              : scene.beam.empty() ? scene.height / 8.0
                                   : 0.55 * scene.beam.height();
    grid_ = CandidateGrid(std::move(candidates), std::max(step_, 0.1), std::max(max_du_ / 2, 1.0), scene.width);
  }

  double max_du() const { return max_du_; }
  double max_dv() const { return max_dv_; }

  // Calls visit(i, j, distance) for each two spots that lie `offset` degrees apart, i before j, and are alike; of those
  // whose v is beyond rows_of(v of i), none need be visited.
  template <class RowsOf, class Visitor>
  void visit_alike(double offset, RowsOf&& rows_of, Visitor&& visit) const {
    for (std::size_t i = 0; i < features_.size(); ++i) {
      const Features& f = features_[i];
      if (!f.sound) continue;
      const double reach = std::min(180.0, kOmegaGate * omega_scale(f.sigma_frame, f.sigma_frame));
      const double from = turn_of(f.omega + offset) - reach;
      const RowRange rows = rows_of(f.v);
      for (const double turn : {-360.0, 0.0, 360.0}) {
        grid_.visit(from + turn, from + turn + 2 * reach, f.u, max_du_, rows.low, rows.high, [&](const Candidate& c) {
          if (static_cast<int>(i) == c.spot || std::abs(f.u - c.u) > max_du_) return;
          const double d = distance(f, features_[static_cast<std::size_t>(c.spot)], offset);
          if (d <= options_.max_distance) visit(static_cast<int>(i), c.spot, d);
        });
      }
    }
  }

  // Of each spot, the one `offset` degrees further on that is nearest to it and that it is nearest to.
  std::vector<int> mutual_best(double offset, double mirror_v, double max_dv) const {
    struct Best {
      double distance = std::numeric_limits<double>::infinity();
      int spot = -1;
      void offer(double d, int other) {
        if (std::pair(d, other) < std::pair(distance, spot)) distance = d, spot = other;
      }
    };
    std::vector<Best> ahead(features_.size()), behind(features_.size());
    const auto rows_of = [&](double v) { return mirrored(v, mirror_v, max_dv); };
    visit_alike(offset, rows_of, [&](int i, int j, double d) {
      if (!(std::abs(middle_row(i, j) - mirror_v) <= max_dv)) return;
      ahead[static_cast<std::size_t>(i)].offer(d, j);
      behind[static_cast<std::size_t>(j)].offer(d, i);
    });
    std::vector<int> mate(features_.size(), -1);
    for (std::size_t i = 0; i < mate.size(); ++i) {
      const int j = ahead[i].spot;
      if (j >= 0 && behind[static_cast<std::size_t>(j)].spot == static_cast<int>(i)) mate[i] = j;
    }
    return mate;
  }

  double guess_mirror() const;
  double refine_mirror(const std::vector<int>& mate, double mirror_v) const;

  // Whether a mate `offset` degrees further on can be in the table.
  bool is_eligible(std::size_t i, double offset, double mirror_v) const {
    const Features& f = features_[i];
    if (!f.sound) return false;
    const double angle = first_angle_ + turn_of(f.omega + offset - first_angle_);
    if (angle > last_angle_) return false;
    const double v = 2 * mirror_v - f.v;
    if (!(v >= -0.5 && v <= scene_.height - 0.5)) return false;
    const auto row = static_cast<int>(std::lround(v)),
               column = static_cast<int>(std::lround(std::clamp(f.u, -1e6, 1e6)));
    return !scene_.excluded.contains(row, column);
  }

  MateShare share_of(const std::vector<int>& mate, double offset, double mirror_v) const {
    MateShare share{.offset = offset};
    for (std::size_t i = 0; i < mate.size(); ++i) {
      if (!is_eligible(i, offset, mirror_v)) continue;
      ++share.eligible;
      share.paired += mate[i] >= 0;
    }
    return share;
  }

 private:
  double middle_row(int i, int j) const {
    return (features_[static_cast<std::size_t>(i)].v + features_[static_cast<std::size_t>(j)].v) / 2;
  }
  // In degrees.
  double omega_scale(double sigma_a, double sigma_b) const {
    return step_ * std::max(options_.omega_steps, std::min(sigma_a, sigma_b) / 4);
  }
  // Where it is more than max_distance, any such number.
  double distance(const Features& a, const Features& b, double offset) const {
    const double deviation = nearest_turn(b.omega - a.omega - offset);
    const double scale = omega_scale(a.sigma_frame, b.sigma_frame);
    if (!(std::abs(deviation) <= kOmegaGate * scale)) return std::numeric_limits<double>::infinity();
    double sum = term(deviation, scale) + term(a.correlation + b.correlation, options_.correlation);
    const std::array scales{options_.integral, options_.sigma, options_.sigma, options_.sigma, options_.area};
    for (std::size_t i = 0; i < scales.size() && sum <= options_.max_distance; ++i)
      sum += term(a.logs[i] - b.logs[i], scales[i]);
    return sum;
  }

  std::span<const Spot> spots_;
  const FriedelScene& scene_;
  const FriedelOptions& options_;
  double step_ = 1, first_angle_ = 0, last_angle_ = 0, max_du_ = 0, max_dv_ = 0;
  std::vector<Features> features_;
  CandidateGrid grid_;
};

// The middle of the rows where more alike spots lie half a turn apart than at other angles.
double Search::guess_mirror() const {
  const auto rows = static_cast<std::size_t>(scene_.height);
  std::vector<double> excess(rows, 0);
  const auto count = [&](double offset, double weight) {
    visit_alike(
        offset, [](double) { return RowRange{}; },
        [&](int i, int j, double) {
          const double row = std::round(middle_row(i, j));
          if (row >= 0 && row < scene_.height) excess[static_cast<std::size_t>(row)] += weight;
        });
  };
  // A whole number of counts, so that sums are exact.
  count(kHalfTurn, static_cast<double>(kChanceOffsets.size()));
  for (const double offset : kChanceOffsets) count(offset, -1);
  std::vector<double> sum(rows + 1, 0);
  for (std::size_t v = 0; v < rows; ++v) sum[v + 1] = sum[v] + excess[v];
  const auto reach = static_cast<std::size_t>(std::clamp(max_dv_, 0.0, 1.0 * scene_.height));
  double best = -std::numeric_limits<double>::infinity(), first = 0, last = 0;
  for (std::size_t v = 0; v < rows; ++v) {
    const double inside = sum[std::min(rows, v + reach + 1)] - sum[v - std::min(v, reach)];
    if (inside > best) best = inside, first = static_cast<double>(v);
    if (inside == best) last = static_cast<double>(v);
  }
  return (first + last) / 2;
}

double Search::refine_mirror(const std::vector<int>& mate, double mirror_v) const {
  std::vector<double> tops, bottoms;
  for (std::size_t i = 0; i < mate.size(); ++i) {
    if (mate[i] < 0) continue;
    const Spot &a = spots_[i], &b = spots_[static_cast<std::size_t>(mate[i])];
    tops.push_back((a.v_min + b.v_min) / 2.0);
    bottoms.push_back((a.v_max + b.v_max) / 2.0);
  }
  if (tops.empty()) return mirror_v;
  const auto aside = static_cast<std::ptrdiff_t>(kEdgeShare * static_cast<double>(tops.size()));
  std::ranges::nth_element(tops, tops.begin() + aside);
  std::ranges::nth_element(bottoms, bottoms.end() - 1 - aside);
  return (tops[static_cast<std::size_t>(aside)] + *(bottoms.end() - 1 - aside)) / 2;
}

}  // namespace

FriedelPairs find_friedel_pairs(std::span<const Spot> spots, const FriedelScene& scene, const FriedelOptions& options) {
  const std::string why_none = !is_known(scene.omega) ? "omega is unknown"
                               : steady_sweeps(scene.omega).size() > 1
                                   ? "omega makes several sweeps; score a result of one of them"
                                   : "";
  if (!why_none.empty()) {
    return {.mate = std::vector<int>(spots.size(), -1),
            .mirror_v = std::numeric_limits<double>::quiet_NaN(),
            .why_none = why_none,
            .share = {},
            .chance = {}};
  }
  const Search search(spots, scene, options);
  FriedelPairs pairs;
  pairs.max_du = search.max_du();
  pairs.max_dv = search.max_dv();
  pairs.mirror_v = search.guess_mirror();
  const auto first = search.mutual_best(kHalfTurn, pairs.mirror_v, kFirstGuessSlack * search.max_dv());
  pairs.mirror_v = search.refine_mirror(first, pairs.mirror_v);
  pairs.mate = search.mutual_best(kHalfTurn, pairs.mirror_v, search.max_dv());
  // A pair needs both to see each other: the turn from j on to i may round to the other side of the gate.
  for (std::size_t i = 0; i < pairs.mate.size(); ++i) {
    const int j = pairs.mate[i];
    if (j >= 0 && pairs.mate[static_cast<std::size_t>(j)] != static_cast<int>(i)) pairs.mate[i] = -1;
  }
  pairs.share = search.share_of(pairs.mate, kHalfTurn, pairs.mirror_v);
  MateShare all;
  for (const double offset : kChanceOffsets) {
    const auto mate = search.mutual_best(offset, pairs.mirror_v, search.max_dv());
    pairs.chance.push_back(search.share_of(mate, offset, pairs.mirror_v));
    all.eligible += pairs.chance.back().eligible;
    all.paired += pairs.chance.back().paired;
  }
  pairs.chance_share = all.share();
  if (std::ranges::all_of(pairs.mate, [](int j) { return j < 0; })) {
    pairs.mirror_v = std::numeric_limits<double>::quiet_NaN();
  }
  return pairs;
}

}  // namespace dctprep
