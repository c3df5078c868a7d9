// SPDX-License-Identifier: BSD-3-Clause
#include <fstream>
#include <functional>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "dctprep/base/error.h"
#include "dctprep/bench/compare.h"
#include "dctprep/bench/report_file.h"
#include "dctprep/bench/report_text.h"
#include "dctprep/testing/testing.h"

namespace dctprep {
namespace {

// What an earlier version wrote, by hand.
constexpr const char* kReport = R"({
  "format": "dctprep bench 1",
  "machine": {"cpu": "Abacus", "cores": 4, "backend": "avx2", "version": "0.1.0", "commit": "abc1234"},
  "scan": {"path": "/data/a.h5::/x", "frames": 100, "height": 20, "width": 50, "compression": "bitshuffle-lz4",
           "bytes_stored": 90000, "in_memory": false},
  "config": "[scan]\n", "spots": 7, "integral": 12345,
  "runs": [
    {"threads": 1, "memory_read_bytes_per_s": [1e9, 2e9], "memory_copy_bytes_per_s": [1e9, 1e9],
     "decode_seconds": [1.0, 1.1, 1.2], "run_seconds": [4.0, 4.2, 4.1],
     "decode_cpu_seconds": [1.0, 1.1, 1.2], "run_cpu_seconds": [4.0, 4.2, 4.1],
     "seconds_by_stage": {"read": [2.0, 2.0, 2.1], "odd": [0.0, 0.0, 0.0]}, "peak_bytes": 1073741824},
    {"threads": 2, "memory_read_bytes_per_s": [2e9], "memory_copy_bytes_per_s": [2e9],
     "decode_seconds": [0.5], "run_seconds": [2.05],
     "decode_cpu_seconds": [1.0], "run_cpu_seconds": [4.0], "seconds_by_stage": {}, "peak_bytes": 0}]
})";

nlohmann::ordered_json json_of(const char* text = kReport) { return nlohmann::ordered_json::parse(text); }

BenchReport changed(const std::function<void(nlohmann::ordered_json&)>& change) {
  nlohmann::ordered_json json = json_of();
  change(json);
  return parse_report(json.dump(), "head.json");
}

std::string error_of(const std::function<void()>& body) {
  try {
    body();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kUsage);
    return error.what();
  }
  return "";
}

TEST(Report, SummaryIsMedianAndRange) {
  const Summary odd = summary_of({3, 1, 2}), even = summary_of({4, 1, 2, 8}), one = summary_of({5});
  EXPECT_EQ(odd.median, 2);
  EXPECT_EQ(even.median, 3);
  EXPECT_EQ(even.least, 1);
  EXPECT_EQ(even.largest, 8);
  EXPECT_EQ(one.median, 5);
}

TEST(Report, JsonComesBackAsItWas) {
  const BenchReport report = parse_report(kReport, "base.json");
  EXPECT_EQ(report.machine.cpu, "Abacus");
  EXPECT_EQ(report.frames, 100);
  EXPECT_EQ(report.runs.at(0).stages.at(0).first, "read");
  EXPECT_EQ(report.runs.at(0).stages.at(0).second, (Repeats{2.0, 2.0, 2.1}));
  EXPECT_EQ(to_json(report), json_of());
  const testing::TemporaryFolder folder;
  PartialFile file(folder / "kept.json", false);
  write_report(report, file);
  EXPECT_EQ(to_json(read_report(folder / "kept.json")), json_of());
}

// Every value missing, and every value of another kind, is refused by name; nothing crashes.
TEST(Report, WhatIsMissingOrOddIsNamed) {
  const nlohmann::ordered_json flat = json_of().flatten();
  int refused = 0;
  for (const auto& [pointer, value] : flat.items()) {
    if (pointer.find("seconds_by_stage") != std::string::npos && value.is_number()) continue;
    for (const nlohmann::ordered_json& odd : {nlohmann::ordered_json(), nlohmann::ordered_json({{"a", 1}})}) {
      const std::string message = error_of([&] {
        nlohmann::ordered_json json = json_of();
        json[nlohmann::ordered_json::json_pointer(pointer)] = odd;
        parse_report(json.dump(), "odd.json");
      });
      EXPECT_TRUE(message.starts_with("odd.json: ")) << pointer << " " << odd << " " << message;
      ++refused;
    }
  }
  EXPECT_GT(refused, 40);
  const nlohmann::ordered_json whole = json_of();
  for (const auto& [name, value] : whole.items()) {
    nlohmann::ordered_json json = json_of();
    json.erase(name);
    EXPECT_NE(error_of([&] { parse_report(json.dump(), "odd.json"); }).find(name), std::string::npos) << name;
  }
  EXPECT_NE(error_of([] {
              changed([](auto& json) { json["runs"][0]["decode_seconds"] = {1.0, -1.0}; });
            }).find("decode_seconds: must hold numbers of at least 0"),
            std::string::npos);
  EXPECT_NE(error_of([] {
              changed([](auto& json) { json["runs"][0]["run_seconds"] = nlohmann::json::array(); });
            }).find("run_seconds: must be a list of numbers"),
            std::string::npos);
}

