// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/simulate/simulate.h"

#include <array>
#include <fstream>
#include <gtest/gtest.h>
#include <limits>
#include <string>
#include <tbb/global_control.h>

#include "dctprep/base/error.h"
#include "dctprep/testing/testing.h"

namespace dctprep {
namespace {

using testing::CommandResult;
using testing::run_python;
using testing::TemporaryFolder;

SimulateOptions small_scan() {
  SimulateOptions options;
  options.width = 200;
  options.height = 180;
  options.frames = 180;
  options.grains = 6;
  options.mosaic_deg = 1.2;
  options.spot_strength = 12;
  options.distance_mm = 2.2;
  options.darks = 9;
  options.flats = 9;
  return options;
}

void make(const SimulateOptions& options, const std::filesystem::path& out) {
  Progress silent;
  simulate(options, out, false, silent);
}

// The program must end without a failed assertion.
void expect_python(const std::string& program, const TemporaryFolder& folder) {
  const CommandResult result = run_python(
      "import h5py, numpy as np\ntry:\n  import hdf5plugin\nexcept ImportError: pass\n" + program, folder.path());
  EXPECT_EQ(result.status, 0) << result.output;
}

constexpr const char* kLoad = R"(
f = h5py.File('scan.h5'); t = h5py.File('scan_truth.h5')['entry']
S = {k: t['spots'][k][:] for k in t['spots']}
P = {k: (t['parameters'][k][()]) for k in t['parameters']}
names = list(t['spots/flags'].attrs['flag_names'])
flag = {n: (S['flags'] >> i & 1).astype(bool) for i, n in enumerate(names)}
data = f['2.1/measurement/marana']; D = len(data)
)";

constexpr const char* kGeometry = R"(
lam = 12.398419843320026 / P['energy_kev']; p = P['pixel_um'] * 1e-3; L = P['distance_mm']
U = t['grains/orientation'][:][S['grain']]; r = t['grains/position'][:][S['grain']]
B = np.diag([1 / P['cell_a'], 1 / P['cell_b'], 1 / P['cell_c']])
h = np.stack([S['h'], S['k'], S['l']], 1).astype(float)
w = np.radians(S['omega_deg']); c, s = np.cos(w), np.sin(w); o = 0 * c
W = np.stack([np.stack([c, -s, o], 1), np.stack([s, c, o], 1), np.stack([o, o, o + 1], 1)], 1)
G = np.einsum('nij,njk,kl,nl->ni', W, U, B, h)
k = G + [1 / lam, 0, 0]
assert len(h) > 100, len(h)
assert np.allclose(np.linalg.norm(k, axis=1) * lam, 1, atol=1e-10)
assert np.all((S['h'] + S['k'] + S['l']) % 2 == 0)
d = k * lam
assert np.allclose(np.degrees(np.arccos(d[:, 0])), S['two_theta_deg'], atol=1e-6)
assert np.allclose(np.degrees(2 * np.arcsin(lam * np.linalg.norm(G, axis=1) / 2)), S['two_theta_deg'], atol=1e-6)
assert np.allclose(np.degrees(np.arctan2(-d[:, 1], d[:, 2])), S['eta_deg'], atol=1e-6)
# The centroid of the projection of an even body is the projection of its centroid.
q = np.einsum('nij,nj->ni', W, r)
tt = (L - q[:, 0]) / d[:, 0]
u = (P['width'] - 1) / 2 - (q[:, 1] + tt * d[:, 1]) / p
v = (P['height'] - 1) / 2 - (q[:, 2] + tt * d[:, 2]) / p
whole = ~(flag['border'] | flag['truncated'])
assert whole.sum() > 30, whole.sum()
assert np.abs(u - S['u'])[whole].max() < 0.06, np.abs(u - S['u'])[whole].max()
assert np.abs(v - S['v'])[whole].max() < 0.06, np.abs(v - S['v'])[whole].max()
step = P['omega_range'] / D
sigma = np.hypot(np.radians(P['mosaic_deg']), P['bandwidth'] * np.tan(np.radians(S['two_theta_deg'] / 2))) / np.abs(np.sin(np.radians(S['eta_deg']))) / np.radians(step)
at = (S['omega_deg'] - P['omega_start']) / step
free = (P['omega_range'] == 360) | ((at - 4 * sigma > 0) & (at + 4 * sigma < D - 1))
assert np.abs(at - S['frame'])[free].max() < 0.02
ok = free & ~flag['grazing'] & (sigma > 0.6)
assert ok.sum() > 20
assert np.allclose(S['sigma_frame'][ok], np.sqrt(sigma[ok]**2 + 1 / 12), rtol=0.02)
# Nothing that should be there is missing: count the solutions of Bragg's law whose grain's middle falls well inside.
Us, rs = t['grains/orientation'][:], t['grains/position'][:]
wanted = 0
for g in range(len(Us)):
  for H in range(-5, 6):
    for K in range(-5, 6):
      for M in range(-5, 6):
        if (H + K + M) % 2 or (H, K, M) == (0, 0, 0): continue
        gs = Us[g] @ B @ [H, K, M]
        a = np.hypot(gs[0], gs[1]); x = -lam * gs @ gs / 2
        if abs(x) >= a: continue
        for sign in (1, -1):
          om = sign * np.arccos(x / a) - np.arctan2(gs[1], gs[0])
          R = np.array([[np.cos(om), -np.sin(om), 0], [np.sin(om), np.cos(om), 0], [0, 0, 1]])
          dd = R @ gs * lam + [1, 0, 0]
          rr = R @ rs[g]
          if dd[0] <= 0.1: continue
          uu = (P['width'] - 1) / 2 - (rr[1] + (L - rr[0]) / dd[0] * dd[1]) / p
          vv = (P['height'] - 1) / 2 - (rr[2] + (L - rr[0]) / dd[0] * dd[2]) / p
          wanted += 5 < uu < P['width'] - 6 and 5 < vv < P['height'] - 6
inside = (u > 5) & (u < P['width'] - 6) & (v > 5) & (v < P['height'] - 6)
assert P['omega_range'] != 360 or wanted == inside.sum(), (wanted, inside.sum())
)";

