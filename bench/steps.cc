// SPDX-License-Identifier: BSD-3-Clause
// Single steps of the pipeline on a scan, one after the other, for peers.py to hold against Python.
//
// usage: bench_steps SCAN FIRST_ROW LAST_ROW FOLDER
//
// All on one thread. Decodes every frame; makes the backgrounds (default window) of rows FIRST_ROW ... LAST_ROW, once
// moving and once selecting every window afresh; and the 2D median of frame 0 for radius 1, 2, 3. The pixels are the
// raw ones. Leaves moving.u16, afresh.u16 (backgrounds, one after the other) and median_1.u16, ... in FOLDER, and
// prints the seconds of three repeats of each step as JSON.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <exception>
#include <filesystem>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <tbb/global_control.h>
#include <vector>

#include "dctprep/background/stack_medians_bench.h"
#include "dctprep/base/error.h"
#include "dctprep/denoise/denoise.h"
#include "dctprep/kernels/backend.h"
#include "dctprep/read/open_scan.h"

namespace dctprep {
namespace {

constexpr int kRepeats = 3;

// Of the processor, so that others on the machine disturb less.
double seconds_of(const std::function<void()>& body) {
  const std::clock_t started = std::clock();
  body();
  return static_cast<double>(std::clock() - started) / CLOCKS_PER_SEC;
}

// The first time does not count.
std::vector<double> repeat(const std::function<void()>& body) {
  body();
  std::vector<double> seconds;
  for (int i = 0; i < kRepeats; ++i) seconds.push_back(seconds_of(body));
  return seconds;
}

void write_pixels(const std::filesystem::path& path, const std::vector<Image<std::uint16_t>>& images) {
  std::ofstream stream(path, std::ios::binary);
  for (const Image<std::uint16_t>& image : images)
    stream.write(reinterpret_cast<const char*>(image.data()), static_cast<std::streamsize>(2 * image.size()));
  if (!stream.flush()) fail("{}: cannot be written", path.string());
}

void read(const Scan& scan, int k, Image<std::uint16_t>& frame) {
  if (const auto fault = scan.frames->read(k, frame)) fail("{}: {}", scan.frames->frame_name(k), fault->what);
}

std::vector<Image<std::uint16_t>> read_rows(const Scan& scan, int first, int last) {
  std::vector<Image<std::uint16_t>> strip;
  Image<std::uint16_t> frame(scan.height(), scan.width());
  for (int k = 0; k < scan.frame_count(); ++k) {
    read(scan, k, frame);
    strip.emplace_back(last - first + 1, scan.width());
    std::copy(frame.row(first), frame.row(last) + scan.width(), strip.back().data());
  }
  return strip;
}

nlohmann::ordered_json measure(const Scan& scan, int first_row, int last_row, const std::filesystem::path& folder) {
  nlohmann::ordered_json seconds;
  Image<std::uint16_t> frame(scan.height(), scan.width());
  seconds["decode"] = repeat([&] {
    for (int k = 0; k < scan.frame_count(); ++k) read(scan, k, frame);
  });
  const std::vector<Image<std::uint16_t>> strip = read_rows(scan, first_row, last_row);
  StackMedians medians(strip, {});
  seconds["moving"] = repeat([&] { medians.make_moving(); });
  write_pixels(folder / "moving.u16", medians.backgrounds());
  seconds["afresh"] = repeat([&] { medians.make_afresh(); });
  write_pixels(folder / "afresh.u16", medians.backgrounds());
  read(scan, 0, frame);
  std::vector<Image<std::uint16_t>> denoised(1);
  denoised[0] = Image<std::uint16_t>(scan.height(), scan.width());
  for (int radius = 1; radius <= 3; ++radius) {
    DenoiseOptions options;
    options.radius = radius;
    const Denoiser denoiser(options, Image<std::uint8_t>(scan.height(), scan.width(), 0), {});
    const std::string name = "median_" + std::to_string(radius);
    seconds[name] = repeat([&] { denoiser.apply(frame, denoised[0]); });
    write_pixels(folder / (name + ".u16"), denoised);
  }
  return seconds;
}

int run(int argc, char** argv) {
  if (argc != 5) fail_usage("usage: bench_steps SCAN FIRST_ROW LAST_ROW FOLDER");
  const tbb::global_control one(tbb::global_control::max_allowed_parallelism, 1);
  ScanOptions options;
  options.path = argv[1];
  const Scan scan = open_scan(options);
  const int first_row = std::atoi(argv[2]), last_row = std::atoi(argv[3]);
  if (first_row < 0 || last_row < first_row || last_row >= scan.height())
    fail_usage("rows must lie in 0 ... {}", scan.height() - 1);
  const nlohmann::ordered_json json = {{"backend", backend_in_use()},
                                       {"frames", scan.frame_count()},
                                       {"seconds", measure(scan, first_row, last_row, argv[4])}};
  std::printf("%s\n", json.dump(2).c_str());
  return 0;
}

}  // namespace
}  // namespace dctprep

int main(int argc, char** argv) {
  try {
    return dctprep::run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench_steps: error: %s\n", error.what());
    return 1;
  }
}
