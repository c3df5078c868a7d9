// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/score/match.h"

#include <algorithm>
#include <tuple>

namespace dctprep {

namespace {

double span_of(int low, int high) { return static_cast<double>(high) - low + 1; }

double shared(int a_low, int a_high, int b_low, int b_high) {
  return std::max(0.0, span_of(std::max(a_low, b_low), std::min(a_high, b_high)));
}

double volume(const SpotBox& a) {
  return span_of(a.frame_min, a.frame_max) * span_of(a.v_min, a.v_max) * span_of(a.u_min, a.u_max);
}

SpotBox turned(SpotBox a, int frames) {
  a.frame_min += frames, a.frame_max += frames, a.frame += frames;
  return a;
}

bool holds(const SpotBox& box, const SpotBox& centre) {
  const auto in = [](int low, double x, int high) { return low - 0.5 <= x && x <= high + 0.5; };
  return in(box.frame_min, centre.frame, box.frame_max) && in(box.v_min, centre.v, box.v_max) &&
         in(box.u_min, centre.u, box.u_max);
}

// 0 where they do not cover each other.
double overlap_of(const SpotBox& a, const SpotBox& b) {
  const double both = shared(a.frame_min, a.frame_max, b.frame_min, b.frame_max) *
                      shared(a.v_min, a.v_max, b.v_min, b.v_max) * shared(a.u_min, a.u_max, b.u_min, b.u_max);
  if (both == 0 || !(holds(a, b) || holds(b, a))) return 0;
  return both / (volume(a) + volume(b) - both);
}

// True spots by first frame; a found one looks only at those that can reach it.
std::vector<SpotLink> find_links(std::span<const SpotBox> found, std::span<const SpotBox> truth, int period) {
  std::vector<int> order(truth.size());
  int longest = 0;  // frames from first to last
  for (std::size_t i = 0; i < truth.size(); ++i) {
    order[i] = static_cast<int>(i);
    longest = std::max(longest, truth[i].frame_max - truth[i].frame_min);
  }
  const auto start = [&](int i) { return truth[static_cast<std::size_t>(i)].frame_min; };
  std::ranges::sort(order, {}, [&](int i) { return std::pair(start(i), i); });
  std::vector<int> turns{0};
  if (period > 0) turns = {-period, 0, period};
  std::vector<SpotLink> links;
  for (std::size_t f = 0; f < found.size(); ++f) {
    const std::size_t first_link = links.size();
    for (const int turn : turns) {
      auto at = std::ranges::lower_bound(order, found[f].frame_min - turn - longest, {}, start);
      for (; at != order.end() && start(*at) <= found[f].frame_max - turn; ++at) {
        const double overlap = overlap_of(found[f], turned(truth[static_cast<std::size_t>(*at)], turn));
        if (overlap > 0) links.push_back({static_cast<int>(f), *at, overlap, turn});
      }
    }
    // A spot longer than a turn meets another twice: the better meeting counts.
    const auto mine = std::span(links).subspan(first_link);
    std::ranges::sort(mine, {}, [](const SpotLink& l) { return std::tuple(l.truth, -l.overlap, l.turn); });
    const auto doubled = std::ranges::unique(mine, {}, &SpotLink::truth);
    links.resize(links.size() - doubled.size());
  }
  return links;
}

}  // namespace

SpotBox box_of(const Spot& spot) {
  return {spot.frame_start, spot.frame_end, spot.v_min, spot.v_max, spot.u_min, spot.u_max, spot.frame, spot.v, spot.u};
}

SpotMatches match_spots(std::span<const SpotBox> found, std::span<const SpotBox> truth, int period) {
  SpotMatches matches;
  matches.links = find_links(found, truth, period);
  matches.found_of.assign(truth.size(), -1);
  matches.first_found.assign(truth.size(), -1);
  matches.true_of.assign(found.size(), -1);
  matches.first_true.assign(found.size(), -1);
  std::vector<SpotLink> strongest_first = matches.links;
  std::ranges::sort(strongest_first, {}, [](const SpotLink& l) { return std::tuple(-l.overlap, l.truth, l.found); });
  for (const SpotLink& link : strongest_first) {
    const auto f = static_cast<std::size_t>(link.found), t = static_cast<std::size_t>(link.truth);
    if (matches.first_true[f] < 0) matches.first_true[f] = link.truth;
    if (matches.first_found[t] < 0) matches.first_found[t] = link.found;
    if (matches.true_of[f] >= 0 || matches.found_of[t] >= 0) continue;
    matches.true_of[f] = link.truth;
    matches.found_of[t] = link.found;
    matches.pairs.push_back(link);
  }
  std::ranges::sort(matches.pairs, {}, &SpotLink::truth);
  return matches;
}

}  // namespace dctprep
