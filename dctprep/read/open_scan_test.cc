// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/read/open_scan.h"

#include <cmath>
#include <fstream>
#include <gtest/gtest.h>
#include <numeric>
#include <sstream>
#include <sys/stat.h>
#include <unistd.h>

#include "dctprep/base/error.h"
#include "dctprep/testing/testing.h"

namespace dctprep {
namespace {

namespace fs = std::filesystem;
using testing::run_python;
using testing::TemporaryFolder;

// Makes a folder of everything that the tests open: HDF5 with frames, angles and darks; EDF series beside dark/ and
// flat/.
void make_data(const TemporaryFolder& folder) {
  const auto made = run_python(R"(
import numpy as np, h5py, os, gzip
from fabio.edfimage import EdfImage
random = np.random.default_rng(1)
frames = random.integers(0, 65536, (10, 4, 6)).astype(np.uint16)
with h5py.File('scan.h5', 'w') as f:
    f['entry/detector/data'] = frames
    f['entry/omega'] = 10 + 0.5 * np.arange(10)
    f['entry/more'] = 10 + 0.5 * np.arange(11)
    f['entry/less'] = np.arange(9.0)
    f['entry/column'] = np.arange(10.0)[:, None]
    f['entry/nan'] = np.where(np.arange(10) == 3, np.nan, np.arange(10))
    f['entry/text'] = 'words'
    f['entry/turn'] = np.arange(10) * 40.0
    f['darks/data'] = frames[:2]
    f['small/data'] = frames[:2, :3]
    f['signed'] = np.where(np.arange(24).reshape(1, 4, 6) == 5, -1, frames[:1].astype(np.int32) + 0)
    f['eiger'] = np.where(np.arange(24).reshape(1, 4, 6) == 5, 4294967295, frames[:2]).astype(np.uint32)
def edf(name, data, **header):
    os.makedirs(os.path.dirname(name), exist_ok=True)
    EdfImage(data=data, header={k: str(v) for k, v in header.items()}).write(name)
for k in range(10): edf('exp/scan/im_%d.edf' % k, frames[k])
for k in range(2): edf('exp/dark/dark_%d.edf' % k, frames[k])
for k in range(3): edf('exp/flats/flat_%d.edf' % k, frames[k])
for k in range(5): edf('angles/im_%d.edf' % k, frames[k], omega=30 - 2 * k)
edf('angles/dark.edf', frames[0])
edf('angles/darkend0000.edf', frames[0])
edf('angles/refHST0000.edf', frames[1]); edf('angles/refHST0005.edf', frames[2])
edf('angles/ref0000_0000.edf', frames[1])
for k in range(5): edf('odd/im_%d.edf' % k, frames[k])
edf('odd/dark.edf', frames[0, :2])
edf('odd/flat.edf', frames[0].astype(np.float32) + 0.5)
marked = frames[:3].astype(np.int32); marked[0, 1, 2] = -1; marked[0, 3, 5] = -2; marked[1, 0, 0] = -1
for k in range(3): edf('marked/im_%d.edf' % k, marked[k])
with h5py.File('eiger_master.h5', 'w') as f:
    for i in (1, 2, 3):
        f['entry/data/data_%06d' % i] = h5py.ExternalLink('eiger_data_%06d.h5' % i, '/entry/data/data')
        if i == 1: continue
        with h5py.File('eiger_data_%06d.h5' % i, 'w') as g: g['entry/data/data'] = frames[3 * i - 3:3 * i].astype('u4')
    f['entry/sample/goniometer/omega'] = np.arange(9) * 0.1
os.mkdir('raw')
with h5py.File('raw/sample.h5', 'w') as f:
    g = f.create_group('1.1'); g['title'] = 'fscan rot 0 0.5 10'
    g['instrument/frelon/data'] = frames; g['instrument/positioners/rot'] = np.arange(10) * 0.5
    g['measurement/frelon'] = h5py.SoftLink('/1.1/instrument/frelon/data')
with h5py.File('collection.h5', 'w') as f: f['sample_1.1'] = h5py.ExternalLink('raw/sample.h5', '/1.1')
with h5py.File('normalised.h5', 'w') as f: f['data'] = np.arange(48).reshape(2, 4, 6) / 50 + 0.01
np.save('mask.npy', np.arange(24).reshape(4, 6) % 7 == 0)
np.save('wide.npy', np.zeros((6, 4)))
)",
                               folder.path());
  ASSERT_EQ(made.status, 0) << made.output;
}

class OpenScan : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new TemporaryFolder;
    make_data(*folder_);
  }
  static void TearDownTestSuite() {
    delete folder_;
    folder_ = nullptr;
  }
  static std::string in(const std::string& path) { return (folder_->path() / path).string(); }

  static ScanOptions options(const std::string& path) {
    ScanOptions made;
    made.path = in(path);
    return made;
  }
  static ScanOptions hdf5(const std::string& dataset = "/entry/detector/data") {
    ScanOptions made = options("scan.h5::" + dataset);
    made.dark = made.flat = "none";
    return made;
  }
  static std::string error_of(const ScanOptions& tried, ErrorKind kind = ErrorKind::kFailed) {
    try {
      open_scan(tried);
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), kind) << error.what();
      EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos);
      return error.what();
    }
    return "no error";
  }
  static bool noted(const Scan& scan, const std::string& what) {
    for (const std::string& note : scan.notes) {
      if (note.find(what) != std::string::npos) return true;
    }
    return false;
  }
  // What a run from the record opens.
  static Scan again(const Scan& scan, ScanOptions with) {
    with.dark = scan.dark_path;
    with.flat = scan.flat_path;
    if (scan.omega_path.empty()) {
      with.omega_start = scan.omega_start;
      with.omega_step = scan.omega_step;
    } else {
      with.omega = scan.omega_path;
    }
    return open_scan(with);
  }

  static TemporaryFolder* folder_;
};
TemporaryFolder* OpenScan::folder_ = nullptr;

