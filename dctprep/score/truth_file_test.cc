// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/score/truth_file.h"

#include <fstream>
#include <gtest/gtest.h>
#include <iterator>
#include <random>
#include <sstream>

#include "dctprep/base/error.h"
#include "dctprep/score/score.h"
#include "dctprep/simulate/simulate.h"
#include "dctprep/testing/testing.h"

// HDF5 itself forgets memory where it meets damaged metadata; the leak sanitizer is to look at ours.
extern "C" const char* __lsan_default_suppressions();
extern "C" const char* __lsan_default_suppressions() { return "leak:libhdf5"; }

namespace dctprep {
namespace {

class TruthFileTest : public ::testing::Test {
 protected:
  void SetUp() override {
    SimulateOptions options;
    options.width = options.height = 64;
    options.frames = 40;
    options.grains = 3;
    options.darks = options.flats = 1;
    Progress silent;
    simulate(options, folder_ / "scan.h5", false, silent);
    bytes_ = testing::contents_of(folder_ / "scan_truth.h5");
  }
  // Whether it is a truth file at all; anything but an Error ends the test.
  bool reads(const std::string& bytes) {
    std::ofstream(folder_ / "broken.h5", std::ios::binary) << bytes;
    try {
      read_truth(folder_ / "broken.h5");
      return true;
    } catch (const Error& error) {
      EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos);
      return false;
    }
  }
  void damage(const std::string& python) {
    const auto result = testing::run_python(
        "import h5py,numpy as np,shutil\nshutil.copy('scan_truth.h5','damaged.h5')\nwith h5py.File('damaged.h5','r+') "
        "as f:\n  s=f['entry/spots']\n  " +
            python + "\n",
        folder_.path());
    ASSERT_EQ(result.status, 0) << result.output;
  }
  testing::TemporaryFolder folder_;
  std::string bytes_;
};

TEST_F(TruthFileTest, IsWhatH5pySees) {
  const TruthFile truth = read_truth(folder_ / "scan_truth.h5");
  EXPECT_EQ(truth.frames, 40);
  EXPECT_EQ(truth.height, 64);
  EXPECT_EQ(truth.width, 64);
  EXPECT_TRUE(truth.full_turn);
  EXPECT_EQ(truth.middle_v, 31.5);
  std::ostringstream table;
  table.precision(17);
  for (const TruthSpot& s : truth.spots) {
    table << s.id << ' ' << s.frame << ' ' << s.snr << ' ' << s.u_max << ' ' << s.mate << ' ' << s.flags << '\n';
  }
  std::ofstream(folder_ / "table.txt") << table.str();
  const auto result = testing::run_python(
      "import h5py,numpy as np\ns=h5py.File('scan_truth.h5')['entry/spots']\nt=np.loadtxt('table.txt',ndmin=2)\n"
      "for i,k in enumerate(['id','frame','snr','u_max','mate','flags']): assert (s[k][:]==t[:,i]).all(), k\n"
      "assert len(t)>10\n",
      folder_.path());
  EXPECT_EQ(result.status, 0) << result.output;
}

TEST_F(TruthFileTest, BrokenFilesAreErrors) {
  EXPECT_FALSE(reads(""));
  for (std::size_t k = 1; k < 60; ++k) reads(bytes_.substr(0, bytes_.size() * k / 60));
  std::mt19937 random(1);
  for (int round = 0; round < 300; ++round) {
    std::string flipped = bytes_;
    for (int i = 0; i < 3; ++i) flipped[random() % flipped.size()] ^= static_cast<char>(1 << random() % 8);
    reads(flipped);
  }
}

TEST_F(TruthFileTest, NonsenseIsRefused) {
  for (const char* python :
       {"s['u_max'][3]=64", "s['v_min'][0]=-1", "s['frame_start'][0]=40", "s['frame_end'][2]=80", "s['mate'][1]=10**6",
        "s['id'][1]=7", "s['snr'][1]=np.nan", "s['frame'][1]=np.inf", "s['intensity'][1]=0", "del s['mate']",
        "del s['u']; s['u']=np.zeros(3)", "del s['u']; s['u']=np.zeros((len(s['id']),2))", "del s['u']; s['u']='words'",
        "f['entry/parameters/frames'][()]=-3", "f['entry/parameters/width'][()]=np.nan", "del f['entry/parameters']",
        "del s['id']; s.create_dataset('id',(10**12,),'u4',chunks=(1000,))"}) {
    damage(python);
    EXPECT_THROW(read_truth(folder_ / "damaged.h5"), Error) << python;
  }
  EXPECT_THROW(read_truth(folder_ / "none.h5"), Error);
  EXPECT_THROW(read_truth(folder_ / "scan.h5"), Error);
}

TEST_F(TruthFileTest, PairsAreWrittenWholeAndNotOver) {
  const FriedelPairs pairs{.mate = {2, -1, 0}};
  write_pairs(pairs, folder_ / "pairs.csv", false);
  std::ostringstream text;
  text << std::ifstream(folder_ / "pairs.csv").rdbuf();
  EXPECT_EQ(text.str(), "id,mate\n0,2\n1,-1\n2,0\n");
  EXPECT_THROW(write_pairs(pairs, folder_ / "pairs.csv", false), Error);
  write_pairs(pairs, folder_ / "pairs.csv", true);
  EXPECT_THROW(write_pairs(pairs, folder_ / "no" / "pairs.csv", false), Error);
}

}  // namespace
}  // namespace dctprep
