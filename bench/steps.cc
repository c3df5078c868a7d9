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
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>
#include <tbb/global_control.h>
#include <vector>

#include "dctprep/background/moving_median.h"
#include "dctprep/background/window_median.h"
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

class Strip {
 public:
  Strip(const Scan& scan, int first_row, int last_row)
      : blocks_(background_blocks(scan.frame_count(), options_)),
        height_(last_row - first_row + 1),
        width_(scan.width()) {
    Image<std::uint16_t> frame(scan.height(), scan.width());
    for (int k = 0; k < scan.frame_count(); ++k) {
      read(scan, k, frame);
      frames_.emplace_back(height_, width_);
      std::copy(frame.row(first_row), frame.row(last_row) + width_, frames_.back().data());
    }
    for (std::size_t b = 0; b < blocks_.size(); ++b) backgrounds_.emplace_back(height_, width_);
  }

  void moving() {
    WindowMedian median(frames_.front().size());
    std::vector<int> last;
    for (std::size_t b = 0; b < blocks_.size(); ++b) {
      const std::vector<int> window = window_of(b);
      const MedianStep step{pixels_of(window), pixels_of(without(window, last)), pixels_of(without(last, window)),
                            backgrounds_[b].data()};
      median.advance({&step, 1});
      last = window;
    }
  }

  void afresh() {
    for (std::size_t b = 0; b < blocks_.size(); ++b) {
      std::vector<ImageView<const std::uint16_t>> window;
      for (const int k : window_of(b)) window.push_back(frames_[static_cast<std::size_t>(k)].view());
      median_background(window, backgrounds_[b]);
    }
  }

  const std::vector<Image<std::uint16_t>>& backgrounds() const { return backgrounds_; }

 private:
  std::vector<int> window_of(std::size_t b) const {
    return background_window(blocks_[b].centre, static_cast<int>(frames_.size()), options_, false);
  }
  std::vector<const std::uint16_t*> pixels_of(const std::vector<int>& numbers) const {
    std::vector<const std::uint16_t*> pixels;
    for (const int k : numbers) pixels.push_back(frames_[static_cast<std::size_t>(k)].data());
    return pixels;
  }
  static std::vector<int> without(const std::vector<int>& a, const std::vector<int>& b) {
    std::vector<int> rest;
    std::set_difference(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(rest));
    return rest;
  }

  BackgroundOptions options_;
  std::vector<BackgroundBlock> blocks_;
  int height_, width_;
  std::vector<Image<std::uint16_t>> frames_, backgrounds_;
};

nlohmann::ordered_json measure(const Scan& scan, int first_row, int last_row, const std::filesystem::path& folder) {
  nlohmann::ordered_json seconds;
  Image<std::uint16_t> frame(scan.height(), scan.width());
  seconds["decode"] = repeat([&] {
    for (int k = 0; k < scan.frame_count(); ++k) read(scan, k, frame);
  });
  Strip strip(scan, first_row, last_row);
  seconds["moving"] = repeat([&] { strip.moving(); });
  write_pixels(folder / "moving.u16", strip.backgrounds());
  seconds["afresh"] = repeat([&] { strip.afresh(); });
  write_pixels(folder / "afresh.u16", strip.backgrounds());
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