using Angles = std::vector<double>;

#define EXPECT_IN(part, whole)                                         \
  do {                                                                 \
    const std::string whole_text = (whole);                            \
    EXPECT_NE(whole_text.find(part), std::string::npos) << whole_text; \
  } while (false)

TEST_F(OpenScan, ScansMayLieBehindExternalLinks) {
  const Scan scan = open_scan(options("collection.h5"));
  EXPECT_EQ(scan.frame_count(), 10);
  EXPECT_EQ(scan.storage.format, "HDF5 (BLISS)");
  EXPECT_DOUBLE_EQ(scan.omega.back(), 4.5);
}

TEST_F(OpenScan, ADataFileOfAMasterMayBeGone) {
  const Scan scan = open_scan(options("eiger_master.h5"));
  EXPECT_EQ(scan.frame_count(), 9);
  EXPECT_EQ(scan.storage.format, "HDF5 (Dectris)");
  EXPECT_EQ(scan.storage.type, "uint32");
  EXPECT_DOUBLE_EQ(scan.omega.back(), 0.8);
  Image<std::uint16_t> pixels(4, 6);
  for (int k = 0; k < 9; ++k) {
    const auto fault = scan.frames->read(k, pixels);
    ASSERT_EQ(fault.has_value(), k < 3) << k;
    if (fault) {
      EXPECT_EQ(fault->cause, BadFrameCause::kMissing);
    }
  }
}

TEST_F(OpenScan, OfHdf5WithAnglesThatAreNamed) {
  ScanOptions given = hdf5();
  given.omega = in("scan.h5") + "::entry/omega";
  given.dark = in("scan.h5") + "::/darks/data";
  given.frames = {{3, 7}};
  const Scan scan = open_scan(given);
  EXPECT_EQ(scan.name, "scan");
  EXPECT_EQ(scan.frame_count(), 5);
  EXPECT_EQ(scan.first_frame, 3);
  EXPECT_EQ(scan.height(), 4);
  EXPECT_EQ(scan.width(), 6);
  EXPECT_EQ(scan.omega, (Angles{11.5, 12, 12.5, 13, 13.5}));
  EXPECT_EQ(scan.omega_path, in("scan.h5") + "::/entry/omega");
  EXPECT_EQ(scan.dark_path, in("scan.h5") + "::/darks/data");
  EXPECT_EQ(scan.flat_path, "none");
  ASSERT_TRUE(scan.darks);
  EXPECT_EQ(scan.darks->frames(), 2);
  EXPECT_FALSE(scan.flats);
  EXPECT_EQ(scan.storage.type, "uint16");
  const Scan twice = again(scan, given);
  EXPECT_EQ(twice.omega, scan.omega);
  EXPECT_EQ(twice.darks->frames(), 2);
}

