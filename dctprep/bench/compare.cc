// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/bench/compare.h"

#include <algorithm>
#include <limits>

#include "dctprep/base/error.h"

namespace dctprep {

namespace {

constexpr std::size_t kFewestRepeats = 3;

double quotient(double a, double b) {
  if (b > 0) return a / b;
  return a > 0 ? std::numeric_limits<double>::infinity() : 1;
}

Verdict verdict_of(const Summary& base, const Summary& head) {
  const double margin = ((base.largest - base.least) + (head.largest - head.least)) / 2;
  if (head.largest + margin < base.least) return Verdict::kFaster;
  if (base.largest + margin < head.least) return Verdict::kSlower;
  return Verdict::kWithinNoise;
}

ThreadChanges compare_threads(const ThreadBench& base, const ThreadBench& head) {
  ThreadChanges all{base.threads, {}};
  all.changes.push_back(compare_repeats("read and decode", base.decode, head.decode));
  all.changes.push_back(compare_repeats("whole run", base.run, head.run));
  all.changes.push_back(compare_repeats("whole run, cpu", base.run_cpu, head.run_cpu));
  for (const auto& [name, seconds] : head.stages) {
    const auto same = std::find_if(base.stages.begin(), base.stages.end(),
                                   [&, &stage = name](const auto& other) { return other.first == stage; });
    if (same != base.stages.end()) all.changes.push_back(compare_repeats(name, same->second, seconds));
  }
  return all;
}

std::vector<std::string> other_differences(const BenchReport& base, const BenchReport& head,
                                           const std::string& base_name) {
  std::vector<std::string> warnings;
  const Machine &a = base.machine, &b = head.machine;
  if (a.cpu != b.cpu || a.cores != b.cores) {
    warnings.push_back(fmt::format("{} was measured on another machine: {}, {} cores", base_name, a.cpu, a.cores));
  }
  if (a.backend != b.backend) warnings.push_back(fmt::format("{} used the backend {}", base_name, a.backend));
  if (base.scan != head.scan) warnings.push_back(fmt::format("{} was measured on the scan {}", base_name, base.scan));
  if (base.config != head.config) warnings.push_back("the configurations differ");
  if (base.spots != head.spots || base.integral != head.integral) {
    warnings.push_back(fmt::format("the results differ: {} spots of {} counts in {}, now {} of {}", base.spots,
                                   base.integral, base_name, head.spots, head.integral));
  }
  return warnings;
}

}  // namespace

Change compare_repeats(const std::string& name, const Repeats& base, const Repeats& head) {
  Change change{name, summary_of(base), summary_of(head)};
  change.ratio = quotient(change.head.median, change.base.median);
  change.least = quotient(change.head.least, change.base.largest);
  change.largest = quotient(change.head.largest, change.base.least);
  change.verdict = std::min(base.size(), head.size()) < kFewestRepeats ? Verdict::kTooFewRepeats
                                                                       : verdict_of(change.base, change.head);
  return change;
}

void check_same_size(const BenchReport& base, const std::string& base_name, int frames, int height, int width) {
  if (base.frames == frames && base.height == height && base.width == width) return;
  fail_usage("{}: was measured on {} frames of {} x {} pixels, and this is on {} of {} x {}; compare like with like",
             base_name, base.frames, base.width, base.height, frames, width, height);
}

Comparison compare_reports(const BenchReport& base, const BenchReport& head, const std::string& base_name) {
  check_same_size(base, base_name, head.frames, head.height, head.width);
  Comparison comparison;
  for (const ThreadBench& measured : head.runs) {
    const auto same = std::find_if(base.runs.begin(), base.runs.end(),
                                   [&](const auto& other) { return other.threads == measured.threads; });
    if (same != base.runs.end()) comparison.threads.push_back(compare_threads(*same, measured));
  }
  if (comparison.threads.empty()) {
    std::string counts;
    for (const ThreadBench& bench : base.runs) counts += fmt::format("{}{}", counts.empty() ? "" : ",", bench.threads);
    fail_usage("{}: was measured on other numbers of threads; give --threads {}", base_name, counts);
  }
  comparison.warnings = other_differences(base, head, base_name);
  return comparison;
}

}  // namespace dctprep
