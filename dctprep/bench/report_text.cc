// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/bench/report_text.h"

#include <algorithm>
#include <fmt/format.h>

namespace dctprep {

namespace {

constexpr double kGiga = 1e9;
constexpr double kGib = 1024.0 * 1024.0 * 1024.0;

std::string heading(const BenchReport& report) {
  const Machine& machine = report.machine;
  std::string text = fmt::format("dctprep {}{} on {}, {} {}; backend {}\n", machine.version,
                                 machine.commit.empty() ? "" : " (" + machine.commit + ")", machine.cpu, machine.cores,
                                 machine.cores == 1 ? "core" : "cores", machine.backend);
  text += fmt::format("{}: {} frames of {} x {} pixels, {:.2f} GB raw, {}", report.scan, report.frames, report.width,
                      report.height, report.raw_bytes() / kGiga, report.compression);
  if (report.bytes_stored > 0) text += fmt::format(" {:.2f} GB", static_cast<double>(report.bytes_stored) / kGiga);
  if (report.in_memory) text += " in memory";
  const std::size_t repeats = report.runs.front().run.size();
  return text +
         fmt::format(
             "\n{} {} in turn (decode, run, decode, run, ...), after a first of each that does not count: memory "
             "touched for the first time is slow on\nvirtual machines. Medians; GB are 10^9 bytes of raw pixels.\n",
             repeats, repeats == 1 ? "repeat" : "repeats");
}

std::string spread(const Summary& s) { return fmt::format("{:.3f} ... {:.3f}", s.least, s.largest); }

// A pass over all frames: seconds, and what that is of the ceilings.
std::string pass_row(const char* name, const BenchReport& report, const Summary& seconds, const Repeats& cpu,
                     double memory, double decode) {
  const double s = std::max(1e-9, seconds.median);
  const double rate = report.raw_bytes() / s;
  return fmt::format("  {:<16}{:>9.3f} s  {:<18}{:>9.3f} s{:>10.1f}{:>9.2f}{:>10.1f} %{:>9.1f} %\n", name,
                     seconds.median, spread(seconds), summary_of(cpu).median, report.frames / s, rate / kGiga,
                     100 * rate / memory, 100 * decode / s);
}

std::string thread_text(const BenchReport& report, const ThreadBench& bench) {
  const Summary read = summary_of(bench.memory_read), copy = summary_of(bench.memory_copy);
  const Summary decode = summary_of(bench.decode), run = summary_of(bench.run);
  const double memory = std::max(1.0, read.median);
  std::string text = fmt::format("\n{:<18}{:>11}  {:<18}{:>11}{:>10}{:>9}{:>12}{:>11}\n",
                                 fmt::format("{} {}", bench.threads, bench.threads == 1 ? "thread" : "threads"), "time",
                                 "spread", "cpu time", "images/s", "GB/s", "of memory", "of decode");
  text += pass_row("read and decode", report, decode, bench.decode_cpu, memory, decode.median);
  text += pass_row("whole run", report, run, bench.run_cpu, memory, decode.median);
  text += fmt::format("  memory ceiling: {:.1f} GB/s read, {:.1f} GB/s copied (read and written)\n",
                      read.median / kGiga, copy.median / kGiga);
  Repeats ratios;
  for (std::size_t i = 0; i < std::min(bench.run.size(), bench.decode.size()); ++i)
    ratios.push_back(bench.run[i] / std::max(1e-9, bench.decode[i]));
  text += fmt::format("  whole run / read and decode: {:.2f}, repeat by repeat {:.2f} ... {:.2f}\n",
                      run.median / std::max(1e-9, decode.median), summary_of(ratios).least, summary_of(ratios).largest);
  double all = 1e-12;
  for (const auto& [name, seconds] : bench.stages) all += summary_of(seconds).median;
  text +=
      fmt::format("  {:<16}{:>11}  {:<18}{:>10}{:>9}{:>9}\n", "stages", "time", "spread", "ms/frame", "GB/s", "share");
  for (const auto& [name, seconds] : bench.stages) {
    const Summary s = summary_of(seconds);
    const std::string rate = s.median < 1e-3 ? "-" : fmt::format("{:.2f}", report.raw_bytes() / kGiga / s.median);
    text += fmt::format("    {:<14}{:>9.3f} s  {:<18}{:>10.3f}{:>9}{:>7.1f} %\n", name, s.median, spread(s),
                        1000 * s.median / report.frames, rate, 100 * s.median / all);
  }
  if (bench.peak_bytes > 0)
    text += fmt::format("  most memory held in a run: {:.2f} GiB{}\n", static_cast<double>(bench.peak_bytes) / kGib,
                        report.in_memory ? ", the scan included" : "");
  return text;
}

// How much faster than on the smallest number of threads.
std::string scaling_text(const BenchReport& report) {
  const auto least = std::min_element(report.runs.begin(), report.runs.end(),
                                      [](const auto& a, const auto& b) { return a.threads < b.threads; });
  const auto gain = [&](const Repeats& base, const Repeats& repeats) {
    return fmt::format("{:>9.2f}", summary_of(base).median / std::max(1e-9, summary_of(repeats).median));
  };
  std::string head = fmt::format("\n{:<18}", "scaling"), decode = fmt::format("  {:<16}", "read and decode"),
              run = fmt::format("  {:<16}", "whole run");
  for (const ThreadBench& bench : report.runs) {
    head += fmt::format("{:>9}", fmt::format("x {}", bench.threads));
    decode += gain(least->decode, bench.decode);
    run += gain(least->run, bench.run);
  }
  return head + "\n" + decode + "\n" + run + "\n";
}

const char* words_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::kFaster:
      return "faster, beyond the noise";
    case Verdict::kSlower:
      return "slower, beyond the noise";
    case Verdict::kWithinNoise:
      return "within the noise";
    case Verdict::kTooFewRepeats:
      return "too few repeats to tell";
  }
  return "";
}

}  // namespace

std::string to_text(const BenchReport& report) {
  std::string text = heading(report);
  for (const ThreadBench& bench : report.runs) text += thread_text(report, bench);
  if (report.runs.size() > 1) text += scaling_text(report);
  return text + fmt::format("\n{} spots\n", report.spots);
}

std::string to_text(const Comparison& comparison, const std::string& base_name) {
  std::string text;
  for (const std::string& warning : comparison.warnings) text += "warning: " + warning + "\n";
  for (const ThreadChanges& threads : comparison.threads) {
    text += fmt::format("{}against {}, {} {}\n  {:<16}{:>9}{:>9}{:>12}  {:<16}\n", text.empty() ? "" : "\n", base_name,
                        threads.threads, threads.threads == 1 ? "thread" : "threads", "seconds", "base", "head",
                        "head/base", "spread");
    for (const Change& change : threads.changes) {
      text += fmt::format("  {:<16}{:>9.3f}{:>9.3f}{:>12.3f}  {:<16}  {}\n", change.name, change.base.median,
                          change.head.median, change.ratio,
                          fmt::format("{:.3f} ... {:.3f}", change.least, change.largest), words_of(change.verdict));
    }
  }
  return text;
}

}  // namespace dctprep
