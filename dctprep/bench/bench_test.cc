// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/bench/bench.h"

#include <gtest/gtest.h>
#include <thread>

#include "dctprep/base/error.h"
#include "dctprep/bench/machine.h"
#include "dctprep/bench/memory_bandwidth.h"
#include "dctprep/estimate/parameters.h"
#include "dctprep/kernels/backend.h"
#include "dctprep/pipeline/run.h"
#include "dctprep/write/memory_sink.h"

namespace dctprep {
namespace {

SimulateOptions small_scan() {
  SimulateOptions options = bench_scan_options();
  options.width = options.height = 96;
  options.frames = 40;
  options.grains = 5;
  return options;
}

TEST(Bench, MeasuresWhatItIsAskedFor) {
  Progress silent;
  const Scan scan = make_bench_scan(small_scan(), silent);
  Config config;
  config.background.half_window = 10;
  config.segment.unit = SegmentUnit::kCounts;
  config.segment.seed = 30;
  const BenchReport report = run_bench(scan, config, {.repeats = 2, .threads = {1, 3}, .commit = "abc"}, silent);
  EXPECT_EQ(report.frames, 40);
  EXPECT_EQ(report.height, 96);
  EXPECT_TRUE(report.in_memory);
  EXPECT_EQ(report.bytes_stored, scan.storage.bytes_stored);
  EXPECT_EQ(report.machine.backend, backend_in_use());
  EXPECT_EQ(report.machine.commit, "abc");
  EXPECT_NE(report.config.find("half_window = 10"), std::string::npos);
  EXPECT_EQ(report.config.find("seed = \"auto\""), std::string::npos);
  ASSERT_EQ(report.runs.size(), 2u);
  EXPECT_EQ(report.runs[0].threads, 1);
  EXPECT_EQ(report.runs[1].threads, 3);
  for (const ThreadBench& bench : report.runs) {
    for (const Repeats& repeats : {bench.decode, bench.run, bench.run_cpu, bench.memory_read, bench.memory_copy}) {
      ASSERT_EQ(repeats.size(), 2u);
      for (const double value : repeats) EXPECT_GT(value, 0);
    }
    EXPECT_FALSE(bench.stages.empty());
    for (const auto& [name, seconds] : bench.stages) EXPECT_EQ(seconds.size(), 2u) << name;
    EXPECT_GT(bench.peak_bytes, scan.storage.bytes_stored);
  }
  // Against what a run with a sink finds.
  MemorySink sink;
  run_pipeline(scan, find_parameters(config, scan, silent).config, "", sink, silent);
  std::uint64_t integral = 0;
  for (const MemorySpot& spot : sink.result().spots) integral += spot.spot.integral;
  EXPECT_GT(report.spots, 0u);
  EXPECT_EQ(report.spots, sink.result().spots.size());
  EXPECT_EQ(report.integral, integral);
}

TEST(Bench, RefusesAScanThatDoesNotFit) {
  Progress silent;
  SimulateOptions options = bench_scan_options();
  options.width = options.height = 16384;
  options.frames = 1000000;
  EXPECT_THROW(make_bench_scan(options, silent), Error);
}

// No machine moves less than 10 MB/s or more than 100 TB/s; odd sizes and more threads than words.
TEST(Bench, MemoryBandwidthIsPlausible) {
  for (const std::size_t bytes : {std::size_t{1} << 22, std::size_t{100003}, std::size_t{8}}) {
    for (const int threads : {1, 2, 5}) {
      const MemoryBandwidth bandwidth = measure_memory_bandwidth(threads, bytes);
      EXPECT_GT(bandwidth.read, bytes > 1000 ? 1e7 : 0);
      EXPECT_GT(bandwidth.copy, bytes > 1000 ? 1e7 : 0);
      EXPECT_LT(bandwidth.read, 1e14);
    }
  }
}

TEST(Machine, TellsWhatItIs) {
  const Machine machine = this_machine("");
  EXPECT_FALSE(machine.cpu.empty());
  EXPECT_EQ(machine.cores, static_cast<int>(std::max(1u, std::thread::hardware_concurrency())));
  EXPECT_GT(installed_memory(), 1u << 20);
  forget_peak_memory();
  const std::uint64_t before = peak_memory();
  std::vector<char> held(std::size_t{64} << 20, 1);
  EXPECT_GE(peak_memory(), before + (std::uint64_t{60} << 20));
  EXPECT_EQ(held.back(), 1);
}

}  // namespace
}  // namespace dctprep
