// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/read/image/header_omega.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <fmt/format.h>
#include <limits>
#include <map>
#include <string_view>

#include "dctprep/read/commanded_angles.h"
#include "dctprep/read/image/image_file.h"
#include "dctprep/read/image/series_headers.h"

namespace dctprep {

namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

// Names of rotation axes, the likelier first. Any other name must be of a motor, and the only one that moves.
constexpr std::array<std::string_view, 20> kKnownNames{
    "start_angle", "omega",  "omega_start", "rotation_angle", "diffrz", "hrsrot", "srot", "rot",
    "rot_center",  "samome", "diffome",     "diffrx",         "pmo",    "hrz",    "ths",  "rotation",
    "theta_z",     "phi",    "phi_start",   "angle"};

int rank_of(const std::string& name) {
  const auto found = std::find(kKnownNames.begin(), kKnownNames.end(), name);
  return static_cast<int>(found - kKnownNames.begin());
}

struct Column {
  std::vector<double> values;
  bool motor = false;
  std::string unit, other_unit;  // the first of its units, and one that differs
};
using Columns = std::map<std::string, Column>;

// Pilatus: the angle of each frame and the step to the next, told in every header. What the first that tells both says
// is carried on over all frames.
void add_command(const Columns& columns, std::vector<OmegaCandidate>& candidates) {
  const auto start = columns.find("start_angle"), step = columns.find("angle_increment");
  if (start == columns.end() || step == columns.end()) return;
  std::size_t k = 0;
  const std::size_t frames = start->second.values.size();
  while (k < frames && !(std::isfinite(start->second.values[k]) && std::isfinite(step->second.values[k]))) ++k;
  if (k == frames || step->second.values[k] == 0) return;
  const double angle = start->second.values[k], increment = step->second.values[k];
  OmegaCandidate candidate;
  candidate.source = OmegaSource::kCommanded;
  candidate.location = "header";
  candidate.text = fmt::format("Start_angle {:.6g}, Angle_increment {:.6g}", angle, increment);
  candidate.motor = "start_angle";
  candidate.even = EvenAngles{angle - static_cast<double>(k) * increment, increment, 0};
  candidate.unit = step->second.unit.empty() ? start->second.unit : step->second.unit;
  candidates.push_back(std::move(candidate));
}

Columns read_columns(const std::vector<std::vector<HeaderNumber>>& headers) {
  Columns columns;
  for (std::size_t k = 0; k < headers.size(); ++k) {
    for (const HeaderNumber& one : headers[k]) {
      Column& column = columns[one.name];
      column.values.resize(headers.size(), kNone);
      if (column.unit.empty()) column.unit = one.unit;
      if (one.unit != column.unit) column.other_unit = one.unit;
      // A plain key and a motor of one name: the plain key is the more exact, and comes last.
      column.values[k] = one.value;
      column.motor |= one.motor;
    }
  }
  return columns;
}

}  // namespace

HeaderAngles header_angles(const std::vector<std::filesystem::path>& files) {
  const auto headers = series_headers(files);
  HeaderAngles found;
  for (const auto& header : headers) found.absent.push_back(header.empty() ? 1 : 0);
  Columns columns = read_columns(headers);
  for (const auto& [name, column] : columns) {
    const int rank = rank_of(name);
    const bool known = rank < static_cast<int>(kKnownNames.size());
    const bool may_rotate = column.motor && headers.size() > 1 && !measures_something(name) && !is_translation(name);
    if (!known && !may_rotate) continue;
    OmegaCandidate candidate;
    candidate.location = "header";
    candidate.motor = name;
    candidate.rank = known ? rank : kOtherMotor;
    candidate.values = column.values;
    candidate.unit = column.unit;
    if (!column.other_unit.empty())
      candidate.fault = fmt::format("it is in {} in some headers, in {} in others", column.unit, column.other_unit);
    found.candidates.push_back(std::move(candidate));
  }
  std::stable_sort(found.candidates.begin(), found.candidates.end(),
                   [](const OmegaCandidate& a, const OmegaCandidate& b) { return a.rank < b.rank; });
  add_command(columns, found.candidates);
  return found;
}

}  // namespace dctprep