TEST(Simulate, SpotsObeyBraggsLawAndTheGeometry) {
  const TemporaryFolder folder;
  make(small_scan(), folder / "scan.h5");
  expect_python(std::string(kLoad) + kGeometry + R"(
m = S['mate']; has = m >= 0
assert has.sum() > 50
i = np.where(has)[0]; j = m[i]
for a in 'hkl': assert np.all(S[a][i] == -S[a][j])
assert np.all(S['grain'][i] == S['grain'][j]) and np.all(m[j] == i)
dw = (S['omega_deg'][i] - S['omega_deg'][j] + 360) % 360
assert np.allclose(dw, 180, atol=1e-6)
assert np.allclose((S['eta_deg'][i] + S['eta_deg'][j] - 180 + 180) % 360, 180, atol=1e-6) or np.allclose(np.cos(np.radians(S['eta_deg'][i])), -np.cos(np.radians(S['eta_deg'][j])), atol=1e-9)
b = t['beam/region'][:]
both = whole[i] & whole[j]
assert np.abs(S['u'][i] - S['u'][j])[both].max() < b[2] - b[0] and np.abs(S['v'][i] + S['v'][j] - P['height'] + 1)[both].max() < b[3] - b[1]
)",
                folder);
}

TEST(Simulate, HalfTurnCutsSpotsAtItsEnds) {
  const TemporaryFolder folder;
  SimulateOptions options = small_scan();
  options.omega_range = 90;
  options.omega_start = 30;
  options.frames = 45;
  make(options, folder / "scan.h5");
  expect_python(std::string(kLoad) + kGeometry + R"(
assert flag['truncated'].sum() > 5
assert S['frame_start'].min() == 0 and S['frame_end'].max() == D - 1
at_end = (S['frame_start'] == 0) | (S['frame_end'] == D - 1)
assert not (flag['truncated'] & (free | ~at_end)).any() and np.all(flag['truncated'] | free | ~at_end)
)",
                folder);
}

