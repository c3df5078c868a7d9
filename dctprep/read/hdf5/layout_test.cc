// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/read/hdf5/layout.h"

#include <gtest/gtest.h>
#include <numeric>

#include "dctprep/base/error.h"
#include "dctprep/read/hdf5/bliss.h"
#include "dctprep/read/hdf5/source.h"
#include "dctprep/testing/testing.h"

namespace dctprep {
namespace {

namespace fs = std::filesystem;
using Names = std::vector<std::string>;

// The candidate for the angles that comes first; "" where there is none.
std::string likeliest(const Hdf5Layout& layout) { return layout.omega.empty() ? "" : layout.omega[0].location; }

class Hdf5LayoutTest : public ::testing::Test {
 protected:
  void make(const std::string& program) {
    const auto result = testing::run_python(R"(
import h5py, numpy as np, os
rng = np.random.default_rng(3)
def stack(n, h=6, w=7): return rng.poisson(50, (n, h, w)).astype('u2')
def scan(f, number, title, n, motor=None, detector='frelon', h=6, w=7, **others):
    g = f.create_group(f'{number}.1'); g['title'] = title
    g[f'instrument/{detector}/data'] = stack(n, h, w)
    g[f'measurement/{detector}'] = h5py.SoftLink(f'/{number}.1/instrument/{detector}/data')
    g['measurement/epoch'] = 1e9 + np.arange(n) * 0.1; g['measurement/elapsed_time'] = np.arange(n) * 0.1
    g['instrument/positioners/diffty'] = 3.5; g['instrument/positioners/diffrz'] = 0.0
    if motor:
        v = np.arange(n) * 0.1 + rng.normal(0, 0.001, n)
        g[f'measurement/{motor}'] = v; g[f'instrument/{motor}/value'] = v
    for name, values in others.items(): g[f'measurement/{name}'] = values
    return g
)" + program,
                                            folder_.path());
    ASSERT_EQ(result.status, 0) << result.output;
  }
  Hdf5Layout find(const std::string& dataset = "", const std::string& file = "a.h5") {
    Hdf5Layout layout = find_hdf5_layout(folder_ / file, dataset);
    // What is found can be opened.
    for (const Hdf5Stack* stack : {&layout.projections, &layout.darks, &layout.flats}) {
      if (!stack->empty()) open_hdf5_frames(folder_ / file, stack->datasets);
    }
    return layout;
  }
  std::string error(const std::string& dataset = "", const std::string& file = "a.h5") {
    try {
      find_hdf5_layout(folder_ / file, dataset);
    } catch (const Error& failure) {
      return failure.what();
    }
    return "";
  }

