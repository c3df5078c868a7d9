// SPDX-License-Identifier: BSD-3-Clause
// Which angles a scan gets: files that h5py writes, and the angles that numpy says are right.
#include "dctprep/read/scan_omega.h"

#include <array>
#include <cmath>
#include <fmt/format.h>
#include <fstream>
#include <gtest/gtest.h>

#include "dctprep/base/error.h"
#include "dctprep/base/hdf5.h"
#include "dctprep/read/open_scan.h"
#include "dctprep/testing/python_files.h"

namespace dctprep {
namespace {

// Each file NAME.h5 beside NAME.txt: the source that is right, a word of the warning or note, and the angles.
constexpr const char* kProgram = R"(
import h5py, numpy as np
D, H, W = 60, 4, 6
d = np.arange(D * H * W).reshape(D, H, W).astype('u2')
w = 0.5 * np.arange(D)
rng = np.random.default_rng(7)

def right(name, source, word='', angles=w):
    with open(name + '.txt', 'w') as f:
        f.write(source + '\n' + word + '\n' + ' '.join(repr(float(a)) for a in angles) + '\n')

def bliss(name, motors, title='fscan rot 0 0.5 60 0.1', frames=d, parameters=None, positioners=None, image_key=None):
    with h5py.File(name + '.h5', 'w') as f:
        g = f.create_group('1.1'); g['title'] = title
        g['instrument/frelon/data'] = frames
        g['measurement/frelon'] = h5py.SoftLink('/1.1/instrument/frelon/data')
        for k, v in motors.items(): g['measurement/' + k] = v
        for k, v in (parameters or {}).items(): g['instrument/fscan_parameters/' + k] = v
        for k, v in (positioners or {}).items(): g['instrument/positioners/' + k] = v
        if image_key is not None: g['measurement/image_key'] = image_key

def plain(name, **datasets):
    with h5py.File(name + '.h5', 'w') as f:
        f['entry/data/data'] = datasets.pop('frames', d)
        for k, v in datasets.items():
            v, unit = v if isinstance(v, tuple) else (v, None)
            f['entry/data/' + k] = v
            if unit: f['entry/data/' + k].attrs['units'] = unit

frozen = np.where(np.arange(D) < 40, w, w[39])
# The list of the motor fails; what was commanded fits.
bliss('nan', {'rot': np.where(np.arange(D) < 40, w, np.nan)}); right('nan', 'commanded', '20 of 60 values are not finite, the first at frame 40')
bliss('frozen', {'rot': frozen}); right('frozen', 'commanded', '/1.1/measurement/rot')
bliss('zeros', {'rot': np.zeros(D)}); right('zeros', 'commanded', 'does not move')
bliss('drift', {'rot': frozen, 'srtemp': 20 + 0.001 * np.arange(D), 'other': w * 3}); right('drift', 'commanded', 'rot')
bliss('noisy', {'rot': w + rng.normal(0, 0.4, D)}); right('noisy', 'commanded', 'steadily')
bliss('nolist', {}); right('nolist', 'commanded')
bliss('centre', {'rot': frozen, 'rot_center': w + 0.25}); right('centre', 'recorded', '', w + 0.25)
bliss('fewer', {'rot': w[:50]}); right('fewer', 'commanded', 'it holds 50 values, and the scan has 60 frames')
bliss('more', {'rot': w}, frames=d[:50]); right('more', 'recorded', 'of its 60 values the first 50', w[:50])
bliss('onemore', {'rot': 0.5 * np.arange(61)}); right('onemore', 'recorded', 'of its 61 values the first 60')
bliss('aborted', {}, frames=d[:50]); right('aborted', 'commanded', '', w[:50])
bliss('toolong', {}, title='fscan rot 0 0.5 50 0.1'); right('toolong', 'unknown', 'holds 50 values', [])
bliss('radians', {'rot': np.deg2rad(w)}); right('radians', 'commanded', 'seems to be in rad')
bliss('contrary', {'rot': 2 * w}); right('contrary', 'recorded', 'disagree', 2 * w)
bliss('folded', {'rot': (350 + w) % 360}, title='fscan rot 350 0.5 60 0.1'); right('folded', 'recorded', '', 350 + w)
bliss('jump', {'rot': np.where(np.arange(D) < 30, w, w + 10)}); right('jump', 'commanded', 'disagree')
# A rotation that was not commanded drifts, or moves as was commanded.
drift = 20 + 0.001 * np.arange(D)
bliss('another', {'rot': np.full(D, 3.0), 'phi': drift}); right('another', 'commanded', '/1.1/measurement/phi (recorded): it moves, but rot was commanded')
bliss('another_alone', {'phi': drift}, title='dscan rot 0 29.5 59 0.1'); right('another_alone', 'unknown', 'it moves, but rot was commanded', [])
bliss('alias', {'hrsrot': w}); right('alias', 'recorded')
bliss('name_of_sample', {'rot': w}, title='scan of iron 3'); right('name_of_sample', 'recorded')
bliss('nothing_told', {'rot': np.full(D, 3.0), 'pusher': drift}, title='loopscan 60 0.1'); right('nothing_told', 'unknown', 'does not move', [])
bliss('end_or_step', {}, title='ftomo rot 0 30 60 0.1'); right('end_or_step', 'unknown', 'whether 30 is its step or its end', [])
# Other commands.
bliss('ascan', {}, title='ascan rot 0 29.5 59 0.1'); right('ascan', 'commanded')
bliss('dscan', {}, title='dscan rot 0 29.5 59 0.1', positioners={'rot': 45.0}); right('dscan', 'commanded', '', 45 + w)
bliss('dscan_lost', {}, title='dscan rot 0 29.5 59 0.1'); right('dscan_lost', 'unknown', 'where rot stood before is not told', [])
bliss('loop', {'rot': np.full(D, 3.0)}, title='loopscan 60 0.1'); right('loop', 'unknown', 'does not move', [])
bliss('translation', {'dty': w}, title='fscan dty 0 0.5 60 0.1'); right('translation', 'unknown', 'commands no rotation', [])
bliss('parameters', {'rot': frozen}, title='my tomography', parameters={'motor': 'rot', 'start_pos': 5.0, 'step_size': -0.25, 'npoints': 60})
right('parameters', 'commanded', 'fscan_parameters', 5 - 0.25 * np.arange(D))
bliss('only', {'pusher': w}, title='projections'); right('only', 'recorded', 'the only motor that moves')
bliss('two', {'pusher': w, 'puller': w}, title='projections'); right('two', 'unknown', '', [])
bliss('zigzag', {}, title='fscan2d dty 0 0.01 3 rot 0 0.5 20 0.1', parameters={'slow_motor': 'dty', 'slow_start_pos': 0., 'slow_step_size': .01, 'slow_npoints': 3,
      'fast_motor': 'rot', 'fast_start_pos': 0., 'fast_step_size': .5, 'fast_npoints': 20, 'fast_motor_mode': 'ZIGZAG'})
row = 0.5 * np.arange(20)
right('zigzag', 'commanded', 'frames 0-19, 20-39 and 40-59', np.concatenate([row, row[::-1], row]))
bliss('forward', {'rot': np.tile(row, 3)}, title='fscan2d dty 0 0.01 3 rot 0 0.5 20 0.1'); right('forward', 'recorded', 'scan.frames = [20, 39]', np.tile(row, 3))
bliss('rows_unsaid', {}, title='fscan2d dty 0 0.01 3 rot 0 0.5 20 0.1'); right('rows_unsaid', 'unknown', 'to and fro', [])
key = np.zeros(70, int); key[:5] = 2; key[30:35] = 1
bliss('keyed', {'rot': np.concatenate([np.zeros(5), w[:25], np.full(5, w[24]), w[25:]])}, frames=np.concatenate([d, d[:10]]), title='tomo', image_key=key)
right('keyed', 'recorded')
# Units, pairs, edges.
plain('rad', omega=(np.deg2rad(6 * np.arange(D)), 'rad')); right('rad', 'recorded', 'given in rad', 6.0 * np.arange(D))
plain('mdeg', omega=(w * 1000, 'mdeg')); right('mdeg', 'recorded', 'mdeg')
plain('turns', rotation_angle=(w / 360, 'turns')); right('turns', 'recorded', 'turns')
plain('metres', omega=(w, 'mm')); right('metres', 'unknown', 'its unit "mm" is none of angle', [])
plain('unsaid', theta=np.deg2rad(6.0 * np.arange(D))); right('unsaid', 'recorded', 'in radians', np.deg2rad(6.0 * np.arange(D)))
plain('pairs', omega=np.stack([w, w + 0.5], 1)); right('pairs', 'recorded', 'their middle', w + 0.25)
plain('edges', omega=0.5 * np.arange(D + 1)); right('edges', 'recorded', '61 edges of 60 frames', w + 0.25)
# Whole turns within a frame, either way, at any seam.
for name, low, start, step in (('up', 0, 350, .5), ('down', 0, 10, -.5), ('half', -180, 170, .5), ('half_down', -180, -170, -.5), ('coarse', 0, 0, 50)):
    e = start + step * np.arange(-.25, D + 1)[:D + 1]
    folded = low + (e - low) % 360
    middle = start + step * (np.arange(D) + .25); middle -= 360 * np.round((middle[0] - .5 * step - folded[0]) / 360)
    plain('turn_edges_' + name, omega=folded); right('turn_edges_' + name, 'recorded', '61 edges of 60 frames', middle)
    both = np.stack([folded[:-1], folded[1:]], 1)
    plain('turn_pairs_' + name, omega=both); right('turn_pairs_' + name, 'recorded', 'their middle', middle)
    plain('turn_rad_' + name, omega=(np.deg2rad(both), 'rad')); right('turn_rad_' + name, 'recorded', 'given in rad', middle)
# Of a single frame, too.
plain('turn_single', frames=d[:1], omega=np.array([[359.75, 0.25]])); right('turn_single', 'recorded', 'their middle', [360])
keys = np.zeros(D + 4, int); keys[:3] = 2; keys[33] = 1
with h5py.File('keyed_edges.h5', 'w') as f:
    f['entry/instrument/detector/data'] = np.concatenate([d, d[:4]]); f['entry/instrument/detector/image_key'] = keys
    f['entry/sample/rotation_angle'] = 0.5 * (np.arange(D + 5) - 3)
right('keyed_edges', 'recorded', '65 edges of 64 frames', np.concatenate([w[:30], w[31:], [30]]) + 0.25)
plain('count', omega=w[:50]); right('count', 'unknown', 'it holds 50 values, and the scan has 60 frames', [])
plain('still', omega=np.zeros(D)); right('still', 'unknown', 'it does not move: 0 at every frame', [])
plain('nothing'); right('nothing', 'unknown', 'nothing in the scan tells the angles', [])
plain('half', omega=(180 - 0.5 * (D - np.arange(D)) + 20 + 180) % 360 - 180); right('half', 'recorded', '', 170 + w)
plain('interlaced', omega=np.concatenate([w[::2], w[1::2]])); right('interlaced', 'recorded', 'in the order of omega')
plain('unit', omega=w)
with h5py.File('unit.h5', 'a') as f:
    f['entry/data/omega'][...] = np.deg2rad(w); f['entry/data/omega'].attrs['unit'] = 'rad'
right('unit', 'recorded', 'given in rad')
plain('dot', omega=(w * 1000, 'mdeg.')); right('dot', 'recorded', 'mdeg')
plain('round', theta=np.deg2rad(w)); right('round', 'recorded', 'would be 0.5 degrees if it is in radians', np.deg2rad(w))
plain('minus', omega=-0.0 - w); right('minus', 'recorded', '', -w)
with h5py.File('keys.h5', 'w') as f:
    f['entry/instrument/detector/data'] = d; f['entry/instrument/detector/image_key'] = np.zeros(D - 1, int)
    f['entry/sample/rotation_angle'] = w
right('keys', 'recorded', 'image_key holds 59 values for 60 frames')
# Others.
keep = np.delete(np.arange(D), [30, 31])
for name, ids in (('dropped', keep), ('dropped_from_one', keep + 1)):
    with h5py.File(name + '.h5', 'w') as f:
        f['exchange/data'] = d[keep]; f['exchange/theta'] = w; f['defaults/NDArrayUniqueId'] = ids
    right(name, 'recorded', 'the frames\' numbers tell the 58', w[keep])
with h5py.File('dropped_unclear.h5', 'w') as f:
    f['exchange/data'] = d[1:59]; f['exchange/theta'] = w; f['defaults/NDArrayUniqueId'] = np.arange(1, 59)
right('dropped_unclear', 'unknown', 'it holds 60 values, and the scan has 58 frames', [])
with h5py.File('attribute.h5', 'w') as f:
    f['imageseries/images'] = d; f['imageseries'].attrs['omega'] = np.stack([w, w + 0.5], 1)
right('attribute', 'recorded', '@omega', w + 0.25)
with h5py.File('aps.h5', 'w') as f:
    f['exchange/data'] = d
    for k, v in (('start', 0.), ('end', 30.), ('step', .5)): f['measurement/process/scan_parameters/' + k] = np.array([v])
    f['measurement/instrument/SMS/aero'] = w + rng.normal(0, .15, D)
right('aps', 'commanded')
with h5py.File('tomoscan.h5', 'w') as f:
    f['exchange/data'] = d
    for k, v in (('rotation_start', 0.), ('rotation_step', .5), ('num_angles', 60)): f['process/acquisition/rotation/' + k] = np.array([v])
right('tomoscan', 'commanded')
with h5py.File('eiger.h5', 'w') as f:
    for i in range(3): f['entry/data/data_%06d' % (i + 1)] = d[20 * i:20 * i + 20].astype('u4')
    f['entry/sample/goniometer/omega_start'] = 12.0; f['entry/sample/goniometer/omega_increment'] = -0.5
right('eiger', 'commanded', '', 12 - w)
def eiger(name, omega=None, triggers=1, **more):
    with h5py.File(name + '.h5', 'w') as f:
        for i in range(3): f['entry/data/data_%06d' % (i + 1)] = d[20 * i:20 * i + 20].astype('u4')
        f['entry/instrument/detector/detectorSpecific/nimages'] = D // triggers
        f['entry/instrument/detector/detectorSpecific/ntrigger'] = triggers
        if omega is not None: f['entry/sample/goniometer/omega'] = omega
        for k, v in more.items():
            v, unit = v if isinstance(v, tuple) else (v, None)
            f['entry/sample/goniometer/' + k] = v
            if unit: f['entry/sample/goniometer/' + k].attrs['units'] = unit
thrice = np.tile(w[:20], 3)
eiger('triggers', thrice, 3, omega_start=0.0, omega_increment=0.5); right('triggers', 'recorded', 'frames 0-19, 20-39 and 40-59', thrice)
eiger('triggers_alone', None, 3, omega_start=0.0, omega_increment=0.5); right('triggers_alone', 'unknown', '3 triggers took 20 images each', [])
eiger('starts', None, omega_start=w, omega_end=w + 0.5, omega_increment=0.5); right('starts', 'recorded', 'omega_start')
eiger('unit_of_step', None, omega_start=0.0, omega_increment=(np.deg2rad(0.5), 'rad')); right('unit_of_step', 'commanded', 'given in rad')
eiger('units', None, omega_start=(0.0, 'deg'), omega_increment=(np.deg2rad(0.5), 'rad')); right('units', 'unknown', 'its start is in deg, its step in rad', [])
eiger('phi', np.full(D, 90.0), omega_start=90.0, omega_increment=0.0, phi=w, phi_start=0.0, phi_increment=0.5); right('phi', 'recorded', 'omega (recorded): it does not move')
with h5py.File('no_step.h5', 'w') as f:
    f['exchange/data'] = d
    for k, v in (('rotation_start', 0.), ('rotation_stop', 30.), ('num_angles', 60)): f['process/acquisition/rotation/' + k] = np.array([v])
right('no_step', 'unknown', 'it does not tell the step', [])
with h5py.File('chain.h5', 'w') as f:
    f['entry/data/data'] = d
    f['entry/sample/depends_on'] = '/entry/sample/transformations/tx'
    t = f.create_group('entry/sample/transformations')
    t['tx'] = 0.0; t['tx'].attrs['transformation_type'] = 'translation'; t['tx'].attrs['depends_on'] = 'spin'
    t['spin'] = np.deg2rad(w); t['spin'].attrs['units'] = 'rad'; t['spin'].attrs['transformation_type'] = 'rotation'; t['spin'].attrs['depends_on'] = '.'
    f['entry/sample/phi'] = np.zeros(D)
right('chain', 'recorded', 'rad')
with h5py.File('circle.h5', 'w') as f:
    f['entry/data/data'] = d
    f['entry/sample/depends_on'] = 'a'
    for a, b in (('a', 'b'), ('b', 'a')):
        f['entry/sample/' + a] = 0.0; f['entry/sample/' + a].attrs['depends_on'] = b; f['entry/sample/' + a].attrs['transformation_type'] = 'rotation'
right('circle', 'unknown', '', [])
with h5py.File('others.h5', 'w') as f:
    f['one/data'] = d; f['one/omega'] = w + 100; f['two/data'] = d + 1
    f.attrs['default'] = 'two'; f['two'].attrs['signal'] = 'data'
right('others', 'unknown', 'nothing in the scan tells', [])
with h5py.File('parts.h5', 'w') as f:
    h = f.create_group('1.1'); h['title'] = 'tomo:fullturn'; h['measurement/scan_numbers'] = [2, 3, 4]
    for n, title, k in ((2, 'projections 1 - 30', slice(0, 30)), (3, 'reference images 1', slice(0, 3)), (4, 'projections 31 - 60', slice(30, 60))):
        g = f.create_group('%d.1' % n); g['title'] = title
        g['instrument/frelon/data'] = d[k]; g['measurement/frelon'] = h5py.SoftLink('/%d.1/instrument/frelon/data' % n); g['measurement/rot'] = w[k]
right('parts', 'recorded', 'taken as one scan')
)";

class ScanOmegaTest : public testing::PythonFiles<ScanOmegaTest> {
 public:
  static std::string program() { return kProgram; }

