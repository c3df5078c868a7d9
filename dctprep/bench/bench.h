// SPDX-License-Identifier: BSD-3-Clause
// Measures runs of the whole chain, and of reading and decoding alone, in turn.
#pragma once

#include <string>
#include <vector>

#include "dctprep/base/progress.h"
#include "dctprep/bench/report.h"
#include "dctprep/config/config.h"
#include "dctprep/core/scan.h"
#include "dctprep/simulate/options.h"

namespace dctprep {

struct BenchOptions {
  int repeats = 5;
  std::vector<int> threads;  // each measured; empty: as many as run.threads says
  std::string commit;        // for the record
};

// The scan that is measured where none is named: 600 frames of 1024 x 1024 pixels in steps of 0.1 degrees.
SimulateOptions bench_scan_options();
// Made in memory. Error (usage) where it might not fit.
Scan make_bench_scan(const SimulateOptions& options, Progress& progress);

// Finds what is "auto" in `config`, then measures: first a decode and a run that do not count, then, repeat by repeat,
// for each number of threads, the memory, a decode, a run. Results go nowhere. Error where the runs differ.
BenchReport run_bench(const Scan& scan, const Config& config, const BenchOptions& options, Progress& progress);

}  // namespace dctprep
