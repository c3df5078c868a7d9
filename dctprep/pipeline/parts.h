// SPDX-License-Identifier: BSD-3-Clause
// A scan processed in parts, by several jobs or one after the other: they share one plan.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "dctprep/base/progress.h"
#include "dctprep/core/scan.h"
#include "dctprep/estimate/parameters.h"
#include "dctprep/pipeline/run_plan.h"

namespace dctprep {

struct PlannedScan {
  RunPlan plan;
  Scan scan;
};

// `input`: a plan that write_plan_file() made, whose scan is opened where it was or at `moved_to` (not empty) and known
// again by its checksums; or NAME.toml or a SCAN, whose plan is made here: the same one each time. Settings are for the
// latter. `estimated` is called once the parameters are found.
PlannedScan plan_scan(const std::string& input, const std::vector<std::string>& settings, std::optional<int> threads,
                      const std::string& moved_to, Progress& progress,
                      const std::function<void(const Scan&, const Estimate&)>& estimated = {});

// The file holds the plan and no products. Error (usage) where it exists and not `overwrite`.
void write_plan_file(const RunPlan& plan, const std::filesystem::path& path, bool overwrite);

// Part `part` of `parts`, 1 <= part <= parts: as many blocks as the others, give or take one; none where there are
// fewer blocks than parts.
struct PartNumber {
  int part = 1, parts = 1;
};
// "3/10". Error (usage) where it is none.
PartNumber parse_part(const std::string& text);
BlockRange share_of(const RunPlan& plan, PartNumber number);

// The products of a part, in a file.
void write_part(const PlannedScan& planned, PartNumber number, const std::filesystem::path& path, bool overwrite,
                Progress& progress);

}  // namespace dctprep
