#include "dctprep/pipeline/job.h"

#include <system_error>

#include "dctprep/base/error.h"
#include "dctprep/config/config_file.h"
#include "dctprep/read/open_scan.h"
#include "dctprep/write/result_writer.h"

namespace dctprep {

namespace fs = std::filesystem;

namespace {

// The file or folder part of FILE::/dataset.
fs::path file_part(const std::string& path) { return path.substr(0, path.find("::")); }

// By identity, not by name: links and relative paths count.
void refuse_overwriting_input(const Job& job) {
  std::error_code error;
  if (!fs::exists(job.output, error)) return;
  const auto refuse = [&](const fs::path& input, const char* what) {
    fail_usage("{}: is {} ({}); write the result elsewhere with -o", job.output.string(), what, input.string());
  };
  const ScanOptions& scan = job.config.scan;
  const std::pair<std::string, const char*> inputs[] = {
      {job.input.string(), "what is read"}, {scan.path, "the scan"},
      {job.scan.dark_path, "the dark"},     {job.scan.flat_path, "the flat"},
      {job.scan.omega_path, "the omega"},   {scan.mask, "the mask"}};
  for (const auto& [name, what] : inputs) {
    const fs::path input = file_part(name);
    if (input.empty() || !fs::exists(input, error)) continue;
    if (fs::equivalent(input, job.output, error)) refuse(input, what);
    // A frame of a series that is named by its folder.
    if (fs::is_directory(input, error) && fs::exists(job.output, error) &&
        fs::equivalent(input, fs::absolute(job.output).parent_path(), error) && job.output.extension() != ".h5") {
      refuse(input, "in a folder of frames that are read");
    }
  }
}

}  // namespace

Job open_job(const std::string& input, std::span<const std::string> settings, const std::string& output,
             std::optional<int> threads) {
  Job job;
  job.input = input;
  job.config = config_of_input(input, settings);
  if (job.config.scan.path.empty()) {
    fail_usage("{}: names no scan; give it as scan.path", input);
  }
  if (threads) job.config.run.threads = *threads;
  if (job.config.run.device == Device::kCuda) {
    fail_usage("run.device = \"cuda\": this build has no GPU backend; use \"cpu\" or \"auto\"");
  }
  job.scan = open_scan(job.config.scan);
  job.output = !output.empty()                   ? fs::path(output)
               : !job.config.output.path.empty() ? fs::path(job.config.output.path)
                                                 : fs::path(job.scan.name + "_spots.h5");
  refuse_overwriting_input(job);
  return job;
}

JobResult run_job(const Job& job, const std::string& command, bool overwrite, Progress& progress,
                  const std::function<void(const Estimate&)>& estimated) {
  // First of all, so that a wrong output is refused before anything takes time.
  ResultWriter writer(job.output, job.config.output.compression, overwrite);
  JobResult result;
  result.output = job.output;
  result.estimate = find_parameters(job.config, job.scan, progress);
  result.estimate.config.output.path = fs::absolute(job.output).lexically_normal().string();
  if (estimated) estimated(result.estimate);
  result.report = run_pipeline(job.scan, result.estimate.config, command, writer, progress);
  return result;
}

}  // namespace dctprep