TEST_F(OpenScan, AnglesFromNumbers) {
  ScanOptions given = hdf5();
  given.omega_start = -10.0;
  given.omega_step = 0.25;
  given.frames = {{4, 6}};
  Scan scan = open_scan(given);
  EXPECT_EQ(scan.omega, (Angles{-9, -8.75, -8.5}));
  EXPECT_EQ(scan.omega_path, "");
  EXPECT_EQ(scan.omega_start, -10);  // of the file's frames
  EXPECT_EQ(again(scan, given).omega, scan.omega);
  EXPECT_EQ(scan.omega_source, OmegaSource::kGiven);
  // The step is nowhere: it is asked for, not made up.
  given.omega = "none";
  given.omega_step = {};
  EXPECT_IN("scan.omega_start is given and scan.omega_step is not", error_of(given, ErrorKind::kUsage));
  given.omega_start = {};
  scan = open_scan(given);
  EXPECT_EQ(scan.omega_source, OmegaSource::kUnknown);
  for (const double angle : scan.omega) EXPECT_TRUE(std::isnan(angle));
  ASSERT_EQ(scan.warnings.size(), 1u);
  EXPECT_IN("omega is unknown", scan.warnings[0]);
}

TEST_F(OpenScan, AnglesThatDoNotFitAreErrors) {
  const auto error = [&](const std::string& dataset) {
    ScanOptions given = hdf5();
    given.omega = in("scan.h5") + dataset;
    return error_of(given, dataset.empty() ? ErrorKind::kUsage : ErrorKind::kFailed);
  };
  EXPECT_IN("it holds 9 values, and the scan has 10 frames", error("::/entry/less"));
  EXPECT_IN("1 of 10 values is not finite, the first at frame 3", error("::/entry/nan"));
  EXPECT_IN("not a dataset of numbers", error("::/entry/text"));
  EXPECT_IN("no such dataset; it has /darks/data (2 x 4 x 6), ", error("::/entry/absent"));
  EXPECT_IN("it holds 48 values, and the scan has 10 frames", error("::/darks/data"));
  EXPECT_IN("name the dataset too", error(""));
  ScanOptions given = hdf5();
  given.omega = in("scan.h5") + "::/entry/more";
  const Scan more = open_scan(given);
  EXPECT_EQ(more.omega.size(), 10u);
  EXPECT_EQ(more.omega[0], 10.25);
  EXPECT_TRUE(noted(more, "11 edges of 10 frames"));
  given.omega = in("scan.h5") + "::/entry/column";
  EXPECT_EQ(open_scan(given).omega.back(), 9);
  given.omega = in("scan.h5") + "::/entry/turn";
  EXPECT_TRUE(noted(open_scan(given), "the last frame repeats the first angle"));
  given.omega = "header";
  EXPECT_IN("is for image files", error_of(given, ErrorKind::kUsage));
  given.omega = in("mask.npy");
  EXPECT_IN("must be a dataset of an HDF5 file", error_of(given));
}

TEST_F(OpenScan, FramesOutOfRangeNameTheRange) {
  for (const std::array<int, 2> frames : {std::array{0, 10}, std::array{5, 4}, std::array{-1, 3}}) {
    ScanOptions given = hdf5();
    given.frames = frames;
    EXPECT_IN("0 <= first <= last <= 9", error_of(given, ErrorKind::kUsage));
  }
  ScanOptions given = hdf5();
  given.frames = {{8, 9}};
  given.bad_frames = {0, 2};
  EXPECT_IN("scan.bad_frames: 2 is none of the 2 frames used", error_of(given, ErrorKind::kUsage));
}

