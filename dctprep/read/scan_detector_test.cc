// SPDX-License-Identifier: BSD-3-Clause
// What a file says of its detector, on masters as Dectris' detectors write them and on NeXus files.
#include <fstream>
#include <gtest/gtest.h>

#include "dctprep/base/error.h"
#include "dctprep/read/hdf5/cases_test.h"
#include "dctprep/read/open_scan.h"
#include "dctprep/testing/testing.h"

namespace dctprep {
namespace {

using testing::TemporaryFolder;

class ScanDetector : public ::testing::Test {
 protected:
  // `d`: 12 frames of 6 x 9 pixels; `gap`: masked pixels. master(name, parts, dtype, ...) writes a master with its
  // files.
  void make(const std::string& program) {
    const auto made = testing::run_python(testing::kHdf5Prelude + R"(
import hdf5plugin
d = stack(12, 6, 9); gap = np.zeros((6, 9), bool); gap[:, 4] = True; gap[2, 7] = True
def master(name, parts, t='u2', data=d, links=None, numbers=True, **detector):
    k = 0
    for i, n in enumerate(parts):
        with h5py.File(f'{name}_data_{i + 1:06}.h5', 'w') as f:
            f.create_dataset('entry/data/data', data=data[k:k + n].astype(t), chunks=(1, 6, 9), **hdf5plugin.Bitshuffle())
            if numbers: f['entry/data/data'].attrs['image_nr_low'] = np.int32(k + 1)
        k += n
    with h5py.File(f'{name}.h5', 'w') as f:
        for i in range(links or len(parts)): f[f'entry/data/data_{i + 1:06}'] = h5py.ExternalLink(f'{name}_data_{i + 1:06}.h5', '/entry/data/data')
        g = f.create_group('entry/instrument/detector')
        for key, value in detector.items():
            inside = key in ('nimages', 'ntrigger', 'pixel_mask', 'countrate_correction_count_cutoff')
            (g.require_group('detectorSpecific') if inside else g)[key] = value
        f['entry/sample/goniometer/omega'] = np.arange(12) * 0.5
def expect(name, pixels, bad):
    np.asarray(pixels).astype('<u2').tofile(name + '.pixels'); np.asarray(bad).astype('u1').tofile(name + '.bad')
)" + program,
                                          folder_.path());
    ASSERT_EQ(made.status, 0) << made.output;
  }
  Scan open(const std::string& name, const std::string& mask = "auto") const {
    ScanOptions options;
    options.path = (folder_ / name).string();
    options.mask = mask;
    return open_scan(options);
  }
  // Frames and bad pixels are those that Python wrote down; `missing` frames are.
  void expect_scan(const Scan& scan, const std::string& expected, const std::vector<int>& missing = {}) const {
    const auto pixels = testing::read_values<std::uint16_t>(folder_ / (expected + ".pixels"));
    const auto bad = testing::read_values<std::uint8_t>(folder_ / (expected + ".bad"));
    ASSERT_EQ(pixels.size(), bad.size() * static_cast<std::size_t>(scan.frame_count())) << expected;
    EXPECT_TRUE(std::ranges::equal(scan.bad_pixels.pixels(), bad)) << expected;
    Image<std::uint16_t> frame(scan.height(), scan.width());
    for (int k = 0; k < scan.frame_count(); ++k) {
      const bool is_missing = std::ranges::find(missing, k) != missing.end();
      ASSERT_EQ(scan.frames->read(k, frame).has_value(), is_missing) << expected << " " << k;
      if (is_missing) continue;
      EXPECT_TRUE(std::equal(frame.pixels().begin(), frame.pixels().end(),
                             pixels.begin() + static_cast<std::ptrdiff_t>(frame.size()) * k))
          << expected << " " << k;
    }
  }
  static bool says(const std::vector<std::string>& lines, const std::string& text) {
    return std::ranges::any_of(lines, [&](const std::string& line) { return line.find(text) != std::string::npos; });
  }
  TemporaryFolder folder_;
};

TEST_F(ScanDetector, PixelMasksMeanTheSameInAnyNumberOfBits) {
  make(R"(
for bits in (8, 16, 32):
    small = d % 200; top = 2**bits - 1
    full = np.where(gap, top, small); full[3, 0, 0] = top  # for once: an overload
    t = f'u{bits // 8}'
    m = gap.astype('u4'); m[5, 5] = 2; m[5, 6] = 1 << 31  # a dead pixel; a tag that is no fault
    master(f'mask{bits}', [7, 5], t, full, pixel_mask=m, bit_depth_image=bits)
    bad = gap.copy(); bad[5, 5] = True
    read = np.where(bad, 0, small); read[3, 0, 0] = min(top, 65535)
    expect(f'mask{bits}', read, bad)
    raw = np.where((bits == 32) & gap, 0, np.minimum(full, 65535))
    expect(f'none{bits}', raw, gap if bits == 32 else 0 * gap)
    master(f'bare{bits}', [12], t, full, bit_depth_image=bits)
    read = np.where(gap, 0, small); read[3, 0, 0] = min(top, 65535)
    expect(f'bare{bits}', read, gap)
other = np.zeros((6, 9), 'u1'); other[0, 8] = 1; np.save('other.npy', other)
)");
  for (const std::string bits : {"8", "16", "32"}) {
    expect_scan(open("mask" + bits + ".h5"), "mask" + bits);
    expect_scan(open("mask" + bits + ".h5", "none"), "none" + bits);
    expect_scan(open("bare" + bits + ".h5"), "bare" + bits);
  }
  EXPECT_TRUE(
      says(open("mask16.h5").notes, "8 pixels are masked by /entry/instrument/detector/detectorSpecific/pixel_mask"));
  EXPECT_TRUE(says(open("bare16.h5").notes, "7 pixels always hold 65535"));
  // A mask of one's own comes on top.
  const Scan both = open("mask16.h5", (folder_ / "other.npy").string());
  EXPECT_EQ(std::ranges::count(both.bad_pixels.pixels(), 1), 9);
  EXPECT_EQ(both.bad_pixels(0, 8), 1);
}

// Of 32 bits: what is marked in some frames alone is overloaded, also where the first frame is one of them.
TEST_F(ScanDetector, MarkersThatComeAndGoAreOverloads) {
  make(R"(
for t in ('u4', 'u8'):
    full = d.astype(t); top = np.iinfo(t).max
    full[:, gap] = top; full[0, 0, 0] = top; full[7:, 5, 8] = top - 1
    with h5py.File(f'{t}.h5', 'w') as f: f['data'] = full
    expect(t, np.where(full >= top - 1, np.where(gap, 0, 65535), full), gap)
signed = d.astype('i4'); signed[:, gap] = -1; signed[7, 5, 8] = -2
with h5py.File('i4.h5', 'w') as f: f['data'] = signed
expect('i4', np.maximum(signed, 0), gap)
)");
  for (const std::string type : {"u4", "u8", "i4"}) expect_scan(open(type + ".h5"), type);
  const Scan scan = open("u4.h5");
  Image<std::uint16_t> frame(6, 9);
  Image<std::uint8_t> markers(6, 9);
  for (const int k : {0, 3, 7}) {
    PixelChanges counted, marked;
    counted.ignored = marked.ignored = scan.bad_pixels;
    ASSERT_FALSE(scan.frames->read(k, frame, {}, &counted));
    ASSERT_FALSE(scan.frames->read(k, frame, markers, &marked));
    EXPECT_TRUE(std::ranges::equal(markers.pixels(), scan.bad_pixels.pixels())) << k;
    for (const PixelChanges& changes : {counted, marked}) {
      EXPECT_EQ(changes[PixelChange::kMarked].pixels, 0u) << k;
      EXPECT_EQ(changes[PixelChange::kAbove].pixels, k == 3 ? 0u : 1u) << k;
      const std::size_t first = changes[PixelChange::kAbove].first;
      EXPECT_EQ(first, k == 7 ? 53u : 0u) << k;
    }
  }
}

// The numbers of frames that LImA and its like announce: fewer are told, more are not cut.
TEST_F(ScanDetector, FramesThatWereAskedForAndAreNotThereAreTold) {
  make(R"(
from fabio.edfimage import EdfImage
for name, group, key, count in (('lima', 'entry/instrument/frelon/acquisition', 'nb_frames', 15), ('bliss', 'entry/instrument/frelon/acq_parameters', 'acq_nb_frames', 15),
                                ('whole', 'entry/instrument/frelon/acquisition', 'nb_frames', 12), ('step', 'entry/instrument/frelon/acquisition', 'nb_frames', 1)):
    with h5py.File(name + '.h5', 'w') as f: f['entry/instrument/frelon/data'] = d; f[group + '/' + key] = count
for count in (1, 12, 15):
    os.makedirs(f'edf{count}')
    for k in range(12): EdfImage(data=d[k], header={'acq_nb_frames': str(count)}).write(f'edf{count}/im_{k:04}.edf')
)");
  const std::string of_file = "/nb_frames), and 12 are there", asked = "15 frames were asked for (";
  EXPECT_TRUE(says(open("lima.h5").warnings, asked + "/entry/instrument/frelon/acquisition" + of_file));
  EXPECT_TRUE(says(open("bliss.h5").warnings, asked));
  EXPECT_TRUE(says(open("edf15").warnings, asked + "acq_nb_frames of the headers), and 12 are there"));
  for (const char* name : {"whole.h5", "step.h5", "edf1", "edf12"}) {
    EXPECT_FALSE(says(open(name).warnings, "asked for")) << name;
    EXPECT_EQ(open(name).frame_count(), 12) << name;
  }
}

TEST_F(ScanDetector, MasksAreFoundWhereNexusPutsThemAndMayBeCompressed) {
  make(R"(
def nexus(name, **options):
    with h5py.File(name, 'w') as f:
        for detector in ('eiger', 'pilatus'):
            g = f.create_group('entry/instrument/' + detector); g.attrs['NX_class'] = 'NXdetector'
            m = gap if detector == 'eiger' else ~gap
            g.create_dataset('pixel_mask', data=m.astype('i4') * 256, **options)
            g['data'] = d
        f['entry/data/data'] = h5py.SoftLink('/entry/instrument/eiger/data')
        f['entry/data/other'] = h5py.SoftLink('/entry/instrument/pilatus/data')
nexus('plain.h5'); nexus('packed.h5', chunks=(6, 9), **hdf5plugin.Bitshuffle()); nexus('gzip.h5', compression='gzip')
with h5py.File('wide.h5', 'w') as f: f['entry/data/data'] = d; f['entry/instrument/detector/pixel_mask'] = np.ones((9, 6), 'u4')
with h5py.File('lost.h5', 'w', libver='latest') as f:
    f['entry/data/data'] = d
    l = h5py.VirtualLayout((6, 9), 'u4'); l[:] = h5py.VirtualSource('gone.h5', 'mask', (6, 9))
    f.create_virtual_dataset('entry/instrument/detector/pixel_mask', l)
expect('eiger', np.where(gap, 0, d), gap); expect('pilatus', np.where(gap, d, 0), ~gap); expect('wide', d, 0 * gap)
)");
  for (const char* file : {"plain.h5", "packed.h5", "gzip.h5"}) {
    expect_scan(open(file + std::string("::/entry/instrument/eiger/data")), "eiger");
    expect_scan(open(file + std::string("::/entry/instrument/pilatus/data")), "pilatus");
  }
  expect_scan(open("wide.h5"), "wide");
  try {
    open("lost.h5");
    FAIL() << "no error";
  } catch (const Error& error) {
    const std::string what = error.what();
    EXPECT_NE(what.find("its source gone.h5 is gone"), std::string::npos) << what;
    EXPECT_NE(what.find("scan.mask = \"none\""), std::string::npos) << what;
  }
  expect_scan(open("lost.h5", "none"), "wide");
}

TEST_F(ScanDetector, FramesThatWereAskedForAreCountedAndKeepTheirPlaces) {
  make(R"(
master('whole', [5, 5, 2], nimages=12)
master('triggers', [5, 5, 2], nimages=4, ntrigger=3)
master('more', [5, 5, 2], nimages=5, ntrigger=2)
master('short', [5, 5, 1], nimages=12)
master('first', [5, 5, 2], links=1, nimages=12)
master('tail', [5, 5, 2], nimages=12); os.remove('tail_data_000003.h5')
master('middle', [5, 5, 2], nimages=12); os.remove('middle_data_000002.h5')
master('begin', [5, 5, 2], nimages=12); os.remove('begin_data_000001.h5')
none = 0 * gap
expect('whole', d, none); expect('more', d[:10], none); expect('short', d[:11], none); expect('first', d[:5], none); expect('tail', d[:10], none)
for name, numbers in (('ragged', True), ('ragged_size', False)):
    master(name, [5, 5, 2], nimages=12, numbers=numbers)
    os.remove(name + '_data_000002.h5')
    with h5py.File(name + '_data_000002.h5', 'w') as f:
        f['entry/data/data'] = d[5:8]
        if numbers: f['entry/data/data'].attrs['image_nr_low'] = np.int32(6)
)");
  expect_scan(open("whole.h5"), "whole");
  EXPECT_FALSE(says(open("whole.h5").warnings, "asked for"));
  expect_scan(open("triggers.h5"), "whole");
  EXPECT_FALSE(says(open("triggers.h5").warnings, "asked for"));
  expect_scan(open("more.h5"), "more");
  EXPECT_TRUE(
      says(open("more.h5").warnings,
           "10 frames were asked for (/entry/instrument/detector/detectorSpecific/nimages), and 12 are there: the "
           "first 10 are used"));
  for (const auto& [name, there] : {std::pair{"short", "11"}, {"first", "5"}, {"tail", "10"}}) {
    const Scan scan = open(name + std::string(".h5"));
    expect_scan(scan, name);
    EXPECT_TRUE(says(scan.warnings, std::string("and ") + there + " are there: the scan ends early")) << name;
    EXPECT_DOUBLE_EQ(scan.omega.back(), 0.5 * (scan.frame_count() - 1)) << name;
  }
  EXPECT_TRUE(says(open("tail.h5").warnings, "1 of 3 files of frames is missing; the first: "));
  expect_scan(open("middle.h5"), "whole", {5, 6, 7, 8, 9});
  EXPECT_TRUE(says(open("middle.h5").warnings, "leads to middle_data_000002.h5"));
  expect_scan(open("begin.h5"), "whole", {0, 1, 2, 3, 4});
  expect_scan(open("ragged.h5"), "whole", {8, 9});
  expect_scan(open("ragged_size.h5"), "whole", {8, 9});
  // One file of it, by its name.
  EXPECT_FALSE(says(open("whole.h5::/entry/data/data_000001").warnings, "asked for"));
}

TEST_F(ScanDetector, SaturationIsWhatTheFileSays) {
  make(R"(
master('cutoff', [12], 'u4', countrate_correction_count_cutoff=12345)
master('both', [12], 'u4', countrate_correction_count_cutoff=12345, saturation_value=9000)
master('large', [12], 'u4', countrate_correction_count_cutoff=2**31 - 1)
master('odd', [12], 'u2', saturation_value=0)
master('list', [12], 'u2', saturation_value=np.array([700, 800]), countrate_correction_count_cutoff='many')
master('bytes', [12], 'u1', d % 200, saturation_value=40000)
)");
  EXPECT_EQ(open("cutoff.h5").default_saturation(), 12345);
  EXPECT_EQ(open("both.h5").default_saturation(), 9000);
  for (const char* name : {"large.h5", "odd.h5", "list.h5"}) EXPECT_EQ(open(name).default_saturation(), 65535) << name;
  EXPECT_EQ(open("bytes.h5").default_saturation(), 255);
}

}  // namespace
}  // namespace dctprep
