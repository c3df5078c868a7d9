// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/read/hdf5/omega.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <optional>
#include <set>
#include <string_view>
#include <tuple>

#include "dctprep/base/error.h"
#include "dctprep/read/angle_list.h"
#include "dctprep/read/commanded_angles.h"
#include "dctprep/read/hdf5/mapping.h"
#include "dctprep/read/hdf5/numbers.h"

namespace dctprep {

namespace {

constexpr std::size_t kMostAngles = 100'000'000;
constexpr int kLongestChain = 32;

// The motor's own name: instrument/MOTOR/value and instrument/MOTOR/data hold it one step up.
std::string motor_name(const std::string& path) {
  const std::vector<std::string> parts = path_parts(path);
  if (parts.empty()) return {};
  const bool up = parts.size() > 1 && (parts.back() == "value" || parts.back() == "data");
  return up ? parts[parts.size() - 2] : parts.back();
}

std::size_t values_of(const std::vector<hsize_t>& dims) {
  std::size_t count = dims.empty() ? 0 : 1;
  for (const hsize_t dim : dims) {
    if (dim != 0 && count > kMostAngles / dim) return kMostAngles + 1;
    count *= dim;
  }
  return count;
}

// Not images: a list, a list of pairs, or as many numbers as there are frames in any shape.
bool is_list(const std::vector<hsize_t>& dims, int frames) {
  const std::size_t count = values_of(dims);
  if (count > kMostAngles || count < 1 || (count == 1 && frames != 1)) return false;
  if (count == static_cast<std::size_t>(frames)) return true;
  std::size_t longer = 0;
  for (const hsize_t dim : dims) longer += dim > 2 ? 1 : 0;
  return longer <= 1;
}

std::string unit_of(hid_t file, const std::string& path) {
  const hdf5::Handle object(H5Oopen(file, path.c_str(), H5P_DEFAULT));
  return object ? unit_attribute(object.id()) : std::string();
}

std::optional<double> scalar(hid_t file, const std::string& path) {
  if (!hdf5::exists(file, path)) return std::nullopt;
  try {
    const auto values = hdf5::read_dataset<double>(file, path);
    if (values.size() == 1 && std::isfinite(values[0])) return values[0];
  } catch (const Error&) {
    // What cannot be read tells nothing.
  }
  return std::nullopt;
}

std::string text_of(hid_t file, const std::string& path) {
  if (!hdf5::exists(file, path)) return {};
  try {
    return hdf5::read_string(file, path);
  } catch (const Error&) {
    return {};
  }
}

OmegaCandidate command(std::string location, std::string text, std::string motor) {
  OmegaCandidate candidate;
  candidate.source = OmegaSource::kCommanded;
  candidate.location = std::move(location);
  candidate.text = std::move(text);
  candidate.motor = std::move(motor);
  candidate.begin_together = true;
  return candidate;
}

// Dectris: each trigger starts a series of images of its own.
std::string fault_of_triggers(hid_t file, const OmegaSearch& search) {
  for (const FoundDataset& dataset : search.datasets) {
    if (path_parts(dataset.path).back() != "ntrigger") continue;
    const auto triggers = scalar(file, dataset.path), images = scalar(file, parent_path(dataset.path) + "/nimages");
    if (triggers && images && *triggers > 1 && *images > 1)
      return fmt::format("{} triggers took {} images each, and it tells the start of the first alone", *triggers,
                         *images);
  }
  return {};
}

// START and STEP beside each other: APS scan_parameters, tomoscan, Dectris.
void add_parameter_commands(hid_t file, const OmegaSearch& search, std::vector<OmegaCandidate>& candidates) {
  struct Names {
    std::string_view group;  // that the start must lie in; "" for any
    std::string_view start;
    std::vector<std::string> steps, ends, counts;
    std::string_view motor;
  };
  static const std::vector<Names> known{
      {"scan_parameters", "start", {"step"}, {"end", "stop"}, {"num", "npoints", "num_angles"}, ""},
      {"",
       "rotation_start",
       {"rotation_step"},
       {"rotation_stop", "rotation_end"},
       {"num_angles", "num_projections"},
       ""},
      {"", "omega_start", {"omega_increment", "omega_step", "omega_range_average"}, {"omega_end"}, {}, "omega"},
      {"", "phi_start", {"phi_increment", "phi_step", "phi_range_average"}, {"phi_end"}, {}, "phi"}};
  for (const FoundDataset& dataset : search.datasets) {
    const std::vector<std::string> parts = path_parts(dataset.path);
    for (const Names& names : known) {
      if (parts.empty() || parts.back() != names.start) continue;
      if (!names.group.empty() && (parts.size() < 2 || parts[parts.size() - 2] != names.group)) continue;
      const std::string group = parent_path(dataset.path);
      std::string step_unit;
      const auto first_of = [&](const std::vector<std::string>& leaves, std::string* unit = nullptr) {
        std::optional<double> value;
        for (const std::string& leaf : leaves) {
          if (value) break;
          value = scalar(file, group + "/" + leaf);
          if (value && unit != nullptr) *unit = unit_of(file, group + "/" + leaf);
        }
        return value;
      };
      const auto start = scalar(file, dataset.path), step = first_of(names.steps, &step_unit);
      const auto end = first_of(names.ends), count = first_of(names.counts);
      if (start && !step && end) {
        OmegaCandidate candidate = command(group, fmt::format("start {:.6g}, end {:.6g}", *start, *end), {});
        candidate.fault = "it does not tell the step, nor whether the last frame is at the end or a step before it";
        candidates.push_back(std::move(candidate));
      }
      if (!start || !step) continue;
      const bool counted = !count && end && *step != 0;
      OmegaCandidate candidate =
          command(group, fmt::format("start {:.6g}, step {:.6g}", *start, *step), std::string(names.motor));
      candidate.even = EvenAngles{*start, *step, count ? *count : counted ? (*end - *start) / *step : 0};
      candidate.unit = unit_of(file, dataset.path);
      if (candidate.unit.empty()) candidate.unit = step_unit;
      if (!step_unit.empty() && degrees_per(step_unit) != degrees_per(candidate.unit))
        candidate.fault = fmt::format("its start is in {}, its step in {}", candidate.unit, step_unit);
      if (*step == 0) {
        candidate.fault = "its step is 0";
        candidate.motor.clear();  // it was not told to move
      }
      if (!names.motor.empty() && candidate.fault.empty()) candidate.fault = fault_of_triggers(file, search);
      candidates.push_back(std::move(candidate));
    }
  }
}

// Where the motor stood when a relative scan began.
std::optional<double> position_before(hid_t file, const std::string& group, const std::string& motor) {
  for (const char* place : {"/instrument/positioners_start/", "/instrument/positioners/"}) {
    if (const auto position = scalar(file, group + place + motor)) return position;
  }
  return std::nullopt;
}

// instrument/fscan_parameters of BLISS, which say what the title says and a little more.
CommandedScan read_fscan_parameters(hid_t file, const std::string& group) {
  CommandedScan command;
  const auto motor = [&](const std::string& prefix) -> std::optional<CommandedMotor> {
    const std::string name = text_of(file, group + "/" + prefix + "motor");
    const auto start = scalar(file, group + "/" + prefix + "start_pos");
    const auto step = scalar(file, group + "/" + prefix + "step_size");
    const auto points = scalar(file, group + "/" + prefix + "npoints");
    if (name.empty() || !start || !step || !points || *points < 1 || *points > 1e7) return std::nullopt;
    return CommandedMotor{name, *start, *step, static_cast<int>(*points)};
  };
  if (const auto slow = motor("slow_"), fast = motor("fast_"); slow && fast) {
    command.verb = "fscan2d";
    command.motors = {*slow, *fast};
  } else if (const auto only = motor("")) {
    command.verb = "fscan";
    command.motors = {*only};
  }
  return command;
}

void add_bliss_commands(hid_t file, const OmegaSearch& search, const CommandedScan& titled,
                        std::vector<OmegaCandidate>& candidates) {
  const std::string parameters = search.bliss_group + "/instrument/fscan_parameters";
  const std::string mode = text_of(file, parameters + "/fast_motor_mode");
  const auto add = [&](const CommandedScan& scan, const std::string& location, const std::string& text) {
    const auto rotation = commanded_rotation(scan);
    OmegaCandidate candidate = command(location, text, rotation ? rotation->name : std::string());
    candidate.fault = scan.fault;
    candidate.moves = rotation.has_value();
    if (!rotation && candidate.fault.empty()) candidate.fault = "it commands no rotation";
    double base = 0;
    if (candidate.fault.empty() && scan.relative) {
      const auto position = position_before(file, search.bliss_group, rotation->name);
      if (!position) candidate.fault = fmt::format("where {} stood before is not told", rotation->name);
      base = position.value_or(0);
    }
    const bool turns_back = lower_case(mode).find("zig") != std::string::npos;
    const bool in_rows = scan.verb == "fscan2d" && rotation && scan.motors[0].points > 1 &&
                         rotation->name == scan.motors.back().name && rotation->points > 1;
    if (candidate.fault.empty() && in_rows && mode.empty())
      candidate.fault = "it does not tell whether its rows run one way or to and fro";
    if (candidate.fault.empty()) {
      candidate.values = commanded_angles(scan, *rotation, turns_back);
      for (double& angle : candidate.values) angle += base;
    }
    candidates.push_back(std::move(candidate));
  };
  const CommandedScan told = hdf5::exists(file, parameters) ? read_fscan_parameters(file, parameters) : CommandedScan{};
  // The parameters of an interlaced scan do not tell the order of its frames either.
  if (!told.motors.empty() && titled.verb != "finterlaced")
    add(told, parameters,
        fmt::format("start {:.6g}, step {:.6g}", commanded_rotation(told)->start, commanded_rotation(told)->step));
  if (!titled.verb.empty() || !titled.motors.empty()) add(titled, search.bliss_group + "/title", search.title);
}

OmegaCandidate recorded(hid_t file, const FoundDataset& dataset, const OmegaSearch& search, int rank) {
  OmegaCandidate candidate;
  candidate.location = dataset.path;
  candidate.motor = motor_name(dataset.path);
  candidate.rank = rank;
  candidate.begin_together = search.begin_together;
  candidate.datasets = {dataset.path};
  candidate.unit = unit_of(file, dataset.path);
  return candidate;
}

// In another entry that has frames of its own: angles of another scan.
bool of_another_scan(const FoundDataset& dataset, const OmegaSearch& search) {
  const std::vector<std::string> own = path_parts(search.stack), other = path_parts(dataset.path);
  if (own.size() < 2 || other.size() < 2 || own[0] == other[0]) return false;
  return std::any_of(search.datasets.begin(), search.datasets.end(), [&](const FoundDataset& each) {
    return each.dims.size() >= 3 && path_parts(each.path)[0] == other[0] && each.dims.back() > 3;
  });
}

void add_lists(hid_t file, const OmegaSearch& search, const std::string& commanded,
               std::vector<OmegaCandidate>& candidates) {
  for (const FoundDataset& dataset : search.datasets) {
    if (!is_list(dataset.dims, search.frames) || dataset.path == search.stack || of_another_scan(dataset, search))
      continue;
    const std::string motor = motor_name(dataset.path), name = lower_case(motor);
    // MOTOR_center and MOTOR_start are that motor half way through a frame, and where it begins.
    const bool centre = name.ends_with("_center"), start = name.ends_with("_start");
    const std::string plain = centre ? name.substr(0, name.size() - 7) : start ? name.substr(0, name.size() - 6) : name;
    const int rotation = rotation_rank(plain);
    if (!commanded.empty() && plain == lower_case(commanded)) {
      candidates.push_back(recorded(file, dataset, search, centre || start ? 1 : 0));
    } else if (rotation >= 0) {
      candidates.push_back(recorded(file, dataset, search, 2 + 2 * rotation + (centre || start ? 1 : 0)));
    } else if (!search.bliss_group.empty() && values_of(dataset.dims) == static_cast<std::size_t>(search.frames) &&
               !measures_something(motor) && !is_translation(motor)) {
      candidates.push_back(recorded(file, dataset, search, kOtherMotor));
    }
  }
}

// Image series of HEXRD keep omega as an attribute of the group of the images.
void add_attributes(hid_t file, const OmegaSearch& search, std::vector<OmegaCandidate>& candidates) {
  const std::string group = parent_path(search.stack);
  for (const std::string& place : {search.stack, group.empty() ? std::string("/") : group}) {
    const hdf5::Handle object(H5Oopen(file, place.c_str(), H5P_DEFAULT));
    if (!object || H5Aexists(object.id(), "omega") <= 0) continue;
    OmegaCandidate candidate;
    candidate.location = (place == "/" ? std::string() : place) + "@omega";
    candidate.motor = "omega";
    candidate.rank = 2;
    candidate.datasets = {candidate.location};
    candidates.push_back(std::move(candidate));
  }
}

void add_chains(hid_t file, const OmegaSearch& search, std::vector<OmegaCandidate>& candidates) {
  const std::vector<std::string> parts = path_parts(search.stack);
  if (parts.empty()) return;
  for (const std::string& start : {"/" + parts[0] + "/sample/depends_on", parent_path(search.stack) + "/depends_on"}) {
    for (const std::string& axis : rotations_of_chain(file, start)) {
      const auto same = [&](const OmegaCandidate& one) { return one.location == axis; };
      const auto known = std::find_if(candidates.begin(), candidates.end(), same);
      if (known != candidates.end()) {
        known->rank = -1;
        continue;
      }
      try {
        const hdf5::Handle dataset(H5Dopen2(file, axis.c_str(), H5P_DEFAULT));
        const FoundDataset found{axis, hdf5::shape(dataset.id()), {axis}};
        if (dataset && is_list(found.dims, search.frames)) candidates.push_back(recorded(file, found, search, -1));
      } catch (const Error&) {
        // An axis that cannot be opened is none.
      }
    }
  }
}

}  // namespace

std::vector<OmegaCandidate> find_omega_candidates(hid_t file, const OmegaSearch& search) {
  hdf5::quiet();
  const CommandedScan titled = read_command(search.title);
  const auto rotation = commanded_rotation(titled);
  std::vector<OmegaCandidate> candidates;
  add_lists(file, search, rotation ? rotation->name : std::string(), candidates);
  add_attributes(file, search, candidates);
  add_chains(file, search, candidates);
  if (!search.bliss_group.empty()) add_bliss_commands(file, search, titled, candidates);
  add_parameter_commands(file, search, candidates);
  // Commands keep their order, the more exact before the title.
  const auto key = [](const OmegaCandidate& one) {
    const bool commanded = one.source == OmegaSource::kCommanded;
    return commanded ? std::tuple(true, 0, std::size_t{0}, std::string())
                     : std::tuple(false, one.rank, one.location.size(), one.location);
  };
  std::stable_sort(candidates.begin(), candidates.end(),
                   [&](const OmegaCandidate& a, const OmegaCandidate& b) { return key(a) < key(b); });
  return candidates;
}

bool rotates(hid_t file, const std::vector<OmegaCandidate>& candidates, int frames) {
  for (const OmegaCandidate& candidate : candidates) {
    if (candidate.source == OmegaSource::kCommanded) {
      if (candidate.moves && candidate.fault.empty()) return true;
      continue;
    }
    try {
      if (candidate.datasets.empty() || candidate.location.find('@') != std::string::npos) continue;
      const auto values = hdf5::read_dataset<double>(file, candidate.datasets[0]);
      if (values.size() == static_cast<std::size_t>(frames) && values.size() > 1 && judge_angles(values).fault.empty())
        return true;
    } catch (const Error&) {
      // A list that cannot be read shows no motion.
    }
  }
  return false;
}

std::vector<std::string> rotations_of_chain(hid_t file, const std::string& start) {
  std::vector<std::string> rotations;
  std::set<std::string> seen;
  std::string from = parent_path(start), next = text_of(file, start);
  for (int link = 0; link < kLongestChain && !next.empty() && next != "."; ++link) {
    const std::string axis = next[0] == '/' ? next : join_path(from, next);
    const hdf5::Handle object(H5Oopen(file, axis.c_str(), H5P_DEFAULT));
    if (!object || !seen.insert(axis).second) break;
    if (lower_case(hdf5::read_string_attribute(object.id(), "transformation_type")) == "rotation") {
      const bool group = H5Iget_type(object.id()) == H5I_GROUP;
      rotations.push_back(group ? axis + "/value" : axis);
    }
    next = hdf5::read_string_attribute(object.id(), "depends_on");
    from = parent_path(axis);
  }
  return rotations;
}

}  // namespace dctprep
