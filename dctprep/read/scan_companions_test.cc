// SPDX-License-Identifier: BSD-3-Clause
// Darks in the forms in which other programs keep them.
#include "dctprep/read/scan_companions.h"

#include <algorithm>
#include <gtest/gtest.h>

#include "dctprep/base/error.h"
#include "dctprep/read/open_scan.h"
#include "dctprep/testing/python_files.h"

namespace dctprep {
namespace {

// Frames of 4 x 6 pixels of about 120 counts over darks of 15 ... 38; sums of 20 darks; files of darks by many names.
class ScanCompanions : public testing::PythonFiles<ScanCompanions> {
 public:
  static std::string program() {
    return testing::kBlissPrelude + std::string(R"(
frames = (120 + np.arange(10 * 4 * 6) % 7).astype(np.uint16).reshape(10, 4, 6)
dark = (15 + np.arange(24)).reshape(4, 6)
darks = np.stack([dark - 1, dark, dark + 1]).astype(np.uint16)
with h5py.File('scan.h5', 'w') as f: f['entry/data'] = frames
with h5py.File('called_dark.h5', 'w') as f: f['dark'] = darks
with h5py.File('no_values.h5', 'w') as f: f['dark'] = np.full((4, 6), np.nan, 'f4')
few = dark.astype('f4'); few[0, 3] = np.nan
with h5py.File('few_values_lack.h5', 'w') as f: f['dark'] = few
layout = h5py.VirtualLayout((3, 4, 6), 'u2'); layout[:] = h5py.VirtualSource('gone.h5', 'dark', (3, 4, 6))
with h5py.File('source_gone.h5', 'w') as f: f.create_virtual_dataset('dark', layout)
layout = h5py.VirtualLayout((3, 4, 6), 'u2')
layout[0] = h5py.VirtualSource('gone.h5', 'dark', (3, 4, 6))[0]; layout[1:] = h5py.VirtualSource('called_dark.h5', 'dark', (3, 4, 6))[1:]
with h5py.File('part_gone.h5', 'w') as f: f.create_virtual_dataset('dark', layout)
with h5py.File('exchange.h5', 'w') as f: f['exchange/data_dark'] = darks; f['exchange/data_white'] = darks * 4
with h5py.File('bliss.h5', 'w') as f: bliss(f, 1, 'dark 3', darks)
with h5py.File('several.h5', 'w') as f: f['a/dark'] = darks; f['b/dark'] = darks
with h5py.File('sizes.h5', 'w') as f: f['a/dark'] = darks; f['b/dark'] = darks[:, :2]
with h5py.File('nabu.hdf5', 'w') as f:
    f['entry0000/darks/0'] = darks[0].astype(np.float32) + 0.25; f['entry0000/darks/1500'] = darks[2].astype(np.float32)
    f['entry0000/darks/1700'] = darks[2].astype(np.float32)
def edf(name, data, **header):
    os.makedirs(os.path.dirname(name) or '.', exist_ok=True)
    EdfImage(data=data, header={k: str(v) for k, v in header.items()}).write(name)
total = dark * 20
edf('sum_said.edf', total.astype(np.uint32), acc_nb_frames=20)
edf('sum_large.edf', (total * 500).astype(np.uint32), nsum=10000)
edf('sum_rounded.edf', (total + 10).astype(np.uint32), nsum=20)
edf('sum_likely.edf', total.astype(np.uint32), nb_frames=20)
edf('mean_likely.edf', dark.astype(np.uint16), nb_frames=20)
edf('sum_silent.edf', total.astype(np.uint32))
for folder, header in ('said', {'acc_nb_frames': 20}), ('silent', {}), ('mean', {}):
    for k in range(5): edf('%s/im_%d.edf' % (folder, k), frames[k])
    data = dark.astype(np.float32) if folder == 'mean' else total.astype(np.uint32)
    edf('%s/darkend0000.edf' % folder, data, **header)
for k in range(5): edf('accumulated/im_%d.edf' % k, frames[k] * 10, acc_nb_frames=10)
edf('accumulated/dark.edf', total.astype(np.uint32), acc_nb_frames=20)
)");
  }

