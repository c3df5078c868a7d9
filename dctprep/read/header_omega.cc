// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <array>
#include <cmath>
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

// Undoes turns of 360 degrees between frames that follow one another.
void unwrap(std::vector<double>& angles) {
  double last = kNone;
  double shift = 0;
  for (double& angle : angles) {
    if (std::isnan(angle)) continue;
    angle += shift;
    if (!std::isnan(last) && std::abs(angle - last) > 180) {
      const double turns = 360 * std::round((angle - last) / 360);
      angle -= turns;
      shift -= turns;
    }
    last = angle;
  }
}

// Whether the known values move by nearly the same step a frame, in one direction.
bool turns_steadily(const std::vector<double>& angles) {
  std::vector<double> steps;
  std::size_t last = angles.size();
  for (std::size_t k = 0; k < angles.size(); ++k) {
    if (std::isnan(angles[k])) continue;
    if (last < k) steps.push_back((angles[k] - angles[last]) / static_cast<double>(k - last));
    last = k;
  }
  if (steps.empty()) return false;
  std::vector<double> sorted = steps;
  std::nth_element(sorted.begin(), sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2), sorted.end());
  const double step = sorted[sorted.size() / 2];
  return step != 0 &&
         std::all_of(steps.begin(), steps.end(), [&](double s) { return std::abs(s - step) <= 0.5 * std::abs(step); });
}

// Fills what is not known on the line through its neighbours.
void interpolate(std::vector<double>& angles) {
  std::vector<std::size_t> known;
  for (std::size_t k = 0; k < angles.size(); ++k) {
    if (!std::isnan(angles[k])) known.push_back(k);
  }
  if (known.size() < 2) return;
  for (std::size_t k = 0; k < angles.size(); ++k) {
    if (!std::isnan(angles[k])) continue;
    const auto after = std::clamp<std::ptrdiff_t>(std::lower_bound(known.begin(), known.end(), k) - known.begin(), 1,
                                                  static_cast<std::ptrdiff_t>(known.size()) - 1);
    const std::size_t a = known[static_cast<std::size_t>(after - 1)], b = known[static_cast<std::size_t>(after)];
    const double slope = (angles[b] - angles[a]) / static_cast<double>(b - a);
    angles[k] = angles[a] + slope * (static_cast<double>(k) - static_cast<double>(a));
  }
}

}  // namespace

HeaderOmega header_omega(const std::vector<std::filesystem::path>& files) {
  const SeriesPlan plan = plan_series(files);
  const auto headers = read_headers(plan);
  const std::size_t with_header = static_cast<std::size_t>(
      std::count_if(headers.begin(), headers.end(), [](const auto& one) { return !one.empty(); }));

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
  const int unknown = static_cast<int>(kKnownNames.size());
  int best_rank = unknown + 1;
  int best_count = 0;
  HeaderOmega best;
  for (auto& [name, angles] : columns) {
    const int rank = rank_of(name);
    if (rank > best_rank || (rank == unknown && !is_motor[name])) continue;
    const auto missing = std::count_if(angles.begin(), angles.end(), [](double a) { return std::isnan(a); });
    if (angles.size() - static_cast<std::size_t>(missing) < with_header) continue;
    if (headers.size() == 1 ? rank == unknown : false) continue;
    unwrap(angles);
    if (headers.size() > 1 && !turns_steadily(angles)) continue;
    best_count = rank == best_rank ? best_count + 1 : 1;
    best_rank = rank;
    best = {angles, name};
  }
  if (best_count != 1) return {};
  interpolate(best.omega);
  return best;
}

}  // namespace dctprep
