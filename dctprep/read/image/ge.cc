// SPDX-License-Identifier: BSD-3-Clause
// GE 41RT flat panels ("ADEPT"): a header, then frames of uint16 one after the other.
#include "dctprep/read/image/ge.h"

#include "dctprep/base/error.h"

namespace dctprep {

namespace {

class GeReader final : public ImageReader {
 public:
  explicit GeReader(std::shared_ptr<const ByteSource> source) : source_(std::move(source)) {
    format_ = "GE";
    const std::vector<std::uint8_t> header = source_->read(0, 32);
    if (header.size() < 32) fail("cut short within the GE header");
    const auto u16 = [&](std::size_t at) { return header[at] | header[at + 1] << 8; };
    const auto u32 = [&](std::size_t at) {
      return static_cast<std::uint64_t>(u16(at)) | static_cast<std::uint64_t>(u16(at + 2)) << 16;
    };
    int depth = 16;
    if (header[0] == 0) {
      // The APS wrote its headers as zeros for years: then the panel is of the usual size, and the file says how many.
      begin_ = 8192;
      height_ = width_ = 2048;
      frames_ = source_->size() > begin_ ? static_cast<int>((source_->size() - begin_) / stored_bytes()) : 0;
    } else {
      begin_ = u32(12) + u32(18);
      frames_ = u16(22);
      height_ = u16(24);
      width_ = u16(26);
      depth = u16(28);
    }
    check_image_size(height_, width_);
    type_.bytes = depth / 8;
    if (depth != 8 && depth != 16 && depth != 32) fail("GE data of {} bits is not supported", depth);
    if (frames_ < 1) fail("a GE file without an image");
  }

  std::optional<FrameFault> fault(int k) const override {
    const std::uint64_t end = offset(k) + stored_bytes();
    if (!source_->damage().empty() && end > source_->intact_size())
      return FrameFault{BadFrameCause::kUnreadable, source_->damage()};
    if (end <= source_->size()) return std::nullopt;
    return FrameFault{BadFrameCause::kUnreadable,
                      fmt::format("cut short: the file has {} bytes, the frame ends at {}", source_->size(), end)};
  }

  std::optional<FrameFault> read_stored(int k, std::span<std::uint8_t> out) const override {
    if (auto wrong = fault(k)) return wrong;
    if (source_->read(offset(k), out) == out.size()) return std::nullopt;
    return FrameFault{BadFrameCause::kUnreadable, "the file was cut short"};
  }

  std::vector<HeaderNumber> numbers(int) const override { return {}; }

 private:
  std::uint64_t offset(int k) const { return begin_ + static_cast<std::uint64_t>(k) * stored_bytes(); }

  std::shared_ptr<const ByteSource> source_;
  std::uint64_t begin_ = 0;
};

}  // namespace

std::unique_ptr<ImageReader> open_ge(std::shared_ptr<const ByteSource> source) {
  return std::make_unique<GeReader>(std::move(source));
}

}  // namespace dctprep
