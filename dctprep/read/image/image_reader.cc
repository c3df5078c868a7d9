// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/read/image/image_reader.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstring>
#include <string_view>

#include "dctprep/base/error.h"
#include "dctprep/read/image/cbf.h"
#include "dctprep/read/image/edf.h"
#include "dctprep/read/image/ge.h"
#include "dctprep/read/image/tiff.h"

namespace dctprep {

namespace {

using namespace std::string_view_literals;

enum class Format { kEdf, kTiff, kCbf, kGe, kRefused, kUnknown };

struct Magic {
  std::string_view bytes;
  Format format;
  std::string_view name;  // of a format that is not supported
};

// In the order of trial: a longer beginning stands before a shorter one that it contains.
constexpr std::array kMagics{
    Magic{"II*\0"sv, Format::kTiff, ""},
    Magic{"MM\0*"sv, Format::kTiff, ""},
    Magic{"II+\0"sv, Format::kTiff, ""},
    Magic{"MM\0+"sv, Format::kTiff, ""},
    Magic{"###CBF"sv, Format::kCbf, ""},
    Magic{"ADEPT"sv, Format::kGe, ""},
    Magic{"{\nHEADER_BYTES"sv, Format::kRefused, "d*TREK / ADSC"},
    Magic{"FORMAT :100"sv, Format::kRefused, "Bruker 100"},
    Magic{"FORMAT :"sv, Format::kRefused, "Bruker"},
    Magic{"OD SAPPHIRE"sv, Format::kRefused, "Oxford Diffraction"},
    Magic{"No"sv, Format::kRefused, "Nonius KappaCCD"},
    Magic{"IM\x00\x00"sv, Format::kRefused, "HiPic"},
    Magic{"\xd2\x04\x00\x00"sv, Format::kRefused, "mar345"},
    Magic{"\x00\x00\x04\xd2"sv, Format::kRefused, "mar345"},
    Magic{"M\0\0\0A\0\0\0S\0\0\0K\0\0\0"sv, Format::kRefused, "Fit2D mask"},
    Magic{"\\$FFF_START"sv, Format::kRefused, "Fit2D"},
    Magic{"\x89HDF\r\n\x1a\n"sv, Format::kRefused, "HDF5 (not as a single image here)"},
    Magic{"R-AXIS"sv, Format::kRefused, "R-AXIS"},
    Magic{"RAXIS"sv, Format::kRefused, "R-AXIS"},
    Magic{"ESPERANTO FORMAT"sv, Format::kRefused, "Esperanto"},
    Magic{"\x93NUMPY"sv, Format::kRefused, "NumPy (taken for masks only)"},
    Magic{"PK\x03\x04"sv, Format::kRefused, "zip or npz"},
    Magic{"\x89PNG"sv, Format::kRefused, "PNG"},
    Magic{"\xff\xd8\xff"sv, Format::kRefused, "JPEG"},
    Magic{"\x00\x00\x00\x0c\x6a\x50"sv, Format::kRefused, "JPEG 2000"},
    Magic{"P5"sv, Format::kRefused, "PGM"},
    Magic{"GIF8"sv, Format::kRefused, "GIF"},
    Magic{"BM"sv, Format::kRefused, "BMP"},
};

// The APS wrote GE headers as zeros: 8192 of them, and whole frames of 2048 x 2048.
constexpr std::uint64_t kGeHeader = 8192, kGeFrame = 2048 * 2048 * 2;

struct Told {
  Format format = Format::kUnknown;
  std::string_view name;
};

Told tell_format(const ByteSource& source) {
  const std::vector<std::uint8_t> head = source.read(0, 4096);
  const std::string_view text(reinterpret_cast<const char*>(head.data()), head.size());
  for (const Magic& magic : kMagics) {
    if (text.starts_with(magic.bytes)) return {magic.format, magic.name};
  }
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first != std::string_view::npos && text[first] == '{') return {Format::kEdf, ""};
  if (text.find("--CIF-BINARY-FORMAT-SECTION--") != std::string_view::npos) return {Format::kCbf, ""};
  if (text.starts_with("\0\0\0\0\0\0\0\0\0\0"sv) && source.size() % kGeFrame == kGeHeader) return {Format::kGe, ""};
  return {};
}

}  // namespace

std::shared_ptr<const ImageReader> open_image_reader(const std::filesystem::path& path, std::uint64_t limit) {
  const std::shared_ptr<const ByteSource> source = ByteSource::open(path, limit);
  return with_context(path.string(), [&]() -> std::shared_ptr<const ImageReader> {
    if (source->stored_size() == 0) fail("the file is empty");
    const Told told = tell_format(*source);
    switch (told.format) {
      case Format::kEdf:
        return open_edf(source);
      case Format::kTiff:
        return open_tiff(source);
      case Format::kCbf:
        return open_cbf(source);
      case Format::kGe:
        return open_ge(source);
      case Format::kRefused:
        fail("images of the format {} are not read; convert them to EDF, TIFF, CBF or HDF5", told.name);
      default:
        if (!source->damage().empty() && source->size() == 0) fail("{}", source->damage());
        fail("neither HDF5 nor an image that is known here (EDF, TIFF, CBF, marCCD, GE)");
    }
  });
}

bool looks_like_image(const std::filesystem::path& path) {
  try {
    const auto source = ByteSource::open(path, 4096);
    const Format format = tell_format(*source).format;
    return format != Format::kRefused && format != Format::kUnknown;
  } catch (const Error&) {
    return false;
  }
}

std::string unit_behind(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(kBlank);
  if (begin == std::string_view::npos) return {};
  const std::string_view word = text.substr(begin, std::min(text.find_first_of(kBlank, begin), text.size()) - begin);
  if (text.find_first_not_of(kBlank, begin + word.size()) != std::string_view::npos) return {};
  // Letters, or what begins a degree or micro sign.
  const auto first = static_cast<unsigned char>(word.front());
  return std::isalpha(first) != 0 || first >= 0x80 ? std::string(word) : std::string();
}

void check_image_size(std::int64_t height, std::int64_t width) {
  if (height < 1 || width < 1) fail("the image has no pixels ({} x {})", height, width);
  if (height > kMaxImageSide || width > kMaxImageSide) {
    fail("the image is larger than can be ({} x {} pixels, at most {} a side)", height, width, kMaxImageSide);
  }
}

}  // namespace dctprep
