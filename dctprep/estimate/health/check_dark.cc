// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/estimate/health/check_dark.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

#include "dctprep/core/rank_median.h"
#include "dctprep/estimate/sample.h"

namespace dctprep {

namespace {

constexpr int kDarkFrames = 5, kDarksCompared = 16;
constexpr double kBelow = 0.75;    // of the pixels; half of them are where there is no light
constexpr double kCleared = 0.99;  // of the pixels
constexpr double kPattern = 0.5;   // of the dark's pattern, in frames that are raw
constexpr double kErrors = 4;      // standard errors that are sure
constexpr double kFar = 10;        // median differences beyond which a pair is of a hot pixel or a spot
constexpr std::size_t kLeastPairs = 500, kMostPairs = 1 << 19;

double median_over(ImageView<const std::uint16_t> image, ImageView<const std::uint8_t> bad_pixels) {
  std::vector<int> values;
  for (std::size_t i = 0; i < image.size(); ++i) {
    if (bad_pixels.pixels()[i] == 0) values.push_back(image.pixels()[i]);
  }
  return values.empty() ? 0 : rank_median(values);
}

void count_pixels(const std::vector<Image<std::uint16_t>>& frames, ImageView<const std::uint16_t> dark,
                  ImageView<const std::uint8_t> bad_pixels, DarkFit& fit) {
  std::uint64_t pixels = 0, below = 0, lit = 0, cleared = 0;
  std::vector<double> medians;
  for (const Image<std::uint16_t>& frame : frames) {
    medians.push_back(median_over(frame, bad_pixels));
    for (std::size_t i = 0; i < frame.size(); ++i) {
      if (bad_pixels.pixels()[i] != 0) continue;
      const std::uint16_t raw = frame.data()[i], under = dark.pixels()[i];
      ++pixels;
      below += raw < under;
      lit += raw > 0;
      cleared += raw > 0 && raw <= under;
    }
  }
  fit.frame_median = rank_median(medians);
  fit.dark_median = median_over(dark, bad_pixels);
  if (pixels > 0) fit.below = static_cast<double>(below) / static_cast<double>(pixels);
  if (lit > 0) fit.cleared = static_cast<double>(cleared) / static_cast<double>(lit);
}

// Of pixel i + 1 and pixel i in the mean of every `step`-th image from `first` on.
double step_of_mean(const std::vector<Image<std::uint16_t>>& images, std::size_t first, std::size_t step,
                    std::size_t i) {
  std::int64_t sum = 0, count = 0;
  for (std::size_t n = first; n < images.size(); n += step, ++count)
    sum += images[n].data()[i + 1] - images[n].data()[i];
  return static_cast<double>(sum) / static_cast<double>(count);
}

double typical_size(const std::vector<double>& differences) {
  std::vector<double> sizes;
  for (const double difference : differences) sizes.push_back(std::abs(difference));
  return rank_median(sizes);
}

// Light and the dark's own noise have nothing to do with the dark's pattern, so that products of differences have the
// pattern's variance as their mean: those of two halves of the darks, and those of frames and darks where the frames
// hold the pattern too.
void compare_patterns(const std::vector<Image<std::uint16_t>>& frames, const std::vector<Image<std::uint16_t>>& darks,
                      ImageView<const std::uint8_t> bad_pixels, DarkFit& fit) {
  if (darks.size() < 2) return;
  std::vector<double> of_light, of_even, of_odd;
  const auto width = static_cast<std::size_t>(bad_pixels.width()),
             height = static_cast<std::size_t>(bad_pixels.height());
  const std::size_t every = std::max<std::size_t>(1, width * height / 2 / kMostPairs);
  for (std::size_t v = 0; v < height; v += every) {
    for (std::size_t u = 0; u + 1 < width; u += 2) {
      const std::size_t i = v * width + u;
      if (bad_pixels.pixels()[i] != 0 || bad_pixels.pixels()[i + 1] != 0) continue;
      of_light.push_back(step_of_mean(frames, 0, 1, i));
      of_even.push_back(step_of_mean(darks, 0, 2, i));
      of_odd.push_back(step_of_mean(darks, 1, 2, i));
    }
  }
  if (of_light.size() < kLeastPairs) return;
  const double most_light = kFar * typical_size(of_light) + 1, most_dark = kFar * typical_size(of_even) + 1;
  double both = 0, both_squares = 0, shared = 0, shared_squares = 0;
  std::size_t pairs = 0;
  for (std::size_t i = 0; i < of_light.size(); ++i) {
    const double dark = (of_even[i] + of_odd[i]) / 2;
    if (std::abs(of_light[i]) > most_light || std::abs(dark) > most_dark) continue;
    const double in_darks = of_even[i] * of_odd[i], in_frames = of_light[i] * dark;
    both += in_darks, both_squares += in_darks * in_darks;
    shared += in_frames, shared_squares += in_frames * in_frames;
    ++pairs;
  }
  if (pairs < kLeastPairs || both < kErrors * std::sqrt(both_squares)) return;
  fit.pattern_known = true;
  fit.pattern = shared / both;
  fit.pattern_error = std::sqrt(shared_squares) / both;
}

template <class Read>
std::vector<Image<std::uint16_t>> read_images(const std::vector<int>& wanted, int height, int width, const Read& read) {
  std::vector<Image<std::uint16_t>> images;
  for (const int k : wanted) {
    Image<std::uint16_t> image(height, width);
    if (read(k, image)) images.push_back(std::move(image));
  }
  return images;
}

}  // namespace

DarkFit fit_dark(const std::vector<Image<std::uint16_t>>& frames, const std::vector<Image<std::uint16_t>>& darks,
                 ImageView<const std::uint16_t> dark, ImageView<const std::uint8_t> bad_pixels) {
  DarkFit fit;
  count_pixels(frames, dark, bad_pixels, fit);
  compare_patterns(frames, darks, bad_pixels, fit);
  return fit;
}

std::optional<std::string> dark_problem(const DarkFit& fit, const std::string& dark_path) {
  const std::string what_to_do =
      "set scan.dark = \"none\" where the frames are dark-corrected already; else name the dark of this scan";
  if (fit.below > kBelow || fit.cleared >= kCleared) {
    const bool above = fit.below > kBelow;
    return fmt::format(
        "the dark {} {}: {:.1f} % of their pixels above 0 are 0 once it is subtracted, {:.1f} % of all lie below it "
        "(medians: {:.4g} counts of the frames, {:.4g} of the dark); {}",
        dark_path, above ? "lies above the frames" : "leaves nothing of the frames", 100 * fit.cleared, 100 * fit.below,
        fit.frame_median, fit.dark_median, what_to_do);
  }
  if (fit.pattern_known && fit.pattern + kErrors * fit.pattern_error < kPattern) {
    return fmt::format(
        "the frames seem to be dark-corrected already, or the dark {} is not theirs: only {:.0f} % of its "
        "pixel-to-pixel "
        "pattern is in the frames, where 100 % should be (medians: {:.4g} counts of the frames, {:.4g} of the dark); "
        "{}",
        dark_path, 100 * std::max(0.0, fit.pattern), fit.frame_median, fit.dark_median, what_to_do);
  }
  return std::nullopt;
}

std::optional<std::string> check_dark(const Scan& scan, ImageView<const std::uint16_t> dark,
                                      const std::vector<std::uint8_t>& listed) {
  const auto frames = read_images(spread_frames(listed, kDarkFrames), scan.height(), scan.width(),
                                  [&](int k, Image<std::uint16_t>& image) { return !scan.frames->read(k, image); });
  if (frames.empty()) return std::nullopt;
  std::vector<int> wanted;
  const int count = std::min(scan.darks->frames(), frames_that_fit(scan.height(), scan.width(), kDarksCompared));
  for (int k = 0; k < count; ++k) wanted.push_back(k);
  const auto darks = read_images(wanted, scan.height(), scan.width(),
                                 [&](int k, Image<std::uint16_t>& image) { return !scan.darks->read(k, image); });
  return dark_problem(fit_dark(frames, darks, dark, scan.bad_pixels),
                      scan.dark_path == "auto" ? "of the scan" : scan.dark_path);
}

}  // namespace dctprep
