// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/read/commanded_angles.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <fmt/format.h>
#include <string_view>
#include <tuple>

#include "dctprep/read/hdf5/contents.h"

namespace dctprep {

namespace {

// Rotations of the beamlines of the field, the usual first.
constexpr std::array<std::string_view, 19> kRotations{
    "omega", "diffrz", "rotation_angle", "rot",      "hrsrot",          "srot",    "hrrz",   "hrz",     "prz", "theta",
    "phi",   "angle",  "angles",         "rotation", "sample_rotation", "theta_z", "samome", "diffome", "chi"};
constexpr std::array<std::string_view, 18> kTranslations{"dty",   "diffty", "difftx", "difftz", "samtx",  "samty",
                                                         "samtz", "tx",     "ty",     "tz",     "px",     "py",
                                                         "pz",    "x",      "y",      "z",      "energy", "mono"};
// Parts of the names of arrays that grow steadily and are no motors.
constexpr std::array<std::string_view, 30> kMeasured{
    "time", "epoch",   "trig", "period",  "delta",   "count",  "frame", "index", "image",   "point",
    "mcs",  "elapsed", "raw",  "current", "srcur",   "number", "key",   "sec",   "temp",    "press",
    "volt", "energy",  "mono", "fpico",   "furnace", "oven",   "therm", "heat",  "nanodac", "lakeshore"};
constexpr int kMostPoints = 10'000'000;
constexpr double kMostStep = 5;     // degrees: no scan of DCT takes more in one step ...
constexpr double kLeastRange = 90;  // ... and few end before

std::vector<std::string> words_of(const std::string& title) {
  std::vector<std::string> words(1);
  for (const char c : title) {
    if (c == ' ' || c == ',' || c == '(' || c == ')' || c == '\t' || c == '\'' || c == '"') {
      if (!words.back().empty()) words.emplace_back();
    } else {
      words.back() += c;
    }
  }
  if (words.back().empty()) words.pop_back();
  return words;
}

std::optional<double> number_of(const std::vector<std::string>& words, std::size_t i) {
  if (i >= words.size()) return std::nullopt;
  const std::string_view text = words[i].starts_with('+') ? std::string_view(words[i]).substr(1) : words[i];
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

std::optional<int> count_of(const std::vector<std::string>& words, std::size_t i) {
  const auto value = number_of(words, i);
  if (!value || *value < 1 || *value > kMostPoints || *value != std::floor(*value)) return std::nullopt;
  return static_cast<int>(*value);
}

bool is_name(const std::vector<std::string>& words, std::size_t i) {
  return i < words.size() && (std::isalpha(static_cast<unsigned char>(words[i][0])) != 0 || words[i][0] == '_');
}

// "MOTOR START STEP POINTS" at word `i`.
std::optional<CommandedMotor> by_steps(const std::vector<std::string>& words, std::size_t i) {
  const auto start = number_of(words, i + 1), step = number_of(words, i + 2);
  const auto points = count_of(words, i + 3);
  if (!is_name(words, i) || !start || !step || !points) return std::nullopt;
  return CommandedMotor{words[i], *start, *step, *points};
}

// "MOTOR START STOP" at word `i`, in `intervals`.
std::optional<CommandedMotor> by_ends(const std::vector<std::string>& words, std::size_t i,
                                      std::optional<int> intervals) {
  const auto start = number_of(words, i + 1), stop = number_of(words, i + 2);
  if (!is_name(words, i) || !start || !stop || !intervals) return std::nullopt;
  return CommandedMotor{words[i], *start, (*stop - *start) / *intervals, *intervals + 1};
}

void add(CommandedScan& command, const std::optional<CommandedMotor>& motor) {
  if (motor) {
    command.motors.push_back(*motor);
  } else {
    command.fault = "its numbers are not those of such a scan";
  }
}

// Of ascan, a2scan, ..., with `motors` motors that move together.
void read_step_scan(const std::vector<std::string>& words, std::size_t motors, CommandedScan& command) {
  const auto intervals = count_of(words, 1 + 3 * motors);
  for (std::size_t i = 0; i < motors; ++i) add(command, by_ends(words, 1 + 3 * i, intervals));
}

}  // namespace

int rotation_rank(const std::string& motor) {
  std::string name = lower_case(motor);
  if (name.ends_with("_center")) name.resize(name.size() - 7);
  const auto place = std::find(kRotations.begin(), kRotations.end(), name);
  return place == kRotations.end() ? -1 : static_cast<int>(place - kRotations.begin());
}

bool is_translation(const std::string& motor) {
  return std::find(kTranslations.begin(), kTranslations.end(), lower_case(motor)) != kTranslations.end();
}

bool measures_something(const std::string& name) {
  const std::string lower = lower_case(name);
  return std::any_of(kMeasured.begin(), kMeasured.end(),
                     [&](std::string_view part) { return lower.find(part) != std::string::npos; });
}

CommandedScan read_command(const std::string& title) {
  CommandedScan command;
  const std::vector<std::string> words = words_of(title);
  if (words.empty()) return command;
  std::string verb = lower_case(words[0]);
  verb = verb.substr(verb.rfind('.') + 1);  // "user.fscan"
  command.verb = verb;
  // Its third number may be the step or, as "ftomo rot 0 360 3600" has it, the end: small ones can only be a step,
  // large ones only an end.
  const auto third = verb == "ftomo" ? number_of(words, 3) : std::nullopt;
  if (third && std::abs(*third) >= kMostStep && std::abs(*third) < kLeastRange && is_name(words, 1)) {
    command.motors.push_back({words[1], number_of(words, 2).value_or(0), 0, 0});
    command.fault = fmt::format("it does not tell whether {:.6g} is its step or its end", *third);
  } else if (verb == "fscan" || verb == "fsweep" || verb == "ftomo" || verb == "fscan1d") {
    add(command, by_steps(words, 1));
    // A tomography scan may be told its end in place of its step: "ftomo rot 0 360 3600".
    if (!command.motors.empty() && std::abs(command.motors[0].step) >= kLeastRange) {
      CommandedMotor& motor = command.motors[0];
      motor.step = (motor.step - motor.start) / motor.points;
    }
  } else if (verb == "f2scan") {
    // Two motors that move together: START and STEP of each, then the points of both.
    const auto points = count_of(words, 7);
    for (const std::size_t i : {std::size_t{1}, std::size_t{4}}) {
      const auto start = number_of(words, i + 1), step = number_of(words, i + 2);
      const bool whole = is_name(words, i) && start && step && points;
      add(command, whole ? std::optional(CommandedMotor{words[i], *start, *step, *points}) : std::nullopt);
    }
  } else if (verb == "fscan2d") {
    add(command, by_steps(words, 1));
    add(command, by_steps(words, 5));
  } else if (verb == "amesh" || verb == "dmesh") {
    // The first motor of a mesh is the fast one.
    add(command, by_ends(words, 5, count_of(words, 8)));
    add(command, by_ends(words, 1, count_of(words, 4)));
  } else if (verb == "ascan" || verb == "dscan") {
    read_step_scan(words, 1, command);
  } else if (verb.size() == 6 && (verb[0] == 'a' || verb[0] == 'd') && verb[1] >= '2' && verb[1] <= '5' &&
             verb.ends_with("scan")) {
    read_step_scan(words, static_cast<std::size_t>(verb[1] - '0'), command);
  } else if (verb == "loopscan" || verb == "timescan" || verb == "ct" || verb == "sct" || verb == "ftimescan") {
    command.moves = false;
  } else if (verb == "finterlaced") {
    if (is_name(words, 1)) command.motors.push_back({words[1], number_of(words, 2).value_or(0), 0, 0});
    command.fault = "it does not tell in which order the passes were taken";
  } else {
    command.verb.clear();
    // An unknown command still names its motor, as in "myscan rot ...".
    if (words.size() >= 3 && verb.find("scan") != std::string::npos && is_name(words, 1)) {
      command.motors.push_back({words[1], 0, 0, 0});
      command.fault = "it is no command that is known here";
    }
  }
  command.relative = verb == "dscan" || verb == "dmesh" || (verb.size() == 6 && verb[0] == 'd');
  return command;
}

std::optional<CommandedMotor> commanded_rotation(const CommandedScan& command) {
  const CommandedMotor* best = nullptr;
  const auto key = [](const CommandedMotor& motor) { return std::tuple(motor.points == 1, rotation_rank(motor.name)); };
  for (const CommandedMotor& motor : command.motors) {
    if (rotation_rank(motor.name) >= 0 && (best == nullptr || key(motor) < key(*best))) best = &motor;
  }
  if (best != nullptr) return *best;
  if (command.motors.empty() || is_translation(command.motors.back().name)) return std::nullopt;
  return command.motors.back();
}

std::vector<double> commanded_angles(const CommandedScan& command, const CommandedMotor& rotation, bool turns_back) {
  const bool mesh = command.verb == "fscan2d" || command.verb == "amesh" || command.verb == "dmesh";
  int rows = 1, repeats = 1;
  if (mesh && command.motors.size() == 2) {
    const bool fast = command.motors[1].name == rotation.name;
    (fast ? rows : repeats) = command.motors[fast ? 0 : 1].points;
  }
  if (rotation.points < 1 || static_cast<double>(rows) * repeats * rotation.points > kMostPoints) return {};
  std::vector<double> angles;
  for (int row = 0; row < rows; ++row) {
    for (int k = 0; k < rotation.points; ++k) {
      const int at = turns_back && row % 2 == 1 ? rotation.points - 1 - k : k;
      angles.insert(angles.end(), static_cast<std::size_t>(repeats), rotation.start + at * rotation.step);
    }
  }
  return angles;
}

}  // namespace dctprep
