// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/read/hdf5_omega.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <string_view>
#include <tuple>

#include "dctprep/base/error.h"

namespace dctprep {

namespace {

// Rotations of the beamlines of the field, the usual first.
constexpr std::array<std::string_view, 17> kRotations{
    "omega", "diffrz", "rotation_angle", "rot_center", "rot",      "hrsrot",          "srot", "hrrz", "hrz", "prz",
    "theta", "phi",    "angle",          "angles",     "rotation", "sample_rotation", "chi"};
// Parts of the names of arrays that grow steadily and are no motors.
constexpr std::array<std::string_view, 18> kNoMotors{"time",  "epoch",   "trig",  "period", "delta", "count",
                                                     "frame", "index",   "image", "point",  "mcs",   "elapsed",
                                                     "raw",   "current", "srcur", "number", "key",   "sec"};

// The motor's own name: instrument/MOTOR/value and instrument/MOTOR/data hold it one step up.
std::string motor_name(const std::string& path) {
  const std::vector<std::string> parts = path_parts(path);
  if (parts.empty()) return {};
  const bool up = parts.size() > 1 && (parts.back() == "value" || parts.back() == "data");
  return up ? parts[parts.size() - 2] : parts.back();
}

std::size_t rank_of(const std::string& motor, const std::string& commanded) {
  const std::string name = lower_case(motor);
  if (!commanded.empty() && name == lower_case(commanded)) return 0;
  if (!commanded.empty() && name == lower_case(commanded) + "_center") return 1;
  const auto place = std::find(kRotations.begin(), kRotations.end(), name);
  return 2 + static_cast<std::size_t>(place - kRotations.begin());
}

constexpr std::size_t kUnknownRank = 2 + kRotations.size();

bool counts_something(const std::string& motor) {
  const std::string name = lower_case(motor);
  return std::any_of(kNoMotors.begin(), kNoMotors.end(),
                     [&](std::string_view part) { return name.find(part) != std::string::npos; });
}

bool is_list_of(const std::vector<hsize_t>& dims, hsize_t size) {
  hsize_t product = 1;
  for (const hsize_t dim : dims) {
    if (dim != 1 && dim != size) return false;
    product *= dim;
  }
  return !dims.empty() && product == size;
}

}  // namespace

bool moves_steadily(const std::vector<double>& values) {
  if (values.size() < 2) return false;
  const double step = (values.back() - values.front()) / static_cast<double>(values.size() - 1);
  if (!std::isfinite(step) || step == 0) return false;
  for (std::size_t i = 1; i < values.size(); ++i) {
    if (!(std::abs(values[i] - values[i - 1] - step) <= 0.5 * std::abs(step))) return false;
  }
  return true;
}

OmegaChoice choose_omega(hid_t file, const std::vector<FoundDataset>& datasets, hsize_t frames,
                         const std::string& commanded, bool any_motor) {
  using Candidate = std::tuple<std::size_t, std::size_t, std::string, std::string>;  // rank, length, path, motor
  std::vector<Candidate> candidates;
  for (const FoundDataset& dataset : datasets) {
    if (!is_list_of(dataset.dims, frames)) continue;
    const std::string motor = motor_name(dataset.path);
    const std::size_t rank = rank_of(motor, commanded);
    if (rank == kUnknownRank && (!any_motor || counts_something(motor))) continue;
    candidates.emplace_back(rank, dataset.path.size(), dataset.path, motor);
  }
  std::sort(candidates.begin(), candidates.end());
  OmegaChoice choice;
  std::vector<std::string> others;
  for (const auto& [rank, length, path, motor] : candidates) {
    if (!choice.path.empty() && rank != kUnknownRank) continue;
    try {
      if (!moves_steadily(hdf5::read_dataset<double>(file, path))) continue;
    } catch (const Error&) {
      continue;  // an array that cannot be read is none to choose
    }
    if (choice.path.empty()) {
      choice.path = path;
      choice.motor = motor;
    } else if (rank_of(choice.motor, commanded) == kUnknownRank && motor != choice.motor) {
      others.push_back(motor);
    }
  }
  if (!others.empty()) {
    choice.note = fmt::format("omega is {}; {} moved steadily too", choice.path, fmt::join(others, ", "));
  }
  return choice;
}

}  // namespace dctprep
