// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/read/scan_monitor.h"

#include <cmath>
#include <gtest/gtest.h>

#include "dctprep/base/error.h"
#include "dctprep/read/open_scan.h"
#include "dctprep/testing/python_files.h"

namespace dctprep {
namespace {

// Scans of 10 frames, whose monitors read 1000 + k and the like.
class ScanMonitors : public testing::PythonFiles<ScanMonitors> {
 public:
  static std::string program() {
    return testing::kBlissPrelude + std::string(R"(
frames = np.arange(10 * 4 * 6, dtype=np.uint16).reshape(10, 4, 6)
k = np.arange(10.0)
def monitored(f, n, counters):
    bliss(f, n, 'fscan rot 0 0.5 10', frames, 0.5 * k)
    for name, values in counters.items():
        f[f'{n}.1/instrument/{name}/data'] = values
        f[f'{n}.1/measurement/{name}'] = h5py.SoftLink(f'/{n}.1/instrument/{name}/data')
with h5py.File('bliss.h5', 'w') as f:
    monitored(f, 1, {'fpico10': 3000 + k, 'fpico3': 1000 + k, 'srcur': 190 - k, 'mono': 5 + k, 'fpico1': k * np.nan,
                 'fpico2': 1 - k, 'ic1': np.full(10, 7.0), 'mon': k[:5] + 1, 'timer': k + 0.1})
    monitored(f, 2, {'fpico3': 2000 + k, 'diode': 10 + k})
with h5py.File('current.h5', 'w') as f:
    f['exchange/data'] = frames; f['process/acquisition/Ring_Current'] = (100 + k)[:, None]
with h5py.File('nx.h5', 'w') as f:
    g = f.create_group('entry/instrument/detector'); g['data'] = np.concatenate([frames[:2], frames, frames[:1]])
    g['image_key'] = [2, 1] + [0] * 10 + [1]
    f['entry/sample/rotation_angle'] = np.arange(13.0)
    f['entry/control/data'] = 500 + np.arange(13.0)
with h5py.File('plain.h5', 'w') as f: f['data'] = frames; f['lists/a'] = k; f['lists/b'] = k[:4]
with h5py.File('masked.h5', 'w') as f:
    f['entry/instrument/detector/data'] = frames; f['entry/instrument/detector/pixel_mask'] = np.eye(4, 6, dtype='u4')
    f['entry/measurement/mon'] = 40 + k
with h5py.File('other.h5', 'w') as f: f['counts'] = 50 + k
with h5py.File('negative.h5', 'w') as f: f['data'] = frames; f['mon'] = -1 - k
os.mkdir('edf')
for i in range(10):
    if i == 4: continue
    EdfImage(data=frames[i], header={'counter_mne': 'sec fpico6 ic', 'counter_pos': '0.1 %g %g' % (70 + i, i % 2),
             'motor_mne': 'rot mon', 'motor_pos': '%g %g' % (i * 0.5, 3), 'SRCUR': str(180 - i)}).write('edf/im_%02d.edf' % i)
)");
  }

