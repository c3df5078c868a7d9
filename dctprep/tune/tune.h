// SPDX-License-Identifier: BSD-3-Clause
// Choosing between settings by Friedel pairs: the pipeline is run on a part of the scan that holds mates, with the
// settings found and with others round them. docs/score.md tells how they are judged.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "dctprep/base/progress.h"
#include "dctprep/config/config.h"
#include "dctprep/core/scan.h"

namespace dctprep {

struct TuneTrial {
  std::map<std::string, std::string> settings;  // "segment.seed" -> "45": what differs from what was found
  std::uint64_t spots = 0;
  std::int64_t eligible = 0, paired = 0;  // spots that can have a mate, and that have one
  double chance_share = 0;                // of the eligible that have one by chance
  double beyond_chance = 0;               // paired - chance_share eligible
  std::string verdict;                    // in a few words: why it was taken, or not
};

struct Tuning {
  Config config;                  // as found, or better
  std::vector<TuneTrial> trials;  // the first is of the settings found; none where nothing could be tried
  int chosen = 0;
  std::vector<std::pair<int, int>> frames;  // first and last of each part of the scan that was run
  std::map<std::string, std::string> why;   // "segment.seed" -> why it was kept or changed; of what was open
  std::string summary;                      // one or two sentences
};

// What of the thresholds may be changed: what was not given by the user.
struct TuneOpen {
  bool seed = false, grow_min = false, grow_max = false, min_seed_volume = false, split = false, denoise_mode = false,
       denoise_threshold = false;
};
TuneOpen open_to_tuning(const Config& given);

// What is taken of two results: B spots with a mate beyond chance and N spots that can have one before, b and n after.
// Whether b is more than B by 1 %, by 4 and by twice the root of the change in n, and where n is more than N, the
// spots that came have mates nearly (kMateRate) as often as those that were there.
bool is_better(const TuneTrial& before, const TuneTrial& after);
inline constexpr double kMateRate = 0.7;

// Whether more of segment.split parts spots rather than pieces of one grain's: each spot that it adds brings at least
// kMatesPerPart spots with a mate. Where it adds fewer than 10 or 1 %, it does.
bool parting_pays(const TuneTrial& less, const TuneTrial& more);
inline constexpr double kMatesPerPart = 0.6;

// `found` holds no "auto". Where the scan has no mates or too few pairs, `found` is kept, and the summary says so.
// `scan` is read once a trial, as far as it is used. Throws what a run throws.
Tuning tune(const Config& found, const TuneOpen& open, const Scan& scan, Progress& progress);

// As a table, one trial a line.
std::string tuning_text(const Tuning& tuning);

}  // namespace dctprep