TEST(Simulate, SumsOfCountsAreTheTabulatedOnes) {
  const TemporaryFolder folder;
  SimulateOptions options = small_scan();
  options.gain = 1.7;
  options.zingers = 0;
  options.hot_pixels = 0;
  options.dead_pixels = 0;
  options.response_spread = 0;
  options.subgrains = 2;
  options.subgrain_spread_deg = 0.2;
  options.grains = 3;
  options.frames = 360;
  options.mosaic_deg = 0.4;
  options.spot_strength = 4;
  make(options, folder / "scan.h5");
  expect_python(std::string(kLoad) + R"(
X = data[:].astype(float); fac = t['beam/factor'][:].astype(float); off = t['detector/offset'][:]
shown = np.zeros(X.shape, bool)   # where any spot may show
pad = 6
for n in range(len(S['id'])):
  a, e = S['frame_start'][n] - 10, S['frame_end'][n] + 10
  for k in range(a, e + 1): shown[k % D, max(0, S['v_min'][n] - pad):S['v_max'][n] + pad + 1, max(0, S['u_min'][n] - pad):S['u_max'][n] + pad + 1] = True
pulls = []; ratios = []
for n in np.where(~flag['overlap'] & ~flag['border'] & ~flag['grazing'])[0]:
  v0, v1, u0, u1 = S['v_min'][n] - 3, S['v_max'][n] + 4, S['u_min'][n] - 3, S['u_max'][n] + 4
  if v0 < 0 or u0 < 0 or v1 > X.shape[1] or u1 > X.shape[2]: continue
  ks = np.arange(S['frame_start'][n] - 4, S['frame_end'][n] + 5) % D
  if len(set(ks)) < len(ks): continue
  others = False
  for q in range(len(S['id'])):
    if q == n: continue
    if S['v_min'][q] - 3 < v1 and S['v_max'][q] + 4 > v0 and S['u_min'][q] - 3 < u1 and S['u_max'][q] + 4 > u0:
      if set(np.arange(S['frame_start'][q] - 4, S['frame_end'][q] + 5) % D) & set(ks): others = True
  if others: continue
  quiet = ~shown[:, v0:v1, u0:u1]
  enough = quiet.sum(0)
  if enough.min() < 20: continue
  box = X[:, v0:v1, u0:u1] - off[v0:v1, u0:u1]
  glow = (box * quiet).sum(0) / (quiet * fac[:, None, None]).sum(0)
  expected = glow[None] * fac[ks][:, None, None]
  got = (box[ks] - expected).sum()
  var = P['gain'] * (expected.sum() + S['intensity_recorded'][n]) + P['readout_noise']**2 * expected.size + (P['gain'] * glow / enough).sum() * len(ks)**2
  pulls.append((got - S['intensity_recorded'][n]) / np.sqrt(var)); ratios.append(got / S['intensity_recorded'][n])
pulls = np.array(pulls)
assert len(pulls) > 20, len(pulls)
assert abs(pulls.mean()) < 0.6 and 0.6 < pulls.std() < 1.5 and np.abs(pulls).max() < 5, (len(pulls), pulls.mean(), pulls.std(), np.abs(pulls).max())
assert abs(np.median(ratios) - 1) < 0.02, np.median(ratios)
)",
                folder);
}