TEST_F(OpenScan, OfASeriesWithDarksAndFlatsBesideIt) {
  const Scan scan = open_scan(options("exp/scan/"));
  EXPECT_EQ(scan.name, "scan");
  EXPECT_EQ(scan.frame_count(), 10);
  EXPECT_EQ(scan.storage.format, "EDF series");
  EXPECT_EQ(scan.storage.location, in("exp/scan"));
  EXPECT_GT(scan.storage.bytes_stored, 10u * 48);
  EXPECT_EQ(scan.dark_path, in("exp/dark"));
  EXPECT_EQ(scan.flat_path, in("exp/flats"));
  EXPECT_EQ(scan.darks->frames(), 2);
  EXPECT_EQ(scan.flats->frames(), 3);
  EXPECT_EQ(scan.omega.size(), 10u);
  EXPECT_FALSE(is_known(scan.omega));
  EXPECT_IN("omega is unknown: nothing in the scan tells the angles", scan.warnings.at(0));
  // A glob does not look beside its folder, and none means none.
  EXPECT_FALSE(open_scan(options("exp/scan/im_*.edf")).darks);
  ScanOptions given = options("exp/scan");
  given.dark = given.flat = "none";
  const Scan without = open_scan(given);
  EXPECT_FALSE(without.darks || without.flats);
  EXPECT_EQ(without.dark_path, "none");
}

TEST_F(OpenScan, OfASeriesWithAnglesDarksAndFlatsInItsFolder) {
  ScanOptions given = options("angles");
  const Scan scan = open_scan(given);
  EXPECT_EQ(scan.frame_count(), 5);
  EXPECT_EQ(scan.omega, (Angles{30, 28, 26, 24, 22}));
  EXPECT_EQ(scan.omega_path, "header");
  EXPECT_EQ(scan.omega_motor, "omega");
  EXPECT_EQ(scan.dark_path, in("angles/dark.edf"));
  EXPECT_EQ(scan.darks->frames(), 1);
  EXPECT_EQ(scan.flats->frames(), 2);
  EXPECT_EQ(scan.flats->frame_name(1), "refHST0005.edf");
  const Scan twice = again(scan, given);
  EXPECT_EQ(twice.omega, scan.omega);
  EXPECT_EQ(twice.flats->frames(), 2);
  EXPECT_EQ(twice.flat_path, scan.flat_path);
  given.omega_start = 100.0;
  const Scan shifted = open_scan(given);
  EXPECT_EQ(shifted.omega, (Angles{100, 98, 96, 94, 92}));
  EXPECT_EQ(shifted.omega_path, "");
  given.omega_start = {};
  given.frames = {{1, 2}};
  EXPECT_EQ(open_scan(given).omega, (Angles{28, 26}));
}

TEST_F(OpenScan, DarksThatCannotServeAreLeftOutOrRefused) {
  ScanOptions given = options("odd");
  const Scan scan = open_scan(given);
  EXPECT_FALSE(scan.darks);
  ASSERT_TRUE(scan.flats);
  EXPECT_TRUE(noted(scan, "is not used as dark: it is of 2 x 6 pixels where the scan has 4 x 6"));
  EXPECT_TRUE(noted(scan, "flat: 24 pixels with a fraction (the first: "));
  given.dark = in("odd/dark.edf");
  EXPECT_IN("dark: " + in("odd/dark.edf") + ": is of 2 x 6 pixels where the scan has 4 x 6", error_of(given));
  given.dark = in("nowhere");
  EXPECT_IN("no such file or folder", error_of(given));
}

TEST_F(OpenScan, MasksAndMarkersAreBadPixels) {
  ScanOptions given = options("marked");
  const auto bad = [](const Scan& scan) {
    std::vector<int> places;
    for (std::size_t i = 0; i < scan.bad_pixels.size(); ++i) {
      if (scan.bad_pixels.data()[i] != 0) places.push_back(static_cast<int>(i));
    }
    return places;
  };
  EXPECT_EQ(bad(open_scan(given)), (std::vector<int>{8, 23}));
  given.bad_frames = {0};
  EXPECT_EQ(bad(open_scan(given)), (std::vector<int>{0}));
  given.bad_frames = {};
  given.frames = {{1, 2}};
  EXPECT_EQ(bad(open_scan(given)), (std::vector<int>{0}));
  given.frames = {};
  given.mask = in("mask.npy");
  EXPECT_EQ(bad(open_scan(given)), (std::vector<int>{0, 7, 8, 14, 21, 23}));
  EXPECT_EQ(bad(open_scan(hdf5())), (std::vector<int>{}));
  given.mask = in("wide.npy");
  EXPECT_IN("the mask is of 6 x 4 pixels where the frames have 4 x 6", error_of(given));
}