 protected:
  static Scan open(
      const std::string& name, const std::function<void(ScanOptions&)>& change = [](ScanOptions&) {}) {
    ScanOptions options;
    options.path = in(name + ".h5");
    change(options);
    return open_scan(options);
  }
};

std::string said(const Scan& scan) {
  std::string text;
  for (const auto* list : {&scan.warnings, &scan.notes, &scan.omega_rejected}) {
    for (const std::string& line : *list) text += line + "\n";
  }
  return text + scan.omega_path;
}

TEST_F(ScanOmegaTest, IsWhatTheFileTellsOrUnknown) {
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder_->path())) {
    if (entry.path().extension() != ".txt") continue;
    ++files;
    const std::string name = entry.path().stem().string();
    std::ifstream right(entry.path());
    std::string source, word;
    std::getline(right, source);
    std::getline(right, word);
    std::vector<double> angles;
    for (double angle; right >> angle;) angles.push_back(angle);
    const Scan scan = open(name);
    EXPECT_EQ(name_of(scan.omega_source), source) << name << "\n" << said(scan);
    EXPECT_NE(said(scan).find(word), std::string::npos) << name << ": no \"" << word << "\" in\n" << said(scan);
    if (source == "unknown") {
      for (const double angle : scan.omega) EXPECT_TRUE(std::isnan(angle)) << name;
      EXPECT_NE(said(scan).find("omega is unknown"), std::string::npos) << name;
      EXPECT_EQ(scan.omega_path, "") << name;
      continue;
    }
    ASSERT_EQ(scan.omega.size(), angles.size()) << name;
    for (std::size_t k = 0; k < angles.size(); ++k) ASSERT_NEAR(scan.omega[k], angles[k], 1e-9) << name << " " << k;
    // What is named again gives the same, with the same source.
    const Scan again = open(name, [&](ScanOptions& options) { options.omega = scan.omega_path; });
    EXPECT_EQ(again.omega, scan.omega) << name;
    EXPECT_EQ(again.omega_source, scan.omega_source) << name;
    EXPECT_EQ(again.file_frame, scan.file_frame) << name;
  }
  EXPECT_GE(files, 83);
}

