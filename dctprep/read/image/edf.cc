// SPDX-License-Identifier: BSD-3-Clause
// ESRF data format: blocks of a text header "{ key = value ; ... }\n" and binary data, one after the other.
#include "dctprep/read/image/edf.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <cstring>
#include <map>
#include <sstream>
#include <string_view>

#include "dctprep/base/error.h"
#include "dctprep/read/image/cbf_codec.h"

namespace dctprep {

namespace {

constexpr std::size_t kMaxEdfHeader = std::size_t{1} << 20;
constexpr int kMaxFrames = 10'000'000;

// Keys in lower case.
using Keys = std::map<std::string, std::string>;

bool is_blank(char c) { return std::isspace(static_cast<unsigned char>(c)) || c == '\0'; }

std::string trimmed(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return std::string(text);
}

std::string lower_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

// Header text for a message: short, and in one line whatever it holds.
std::string shown(const std::string& text) {
  std::string kept = text.substr(0, 40);
  std::replace_if(
      kept.begin(), kept.end(), [](unsigned char c) { return !std::isprint(c); }, '?');
  return kept;
}

// `unit`, where not null, gets the word behind the number.
std::optional<double> number(const std::string& text, std::string* unit = nullptr) {
  double value = 0;
  const char* begin = text.data() + (text.starts_with('+') ? 1 : 0);
  const auto [end, error] = std::from_chars(begin, text.data() + text.size(), value);
  if (error != std::errc() || !std::isfinite(value)) return std::nullopt;
  // "90.5 deg" is a number, "2005-01-31" none.
  if (end != text.data() + text.size() && !is_blank(*end)) return std::nullopt;
  if (unit != nullptr) *unit = unit_behind(std::string_view(text).substr(static_cast<std::size_t>(end - text.data())));
  return value;
}

Keys parse_keys(std::string_view header) {
  Keys keys;
  while (!header.empty()) {
    const std::size_t end = std::min(header.find(';'), header.size());
    const std::string_view entry = header.substr(0, end);
    header.remove_prefix(std::min(end + 1, header.size()));
    const std::size_t equals = entry.find('=');
    if (equals == std::string_view::npos) continue;
    // A comment line may stand before a key.
    std::string key = trimmed(entry.substr(0, equals));
    if (const std::size_t line = key.rfind('\n'); line != std::string::npos) key = trimmed(key.substr(line));
    keys[lower_case(key)] = trimmed(entry.substr(equals + 1));
  }
  return keys;
}

std::optional<std::int64_t> whole(const Keys& keys, const std::string& key) {
  const auto found = keys.find(key);
  if (found == keys.end()) return std::nullopt;
  const auto value = number(found->second);
  if (!value || *value != std::floor(*value) || std::abs(*value) > 9e15) {
    fail("EDF header: {} = '{}' is no whole number", key, shown(found->second));
  }
  return static_cast<std::int64_t>(*value);
}

PixelType pixel_type(const Keys& keys, std::optional<std::int64_t> data_size, std::int64_t pixels) {
  static const std::map<std::string, PixelType> types = [] {
    std::map<std::string, PixelType> all;
    const auto add = [&](PixelKind kind, int bytes, std::initializer_list<const char*> names) {
      for (const char* name : names) all[name] = PixelType{.kind = kind, .bytes = bytes};
    };
    add(PixelKind::kSigned, 1, {"signedbyte", "signed8", "int8"});
    add(PixelKind::kUnsigned, 1, {"unsignedbyte", "unsigned8", "uint8"});
    add(PixelKind::kSigned, 2, {"signedshort", "signed16", "signedshortinteger", "int16"});
    add(PixelKind::kUnsigned, 2, {"unsignedshort", "unsigned16", "unsignedshortinteger", "uint16"});
    add(PixelKind::kSigned, 4, {"signedinteger", "signed32", "signedlong", "signedlonginteger", "int32"});
    add(PixelKind::kUnsigned, 4, {"unsignedinteger", "unsigned32", "unsignedlong", "unsignedlonginteger", "uint32"});
    add(PixelKind::kSigned, 8, {"signed64", "int64"});
    add(PixelKind::kUnsigned, 8, {"unsigned64", "uint64"});
    add(PixelKind::kFloat, 4, {"floatvalue", "float", "real", "floatieee32", "float32"});
    add(PixelKind::kFloat, 8, {"double", "doublevalue", "floatieee64", "doubleieee64", "float64"});
    return all;
  }();
  const auto named = keys.find("datatype");
  PixelType type;
  if (named != keys.end()) {
    std::string name = lower_case(named->second);
    std::erase_if(name, [](char c) { return is_blank(c) || c == '_'; });
    const auto found = types.find(name);
    if (found == types.end()) fail("EDF data of type {} is not supported", shown(named->second));
    type = found->second;
  } else if (data_size && *data_size != 2 * pixels) {
    fail("the EDF header has no DataType");
  }
  const auto order = keys.find("byteorder");
  type.big_endian = order != keys.end() && lower_case(order->second).starts_with("high");
  return type;
}

enum class Packing { kNone, kZlib, kByteOffset };

Packing packing(const Keys& keys) {
  const auto found = keys.find("compression");
  if (found == keys.end()) return Packing::kNone;
  const std::string name = lower_case(found->second);
  if (name.empty() || name.starts_with("no") || name == "0") return Packing::kNone;
  if (name.find("offset") != std::string::npos) return Packing::kByteOffset;
  if (name.find("bz") == std::string::npos && name.find('z') != std::string::npos) return Packing::kZlib;
  fail("EDF data compressed with {} is not supported; convert the file first", shown(found->second));
}

struct Frame {
  std::uint64_t offset = 0;
  std::uint64_t packed_bytes = 0;  // where packed
  Packing packing = Packing::kNone;
  std::size_t block = 0;
  std::optional<FrameFault> fault;
};

FrameFault unreadable(std::string what) { return {BadFrameCause::kUnreadable, std::move(what)}; }

class EdfReader final : public ImageReader {
 public:
  explicit EdfReader(std::shared_ptr<const ByteSource> source) : source_(std::move(source)) {
    format_ = "EDF";
    std::uint64_t offset = 0;
    while (read_block(offset)) {
    }
    // Of a compressed file that is cut between two frames, or within a header, at least one frame is lost.
    if (!source_->damage().empty() && !table_.empty() && !table_.back().fault)
      end_with_fault(offset, source_->damage());
    frames_ = static_cast<int>(table_.size());
    if (frames_ == 0) fail("an EDF file without an image");
  }

