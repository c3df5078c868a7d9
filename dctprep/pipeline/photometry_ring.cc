#include "dctprep/pipeline/photometry_ring.h"

#include <algorithm>

#include "dctprep/base/assert.h"
#include "dctprep/kernels/bit_rows.h"

namespace dctprep {

namespace {

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
  out.corrected.resize(size);
  out.taken.resize(size);
  out.claimed.resize(size);
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
    // In variables of its own, or each byte written would have all of it loaded again.
    const std::uint16_t* background = frame.background->row(v) + box.u0;
    const std::uint64_t* claims = frame.claims->data();
    const std::int32_t offset = frame.offset;
    std::int32_t* taken = out.taken.data() + at;
    std::uint8_t* claimed = out.claimed.data() + at;
    for (std::size_t i = 0; i < width; ++i) taken[i] = std::int32_t{background[i]} + offset;
    for (std::size_t i = 0; i < width; ++i) claimed[i] = claims[(first + i) / 64] >> (first + i) % 64 & 1;
  }
  return true;
}

}  // namespace dctprep
