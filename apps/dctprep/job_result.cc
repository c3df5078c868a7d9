// SPDX-License-Identifier: BSD-3-Clause
#include "job_result.h"

#include <algorithm>
#include <fmt/format.h>

#include "dctprep/core/spot.h"

namespace dctprep::command {

nlohmann::ordered_json run_json(const JobResult& result) {
  const RunReport& report = result.report;
  using Json = nlohmann::ordered_json;
  Json json = {{"output", result.output.string()}, {"frames", report.frames}, {"spots", report.spots}};
  Json& rejected = json["rejected"] = Json::object();
  for (std::size_t i = 0; i < report.rejected.size(); ++i) rejected[reject_reason_names()[i]] = report.rejected[i];
  Json& bad = json["bad_frames"] = Json::array();
  for (const BadFrame& frame : report.bad_frames) {
    bad.push_back({{"frame", frame.frame},
                   {"cause", bad_frame_cause_names()[static_cast<std::size_t>(frame.cause)]},
                   {"what", frame.fault}});
  }
  json["beam_confidence"] = nullptr;  // given, not found
  if (const auto& confidence = result.estimate.beam_confidence) json["beam_confidence"] = *confidence;
  Json& timing = json["seconds_by_stage"] = Json::object();
  for (const auto& [stage, seconds] : report.timing) timing[stage] = seconds;
  json["seconds"] = report.seconds;
  if (!result.sparse.empty()) json["sparse"] = result.sparse.string();
  json["warnings"] = report.warnings;
  return json;
}

std::string run_summary(const JobResult& result) {
  const RunReport& report = result.report;
  std::string text = fmt::format("{} spots in {} frames, {} ({:.1f} images/s)\n", report.spots, report.frames,
                                 format_duration(report.seconds), report.frames / std::max(1e-9, report.seconds));
  std::string reasons;
  for (std::size_t i = 0; i < report.rejected.size(); ++i) {
    if (report.rejected[i] > 0)
      reasons += fmt::format("{}{} {}", reasons.empty() ? "" : ", ", report.rejected[i], reject_reason_names()[i]);
  }
  if (!reasons.empty()) text += "rejected: " + reasons + "\n";
  if (!report.bad_frames.empty()) {
    text += fmt::format("bad frames: {}; {}\n", report.bad_frames.size(), bad_frames_text(report.bad_frames));
  }
  text += fmt::format("{}\n", result.output.string());
  if (!result.sparse.empty()) text += fmt::format("{}\n", result.sparse.string());
  return text;
}

}  // namespace dctprep::command
