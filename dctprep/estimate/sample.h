// SPDX-License-Identifier: BSD-3-Clause
// Which frames of a scan are looked at, and their pixels.
#pragma once

#include <cstdint>
#include <set>
#include <span>
#include <vector>

#include "dctprep/background/options.h"
#include "dctprep/base/image.h"
#include "dctprep/base/progress.h"
#include "dctprep/core/pixel_changes.h"
#include "dctprep/core/scan.h"

namespace dctprep {

// Frames in memory, after dark, not normalised: those of the wanted ones that can be read, in order.
struct FrameSample {
  std::vector<int> frame;
  std::vector<Image<std::uint16_t>> pixels;

  std::size_t size() const { return frame.size(); }
};

// How many frames of this size may be held at once: `most`, or what 1 GiB holds, but at least 5.
int frames_that_fit(int height, int width, int most);

// At most `count` of the frames that are not listed (1 = listed), evenly spread over the rotation, ascending.
std::vector<int> spread_frames(const std::vector<std::uint8_t>& listed, int count);

// A run of consecutive frames, and frames spread over the background window round it (the run among them).
struct FrameGroup {
  std::vector<int> run;     // ascending; in order of rotation, no gap
  std::vector<int> window;  // ascending; without listed frames
};
inline constexpr int kRunLength = 5;

// Up to `groups` groups, one anywhere in each equal part of the rotation, of at most `most` frames each. Short scans
// have fewer. None crosses from one of `sweeps` (none: all frames are one) into the next.
std::vector<FrameGroup> frame_groups(const std::vector<std::uint8_t>& listed, const BackgroundOptions& options,
                                     std::span<const Sweep> sweeps, bool wrap, int groups, int most);

// Pixels of the frames looked at that are read as another value than the stored one; each frame counts once.
struct LookedAt {
  std::set<int> frames;
  ChangeTally changes;
};

// Reads on all cores. Frames that cannot be had are left out. `looked`, where not null, gets those that can.
FrameSample read_sample(const Scan& scan, const std::vector<int>& wanted, ImageView<const std::uint16_t> dark,
                        Progress& progress, LookedAt* looked = nullptr);

}  // namespace dctprep