TEST_F(OpenScan, NamesComeFromFilesFoldersAndGlobs) {
  EXPECT_EQ(open_scan(options("exp/scan/im_*.edf")).name, "im");
  EXPECT_EQ(open_scan(options("exp/scan/*.edf")).name, "scan");
  const Scan single = open_scan(options("exp/scan/im_3.edf"));
  EXPECT_EQ(single.name, "im_3");
  EXPECT_EQ(single.frame_count(), 1);
  EXPECT_EQ(single.storage.format, "EDF");
}

TEST_F(OpenScan, RelativePathsBelongToTheWorkingFolder) {
  const fs::path before = fs::current_path();
  fs::current_path(folder_->path() / "exp");
  ScanOptions given;
  given.path = "scan";
  given.dark = "./dark";
  given.flat = "flats/*";
  const Scan scan = open_scan(given);
  given.path = ".";
  const std::string error = error_of(given);
  fs::current_path(before);
  EXPECT_EQ(scan.dark_path, in("exp/dark"));
  EXPECT_EQ(scan.flat_path, in("exp/flats/*"));
  EXPECT_EQ(scan.flats->frames(), 3);
  EXPECT_IN("no files there", error);
}

TEST_F(OpenScan, WhatIsNoScanIsOneClearLine) {
  EXPECT_IN("no scan is named", error_of(ScanOptions{}, ErrorKind::kUsage));
  const TemporaryFolder folder;
  const auto error = [&](const std::string& name) {
    ScanOptions given;
    given.path = (folder.path() / name).string();
    const std::string text = error_of(given);
    EXPECT_EQ(text.find(given.path.substr(0, given.path.find("::"))), 0u) << text;
    return text;
  };
  EXPECT_IN("no such file or folder", error("absent.h5"));
  EXPECT_IN("no such file or folder", error("absent.h5::/a"));
  EXPECT_IN("no file matches", error("im_*.edf"));
  fs::create_directory(folder / "folder.h5");
  EXPECT_IN("no files there", error("folder.h5"));
  EXPECT_IN("is a folder", error("folder.h5::/a"));
  std::ofstream(folder / "empty.h5");
  EXPECT_IN("the file is empty", error("empty.h5"));
  std::ofstream(folder / "text.edf") << "text";
  EXPECT_IN("neither HDF5 nor an image", error("text.edf"));
  EXPECT_IN("is not an HDF5 file", error("text.edf::/a"));
  ASSERT_EQ(mkfifo((folder / "pipe").c_str(), 0600), 0);
  EXPECT_IN("is not a regular file", error("pipe"));
  if (geteuid() != 0) {
    std::ofstream(folder / "secret.edf") << "text";
    fs::permissions(folder / "secret.edf", fs::perms::none);
    EXPECT_IN("Permission denied", error("secret.edf"));
  }
}

TEST_F(OpenScan, DatasetsThatAreNoFramesAreErrors) {
  for (const char* dataset : {"/absent", "/entry/omega", "/entry/text"}) {
    EXPECT_IN(in("scan.h5"), error_of(hdf5(dataset)));
  }
  EXPECT_EQ(open_scan(hdf5("/eiger")).bad_pixels.data()[5], 1);
  EXPECT_IN("holds fractions, such as 0.01, and nothing above 16: no raw frames", error_of(options("normalised.h5")));
}

// The test vectors, where they lie beside the repository.
fs::path vectors() {
  const fs::path data = testing::real_data();
  std::error_code ignored;
  for (const fs::path& place : {testing::source_path("tests/vectors"), data / "../../spec/vectors"}) {
    if (fs::is_directory(place / "random-1", ignored)) return fs::canonical(place);
  }
  return {};
}

