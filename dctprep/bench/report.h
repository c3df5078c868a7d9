// SPDX-License-Identifier: BSD-3-Clause
// What `dctprep bench` measures: how long runs and their stages take, against what the machine could do.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace dctprep {

// Values of repeats, one each.
using Repeats = std::vector<double>;

// Of at least one value.
struct Summary {
  double median = 0, least = 0, largest = 0;
};
Summary summary_of(const Repeats& repeats);

struct Machine {
  std::string cpu;
  int cores = 0;
  std::string backend;  // instruction set in use
  std::string version;
  std::string commit;  // "" where not known
};

// Measurements on one number of threads; each list holds one value a repeat.
struct ThreadBench {
  int threads = 0;
  Repeats memory_read, memory_copy;                     // bytes/s; a copied byte counts twice
  Repeats decode;                                       // seconds to read and decode every frame, and nothing else
  Repeats run;                                          // seconds of whole runs
  Repeats decode_cpu, run_cpu;                          // the same in seconds of all cores together
  std::vector<std::pair<std::string, Repeats>> stages;  // seconds of each stage, as the runs report them
  std::uint64_t peak_bytes = 0;                         // most memory that the process held during a run; 0: unknown
};

struct BenchReport {
  Machine machine;
  std::string scan;  // where it is
  std::string compression;
  int frames = 0, height = 0, width = 0;
  std::uint64_t bytes_stored = 0;  // of the frames, compressed; 0 where unknown
  bool in_memory = false;          // the stored frames lie in memory
  std::string config;              // TOML
  std::uint64_t spots = 0;         // found by every run
  std::uint64_t integral = 0;      // sum over them: tells results apart
  std::vector<ThreadBench> runs;   // one a number of threads

  double raw_bytes() const { return 2.0 * frames * height * width; }
};

}  // namespace dctprep