TEST(Report, BrokenTextIsRefused) {
  const std::string text = kReport;
  for (std::size_t size = 0; size < text.size() - 1; ++size)
    EXPECT_NE(error_of([&] { parse_report(text.substr(0, size), "cut.json"); }), "") << size;
  EXPECT_NE(error_of([] { parse_report("[]", "a"); }), "");
  EXPECT_NE(error_of([] { parse_report(std::string(1000000, '['), "a"); }), "");
  EXPECT_NE(error_of([] { read_report("/nowhere/a.json"); }), "");
  EXPECT_NE(error_of([] { read_report("/"); }), "");
}

TEST(Compare, TellsChangesFromNoise) {
  const auto verdict = [](const Repeats& base, const Repeats& head) {
    return compare_repeats("x", base, head).verdict;
  };
  EXPECT_EQ(verdict({10, 11, 12}, {5, 5, 5}), Verdict::kFaster);
  EXPECT_EQ(verdict({5, 5, 5}, {10, 11, 12}), Verdict::kSlower);
  EXPECT_EQ(verdict({10, 11, 12}, {10, 11, 12}), Verdict::kWithinNoise);
  EXPECT_EQ(verdict({10, 11, 12}, {11.5, 13, 14}), Verdict::kWithinNoise);
  // The ranges do not meet, but lie no further apart than they are wide.
  EXPECT_EQ(verdict({10, 11, 12}, {12.5, 13, 14}), Verdict::kWithinNoise);
  EXPECT_EQ(verdict({10, 11, 12}, {14.5, 15, 16}), Verdict::kSlower);
  EXPECT_EQ(verdict({10, 10}, {1, 1, 1}), Verdict::kTooFewRepeats);
  EXPECT_EQ(verdict({0, 0, 0}, {0, 0, 0}), Verdict::kWithinNoise);
  const Change change = compare_repeats("x", {10, 12, 11}, {5, 6, 5.5});
  EXPECT_DOUBLE_EQ(change.ratio, 0.5);
  EXPECT_DOUBLE_EQ(change.least, 5.0 / 12);
  EXPECT_DOUBLE_EQ(change.largest, 6.0 / 10);
}

TEST(Compare, HoldsWhatBothHaveAgainstEachOther) {
  const BenchReport base = parse_report(kReport, "base.json");
  const BenchReport head = changed([](auto& json) {
    json["runs"].erase(1);
    json["runs"][0]["run_seconds"] = {2.0, 2.1, 2.05};
    json["runs"][0]["seconds_by_stage"] = {{"new", {1.0, 1.0, 1.0}}, {"read", {1.0, 1.0, 1.05}}};
    json["machine"]["backend"] = "scalar";
    json["spots"] = 8;
  });
  const Comparison comparison = compare_reports(base, head, "base.json");
  ASSERT_EQ(comparison.threads.size(), 1u);
  const auto& changes = comparison.threads[0].changes;
  ASSERT_EQ(changes.size(), 4u);
  EXPECT_EQ(changes[0].name, "read and decode");
  EXPECT_EQ(changes[0].verdict, Verdict::kWithinNoise);
  EXPECT_EQ(changes[1].name, "whole run");
  EXPECT_EQ(changes[1].verdict, Verdict::kFaster);
  EXPECT_DOUBLE_EQ(changes[1].ratio, 0.5);
  EXPECT_EQ(changes[2].name, "whole run, cpu");
  EXPECT_EQ(changes[2].verdict, Verdict::kWithinNoise);
  EXPECT_EQ(changes[3].name, "read");
  ASSERT_EQ(comparison.warnings.size(), 2u);
  EXPECT_NE(comparison.warnings[0].find("avx2"), std::string::npos);
  EXPECT_NE(comparison.warnings[1].find("the results differ: 7 spots"), std::string::npos);
  const std::string text = to_text(comparison, "base.json");
  EXPECT_NE(text.find("against base.json, 1 thread"), std::string::npos) << text;
  EXPECT_NE(text.find("0.500"), std::string::npos) << text;
  EXPECT_NE(text.find("faster, beyond the noise"), std::string::npos) << text;
}

TEST(Compare, RefusesWhatCannotBeCompared) {
  const BenchReport base = parse_report(kReport, "base.json");
  const BenchReport longer = changed([](auto& json) { json["scan"]["frames"] = 101; });
  EXPECT_EQ(error_of([&] { compare_reports(base, longer, "base.json"); }),
            "base.json: was measured on 100 frames of 50 x 20 pixels, and this is on 101 of 50 x 20; compare like with "
            "like");
  const BenchReport other = changed([](auto& json) {
    json["runs"][0]["threads"] = 3;
    json["runs"].erase(1);
  });
  EXPECT_EQ(error_of([&] { compare_reports(base, other, "base.json"); }),
            "base.json: was measured on other numbers of threads; give --threads 1,2");
}

TEST(Report, TextHoldsTheNumbers) {
  const std::string text = to_text(parse_report(kReport, "base.json"));
  for (const char* wanted :
       {"dctprep 0.1.0 (abc1234) on Abacus, 4 cores; backend avx2", "100 frames of 50 x 20",
        "whole run / read and decode: 3.73, repeat by repeat 3.42 ... 4.00", "memory ceiling: 1.5 ",
        "    read              2.000 s", "1.00 GiB", "scaling", "7 spots"}) {
    EXPECT_NE(text.find(wanted), std::string::npos) << wanted << "\n" << text;
  }
}

}  // namespace
}  // namespace dctprep
