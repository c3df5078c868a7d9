// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <array>
#include <cmath>
#include <fmt/format.h>
#include <limits>
#include <map>
#include <string_view>
#include <tbb/parallel_for.h>

#include "dctprep/base/error.h"
#include "dctprep/read/image_file.h"
#include "dctprep/read/series_plan.h"

namespace dctprep {

namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
// Headers lie within the first bytes of a compressed file.
constexpr std::uint64_t kHeaderBytes = std::uint64_t{1} << 18;

// Names of rotation axes, the likelier first. Any other name must be of a motor, and the only one that moves.
constexpr std::array<std::string_view, 20> kKnownNames{
    "start_angle", "omega",  "omega_start", "rotation_angle", "diffrz", "hrsrot", "srot", "rot",
    "rot_center",  "samome", "diffome",     "diffrx",         "pmo",    "hrz",    "ths",  "rotation",
    "theta_z",     "phi",    "phi_start",   "angle"};

int rank_of(const std::string& name) {
  const auto found = std::find(kKnownNames.begin(), kKnownNames.end(), name);
  return static_cast<int>(found - kKnownNames.begin());
}

std::vector<HeaderNumber> read_numbers(const SeriesPlan& plan, const SeriesSlot& slot) {
  if (slot.file < 0) return {};
  const auto& path = plan.files[static_cast<std::size_t>(slot.file)];
  for (const std::uint64_t limit : {kHeaderBytes, ByteSource::kAll}) {
    if (plan.several_a_file && limit != ByteSource::kAll) continue;
    try {
      const auto reader = open_image_reader(path, limit);
      return slot.frame < reader->frames() ? reader->numbers(slot.frame) : std::vector<HeaderNumber>();
    } catch (const Error&) {
    }
  }
  return {};
}

// All numbers of all frames' headers: files of one frame each are opened by all threads, one of several frames only
// once.
std::vector<std::vector<HeaderNumber>> read_headers(const SeriesPlan& plan) {
  std::vector<std::vector<HeaderNumber>> headers(plan.slots.size());
  if (!plan.several_a_file) {
    tbb::parallel_for(std::size_t{0}, plan.slots.size(),
                      [&](std::size_t k) { headers[k] = read_numbers(plan, plan.slots[k]); });
    return headers;
  }
  std::shared_ptr<const ImageReader> reader;
  int opened = -1;
  for (std::size_t k = 0; k < plan.slots.size(); ++k) {
    const SeriesSlot& slot = plan.slots[k];
    if (slot.file < 0) continue;
    if (slot.file != opened) {
      opened = slot.file;
      reader.reset();
      try {
        reader = slot.file == plan.example_file ? plan.example
                                                : open_image_reader(plan.files[static_cast<std::size_t>(slot.file)]);
      } catch (const Error&) {
      }
    }
    if (reader && slot.frame < reader->frames()) headers[k] = reader->numbers(slot.frame);
  }
  return headers;
}

// Pilatus: the angle of the first frame and the step to the next, told in every header.
void add_command(const std::map<std::string, std::vector<double>>& columns, std::vector<OmegaCandidate>& candidates) {
  const auto start = columns.find("start_angle"), step = columns.find("angle_increment");
  if (start == columns.end() || step == columns.end()) return;
  const double first = start->second.front(), increment = step->second.front();
  if (!std::isfinite(first) || !std::isfinite(increment) || increment == 0) return;
  OmegaCandidate candidate;
  candidate.source = OmegaSource::kCommanded;
  candidate.location = "header";
  candidate.text = fmt::format("Start_angle {:.6g}, Angle_increment {:.6g}", first, increment);
  candidate.motor = "start_angle";
  candidate.even = EvenAngles{first, increment, 0};
  candidates.push_back(std::move(candidate));
}

}  // namespace

HeaderAngles header_angles(const std::vector<std::filesystem::path>& files) {
  const SeriesPlan plan = plan_series(files);
  const auto headers = read_headers(plan);
  HeaderAngles found;
  for (const auto& header : headers) found.absent.push_back(header.empty() ? 1 : 0);

  std::map<std::string, std::vector<double>> columns;
  std::map<std::string, bool> is_motor;
  for (std::size_t k = 0; k < headers.size(); ++k) {
    for (const HeaderNumber& one : headers[k]) {
      auto& column = columns.try_emplace(one.name, headers.size(), kNone).first->second;
      // A plain key and a motor of one name: the plain key is the more exact, and comes last.
      column[k] = one.value;
      is_motor[one.name] |= one.motor;
    }
  }
  for (auto& [name, angles] : columns) {
    const int rank = rank_of(name);
    const bool known = rank < static_cast<int>(kKnownNames.size());
    if (!known && (!is_motor[name] || headers.size() == 1)) continue;
    OmegaCandidate candidate;
    candidate.location = "header";
    candidate.motor = name;
    candidate.rank = known ? rank : kOtherMotor;
    candidate.values = angles;
    found.candidates.push_back(std::move(candidate));
  }
  std::stable_sort(found.candidates.begin(), found.candidates.end(),
                   [](const OmegaCandidate& a, const OmegaCandidate& b) { return a.rank < b.rank; });
  add_command(columns, found.candidates);
  return found;
}

}  // namespace dctprep