  std::optional<FrameFault> fault(int k) const override { return table_[static_cast<std::size_t>(k)].fault; }

  std::optional<FrameFault> read_stored(int k, std::span<std::uint8_t> out) const override {
    const Frame& frame = table_[static_cast<std::size_t>(k)];
    if (frame.fault) return frame.fault;
    if (frame.packing == Packing::kNone) {
      if (source_->read(frame.offset, out) != out.size()) return unreadable("the file was cut short");
      return std::nullopt;
    }
    const std::vector<std::uint8_t> packed = source_->read(frame.offset, static_cast<std::size_t>(frame.packed_bytes));
    const bool good =
        frame.packing == Packing::kZlib ? inflate_exactly(packed, out) : decode_byte_offset(packed, type_, out);
    if (!good) return unreadable("the compressed pixels are damaged");
    return std::nullopt;
  }

  std::vector<HeaderNumber> numbers(int k) const override;

 private:
  // Reads the block at `offset` and moves it to the next; false at the end.
  bool read_block(std::uint64_t& offset);
  // The header's text without its braces; moves `offset` to the data. Nothing where there is no header.
  std::optional<std::string> read_header(std::uint64_t& offset) const;
  // Adds the frames of a block; returns how many bytes of data follow the header at least.
  std::uint64_t add_frames(const Keys& keys, std::uint64_t offset);
  // How many frames follow the header, given that the first is of `frame_bytes`.
  std::int64_t frames_without_headers(const Keys& keys, std::uint64_t offset, std::uint64_t frame_bytes);
  void end_with_fault(std::uint64_t offset, const std::string& what);

