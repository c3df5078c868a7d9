// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/measure/photometry.h"

#include <cmath>
#include <fmt/format.h>
#include <fstream>
#include <gtest/gtest.h>
#include <random>
#include <set>

#include "dctprep/testing/testing.h"

namespace dctprep {
namespace {

// Whole frames; F reaches the lowest level where `claimed` says so.
class Frames final : public FrameBoxes {
 public:
  std::vector<Image<std::uint16_t>> corrected;
  std::vector<std::shared_ptr<Image<std::uint16_t>>> background;
  std::vector<std::int32_t> offset;
  std::vector<Image<std::uint8_t>> claimed;
  std::vector<float> factor;
  std::vector<std::uint8_t> bad;

  // B + o of each.
  std::vector<Image<std::int32_t>> taken() const {
    std::vector<Image<std::int32_t>> frames;
    for (std::size_t i = 0; i < background.size(); ++i) {
      Image<std::int32_t>& frame = frames.emplace_back(background[i]->height(), background[i]->width());
      std::transform(background[i]->pixels().begin(), background[i]->pixels().end(), frame.pixels().begin(),
                     [&](std::uint16_t pixel) { return pixel + offset[i]; });
    }
    return frames;
  }

  bool read(int k, const Region& box, FrameBox& out) const override {
    const auto i = static_cast<std::size_t>(k);
    if (bad[i] != 0) return false;
    out = {.factor = factor[i], .background = background[i], .offset = offset[i], .corrected = {}, .claimed = {}};
    for (int v = box.v0; v < box.v1; ++v) {
      for (int u = box.u0; u < box.u1; ++u) {
        out.corrected.push_back(corrected[i](v, u));
        out.claimed.push_back(claimed[i](v, u));
      }
    }
    return true;
  }
};

struct Scene {
  MeasureContext context;
  Image<std::uint8_t> bad_pixels;
  Frames frames;
  PhotometryIsland island;
  std::vector<Voxel> voxels;  // of blob 0
  Spot spot;
};

Scene draw_scene(unsigned seed) {
  Scene scene;
  std::mt19937 random(seed);
  const auto from = [&](int low, int high) { return std::uniform_int_distribution<int>(low, high)(random); };
  const bool is_long = seed % 4 == 0;  // its footprint is widened by more than 2 pixels
  const int D = from(1, is_long ? 3 : 9), H = from(1, is_long ? 25 : 40), W = is_long ? from(60, 120) : from(1, 45);
  MeasureContext& c = scene.context;
  c.frames = D, c.height = H, c.width = W;
  c.wrap = D >= 3 && from(0, 1) == 1;
  c.excluded = from(0, 2) == 0 ? Region{W / 2, H / 2, W / 2 + 4, H / 2 + 3}.grown(0, H, W) : Region{};
  c.noise.readout_variance = 0.5 * from(1, 30), c.noise.gain = 0.25 * from(0, 8);
  c.background_frames = from(1, 60);
  scene.bad_pixels = Image<std::uint8_t>(H, W, 0);
  if (from(0, 1) == 1) {
    for (auto& pixel : scene.bad_pixels.pixels()) pixel = from(0, 9) == 0;
  }
  c.bad_pixels = scene.bad_pixels;
  // A blob of a random walk over neighbours, and another in the same island.
  std::set<std::array<int, 3>> places[2];
  const int first = c.wrap ? from(0, D - 1) : 0;
  for (auto& set : places) {
    std::array<int, 3> at{c.wrap ? first : from(0, D - 1), from(0, H - 1), from(0, W - 1)};
    for (int u = 0; is_long && u < W - 6; ++u) set.insert({at[0], at[1], u});
    for (int step = from(0, 120); step >= 0; --step) {
      set.insert(at);
      const int axis = from(0, 2);
      const int low[] = {c.wrap ? first : 0, 0, 0}, high[] = {c.wrap ? first + D - 2 : D - 1, H - 1, W - 1};
      at[static_cast<std::size_t>(axis)] = std::clamp(at[static_cast<std::size_t>(axis)] + (from(0, 1) * 2 - 1),
                                                      low[axis], std::max(low[axis], high[axis]));
    }
  }
  for (const auto& place : places[0]) places[1].erase(place);
  const auto voxels_of = [&](const std::set<std::array<int, 3>>& set) {
    std::vector<Voxel> voxels;
    for (const auto& [k, v, u] : set) {
      voxels.push_back({k, static_cast<std::uint16_t>(v), static_cast<std::uint16_t>(u),
                        static_cast<std::uint16_t>(from(1, 500)), false});
    }
    return voxels;
  };
  scene.voxels = voxels_of(places[0]);
  const std::vector<Voxel> other = voxels_of(places[1]);
  if (scene.voxels.front().frame >= D) {
    for (Voxel& voxel : scene.voxels) voxel.frame -= D;
  }
  Spot& s = scene.spot;
  s.u_min = s.v_min = 1 << 20;
  s.frame_start = scene.voxels.front().frame, s.frame_end = scene.voxels.back().frame;
  for (const Voxel& x : scene.voxels) {
    s.u_min = std::min<int>(s.u_min, x.u), s.u_max = std::max<int>(s.u_max, x.u);
    s.v_min = std::min<int>(s.v_min, x.v), s.v_max = std::max<int>(s.v_max, x.v);
  }
  scene.island.blobs = {spans_of(scene.voxels, D), spans_of(other, D)};
  std::vector<Voxel> free;  // of the island, and no blob's
  for (int i = from(0, 20); i > 0; --i) {
    free.push_back({from(0, D - 1), static_cast<std::uint16_t>(from(0, H - 1)),
                    static_cast<std::uint16_t>(from(0, W - 1)), 5, false});
  }
  for (const std::vector<Voxel>* part :
       std::initializer_list<const std::vector<Voxel>*>{&scene.voxels, &other, &free}) {
    const auto spans = spans_of(*part, D);
    scene.island.spans.insert(scene.island.spans.end(), spans.begin(), spans.end());
  }
  scene.island.sort();
  for (int k = 0; k < D; ++k) {
    scene.frames.corrected.emplace_back(H, W);
    scene.frames.background.push_back(std::make_shared<Image<std::uint16_t>>(H, W));
    scene.frames.offset.push_back(from(-4, 4));
    scene.frames.claimed.emplace_back(H, W);
    for (auto& pixel : scene.frames.corrected.back().pixels()) pixel = static_cast<std::uint16_t>(from(90, 220));
    for (auto& pixel : scene.frames.background.back()->pixels()) pixel = static_cast<std::uint16_t>(from(90, 110));
    for (auto& pixel : scene.frames.claimed.back().pixels()) pixel = from(0, 12) == 0;
    scene.frames.factor.push_back(0.25f * static_cast<float>(from(2, 6)));
    scene.frames.bad.push_back(from(0, 7) == 0);
  }
  for (const VoxelSpan& span : scene.island.spans) {
    for (int u = span.u_begin; u < span.u_end; ++u)
      scene.frames.claimed[static_cast<std::size_t>(span.frame)](span.v, u) = 1;
  }
  return scene;
}

TEST(Photometry, EqualsNumpy) {
  const testing::TemporaryFolder folder;
  constexpr unsigned kScenes = 150;
  std::ofstream out(folder / "scenes.py");
  out << "scenes = []\n";
  int without_pedestal = 0, over_the_seam = 0, wider = 0;
  for (unsigned seed = 0; seed < kScenes; ++seed) {
    Scene scene = draw_scene(seed);
    const MeasureContext& c = scene.context;
    scene.context.bad_pixels = scene.bad_pixels;
    measure_photometry(scene.voxels, scene.island, 0, c, scene.frames, scene.spot);
    const Spot& s = scene.spot;
    wider += photometry_reach(s.v_max - s.v_min + 1, s.u_max - s.u_min + 1).margin > 2;
    without_pedestal += s.pedestal == 0;
    over_the_seam += s.frame_end >= c.frames;
    const auto list = [&](const auto& images) {
      std::string text = "[";
      for (const auto& image : images) {
        for (const auto pixel : image.pixels()) text += fmt::format("{},", +pixel);
      }
      return text + "]";
    };
    const auto spans = [](const std::vector<VoxelSpan>& all) {
      std::string text = "[";
      for (const VoxelSpan& x : all) text += fmt::format("({},{},{},{}),", x.frame, x.v, x.u_begin, x.u_end);
      return text + "]";
    };
    std::string voxels = "[";
    for (const Voxel& x : scene.voxels) voxels += fmt::format("({},{},{},{}),", x.frame, x.v, x.u, x.value);
    std::string factors, bad;
    for (const float f : scene.frames.factor) factors += fmt::format("{},", f);
    for (const auto b : scene.frames.bad) bad += fmt::format("{},", b);
    std::string got;
    visit_photometry_columns([&](const ColumnInfo& info, auto member) {
      const double value = static_cast<double>(s.*member);
      got += std::isnan(value) ? fmt::format("'{}': nan,", info.name) : fmt::format("'{}': {:.17g},", info.name, value);
    });
    out << fmt::format(
        "scenes.append(dict(D={},H={},W={},wrap={},a={},g={},window={},excluded=({},{},{},{}),bad_pixels={},J={},T={},"
        "claimed={},factor=[{}],bad=[{}],voxels={}],island={},other={},got={{{}}}))\n",
        c.frames, c.height, c.width, c.wrap ? "True" : "False", c.noise.readout_variance, c.noise.gain,
        std::min(c.background_frames, c.frames), c.excluded.u0, c.excluded.v0, c.excluded.u1, c.excluded.v1,
        list(std::vector<ImageView<const std::uint8_t>>{scene.bad_pixels}), list(scene.frames.corrected),
        list(scene.frames.taken()), list(scene.frames.claimed), factors, bad, voxels, spans(scene.island.spans),
        spans(scene.island.blobs[1]), got);
  }
  out.close();
  EXPECT_GT(without_pedestal, 5);
  EXPECT_GT(over_the_seam, 5);
  EXPECT_GT(wider, 20);
  const auto answer = testing::run_python(R"(
import numpy as np
from fractions import Fraction
nan = float('nan')
exec(open('scenes.py').read())
for number, s in enumerate(scenes):
    D, H, W = s['D'], s['H'], s['W']
    J, T, claimed = (np.array(s[x]).reshape(D, H, W) for x in ('J', 'T', 'claimed'))
    usable = np.array(s['bad_pixels']).reshape(H, W) == 0
    u0, v0, u1, v1 = s['excluded']; usable[v0:v1, u0:u1] = False
    free = claimed == 0
    def paint(spans, value, where):
        for k, v, a, b in spans:
            where[k, v, a:b] = value
    inside_free = free.copy()
    paint(s['island'], True, inside_free); paint(s['other'], False, inside_free)
    vox = np.array(s['voxels'])
    v, u = np.mgrid[:H, :W]
    distance = np.min([np.maximum(abs(v - y), abs(u - x)) for _, y, x, _ in vox], axis=0)
    wider = max(0, max(vox[:, 1].max() - vox[:, 1].min() + 1, vox[:, 2].max() - vox[:, 2].min() + 1) // 16 - 2)
    inside = usable & (distance <= 2 + wider)
    ring = usable & (distance >= 4 + wider) & (distance <= 9 + 2 * wider)
    first, last = vox[:, 0].min(), vox[:, 0].max()
    if not s['wrap']: first, last = max(0, first - 1), min(D - 1, last + 1)
    else:
        if last - first + 1 < D: first -= 1
        last = min(last + 1, first + D - 1)
    frames = [k for k in range(first, last + 1) if not s['bad'][k % D]]
    rows = []  # k, v, u, residual, J', pedestal applies
    rim = []
    V = lambda k, j: s['factor'][k % D] ** 2 * s['a'] + s['factor'][k % D] * s['g'] * j
    variances, rim_variances = [], []
    for k in frames:
        j, t = J[k % D], T[k % D]
        for y, x in np.argwhere(inside & inside_free[k % D]):
            rows.append((k, y, x, int(j[y, x]) - int(t[y, x]), 1)); variances.append(V(k, int(j[y, x])))
        for y, x in np.argwhere(ring & free[k % D]):
            rim.append(int(j[y, x]) - int(t[y, x])); rim_variances.append(V(k, int(j[y, x])))
    N, M = len(rows), len(rim)
    for k, y, x, value in vox:
        if np.array(s['bad_pixels']).reshape(H, W)[y, x]:
            f = s['factor'][k % D] if k in frames else 1.0
            rows.append((k, y, x, int(value), 0)); variances.append(f * s['g'] * int(value))
    pedestal = Fraction(sum(rim), M) if M and 4 * M >= N else Fraction(0)
    weights = [r[3] - pedestal * r[4] for r in rows]
    I = sum(weights, Fraction(0))
    got = s['got']
    def same(name, want, exact=False):
        assert got[name] == float(want) if exact else abs(got[name] - want) <= 1e-9 * abs(want) + 1e-12, (number, name, got[name], float(want))
    same('intensity', I, True); same('pedestal', pedestal, True); same('intensity_volume', N, True)
    n, places = len(frames), np.array([r[4] for r in rows])
    coherent = 1 + n * (np.pi / 2) / s['window']
    ped = (sum(rim_variances) * coherent + n / 12 * M) / M ** 2 if M and 4 * M >= N else 1 / 12
    sigma = np.sqrt(sum(variances) * coherent + n / 12 * N + N ** 2 * ped)
    same('intensity_sigma', sigma)
    if sigma: same('snr', float(I) / sigma)
    else: assert np.isnan(got['snr'])
    if I <= 0:
        assert all(np.isnan(got[x]) for x in ('intensity_u', 'u_sigma', 'frame_sigma')), number
        continue
    for axis, name in enumerate(('frame', 'v', 'u')):
        c = sum(w * int(r[axis]) for w, r in zip(weights, rows)) / I
        same('intensity_' + name, float(c))
        x = np.array([float(int(r[axis]) - c) for r in rows])
        own = (x ** 2 * variances).sum()
        if name != 'frame': own = own * coherent + n / 12 * (x ** 2 * places).sum()
        same(name + '_sigma', np.sqrt(own + (x * places).sum() ** 2 * ped) / float(I))
print('same', len(scenes))
)",
                                          folder.path());
  EXPECT_EQ(answer.output, fmt::format("same {}\n", kScenes));
}

// A window of the background ends with its sweep: among several sweeps a spot is as uncertain as in a scan of its own.
TEST(Photometry, BackgroundsAreOfTheFramesOfTheSweep) {
  int scenes = 0;
  for (unsigned seed = 0; seed < 150; ++seed) {
    Scene scene = draw_scene(seed);
    MeasureContext& c = scene.context;
    const int last = scene.spot.frame_end + kPhotometryFrameMargin;  // what lies behind does not count
    if (c.wrap || last >= c.frames) continue;
    scene.frames.bad.assign(scene.frames.bad.size(), 0);
    c.bad_pixels = scene.bad_pixels;
    const auto sigma = [&](int background_frames, std::vector<Sweep> sweeps) {
      c.background_frames = background_frames;
      c.sweeps = std::move(sweeps);
      measure_photometry(scene.voxels, scene.island, 0, c, scene.frames, scene.spot);
      return scene.spot.intensity_sigma;
    };
    const double of_sweep = sigma(last + 1, {});
    EXPECT_EQ(sigma(50, {{0, last}, {last + 1, 60}}), of_sweep);
    EXPECT_EQ(sigma(50, {{0, last}}), of_sweep);
    EXPECT_LT(sigma(50, {{0, 60}}), of_sweep);
    EXPECT_GT(sigma(1, {{0, last}, {last + 1, 60}}), of_sweep);
    ++scenes;
  }
  EXPECT_GT(scenes, 5);
}

TEST(Photometry, LeavesIslandsThatLastTooLong) {
  Scene scene = draw_scene(3);
  scene.context.bad_pixels = scene.bad_pixels;
  scene.context.spots.photometry_frames = scene.island.frames - 1;
  measure_photometry(scene.voxels, scene.island, 0, scene.context, scene.frames, scene.spot);
  EXPECT_TRUE(std::isnan(scene.spot.intensity) && std::isnan(scene.spot.u_sigma));
  scene.context.spots.photometry_frames = scene.island.frames;
  measure_photometry(scene.voxels, scene.island, 0, scene.context, scene.frames, scene.spot);
  EXPECT_FALSE(std::isnan(scene.spot.intensity));
}

}  // namespace
}  // namespace dctprep