TEST(Simulate, NoiseIsThatOfPhotonsAndReadout) {
  const TemporaryFolder folder;
  SimulateOptions options = small_scan();
  options.grains = 0;
  options.frames = 4;
  options.flats = 60;
  options.darks = 60;
  options.gain = 2.5;
  options.readout_noise = 4;
  options.zingers = 0;
  options.glow_floor = 0.0003;
  options.hot_pixels = 0.001;
  options.dead_pixels = 0.001;
  make(options, folder / "scan.h5");
  expect_python(std::string(kLoad) + R"(
dark = f['3.1/measurement/marana'][:].astype(float); flat = f['1.1/measurement/marana'][:].astype(float)
off = t['detector/offset'][:]; bad = t['detector/defects'][:]; good = bad == 0
assert (bad == 1).sum() > 20 and (bad == 2).sum() > 20
assert abs((dark.mean(0) - off)[good].mean()) < 0.02
assert abs(dark.var(0, ddof=1)[good].mean() - (16 + 1 / 12)) < 0.3
light = flat.mean(0) - off; var = flat.var(0, ddof=1) - 16 - 1 / 12
for low, high in ((20, 55), (65, 200), (200, 600), (20000, 1e9)):   # the first two lie on either side of 24 photons
  m = good & (light > low) & (light < high)
  assert m.sum() > 500, (low, m.sum())
  assert abs(var[m].sum() / light[m].sum() / 2.5 - 1) < 0.02, (low, var[m].sum() / light[m].sum())
  z = (flat - flat.mean(0))[:, m]
  assert abs((z**3).mean() / (2.5**2 * light[m].mean()) - 1) < 0.35 or low > 1000, (low, (z**3).mean(), 2.5**2 * light[m].mean())
assert np.all(flat[:, bad == 2].std(0) == 0)
hot = (dark.mean(0) - off)[bad == 1]
assert hot.min() > 20 and hot.max() > 500
)",
                folder);
}

TEST(Simulate, FileIsLaidOutAsBlissDoes) {
  const TemporaryFolder folder;
  SimulateOptions options = small_scan();
  options.no_beam_frames = 2;
  make(options, folder / "scan.h5");
  expect_python(std::string(kLoad) + R"(
title = lambda n: f[n + '/title'][()].decode()
assert title('1.1') == 'reference images 1' and title('2.1').startswith('fscan diffrz ') and title('3.1') == 'dark images'
for n, frames in (('1.1', 9), ('2.1', 180), ('3.1', 9)):
  d = f[n + '/measurement/marana']
  assert d.shape == (frames, 180, 200) and d.dtype == np.uint16 and d.chunks == (1, 180, 200)
  assert f[n].attrs['NX_class'] == 'NXentry' and f[n + '/instrument/marana'].attrs['NX_class'] == 'NXdetector'
  assert d[-1].max() > 0
om = f['2.1/measurement/diffrz'][:]
assert len(om) == 180 and np.allclose(om, np.arange(180) * 2.0)
assert f.attrs['ground_truth'] == 'scan_truth.h5'
assert '32008' in data._filters
fac = t['beam/factor'][:]; b = t['beam/region'][:]; s = t['beam/sample'][:]
assert (fac == 0).sum() == 2 and abs(np.median(fac[fac > 0]) - 1) < 0.01
X = data[:].astype(float) - np.median(f['3.1/measurement/marana'][:], 0)
margin = X[:, b[1] + 2:b[3] - 2, b[0] + 2:s[0] - 2].mean((1, 2))
assert np.all((margin < 0.01 * np.median(margin)) == (fac == 0))
assert np.allclose(margin / np.median(margin), fac, atol=0.01)
# The sample shades its box at some omega, and nothing of the beam beside it.
T = X[fac > 0][:, b[1] + 3:b[3] - 3].mean(1) / (np.median(f['1.1/measurement/marana'][:], 0) - np.median(f['3.1/measurement/marana'][:], 0))[b[1] + 3:b[3] - 3].mean(0) / fac[fac > 0][:, None]
low = T.min(0)
assert np.all(low[s[0] + 2:s[2] - 2] < 0.93), low[s[0]:s[2]]
assert np.all(low[b[0] + 3:s[0] - 3] > 0.97) and np.all(low[s[2] + 3:b[2] - 3] > 0.97)
g = h5py.File('scan_truth.h5')['entry']
assert g.attrs['default'] == 'spots' and g['spots'].attrs['signal'] == 'intensity'
assert len({len(v) for v in g['spots'].values()}) == 1
)",
                folder);
}

