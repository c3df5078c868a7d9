// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/read/scan_monitor.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <limits>
#include <string_view>
#include <tuple>

#include "dctprep/base/error.h"
#include "dctprep/base/rehearsal.h"
#include "dctprep/core/rank_median.h"
#include "dctprep/read/foreign_companions.h"
#include "dctprep/read/hdf5/bliss.h"
#include "dctprep/read/hdf5/contents.h"
#include "dctprep/read/hdf5/numbers.h"
#include "dctprep/read/hdf5/series.h"
#include "dctprep/read/image/header_counters.h"
#include "dctprep/read/image/natural_order.h"
#include "dctprep/read/scan_path.h"

namespace dctprep {

namespace {

constexpr int kCounterDepth = 12;
constexpr std::size_t kMostCountersNamed = 12;  // in a message

// Names without trailing digits. "i" is one only with digits: i0.
constexpr std::array<std::string_view, 16> kMonitors{
    "fpico", "pico",  "mon",      "monitor", "beam_monitor", "beammonitor", "ic",         "ion",
    "i",     "diode", "pindiode", "pin",     "ion_chamber",  "ionchamber",  "ic_monitor", "control"};
constexpr std::array<std::string_view, 9> kRingCurrents{
    "srcur",        "current",   "machine_current",      "ring_current",  "sr_current",
    "beam_current", "srcurrent", "storage_ring_current", "machinecurrent"};
constexpr int kNoMonitor = 2;

// 0: measures the beam, 1: the current of the ring, kNoMonitor: neither by its name.
int monitor_rank(const std::string& counter) {
  std::string name = lower_case(counter);
  const bool numbered = !name.empty() && std::isdigit(static_cast<unsigned char>(name.back())) != 0;
  while (!name.empty() && (std::isdigit(static_cast<unsigned char>(name.back())) != 0 || name.back() == '_'))
    name.pop_back();
  if (name == "i" && !numbered) return kNoMonitor;
  if (std::ranges::find(kMonitors, name) != kMonitors.end()) return 0;
  return std::ranges::find(kRingCurrents, name) != kRingCurrents.end() ? 1 : kNoMonitor;
}

// Values as they are stored, with what names them.
struct Counter {
  std::string name, path;
  std::vector<std::size_t> shape;
  std::vector<double> values;  // of series of files alone; else read when asked for
};

// instrument/COUNTER/data holds what is called COUNTER one step up.
std::string counter_name(const std::string& path) {
  const std::vector<std::string> parts = path_parts(path);
  if (parts.empty()) return {};
  const bool up = parts.size() > 1 && (parts.back() == "value" || parts.back() == "data" || parts.back() == "raw");
  return up ? parts[parts.size() - 2] : parts.back();
}

bool is_value_list(const std::vector<std::size_t>& shape) {
  return std::ranges::count_if(shape, [](std::size_t side) { return side != 1; }) <= 1 && !shape.empty();
}

std::size_t length_of(const std::vector<std::size_t>& shape) {
  std::size_t length = 1;
  for (const std::size_t side : shape) length *= side;
  return length;
}

DatasetPath place_of_scan(const Scan& scan) { return split_dataset_path(scan.storage.location); }
bool is_hdf5_scan(const Scan& scan) { return !place_of_scan(scan).dataset.empty(); }

// The lists of one number a frame in the first file of a series, each with the numbers of all files; those that not all
// files have are none.
std::vector<Counter> list_series_counters(const std::vector<std::filesystem::path>& files) {
  const SeriesPlaces places = hdf5_series_places(files);
  std::size_t of_first = 0;
  for (const SeriesPlaces::Place& place : places.frames) {
    const bool first = place.file >= 0 && files[static_cast<std::size_t>(place.file)] == places.first_file;
    of_first += first ? 1 : 0;
  }
  std::vector<Counter> counters;
  for (const Hdf5Entry& entry : list_hdf5_numbers(places.first_file)) {
    if (!is_value_list(entry.shape) || length_of(entry.shape) != of_first) continue;
    try {
      Hdf5Numbers numbers = read_series_numbers(files, places, entry.path);
      const std::string name = counter_name(entry.path);
      counters.push_back({name, name, numbers.shape, std::move(numbers.values)});
    } catch (const Error&) {
      // One that a file lacks cannot be the scan's.
    }
  }
  return counters;
}

// The lists of numbers of the scan's file, those near its frames first: of the same group, then of the same entry.
std::vector<Counter> list_counters(const Scan& scan) {
  const DatasetPath place = place_of_scan(scan);
  if (place.dataset.empty()) {
    const ScanPath path = resolve_scan_path(scan.storage.location);
    if (path.is_hdf5_series) return list_series_counters(path.files);
    std::vector<Counter> counters;
    for (auto& [name, values] : header_counters(path.files)) {
      const std::size_t count = values.size();
      counters.push_back({name, name, {count}, std::move(values)});
    }
    return counters;
  }
  std::vector<std::pair<std::tuple<std::size_t, bool, std::string>, Counter>> found;
  const std::vector<std::string> own = path_parts(place.dataset);
  bool is_bliss = false;
  hdf5::rehearsed(place.file.native(), [&] {
    const hdf5::Handle file = hdf5::open_file(place.file);
    found.clear();
    is_bliss = std::ranges::any_of(list_bliss_scans(file.id()),
                                   [&](const BlissScan& one) { return one.group == "/" + own.front(); });
    for (const FoundDataset& dataset : list_datasets(file.id(), "/", kCounterDepth).datasets) {
      const std::vector<std::size_t> shape(dataset.dims.begin(), dataset.dims.end());
      if (!is_value_list(shape)) continue;
      for (const std::string& path : dataset.names) {
        const std::vector<std::string> parts = path_parts(path);
        const std::size_t shared = static_cast<std::size_t>(std::ranges::mismatch(parts, own).in1 - parts.begin());
        found.push_back(
            {{own.size() - std::min(shared, own.size()), path.find("/measurement/") == std::string::npos, path},
             {counter_name(path), place.file.string() + "::" + path, shape, {}}});
      }
    }
  });
  std::ranges::sort(found, {}, [](const auto& one) { return one.first; });
  std::vector<Counter> counters;
  for (auto& [rank, counter] : found) {
    // Of another scan of a BLISS file.
    if (is_bliss && std::get<0>(rank) == own.size()) continue;
    counters.push_back(std::move(counter));
  }
  return counters;
}

// The values of the frames used. Error where there are not as many as frames are stored.
ScanMonitor monitor_of_frames(const Counter& counter, const Scan& scan) {
  std::vector<double> all = counter.values;
  if (all.empty()) {
    const DatasetPath place = split_dataset_path(counter.path);
    const Hdf5Numbers numbers = read_hdf5_numbers(place.file, place.dataset);
    if (!is_value_list(numbers.shape))
      fail("{}: is of shape {}, where one value a frame is wanted", counter.path, fmt::join(numbers.shape, " x "));
    all = numbers.values;
  }
  const auto stored = static_cast<std::size_t>(scan.frames->stored_frames());
  if (all.size() != stored) fail("{}: holds {} values where {} frames are stored", counter.path, all.size(), stored);
  ScanMonitor monitor{counter.name, counter.path, {}};
  for (int k = 0; k < scan.frame_count(); ++k) {
    const int index = scan.frames->stored_index(k);
    monitor.values.push_back(index < 0 ? std::numeric_limits<double>::quiet_NaN()
                                       : all[static_cast<std::size_t>(index)]);
  }
  return monitor;
}

double finite_median(const std::vector<double>& values) {
  std::vector<double> finite;
  std::ranges::copy_if(values, std::back_inserter(finite), [](double value) { return std::isfinite(value); });
  return finite.empty() ? 0 : rank_median(finite);
}

ScanMonitor with_positive_median(ScanMonitor monitor) {
  if (const double median = finite_median(monitor.values); !(median > 0)) {
    fail("{}: its median is {:.6g}, where a beam monitor is above 0", monitor.path, median);
  }
  return monitor;
}

std::string counters_there(const std::vector<Counter>& counters, const Scan& scan) {
  std::vector<std::string> names;
  for (const Counter& counter : counters) {
    if (length_of(counter.shape) != static_cast<std::size_t>(scan.frames->stored_frames())) continue;
    if (std::ranges::find(names, counter.name) == names.end()) names.push_back(counter.name);
  }
  if (names.empty()) return "no list of one number a frame is in the scan";
  const bool more = names.size() > kMostCountersNamed;
  if (more) names.resize(kMostCountersNamed);
  return fmt::format("one number a frame have {}{}", fmt::join(names, ", "), more ? ", ..." : "");
}

// Of those of one name that fit, the nearest; of none that fit, the nearest.
const Counter* find_counter(const std::vector<Counter>& counters, const std::string& name, const Scan& scan) {
  const Counter* nearest = nullptr;
  for (const Counter& counter : counters) {
    if (lower_case(counter.name) != lower_case(name)) continue;
    if (length_of(counter.shape) == static_cast<std::size_t>(scan.frames->stored_frames())) return &counter;
    if (nearest == nullptr) nearest = &counter;
  }
  return nearest;
}

}  // namespace

std::vector<ScanMonitor> find_monitors(const Scan& scan) {
  std::vector<Counter> counters;
  try {
    counters = list_counters(scan);
  } catch (const Error&) {
    return {};  // frames that do not come from files, or whose file is gone by now
  }
  std::erase_if(counters, [](const Counter& counter) { return monitor_rank(counter.name) == kNoMonitor; });
  std::ranges::stable_sort(counters, [](const Counter& a, const Counter& b) {
    const int rank_a = monitor_rank(a.name), rank_b = monitor_rank(b.name);
    return rank_a != rank_b ? rank_a < rank_b : natural_less(a.name, b.name);
  });
  std::vector<ScanMonitor> monitors;
  for (const Counter& counter : counters) {
    const bool is_known = std::ranges::any_of(
        monitors, [&](const ScanMonitor& known) { return lower_case(known.name) == lower_case(counter.name); });
    if (is_known) continue;
    try {
      ScanMonitor monitor = with_positive_median(monitor_of_frames(counter, scan));
      const double first = finite_median(monitor.values);
      const bool varies =
          std::ranges::any_of(monitor.values, [&](double value) { return std::isfinite(value) && value != first; });
      if (varies) monitors.push_back(std::move(monitor));
    } catch (const Error&) {
      // One that does not fit the frames is none to choose.
    }
  }
  return monitors;
}

ScanMonitor read_monitor(const std::string& option, const Scan& scan) {
  return with_context("beam.monitor", [&]() -> ScanMonitor {
    if (option == "auto") {
      std::vector<ScanMonitor> monitors = find_monitors(scan);
      if (!monitors.empty()) return std::move(monitors.front());
      fail(
          "no counter of the scan is a beam monitor by its name (fpico, mon, ic, i0, diode, srcur, current, ...): {}; "
          "name "
          "one, or set beam.normalise = \"none\"",
          counters_there(list_counters(scan), scan));
    }
    DatasetPath place = split_dataset_path(option);
    if (place.dataset.empty() && option.starts_with("/") && is_hdf5_scan(scan))
      place = {place_of_scan(scan).file, option};
    if (!place.dataset.empty()) {
      const ScanPath own = resolve_scan_path(scan.storage.location);
      if (const auto other = other_scan_of(place.file.string() + "::" + place.dataset, false, own, *scan.frames)) {
        fail_usage("{}: these are values of another scan, {}, and not of {}", option, *other, scan.storage.location);
      }
      const std::string path = absolute_path(place.file.string()) + "::" + place.dataset;
      return with_positive_median(monitor_of_frames({counter_name(place.dataset), path, {}, {}}, scan));
    }
    const std::vector<Counter> counters = list_counters(scan);
    const Counter* counter = find_counter(counters, option, scan);
    if (counter == nullptr) fail("the scan has no counter called {}; {}", option, counters_there(counters, scan));
    return with_positive_median(monitor_of_frames(*counter, scan));
  });
}

}  // namespace dctprep
