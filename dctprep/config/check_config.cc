// SPDX-License-Identifier: BSD-3-Clause
// What must fit together in a configuration.
#include "dctprep/config/check_config.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "dctprep/base/error.h"
#include "dctprep/config/config_file.h"
#include "dctprep/config/field_text.h"

namespace dctprep {

namespace {

// Fails with the key that is wrong, its value, and where it was given.
class Checker {
 public:
  explicit Checker(const Origins& origins) : origins_(origins) {}

  template <class T>
  [[noreturn]] void refuse(const std::string& key, const T& value, const std::string& problem) const {
    refuse_text(key, value_text(ValueOf<T>::to(value)), problem);
  }
  [[noreturn]] void refuse_text(const std::string& key, const std::string& value, const std::string& problem) const {
    const auto origin = origins_.find(key);
    const std::string place = origin == origins_.end() ? "" : origin->second + ": ";
    fail_usage("{}{} = {}: {}", place, key, value, problem);
  }

  // a <= b, where both are given.
  template <class T>
  void ordered(const std::string& key_a, const Auto<T>& a, const std::string& key_b, const Auto<T>& b) const {
    if (a.is_auto() || b.is_auto() || a.value() <= b.value()) return;
    const auto text = [](const T& value) { return value_text(ValueOf<T>::to(value)); };
    // The complaint goes to the one that was given by the user, if only one was.
    if (origins_.contains(key_b) && !origins_.contains(key_a))
      refuse(key_b, b, fmt::format("must be at least {} = {}", key_a, text(a.value())));
    refuse(key_a, a, fmt::format("must be at most {} = {}", key_b, text(b.value())));
  }

  // A level that fits `unit`, that of segment.unit or of another level, which `unit_key` names.
  void level(const std::string& key, const Auto<Level>& level, SegmentUnit unit, const std::string& unit_key,
             const std::string& unit_value) const {
    if (level.is_auto()) return;
    if (level.value().unit().value_or(unit) != unit)
      refuse(
          key, level,
          fmt::format("{} = {}{} is another unit; give segment.unit and all levels in one unit, or leave them \"auto\"",
                      unit_key, unit_value, given_by(unit_key)));
    if (const auto problem = level_problem(level.value().number(), unit))
      refuse(key, level,
             level.value().unit() ? *problem
                                  : fmt::format("{}; the unit is that of {} = {}", *problem, unit_key, unit_value));
  }

  // A pair of limits of which 0 means none.
  void limits(const std::string& key_min, int min, const std::string& key_max, int max) const {
    if (max != 0) ordered(key_min, Auto<int>(min), key_max, Auto<int>(max));
  }

 private:
  // Where `key` was given, to follow it.
  std::string given_by(const std::string& key) const {
    const auto origin = origins_.find(key);
    return origin == origins_.end() ? "" : fmt::format(" ({})", origin->second);
  }

  const Origins& origins_;
};

void check_values(Config config, const Checker& check) {
  for (const Table& table : tables_of(config)) {
    for (const Field& field : table.fields) {
      if (const auto problem = value_problem(field, field.get()))
        check.refuse_text(key_of(table, field), value_text(field.get()), *problem);
    }
  }
}

bool is_none(const Auto<Region>& region) { return !region.is_auto() && region.value() == Region{}; }
bool is_given(const Auto<Region>& region) { return !region.is_auto() && !is_none(region); }

// Columns of the beam beside the sample that measure its intensity.
int margin_columns(const Region& beam, const Region& sample, int margin) {
  const int left = std::min(sample.u0, beam.u1) - std::max(sample.u0 - margin, beam.u0);
  const int right = std::min(sample.u1 + margin, beam.u1) - std::max(sample.u1, beam.u0);
  return std::max(0, left) + std::max(0, right);
}

void check_beam(const BeamOptions& beam, const Checker& check) {
  const bool by_monitor = beam.normalise == Auto<Normalise>(Normalise::kMonitor);
  if (by_monitor && !beam.intensity.is_auto())
    check.refuse(
        "beam.intensity", beam.intensity,
        "is in counts of the direct beam; with beam.normalise = \"monitor\" leave it \"auto\": frames are scaled "
        "to the monitor's median");
  if (is_none(beam.region)) {
    if (beam.transmission) check.refuse("beam.transmission", true, "needs a direct beam, but beam.region is \"none\"");
    if (!beam.normalise.is_auto() && beam.normalise.value() != Normalise::kNone && !by_monitor)
      check.refuse("beam.normalise", beam.normalise,
                   "needs a direct beam, but beam.region is \"none\"; \"monitor\", \"none\" and \"auto\" do without");
    return;
  }
  if (beam.normalise != Auto<Normalise>(Normalise::kMargin)) return;
  if (is_none(beam.sample))
    check.refuse("beam.normalise", beam.normalise,
                 "measures the beam beside the sample, but beam.sample is \"none\"; take \"fullbeam\"");
  if (is_given(beam.region) && is_given(beam.sample) &&
      margin_columns(beam.region.value(), beam.sample.value(), beam.margin) == 0)
    check.refuse("beam.sample", beam.sample,
                 fmt::format("leaves no column of beam.region = {} beside it to measure the beam; make it narrower, or "
                             "beam.normalise \"fullbeam\"",
                             value_text(ValueOf<Region>::to(beam.region.value()))));
}

// All levels in the one unit that is stated.
void check_levels(const SegmentOptions& segment, const Checker& check) {
  const auto levels = named_levels(segment);
  const std::optional<SegmentUnit> unit = stated_unit(segment);
  if (!unit) return;
  std::string unit_key = "segment.unit";
  std::string unit_value = quoted_text(enum_name(*unit));
  if (segment.unit.is_auto()) {
    const auto first = std::ranges::find_if(
        levels, [](const auto& level) { return !level.second->is_auto() && level.second->value().unit(); });
    unit_key = first->first;
    unit_value = quoted_text(level_text(first->second->value()));
  }
  for (const auto& [key, level] : levels) check.level(key, *level, *unit, unit_key, unit_value);
}

void check_segment(const SegmentOptions& segment, const Checker& check) {
  check_levels(segment, check);
  if (segment.method == SegmentMethod::kDouble) {
    check.ordered("segment.grow_min", segment.grow_min, "segment.grow_max", segment.grow_max);
    check.ordered("segment.grow_min", segment.grow_min, "segment.seed", segment.seed);
  }
  check.ordered("segment.voxel_min", Auto<int>(segment.voxel_min), "segment.voxel_max", Auto<int>(segment.voxel_max));
}

void check_filter(const FilterOptions& filter, const Checker& check) {
  check.limits("filter.min_area", filter.min_area, "filter.max_area", filter.max_area);
  check.limits("filter.min_extent", filter.min_extent, "filter.max_extent", filter.max_extent);
  check.limits("filter.min_frames", filter.min_frames, "filter.max_frames", filter.max_frames);
}

}  // namespace

void check_config(const Config& config, const Origins& origins) {
  const Checker check(origins);
  check_values(config, check);
  if (config.scan.frames && (*config.scan.frames)[0] > (*config.scan.frames)[1])
    check.refuse("scan.frames", *config.scan.frames, "must be [first, last] with first <= last");
  check_beam(config.beam, check);
  check_segment(config.segment, check);
  check_filter(config.filter, check);
}

}  // namespace dctprep
