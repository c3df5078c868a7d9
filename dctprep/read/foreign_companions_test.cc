// SPDX-License-Identifier: BSD-3-Clause
// What is named as belonging to a scan, and lies with another one.
#include "dctprep/read/foreign_companions.h"

#include <gtest/gtest.h>

#include "dctprep/base/error.h"
#include "dctprep/read/open_scan.h"
#include "dctprep/testing/python_files.h"

namespace dctprep {
namespace {

class ForeignCompanions : public testing::PythonFiles<ForeignCompanions> {
 public:
  static std::string program() {
    return testing::kBlissPrelude + std::string(R"(
frames = np.arange(10 * 4 * 6, dtype=np.uint16).reshape(10, 4, 6)
def scan(name, start):
    with h5py.File(name, 'w') as f:
        f['entry/data'] = frames
        f['entry/dark'] = frames[:3]
        f['entry/omega'] = start + 0.5 * np.arange(10)
        f['entry/mask'] = np.zeros((4, 6), np.uint8)
scan('p.h5', 0); scan('q.h5', 40)
with h5py.File('darks.h5', 'w') as f: f['entry/data/data'] = frames[:5]
with h5py.File('angles.h5', 'w') as f: f['omega'] = np.arange(10.0)
with h5py.File('mask.h5', 'w') as f: f['mask'] = np.zeros((4, 6), np.uint8)
# BLISS: one dark and one scan of another sample in a file; darks alone in another.
with h5py.File('bliss.h5', 'w') as f:
    bliss(f, 1, 'fscan rot 0 0.5 10', frames, 0.5 * np.arange(10)); bliss(f, 2, 'dark 3', frames[:3])
with h5py.File('bliss_darks.h5', 'w') as f: bliss(f, 1, 'dark 3', frames[:3])
with h5py.File('two.h5', 'w') as f:
    bliss(f, 1, 'fscan rot 0 0.5 10', frames, 0.5 * np.arange(10)); bliss(f, 3, 'dark 3', frames[:3])
    bliss(f, 2, 'fscan rot 50 0.5 10', frames + 1, 50 + 0.5 * np.arange(10)); f['2.2/measurement/epoch'] = np.arange(10.0)
    f['1.1/instrument/frelon/dark'] = frames[:3]
with h5py.File('loop.h5', 'w') as f: bliss(f, 1, 'loopscan 5 0.1', frames[:5])
# A master that leads to the frames of raw.h5, as LImA and BLISS make it.
with h5py.File('raw.h5', 'w') as f: f['entry_0000/measurement/data'] = frames
with h5py.File('master.h5', 'w') as f:
    bliss(f, 1, 'fscan rot 0 0.5 10', frames[:0], 0.5 * np.arange(10))
    del f['1.1/instrument/frelon/data'], f['1.1/measurement/frelon']
    layout = h5py.VirtualLayout((10, 4, 6), np.uint16)
    layout[:] = h5py.VirtualSource('raw.h5', 'entry_0000/measurement/data', (10, 4, 6))
    f.create_virtual_dataset('1.1/instrument/frelon/data', layout)
def edf(name, data):
    os.makedirs(os.path.dirname(name), exist_ok=True)
    EdfImage(data=data).write(name)
for sample in 'pq':
    for k in range(10): edf('%s/im_%02d.edf' % (sample, k), frames[k])
    for k in range(2): edf('%s/dark_%d.edf' % (sample, k), frames[k])
for k in range(2): edf('darks/dark_%d.edf' % k, frames[k])
)");
  }

 protected:
  static ScanOptions options(const std::string& path) {
    ScanOptions made;
    made.path = in(path);
    return made;
  }

