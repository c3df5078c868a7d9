// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/score/friedel.h"

#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>
#include <limits>
#include <random>

#include "dctprep/score/truth_file.h"
#include "dctprep/simulate/simulate.h"
#include "dctprep/testing/testing.h"

namespace dctprep {
namespace {

constexpr int kSide = 400;

FriedelScene full_turn() {
  FriedelScene scene{.height = kSide, .width = kSide, .beam = {150, 160, 250, 240}, .sample = {160, 160, 240, 240}};
  for (int k = 0; k < 720; ++k) scene.omega.push_back(10 + 0.5 * k);
  return scene;
}

class Dice {
 public:
  explicit Dice(unsigned seed) : random_(seed) {}
  double between(double low, double high) { return std::uniform_real_distribution(low, high)(random_); }

 private:
  std::mt19937 random_;
};

Spot spot_at(double omega, double u, double v, Dice& dice) {
  Spot spot{.u = u, .v = v, .omega = omega};
  spot.integral = static_cast<std::uint64_t>(std::exp(dice.between(5, 12)));
  spot.area = static_cast<std::uint32_t>(dice.between(5, 400));
  spot.sigma_u = dice.between(0.1, 9);
  spot.sigma_v = dice.between(0.1, 9);
  spot.sigma_frame = dice.between(0, 3);
  spot.cov_uv = dice.between(-0.9, 0.9) * spot.sigma_u * spot.sigma_v;
  spot.u_min = static_cast<int>(u) - 5, spot.u_max = static_cast<int>(u) + 5;
  spot.v_min = static_cast<int>(v) - 5, spot.v_max = static_cast<int>(v) + 5;
  return spot;
}

// `pairs` planted pairs about `mirror`, then as many spots without a mate. Spots 2 i and 2 i + 1 are mates.
std::vector<Spot> planted(int pairs, double mirror, unsigned seed) {
  Dice dice(seed);
  std::vector<Spot> spots;
  for (int i = 0; i < pairs; ++i) {
    const double half = dice.between(20, 150), height = dice.between(-36, 36);
    Spot a = spot_at(dice.between(10, 370), dice.between(50, kSide - 50), mirror + height + half, dice);
    Spot b = a;
    b.omega = a.omega + (a.omega < 190 ? 180 : -180) + dice.between(-0.1, 0.1);
    b.u = a.u + dice.between(-70, 70);
    b.v = mirror + height - half;
    b.v_min = static_cast<int>(b.v) - 5, b.v_max = static_cast<int>(b.v) + 5;
    b.cov_uv = -a.cov_uv;
    b.integral = static_cast<std::uint64_t>(static_cast<double>(a.integral) * dice.between(0.8, 1.25));
    spots.push_back(a);
    spots.push_back(b);
  }
  for (int i = 0; i < 2 * pairs; ++i) {
    spots.push_back(spot_at(dice.between(10, 370), dice.between(0, kSide), dice.between(0, kSide), dice));
  }
  return spots;
}

// Every spot against every other, as docs/score.md words it.
std::vector<int> brute_force(const std::vector<Spot>& spots, double mirror, double max_du, double max_dv, double step) {
  const auto distance = [&](const Spot& a, const Spot& b) {
    const double off = std::remainder(b.omega - a.omega - 180, 360) / step;
    const double scale = std::max(0.5, std::min(a.sigma_frame, b.sigma_frame) / 4);
    const bool near =
        std::abs(off) <= 4 * scale && std::abs(a.u - b.u) <= max_du && std::abs((a.v + b.v) / 2 - mirror) <= max_dv;
    if (!near) return std::numeric_limits<double>::infinity();
    const auto part = [](double x) { return std::min(x * x, 4.0); };
    const auto sigmas = [&](double x, double y) {
      return part((std::log(std::max(x, 0.3)) - std::log(std::max(y, 0.3))) / 0.15);
    };
    const auto sizes = [&](double x, double y) { return part((std::log(x) - std::log(y)) / 0.3); };
    const auto correlation = [](const Spot& s) { return s.cov_uv / std::max(s.sigma_u * s.sigma_v, 0.09); };
    const double sum = part(off / scale) + part((correlation(a) + correlation(b)) / 0.2) +
                       sizes(static_cast<double>(a.integral), static_cast<double>(b.integral)) + sizes(a.area, b.area) +
                       sigmas(a.sigma_u, b.sigma_u) + sigmas(a.sigma_v, b.sigma_v) +
                       sigmas(a.sigma_frame, b.sigma_frame);
    return sum <= 5 ? sum : std::numeric_limits<double>::infinity();
  };
  std::vector<int> nearest(spots.size(), -1);
  for (std::size_t i = 0; i < spots.size(); ++i) {
    double best = std::numeric_limits<double>::infinity();
    for (std::size_t j = 0; j < spots.size(); ++j) {
      const double d = i == j ? best : distance(spots[i], spots[j]);
      if (d < best) best = d, nearest[i] = static_cast<int>(j);
    }
  }
  std::vector<int> mate = nearest;
  for (std::size_t i = 0; i < spots.size(); ++i) {
    const int j = nearest[i];
    if (j < 0 || nearest[static_cast<std::size_t>(j)] != static_cast<int>(i)) mate[i] = -1;
  }
  return mate;
}

TEST(FriedelPairs, AreThoseOfBruteForce) {
  for (unsigned seed = 1; seed <= 6; ++seed) {
    const double mirror = 180 + 6.5 * seed;
    const std::vector<Spot> spots = planted(40 * static_cast<int>(seed), mirror, seed);
    const FriedelPairs pairs = find_friedel_pairs(spots, full_turn());
    EXPECT_NEAR(pairs.mirror_v, mirror, 5);
    EXPECT_DOUBLE_EQ(pairs.max_du, 80);
    EXPECT_DOUBLE_EQ(pairs.max_dv, 44);
    EXPECT_EQ(pairs.mate, brute_force(spots, pairs.mirror_v, pairs.max_du, pairs.max_dv, 0.5));
  }
}

// As crowded as noise makes a table, some far beside the detector, some of long duration.
TEST(FriedelPairs, AreThoseOfBruteForceInACrowd) {
  for (unsigned seed = 1; seed <= 4; ++seed) {
    Dice dice(seed);
    std::vector<Spot> spots = planted(300, 199.5, seed);
    for (int i = 0; i < 2500; ++i) {
      Spot spot = spot_at(dice.between(10, 370), dice.between(0, kSide), dice.between(0, kSide), dice);
      spot.integral = static_cast<std::uint64_t>(dice.between(60, 90));
      spot.area = static_cast<std::uint32_t>(dice.between(5, 7));
      spot.sigma_u = dice.between(0.7, 0.8), spot.sigma_v = dice.between(0.7, 0.8);
      spot.sigma_frame = i % 50 == 0 ? dice.between(5, 400) : dice.between(0.3, 0.5);
      spot.cov_uv = dice.between(-0.05, 0.05);
      if (i % 100 == 0) spot.u = dice.between(-1e7, 1e7);
      if (i % 100 == 1) spot.v = dice.between(-1e7, 1e7);
      spots.push_back(spot);
    }
    const FriedelPairs pairs = find_friedel_pairs(spots, full_turn());
    EXPECT_EQ(pairs.mate, brute_force(spots, pairs.mirror_v, pairs.max_du, pairs.max_dv, 0.5)) << seed;
    EXPECT_GT(std::ranges::count_if(pairs.mate, [](int j) { return j >= 0; }), 500);
  }
}

TEST(FriedelPairs, ArePlantedOnesAndFewByChance) {
  const int count = 500;
  const std::vector<Spot> spots = planted(count, 199.5, 3);
  const FriedelPairs pairs = find_friedel_pairs(spots, full_turn());
  int right = 0, wrong = 0;
  for (int i = 0; i < 4 * count; ++i) {
    const int mate = pairs.mate[static_cast<std::size_t>(i)];
    if (mate < 0) continue;
    ASSERT_EQ(pairs.mate[static_cast<std::size_t>(mate)], i);
    ++(i < 2 * count && mate == (i ^ 1) ? right : wrong);
  }
  EXPECT_GT(right, 2 * count * 0.98);
  EXPECT_LT(wrong, 4 * count * 0.02);
  EXPECT_LT(pairs.chance_share, 0.02);
  EXPECT_EQ(pairs.share.paired, right + wrong);
  EXPECT_GT(pairs.beyond_chance(), right - 4 * count * 0.02);
  EXPECT_LE(pairs.beyond_chance(), right + wrong);
}

TEST(FriedelPairs, CountOnlySpotsWhoseMateCanBeInTheTable) {
  FriedelScene scene = full_turn();
  scene.omega.resize(480);  // 10 ... 249.5 degrees
  const std::vector<Spot> spots = planted(300, 200, 8);
  std::vector<Spot> seen;
  for (const Spot& spot : spots)
    if (spot.omega < 249.75) seen.push_back(spot);
  const FriedelPairs pairs = find_friedel_pairs(seen, scene);
  const auto eligible = std::ranges::count_if(seen, [&](const Spot& s) {
    const double v = 2 * pairs.mirror_v - s.v;
    return (s.omega >= 189.75 || s.omega <= 69.75) && v >= -0.5 && v <= kSide - 0.5;
  });
  EXPECT_EQ(pairs.share.eligible, eligible);
  EXPECT_GT(eligible, 100);
  scene.excluded = {-kSide, -kSide, 2 * kSide, 2 * kSide};
  EXPECT_EQ(find_friedel_pairs(seen, scene).share.eligible, 0);
}

TEST(FriedelPairs, NoneOfNothingOrNonsense) {
  const FriedelPairs none = find_friedel_pairs({}, full_turn());
  EXPECT_TRUE(std::isnan(none.mirror_v));
  EXPECT_EQ(none.share.eligible, 0);
  FriedelScene still{.height = 1, .width = 1, .omega = {5}};
  std::vector<Spot> spots = planted(20, 200, 2);
  for (std::size_t i = 0; i < spots.size(); ++i) {
    const double nonsense = i % 2 == 0 ? std::numeric_limits<double>::quiet_NaN() : 1e300;
    (i % 3 == 0 ? spots[i].omega : i % 3 == 1 ? spots[i].v : spots[i].sigma_frame) = nonsense;
  }
  for (const FriedelScene& scene : {full_turn(), still}) {
    const FriedelPairs pairs = find_friedel_pairs(spots, scene);
    EXPECT_EQ(pairs.mate.size(), spots.size());
    for (std::size_t i = 0; i < spots.size(); i += 6) EXPECT_EQ(pairs.mate[i], -1);
  }
}

// What the truth says of every spot of a scan, as a perfect run would measure it.
TEST(FriedelPairs, AreTheMatesOfASimulatedScan) {
  const testing::TemporaryFolder folder;
  SimulateOptions simulated;
  simulated.width = simulated.height = 256;
  simulated.frames = 360;
  simulated.darks = simulated.flats = 1;
  simulated.seed = 11;
  Progress silent;
  simulate(simulated, folder / "scan.h5", false, silent);
  const TruthFile truth = read_truth(folder / "scan_truth.h5");
  ASSERT_GT(truth.spots.size(), 300u);
  std::vector<Spot> spots;
  for (const TruthSpot& t : truth.spots) {
    Spot spot{.u_min = t.u_min, .u_max = t.u_max, .v_min = t.v_min, .v_max = t.v_max, .area = t.area};
    spot.integral = static_cast<std::uint64_t>(t.intensity);
    spot.u = t.u, spot.v = t.v, spot.omega = t.frame;
    spot.sigma_u = spot.width() / 4.0, spot.sigma_v = spot.height() / 4.0, spot.sigma_frame = t.sigma_frame;
    spots.push_back(spot);
  }
  FriedelScene scene{.height = 256, .width = 256, .beam = {102, 106, 154, 150}, .sample = {108, 106, 148, 150}};
  for (int k = 0; k < 360; ++k) scene.omega.push_back(k);
  const FriedelPairs pairs = find_friedel_pairs(spots, scene);
  EXPECT_NEAR(pairs.mirror_v, truth.middle_v, 1);
  int clear = 0, clear_right = 0, right = 0, paired = 0;
  for (std::size_t i = 0; i < spots.size(); ++i) {
    // Footprints, which stand in for what a run would measure, are cut off in the noise and at the detector's border.
    const auto is_clear = [&](const TruthSpot& t) { return t.snr > 10 && (t.flags & ~kTruthOverlap) == 0; };
    const int mate = truth.spots[i].mate;
    const bool found = mate >= 0 && pairs.mate[i] == mate;
    paired += pairs.mate[i] >= 0;
    right += found;
    if (mate < 0 || !is_clear(truth.spots[i]) || !is_clear(truth.spots[static_cast<std::size_t>(mate)])) continue;
    ++clear;
    clear_right += found;
  }
  EXPECT_GT(right, 0.95 * paired) << paired;
  EXPECT_GT(clear, 200);
  EXPECT_GT(clear_right, 0.9 * clear) << clear;
  EXPECT_LT(pairs.chance_share, 0.1);
}

}  // namespace
}  // namespace dctprep
