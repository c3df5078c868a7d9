// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/background/compact_frame.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstring>
#include <utility>

#include "dctprep/base/assert.h"
#include "dctprep/kernels/bit_rows.h"
#include "dctprep/kernels/byte_pixels.h"

namespace dctprep {

FrameReference::FrameReference(std::size_t pixels) : buffer_(whole_groups(pixels) * sizeof(std::uint16_t)) {
  std::fill(data() + pixels, data() + whole_groups(pixels), std::uint16_t{0});
}

CompactFrame::CompactFrame(std::size_t pixels, std::uint8_t* bytes) : pixels_(pixels), bytes_(bytes) {
  std::fill(bytes + pixels, bytes + whole_groups(pixels), std::uint8_t{0});
}

void CompactFrame::restart(std::shared_ptr<const FrameReference> reference) {
  reference_ = std::move(reference);
  appended_ = 0;
  listed_.clear();
  begin_.clear();
}

void CompactFrame::append(const std::uint16_t* values, std::size_t count) {
  DCTPREP_ASSERT(appended_ + count <= pixels_);
  constexpr std::size_t kPiece = 16 * kSegment;
  std::array<std::uint64_t, kPiece / 64> beyond;
  while (count > 0) {
    const std::size_t piece = std::min(count, kPiece);
    const bool any = narrow_pixels(values, reference_->data() + appended_, piece, bytes_ + appended_, beyond.data());
    for (std::size_t from = 0; from < piece;) {
      const std::size_t segment = (appended_ + from) / kSegment, place = (appended_ + from) % kSegment;
      const std::size_t size = segment_size(segment), to = std::min(piece, from + size - place);
      if (place == 0) begin_.push_back(static_cast<std::uint32_t>(listed_.size()));
      if (any) list(values, beyond.data(), from, to, place);
      if (place + (to - from) == size) close_segment(segment);
      from = to;
    }
    appended_ += piece;
    values += piece;
    count -= piece;
  }
}

// Those of values[from ... to - 1] that are marked; the first has `place` in its segment.
void CompactFrame::list(const std::uint16_t* values, const std::uint64_t* marks, std::size_t from, std::size_t to,
                        std::size_t place) {
  for (std::size_t word = from / 64; word * 64 < to; ++word) {
    for (std::uint64_t bits = marks[word] & bits_in_word(word, from, to); bits != 0; bits &= bits - 1) {
      const std::size_t i = word * 64 + static_cast<std::size_t>(std::countr_zero(bits));
      listed_.push_back({static_cast<std::uint16_t>(place + i - from), values[i]});
    }
  }
}

void CompactFrame::close_segment(std::size_t segment) {
  const std::size_t size = segment_size(segment), first = segment * kSegment;
  if (!holds_all(listed_.size() - begin_[segment], size)) return;
  std::array<std::uint16_t, kSegment + 1> all;
  widen_pixels(bytes_ + first, reference_->data() + first, size, all.data());
  for (std::size_t i = begin_[segment]; i < listed_.size(); ++i) all[listed_[i].place] = listed_[i].value;
  all[size] = 0;
  listed_.resize(begin_[segment]);
  for (std::size_t i = 0; i < size; i += 2) listed_.push_back({all[i], all[i + 1]});
}

void CompactFrame::finish() {
  DCTPREP_ASSERT(appended_ == pixels_);
  begin_.push_back(static_cast<std::uint32_t>(listed_.size()));
  constexpr std::size_t kSlack = 4096;
  if (listed_.capacity() > listed_.size() + listed_.size() / 4 + kSlack) listed_.shrink_to_fit();
}

void CompactFrame::read(std::size_t first, std::size_t count, std::uint16_t* values) const {
  DCTPREP_ASSERT(first + count <= pixels_);
  while (count > 0) {
    const std::size_t segment = first / kSegment, place = first % kSegment;
    const std::size_t piece = std::min(count, segment_size(segment) - place);
    if (holds_all(begin_[segment + 1] - begin_[segment], segment_size(segment))) {
      const auto* all = reinterpret_cast<const std::byte*>(listed_.data() + begin_[segment]);
      std::memcpy(values, all + place * sizeof(std::uint16_t), piece * sizeof(std::uint16_t));
    } else {
      widen_pixels(bytes_ + first, reference_->data() + first, piece, values);
      if (begin_[segment] != begin_[segment + 1])
        visit_listed(first, piece, [&](std::size_t pixel, std::uint16_t value) { values[pixel - first] = value; });
    }
    first += piece;
    values += piece;
    count -= piece;
  }
}

void CompactFrame::prefetch_places(std::size_t first) const { __builtin_prefetch(begin_.data() + first / kSegment); }

void CompactFrame::prefetch(std::size_t first, std::size_t count) const {
  constexpr std::size_t kLine = 64;
  const std::size_t end = first + count;
  while (first < end) {
    const std::size_t segment = first / kSegment, place = first % kSegment;
    const std::size_t piece = std::min(end - first, segment_size(segment) - place);
    const std::size_t listed = begin_[segment + 1] - begin_[segment];
    const auto* from = reinterpret_cast<const char*>(listed_.data() + begin_[segment]);
    if (holds_all(listed, segment_size(segment))) {
      for (std::size_t at = place * sizeof(std::uint16_t); at < (place + piece) * sizeof(std::uint16_t); at += kLine)
        __builtin_prefetch(from + at);
    } else {
      for (std::size_t at = 0; at < piece; at += kLine) __builtin_prefetch(bytes_ + first + at);
      if (listed > 0) __builtin_prefetch(from);
    }
    first += piece;
  }
}

CompactFramePool::CompactFramePool(std::size_t pixels, std::size_t most)
    : pixels_(pixels), most_(most), bytes_(most * whole_groups(pixels)) {}

std::unique_ptr<CompactFrame> CompactFramePool::take() {
  if (free_.empty()) {
    DCTPREP_ASSERT(made_ < most_);
    return std::make_unique<CompactFrame>(pixels_, bytes_.data() + made_++ * whole_groups(pixels_));
  }
  std::unique_ptr<CompactFrame> frame = std::move(free_.back());
  free_.pop_back();
  return frame;
}

void CompactFramePool::give_back(std::unique_ptr<CompactFrame> frame) {
  frame->restart(nullptr);
  free_.push_back(std::move(frame));
}

}  // namespace dctprep