TEST_F(ScanOmegaTest, IsJudgedAfterFramesAreChosen) {
  const Scan row = open("forward", [](ScanOptions& options) { options.frames = {{20, 39}}; });
  EXPECT_EQ(row.omega_source, OmegaSource::kRecorded);
  EXPECT_EQ(row.sweeps, (std::vector<Sweep>{{0, 19}}));
  EXPECT_EQ(row.omega.back(), 9.5);
  EXPECT_TRUE(row.warnings.empty()) << row.warnings[0];
  const Scan fewer = open("fewer", [](ScanOptions& options) { options.frames = {{0, 49}}; });
  EXPECT_EQ(fewer.omega_source, OmegaSource::kRecorded);
  EXPECT_EQ(fewer.omega.size(), 50u);
  const Scan frozen = open("frozen", [](ScanOptions& options) { options.frames = {{0, 39}}; });
  EXPECT_EQ(frozen.omega_source, OmegaSource::kRecorded);
}

// A list is what it is to all frames of the file, however many of them are used, and whether it is named or found.
TEST_F(ScanOmegaTest, EdgesAndPairsStaySoWhereFramesAreChosen) {
  for (const char* name : {"edges", "pairs", "keyed_edges"}) {
    const Scan whole = open(name);
    for (const bool named : {false, true}) {
      for (const auto& [first, last] : {std::pair(2, 20), std::pair(0, 58), std::pair(0, 59), std::pair(40, 59)}) {
        const Scan part = open(name, [&, range = std::array{first, last}](ScanOptions& options) {
          options.frames = range;
          if (named) options.omega = whole.omega_path;
        });
        SCOPED_TRACE(fmt::format("{} {} {} {}", name, named, first, last));
        EXPECT_EQ(part.omega, std::vector<double>(whole.omega.begin() + first, whole.omega.begin() + last + 1));
      }
    }
  }
  // A list of fewer values, which only frames that are chosen need.
  const auto named = [](std::array<int, 2> range) {
    return open("count", [&](ScanOptions& options) {
      options.frames = range;
      options.omega = in("count.h5") + "::/entry/data/omega";
    });
  };
  EXPECT_EQ(named({10, 49}).omega.front(), 5);
  EXPECT_THROW(named({10, 50}), Error);
}

