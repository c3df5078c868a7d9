// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/pipeline/frame_claims.h"

#include <algorithm>
#include <utility>

#include "dctprep/base/assert.h"
#include "dctprep/kernels/bit_rows.h"
#include "dctprep/pipeline/product.h"

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

}  // namespace

FrameClaims::FrameClaims(const RunPlan& plan)
    : width_(plan.width),
      kept_start_(boxes_kept_start(plan)),
      words_(words_of_bits(plan.pixels())),
      frames_(static_cast<std::size_t>(plan.frames)) {}

std::uint64_t FrameClaims::bytes(const RunPlan& plan, int together) {
  const auto frames = std::min<std::uint64_t>(
      static_cast<std::uint64_t>(plan.frames),
      static_cast<std::uint64_t>(boxes_reach(plan) + boxes_kept_start(plan)) + static_cast<std::uint64_t>(together));
  return frames * words_of_bits(plan.pixels()) * 8;
}

void FrameClaims::claim(const SparseFrame& frame) {
  std::unique_ptr<Bits> claims;
  if (spare_.empty()) {
    claims = std::make_unique<Bits>();
  } else {
    claims = std::move(spare_.back());
    spare_.pop_back();
  }
  claims->assign(words_, 0);
  for (const Run& run : frame.runs) {
    const std::size_t row = static_cast<std::size_t>(run.v) * static_cast<std::size_t>(width_);
    set_bits(claims->data(), row + static_cast<std::size_t>(run.u_begin), row + static_cast<std::size_t>(run.u_end));
  }
  frames_[static_cast<std::size_t>(frame.frame)] = std::move(claims);
}

void FrameClaims::forget(int k) {
  for (int i = k - 1; i >= kept_start_ && frames_[static_cast<std::size_t>(i)]; --i)
    spare_.push_back(std::move(frames_[static_cast<std::size_t>(i)]));
}

void FrameClaims::read(int k, const Region& box, std::vector<std::uint8_t>& claimed) const {
  const Bits* claims = frames_[static_cast<std::size_t>(k)].get();
  DCTPREP_ASSERT(claims != nullptr);
  const auto width = static_cast<std::size_t>(box.width());
  claimed.resize(width * static_cast<std::size_t>(box.height()) + kBitsAByte - 1);
  const auto first_of = [&](int v) {
    return static_cast<std::size_t>(v) * static_cast<std::size_t>(width_) + static_cast<std::size_t>(box.u0);
  };
  // Rows lie too far apart for the processor to see what comes next.
  for (int v = box.v0; v < box.v1; ++v) __builtin_prefetch(claims->data() + first_of(v) / 64);
  for (int v = box.v0; v < box.v1; ++v)
    widen_bits(*claims, first_of(v), width, claimed.data() + static_cast<std::size_t>(v - box.v0) * width);
}

}  // namespace dctprep
