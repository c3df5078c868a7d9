#include "dctprep/pipeline/run.h"

#include <chrono>
#include <optional>
#include <tbb/global_control.h>
#include <thread>

#include "dctprep/config/config_file.h"
#include "dctprep/kernels/backend.h"

namespace dctprep {

ResultHeader result_header(const Setup& setup, const std::string& command) {
  ResultHeader header;
  header.frames = setup.frames();
  header.height = setup.height();
  header.width = setup.width();
  header.omega = setup.scan->omega;
  for (const BackgroundBlock& block : setup.blocks) header.block_centre.push_back(block.centre);
  header.beam = setup.beam;
  header.sample = setup.sample;
  header.save_background = setup.config.background.save;
  header.transmission = setup.config.beam.transmission;
  header.voxels = setup.config.spots.voxels;
  header.images = setup.config.spots.image != SpotImage::kNone;
  header.rejected = setup.config.spots.rejected;
  header.scan_path = setup.scan->storage.location;
  header.config = to_compact_toml(setup.config);
  header.command = command;
  header.backend = backend_in_use();
  return header;
}

RunReport run_pipeline(const Scan& scan, const Config& config, const std::string& command, ResultSink& sink,
                       Progress& progress, Executor executor) {
  const auto started = std::chrono::steady_clock::now();
  use_backend(config.run.backend);
  const int threads = executor == Executor::kReference ? 1
                      : config.run.threads.is_auto()
                          ? static_cast<int>(std::max(1u, std::thread::hardware_concurrency()))
                          : config.run.threads.value();
  const tbb::global_control limit(tbb::global_control::max_allowed_parallelism, static_cast<std::size_t>(threads));
  const Setup setup = prepare_run(scan, config, progress);
  const double prepared = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  sink.begin(result_header(setup, command));
  RunReport report =
      executor == Executor::kStreaming ? run_streaming(setup, sink, progress) : run_reference(setup, sink, progress);
  report.timing.insert(report.timing.begin(), {"prepare", prepared});
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  return report;
}

}  // namespace dctprep
