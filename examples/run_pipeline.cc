// SPDX-License-Identifier: BSD-3-Clause
// The whole pipeline, with the result in memory in place of a file.
#include <cstdio>

#include "dctprep/base/error.h"
#include "dctprep/config/config_file.h"
#include "dctprep/estimate/parameters.h"
#include "dctprep/pipeline/run.h"
#include "dctprep/read/open_scan.h"
#include "dctprep/write/memory_sink.h"

int main(int argc, char** argv) try {
  if (argc != 2) dctprep::fail_usage("usage: {} SCAN|CONFIG.toml", argv[0]);
  const dctprep::Config given = dctprep::config_of_input(argv[1]);
  const dctprep::Scan scan = dctprep::open_scan(given.scan);
  dctprep::Progress silent;
  const dctprep::Config config = dctprep::find_parameters(given, scan, silent).config;  // finds each "auto"
  dctprep::MemorySink sink;
  dctprep::run_pipeline(scan, config, argv[0], sink, silent);
  const auto& spots = sink.result().spots;
  std::printf("%zu spots\n", spots.size());
  if (!spots.empty()) std::printf("the first at omega %.3f degrees\n", spots[0].spot.omega);
} catch (const dctprep::Error& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return static_cast<int>(error.kind());
}
