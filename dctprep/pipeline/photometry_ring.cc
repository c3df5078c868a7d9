// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/pipeline/photometry_ring.h"

#include <algorithm>

#include "dctprep/base/assert.h"
#include "dctprep/kernels/bit_rows.h"

namespace dctprep {

namespace {

constexpr std::size_t kBitsAByte = 8;

// Bits [first, first + count) as bytes, not 0 where they are set; up to seven bytes more are written.
void widen_bits(const std::vector<std::uint64_t>& bits, std::size_t first, std::size_t count, std::uint8_t* bytes) {
  for (std::size_t i = 0; i < count; i += kBitsAByte) {
    const std::size_t word = (first + i) / 64, place = (first + i) % 64;
    std::uint64_t eight = bits[word] >> place;
    if (place > 64 - kBitsAByte && word + 1 < bits.size()) eight |= bits[word + 1] << (64 - place);
    // The eight bits in each of eight bytes, and of each byte its own bit.
    const std::uint64_t wide = (eight & 255) * 0x0101010101010101 & 0x8040201008040201;
    for (std::size_t k = 0; k < kBitsAByte; ++k) bytes[i + k] = static_cast<std::uint8_t>(wide >> (8 * k));
  }
}

std::size_t words_of(const Setup& setup) {
  return words_of_bits(static_cast<std::size_t>(setup.height()) * static_cast<std::size_t>(setup.width()));
}

}  // namespace

PhotometryRing::PhotometryRing(const Setup& setup)
    : width_(setup.width()),
      words_(words_of(setup)),
      kept_start_(kept_start(setup)),
      frames_(static_cast<std::size_t>(setup.frames())) {}

std::uint64_t PhotometryRing::bytes(const Setup& setup, int together) {
  const auto frames =
      std::min<std::uint64_t>(static_cast<std::uint64_t>(setup.frames()),
                              static_cast<std::uint64_t>(reach(setup)) + static_cast<std::uint64_t>(kept_start(setup)) +
                                  static_cast<std::uint64_t>(together));
  return frames * words_of(setup) * 8 + static_cast<std::uint64_t>(setup.frames()) * sizeof(Held);
}

void PhotometryRing::hold(int k, const CompactFrame& pixels, float factor) {
  const std::lock_guard lock(mutex_);
  Held& frame = frames_[static_cast<std::size_t>(k)];
  frame.pixels = &pixels;
  frame.factor = factor;
}

void PhotometryRing::release(int k) {
  const std::lock_guard lock(mutex_);
  frames_[static_cast<std::size_t>(k)].pixels = nullptr;
}

void PhotometryRing::bad(int k) {
  const std::lock_guard lock(mutex_);
  frames_[static_cast<std::size_t>(k)].is_bad = true;
}

void PhotometryRing::subtract(int k, std::shared_ptr<const Image<std::uint16_t>> background, std::int32_t offset) {
  const std::lock_guard lock(mutex_);
  Held& frame = frames_[static_cast<std::size_t>(k)];
  frame.background = std::move(background);
  frame.offset = offset;
}

void PhotometryRing::forget_backgrounds(int k) {
  const std::lock_guard lock(mutex_);
  for (int i = k - 1; i >= kept_start_ && frames_[static_cast<std::size_t>(i)].background; --i)
    frames_[static_cast<std::size_t>(i)].background.reset();
}

void PhotometryRing::claim(const SparseFrame& frame) {
  std::shared_ptr<std::vector<std::uint64_t>> claims;
  if (spare_claims_.empty()) {
    claims = std::make_shared<std::vector<std::uint64_t>>();
  } else {
    claims = std::move(spare_claims_.back());
    spare_claims_.pop_back();
  }
  claims->assign(words_, 0);
  for (const Run& run : frame.runs) {
    const std::size_t row = static_cast<std::size_t>(run.v) * static_cast<std::size_t>(width_);
    set_bits(claims->data(), row + static_cast<std::size_t>(run.u_begin), row + static_cast<std::size_t>(run.u_end));
  }
  const std::lock_guard lock(mutex_);
  frames_[static_cast<std::size_t>(frame.frame)].claims = std::move(claims);
}

void PhotometryRing::forget_claims(int k) {
  const std::lock_guard lock(mutex_);
  for (int i = k - 1; i >= kept_start_ && frames_[static_cast<std::size_t>(i)].claims; --i)
    spare_claims_.push_back(std::move(frames_[static_cast<std::size_t>(i)].claims));
}

bool PhotometryRing::read(int k, const Region& box, FrameBox& out) const {
  Held frame;
  {
    const std::lock_guard lock(mutex_);
    frame = frames_[static_cast<std::size_t>(k)];
  }
  if (frame.is_bad) return false;
  DCTPREP_ASSERT(frame.pixels != nullptr && frame.background && frame.claims);
  const auto width = static_cast<std::size_t>(box.width());
  const std::size_t size = width * static_cast<std::size_t>(box.height());
  out.factor = frame.factor;
  out.background = frame.background;
  out.offset = frame.offset;
  out.corrected.resize(size);
  out.claimed.resize(size + kBitsAByte - 1);
  const auto first_of = [&](int v) {
    return static_cast<std::size_t>(v) * static_cast<std::size_t>(width_) + static_cast<std::size_t>(box.u0);
  };
  // Rows lie too far apart for the processor to see what comes next.
  for (int v = box.v0; v < box.v1; ++v) {
    const std::size_t first = first_of(v);
    frame.pixels->prefetch(first, width);
    __builtin_prefetch(frame.background->row(v) + box.u0);
    __builtin_prefetch(frame.background->row(v) + box.u1 - 1);
    __builtin_prefetch(frame.claims->data() + first / 64);
  }
  for (int v = box.v0; v < box.v1; ++v) {
    const std::size_t first = first_of(v);
    const std::size_t at = static_cast<std::size_t>(v - box.v0) * width;
    frame.pixels->read(first, width, out.corrected.data() + at);
    widen_bits(*frame.claims, first, width, out.claimed.data() + at);
  }
  return true;
}

}  // namespace dctprep
