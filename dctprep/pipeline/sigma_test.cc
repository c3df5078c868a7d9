// SPDX-License-Identifier: BSD-3-Clause
// Levels in units of the noise against numpy and scipy, from frames to the voxels of each spot: docs/sigma.md as
// Python.
#include <fstream>
#include <gtest/gtest.h>
#include <random>
#include <sstream>

#include "dctprep/base/error.h"
#include "dctprep/pipeline/plain_config_test.h"
#include "dctprep/pipeline/run.h"
#include "dctprep/testing/memory_frames.h"
#include "dctprep/testing/memory_scan.h"
#include "dctprep/testing/testing.h"
#include "dctprep/write/memory_sink.h"

namespace dctprep {
namespace {

constexpr int kFrames = 24, kHeight = 60, kWidth = 90;

// A background that rises from 20 to 1500 counts along u, each of the noise of its photons (three counts each), with
// spots of 4 to 30 standard deviations everywhere.
Scan scan_of(unsigned seed) {
  std::mt19937 random(seed);
  std::vector<Image<std::uint16_t>> frames;
  const auto mean = [](int u) { return 20.0 + 1480.0 * u / kWidth; };
  for (int k = 0; k < kFrames; ++k) {
    Image<std::uint16_t>& frame = frames.emplace_back(kHeight, kWidth);
    for (int v = 0; v < kHeight; ++v) {
      for (int u = 0; u < kWidth; ++u)
        frame(v, u) = static_cast<std::uint16_t>(3 * std::poisson_distribution<int>(mean(u) / 3)(random));
    }
  }
  for (int i = 0; i < 60; ++i) {
    const int k = static_cast<int>(random() % kFrames), v0 = static_cast<int>(random() % (kHeight - 4)),
              u0 = static_cast<int>(random() % (kWidth - 4));
    const double peak = (4 + static_cast<double>(random() % 27)) * std::sqrt(3 * mean(u0));
    for (int v = v0; v < v0 + 4; ++v) {
      for (int u = u0; u < u0 + 4; ++u)
        frames[static_cast<std::size_t>(k)](v, u) += static_cast<std::uint16_t>(peak / (1 + (v - v0 + u - u0) / 2));
    }
  }
  Scan scan = testing::memory_scan(std::make_shared<testing::MemoryFrames>(std::move(frames)));
  for (auto& pixel : scan.bad_pixels.pixels()) pixel = random() % 50 == 0;
  for (int u = 0; u < kWidth; ++u) scan.bad_pixels(7, u) = 1;  // no good pixel to judge by
  for (int u = 0; u < 30; ++u) scan.bad_pixels(31, u) = 1;     // none to the left
  return scan;
}

Config config_of(bool median) {
  Config config = testing::plain_config();
  config.background.half_window = kFrames;
  config.background.half_step = kFrames;
  config.denoise.mode = median ? DenoiseMode::kFull : DenoiseMode::kOff;
  config.denoise.threshold = 1;
  config.segment.method = SegmentMethod::kSingle;
  config.segment.unit = SegmentUnit::kSigma;
  config.segment.seed = median ? 2.4375 : 5.75;
  config.segment.grow_min = config.segment.grow_max = 1;
  config.segment.min_seed_volume = 3;
  config.segment.max_fill = 1;
  config.spots.rejected = true;
  return config;
}

template <class T>
void write_pixels(const std::filesystem::path& path, const std::vector<T>& pixels) {
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(pixels.data()), static_cast<std::streamsize>(pixels.size() * sizeof(T)));
}

TEST(SegmentUnit, SigmaIsWhatNumpyAndScipyMakeOfItsDefinition) {
  for (const bool median : {false, true}) {
    const testing::TemporaryFolder folder;
    const Scan scan = scan_of(median ? 1 : 2);
    std::vector<std::uint16_t> all;
    for (int k = 0; k < kFrames; ++k) {
      Image<std::uint16_t> frame(kHeight, kWidth);
      ASSERT_FALSE(scan.frames->read(k, frame));
      all.insert(all.end(), frame.pixels().begin(), frame.pixels().end());
    }
    write_pixels(folder / "frames.raw", all);
    write_pixels(folder / "bad.raw",
                 std::vector<std::uint8_t>(scan.bad_pixels.pixels().begin(), scan.bad_pixels.pixels().end()));
    const Config config = config_of(median);
    MemorySink sink;
    Progress silent;
    run_pipeline(scan, config, "", sink, silent);
    const MemoryResult& result = sink.result();
    EXPECT_TRUE(result.header.in_sigma);
    // Photons of three counts.
    EXPECT_NEAR(result.header.noise.gain, 3, 0.4);
    std::ostringstream program;
    program.precision(17);
    program << "import numpy as np, scipy.ndimage as n\nK,H,W=" << kFrames << "," << kHeight << "," << kWidth
            << "\nreadout,gain,seed,full=" << result.header.noise.readout_variance << "," << result.header.noise.gain
            << "," << config.segment.seed.value().number() << "," << median << R"(
J=np.fromfile('frames.raw',np.uint16).reshape(K,H,W).astype(np.int64)
bad=np.fromfile('bad.raw',np.uint8).reshape(H,W)!=0
B=np.sort(J,axis=0)[K//2]
sample=~bad
sample[np.arange(H)%4!=0,:]=False
sample[:,np.arange(W)%4!=0]=False
F=np.zeros_like(J)
for k in range(K):
    d=J[k]-B
    o=np.sort(d[sample])[sample.sum()//2]
    R=np.clip(d-o,0,65535)
    R[bad]=0
    F[k]=R
    if full:
        P=np.pad(np.where(bad,-1,R),1,mode='edge')
        for v in range(H):
            for u in range(W):
                w=np.sort(P[v:v+3,u:u+3].ravel())
                w=w[w>=0]
                F[k,v,u]=w[len(w)//2] if len(w) else 0
b=B.copy()
for v in range(H):
    good=np.flatnonzero(~bad[v])
    for u in np.flatnonzero(bad[v]):
        left=good[good<u]
        b[v,u]=B[v,left[-1]] if len(left) else B[v,good[0]] if len(good) else 0
w=np.rint(65536*16/np.sqrt(np.maximum(1/12,readout+gain*b))).astype(np.int64)
Z=np.minimum(65535,(F*w+32768)>>16)
label,count=n.label(Z>=round(16*seed),n.generate_binary_structure(3,3))
found=[]
for i in range(1,count+1):
    inside=label==i
    if inside.sum()>=3:
        k,v,u=np.nonzero(inside)
        found.append((int(inside.sum()),int(F[inside].sum()),int(F[inside].max()),int(k.min()),int(v.min()),int(u.min())))
for row in sorted(found): print(*row)
)";
    std::vector<std::array<std::int64_t, 6>> rows;
    for (const MemorySpot& s : result.spots) {
      rows.push_back({s.spot.volume, static_cast<std::int64_t>(s.spot.integral), s.spot.peak, s.spot.frame_start,
                      s.spot.v_min, s.spot.u_min});
    }
    std::sort(rows.begin(), rows.end());
    EXPECT_GT(rows.size(), 25u);
    std::string text;
    for (const auto& row : rows) {
      for (std::size_t i = 0; i < row.size(); ++i) text += (i == 0 ? "" : " ") + std::to_string(row[i]);
      text += "\n";
    }
    EXPECT_EQ(testing::run_python(program.str(), folder.path()).output, text) << median;
  }
}

TEST(SegmentUnit, SigmaNeedsAScanThatTellsItsNoise) {
  std::vector<Image<std::uint16_t>> frames;
  frames.emplace_back(20, 30, std::uint16_t{100});
  Scan scan;
  scan.frames = std::make_shared<testing::MemoryFrames>(std::move(frames));
  scan.omega = {0};
  scan.bad_pixels = Image<std::uint8_t>(20, 30, 0);
  MemorySink sink;
  Progress silent;
  EXPECT_THROW(run_pipeline(scan, config_of(true), "", sink, silent), Error);
  Config config = config_of(true);
  config.segment.unit = SegmentUnit::kCounts;
  config.segment.seed = 5;
  EXPECT_NO_THROW(run_pipeline(scan, config, "", sink, silent));
}

}  // namespace
}  // namespace dctprep
