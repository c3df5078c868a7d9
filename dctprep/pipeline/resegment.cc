// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/pipeline/resegment.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <utility>

#include "dctprep/base/error.h"
#include "dctprep/config/check_config.h"
#include "dctprep/config/config_file.h"
#include "dctprep/config/field_text.h"
#include "dctprep/config/tables_of.h"
#include "dctprep/pipeline/executors.h"
#include "dctprep/pipeline/plan_file.h"
#include "dctprep/pipeline/recorded_scan.h"
#include "dctprep/pipeline/sparse_file.h"

namespace dctprep {

namespace {

namespace fs = std::filesystem;

std::string frames_text(const RunPlan& plan, BlockRange blocks) {
  const FrameRange frames = frames_of(plan, blocks);
  return fmt::format("frames {} to {}", frames.first, frames.end - 1);
}

// Settings that the second half alone looks at, or nobody.
bool is_of_second_half(const std::string& table, const std::string& key) {
  if (table == "segment" || table == "filter" || table == "spots" || table == "output" || table == "run") return true;
  return table == "background" && key == "save";
}

void check_changes(const Config& before, const Config& after) {
  Config a = before, b = after;
  const std::vector<Table> old_tables = tables_of(a), new_tables = tables_of(b);
  for (std::size_t t = 0; t < old_tables.size(); ++t) {
    for (std::size_t f = 0; f < old_tables[t].fields.size(); ++f) {
      const Field &was = old_tables[t].fields[f], &is = new_tables[t].fields[f];
      const std::string key = key_of(new_tables[t], is), value = value_text(is.get());
      if (value == value_text(was.get())) continue;
      if (!is_of_second_half(std::string(new_tables[t].name), std::string(is.name))) {
        fail_usage(
            "{} = {}: the sparse frames were made with {}, and only segment, filter, spots, output and run can be "
            "changed after that; run the scan again",
            key, value, value_text(was.get()));
      }
      if (key == "background.save" && after.background.save)
        fail_usage("background.save = true: they were not saved when the sparse frames were made; run the scan again");
      if (value == "\"auto\"" && new_tables[t].name == "segment")
        fail_usage("{} = \"auto\": is found from the scan, by `dctprep init` or `run`; give a value", key);
    }
  }
}

}  // namespace

fs::path sparse_path(const fs::path& result) {
  fs::path path = result;
  return path.replace_filename(result.stem().string() + "_sparse.h5");
}

fs::path sparse_file_of(const fs::path& input) {
  if (is_sparse_file(input)) return input;
  const fs::path beside = sparse_path(input);
  std::error_code error;
  if (!fs::exists(input, error)) fail("{}: no such file", input.string());
  if (!fs::exists(beside, error)) {
    fail("{}: holds no sparse frames, and there is no {} beside it; run the scan once with --set output.sparse=true",
         input.string(), beside.filename().string());
  }
  return beside;
}

StoredRun open_stored_run(const std::vector<fs::path>& files) {
  StoredRun stored;
  std::string first_path;
  for (const fs::path& path : files) {
    const SparseFile file(path, stored.plan);
    if (!stored.plan.plan) {
      stored.plan = file.plan();
      first_path = path.string();
    }
    if (file.plan().digest != stored.plan.digest)
      fail("{}: belongs to another plan than {}: make all parts with the same plan (dctprep prepare)", path.string(),
           first_path);
    if (file.blocks().first < file.blocks().end) stored.parts.push_back({path, file.blocks()});
  }
  const RunPlan& plan = *stored.plan.plan;
  std::ranges::sort(stored.parts, {}, [](const SparsePart& part) { return part.blocks.first; });
  std::size_t next = 0;
  std::string missing;
  const auto miss = [&](std::size_t end) {
    if (next < end) missing += (missing.empty() ? "" : ", ") + frames_text(plan, {next, end});
  };
  for (std::size_t i = 0; i < stored.parts.size(); ++i) {
    const SparsePart& part = stored.parts[i];
    if (part.blocks.first < next) {
      fail("{} and {}: both hold {}; give each part once", stored.parts[i - 1].path.string(), part.path.string(),
           frames_text(plan, {part.blocks.first, std::min(next, part.blocks.end)}));
    }
    miss(part.blocks.first);
    next = part.blocks.end;
  }
  miss(plan.blocks.size());
  if (!missing.empty())
    fail("{}{}: no part holds {}; give all parts of the scan", first_path,
         files.size() > 1 ? fmt::format(" and {} more", files.size() - 1) : "", missing);
  return stored;
}

RunPlan changed_plan(const StoredRun& stored, const std::vector<std::string>& settings) {
  const std::string& name = stored.parts.front().path.string();
  const RunPlan& before = *stored.plan.plan;
  RunPlan plan = clone(before);
  for (const std::string& setting : settings) set_value(plan.config, setting, fs::current_path());
  SegmentOptions& segment = plan.config.segment;
  const SegmentUnit unit = *stated_unit(before.config.segment);
  if (const auto stated = stated_unit(segment); stated && *stated != unit) {
    fail_usage("segment: {} holds what reaches levels in {}; give levels in that unit, or run the scan again", name,
               EnumNames<SegmentUnit>::names[static_cast<std::size_t>(unit)]);
  }
  segment = in_unit(segment, unit);
  check_config(plan.config);
  check_changes(before.config, plan.config);
  derive_levels(plan);
  if (lowest_level(plan.segment) < before.kept_level) {
    fail_usage(
        "segment.{} = \"{}\": is below \"{}\", the lowest level that {} was kept down to; raise it, or run the scan "
        "again with output.sparse_level = \"{}\"",
        lowest_level_key(plan.segment), level_text(lowest_level(plan.segment), plan.segment),
        level_text(before.kept_level, plan.segment), name, level_text(lowest_level(plan.segment), plan.segment));
  }
  if (plan.config.spots.photometry && !std::isfinite(plan.noise.gain) && !before.config.spots.photometry &&
      plan.noise.level.empty()) {
    fail_usage("spots.photometry = true: {} does not tell the noise, which photometry needs; run the scan again", name);
  }
  return plan;
}

Scan open_scan_of(const RunPlan& plan, const std::string& source, const std::string& moved_to) {
  RecordedScan recorded{source, plan.config, plan.frames, plan.height, plan.width, plan.scan_path, plan.checksums};
  // The plan holds them.
  recorded.config.scan.dark = recorded.config.scan.mask = "none";
  return open_recorded_scan(recorded, moved_to);
}

RunReport resegment(const StoredRun& stored, const RunPlan& plan, const Scan* scan, const std::string& command,
                    ResultSink& sink, Progress& progress) {
  const FrameSource* source = plan.config.spots.photometry ? scan->frames.get() : nullptr;
  return run_with(plan, command, sink, [&](ResultSink& warned) {
    return run_stored(plan, stored.plan, stored.parts, source, warned, progress);
  });
}

}  // namespace dctprep