std::uint64_t total(const FrameSource& source) {
  std::uint64_t sum = 0;
  Image<std::uint16_t> image(source.height(), source.width());
  for (int k = 0; k < source.frames(); ++k) {
    if (source.read(k, image)) continue;
    for (const std::uint16_t pixel : image.pixels()) sum += pixel;
  }
  return sum;
}

TEST(OpenScanVectors, AreAsFabioAndH5pyReadThem) {
  const fs::path root = vectors();
  if (root.empty()) GTEST_SKIP() << "no test vectors here";
  const TemporaryFolder folder;
  const auto oracle = run_python("root = '" + root.string() + R"('
import glob, os, re, tomllib, fabio, h5py, numpy as np
def stack(path):
    if '::' in path:
        name, dataset = path.split('::')
        return h5py.File(name)[dataset][...]
    files = sorted(glob.glob(path + '/*'), key=lambda f: int(re.findall(r'\d+', f)[-1]))
    return np.stack([fabio.open(f).data for f in files])
for name in ('edf-big-endian', 'random-1', 'frames-range', 'mask-npy', 'conditional-mask-radius-2', 'random-0', 'random-2', 'uint8', '1xN'):
    os.chdir(root + '/' + name)
    scan = tomllib.load(open('config.toml', 'rb'))['scan']
    frames = stack(scan['path'])
    first, last = scan.get('frames', [0, len(frames) - 1])
    used = frames[first:last + 1]
    sums = [0 if scan[kind] == 'none' else int(stack(scan[kind]).sum(dtype=np.uint64)) for kind in ('dark', 'flat')]
    mask = scan.get('mask', 'none')
    bad = 0 if mask == 'none' else np.load(mask) if mask.endswith('npy') else fabio.open(mask).data
    omega = h5py.File('expected.h5')['entry/scan/omega'][...]
    print(name, *used.shape, int(used.sum(dtype=np.uint64)), *sums, int((np.asarray(bad) != 0).sum()), first, last,
          scan['path'], scan['dark'], scan['flat'], mask, scan['omega'], scan['omega_start'], scan['omega_step'], omega[0], omega[-1])
)",
                                 folder.path());
  ASSERT_EQ(oracle.status, 0) << oracle.output;
  std::istringstream lines(oracle.output);
  int seen = 0;
  for (std::string line; std::getline(lines, line); ++seen) {
    SCOPED_TRACE(line);
    std::istringstream words(line);
    std::string name, path, dark, flat, mask, omega, start, step;
    int frames, height, width, first, last;
    std::uint64_t sum, dark_sum, flat_sum, bad;
    double omega_first, omega_last;
    words >> name >> frames >> height >> width >> sum >> dark_sum >> flat_sum >> bad >> first >> last >> path >> dark >>
        flat >> mask >> omega >> start >> step >> omega_first >> omega_last;
    ASSERT_TRUE(words);
    const auto at = [&](const std::string& text) {
      return text == "none" || text == "auto" ? text : (root / name / text).string();
    };
    ScanOptions options;
    options.path = at(path);
    options.dark = at(dark);
    options.flat = at(flat);
    options.mask = at(mask);
    options.omega = at(omega);
    if (start != "auto") options.omega_start = std::stod(start);
    if (step != "auto") options.omega_step = std::stod(step);
    options.frames = {{first, last}};
    const Scan scan = open_scan(options);
    EXPECT_EQ(scan.frame_count(), frames);
    EXPECT_EQ(scan.height(), height);
    EXPECT_EQ(scan.width(), width);
    EXPECT_EQ(total(*scan.frames), sum);
    EXPECT_EQ(scan.darks ? total(*scan.darks) : 0, dark_sum);
    EXPECT_EQ(scan.flats ? total(*scan.flats) : 0, flat_sum);
    const auto pixels = scan.bad_pixels.pixels();
    EXPECT_EQ(std::accumulate(pixels.begin(), pixels.end(), std::uint64_t{0}), bad);
    EXPECT_NEAR(scan.omega.front(), omega_first, 1e-9);
    EXPECT_NEAR(scan.omega.back(), omega_last, 1e-9);
  }
  EXPECT_EQ(seen, 9);
}

}  // namespace
}  // namespace dctprep