TEST(Simulate, SameDataOnAnyNumberOfThreads) {
  const TemporaryFolder folder;
  SimulateOptions options = small_scan();
  options.frames = 40;
  for (const int threads : {1, 2, 5}) {
    const tbb::global_control limit(tbb::global_control::max_allowed_parallelism, static_cast<std::size_t>(threads));
    const auto sub = folder / std::to_string(threads);
    std::filesystem::create_directory(sub);
    make(options, sub / "scan.h5");
  }
  // HDF5 dates its datasets, so that files differ where nothing in them does.
  expect_python(R"(
seen = 0
for name in ('scan.h5', 'scan_truth.h5'):
  one = h5py.File('1/' + name)
  for other in (h5py.File('2/' + name), h5py.File('5/' + name)):
    def same(path, item):
      global seen
      if isinstance(item, h5py.Dataset):
        a, b = item[()], other[path][()]
        assert np.array_equal(np.asarray(a), np.asarray(b)), path
        seen += 1
    one.visititems(same)
assert seen > 200, seen
)",
                folder);
}

TEST(Simulate, EdfSeriesHoldsTheSameImages) {
  const TemporaryFolder folder;
  SimulateOptions options = small_scan();
  options.frames = 11;
  make(options, folder / "scan.h5");
  options.format = ScanFormat::kEdf;
  make(options, folder / "series");
  expect_python(R"(
import fabio, os
f = h5py.File('scan.h5')
assert sorted(os.listdir('series'))[0] == 'dark0000.edf' and len(os.listdir('series')) == 29
for stem, scan, n in (('series_', '2.1', 11), ('ref', '1.1', 9), ('dark', '3.1', 9)):
  for k in range(n):
    e = fabio.open('series/%s%04d.edf' % (stem, k))
    assert e.data.dtype == np.uint16 and np.array_equal(e.data, f[scan + '/measurement/marana'][k])
    if scan == '2.1': assert abs(float(e.header['motor_pos']) - k * 360 / 11) < 1e-6 and e.header['motor_mne'] == 'diffrz'
a = h5py.File('scan_truth.h5')['entry/spots']; b = h5py.File('series_truth.h5')['entry/spots']
for c in a: assert np.array_equal(a[c][:], b[c][:])
)",
                folder);
}

TEST(Simulate, InMemoryItIsTheSameScan) {
  const TemporaryFolder folder;
  SimulateOptions options = small_scan();
  options.frames = 20;
  options.flats = 0;
  make(options, folder / "scan.h5");
  Progress silent;
  for (const bool compress : {true, false}) {
    options.compress = compress;
    const Scan scan = simulate_in_memory(options, silent);
    EXPECT_EQ(scan.flats, nullptr);
    EXPECT_EQ(scan.bad_pixels.height(), options.height);
    const std::uint64_t plain = std::uint64_t{20} * 200 * 180 * 2;
    EXPECT_TRUE(compress ? scan.storage.bytes_stored < plain : scan.storage.bytes_stored == plain);
    Image<std::uint16_t> image(scan.height(), scan.width());
    Image<std::uint8_t> markers(scan.height(), scan.width(), 7);
    for (const auto& [frames, name] : {std::pair(scan.frames, "frames.raw"), std::pair(scan.darks, "darks.raw")}) {
      std::ofstream raw(folder / name, std::ios::binary);
      for (int k = 0; k < frames->frames(); ++k) {
        ASSERT_FALSE(frames->read(k, image, markers));
        raw.write(reinterpret_cast<const char*>(image.data()), static_cast<std::streamsize>(2 * image.size()));
      }
    }
    for (const std::uint8_t marker : markers.pixels()) ASSERT_EQ(marker, 0);
    std::ofstream omega(folder / "omega.raw", std::ios::binary);
    omega.write(reinterpret_cast<const char*>(scan.omega.data()), static_cast<std::streamsize>(8 * scan.omega.size()));
    omega.close();
    expect_python(R"(
f = h5py.File('scan.h5')
for name, path in (('frames', '2.1/measurement/marana'), ('darks', '3.1/measurement/marana')):
    assert np.array_equal(np.fromfile(name + '.raw', '<u2'), f[path][()].ravel()), name
assert np.array_equal(np.fromfile('omega.raw'), f['2.1/measurement/diffrz'][()])
)",
                  folder);
  }
}

