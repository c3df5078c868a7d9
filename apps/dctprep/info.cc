// SPDX-License-Identifier: BSD-3-Clause
// dctprep info: what is in a scan.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <limits>
#include <nlohmann/json.hpp>

#include "dctprep/base/cancel.h"
#include "dctprep/base/log.h"
#include "dctprep/config/config_file.h"
#include "dctprep/core/omega.h"
#include "dctprep/estimate/health/check_health.h"
#include "dctprep/estimate/health/health.h"
#include "dctprep/estimate/health/judge_pixels.h"
#include "dctprep/estimate/parameters.h"
#include "dctprep/kernels/backend.h"
#include "dctprep/pipeline/bad_frames.h"
#include "dctprep/read/open_scan.h"

#include "verb.h"

namespace dctprep::command {

namespace {

using Json = nlohmann::ordered_json;

struct InfoCommand {
  SharedOptions shared;
  std::string scan;
  bool check = false;
  bool health = false;
};

struct FaultyFrame {
  int frame;
  FrameFault fault;
  std::string name;
};

// Reads every frame: nothing less tells which can be read. Adds to the scan's warnings what was read otherwise than it
// is stored.
std::vector<FaultyFrame> find_bad_frames(Scan& scan, Progress& progress) {
  std::vector<FaultyFrame> bad;
  Image<std::uint16_t> image(scan.height(), scan.width());
  ChangeTally tally;
  progress.start("reading", scan.frame_count());
  for (int k = 0; k < scan.frame_count(); ++k) {
    check_cancelled();
    PixelChanges changes;
    changes.ignored = scan.bad_pixels;
    if (auto fault = scan.frames->read(k, image.view(), {}, &changes)) {
      bad.push_back({k, *fault, scan.frames->frame_name(k)});
    } else {
      tally.add(k, changes);
    }
    progress.advance();
  }
  progress.finish();
  const auto name = [&](int k) { return scan.frames->frame_name(k); };
  for (std::string& line : tally.lines(scan.frame_count(), scan.width(), name)) {
    scan.warnings.push_back(std::move(line));
  }
  return bad;
}

// NaN where omega is unknown or makes several sweeps.
double omega_step(const Scan& scan) {
  const std::vector<double>& omega = scan.omega;
  if (scan.sweeps.size() > 1) return std::numeric_limits<double>::quiet_NaN();
  return omega.size() < 2 ? scan.omega_step : (omega.back() - omega.front()) / static_cast<double>(omega.size() - 1);
}

int count_bad(const Image<std::uint8_t>& bad_pixels) {
  int count = 0;
  for (int v = 0; v < bad_pixels.height(); ++v)
    for (int u = 0; u < bad_pixels.width(); ++u) count += bad_pixels(v, u) != 0 ? 1 : 0;
  return count;
}

Json stack_json(const std::string& path, const std::shared_ptr<const FrameSource>& stack) {
  return {{"path", path}, {"frames", stack ? stack->frames() : 0}};
}

Json to_json(const Scan& scan, const std::optional<std::vector<FaultyFrame>>& bad) {
  Json json = {{"name", scan.name},
               {"format", scan.storage.format},
               {"location", scan.storage.location},
               {"frames", scan.frame_count()},
               {"first_frame", scan.first_frame},
               {"height", scan.height()},
               {"width", scan.width()},
               {"type", scan.storage.type},
               {"compression", scan.storage.compression},
               {"bytes_stored", scan.storage.bytes_stored}};
  // NaN, where omega is unknown, becomes null.
  json["omega"] = {{"source", name_of(scan.omega_source)},
                   {"start", scan.omega.front()},
                   {"end", scan.omega.back()},
                   {"step", omega_step(scan)},
                   {"full_turn", scan.sweeps.size() <= 1 && is_full_turn(scan.omega)},
                   {"motor", scan.omega_motor},
                   {"path", scan.omega_path},
                   {"rejected", scan.omega_rejected},
                   {"turns", scan.turns.empty() ? 1 : scan.turns.size()}};
  Json& sweeps = json["omega"]["sweeps"] = Json::array();
  for (const Sweep& sweep : scan.sweeps) sweeps.push_back({sweep.first, sweep.last});
  json["dark"] = stack_json(scan.dark_path, scan.darks);
  json["flat"] = stack_json(scan.flat_path, scan.flats);
  json["bad_pixels"] = count_bad(scan.bad_pixels);
  // Null: not looked for (--check).
  json["bad_frames"] = nullptr;
  if (bad) {
    json["bad_frames"] = Json::array();
    for (const FaultyFrame& frame : *bad)
      json["bad_frames"].push_back({{"frame", frame.frame},
                                    {"cause", bad_frame_cause_names()[static_cast<std::size_t>(frame.fault.cause)]},
                                    {"name", frame.name},
                                    {"what", frame.fault.what}});
  }
  json["backends"] = backends();
  json["notes"] = scan.notes;
  json["warnings"] = scan.warnings;
  return json;
}

std::string bytes_text(double bytes) {
  for (const char* unit : {"bytes", "KiB", "MiB", "GiB"}) {
    if (bytes < 1024) return fmt::format("{:.{}f} {}", bytes, bytes < 10 && unit[0] != 'b' ? 1 : 0, unit);
    bytes /= 1024;
  }
  return fmt::format("{:.1f} TiB", bytes);
}

std::string stack_text(const std::string& path, const std::shared_ptr<const FrameSource>& stack) {
  if (!stack) return "none";
  return fmt::format("{} {}, {}", stack->frames(), stack->frames() == 1 ? "frame" : "frames", path);
}

std::string omega_text(const Scan& scan) {
  if (scan.omega_source == OmegaSource::kUnknown) return "unknown";
  std::string text = fmt::format("{:.6g} ... {:.6g} degrees", scan.omega.front(), scan.omega.back());
  if (scan.omega.size() == 1) text = fmt::format("{:.6g} degrees", scan.omega.front());
  if (scan.sweeps.size() > 1) {
    text += fmt::format(" in {} sweeps", scan.sweeps.size());
  } else if (scan.omega.size() > 1) {
    text += fmt::format(", step {:.6g}", omega_step(scan));
    if (is_full_turn(scan.omega)) text += ", a full turn";
    if (!scan.turns.empty()) text += fmt::format(", {} turns", scan.turns.size());
  }
  text += fmt::format(", {}", name_of(scan.omega_source));
  if (!scan.omega_motor.empty()) text += ", motor " + scan.omega_motor;
  if (!scan.omega_path.empty())
    text += ", from " + (scan.omega_path != "header"            ? scan.omega_path
                         : scan.storage.format == "HDF5 series" ? "each of its files"
                                                                : "the image headers");
  return text;
}

std::string size_text(const Scan& scan) {
  std::string text = scan.storage.type + ", compression " + scan.storage.compression;
  if (scan.storage.bytes_stored == 0) return text;
  return text + ", " + bytes_text(static_cast<double>(scan.storage.bytes_stored)) + " on disk";
}

std::string bad_frames_line(const std::vector<FaultyFrame>& found) {
  std::vector<BadFrame> bad;
  for (const FaultyFrame& one : found) {
    bad.push_back({one.frame, one.fault.cause, fmt::format("{}: {}", one.name, one.fault.what)});
  }
  return bad.empty() ? "0" : fmt::format("{}; {}", bad.size(), bad_frames_text(bad));
}

std::string to_text(const Scan& scan, const std::optional<std::vector<FaultyFrame>>& bad) {
  std::string text = scan.storage.location + "\n";
  const auto line = [&](std::string_view label, const std::string& what) {
    text += fmt::format("  {:<12}{}\n", label, what);
  };
  line("format", scan.storage.format);
  line("frames",
       fmt::format("{} of {} x {} pixels (width x height){}", scan.frame_count(), scan.width(), scan.height(),
                   scan.first_frame == 0 ? "" : fmt::format(", from frame {} of the file on", scan.first_frame)));
  line("pixels", size_text(scan));
  line("omega", omega_text(scan));
  for (const std::string& rejected : scan.omega_rejected) line("", "not used: " + rejected);
  line("darks", stack_text(scan.dark_path, scan.darks));
  line("flats", stack_text(scan.flat_path, scan.flats));
  line("bad pixels", std::to_string(count_bad(scan.bad_pixels)));
  line("bad frames", bad ? bad_frames_line(*bad) : "not looked for; --check reads every frame");
  line("backends", fmt::format("{}", fmt::join(backends(), ", ")));
  for (const std::string& note : scan.notes) line("note", note);
  for (const std::string& warning : scan.warnings) line("warning", warning);
  return text;
}

Json pixels_json(const std::vector<Pixel>& pixels) {
  Json json = Json::array();
  for (const Pixel& pixel : pixels) json.push_back({pixel.v, pixel.u});
  return json;
}

Json to_json(const ScanHealth& health, const Estimate& beam) {
  Json json = {{"frames", health.frames}, {"beam_confidence", nullptr}};
  if (beam.beam_confidence) json["beam_confidence"] = *beam.beam_confidence;
  Json& remarks = json["remarks"] = Json::array();
  for (const FrameRemark& remark : health.remarks) {
    remarks.push_back({{"frame", remark.frame},
                       {"trouble", EnumNames<FrameTrouble>::names[static_cast<std::size_t>(remark.trouble)]},
                       {"what", remark.what}});
  }
  json["warnings"] = beam.warnings;
  json["to_exclude"] = health.to_exclude();
  json["pixels"] = {{"darks", health.pixels.darks},
                    {"frames", health.pixels.frames},
                    {"dead", pixels_json(health.pixels.dead)},
                    {"hot", pixels_json(health.pixels.hot)},
                    {"flickering", pixels_json(health.pixels.flickering)}};
  return json;
}

std::string to_text(const ScanHealth& health, const Estimate& beam) {
  std::string text =
      fmt::format("  {:<12}{}\n", "beam", beam.why.contains("beam.region") ? beam.why.at("beam.region") : "as given");
  for (const std::string& warning : beam.warnings) text += fmt::format("  {:<12}{}\n", "warning", warning);
  std::string lines = health_text(health);
  if (lines.empty()) lines = "nothing is odd\n";
  while (!lines.empty()) {
    const std::size_t end = lines.find('\n');
    text += fmt::format("  {:<12}{}\n", "health", lines.substr(0, end));
    lines.erase(0, end + 1);
  }
  if (const std::vector<int> exclude = health.to_exclude(); !exclude.empty()) {
    text += fmt::format("  {:<12}--set \"scan.bad_frames=[{}]\"\n", "leave out", fmt::join(exclude, ", "));
  }
  return text;
}

void run_info(const InfoCommand& options) {
  const auto progress = begin_work(options.shared);
  const Config config = config_of_input(options.scan, options.shared.settings);
  Scan scan = open_scan(config.scan);
  std::optional<std::vector<FaultyFrame>> bad;
  if (options.check) bad = find_bad_frames(scan, *progress);
  std::optional<Estimate> beam;
  std::optional<ScanHealth> health;
  if (options.health) {
    beam = find_beam(config, scan, *progress);
    health = check_health(scan, beam->config, *progress);
  }
  if (options.shared.json) {
    Json json = to_json(scan, bad);
    // Null: not looked for (--health).
    json["health"] = health ? to_json(*health, *beam) : Json();
    return print_json(json);
  }
  print_text(to_text(scan, bad) + (health ? to_text(*health, *beam) : ""));
}

}  // namespace

void add_info(CLI::App& app) {
  const auto options = std::make_shared<InfoCommand>();
  CLI::App* verb = app.add_subcommand("info", "Tell what is in a scan: format, frames, angles, darks and flats");
  verb->footer(
      "Reads headers only, unless --check or --health is given. With a configuration in place of a SCAN, tells what it "
      "makes of "
      "its "
      "scan.\n\n"
      "Examples:\n"
      "  dctprep info scan_0001.h5\n"
      "  dctprep info scan_0001.h5::/1.1/measurement/frelon --json\n"
      "  dctprep info 'raw/frame_*.edf' --set scan.omega_start=0 --set scan.omega_step=0.1\n"
      "  dctprep info raw/ --check          which frames cannot be read?\n"
      "  dctprep info scan_0001.h5 --health");
  verb->add_option("SCAN", options->scan, "The scan, or a configuration that names it")->required()->type_name("");
  verb->add_flag("--check", options->check, "Read every frame and list those that cannot be read");
  verb->add_flag("--health", options->health,
                 "Read every frame and list those without beam, dim, doubled or saturated, jumps of the beam, and odd "
                 "pixels");
  add_settings(*verb, options->shared, "scan.dark=none");
  add_json(*verb, options->shared);
  add_quiet(*verb, options->shared);
  verb->callback([options] { run_info(*options); });
}

}  // namespace dctprep::command