 protected:
  static Scan with_dark(const std::string& dark, const std::string& scan = "scan.h5") {
    ScanOptions options;
    options.path = in(scan);
    if (dark != "auto") options.dark = in(dark);
    return open_scan(options);
  }
  // Pixels 0 and 23 of dark frame k; {-1} where there is none.
  static std::vector<int> ends(const Scan& scan, int k = 0) {
    if (!scan.darks) return {-1};
    Image<std::uint16_t> image(4, 6);
    EXPECT_FALSE(scan.darks->read(k, image));
    return {image.data()[0], image.data()[23]};
  }
  static bool noted(const Scan& scan, const std::string& what) {
    return std::ranges::any_of(scan.notes,
                               [&](const std::string& note) { return note.find(what) != std::string::npos; });
  }
  static std::string error_with(const std::string& dark) {
    try {
      with_dark(dark);
    } catch (const Error& error) {
      return error.what();
    }
    return "no error";
  }
};

using Pixels = std::vector<int>;

TEST_F(ScanCompanions, AFileThatHoldsNothingButDarksIsThem) {
  for (const char* dark : {"called_dark.h5", "exchange.h5", "bliss.h5", "sizes.h5"}) {
    const Scan scan = with_dark(dark);
    ASSERT_TRUE(scan.darks) << dark;
    EXPECT_EQ(scan.darks->frames(), 3) << dark;
    EXPECT_EQ(ends(scan, 1), (Pixels{15, 38})) << dark;
    EXPECT_EQ(scan.dark_path, in(dark));
  }
  EXPECT_NE(error_with("several.h5").find("holds 2 stacks of darks (/a/dark, /b/dark); name one as "),
            std::string::npos)
      << error_with("several.h5");
  ScanOptions flat;
  flat.path = in("scan.h5");
  flat.flat = in("exchange.h5");
  const Scan scan = open_scan(flat);
  Image<std::uint16_t> image(4, 6);
  EXPECT_FALSE(scan.flats->read(1, image));
  EXPECT_EQ(image(0, 0), 60);
}

TEST_F(ScanCompanions, ADarkWithoutValuesIsRefused) {
  EXPECT_NE(error_with("no_values.h5").find("24 of its 24 pixels are not a number"), std::string::npos)
      << error_with("no_values.h5");
  EXPECT_EQ(ends(with_dark("few_values_lack.h5")), (Pixels{15, 38}));
  EXPECT_NE(
      error_with("source_gone.h5").find("none of the 3 dark frames can be read (the first: its source gone.h5 is gone"),
      std::string::npos)
      << error_with("source_gone.h5");
  EXPECT_EQ(ends(with_dark("part_gone.h5"), 1), (Pixels{15, 38}));
}

TEST_F(ScanCompanions, ReducedDarksOfOneGroupBelongTogether) {
  const Scan scan = with_dark("nabu.hdf5");
  ASSERT_TRUE(scan.darks);
  EXPECT_EQ(scan.darks->frames(), 3);
  EXPECT_EQ(ends(scan, 0), (Pixels{14, 37}));
  EXPECT_EQ(ends(scan, 2), (Pixels{16, 39}));
  EXPECT_TRUE(noted(scan, "rounded to whole numbers"));
}

TEST_F(ScanCompanions, SumsAreDividedWhereTheHeaderSaysOfHowMany) {
  const Scan said = with_dark("sum_said.edf");
  EXPECT_EQ(ends(said), (Pixels{15, 38}));
  EXPECT_TRUE(noted(said, "is a sum of frames: divided by 20 (by acc_nb_frames in its header)"));
  EXPECT_EQ(said.dark_path, in("sum_said.edf"));
  // Of more counts than a pixel holds; half a count is rounded upwards.
  EXPECT_EQ(ends(with_dark("sum_large.edf")), (Pixels{15, 38}));
  EXPECT_EQ(ends(with_dark("sum_rounded.edf")), (Pixels{16, 39}));
  // A number of frames may be that of a mean: its level tells.
  EXPECT_EQ(ends(with_dark("sum_likely.edf")), (Pixels{15, 38}));
  const Scan mean = with_dark("mean_likely.edf");
  EXPECT_EQ(ends(mean), (Pixels{15, 38}));
  EXPECT_FALSE(noted(mean, "sum"));
  // Nothing is guessed.
  EXPECT_EQ(ends(with_dark("sum_silent.edf")), (Pixels{300, 760}));
}

TEST_F(ScanCompanions, FramesMayBeSumsThemselves) {
  EXPECT_EQ(ends(with_dark("auto", "accumulated")), (Pixels{150, 380}));
}

TEST_F(ScanCompanions, DarkendIsFoundWhereItIsClearWhatItIs) {
  const Scan said = with_dark("auto", "said");
  EXPECT_EQ(ends(said), (Pixels{15, 38}));
  EXPECT_EQ(said.dark_path, in("said/darkend0000.edf"));
  EXPECT_EQ(ends(with_dark("auto", "mean")), (Pixels{15, 38}));
  const Scan silent = with_dark("auto", "silent");
  EXPECT_EQ(ends(silent), (Pixels{-1}));
  EXPECT_TRUE(noted(silent, "it may be a sum of frames"));
}

}  // namespace
}  // namespace dctprep