TEST(Simulate, OverlapsAreThoseOfTheFootprints) {
  const TemporaryFolder folder;
  SimulateOptions options = small_scan();
  options.frames = 60;
  make(options, folder / "scan.h5");
  // Spots whose boxes stay apart do not overlap.
  expect_python(std::string(kLoad) + R"(
lo = np.stack([S['frame_start'], S['v_min'], S['u_min']], 1); hi = np.stack([S['frame_end'], S['v_max'], S['u_max']], 1)
may = np.zeros(len(lo), bool)
for shift in (-D, 0, D):
  near = np.all((lo[:, None] + [shift, 0, 0] <= hi[None] + 1) & (hi[:, None] + [shift, 0, 0] >= lo[None] - 1), 2)
  if shift == 0: np.fill_diagonal(near, False)
  may |= near.any(1)
assert not (flag['overlap'] & ~may).any()
assert flag['overlap'].sum() > 0.5 * may.sum() > 5 and (~may).sum() > 5
)",
                folder);
}

TEST(Simulate, RefusesWhatCannotBe) {
  const TemporaryFolder folder;
  const auto refuses = [&](const char* words, auto change) {
    SimulateOptions options = small_scan();
    change(options);
    try {
      make(options, folder / "scan.h5");
      ADD_FAILURE() << "not refused: " << words;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kUsage) << error.what();
      EXPECT_NE(std::string(error.what()).find(words), std::string::npos) << error.what();
    }
    EXPECT_TRUE(std::filesystem::is_empty(folder.path())) << words;
  };
  refuses("energy_kev", [](auto& o) { o.energy_kev = 0; });
  refuses("gain", [](auto& o) { o.gain = std::numeric_limits<double>::quiet_NaN(); });
  refuses("frames", [](auto& o) { o.frames = 0; });
  refuses("beam_width", [](auto& o) { o.beam_width = 201; });
  refuses("sample_width", [](auto& o) { o.sample_width = 100; });
  refuses("cell_alpha", [](auto& o) { o.cell_alpha = o.cell_beta = o.cell_gamma = 140; });
  refuses("distance_mm", [](auto& o) { o.distance_mm = 0.05; });
  refuses("no_beam_frames", [](auto& o) { o.no_beam_frames = 180; });
  refuses("reflections", [](auto& o) { o.cell_a = 500; });
}

TEST(Simulate, OverwritesOnlyWhenTold) {
  const TemporaryFolder folder;
  Progress silent;
  SimulateOptions options = small_scan();
  options.frames = 3;
  make(options, folder / "scan.h5");
  EXPECT_THROW(simulate(options, folder / "scan.h5", false, silent), Error);
  EXPECT_NO_THROW(simulate(options, folder / "scan.h5", true, silent));
  options.format = ScanFormat::kEdf;
  make(options, folder / "series");
  EXPECT_THROW(simulate(options, folder / "series", false, silent), Error);
  EXPECT_NO_THROW(simulate(options, folder / "series", true, silent));
  std::ofstream(folder / "series" / "thesis.tex") << "precious";
  EXPECT_THROW(simulate(options, folder / "series", true, silent), Error);
  EXPECT_TRUE(std::filesystem::exists(folder / "series" / "thesis.tex"));
}

TEST(Simulate, OddSizesWork) {
  const TemporaryFolder folder;
  int number = 0;
  for (const auto& [width, height, frames] : {std::array{1, 1, 1}, {1, 7, 2}, {33, 1, 3}, {65, 31, 5}}) {
    SimulateOptions options;
    options.width = width;
    options.height = height;
    options.frames = frames;
    options.subgrains = 2;
    options.grains = 3;
    options.distance_mm = 1;
    options.flats = options.darks = number % 2;
    const std::string name = std::to_string(number++) + ".h5";
    make(options, folder / name);
    expect_python("f = h5py.File('" + name + "'); assert f['2.1/measurement/marana'][:].shape == (" +
                      std::to_string(frames) + "," + std::to_string(height) + "," + std::to_string(width) + ")",
                  folder);
  }
}

}  // namespace
}  // namespace dctprep
