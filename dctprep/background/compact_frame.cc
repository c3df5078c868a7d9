#include "dctprep/background/compact_frame.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstring>
#include <utility>

#include "dctprep/base/assert.h"
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
  std::array<std::uint64_t, kSegment / 64> beyond;
  while (count > 0) {
    const std::size_t segment = appended_ / kSegment, place = appended_ % kSegment;
    const std::size_t piece = std::min(count, segment_size(segment) - place);
    if (place == 0) begin_.push_back(static_cast<std::uint32_t>(listed_.size()));
    if (narrow_pixels(values, reference_->data() + appended_, piece, bytes_ + appended_, beyond.data())) {
      for (std::size_t word = 0; word < (piece + 63) / 64; ++word) {
        for (std::uint64_t bits = beyond[word]; bits != 0; bits &= bits - 1) {
          const std::size_t i = word * 64 + static_cast<std::size_t>(std::countr_zero(bits));
          listed_.push_back({static_cast<std::uint16_t>(place + i), values[i]});
        }
      }
    }
    appended_ += piece;
    values += piece;
    count -= piece;
    if (place + piece == segment_size(segment)) close_segment(segment);
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
  const std::size_t segment = first / kSegment, place = first % kSegment;
  if (count > 0 && place + count <= kSegment &&
      holds_all(begin_[segment + 1] - begin_[segment], segment_size(segment))) {
    const auto* all = reinterpret_cast<const std::byte*>(listed_.data() + begin_[segment]);
    std::memcpy(values, all + place * sizeof(std::uint16_t), count * sizeof(std::uint16_t));
    return;
  }
  widen_pixels(bytes_ + first, reference_->data() + first, count, values);
  visit_listed(first, count, [&](std::size_t pixel, std::uint16_t value) { values[pixel - first] = value; });
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