TEST_F(ScanOmegaTest, OrderIsThatOfOmegaOrAsStored) {
  const Scan sorted = open("interlaced");
  EXPECT_EQ(sorted.sweeps, (std::vector<Sweep>{{0, 59}}));
  ASSERT_EQ(sorted.file_frame.size(), 60u);
  EXPECT_EQ(sorted.file_frame[1], 30);
  Image<std::uint16_t> frame(4, 6);
  ASSERT_FALSE(sorted.frames->read(1, frame));
  EXPECT_EQ(frame(0, 0), 30 * 24);
  const Scan stored = open("interlaced", [](ScanOptions& options) { options.order = FrameOrder::kStored; });
  EXPECT_EQ(stored.sweeps, (std::vector<Sweep>{{0, 29}, {30, 59}}));
  EXPECT_EQ(stored.file_frame[1], 1);
  const Scan part = open("interlaced", [](ScanOptions& options) { options.frames = {{30, 59}}; });
  EXPECT_EQ(part.sweeps.size(), 1u);
  EXPECT_EQ(part.omega[0], 0.5);
  EXPECT_EQ(part.file_frame[0], 30);
}

TEST_F(ScanOmegaTest, GivenNumbersComeFirst) {
  const Scan scan = open("frozen", [](ScanOptions& options) {
    options.omega_start = 7.0;
    options.omega_step = 0.125;
  });
  EXPECT_EQ(scan.omega_source, OmegaSource::kGiven);
  EXPECT_EQ(scan.omega[59], 7 + 59 * 0.125);
  EXPECT_TRUE(scan.warnings.empty());
}

TEST_F(ScanOmegaTest, NamedListsThatFailAreRefusedWithTheReason) {
  for (const auto& [name, dataset, word] :
       {std::tuple("nan", "/1.1/measurement/rot", "20 of 60 values are not finite, the first at frame 40"),
        std::tuple("zeros", "/1.1/measurement/rot", "does not move"),
        std::tuple("fewer", "/1.1/measurement/rot", "it holds 50 values, and the scan has 60 frames"),
        std::tuple("metres", "/entry/data/omega", "its unit \"mm\" is none of angle"),
        std::tuple("dscan_lost", "/1.1/title", "where rot stood before")}) {
    try {
      open(name, [&](ScanOptions& options) { options.omega = in(std::string(name) + ".h5") + "::" + dataset; });
      ADD_FAILURE() << name;
    } catch (const Error& error) {
      EXPECT_NE(std::string(error.what()).find(word), std::string::npos) << error.what();
      EXPECT_NE(std::string(error.what()).find(dataset), std::string::npos) << error.what();
    }
  }
}

}  // namespace
}  // namespace dctprep
