// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/read/scan_omega.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <limits>
#include <numbers>
#include <numeric>
#include <optional>
#include <string_view>

#include "dctprep/base/error.h"
#include "dctprep/read/angle_list.h"
#include "dctprep/read/commanded_angles.h"
#include "dctprep/read/hdf5/contents.h"
#include "dctprep/read/hdf5/numbers.h"
#include "dctprep/read/omega_judge.h"

namespace dctprep {

namespace {

constexpr const char* kAdvice =
    "name another dataset with scan.omega, or give scan.omega_start and scan.omega_step (degrees)";
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

std::string range_text(const std::vector<double>& omega) {
  return omega.size() == 1 ? fmt::format("{:.6g} degrees", omega[0])
                           : fmt::format("{:.6g} ... {:.6g} degrees", omega.front(), omega.back());
}

// A passing list that its own command contradicts: why, or "" where they agree. `instead`: the command is to be taken.
std::string disagreement(const TriedOmega& recorded, const TriedOmega& commanded, bool& instead) {
  const std::vector<double>&a = recorded.verdict.omega, &b = commanded.verdict.omega;
  instead = false;
  if (recorded.verdict.by_omega.empty() && recorded.verdict.sweeps.size() > 1 && commanded.verdict.sweeps.size() == 1) {
    // A start and a step that say of how many frames are no more than the beginning of what was done.
    const auto& even = commanded.candidate->even;
    instead = !even || even->points >= 1;
    return "it jumps or turns back: " + sweep_names(recorded.verdict.sweeps);
  }
  if (a.size() < 2) return {};
  const double step = std::abs(b.back() - b.front()) / static_cast<double>(b.size() - 1);
  const double turns = 360 * std::round((a.front() - b.front()) / 360);
  for (std::size_t k = 0; k < a.size(); ++k) {
    if (std::abs(a[k] - b[k] - turns) <= 1.001 * step) continue;
    // A list without a unit that is the command in radians, millidegrees or turns.
    const double ratio = (a.back() - a.front()) / (b.back() - b.front());
    for (const char* unit : {"rad", "mrad", "mdeg", "turn"}) {
      if (std::abs(ratio * *degrees_per(unit) - 1) < 0.01 && recorded.candidate->unit.empty()) {
        instead = true;
        return fmt::format("without a unit, it seems to be in {}: {:.6g} ... {:.6g}", unit, a.front(), a.back());
      }
    }
    return fmt::format("it is {:.6g} at frame {}, where {:.6g} was commanded", a[k], k, b[k]);
  }
  return {};
}

// The motors that BLISS was told to rotate; none: it was told to move nothing, or no rotation.
struct CommandedMotors {
  std::vector<std::string> names;
  bool none = false;
};

CommandedMotors commanded_motors(const OmegaJudge& judge) {
  CommandedMotors told;
  for (const OmegaCandidate& candidate : judge.candidates()) {
    if (candidate.source != OmegaSource::kCommanded) continue;
    told.none |= !candidate.moves;
    if (candidate.moves && !candidate.motor.empty() &&
        std::ranges::find(told.names, candidate.motor) == told.names.end())
      told.names.push_back(candidate.motor);
  }
  return told;
}

// A list of a motor that was not commanded, and that does not move as was: one that drifts.
bool is_another_motor(const CommandedMotors& told, const TriedOmega& tried, const TriedOmega& commanded) {
  const OmegaCandidate& candidate = *tried.candidate;
  if (told.names.empty() || candidate.location == "header" || candidate.rank < 0) return false;
  std::string motor = lower_case(candidate.motor);
  for (const std::string_view suffix : {"_center", "_start"}) {
    if (motor.ends_with(suffix)) motor.resize(motor.size() - suffix.size());
  }
  const auto is_it = [&](const std::string& name) { return lower_case(name) == motor; };
  if (candidate.motor.empty() || std::ranges::any_of(told.names, is_it)) return false;
  // Of a command that is not known here, the second word may be anything.
  const auto is_rotation = [](const std::string& name) { return rotation_rank(name) >= 0; };
  if (!commanded.usable() && std::ranges::none_of(told.names, is_rotation)) return false;
  bool instead = false;
  return !commanded.usable() || !disagreement(tried, commanded, instead).empty();
}

// The candidate that tells the angles; none usable: omega is unknown. Says in `found` what was refused and why.
TriedOmega choose(const OmegaJudge& judge, ScanOmega& found) {
  TriedOmega recorded, commanded;
  const CommandedMotors told = commanded_motors(judge);
  std::vector<std::string> refused_commands;
  for (const OmegaCandidate& candidate : judge.candidates()) {
    if (candidate.source != OmegaSource::kCommanded) continue;
    if (commanded.usable()) continue;
    TriedOmega tried = judge.try_one(candidate);
    if (tried.usable()) {
      commanded = std::move(tried);
    } else {
      refused_commands.push_back(describe(candidate) + ": " + tried.verdict.fault);
    }
  }
  std::vector<TriedOmega> others;
  for (const OmegaCandidate& candidate : judge.candidates()) {
    if (candidate.source == OmegaSource::kCommanded || recorded.usable()) continue;
    const bool other = candidate.rank == kOtherMotor;
    if (other && (!told.names.empty() || told.none || commanded.usable())) continue;
    TriedOmega tried = judge.try_one(candidate);
    if (tried.usable() && is_another_motor(told, tried, commanded)) {
      found.rejected.push_back(
          fmt::format("{}: it moves, but {} was commanded", describe(candidate), fmt::join(told.names, ", ")));
    } else if (other) {
      if (tried.usable() && tried.verdict.sweeps.size() == 1) others.push_back(std::move(tried));
    } else if (tried.usable()) {
      recorded = std::move(tried);
    } else {
      found.rejected.push_back(describe(candidate) + ": " + tried.verdict.fault);
    }
  }
  if (!recorded.usable() && !commanded.usable()) {
    found.rejected.insert(found.rejected.end(), refused_commands.begin(), refused_commands.end());
    if (others.size() == 1) return std::move(others[0]);
    for (const TriedOmega& other : others)
      found.rejected.push_back(describe(*other.candidate) + ": others move too, and none is called a rotation");
    return {};
  }
  if (!recorded.usable()) {
    if (!found.rejected.empty()) {
      found.warnings.push_back(fmt::format("omega: {}; the commanded angles of {} are used: {}", found.rejected[0],
                                           place_of(*commanded.candidate), range_text(commanded.verdict.omega)));
    }
    return commanded;
  }
  if (commanded.usable()) {
    bool instead = false;
    const std::string reason = disagreement(recorded, commanded, instead);
    if (!reason.empty()) {
      const TriedOmega& used = instead ? commanded : recorded;
      found.warnings.push_back(fmt::format("omega: {} and {} disagree: {}; the {} angles are used: {}",
                                           describe(*recorded.candidate), describe(*commanded.candidate), reason,
                                           name_of(used.candidate->source), range_text(used.verdict.omega)));
      if (instead) found.rejected.push_back(describe(*recorded.candidate) + ": " + reason);
      return used;
    }
  }
  return recorded;
}

// Puts a judged list into the order wanted.
void arrange(const ScanOptions& options, const UsedFrames& frames, AngleVerdict verdict, ScanOmega& found) {
  std::vector<double>& omega = verdict.omega;
  found.order.resize(omega.size());
  std::iota(found.order.begin(), found.order.end(), 0);
  if (options.order == FrameOrder::kOmega && verdict.by_omega.empty()) {
    std::stable_sort(found.order.begin(), found.order.end(), [&](int a, int b) {
      return omega[static_cast<std::size_t>(a)] < omega[static_cast<std::size_t>(b)];
    });
    for (const int k : found.order) found.omega.push_back(omega[static_cast<std::size_t>(k)]);
  } else if (options.order != FrameOrder::kStored && !verdict.by_omega.empty()) {
    found.order = std::move(verdict.by_omega);
    found.omega = std::move(verdict.sorted);
    found.notes.push_back(fmt::format(
        "frames are taken in the order of omega, {}: stored are {}; scan.order = \"stored\" keeps the "
        "stored order",
        range_text(found.omega),
        verdict.sweeps.size() > 1 ? fmt::format("{} passes, interlaced", verdict.sweeps.size()) : "interlaced turns"));
  } else {
    found.omega = std::move(omega);
  }
  found.sweeps = steady_sweeps(found.omega);
  if (found.sweeps.size() > 1) {
    // Where frames are in their stored order, a sweep is a range of the file.
    const Sweep& second = found.sweeps[1];
    const int first = frames.used[static_cast<std::size_t>(second.first)];
    const bool stored = std::is_sorted(found.order.begin(), found.order.end());
    found.warnings.push_back(fmt::format(
        "omega jumps or turns back: {} sweeps, {}; no background, spot or interpolation crosses from one into the "
        "next{}",
        found.sweeps.size(), sweep_names(found.sweeps),
        !stored ? std::string()
                : fmt::format("; to take one alone, name its frames, as scan.frames = [{}, {}]", first,
                              frames.used[static_cast<std::size_t>(second.last)])));
  }
}

bool is_multiple(double value, double of, double tolerance) {
  return std::abs(value - of * std::round(value / of)) <= tolerance * std::abs(value);
}

// A step that is a round number of degrees if it is in radians, and none if it is in degrees.
bool is_round_in_radians(const OmegaRange& covered) {
  constexpr double kRound = 0.005, kTolerance = 2e-5;
  const double step = covered.step, degrees = step * 180 / std::numbers::pi;
  if (covered.range > 2.2 * std::numbers::pi || degrees < kRound) return false;
  const auto is_round = [&](double angle) { return is_multiple(angle, kRound, kTolerance); };
  return is_round(degrees) && !is_multiple(step, kRound / 10, kTolerance);
}

void warn_of_radians(const OmegaCandidate& candidate, ScanOmega& found) {
  const OmegaRange covered = omega_range(found.omega);
  if (!candidate.unit.empty() || candidate.source == OmegaSource::kCommanded || found.omega.size() < 10) return;
  if (found.sweeps.size() == 1 && is_round_in_radians(covered)) {
    found.warnings.push_back(fmt::format(
        "omega: {} says no unit and is read in degrees, but its steps of {:.6g} would be {:.6g} degrees if it is in "
        "radians; then give scan.omega_start and scan.omega_step",
        describe(candidate), covered.step, covered.step * 180 / std::numbers::pi));
    return;
  }
  for (const auto& [turn, name] :
       {std::pair(2 * std::numbers::pi, "a full turn"), std::pair(std::numbers::pi, "half a turn")}) {
    if (std::abs(covered.turn() - turn) > 0.6 * covered.step && std::abs(covered.range - turn) > 0.6 * covered.step)
      continue;
    found.warnings.push_back(fmt::format(
        "omega: {} covers {:.6g}, which would be {} in radians, and says no unit; it is read in degrees; if it is in "
        "radians, give scan.omega_start and scan.omega_step",
        describe(candidate), covered.turn(), name));
    return;
  }
}

void take(const ScanOptions& options, const UsedFrames& frames, const OmegaJudge& judge, TriedOmega tried,
          ScanOmega& found) {
  const OmegaCandidate& candidate = *tried.candidate;
  found.source = candidate.source;
  found.path = judge.path_of(candidate);
  found.motor = candidate.motor;
  if (!tried.note.empty()) found.notes.push_back(fmt::format("omega: {}: {}", describe(candidate), tried.note));
  if (candidate.rank == kOtherMotor) {
    found.warnings.push_back(
        fmt::format("omega: {} is the only motor that moves; nothing says that it is a rotation", describe(candidate)));
  }
  arrange(options, frames, std::move(tried.verdict), found);
  warn_of_radians(candidate, found);
}

void set_line(const UsedFrames& frames, double start, double step, ScanOmega& found) {
  found.source = OmegaSource::kGiven;
  found.path.clear();
  found.motor.clear();
  found.start = start;
  found.step = step;
  found.omega.clear();
  for (const int k : frames.used) found.omega.push_back(start + k * step);
  found.order.resize(frames.used.size());
  std::iota(found.order.begin(), found.order.end(), 0);
  found.sweeps = {{0, static_cast<int>(frames.used.size()) - 1}};
}

void set_unknown(const UsedFrames& frames, bool wanted, ScanOmega& found) {
  found.source = OmegaSource::kUnknown;
  found.omega.assign(frames.used.size(), kNan);
  found.order.resize(frames.used.size());
  std::iota(found.order.begin(), found.order.end(), 0);
  found.sweeps = {{0, static_cast<int>(frames.used.size()) - 1}};
  found.warnings.push_back(fmt::format(
      "omega is unknown: {}; spots are found by frame, their omega is NaN, no turn is closed and no Friedel pairs are "
      "made; give scan.omega_start and scan.omega_step (degrees), or name the angles with scan.omega",
      !wanted                  ? std::string("scan.omega = \"none\", and omega_start and omega_step are not given")
      : found.rejected.empty() ? std::string("nothing in the scan tells the angles")
                               : found.rejected[0]));
}

// A dataset that the user names: of the scan's own candidates, or any other.
ScanOmega from_dataset(const ScanOptions& options, const ScanPath& scan, const Hdf5Layout* layout,
                       const UsedFrames& frames) {
  const DatasetPath named = split_dataset_path(options.omega);
  if (!is_hdf5_file(named.file))
    fail("{}: omega must be a dataset of an HDF5 file, FILE.h5::/path/to/dataset", options.omega);
  if (named.dataset.empty())
    fail_usage("scan.omega = \"{}\": name the dataset too, as FILE.h5::/path/to/dataset", options.omega);
  ScanOmega found;
  const std::string name = fmt::format("{}::{}", named.file.string(), named.dataset);
  std::error_code ignored;
  const bool own = layout != nullptr && std::filesystem::equivalent(named.file, scan.file, ignored);
  OmegaCandidate candidate;
  candidate.source = OmegaSource::kGiven;
  candidate.location = named.dataset;
  candidate.motor = named.dataset.substr(named.dataset.rfind('/') + 1);
  candidate.datasets = {named.dataset};
  if (own) {
    const auto same = [&](const OmegaCandidate& one) { return one.location == named.dataset; };
    const auto known = std::find_if(layout->omega.begin(), layout->omega.end(), same);
    if (known != layout->omega.end()) candidate = *known;
    candidate.begin_together |= known == layout->omega.end() && layout->writer == "BLISS";
  }
  if (candidate.source == OmegaSource::kGiven) candidate.unit = read_hdf5_numbers(named.file, named.dataset).unit;
  if (candidate.rank == kOtherMotor) candidate.rank = 0;  // the user says that it is the rotation
  candidate.frames_chosen = options.frames.has_value();
  ScanPath from = scan;
  from.file = named.file;
  Hdf5Layout projections;
  if (layout != nullptr) projections.projections = layout->projections;
  if (own) projections.frame_ids = layout->frame_ids;
  const OmegaJudge judge(from, &projections, frames);
  TriedOmega tried = judge.try_one(candidate);
  if (!tried.usable()) fail("{}: {}; {}", name, tried.verdict.fault, kAdvice);
  take(options, frames, judge, std::move(tried), found);
  return found;
}

}  // namespace

ScanOmega find_scan_omega(const ScanOptions& options, const ScanPath& scan, const Hdf5Layout* layout,
                          const UsedFrames& frames) {
  const bool start_given = !options.omega_start.is_auto(), step_given = !options.omega_step.is_auto();
  ScanOmega found;
  const bool named = options.omega != "auto" && options.omega != "none" && options.omega != "header";
  if (options.omega == "header" && layout != nullptr)
    fail_usage("scan.omega = \"header\" is for image files; name a dataset, or give omega_start and omega_step");
  if (named) {
    found = from_dataset(options, scan, layout, frames);
  } else if ((options.omega == "auto" || options.omega == "none") && start_given && step_given) {
    set_line(frames, options.omega_start.value(), options.omega_step.value(), found);
    return found;
  } else if (options.omega != "none") {
    const OmegaJudge judge(scan, layout, frames);
    TriedOmega tried = choose(judge, found);
    if (tried.usable()) {
      take(options, frames, judge, std::move(tried), found);
    } else if (options.omega == "header") {
      fail_usage("scan.omega = \"header\": {}; give omega_start and omega_step",
                 found.rejected.empty() ? "the headers of " + scan.absolute + " hold no angle" : found.rejected[0]);
    }
  }
  if (found.source != OmegaSource::kUnknown && (named || options.omega == "header")) {
    if (start_given || step_given)
      found.notes.push_back("omega_start and omega_step are not used: omega names the angles");
    return found;
  }
  const bool one_sweep = found.sweeps.size() == 1 && std::is_sorted(found.order.begin(), found.order.end());
  if ((start_given || step_given) && (found.source == OmegaSource::kUnknown || !one_sweep)) {
    fail_usage("scan.omega_{} is given and scan.omega_{} is not, and the scan does not tell it ({}): give both",
               start_given ? "start" : "step", start_given ? "step" : "start",
               !found.rejected.empty() ? found.rejected[0] : "nothing in it tells the angles");
  }
  if (start_given || step_given) {
    const std::vector<double> known = found.omega;
    const double step = step_given         ? options.omega_step.value()
                        : known.size() < 2 ? 0
                                           : (known.back() - known.front()) / static_cast<double>(known.size() - 1);
    const double start = start_given ? options.omega_start.value() : known.front() - frames.used.front() * step;
    set_line(frames, start, step, found);
    return found;
  }
  if (found.source == OmegaSource::kUnknown) set_unknown(frames, options.omega != "none", found);
  return found;
}

}  // namespace dctprep
