// SPDX-License-Identifier: BSD-3-Clause
// Reading alone: any scan that `dctprep info` knows, frame by frame.
#include "dctprep/read/open_scan.h"

#include <cstdio>

#include "dctprep/base/error.h"

int main(int argc, char** argv) try {
  if (argc != 2) dctprep::fail_usage("usage: {} SCAN", argv[0]);
  const dctprep::Scan scan = dctprep::open_scan({.path = argv[1]});
  dctprep::Image<std::uint16_t> frame(scan.height(), scan.width());
  if (const auto fault = scan.frames->read(0, frame)) dctprep::fail("frame 0: {}", fault->what);
  std::printf("%d frames of %d x %d, the first at %.3f degrees, its first pixel %d counts\n", scan.frame_count(),
              scan.width(), scan.height(), scan.omega[0], frame(0, 0));
} catch (const dctprep::Error& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return static_cast<int>(error.kind());
}
