// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/bench/bench.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <ctime>
#include <tbb/global_control.h>

#include "dctprep/base/cancel.h"
#include "dctprep/base/error.h"
#include "dctprep/bench/machine.h"
#include "dctprep/bench/memory_bandwidth.h"
#include "dctprep/config/config_file.h"
#include "dctprep/estimate/parameters.h"
#include "dctprep/kernels/backend.h"
#include "dctprep/pipeline/parallel.h"
#include "dctprep/pipeline/run.h"
#include "dctprep/simulate/resolve.h"
#include "dctprep/simulate/simulate.h"

namespace dctprep {

namespace {

// Looks at what it is handed and keeps nothing.
class DiscardingSink final : public ResultSink {
 public:
  std::uint64_t spots() const { return spots_; }
  std::uint64_t integral() const { return integral_; }

  void begin(const ResultHeader&) override {}
  void background(int, ImageView<const std::uint16_t>) override {}
  void transmission(int, ImageView<const float>) override {}
  void spot(const Spot& spot, std::span<const Voxel>, std::span<const std::uint32_t>) override {
    ++spots_;
    integral_ += spot.integral;
  }
  void rejected(const RejectedBlob&) override {}
  void end(const ResultSummary&) override {}

 private:
  std::uint64_t spots_ = 0;
  std::uint64_t integral_ = 0;
};

struct Elapsed {
  double seconds = 0;
  double cpu = 0;  // of all threads
};

template <class Body>
Elapsed time_of(const Body& body) {
  const auto started = std::chrono::steady_clock::now();
  const std::clock_t cpu = std::clock();
  body();
  return {std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count(),
          static_cast<double>(std::clock() - cpu) / CLOCKS_PER_SEC};
}

void decode_all(const Scan& scan, int threads) {
  const tbb::global_control limit(tbb::global_control::max_allowed_parallelism, static_cast<std::size_t>(threads));
  parallel_in_order(static_cast<std::size_t>(scan.frame_count()), [&](std::size_t k) {
    check_cancelled();
    thread_local Image<std::uint16_t> frame;
    if (frame.height() != scan.height() || frame.width() != scan.width())
      frame = Image<std::uint16_t>(scan.height(), scan.width());
    // What cannot be read is the run's business.
    (void)scan.frames->read(static_cast<int>(k), frame);
  });
}

class Measurement {
 public:
  Measurement(const Scan& scan, const Config& config, Progress& progress)
      : scan_(scan), config_(config), progress_(progress) {}

  void decode(ThreadBench& bench, bool counts) {
    const Elapsed elapsed = time_of([&] { decode_all(scan_, bench.threads); });
    if (counts) {
      bench.decode.push_back(elapsed.seconds);
      bench.decode_cpu.push_back(elapsed.cpu);
    }
    progress_.advance();
  }

  void run(ThreadBench& bench, bool counts, BenchReport& report) {
    DiscardingSink sink;
    Progress silent;
    config_.run.threads = bench.threads;
    forget_peak_memory();
    RunReport measured;
    const Elapsed elapsed = time_of([&] { measured = run_pipeline(scan_, config_, "dctprep bench", sink, silent); });
    if (counts) {
      bench.peak_bytes = std::max(bench.peak_bytes, peak_memory());
      bench.run.push_back(elapsed.seconds);
      bench.run_cpu.push_back(elapsed.cpu);
      add_stages(bench, measured);
    }
    if (runs_++ == 0) {
      report.spots = sink.spots();
      report.integral = sink.integral();
    } else if (report.spots != sink.spots() || report.integral != sink.integral()) {
      fail("runs of the same scan differ: {} spots and {} in another; please report this", report.spots, sink.spots());
    }
    progress_.advance();
  }

 private:
  static void add_stages(ThreadBench& bench, const RunReport& measured) {
    for (const auto& [stage, seconds] : measured.timing) {
      auto at = std::find_if(bench.stages.begin(), bench.stages.end(), [&](const auto& s) { return s.first == stage; });
      if (at == bench.stages.end()) at = bench.stages.insert(at, {stage, {}});
      at->second.push_back(seconds);
    }
  }

  const Scan& scan_;
  Config config_;
  Progress& progress_;
  int runs_ = 0;
};

BenchReport describe(const Scan& scan, const Config& config, const std::string& commit) {
  BenchReport report;
  report.machine = this_machine(commit);
  report.scan = scan.storage.location;
  report.compression = scan.storage.compression;
  report.frames = scan.frame_count();
  report.height = scan.height();
  report.width = scan.width();
  report.bytes_stored = scan.storage.bytes_stored;
  report.in_memory = scan.storage.format == "memory";
  report.config = to_compact_toml(config);
  return report;
}

}  // namespace

SimulateOptions bench_scan_options() {
  SimulateOptions options;
  options.width = 1024;
  options.height = 1024;
  options.frames = 600;
  options.omega_range = 60.0;
  return options;
}

Scan make_bench_scan(const SimulateOptions& options, Progress& progress) {
  const SimulateOptions resolved = resolve_options(options);
  const double frames = 1.0 * resolved.frames.value() + resolved.darks + resolved.flats;
  const double bytes = 2.0 * frames * resolved.height * resolved.width;
  const auto memory = static_cast<double>(installed_memory());
  if (memory > 0 && bytes > memory) {
    fail_usage("{:.0f} frames of {} x {} pixels in memory may take {:.1f} GiB, and there are {:.1f} GiB: ask for less",
               frames, resolved.width, resolved.height, bytes / (1 << 30), memory / (1 << 30));
  }
  return simulate_in_memory(resolved, progress);
}

BenchReport run_bench(const Scan& scan, const Config& config, const BenchOptions& options, Progress& progress) {
  use_backend(config.run.backend);
  const Config found = find_parameters(config, scan, progress).config;
  BenchReport report = describe(scan, found, options.commit);
  std::vector<int> threads = options.threads;
  if (threads.empty()) threads = {found.run.threads.is_auto() ? report.machine.cores : found.run.threads.value()};
  for (const int n : threads) report.runs.push_back({.threads = n});

  Measurement measurement(scan, found, progress);
  progress.start("measuring", 2 + 2 * options.repeats * static_cast<std::int64_t>(threads.size()), "passes");
  ThreadBench& most = *std::max_element(report.runs.begin(), report.runs.end(),
                                        [](const auto& a, const auto& b) { return a.threads < b.threads; });
  measurement.decode(most, false);
  measurement.run(most, false, report);
  for (int repeat = 0; repeat < options.repeats; ++repeat) {
    for (ThreadBench& bench : report.runs) {
      const MemoryBandwidth memory = measure_memory_bandwidth(bench.threads);
      bench.memory_read.push_back(memory.read);
      bench.memory_copy.push_back(memory.copy);
      measurement.decode(bench, true);
      measurement.run(bench, true, report);
    }
  }
  progress.finish();
  return report;
}

}  // namespace dctprep
