// SPDX-License-Identifier: BSD-3-Clause
// A frame held in half its memory: one byte a pixel, and what does not fit listed apart.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "dctprep/base/huge_buffer.h"

namespace dctprep {

// Pixels are worked on in groups of this many; the last one of a frame may hold fewer, and memory for all.
inline constexpr std::size_t kPixelGroup = 64;
constexpr std::size_t whole_groups(std::size_t pixels) {
  return (pixels + kPixelGroup - 1) / kPixelGroup * kPixelGroup;
}

// What the bytes of frames are differences from: a background of about their time, so that most are small. Any values
// are right; the closer, the less is listed apart.
class FrameReference {
 public:
  explicit FrameReference(std::size_t pixels);
  std::uint16_t* data() const { return reinterpret_cast<std::uint16_t*>(buffer_.data()); }

 private:
  HugeBuffer buffer_;
};

// Exact: what is appended is what is read. Pixels are numbered in one row, v * width + u.
class CompactFrame {
 public:
  // In `bytes`, of whole_groups(pixels).
  CompactFrame(std::size_t pixels, std::uint8_t* bytes);

  // Forgets the pixels held; those appended from now on are held against `reference`.
  void restart(std::shared_ptr<const FrameReference> reference);
  // The next `count` pixels.
  void append(const std::uint16_t* values, std::size_t count);
  // After the last pixel.
  void finish();

  // Pixels [first, first + count), of a frame that is finished. Thread-safe.
  void read(std::size_t first, std::size_t count, std::uint16_t* values) const;
  // Asks for the memory of a read() to come, of no more than a few hundred pixels, in two steps: the second has to know
  // what the first one asked for. For reading a few pixels of many frames.
  void prefetch_places(std::size_t first) const;
  void prefetch(std::size_t first, std::size_t count) const;

  // Calls visit(pixel, value) for the pixels of [first, first + count) whose byte does not say their value, and perhaps
  // for others, in order.
  template <class Visit>
  void visit_listed(std::size_t first, std::size_t count, const Visit& visit) const;

  // Whether the bytes of pixels [first, first + count) say all their values; perhaps false where they do.
  bool lists_none(std::size_t first, std::size_t count) const {
    return begin_[first / kSegment] == begin_[(first + count - 1) / kSegment + 1];
  }

  std::size_t size() const { return pixels_; }
  const std::uint8_t* bytes() const { return bytes_; }
  const std::shared_ptr<const FrameReference>& reference() const { return reference_; }
  // Memory that is taken by what does not fit its byte: four bytes for each such pixel, at most two for each pixel.
  std::size_t listed_bytes() const { return listed_.capacity() * sizeof(Listed); }
  // What every frame takes besides.
  static constexpr std::size_t held_bytes(std::size_t pixels) {
    return whole_groups(pixels) + (pixels / kSegment + 2) * sizeof(std::uint32_t);
  }

 private:
  // Pixels whose listed ones are found together: few, so that those of the direct beam are held whole, and not listed
  // among others of their rows.
  static constexpr std::size_t kSegment = 256;
  struct Listed {
    std::uint16_t place;  // in the segment
    std::uint16_t value;
  };

  std::size_t segment_size(std::size_t segment) const { return std::min(kSegment, pixels_ - segment * kSegment); }
  // A segment of which half is listed holds all its values instead, two in the place of one.
  static bool holds_all(std::size_t listed, std::size_t size) { return 2 * listed >= size && listed > 0; }
  void list(const std::uint16_t* values, const std::uint64_t* marks, std::size_t from, std::size_t to,
            std::size_t place);
  void close_segment(std::size_t segment);

  std::size_t pixels_;
  std::size_t appended_ = 0;
  std::shared_ptr<const FrameReference> reference_;
  std::uint8_t* bytes_;
  std::vector<Listed> listed_;        // segment by segment, in order
  std::vector<std::uint32_t> begin_;  // of each segment in listed_, and the end
};

template <class Visit>
void CompactFrame::visit_listed(std::size_t first, std::size_t count, const Visit& visit) const {
  const std::size_t last = first + count;
  for (std::size_t segment = first / kSegment; segment * kSegment < last; ++segment) {
    const std::size_t from = segment * kSegment, size = segment_size(segment);
    const std::size_t begin_place = first > from ? first - from : 0;
    const auto begin = listed_.begin() + begin_[segment], end = listed_.begin() + begin_[segment + 1];
    if (holds_all(begin_[segment + 1] - begin_[segment], size)) {
      for (std::size_t place = begin_place; place < std::min(size, last - from); ++place) {
        const Listed& two = begin[static_cast<std::ptrdiff_t>(place / 2)];
        visit(from + place, place % 2 == 0 ? two.place : two.value);
      }
      continue;
    }
    const auto is_before = [](const Listed& listed, std::size_t place) { return listed.place < place; };
    auto at = begin_place == 0 ? begin : std::lower_bound(begin, end, begin_place, is_before);
    for (; at != end && from + at->place < last; ++at) visit(from + at->place, at->value);
  }
}

// The memory of up to `most` frames, each used again when it is given back.
class CompactFramePool {
 public:
  CompactFramePool(std::size_t pixels, std::size_t most);

  // There must be one left.
  std::unique_ptr<CompactFrame> take();
  void give_back(std::unique_ptr<CompactFrame> frame);

 private:
  std::size_t pixels_, most_;
  std::size_t made_ = 0;
  HugeBuffer bytes_;
  std::vector<std::unique_ptr<CompactFrame>> free_;
};

}  // namespace dctprep
