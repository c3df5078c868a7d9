// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/read/scan_detector.h"

#include <algorithm>
#include <fmt/format.h>
#include <numeric>
#include <utility>

#include "dctprep/base/error.h"
#include "dctprep/read/frame_selection.h"
#include "dctprep/read/frames_over.h"
#include "dctprep/read/image/series_headers.h"
#include "dctprep/read/open_scan.h"
#include "dctprep/read/read_mask.h"

namespace dctprep {

namespace {

// Frames of which some pixels read as 0.
class MaskedFrames final : public FramesOver {
 public:
  MaskedFrames(std::shared_ptr<const FrameSource> source, std::vector<std::size_t> pixels)
      : FramesOver(std::move(source)), pixels_(std::move(pixels)) {}

  std::optional<FrameFault> read(int k, ImageView<std::uint16_t> out, ImageView<std::uint8_t> markers,
                                 PixelChanges* changes) const override {
    auto fault = source().read(k, out, markers, changes);
    if (fault) return fault;
    const auto all = out.pixels();
    for (const std::size_t i : pixels_) all[i] = 0;
    return std::nullopt;
  }

 private:
  std::vector<std::size_t> pixels_;
};

// The value of masked pixels in a Dectris file of whole frames of 8 or 16 bits; 0 in others.
int mask_value(const std::string& writer, const Hdf5Detector& detector, const std::string& type) {
  if (detector.bits == 8 || detector.bits == 16) return (1 << detector.bits) - 1;
  if (writer != "Dectris") return 0;
  return type == "uint16" ? 65535 : type == "uint8" ? 255 : 0;
}

// Pixels that hold `value` in the first frame that can be read and in the first of the second half.
Image<std::uint8_t> pixels_always_at(int value, const Scan& scan) {
  Image<std::uint8_t> always(scan.height(), scan.width(), 0);
  Image<std::uint16_t> frame(scan.height(), scan.width());
  constexpr int kTries = 100;
  int found = 0;
  for (const int begin : {0, scan.frame_count() / 2}) {
    for (int k = begin; k < std::min(scan.frame_count(), begin + kTries); ++k) {
      if (scan.frames->read(k, frame)) continue;
      for (std::size_t i = 0; i < always.size(); ++i) {
        const bool at = frame.data()[i] == value;
        always.data()[i] = at && (found == 0 || always.data()[i] != 0);
      }
      ++found;
      break;
    }
  }
  return always;
}

// Makes `mask` bad pixels that read as 0; returns how many they are.
std::size_t apply(const Image<std::uint8_t>& mask, Scan& scan) {
  std::vector<std::size_t> pixels;
  for (std::size_t i = 0; i < mask.size(); ++i) {
    if (mask.data()[i] == 0) continue;
    scan.bad_pixels.data()[i] = 1;
    pixels.push_back(i);
  }
  const std::size_t count = pixels.size();
  if (count > 0) scan.frames = std::make_shared<MaskedFrames>(scan.frames, std::move(pixels));
  return count;
}

void apply_own_mask(const std::filesystem::path& file, const std::string& writer, const Hdf5Detector& detector,
                    Scan& scan) {
  constexpr const char* kOff = "scan.mask = \"none\" leaves them as they are";
  if (!detector.pixel_mask.empty()) {
    const Image<std::uint8_t> mask = [&] {
      try {
        return read_pixel_mask(file, detector.pixel_mask, scan.height(), scan.width());
      } catch (const Error& error) {
        fail("{}; go on without this mask by scan.mask = \"none\"", error.what());
      }
    }();
    const std::size_t count = apply(mask, scan);
    scan.notes.push_back(
        fmt::format("{} pixels are masked by {}: they are bad pixels ({})", count, detector.pixel_mask, kOff));
    return;
  }
  const int value = mask_value(writer, detector, scan.storage.type);
  if (value == 0) return;
  const Image<std::uint8_t> mask = pixels_always_at(value, scan);
  const auto count = static_cast<std::size_t>(std::ranges::count(mask.pixels(), std::uint8_t{1}));
  if (count == 0 || 2 * count > mask.size()) return;
  apply(mask, scan);
  scan.notes.push_back(fmt::format(
      "{} pixels always hold {}, by which Dectris marks masked pixels: they are bad pixels ({})", count, value, kOff));
}

}  // namespace

Hdf5Detector announced_in_headers(const std::vector<std::filesystem::path>& files) {
  Hdf5Detector told;
  const std::vector<HeaderNumber> numbers = first_header(files);
  for (const char* name : {"acq_nb_frames", "nb_frames"}) {
    const auto found = std::ranges::find(numbers, name, &HeaderNumber::name);
    if (found == numbers.end() || !(found->value >= 1 && found->value < 1e9)) continue;
    told.frames = static_cast<std::int64_t>(found->value);
    told.frames_path = fmt::format("{} of the headers", name);
    break;
  }
  return told;
}

void heed_announced_frames(const Hdf5Detector& detector, Scan& scan) {
  const int frames = scan.frames->frames();
  if (detector.frames == 0 || detector.frames == frames || (detector.frames < frames && !detector.frames_end)) return;
  if (detector.frames > frames) {
    scan.warnings.push_back(
        fmt::format("{} frames were asked for ({}), and {} are there: the scan ends early, or files of it are missing",
                    detector.frames, detector.frames_path, frames));
    return;
  }
  scan.warnings.push_back(fmt::format("{} frames were asked for ({}), and {} are there: the first {} are used",
                                      detector.frames, detector.frames_path, frames, detector.frames));
  std::vector<int> first(static_cast<std::size_t>(detector.frames));
  std::iota(first.begin(), first.end(), 0);
  scan.frames = select_frames(scan.frames, std::move(first));
}

void mask_pixels(const ScanOptions& options, const std::filesystem::path& file, const std::string& writer,
                 const Hdf5Detector* detector, Scan& scan) {
  scan.bad_pixels = Image<std::uint8_t>(scan.height(), scan.width(), 0);
  if (options.mask == "none") return;
  if (options.mask != "auto") {
    scan.bad_pixels = with_context("mask", [&] { return read_mask(options.mask, scan.height(), scan.width()); });
  }
  if (detector != nullptr) apply_own_mask(file, writer, *detector, scan);
}

}  // namespace dctprep
