// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/pipeline/run.h"

#include <algorithm>
#include <chrono>
#include <fmt/format.h>
#include <optional>
#include <tbb/global_control.h>

#include "dctprep/pipeline/executors.h"
#include "dctprep/pipeline/prepare_run.h"
#include "dctprep/pipeline/used_threads.h"

namespace dctprep {

namespace {

std::optional<std::string> warn_of_offsets(const std::vector<std::int32_t>& offsets, const RunPlan& plan);

// Hands everything on, and adds to the warnings what the run itself shows.
class Warner final : public ResultSink {
 public:
  Warner(ResultSink& sink, const RunPlan& plan) : sink_(sink), plan_(plan), warnings_(plan.warnings) {}
  void begin(const ResultHeader& header) override { sink_.begin(header); }
  void background(int block, ImageView<const std::uint16_t> image) override { sink_.background(block, image); }
  void transmission(int frame, ImageView<const float> image) override { sink_.transmission(frame, image); }
  void spot(const Spot& spot, std::span<const Voxel> voxels, std::span<const std::uint32_t> image) override {
    sink_.spot(spot, voxels, image);
  }
  void rejected(const RejectedBlob& blob) override { sink_.rejected(blob); }
  void end(const ResultSummary& summary) override {
    warnings_.insert(warnings_.end(), summary.warnings.begin(), summary.warnings.end());
    if (auto warning = warn_of_offsets(summary.frame_offset, plan_)) warnings_.push_back(*warning);
    ResultSummary with_warnings = summary;
    with_warnings.warnings = warnings_;
    sink_.end(with_warnings);
  }
  const std::vector<std::string>& warnings() const { return warnings_; }

 private:
  ResultSink& sink_;
  const RunPlan& plan_;
  std::vector<std::string> warnings_;
};

// A frame's offset is the median of what its background leaves. Where spots light more than half of a frame it is their
// intensity, and they are subtracted from themselves: then it reaches the level that spots grow down to. So does that
// of a beam that drifts without being normalised, which the offset is there for: only the user can tell the two apart.
// Signal only adds, so offsets below 0 are no matter.
std::optional<std::string> warn_of_offsets(const std::vector<std::int32_t>& offsets, const RunPlan& plan) {
  // In units of the noise: where there is the least of it.
  const int lowest = lowest_level(plan.segment);
  const auto level = plan.scale.empty() ? lowest : static_cast<std::int32_t>(plan.scale.least(0, lowest));
  const auto high = std::count_if(offsets.begin(), offsets.end(), [&](std::int32_t o) { return o >= level; });
  if (high == 0) return std::nullopt;
  const auto largest = std::max_element(offsets.begin(), offsets.end());
  return fmt::format(
      "{} of {} frames ({:.2g} %) were lowered by an offset of {} counts or more, at which spots begin (most: {}, in "
      "frame {}); right where the beam drifts, but if spots light more than half of such frames, set "
      "background.frame_offset = false",
      high, offsets.size(), 100.0 * static_cast<double>(high) / static_cast<double>(offsets.size()), level, *largest,
      largest - offsets.begin());
}

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

}  // namespace

RunReport run_with(const RunPlan& plan, const std::string& command, ResultSink& sink,
                   const std::function<RunReport(ResultSink&)>& body) {
  const Clock::time_point started = Clock::now();
  const UsedThreads used(plan.config.run);
  sink.begin(result_header(plan, command));
  Warner warner(sink, plan);
  RunReport report = body(warner);
  report.warnings = warner.warnings();
  report.seconds = seconds_since(started);
  return report;
}

RunReport run_pipeline(const Scan& scan, const Config& config, const std::string& command, ResultSink& sink,
                       Progress& progress, Executor executor, const std::vector<std::string>& warnings,
                       const SparseOutput& sparse) {
  const Clock::time_point started = Clock::now();
  const UsedThreads used(config.run);
  const RunPlan plan = prepare_run(scan, config, progress, warnings);
  const double prepared = seconds_since(started);
  RunReport report = run_with(plan, command, sink, [&](ResultSink& warned) {
    const FrameSource& source = *scan.frames;
    if (executor == Executor::kReference) {
      const tbb::global_control serial(tbb::global_control::max_allowed_parallelism, 1);
      return run_reference(plan, source, warned, progress);
    }
    return run_streaming(plan, source, sparse, warned, progress);
  });
  report.timing.insert(report.timing.begin(), {"prepare", prepared});
  report.seconds = seconds_since(started);
  return report;
}

}  // namespace dctprep