  // What is warned of beside the angles, which some of these scans lack.
  static std::vector<std::string> warnings_of(const ScanOptions& given) {
    std::vector<std::string> warnings = open_scan(given).warnings;
    std::erase_if(warnings,
                  [](const std::string& text) { return text.find("lies with another scan") == std::string::npos; });
    return warnings;
  }
  static std::vector<std::string> warnings_with_dark(const std::string& scan, const std::string& dark) {
    ScanOptions q = options(scan);
    q.dark = in(dark);
    return warnings_of(q);
  }
  static void expect_named(const std::vector<std::string>& warnings, const std::string& companion,
                           const std::string& other, const std::string& scan) {
    ASSERT_EQ(warnings.size(), 1u) << companion;
    EXPECT_NE(warnings[0].find(in(companion)), std::string::npos) << warnings[0];
    EXPECT_NE(warnings[0].find(in(other)), std::string::npos) << warnings[0];
    EXPECT_NE(warnings[0].find(in(scan)), std::string::npos) << warnings[0];
  }
};

TEST_F(ForeignCompanions, DarksOfAnotherScanAreWarnedOf) {
  expect_named(warnings_with_dark("q.h5", "p.h5::/entry/dark"), "p.h5::/entry/dark", "p.h5::/entry/data (10 frames",
               "q.h5");
  expect_named(warnings_with_dark("q.h5", "p.h5"), "p.h5", "p.h5::/entry/data", "q.h5");
  expect_named(warnings_with_dark("q.h5", "bliss.h5::/2.1/instrument/frelon/data"),
               "bliss.h5::/2.1/instrument/frelon/data", "bliss.h5::/1.1/measurement/frelon", "q.h5");
  expect_named(warnings_with_dark("q", "p/dark_*.edf"), "p/dark_*.edf", "p/im_#.edf (10 files)", "q");
  ScanOptions masked = options("q.h5");
  masked.mask = in("p.h5::/entry/mask");
  expect_named(warnings_of(masked), "p.h5::/entry/mask", "p.h5::/entry/data", "q.h5");
}

TEST_F(ForeignCompanions, DarksOfTheirOwnOrOfThisScanAreAsTheyShouldBe) {
  for (const char* dark : {"darks.h5", "darks.h5::/entry/data/data", "q.h5::/entry/dark", "bliss_darks.h5", "loop.h5",
                           "loop.h5::/1.1/measurement/frelon", "darks", "darks/dark_*.edf"}) {
    EXPECT_TRUE(warnings_with_dark("q.h5", dark).empty()) << dark;
  }
  for (const char* dark : {"q/dark_*.edf", "darks", "darks.h5"})
    EXPECT_TRUE(warnings_with_dark("q", dark).empty()) << dark;
  EXPECT_TRUE(warnings_of(options("q.h5")).empty());
  ScanOptions masked = options("q.h5");
  masked.mask = in("mask.h5");
  EXPECT_TRUE(warnings_of(masked).empty());
}

TEST_F(ForeignCompanions, AnglesOfAnotherScanAreRefused) {
  ScanOptions q = options("q.h5");
  q.omega = in("p.h5::/entry/omega");
  try {
    open_scan(q);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kUsage);
    const std::string text = error.what();
    for (const std::string& named : {in("p.h5::/entry/omega"), in("p.h5::/entry/data"), in("q.h5")})
      EXPECT_NE(text.find(named), std::string::npos) << text;
  }
  q.omega = in("q.h5::/entry/omega");
  EXPECT_EQ(open_scan(q).omega.front(), 40);
  q.omega = in("angles.h5::/omega");
  EXPECT_EQ(open_scan(q).omega.back(), 9);
}

TEST_F(ForeignCompanions, AFileMayHoldSeveralScans) {
  ScanOptions second = options("two.h5::/2.1/measurement/frelon");
  second.omega = in("two.h5::/1.1/measurement/rot");
  EXPECT_THROW(open_scan(second), Error);
  for (const char* own : {"two.h5::/2.1/measurement/rot", "two.h5::/2.2/measurement/epoch"}) {
    second.omega = in(own);
    EXPECT_TRUE(warnings_of(second).empty()) << own;
  }
  second.omega = "auto";
  second.dark = in("two.h5::/3.1/measurement/frelon");
  EXPECT_TRUE(warnings_of(second).empty());
  second.dark = in("two.h5::/1.1/instrument/frelon/dark");
  EXPECT_EQ(warnings_of(second).size(), 1u);
}

TEST_F(ForeignCompanions, AMasterIsAnotherDoorToTheSameScan) {
  ScanOptions raw = options("raw.h5");
  raw.omega = in("master.h5::/1.1/measurement/rot");
  EXPECT_EQ(open_scan(raw).omega.back(), 4.5);
  // And the other way round.
  ScanOptions master = options("master.h5");
  master.dark = in("raw.h5::/entry_0000/measurement/data");
  EXPECT_TRUE(warnings_of(master).empty());
}

}  // namespace
}  // namespace dctprep
