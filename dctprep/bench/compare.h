// SPDX-License-Identifier: BSD-3-Clause
// Two reports of the same work held against each other: base and head.
#pragma once

#include <string>
#include <vector>

#include "dctprep/bench/report.h"

namespace dctprep {

enum class Verdict { kFaster, kSlower, kWithinNoise, kTooFewRepeats };

// One figure, seconds in base and head.
struct Change {
  std::string name;
  Summary base, head;
  double ratio = 1;               // of the medians, head / base
  double least = 1, largest = 1;  // of any two repeats
  Verdict verdict = Verdict::kWithinNoise;
};

struct ThreadChanges {
  int threads = 0;
  std::vector<Change> changes;  // read and decode, whole run, its cpu time, then the stages that both have
};

struct Comparison {
  std::vector<ThreadChanges> threads;  // those that both have
  std::vector<std::string> warnings;   // what else differs: machine, configuration, result
};

// A difference exceeds the noise where the ranges of the repeats, each widened to twice its width, do not meet; with
// fewer than three repeats on either side nothing can be said.
Change compare_repeats(const std::string& name, const Repeats& base, const Repeats& head);

// Error (usage) where `base` has measured a scan of another size.
void check_same_size(const BenchReport& base, const std::string& base_name, int frames, int height, int width);

// Error (usage) where they have measured scans of different size, or no number of threads in common.
Comparison compare_reports(const BenchReport& base, const BenchReport& head, const std::string& base_name);

}  // namespace dctprep
