// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/read/hdf5/series.h"

#include <cmath>
#include <gtest/gtest.h>

#include "dctprep/base/error.h"
#include "dctprep/read/hdf5/cases_test.h"
#include "dctprep/read/open_scan.h"
#include "dctprep/read/scan_monitor.h"
#include "dctprep/testing/testing.h"

namespace dctprep {
namespace {

using testing::TemporaryFolder;

class Hdf5Series : public ::testing::Test {
 protected:
  // Folders of files of 3 frames each, the last of 2, as LImA writes them; `expected` holds all the frames.
  void SetUp() override {
    const auto made = testing::run_python(testing::kHdf5Prelude + R"(
import hdf5plugin
d = stack(11, 5, 6); d.astype('<u2').tofile('expected')
def series(folder, skip=(), first=8):
    os.makedirs(folder)
    for i in range(4):
        if i in skip: continue
        with h5py.File(f'{folder}/cam_{first + i:04}.h5', 'w') as f:
            f.create_dataset('entry_0000/measurement/data', data=d[3 * i:3 * i + 3], chunks=(1, 5, 6), **hdf5plugin.Bitshuffle())
series('whole'); series('gap', [1, 2]); series('tail', [3])
series('broken'); open('broken/cam_0009.h5', 'wb').write(b'\x89HDF\r\n\x1a\n' + b'x' * 50)
series('mixed'); h5py.File('mixed/master.h5', 'w').close()
series('sizes'); os.remove('sizes/cam_0010.h5')
with h5py.File('sizes/cam_0010.h5', 'w') as f: f['entry_0000/measurement/data'] = stack(3, 6, 6)
series('several')
for i in range(8, 12):
    with h5py.File(f'several/cam_{i:04}.h5', 'a') as f: f['entry_0000/other/data'] = stack(3, 5, 6)
series('lists'); series('lists_gap', [1]); series('lists_cut')
for folder in ('lists', 'lists_gap', 'lists_cut'):
    for i in range(4):
        name, k = f'{folder}/cam_{8 + i:04}.h5', np.arange(3 * i, min(3 * i + 3, 11))
        if not os.path.exists(name): continue
        with h5py.File(name, 'a') as f:
            f['entry_0000/rotation_angle'] = np.deg2rad(10 + 2.0 * k); f['entry_0000/rotation_angle'].attrs['units'] = 'rad'
            f['entry_0000/measurement/fpico2'] = 100.0 + k
            if folder == 'lists_cut' and i == 2: del f['entry_0000/rotation_angle']; f['entry_0000/rotation_angle'] = k[:2]
series('darks'); h5py.File('darks/dark_0001.h5', 'w').close(); h5py.File('darks/dark_0002.h5', 'w').close()
)",
                                          folder_.path());
    ASSERT_EQ(made.status, 0) << made.output;
  }
  std::string error_of(const std::string& path) const {
    try {
      open_scan({.path = (folder_ / path).string()});
    } catch (const Error& error) {
      return error.what();
    }
    return "no error";
  }
  void expect_frames(const std::string& path, int frames, const std::vector<int>& missing) const {
    SCOPED_TRACE(path);
    const Scan scan = open_scan({.path = (folder_ / path).string()});
    ASSERT_EQ(scan.frame_count(), frames);
    EXPECT_EQ(scan.storage.format, "HDF5 series");
    EXPECT_EQ(scan.storage.compression, "bitshuffle-lz4");
    const auto pixels = testing::read_values<std::uint16_t>(folder_ / "expected");
    const std::vector<std::uint8_t> marked(pixels.size(), 0);
    for (int k = 0; k < frames; ++k) testing::expect_frame(*scan.frames, k, pixels, marked, missing, {}, path);
  }
  TemporaryFolder folder_;
};

TEST_F(Hdf5Series, FilesOfAFolderOrGlobAreOneScan) {
  expect_frames("whole", 11, {});
  expect_frames("whole/*.h5", 11, {});
  expect_frames("whole/cam_00??.h5", 11, {});
  expect_frames("darks", 11, {});
  expect_frames("mixed/cam_*.h5", 11, {});
  EXPECT_EQ(open_scan({.path = (folder_ / "whole").string()}).frames->frame_name(4), "cam_0009.h5: frame 1");
  // One file is a scan of its own, also by a glob.
  EXPECT_EQ(open_scan({.path = (folder_ / "whole/cam_0011.h5").string()}).frame_count(), 2);
  EXPECT_EQ(open_scan({.path = (folder_ / "whole/*11.h5").string()}).frame_count(), 2);
}

TEST_F(Hdf5Series, FilesThatAreGoneOrBrokenAreMissingFrames) {
  expect_frames("gap", 11, {3, 4, 5, 6, 7, 8});
  expect_frames("tail", 9, {});
  expect_frames("broken", 11, {3, 4, 5});
}

TEST_F(Hdf5Series, ListsBesideTheFramesOfEachFileAreJoined) {
  const Scan whole = open_scan({.path = (folder_ / "lists").string()});
  EXPECT_EQ(whole.omega_source, OmegaSource::kRecorded);
  ASSERT_EQ(whole.omega.size(), 11u);
  for (int k = 0; k < 11; ++k) EXPECT_NEAR(whole.omega[static_cast<std::size_t>(k)], 10 + 2 * k, 1e-9);
  const Scan again = open_scan({.path = (folder_ / "lists").string(), .omega = whole.omega_path});
  EXPECT_EQ(again.omega, whole.omega);
  for (const std::string option : {"auto", "fpico2"}) {
    const ScanMonitor monitor = read_monitor(option, whole);
    EXPECT_EQ(read_monitor(monitor.path, whole).values, monitor.values);
    ASSERT_EQ(monitor.values.size(), 11u);
    for (int k = 0; k < 11; ++k) EXPECT_EQ(monitor.values[static_cast<std::size_t>(k)], 100 + k);
  }
  ScanOptions part{.path = (folder_ / "lists").string()};
  part.frames = {{4, 9}};
  EXPECT_EQ(read_monitor("fpico2", open_scan(part)).values, (std::vector<double>{104, 105, 106, 107, 108, 109}));

  // The angles of missing frames lie between those of their neighbours; their monitor is not known.
  const Scan gap = open_scan({.path = (folder_ / "lists_gap").string()});
  ASSERT_EQ(gap.omega.size(), 11u);
  for (int k = 0; k < 11; ++k) EXPECT_NEAR(gap.omega[static_cast<std::size_t>(k)], 10 + 2 * k, 1e-9);
  const ScanMonitor monitor = read_monitor("fpico2", gap);
  EXPECT_TRUE(std::isnan(monitor.values[3]) && std::isnan(monitor.values[5]));
  EXPECT_EQ(monitor.values[6], 106);

  const Scan cut = open_scan({.path = (folder_ / "lists_cut").string()});
  EXPECT_EQ(cut.omega_source, OmegaSource::kUnknown);
  EXPECT_NE(
      cut.omega_rejected.at(0).find("cam_0010.h5::/entry_0000/rotation_angle: holds 2 values where the file has 3"),
      std::string::npos)
      << cut.omega_rejected[0];
}

TEST_F(Hdf5Series, WhatIsNoSeriesIsRefusedWithTheReason) {
  EXPECT_NE(error_of("mixed").find("HDF5 files (cam_0008.h5 ... cam_0011.h5 (4 files), master.h5); name one of them"),
            std::string::npos)
      << error_of("mixed");
  EXPECT_NE(error_of("sizes").find("cam_0010.h5: frame 0 has frames of 6 x 6 pixels where the first ones have 5 x 6"),
            std::string::npos)
      << error_of("sizes");
  EXPECT_NE(error_of("several").find("holds several stacks of frames"), std::string::npos) << error_of("several");
}

}  // namespace
}  // namespace dctprep