  testing::TemporaryFolder folder_;
};

TEST_F(Hdf5LayoutTest, BlissByTitles) {
  make(R"(
f = h5py.File('a.h5', 'w')
h = f.create_group('1.1'); h['title'] = 'tomo:fullturn'; h['measurement/scan_numbers'] = [2, 3, 4, 5]
scan(f, 2, 'dark images', 4); scan(f, 3, 'reference images 1', 3); scan(f, 4, 'projections 1 - 20', 20, 'diffrz', timer=np.arange(20.))
scan(f, 5, 'reference images 2', 3)
scan(f, 6, 'dark images', 2)
)");
  for (const std::string dataset :
       {"", "/4.1/measurement/frelon", "/4.1/instrument/frelon/data", "/4.1", "4.1/measurement/"}) {
    const Hdf5Layout layout = find(dataset);
    EXPECT_EQ(layout.writer, "BLISS");
    ASSERT_EQ(layout.projections.datasets.size(), 1u);
    EXPECT_EQ(layout.projections.datasets[0], dataset.ends_with("data") ? dataset : "/4.1/measurement/frelon");
    EXPECT_EQ(layout.darks.datasets, Names{"/2.1/measurement/frelon"}) << "6.1 is of no sequence";
    EXPECT_EQ(layout.flats.datasets, (Names{"/3.1/measurement/frelon", "/5.1/measurement/frelon"}));
    EXPECT_EQ(likeliest(layout), "/4.1/measurement/diffrz");
    EXPECT_EQ(layout.omega[0].motor, "diffrz");
  }
}

TEST_F(Hdf5LayoutTest, BlissByOrder) {
  make(R"(
f = h5py.File('a.h5', 'w')
scan(f, 1, 'ct 1', 3); scan(f, 2, 'fscan hrsrot 0 0.1 20 0.05', 20, 'hrsrot', diffrz=np.arange(20.)); scan(f, 3, 'ct 1', 3); scan(f, 4, 'ct 1', 5)
)");
  const Hdf5Layout layout = find();
  EXPECT_EQ(layout.projections.datasets, Names{"/2.1/measurement/frelon"});
  EXPECT_EQ(layout.flats.datasets, (Names{"/1.1/measurement/frelon", "/3.1/measurement/frelon"}));
  EXPECT_EQ(layout.darks.datasets, Names{"/4.1/measurement/frelon"});
  EXPECT_EQ(likeliest(layout), "/2.1/measurement/hrsrot") << "the motor that the title commands";
  EXPECT_FALSE(layout.notes.empty());
}

TEST_F(Hdf5LayoutTest, BlissMotors) {
  make(R"(
f = h5py.File('a.h5', 'w')
scan(f, 1, 'projections', 20, None, unsteady=rng.normal(size=20), still=np.ones(20), diffrz=rng.normal(size=20), mymotor=np.linspace(180, 0, 20), short=np.arange(5.))
with h5py.File('b.h5', 'w') as g: s = scan(g, 1, 'projections', 20); s['instrument/positioners/rot'] = np.linspace(0, 9, 20)
)");
  // All motors are candidates, those by the names of rotations first; scan_omega_test.cc tells which is taken.
  std::vector<std::string> motors;
  for (const OmegaCandidate& candidate : find().omega) motors.push_back(candidate.motor);
  EXPECT_EQ(motors, (Names{"diffrz", "still", "mymotor", "unsteady"}));
  EXPECT_EQ(likeliest(find("", "b.h5")), "/1.1/instrument/positioners/rot");
}

TEST_F(Hdf5LayoutTest, BlissSeveralOfEverything) {
  make(R"(
f = h5py.File('a.h5', 'w')
scan(f, 1, 'fscan diffrz 0 0.1 20', 20, 'diffrz'); scan(f, 2, 'fscan diffrz 0 0.1 20', 20, 'diffrz'); scan(f, 3, 'dark', 2, h=4)
g = scan(f, 4, 'dark', 2); g['instrument/basler/data'] = stack(2, 9, 9); scan(f, 5, 'flat', 3, detector='other'); scan(f, 6, 'flat', 3, detector='third', h=8)
b = h5py.File('b.h5', 'w'); g = scan(b, 1, 'fscan diffrz 0 0.1 20', 20, 'diffrz'); g['instrument/basler/data'] = stack(20, 9, 9)
c = h5py.File('c.h5', 'w'); g = c.create_group('1.1'); g['title'] = 'ascan'; g['measurement/x'] = [1, 2]
)");
  EXPECT_NE(error().find("/1.1/measurement/frelon (20 x 6 x 7, \"fscan diffrz 0 0.1 20\"); /2.1"), std::string::npos)
      << error();
  const Hdf5Layout layout = find("/2.1/measurement/frelon");
  EXPECT_EQ(likeliest(layout), "/2.1/measurement/diffrz");
  EXPECT_EQ(layout.darks.datasets, Names{"/4.1/measurement/frelon"});
  EXPECT_EQ(layout.flats.datasets, Names{"/5.1/measurement/other"});
  EXPECT_NE(error("", "b.h5").find("/1.1/instrument/basler/data"), std::string::npos) << error("", "b.h5");
  EXPECT_EQ(likeliest(find("/1.1/instrument/basler/data", "b.h5")), "/1.1/measurement/diffrz");
  EXPECT_NE(error("", "c.h5").find("without images"), std::string::npos) << error("", "c.h5");
}

TEST_F(Hdf5LayoutTest, NXtomo) {
  make(R"(
f = h5py.File('a.h5', 'w')
f['entry/instrument/detector/data'] = stack(12); f['entry/data/data'] = h5py.SoftLink('/entry/instrument/detector/data')
f['entry/instrument/detector/image_key'] = [2, 2, 1, 0, 0, 0, 3, 0, 0, 1, 0, 0]
f['entry/instrument/detector/image_key_control'] = [2, 2, 1, 0, 0, 0, 3, 0, 0, 1, -1, -1]
f['entry/sample/rotation_angle'] = np.array([0, 0, 0, 0, 1, 2, 3, 4, 5, 5, 2, 0.])
)");
  for (const std::string dataset : {"", "/entry/instrument/detector/data", "/entry/data/data", "/entry"}) {
    const Hdf5Layout layout = find(dataset);
    EXPECT_EQ(layout.writer, "NXtomo");
    EXPECT_EQ(layout.projections.frames, (std::vector<int>{3, 4, 5, 7, 8}));
    EXPECT_EQ(layout.flats.frames, (std::vector<int>{2, 9}));
    EXPECT_EQ(layout.darks.frames, (std::vector<int>{0, 1}));
    EXPECT_EQ(layout.darks.datasets, layout.projections.datasets);
    EXPECT_EQ(likeliest(layout), "/entry/sample/rotation_angle");
  }
}

TEST_F(Hdf5LayoutTest, OthersByTheirNames) {
  make(R"(
f = h5py.File('a.h5', 'w')
f['exchange/data'] = stack(10); f['exchange/data_dark'] = stack(2); f['exchange/data_white'] = stack(3); f['exchange/theta'] = np.linspace(0, 180, 10); f['exchange/time'] = np.arange(10.)
f = h5py.File('lima.h5', 'w')
f['entry_0000/ESRF-ID11/frelon/data'] = stack(4); f['entry_0000/measurement/data'] = f['entry_0000/ESRF-ID11/frelon/data']; f['entry_0000/instrument/frelon'] = h5py.SoftLink('/entry_0000/ESRF-ID11/frelon')
f['entry_0000/circle'] = h5py.SoftLink('/entry_0000')
f = h5py.File('chess.h5', 'w'); f['imageseries/images'] = stack(4); f['imageseries'].attrs['omega'] = 1.0
f = h5py.File('plain.h5', 'w'); f['entry/detector/data'] = stack(9); f['darks/data'] = stack(2); f['flats/data'] = stack(2); f['flats/other_size'] = stack(2, 3, 3); f['entry/detector/omega'] = np.arange(9)[:, None] * 0.5; f['mask'] = np.zeros((6, 7), 'u1')
f = h5py.File('image.h5', 'w'); f['x/image'] = stack(1, 50, 60)[0]; f['x/matrix'] = np.eye(3)
f = h5py.File('signal.h5', 'w'); f['a/b'] = stack(3); f['a/c'] = stack(3); f.attrs['default'] = 'a'; f['a'].attrs['signal'] = 'c'
f = h5py.File('two.h5', 'w'); f['a/b'] = stack(3); f['a/c'] = stack(3)
f = h5py.File('none.h5', 'w'); f['a/b'] = np.arange(5); f['x'] = h5py.ExternalLink('gone.h5', '/y')
)");
  Hdf5Layout layout = find();
  EXPECT_EQ(layout.writer, "APS exchange");
  EXPECT_EQ(layout.projections.datasets, Names{"/exchange/data"});
  EXPECT_EQ(layout.darks.datasets, Names{"/exchange/data_dark"});
  EXPECT_EQ(layout.flats.datasets, Names{"/exchange/data_white"});
  EXPECT_EQ(likeliest(layout), "/exchange/theta");

  layout = find("", "lima.h5");
  EXPECT_EQ(layout.writer, "LImA");
  EXPECT_EQ(layout.projections.datasets, Names{"/entry_0000/measurement/data"});
  EXPECT_EQ(likeliest(layout), "");
  EXPECT_TRUE(layout.darks.empty());

  EXPECT_EQ(find("", "chess.h5").writer, "CHESS");
  EXPECT_EQ(find("", "chess.h5").projections.datasets, Names{"/imageseries/images"});

  for (const std::string dataset : {"", "/entry/detector/data", "entry/detector"}) {
    layout = find(dataset, "plain.h5");
    EXPECT_EQ(layout.writer, "HDF5");
    EXPECT_EQ(layout.projections.datasets, Names{"/entry/detector/data"});
    EXPECT_EQ(likeliest(layout), "/entry/detector/omega");
    if (dataset.ends_with("detector")) continue;  // the darks lie elsewhere
    EXPECT_EQ(layout.darks.datasets, Names{"/darks/data"});
    EXPECT_EQ(layout.flats.datasets, Names{"/flats/data"});
  }
  EXPECT_EQ(find("", "image.h5").projections.datasets, Names{"/x/image"});
  EXPECT_EQ(find("", "signal.h5").projections.datasets, Names{"/a/c"});
  EXPECT_EQ(find("/a/b", "signal.h5").projections.datasets, Names{"/a/b"});
  EXPECT_NE(error("", "two.h5").find("/a/b (3 x 6 x 7); /a/c (3 x 6 x 7)"), std::string::npos) << error("", "two.h5");
  EXPECT_NE(error("", "none.h5").find("/x leads nowhere"), std::string::npos) << error("", "none.h5");
  EXPECT_NE(error("/a/c/d", "two.h5").find("no such dataset"), std::string::npos) << error("/a/c/d", "two.h5");
  EXPECT_NE(error("/a/b", "none.h5").find("need 2 or 3"), std::string::npos) << error("/a/b", "none.h5");
  EXPECT_NE(error("", "absent.h5").find("no such file"), std::string::npos);
}

TEST_F(Hdf5LayoutTest, DectrisWithFilesGone) {
  make(R"(
f = h5py.File('a.h5', 'w')
for i in range(5):
    f[f'entry/data/data_{i + 1:06d}'] = h5py.ExternalLink(f'a_data_{i + 1:06d}.h5', '/entry/data/data')
    if i in (1, 4): continue
    with h5py.File(f'a_data_{i + 1:06d}.h5', 'w') as g: g['entry/data/data'] = stack(3)
f['entry/sample/goniometer/omega'] = np.arange(13) * 0.1
f['entry/instrument/detector/detectorSpecific/nimages'] = 13
f['entry/instrument/detector/detectorSpecific/flatfield'] = np.ones((6, 7), 'f4')
)");
  const Hdf5Layout layout = find();
  EXPECT_EQ(layout.writer, "Dectris");
  ASSERT_EQ(layout.projections.datasets.size(), 5u);
  EXPECT_EQ(layout.projections.datasets[1], "/entry/data/data_000002");
  EXPECT_EQ(likeliest(layout), "/entry/sample/goniometer/omega");
  // The last is gone: the scan ends before it.
  EXPECT_EQ(open_hdf5_frames(folder_ / "a.h5", layout.projections.datasets)->frames(), 12);
  ASSERT_EQ(layout.warnings.size(), 1u);
  EXPECT_NE(layout.warnings[0].find("2 of 5 files of frames are missing; the first: "), std::string::npos);
  EXPECT_NE(layout.warnings[0].find("leads to a_data_000002.h5::/entry/data/data, which is not there"),
            std::string::npos);
  EXPECT_EQ(find("/entry/data/data_000003").projections.datasets, Names{"/entry/data/data_000003"});
}

TEST_F(Hdf5LayoutTest, MatricesAreNoImagesAndBrightFramesAreFlats) {
  make(R"(
with h5py.File('a.h5', 'w') as f:
    f['entry1/pil3/data'] = stack(12); f['entry1/sample/orientation_matrix'] = np.eye(3)[None]; f['entry1/sample/ub'] = np.repeat(np.eye(3)[None], 12, 0); f['entry1/sample/t'] = np.repeat(np.eye(4)[None], 12, 0)
with h5py.File('only.h5', 'w') as f: f['entry1/sample/orientation_matrix'] = np.eye(3)[None]
with h5py.File('aps.h5', 'w') as f:
    f['exchange/data'] = stack(12); f['exchange/bright'] = stack(3); f['exchange/dark'] = stack(3)
with h5py.File('1.h5', 'w') as f: scan(f, 1, 'fscan diffrz 0 0.1 20', 20, 'diffrz'); f['1.1/instrument/ub'] = np.repeat(np.eye(3)[None], 20, 0)
)");
  EXPECT_EQ(find().projections.datasets, Names{"/entry1/pil3/data"});
  EXPECT_NE(error("", "only.h5").find("orientation_matrix (1 x 3 x 3) holds matrices, no images"), std::string::npos);
  const Hdf5Layout aps = find("", "aps.h5");
  EXPECT_EQ(aps.projections.datasets, Names{"/exchange/data"});
  EXPECT_EQ(aps.flats.datasets, Names{"/exchange/bright"});
  EXPECT_EQ(aps.darks.datasets, Names{"/exchange/dark"});
  EXPECT_EQ(find("", "1.h5").projections.datasets, Names{"/1.1/measurement/frelon"});
}

// Masters of a sample or a proposal link to the scans of other files.
TEST_F(Hdf5LayoutTest, BlissScansBehindExternalLinks) {
  make(R"(
import os
os.mkdir('raw')
with h5py.File('raw/a.h5', 'w') as f: scan(f, 1, 'fscan diffrz 0 0.1 20', 20, 'diffrz')
with h5py.File('a.h5', 'w') as f: f['sample_1.1'] = h5py.ExternalLink('raw/a.h5', '/1.1')
)");
  const Hdf5Layout layout = find();
  EXPECT_EQ(layout.writer, "BLISS");
  EXPECT_EQ(layout.projections.datasets, Names{"/sample_1.1/measurement/frelon"});
  EXPECT_EQ(likeliest(layout), "/sample_1.1/measurement/diffrz");
  EXPECT_EQ(open_hdf5_frames(folder_ / "a.h5", layout.projections.datasets)->frames(), 20);
}

TEST_F(Hdf5LayoutTest, WhatComesNearestToAStackIsNamed) {
  make(R"(
with h5py.File('empty.h5', 'w') as f: f.create_dataset('entry/data', (0, 5, 6), 'u2')
with h5py.File('huge.h5', 'w') as f: f.create_dataset('entry/data', (3, 70000, 60), 'u2', chunks=(1, 100, 60))
with h5py.File('four.h5', 'w') as f: f.create_dataset('entry/data', (2, 3, 5, 6), 'u2')
)");
  EXPECT_NE(error("", "empty.h5").find("/entry/data is of shape 0 x 5 x 6, which holds no frame"), std::string::npos)
      << error("", "empty.h5");
  EXPECT_NE(error("", "huge.h5").find("70000 x 60, but frames are at most 65535"), std::string::npos)
      << error("", "huge.h5");
  EXPECT_NE(error("", "four.h5").find("2 x 3 x 5 x 6, but frames need 2 or 3 dimensions"), std::string::npos)
      << error("", "four.h5");
}

TEST(Hdf5Layout, TitlesAndMotors) {
  EXPECT_EQ(bliss_kind("dark images"), BlissKind::kDark);
  EXPECT_EQ(bliss_kind("Dark"), BlissKind::kDark);
  EXPECT_EQ(bliss_kind("reference images 1"), BlissKind::kFlat);
  EXPECT_EQ(bliss_kind("tomo: flat"), BlissKind::kFlat);
  EXPECT_EQ(bliss_kind("projections 1 - 2000"), BlissKind::kOther);
  EXPECT_EQ(bliss_kind("fscan diffrz 0 1"), BlissKind::kOther);
}

TEST(Hdf5Layout, RealFiles) {
  const fs::path data = testing::real_data();
  if (data.empty()) GTEST_SKIP() << "no real data here";
  const fs::path lima = data / "labdct_iron/h5_repacked/labdct_roi_0000.h5",
                 master = data / "labdct_iron/h5_repacked/labdct_roi_master.h5";
  EXPECT_EQ(find_hdf5_layout(lima, "").writer, "LImA");
  EXPECT_EQ(find_hdf5_layout(lima, "").projections.datasets, Names{"/entry_0000/measurement/data"});
  const Hdf5Layout bliss = find_hdf5_layout(master, "");
  EXPECT_EQ(bliss.writer, "BLISS");
  EXPECT_EQ(bliss.projections.datasets, Names{"/1.1/measurement/detector"});
  EXPECT_EQ(likeliest(bliss), "/1.1/measurement/rot");
  EXPECT_EQ(find_hdf5_layout(data / "hdf5/eiger4m_bitshuffle.h5", "").projections.datasets, Names{"/entry/data/data"});
  EXPECT_EQ(find_hdf5_layout(data / "hdf5/EIG500_Ti_1_A-2_1_0_data_000001.h5", "").projections.datasets,
            Names{"/entry/data/data"});
  EXPECT_EQ(find_hdf5_layout(data / "hdf5/dls_336502.nxs", "").projections.datasets, Names{"/entry/data/data"});
  const fs::path id03 = data / "hdf5/bliss_id03_energy_scan_layer_0.h5";
  EXPECT_THROW(find_hdf5_layout(id03, ""), Error) << "nine scans of equal right";
  const std::string scan = "/110_5pct_layer_0_111_strain_energy_4_1.1";
  EXPECT_EQ(find_hdf5_layout(id03, scan).projections.datasets, Names{scan + "/instrument/pco_ff/data"});
  EXPECT_EQ(find_hdf5_layout(id03, scan).omega.at(0).motor, "chi");
  EXPECT_THROW(find_hdf5_layout(data / "hdf5/silicon_fullscan_strong_sparse.h5", ""), Error);
}

}  // namespace
}  // namespace dctprep