  std::shared_ptr<const ByteSource> source_;
  Keys general_;  // defaults of all blocks
  std::vector<Keys> blocks_;
  std::vector<Frame> table_;
};

std::optional<std::string> EdfReader::read_header(std::uint64_t& offset) const {
  // Blanks may stand before the brace, and padding of zeros after the data of the block before.
  std::vector<std::uint8_t> text = source_->read(offset, 512);
  std::size_t begin = 0;
  for (;; ++begin) {
    if (begin == text.size()) {
      offset += text.size();
      text = source_->read(offset, std::size_t{1} << 16);
      begin = 0;
      if (text.empty()) return std::nullopt;
    }
    if (!is_blank(static_cast<char>(text[begin]))) break;
  }
  if (text[begin] != '{') return std::nullopt;
  offset += begin + 1;
  std::string header;
  for (std::size_t searched = 0; header.size() < kMaxEdfHeader;) {
    const std::vector<std::uint8_t> more = source_->read(offset + header.size(), 4096);
    if (more.empty()) fail("the EDF header does not end");
    header.append(more.begin(), more.end());
    for (std::size_t end = header.find('}', searched); end != std::string::npos; end = header.find('}', end + 1)) {
      std::size_t after = end + 1;
      if (after < header.size() && header[after] == '\r') ++after;
      if (after < header.size() && header[after] == '\n') {
        offset += after + 1;
        header.resize(end);
        return header;
      }
    }
    searched = header.size() - std::min<std::size_t>(header.size(), 2);
  }
  fail("the EDF header does not end");
}

bool EdfReader::read_block(std::uint64_t& offset) {
  const std::uint64_t start = offset;
  std::optional<std::string> header;
  Keys keys;
  std::uint64_t data_bytes = 0;
  try {
    header = read_header(offset);
    if (!header) {
      if (table_.empty()) fail("no EDF header at the start of the file");
      if (offset < source_->size()) end_with_fault(offset, "no EDF header where the next frame begins");
      return false;
    }
    keys = parse_keys(*header);
    if (keys.contains("edf_dataformatversion")) {
      general_ = std::move(keys);
      offset += static_cast<std::uint64_t>(std::max<std::int64_t>(0, whole(general_, "edf_binarysize").value_or(0)));
      return offset < source_->size();
    }
    for (const auto& [key, value] : general_) {
      if (!key.starts_with("edf_") && key != "size" && key != "image" && key != "headerid")
        keys.try_emplace(key, value);
    }
    data_bytes = add_frames(keys, offset);
  } catch (const Error& error) {
    if (table_.empty()) throw;
    end_with_fault(start, error.what());
    return false;
  }
  blocks_.push_back(std::move(keys));
  if (static_cast<int>(table_.size()) > kMaxFrames) fail("more than {} frames", kMaxFrames);
  if (data_bytes > source_->size() || offset > source_->size() - data_bytes) return false;
  offset += data_bytes;
  return offset < source_->size();
}

// GE detectors of the APS write one header, with Num_Images, before all frames; others write that key into the header
// of each.
std::int64_t EdfReader::frames_without_headers(const Keys& keys, std::uint64_t offset, std::uint64_t frame_bytes) {
  if (!keys.contains("num_images")) return 1;
  const std::int64_t images = whole(keys, "num_images").value_or(1);
  const std::vector<std::uint8_t> next = source_->read(offset + frame_bytes, 512);
  if (images < 1 || images > kMaxFrames) fail("EDF header: Num_Images = {}", images);
  if (images == 1 || next.empty()) return 1;
  const std::string_view text(reinterpret_cast<const char*>(next.data()), next.size());
  if (text.starts_with('{') && text.find('=') < text.find(';') && text.find(';') < text.size()) return 1;
  format_ = "GE";
  return images;
}

std::uint64_t EdfReader::add_frames(const Keys& keys, std::uint64_t offset) {
  const auto width = whole(keys, "dim_1");
  if (!width) fail("the EDF header has no Dim_1");
  const std::int64_t height = whole(keys, "dim_2").value_or(1);
  std::int64_t planes = whole(keys, "dim_3").value_or(1);
  check_image_size(height, *width);
  if (planes < 1 || planes > kMaxFrames) fail("EDF header: Dim_3 = {}", planes);
  for (const auto& [key, value] : keys) {
    if (key.starts_with("dim_") && key > "dim_3" && value != "1") fail("EDF data of more than three dimensions");
  }
  if (keys.contains("edf_binaryfilename")) {
    fail("the pixels of this EDF file lie in another file ({}), which is not supported",
         shown(keys.at("edf_binaryfilename")));
  }
  // EDF_BinarySize counts the padding behind the data, too.
  auto given = whole(keys, "edf_binarysize");
  if (!given) given = whole(keys, "size");
  const Packing pack = packing(keys);
  const PixelType type =
      pixel_type(keys, pack == Packing::kNone ? whole(keys, "size") : std::nullopt, planes * height * *width);
  const auto frame_bytes =
      static_cast<std::uint64_t>(height) * static_cast<std::uint64_t>(*width) * static_cast<std::uint64_t>(type.bytes);
  if (planes == 1 && pack == Packing::kNone && table_.empty())
    planes = frames_without_headers(keys, offset, frame_bytes);
  if (pack != Packing::kNone && (planes != 1 || !given || *given <= 0)) {
    fail("compressed EDF data of an unknown size is not supported; convert the file first");
  }
  if (pack != Packing::kNone && frame_bytes / static_cast<std::uint64_t>(type.bytes) > kMaxPackedPixels) {
    fail("compressed EDF data of {} x {} pixels", height, *width);
  }
  if (table_.empty()) {
    height_ = static_cast<int>(height);
    width_ = static_cast<int>(*width);
    type_ = type;
    if (pack != Packing::kNone) compression_ = pack == Packing::kZlib ? "gzip" : "byte-offset";
  }
  const std::uint64_t stored = pack == Packing::kNone ? frame_bytes : static_cast<std::uint64_t>(*given);
  for (std::int64_t plane = 0; plane < planes; ++plane) {
    Frame frame{.offset = offset, .packed_bytes = stored, .packing = pack, .block = blocks_.size(), .fault = {}};
    frame.offset += static_cast<std::uint64_t>(plane) * stored;
    const std::uint64_t there = frame.offset < source_->size() ? source_->size() - frame.offset : 0;
    if (height != height_ || *width != width_ || type != type_) {
      frame.fault = unreadable(fmt::format("is {} x {} {} where the first frame of its file is {} x {} {}", height,
                                           *width, pixel_type_name(type), height_, width_, pixel_type_name(type_)));
    } else if (there < stored) {
      frame.fault = unreadable(source_->damage().empty()
                                   ? fmt::format("cut short: {} of {} bytes of pixels are there", there, stored)
                                   : source_->damage());
    } else if (source_->intact_size() - std::min(source_->intact_size(), frame.offset) < stored) {
      // It was decompressed before the damage, but the checksum that vouches for it is lost.
      frame.fault = unreadable(source_->damage());
    }
    table_.push_back(std::move(frame));
    // Planes behind the end of the file are all the same; a header alone cannot fill the memory with them.
    if (there == 0 && plane + 1 < planes && planes - plane > 100'000) fail("the file is cut short");
  }
  const std::uint64_t all = pack == Packing::kNone ? frame_bytes * static_cast<std::uint64_t>(planes) : stored;
  return std::max(all, given && *given > 0 ? static_cast<std::uint64_t>(*given) : 0);
}

void EdfReader::end_with_fault(std::uint64_t offset, const std::string& what) {
  // A few bytes behind the last frame are no frame that was lost.
  if (source_->damage().empty() && source_->size() - offset < stored_bytes()) return;
  Frame frame;
  frame.block = blocks_.size();
  frame.fault = unreadable(what);
  table_.push_back(std::move(frame));
  blocks_.emplace_back();
}

std::vector<HeaderNumber> EdfReader::numbers(int k) const {
  const Keys& keys = blocks_[table_[static_cast<std::size_t>(k)].block];
  std::vector<HeaderNumber> found;
  for (const std::string list : {"motor", "counter"}) {
    const auto names = keys.find(list + "_mne");
    const auto values = keys.find(list + "_pos");
    if (names == keys.end() || values == keys.end()) continue;
    std::istringstream name_stream(names->second), value_stream(values->second);
    for (std::string name, value; name_stream >> name && value_stream >> value;) {
      if (const auto x = number(value)) found.push_back({lower_case(name), *x, list == "motor", {}});
    }
  }
  for (const auto& [key, value] : keys) {
    if (key == "motor_mne" || key == "motor_pos" || key == "counter_mne" || key == "counter_pos") continue;
    std::string unit;
    if (const auto x = number(value, &unit)) {
      std::string name = key;
      std::replace(name.begin(), name.end(), ' ', '_');
      found.push_back({name, *x, false, unit});
    }
  }
  return found;
}

}  // namespace

std::unique_ptr<ImageReader> open_edf(std::shared_ptr<const ByteSource> source) {
  return std::make_unique<EdfReader>(std::move(source));
}

}  // namespace dctprep
