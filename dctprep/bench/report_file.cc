// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/bench/report_file.h"

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <system_error>

#include "dctprep/base/error.h"

namespace dctprep {

namespace fs = std::filesystem;

namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kFormat = "dctprep bench 1";
constexpr std::uintmax_t kMostBytes = 16 << 20;

Json to_json(const ThreadBench& bench) {
  Json json = {{"threads", bench.threads},
               {"memory_read_bytes_per_s", bench.memory_read},
               {"memory_copy_bytes_per_s", bench.memory_copy},
               {"decode_seconds", bench.decode},
               {"run_seconds", bench.run},
               {"decode_cpu_seconds", bench.decode_cpu},
               {"run_cpu_seconds", bench.run_cpu}};
  Json& stages = json["seconds_by_stage"] = Json::object();
  for (const auto& [name, seconds] : bench.stages) stages[name] = seconds;
  json["peak_bytes"] = bench.peak_bytes;
  return json;
}

// Values of a JSON object by name, each checked; `place` names the object in messages.
class Reader {
 public:
  Reader(const Json& json, std::string place) : json_(json), place_(std::move(place)) {
    if (!json.is_object()) fail_usage("{}: must be an object of JSON", place_);
  }

  const Json& at(const char* name) const {
    const auto found = json_.find(name);
    if (found == json_.end()) fail_usage("{}: has no \"{}\"", place_, name);
    return *found;
  }
  Reader object(const char* name) const { return {at(name), where(name)}; }
  std::string where(const std::string& name) const { return place_ + ": " + name; }

  std::string text(const char* name) const {
    const Json& value = at(name);
    if (!value.is_string()) fail_usage("{}: must be text", where(name));
    return value.get<std::string>();
  }
  std::uint64_t count(const char* name) const {
    const Json& value = at(name);
    if (!value.is_number_unsigned()) fail_usage("{}: must be a whole number of at least 0", where(name));
    return value.get<std::uint64_t>();
  }
  int positive(const char* name) const {
    const std::uint64_t value = count(name);
    if (value < 1 || value > INT32_MAX) fail_usage("{}: must be between 1 and {}", where(name), INT32_MAX);
    return static_cast<int>(value);
  }
  bool truth(const char* name) const {
    const Json& value = at(name);
    if (!value.is_boolean()) fail_usage("{}: must be true or false", where(name));
    return value.get<bool>();
  }
  Repeats repeats(const char* name) const { return repeats_of(at(name), where(name)); }

  static Repeats repeats_of(const Json& value, const std::string& where) {
    if (!value.is_array() || value.empty()) fail_usage("{}: must be a list of numbers, one a repeat", where);
    Repeats repeats;
    for (const Json& number : value) {
      const double seconds = number.is_number() ? number.get<double>() : -1;
      if (!(seconds >= 0) || !std::isfinite(seconds)) fail_usage("{}: must hold numbers of at least 0", where);
      repeats.push_back(seconds);
    }
    return repeats;
  }

 private:
  const Json& json_;
  std::string place_;
};

ThreadBench thread_bench(const Json& json, const std::string& place) {
  const Reader reader(json, place);
  ThreadBench bench;
  bench.threads = reader.positive("threads");
  bench.memory_read = reader.repeats("memory_read_bytes_per_s");
  bench.memory_copy = reader.repeats("memory_copy_bytes_per_s");
  bench.decode = reader.repeats("decode_seconds");
  bench.run = reader.repeats("run_seconds");
  bench.decode_cpu = reader.repeats("decode_cpu_seconds");
  bench.run_cpu = reader.repeats("run_cpu_seconds");
  const Json& stages = reader.at("seconds_by_stage");
  const std::string where = reader.where("seconds_by_stage");
  if (!stages.is_object()) fail_usage("{}: must be an object of JSON", where);
  for (const auto& [name, seconds] : stages.items())
    bench.stages.emplace_back(name, Reader::repeats_of(seconds, where + ": " + name));
  bench.peak_bytes = reader.count("peak_bytes");
  return bench;
}

BenchReport report_of(const Json& json, const std::string& source) {
  const Reader reader(json, source);
  if (!json.contains("format") || json["format"] != kFormat) {
    fail_usage("{}: is not what dctprep bench --json writes (format \"{}\")", source, kFormat);
  }
  BenchReport report;
  const Reader machine = reader.object("machine");
  report.machine = {machine.text("cpu"), machine.positive("cores"), machine.text("backend"), machine.text("version"),
                    machine.text("commit")};
  const Reader scan = reader.object("scan");
  report.scan = scan.text("path");
  report.compression = scan.text("compression");
  report.frames = scan.positive("frames");
  report.height = scan.positive("height");
  report.width = scan.positive("width");
  report.bytes_stored = scan.count("bytes_stored");
  report.in_memory = scan.truth("in_memory");
  report.config = reader.text("config");
  report.spots = reader.count("spots");
  report.integral = reader.count("integral");
  const Json& runs = reader.at("runs");
  if (!runs.is_array() || runs.empty()) fail_usage("{}: must be a list, one entry a number of threads", source);
  for (const Json& run : runs) report.runs.push_back(thread_bench(run, reader.where("runs")));
  return report;
}

}  // namespace

Json to_json(const BenchReport& report) {
  const Machine& machine = report.machine;
  Json json = {{"format", kFormat},
               {"machine",
                {{"cpu", machine.cpu},
                 {"cores", machine.cores},
                 {"backend", machine.backend},
                 {"version", machine.version},
                 {"commit", machine.commit}}},
               {"scan",
                {{"path", report.scan},
                 {"frames", report.frames},
                 {"height", report.height},
                 {"width", report.width},
                 {"compression", report.compression},
                 {"bytes_stored", report.bytes_stored},
                 {"in_memory", report.in_memory}}},
               {"config", report.config},
               {"spots", report.spots},
               {"integral", report.integral}};
  Json& runs = json["runs"] = Json::array();
  for (const ThreadBench& bench : report.runs) runs.push_back(to_json(bench));
  return json;
}

BenchReport parse_report(const std::string& text, const std::string& source) {
  const Json json = Json::parse(text, nullptr, false);
  if (json.is_discarded()) fail_usage("{}: is not JSON; give a file that dctprep bench --json wrote", source);
  return report_of(json, source);
}

BenchReport read_report(const fs::path& path) {
  std::error_code error;
  if (fs::is_directory(path, error)) fail_usage("{}: is a folder; give a file of JSON", path.string());
  const std::uintmax_t size = fs::file_size(path, error);
  if (error) fail_usage("{}: cannot be opened; give a file that dctprep bench --json wrote", path.string());
  if (size > kMostBytes) fail_usage("{}: is too large for a report of dctprep bench", path.string());
  std::ifstream stream(path, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  if (!stream) fail_usage("{}: cannot be read", path.string());
  return parse_report(text.str(), path.string());
}

void write_report(const BenchReport& report, PartialFile& file) {
  std::ofstream stream(file.path(), std::ios::binary);
  // Paths may hold bytes that are no UTF-8; JSON may not.
  stream << to_json(report).dump(2, ' ', false, Json::error_handler_t::replace) << "\n";
  stream.close();
  if (!stream) fail("{}: cannot be written; is the disk full?", file.final_path().string());
  file.commit();
}

}  // namespace dctprep
