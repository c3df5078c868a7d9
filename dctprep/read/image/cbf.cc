// SPDX-License-Identifier: BSD-3-Clause
// Crystallographic Binary Files: a text header, then one binary section that holds the image.
#include "dctprep/read/image/cbf.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <map>
#include <md5.h>
#include <string_view>

#include "dctprep/base/error.h"
#include "dctprep/read/image/cbf_codec.h"

namespace dctprep {

namespace {

constexpr std::size_t kMaxCbfHeader = std::size_t{1} << 22;
constexpr std::string_view kSection = "--CIF-BINARY-FORMAT-SECTION--";
constexpr std::string_view kDigest = "content-md5";
constexpr std::string_view kStart = "\x0c\x1a\x04\xd5";

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(), [](unsigned char c) { return std::tolower(c); });
  return result;
}

// The text of `header` behind `key` (lower case) up to the end of the line or a closing quote, without quotes and
// blanks.
std::string value_of(const std::string& header, std::string_view key) {
  std::size_t at = header.find(key);
  if (at == std::string::npos) return {};
  at = header.find_first_not_of(" \t:=\"", at + key.size());
  if (at == std::string::npos) return {};
  std::string value = header.substr(at, header.find_first_of("\"\r\n;", at) - at);
  while (!value.empty() && std::isspace(static_cast<unsigned char>(value.back()))) value.pop_back();
  return value;
}

std::optional<std::int64_t> whole_of(const std::string& header, std::string_view key) {
  const std::string text = value_of(header, key);
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || value < 0) return std::nullopt;
  return value;
}

std::string md5_base64(std::span<const std::uint8_t> bytes) {
  MD5_CTX context;
  MD5Init(&context);
  MD5Update(&context, bytes.data(), bytes.size());
  // Room for the zeros that fill up the last group of three.
  std::array<std::uint8_t, MD5_DIGEST_LENGTH + 2> digest{};
  MD5Final(digest.data(), &context);
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t i = 0; i < digest.size(); i += 3) {
    const std::uint32_t three = std::uint32_t{digest[i]} << 16 | std::uint32_t{digest[i + 1]} << 8 | digest[i + 2];
    for (const int shift : {18, 12, 6, 0}) text += kDigits[three >> shift & 63];
  }
  text.replace(text.size() - 2, 2, "==");
  return text;
}

PixelType element_type(const std::string& header) {
  const std::string name = value_of(header, "x-binary-element-type");
  PixelType type{.kind = PixelKind::kSigned, .bytes = 4};
  type.big_endian = value_of(header, "x-binary-element-byte-order") == "big_endian";
  if (name.empty()) return type;
  int bits = 0;
  const std::size_t digit = name.find_first_of("0123456789");
  if (digit != std::string::npos) std::from_chars(name.data() + digit, name.data() + name.size(), bits);
  type.bytes = bits / 8;
  type.kind = name.find("real") != std::string::npos       ? PixelKind::kFloat
              : name.find("unsigned") != std::string::npos ? PixelKind::kUnsigned
                                                           : PixelKind::kSigned;
  if (bits % 8 != 0 || !valid_pixel_type(type) || name.find("complex") != std::string::npos) {
    fail("CBF data of type '{}' is not supported", name.substr(0, 40));
  }
  return type;
}

class CbfReader final : public ImageReader {
 public:
  explicit CbfReader(std::shared_ptr<const ByteSource> source) : source_(std::move(source)) {
    format_ = "CBF";
    frames_ = 1;
    const std::string section = read_header();
    const auto width = whole_of(section, "x-binary-size-fastest-dimension");
    const auto height = whole_of(section, "x-binary-size-second-dimension");
    if (!width || !height) fail("the CBF header gives no size of the image");
    check_image_size(*height, *width);
    if (whole_of(section, "x-binary-size-third-dimension").value_or(1) > 1) {
      fail("a CBF file of several images is not supported");
    }
    height_ = static_cast<int>(*height);
    width_ = static_cast<int>(*width);
    type_ = element_type(section);
    const std::string encoding = value_of(section, "content-transfer-encoding");
    if (!encoding.empty() && encoding != "binary")
      fail("CBF data encoded as {} is not supported", encoding.substr(0, 40));
    const std::string conversion = value_of(section, "conversions");
    packed_ = conversion == "x-cbf_byte_offset";
    if (packed_) {
      compression_ = "byte-offset";
      if (type_.kind == PixelKind::kFloat) fail("CBF data of floating point in byte offsets");
    } else if (!conversion.empty() && conversion != "x-cbf_none") {
      fail("CBF data compressed with {} is not supported; convert the file first", conversion.substr(0, 40));
    }
    const std::uint64_t pixels = static_cast<std::uint64_t>(*width) * static_cast<std::uint64_t>(*height);
    const std::uint64_t there = source_->size() - data_;
    const auto given = whole_of(section, "x-binary-size");
    bytes_ = packed_ ? (given ? static_cast<std::uint64_t>(*given) : there) : stored_bytes();
    if (bytes_ > there) {
      fault_ = FrameFault{BadFrameCause::kUnreadable,
                          source_->damage().empty()
                              ? fmt::format("cut short: {} of {} bytes of pixels are there", there, bytes_)
                              : source_->damage()};
    } else if (!source_->damage().empty()) {
      fault_ = FrameFault{BadFrameCause::kUnreadable, source_->damage()};
    } else if (packed_ && pixels > bytes_) {
      // At least a byte a pixel: so no header can claim more pixels than the file could hold.
      fault_ = FrameFault{BadFrameCause::kUnreadable,
                          fmt::format("damaged: {} bytes cannot hold {} pixels", bytes_, pixels)};
    }
  }