 protected:
  static Scan scan_of(const std::string& path, std::optional<std::array<int, 2>> frames = {}) {
    ScanOptions options;
    options.path = in(path);
    options.frames = frames;
    return open_scan(options);
  }
  static std::vector<std::string> names(const Scan& scan) {
    std::vector<std::string> list;
    for (const ScanMonitor& monitor : find_monitors(scan)) list.push_back(monitor.name);
    return list;
  }
  static std::string error_of(const std::string& option, const std::string& scan) {
    try {
      read_monitor(option, scan_of(scan));
    } catch (const Error& error) {
      EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos);
      return error.what();
    }
    return "no error";
  }
};

using Names = std::vector<std::string>;

TEST_F(ScanMonitors, AreFoundByTheirNamesTheLikelierFirst) {
  const Scan bliss = scan_of("bliss.h5::/1.1/measurement/frelon");
  // Without those of NaN, of a median below 0, of one value everywhere, of another length, and of other things.
  EXPECT_EQ(names(bliss), (Names{"fpico3", "fpico10", "srcur"}));
  const ScanMonitor monitor = read_monitor("auto", bliss);
  EXPECT_EQ(monitor.path, in("bliss.h5::/1.1/measurement/fpico3"));
  EXPECT_EQ(monitor.values.front(), 1000);
  EXPECT_EQ(monitor.values.back(), 1009);
  EXPECT_EQ(names(scan_of("bliss.h5::/2.1/measurement/frelon")), (Names{"diode", "fpico3"}));
  EXPECT_EQ(names(scan_of("current.h5")), (Names{"Ring_Current"}));
  EXPECT_EQ(names(scan_of("plain.h5")), Names{});
  // Files of images: counters of the headers, and plain keys. A motor called mon never moves.
  EXPECT_EQ(names(scan_of("edf")), (Names{"fpico6", "ic", "srcur"}));
}

TEST_F(ScanMonitors, BelongToTheFramesUsed) {
  const ScanMonitor part = read_monitor("fpico3", scan_of("bliss.h5::/1.1", std::array{3, 5}));
  EXPECT_EQ(part.values, (std::vector<double>{1003, 1004, 1005}));
  // Reference images among the projections have values of their own.
  const ScanMonitor nx = read_monitor("auto", scan_of("nx.h5"));
  EXPECT_EQ(nx.name, "control");
  ASSERT_EQ(nx.values.size(), 10u);
  EXPECT_EQ(nx.values.front(), 502);
  EXPECT_EQ(nx.values.back(), 511);
  // A mask of the detector's own changes nothing about which frames are used.
  EXPECT_EQ(read_monitor("mon", scan_of("masked.h5", std::array{3, 5})).values, (std::vector<double>{43, 44, 45}));
  const ScanMonitor edf = read_monitor("FPICO6", scan_of("edf"));
  ASSERT_EQ(edf.values.size(), 10u);
  EXPECT_EQ(edf.values[3], 73);
  EXPECT_TRUE(std::isnan(edf.values[4])) << "a file that is missing";
  EXPECT_EQ(edf.values[9], 79);
}

TEST_F(ScanMonitors, AreNamedInManyWays) {
  const Scan scan = scan_of("bliss.h5::/1.1/instrument/frelon/data");
  for (const std::string& option :
       {std::string("srcur"), std::string("SrCur"), std::string("/1.1/measurement/srcur"),
        std::string("/1.1/instrument/srcur/data"), in("bliss.h5::/1.1/measurement/srcur")}) {
    const ScanMonitor monitor = read_monitor(option, scan);
    EXPECT_EQ(monitor.values[9], 181) << option;
    EXPECT_EQ(read_monitor(monitor.path, scan).values, monitor.values) << option;
  }
  // Any list will do that a user names, also from a file of its own.
  EXPECT_EQ(read_monitor("mono", scan).values[2], 7);
  EXPECT_EQ(read_monitor(in("other.h5") + "::counts", scan).values[1], 51);
}

TEST_F(ScanMonitors, WhatDoesNotFitIsRefusedWithWhatThereIs) {
  EXPECT_NE(error_of("absent", "plain.h5").find("the scan has no counter called absent; one number a frame have a"),
            std::string::npos)
      << error_of("absent", "plain.h5");
  EXPECT_NE(error_of("b", "plain.h5").find("holds 4 values where 10 frames are stored"), std::string::npos)
      << error_of("b", "plain.h5");
  EXPECT_NE(error_of("mon", "negative.h5").find("its median is -5"), std::string::npos)
      << error_of("mon", "negative.h5");
  EXPECT_NE(error_of("auto", "plain.h5").find("no counter of the scan is a beam monitor by its name"),
            std::string::npos)
      << error_of("auto", "plain.h5");
  const std::string foreign = error_of(in("current.h5::/process/acquisition/Ring_Current"), "plain.h5");
  EXPECT_NE(foreign.find("values of another scan, " + in("current.h5::/exchange/data")), std::string::npos) << foreign;
}

}  // namespace
}  // namespace dctprep
