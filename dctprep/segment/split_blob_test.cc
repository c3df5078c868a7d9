// SPDX-License-Identifier: BSD-3-Clause
// Parted blobs against docs/design/split.md as Python takes it by its words, and by hand.
#include "dctprep/segment/split_blob.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <gtest/gtest.h>
#include <random>
#include <sstream>

#include "dctprep/base/image.h"
#include "dctprep/segment/hills_test.h"
#include "dctprep/segment/segment.h"
#include "dctprep/testing/testing.h"

namespace dctprep {
namespace {

using Volume = std::vector<Image<std::uint16_t>>;

std::vector<Blob> segment_and_part(const Volume& volume, const SegmentOptions& options, bool wrap) {
  const std::vector<ImageView<const std::uint16_t>> views(volume.begin(), volume.end());
  return segment_volume(views, options, wrap);
}

// Reads volumes and prints a line a blob: the whole of segmentation from components that scipy finds, then the parting.
constexpr const char* kOracle = R"(
import sys
import numpy as np
from scipy import ndimage

def components(mask, structure, wrap):
    label, count = ndimage.label(mask, structure)
    if wrap and count:
        # The last frame beside the first: labels that touch over the seam are one.
        seam = ndimage.label(np.concatenate([mask[-1:], mask[:1]]), structure)[0]
        name = list(range(count + 1))
        def root(i):
            while name[i] != i: i = name[i]
            return i
        for s in range(1, seam.max() + 1):
            touching = np.unique(np.concatenate([label[-1][seam[0] == s], label[0][seam[1] == s]]))
            for t in touching: name[root(t)] = root(touching[0])
        label = np.array([root(i) for i in range(count + 1)])[label]
    return label

def split(blob, F, near, seed, least, share):
    heap_of, spot_of, heaps, spots = {}, {}, {}, {}
    for x in sorted(blob, key=lambda i: (-F[i], i)):
        taken = sorted((i for i in near[x] if i in heap_of), key=lambda i: (-F[i], i))
        if not taken:
            heap_of[x] = spot_of[x] = x
            heaps[x], spots[x] = [x], [x]
            continue
        touched = {heap_of[i] for i in taken}
        def is_firm(heap):
            peak = max(F[i] for i in heap)
            enough = max(least, 12 if peak >= 2 * seed else 30)
            return sum(F[i] >= seed for i in heap) >= enough and F[x] < share * peak
        firm = {h for h in touched if is_firm(heaps[h])}
        spot = spot_of[next(i for i in taken if not firm or heap_of[i] in firm)]
        for s in {spot_of[i] for h in touched if h not in firm for i in heaps[h]} - {spot}:
            for i in spots[s]: spot_of[i] = spot
            spots[spot] += spots.pop(s)
        spot_of[x] = spot
        spots[spot].append(x)
        whole = min(touched)
        for h in touched - {whole}:
            for i in heaps[h]: heap_of[i] = whole
            heaps[whole] += heaps.pop(h)
        heap_of[x] = whole
        heaps[whole].append(x)
    return list(spots.values())

def show(level, seed_volume, small, parted, voxels):
    print(level, seed_volume, int(small), int(parted), *sorted(int(i) for i in voxels))

lines = open('volumes.txt').read().split('\n')
for n in range(0, len(lines) - 1, 2):
    word = lines[n].split()
    shape = tuple(map(int, word[:3]))
    connectivity, wrap, seed, low, high, least = map(int, word[3:9])
    tau, share = float(word[9]), float(word[10])
    F = [int(x) for x in lines[n + 1].split()]
    A = np.array(F).reshape(shape)
    structure = ndimage.generate_binary_structure(3, {6: 1, 18: 2, 26: 3}[connectivity])
    offsets = np.argwhere(structure) - 1
    near = {}
    for x in range(len(F)):
        at = np.array(np.unravel_index(x, shape)) + offsets
        if wrap: at[:, 0] %= shape[0]
        at = at[((at >= 0) & (at < shape)).all(axis=1)]
        near[x] = [int(i) for i in np.ravel_multi_index(at.T, shape) if i != x]
    print('volume', n // 2)
    rows = []
    label = components(A >= seed, structure, wrap)
    seeds = []
    for c in np.unique(label[label > 0]):
        voxels = np.flatnonzero(label == c)
        peak = max(voxels, key=lambda i: (F[i], -i))
        g = min(seed, min(max(int(np.ceil(tau * F[peak] - 1e-6)), low), high))
        if len(voxels) < least: show(g, len(voxels), True, False, voxels)
        else: seeds.append((-F[peak], peak, g, len(voxels)))
    seeds.sort()
    found = []
    for rank, (_, peak, g, volume) in enumerate(seeds):
        level = g
        while True:
            label = components(A >= level, structure, wrap).ravel()
            if all(label[stronger[1]] != label[peak] for stronger in seeds[:rank]): break
            level += 1
        found.append((peak, level, volume, np.flatnonzero(label == label[peak])))
    for rank, (peak, level, volume, voxels) in enumerate(found):
        if any(peak in stronger[3] for stronger in found[:rank]): continue
        parts = split([int(i) for i in voxels], F, near, seed, least, share) if share else [voxels]
        for part in parts:
            parted = len(parts) > 1
            show(level, sum(F[i] >= seed for i in part) if parted else volume, False, parted, part)
)";

// Hills that overlap, on noise; in one volume of three cut down to few levels, all plateaus and ties.
Volume draw_volume(std::mt19937& random, int depth, int height, int width) {
  const auto from = [&](int low, int high) { return std::uniform_int_distribution<int>(low, high)(random); };
  const int noise = from(1, 8), step = from(0, 2) == 0 ? from(4, 30) : 1;
  std::vector<Hill> hills;
  for (int i = from(3, 20); i > 0; --i) {
    hills.push_back({from(0, depth - 1), from(0, height - 1), from(0, width - 1), static_cast<double>(from(20, 120)),
                     0.1 * from(6, 18)});
  }
  return hilly_volume(random, depth, height, width, noise, step, hills);
}

std::string by_the_library(const Volume& volume, const SegmentOptions& options, bool wrap) {
  const int height = volume[0].height(), width = volume[0].width(), frames = static_cast<int>(volume.size());
  std::vector<std::string> lines;
  for (const Blob& blob : segment_and_part(volume, options, wrap)) {
    EXPECT_TRUE(std::is_sorted(blob.voxels.begin(), blob.voxels.end(), [](const Voxel& a, const Voxel& b) {
      return std::tuple(a.frame, a.v, a.u) < std::tuple(b.frame, b.v, b.u);
    }));
    // Unwrapped: first in the scan, and without a gap, for a part is connected.
    EXPECT_LT(blob.voxels.front().frame, frames);
    for (std::size_t i = 1; i < blob.voxels.size(); ++i) {
      EXPECT_LE(blob.voxels[i].frame, blob.voxels[i - 1].frame + 1);
    }
    std::vector<int> places;
    for (const Voxel& voxel : blob.voxels)
      places.push_back((voxel.frame % frames * height + voxel.v) * width + voxel.u);
    std::sort(places.begin(), places.end());
    std::ostringstream line;
    line << blob.level << " " << blob.seed_volume << " " << blob.small_seed << " " << blob.split;
    for (const int place : places) line << " " << place;
    lines.push_back(line.str());
  }
  std::sort(lines.begin(), lines.end());
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

// The lines below "volume i", sorted.
std::vector<std::string> sorted_by_volume(const std::string& output) {
  std::vector<std::vector<std::string>> volumes;
  std::istringstream stream(output);
  for (std::string line; std::getline(stream, line);) {
    if (line.starts_with("volume ")) {
      volumes.emplace_back();
    } else if (!volumes.empty()) {
      volumes.back().push_back(line);
    }
  }
  std::vector<std::string> texts;
  for (auto& lines : volumes) {
    std::sort(lines.begin(), lines.end());
    texts.emplace_back();
    for (const std::string& line : lines) texts.back() += line + "\n";
  }
  return texts;
}

TEST(SplitBlob, EqualsTheDefinitionByItsWords) {
  const testing::TemporaryFolder folder;
  std::mt19937 random(11);
  const auto from = [&](int low, int high) { return std::uniform_int_distribution<int>(low, high)(random); };
  std::ofstream file(folder / "volumes.txt");
  std::vector<std::string> got;
  int spots = 0, several = 0, over_the_seam = 0, also_small = 0;
  for (int round = 0; round < 240; ++round) {
    const int depth = from(1, 14), height = from(1, 14), width = from(2, 18);
    const bool wrap = depth >= 3 && from(0, 1) == 0;
    const Volume volume = draw_volume(random, depth, height, width);
    SegmentOptions options;
    options.connectivity = std::array{6, 18, 26}[static_cast<std::size_t>(from(0, 2))];
    options.seed = from(6, 40);
    options.grow_min = from(3, step_of(options.seed));
    options.grow_max = from(step_of(options.grow_min), 60);
    options.tau = 0.01 * from(0, 60);
    options.min_seed_volume = from(0, 2) == 0 ? from(3, 20) : from(0, 3);
    options.split = from(0, 9) == 0 ? 0.0 : from(0, 9) == 0 ? 1.0 : 0.01 * from(20, 95);
    file << depth << " " << height << " " << width << " " << options.connectivity << " " << wrap << " "
         << step_of(options.seed) << " " << step_of(options.grow_min) << " " << step_of(options.grow_max) << " "
         << options.min_seed_volume.value() << " ";
    file.precision(17);
    file << options.tau << " " << options.split.value() << "\n";
    for (const auto& frame : volume) {
      for (const auto pixel : frame.pixels()) file << pixel << " ";
    }
    file << "\n";
    got.push_back(by_the_library(volume, options, wrap));
    int parts = 0;
    for (const Blob& blob : segment_and_part(volume, options, wrap)) {
      parts += blob.split;
      over_the_seam += blob.split && blob.voxels.back().frame >= depth;
      also_small += blob.small_seed;
    }
    spots += parts;
    several += parts > 2;
  }
  file.close();
  const auto result = testing::run_python(kOracle, folder.path());
  ASSERT_EQ(result.status, 0) << result.output;
  const std::vector<std::string> expected = sorted_by_volume(result.output);
  ASSERT_EQ(expected.size(), got.size());
  for (std::size_t i = 0; i < got.size(); ++i) ASSERT_EQ(got[i], expected[i]) << "volume " << i;
  // The draws reach what they are meant to reach.
  EXPECT_GT(spots, 200);
  EXPECT_GT(several, 30);
  EXPECT_GT(over_the_seam, 10);
  EXPECT_GT(also_small, 50);
}

// One row of hills, 12 columns of their own each, one above the other in the rows.
Volume ridge(const std::vector<std::uint16_t>& heights) {
  Volume volume;
  volume.emplace_back(1, static_cast<int>(heights.size()));
  std::copy(heights.begin(), heights.end(), volume.back().data());
  return volume;
}

SegmentOptions options_of(double split) {
  SegmentOptions options;
  options.seed = options.grow_min = options.grow_max = 10;
  options.min_seed_volume = 1;
  options.split = split;
  return options;
}

std::vector<std::uint16_t> two_hills(std::uint16_t first, std::uint16_t saddle, std::uint16_t second, int width) {
  std::vector<std::uint16_t> heights(static_cast<std::size_t>(width), first);
  heights.push_back(saddle);
  heights.insert(heights.end(), static_cast<std::size_t>(width), second);
  return heights;
}

TEST(SplitBlob, PartsWhereTheSaddleIsBelowTheShareOfTheWeakerPeak) {
  for (const auto& [saddle, spots] : {std::pair(29, 2u), std::pair(30, 1u), std::pair(31, 1u)}) {
    const Volume volume = ridge(two_hills(90, static_cast<std::uint16_t>(saddle), 60, 12));
    const auto blobs = segment_and_part(volume, options_of(0.5), false);
    ASSERT_EQ(blobs.size(), spots) << saddle;
    if (spots == 1) continue;
    // The saddle goes to its higher neighbour; every voxel is some spot's.
    EXPECT_EQ(blobs[0].voxels.size(), 13u);
    EXPECT_EQ(blobs[1].voxels.size(), 12u);
    EXPECT_EQ(blobs[0].seed_volume, 13u);
    EXPECT_TRUE(blobs[0].split && blobs[1].split);
    EXPECT_EQ(blobs[1].level, 10);
  }
  EXPECT_EQ(segment_and_part(ridge(two_hills(90, 29, 60, 12)), options_of(0), false).size(), 1u);
}

TEST(SplitBlob, NeedsADozenVoxelsInEachOrAsManyAsASeed) {
  EXPECT_EQ(segment_and_part(ridge(two_hills(90, 20, 60, kLeastPart - 1)), options_of(0.5), false).size(), 1u);
  SegmentOptions options = options_of(0.5);
  options.min_seed_volume = 14;
  EXPECT_EQ(segment_and_part(ridge(two_hills(90, 20, 60, 13)), options, false).size(), 1u);
  EXPECT_EQ(segment_and_part(ridge(two_hills(90, 20, 60, 14)), options, false).size(), 2u);
}

TEST(SplitBlob, NeedsMoreVoxelsWhereAPeakIsLessThanTwiceTheSeed) {
  SegmentOptions growing = options_of(0.5);
  growing.grow_min = growing.grow_max = 5;  // so that the saddle is in the blob
  const auto grown = [&](std::uint16_t peak, int width) {
    return segment_and_part(ridge(two_hills(90, 8, peak, width)), growing, false).size();
  };
  EXPECT_EQ(grown(20, 12), 2u);
  EXPECT_EQ(grown(19, kLeastFaintPart - 1), 1u);
  EXPECT_EQ(grown(19, kLeastFaintPart), 2u);
}

TEST(SplitBlob, ASmallPeakInAValleyGoesToTheHillItHangsOn) {
  std::vector<std::uint16_t> heights = two_hills(90, 20, 60, 12);
  // On the first hill's side of the valley: three voxels, far above their saddles.
  const std::vector<std::uint16_t> bump{25, 50, 50, 50};
  heights.insert(heights.begin() + 12, bump.begin(), bump.end());
  const auto blobs = segment_and_part(ridge(heights), options_of(0.5), false);
  ASSERT_EQ(blobs.size(), 2u);
  EXPECT_EQ(blobs[0].voxels.size(), 16u);
  EXPECT_EQ(blobs[1].voxels.size(), 13u);
}

TEST(SplitBlob, PartsOverTheSeamCountOnByThemselves) {
  // Two hills of 14 frames on a turn of 30, saddles at 7 and 22: one lies over the seam, and the blob is in every
  // frame.
  Volume volume;
  for (int k = 0; k < 30; ++k)
    volume.emplace_back(1, 1, static_cast<std::uint16_t>(k == 7 || k == 22 ? 20 : k < 7 || k > 22 ? 80 : 70));
  const auto blobs = segment_and_part(volume, options_of(0.5), true);
  ASSERT_EQ(blobs.size(), 2u);
  EXPECT_EQ(blobs[0].voxels.front().frame, 8);
  EXPECT_EQ(blobs[0].voxels.back().frame, 21);
  EXPECT_EQ(blobs[1].voxels.front().frame, 22);
  EXPECT_EQ(blobs[1].voxels.back().frame, 37);
}

}  // namespace
}  // namespace dctprep
