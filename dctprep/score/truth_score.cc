// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/score/truth_score.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace dctprep {

namespace {

constexpr std::array kBinEdges{0.0, 1.0, 2.0, 3.0, 5.0, 10.0, 30.0, 100.0};

double ratio(std::int64_t part, std::int64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

// Of ascending values.
double quantile(const std::vector<double>& sorted, double share) {
  const double at = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(at);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (at - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

bool is_hidden(const TruthSpot& spot, const Region& excluded) {
  return !excluded.empty() && excluded.u0 - 0.5 <= spot.u && spot.u <= excluded.u1 - 0.5 &&
         excluded.v0 - 0.5 <= spot.v && spot.v <= excluded.v1 - 0.5;
}

std::vector<RecallBin> empty_bins() {
  std::vector<RecallBin> bins;
  for (std::size_t i = 0; i < kBinEdges.size(); ++i) {
    const bool last = i + 1 == kBinEdges.size();
    bins.push_back({.low = kBinEdges[i], .high = last ? std::numeric_limits<double>::infinity() : kBinEdges[i + 1]});
  }
  return bins;
}

// What the pairs of counted true spots say of centroids and integrals.
class Comparison {
 public:
  void add(const Spot& found, const TruthSpot& truth, int turn, bool recorded) {
    u_.push_back(found.u - truth.u);
    v_.push_back(found.v - truth.v);
    frame_.push_back(found.frame - truth.frame - turn);
    const double intensity = recorded ? truth.intensity_recorded : truth.intensity;
    if (intensity > 0) integral_.push_back(static_cast<double>(found.integral) / intensity);
    if (!std::isfinite(found.intensity_sigma) || !std::isfinite(found.frame_sigma)) return;
    const double du = found.intensity_u - truth.u, dv = found.intensity_v - truth.v;
    const double dframe = found.intensity_frame - truth.frame - turn;
    photometry_.push_back({du, dv, dframe, du / found.u_sigma, dv / found.v_sigma, dframe / found.frame_sigma});
    if (!(intensity > 0)) return;
    intensity_.push_back(found.intensity / intensity);
    intensity_pull_.push_back((found.intensity - intensity) / found.intensity_sigma);
    if (truth.snr >= kStrongSnr) strong_.push_back(found.intensity / intensity);
  }
  Agreement agreement() const {
    const auto column = [&](double Photometry::*member) {
      std::vector<double> values;
      for (const Photometry& row : photometry_) values.push_back(row.*member);
      return spread_of(values);
    };
    return {.u = spread_of(u_),
            .v = spread_of(v_),
            .frame = spread_of(frame_),
            .integral = spread_of(integral_),
            .intensity_u = column(&Photometry::u),
            .intensity_v = column(&Photometry::v),
            .intensity_frame = column(&Photometry::frame),
            .intensity = spread_of(intensity_),
            .strong_intensity = spread_of(strong_),
            .intensity_pull = spread_of(intensity_pull_),
            .u_pull = column(&Photometry::u_pull),
            .v_pull = column(&Photometry::v_pull),
            .frame_pull = column(&Photometry::frame_pull)};
  }

 private:
  struct Photometry {
    double u, v, frame, u_pull, v_pull, frame_pull;
  };
  std::vector<double> u_, v_, frame_, integral_, intensity_, strong_, intensity_pull_;
  std::vector<Photometry> photometry_;
};

enum class Counting { kHidden, kWeak, kCounted };

void count_true(TruthScore& score, const TruthSpot& spot, Counting counting, bool paired) {
  if (counting == Counting::kHidden) {
    ++score.hidden;
    return;
  }
  const bool isolated = spot.flags == 0;
  auto bin = score.bins.begin();
  while (bin + 1 != score.bins.end() && spot.snr >= bin->high) ++bin;
  ++bin->spots;
  bin->paired += paired;
  bin->isolated += isolated;
  bin->isolated_paired += isolated && paired;
  if (counting == Counting::kWeak) {
    ++score.weak;
    return;
  }
  ++score.counted;
  score.paired += paired;
  score.isolated += isolated;
  score.isolated_paired += isolated && paired;
}

// How many of `first` (-1: none) name each of `size` spots; only those that `counts`.
template <class Counts>
std::vector<int> named(const std::vector<int>& first, std::size_t size, Counts&& counts) {
  std::vector<int> times(size, 0);
  for (std::size_t i = 0; i < first.size(); ++i) {
    if (first[i] >= 0 && counts(i)) ++times[static_cast<std::size_t>(first[i])];
  }
  return times;
}

}  // namespace

Spread spread_of(std::vector<double> values) {
  Spread spread{.count = static_cast<std::int64_t>(values.size())};
  if (values.empty()) return spread;
  std::ranges::sort(values);
  spread.tenth = quantile(values, 0.1);
  spread.quarter = quantile(values, 0.25);
  spread.median = quantile(values, 0.5);
  spread.three_quarters = quantile(values, 0.75);
  spread.nine_tenths = quantile(values, 0.9);
  spread.width = (quantile(values, 0.841345) - quantile(values, 0.158655)) / 2;
  for (double& value : values) value = std::abs(value);
  std::ranges::sort(values);
  spread.largest_of_half = quantile(values, 0.5);
  spread.largest_of_nine_tenths = quantile(values, 0.9);
  return spread;
}

SpotBox box_of(const TruthSpot& spot) {
  return {spot.frame_start, spot.frame_end, spot.v_min, spot.v_max, spot.u_min, spot.u_max, spot.frame, spot.v, spot.u};
}

TruthScore score_truth(std::span<const Spot> found, const TruthFile& truth, const SpotMatches& matches,
                       const TruthScoreOptions& options) {
  TruthScore score{.found = static_cast<std::int64_t>(found.size()),
                   .truth = static_cast<std::int64_t>(truth.spots.size()),
                   .bins = empty_bins()};
  std::vector<Counting> counting;
  for (std::size_t t = 0; t < truth.spots.size(); ++t) {
    const TruthSpot& spot = truth.spots[t];
    counting.push_back(is_hidden(spot, options.excluded) ? Counting::kHidden
                       : spot.snr < options.min_snr      ? Counting::kWeak
                                                         : Counting::kCounted);
    count_true(score, spot, counting.back(), matches.found_of[t] >= 0);
  }
  const auto counts = [&](std::size_t t) { return counting[t] == Counting::kCounted; };

  Comparison all, isolated;
  for (const SpotLink& pair : matches.pairs) {
    const auto t = static_cast<std::size_t>(pair.truth);
    if (!counts(t)) {
      ++score.paired_aside;
      continue;
    }
    const Spot& spot = found[static_cast<std::size_t>(pair.found)];
    all.add(spot, truth.spots[t], pair.turn, options.recorded);
    if (truth.spots[t].flags == 0) isolated.add(spot, truth.spots[t], pair.turn, options.recorded);
  }
  score.all = all.agreement();
  score.isolated_agreement = isolated.agreement();

  for (std::size_t f = 0; f < found.size(); ++f) {
    if (matches.true_of[f] >= 0) continue;
    ++(matches.first_true[f] >= 0 ? score.explained : score.spurious);
  }
  const auto pieces = named(matches.first_true, truth.spots.size(), [](std::size_t) { return true; });
  for (std::size_t t = 0; t < pieces.size(); ++t) score.splits += counts(t) && pieces[t] > 1;
  const auto parts = named(matches.first_found, found.size(), counts);
  score.merges = std::ranges::count_if(parts, [](int n) { return n > 1; });

  score.recall = ratio(score.paired, score.counted);
  score.isolated_recall = ratio(score.isolated_paired, score.isolated);
  const std::int64_t judged = score.found - score.paired_aside;
  score.precision = ratio(score.paired, judged);
  score.f1 = ratio(2 * score.paired, judged + score.counted);
  return score;
}

}  // namespace dctprep