  std::optional<FrameFault> fault(int) const override { return fault_; }

  std::optional<FrameFault> read_stored(int, std::span<std::uint8_t> out) const override {
    if (fault_) return fault_;
    if (!packed_) {
      if (source_->read(data_, out) != out.size())
        return FrameFault{BadFrameCause::kUnreadable, "the file was cut short"};
      return check(out);
    }
    const std::vector<std::uint8_t> packed = source_->read(data_, static_cast<std::size_t>(bytes_));
    if (auto damage = check(packed)) return damage;
    if (decode_byte_offset(packed, type_, out)) return std::nullopt;
    return FrameFault{BadFrameCause::kUnreadable, "the compressed pixels are damaged"};
  }

  std::vector<HeaderNumber> numbers(int) const override { return pilatus_numbers(text_); }

 private:
  // The header's Content-MD5 is of the binary section's bytes, as stored (RFC 1864). Without it a flipped bit in byte
  // offsets would shift every pixel behind it unseen.
  std::optional<FrameFault> check(std::span<const std::uint8_t> stored) const {
    if (digest_.empty() || digest_ == md5_base64(stored)) return std::nullopt;
    return FrameFault{BadFrameCause::kUnreadable, "damaged: the pixels differ from their checksum (Content-MD5)"};
  }

  // Reads up to the first byte of the image; returns the header of the binary section in lower case.
  std::string read_header() {
    std::string text;
    for (;;) {
      const std::size_t section = text.find(kSection);
      const std::size_t start = section == std::string::npos ? section : text.find(kStart, section);
      if (start != std::string::npos) {
        data_ = start + kStart.size();
        text_ = text.substr(0, section);
        const std::string header = text.substr(section, start - section);
        std::string section_header = lower(header);
        const std::size_t key = section_header.find(kDigest);
        // Base64 keeps its case.
        if (key != std::string::npos) digest_ = value_of(header.substr(key + kDigest.size()), "");
        return section_header;
      }
      const std::vector<std::uint8_t> more = source_->read(text.size(), std::max<std::size_t>(text.size(), 16384));
      if (more.empty() || text.size() > kMaxCbfHeader) fail("a CBF file without an image");
      text.append(more.begin(), more.end());
    }
  }

  std::shared_ptr<const ByteSource> source_;
  std::string text_;
  std::uint64_t data_ = 0;
  std::uint64_t bytes_ = 0;
  bool packed_ = false;
  std::string digest_;  // in base64; empty: none
  std::optional<FrameFault> fault_;
};

}  // namespace

std::unique_ptr<ImageReader> open_cbf(std::shared_ptr<const ByteSource> source) {
  return std::make_unique<CbfReader>(std::move(source));
}

std::vector<HeaderNumber> pilatus_numbers(const std::string& header) {
  std::vector<HeaderNumber> found;
  constexpr std::string_view kBlank = " \t=:,";
  for (std::size_t begin = 0; begin < header.size();) {
    const std::size_t end = std::min(header.find_first_of("\r\n", begin), header.size());
    std::string_view line = std::string_view(header).substr(begin, end - begin);
    begin = end + 1;
    if (!line.starts_with('#')) continue;
    line.remove_prefix(std::min(line.find_first_not_of("# \t"), line.size()));
    const std::size_t name_end = line.find_first_of(kBlank);
    if (name_end == std::string_view::npos) continue;
    const std::size_t number_begin = line.find_first_not_of(kBlank, name_end);
    if (number_begin == std::string_view::npos) continue;
    double value = 0;
    const auto [rest, error] = std::from_chars(line.data() + number_begin, line.data() + line.size(), value);
    if (error == std::errc() && std::isfinite(value)) {
      const auto behind = static_cast<std::size_t>(rest - line.data());
      found.push_back({lower(line.substr(0, name_end)), value, false, unit_behind(line.substr(behind))});
    }
  }
  return found;
}

}  // namespace dctprep
