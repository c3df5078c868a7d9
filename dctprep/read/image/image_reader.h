// SPDX-License-Identifier: BSD-3-Clause
// One opened image file of whatever format: what stands between the formats and the frames (image_file.h).
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dctprep/core/frame_source.h"
#include "dctprep/read/byte_source.h"
#include "dctprep/read/pixel_conversion.h"

namespace dctprep {

// A number in a file's header that may be a rotation angle.
struct HeaderNumber {
  std::string name;  // lower case
  double value = 0;
  bool motor = false;  // of a list of motors, not of all the header's numbers
  std::string unit;    // the word behind it, "" where there is none
};

// Rows and columns that a frame may have: coordinates are kept in 16 bits.
inline constexpr int kMaxImageSide = 65536;
// Pixels that a frame of a compressed format may claim to have.
inline constexpr std::uint64_t kMaxPackedPixels = std::uint64_t{1} << 28;

// Immutable; its functions may be called from many threads. Opening one reads headers only (and decompresses the file,
// where it is compressed as a whole).
class ImageReader {
 public:
  virtual ~ImageReader() = default;

  int frames() const { return frames_; }
  int height() const { return height_; }
  int width() const { return width_; }
  const PixelType& type() const { return type_; }
  const std::string& format() const { return format_; }            // "EDF", "TIFF", ...
  const std::string& compression() const { return compression_; }  // "none", "byte-offset", ...
  std::size_t stored_bytes() const {
    return static_cast<std::size_t>(height_) * static_cast<std::size_t>(width_) * static_cast<std::size_t>(type_.bytes);
  }

  // What is wrong with frame `k`, as far as the headers tell.
  virtual std::optional<FrameFault> fault(int k) const = 0;
  // The pixels of frame `k` as stored, row by row, of type(); out.size() == stored_bytes().
  virtual std::optional<FrameFault> read_stored(int k, std::span<std::uint8_t> out) const = 0;
  virtual std::vector<HeaderNumber> numbers(int k) const = 0;

 protected:
  int frames_ = 0;
  int height_ = 0;
  int width_ = 0;
  PixelType type_;
  std::string format_;
  std::string compression_ = "none";
};

// Opens a file by its content. Throws Error with the path where it is of no known format, of one that is not supported
// (it is named), or where nothing can be said about its frames.
std::shared_ptr<const ImageReader> open_image_reader(const std::filesystem::path& path,
                                                     std::uint64_t limit = ByteSource::kAll);

// Whether the file may be an image of a supported format, by its first bytes alone; false too where it cannot be
// opened.
bool looks_like_image(const std::filesystem::path& path);

// The unit that `text`, which stands behind a number, begins with: " deg.", " rad ;". "" where it is no single word.
std::string unit_behind(std::string_view text);

// "# Start_angle 45.0000 deg." and its like, as Pilatus and Eiger write them into CBF and TIFF files.
std::vector<HeaderNumber> pilatus_numbers(const std::string& header);

// Checks the size that a header claims: Error where a side is not in 1 ... kMaxImageSide.
void check_image_size(std::int64_t height, std::int64_t width);

}  // namespace dctprep
