// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/pipeline/held_frames.h"

#include <algorithm>
#include <cmath>
#include <iterator>

#include "dctprep/base/cancel.h"
#include "dctprep/base/error.h"
#include "dctprep/core/frame_median.h"
#include "dctprep/pipeline/parallel.h"
#include "dctprep/pipeline/stopwatch.h"

namespace dctprep {

namespace {

// Frames whose median is the first reference that bytes are differences from.
constexpr std::size_t kFirstReferenceFrames = 9;
// A pixel's background has moved away from its reference, and a share of pixels that makes a new reference worth its
// memory.
constexpr int kReferenceFar = 64;
constexpr std::size_t kReferenceFarShare = 64;
// Frames fetched as they are stored, before they are read.
constexpr std::size_t kFramesAhead = 16;

// Nobody looks at excluded pixels but who opens the backgrounds.
bool holds_excluded(const RunPlan& plan) { return plan.config.background.save && !plan.excluded.empty(); }

}  // namespace

HeldFrames::HeldFrames(const RunPlan& plan, const FrameSource& source, std::size_t most, std::uint64_t most_listed)
    : plan_(plan),
      source_(source),
      pixels_(plan.pixels()),
      pool_(pixels_, most),
      most_listed_(most_listed),
      ahead_(source, kFramesAhead) {
  if (holds_excluded(plan)) excluded_.emplace(plan.excluded, most);
}

std::uint64_t HeldFrames::bytes(const RunPlan& plan, std::uint64_t most) {
  const std::uint64_t pixels = plan.pixels();
  return most * CompactFrame::held_bytes(pixels) +
         (holds_excluded(plan) ? RegionMedian::bytes(plan.excluded, most) : 0) +
         (std::max(kMostReferences, kFirstReferenceFrames) + kFramesAhead) * pixels * 2;
}

std::uint64_t HeldFrames::listed_bytes(const RunPlan& plan, std::uint64_t most) {
  return most * (plan.pixels() * 5 / 2 + 4096 * 5);
}

void HeldFrames::expect(const std::vector<int>& wanted) {
  std::vector<int> good;
  std::copy_if(wanted.begin(), wanted.end(), std::back_inserter(good),
               [&](int k) { return plan_.listed[static_cast<std::size_t>(k)] == 0; });
  ahead_.expect(good);
}

std::vector<CorrectedFrame> HeldFrames::read(const std::vector<int>& wanted) {
  if (wanted.empty()) return {};
  if (!reference_) make_first_reference(wanted);
  std::vector<HeldFrame> frames(wanted.size());
  for (HeldFrame& frame : frames) {
    frame.pixels = pool_.take();
    frame.pixels->restart(reference_);
    if (excluded_) frame.place = excluded_->take();
  }
  std::vector<CorrectedFrame> corrected(wanted.size());
  parallel_in_order(wanted.size(), [&](std::size_t i) {
    check_cancelled();
    const Stopwatch watch(seconds_);
    HeldFrame& frame = frames[i];
    ahead_.begun(wanted[i]);
    corrected[i] = read_frame(wanted[i], [&](int v, std::uint16_t* row) {
      if (excluded_) excluded_->put(frame.place, v, row);
      leave_out_excluded(v, row);
      frame.pixels->append(row, static_cast<std::size_t>(plan_.width));
    });
    if (!corrected[i].facts.bad) frame.pixels->finish();
  });
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    frames[i].saturated = std::move(corrected[i].saturated);
    if (corrected[i].facts.bad) {
      pool_.give_back(std::move(frames[i].pixels));
      if (excluded_) excluded_->give_back(frames[i].place);
    } else {
      listed_bytes_ += frames[i].pixels->listed_bytes();
      held_.emplace(wanted[i], std::move(frames[i]));
    }
  }
  return corrected;
}

void HeldFrames::check_listed(int first, int last) const {
  if (listed_bytes_ > most_listed_) {
    fail(
        "frames {} to {}: so many of their pixels are far from the background that {} MiB do not hold them: raise "
        "run.memory by {} MiB",
        first, last, most_listed_ >> 20, ((listed_bytes_ - most_listed_) >> 20) + 1);
  }
}

const HeldFrame* HeldFrames::find(int k) const {
  const auto at = held_.find(k);
  return at == held_.end() ? nullptr : &at->second;
}

std::vector<const CompactFrame*> HeldFrames::pixels_of(const std::vector<int>& frames) const {
  std::vector<const CompactFrame*> pixels;
  pixels.reserve(frames.size());
  for (const int k : frames) pixels.push_back(held_.at(k).pixels.get());
  return pixels;
}

void HeldFrames::drop(int k) {
  const auto at = held_.find(k);
  if (at == held_.end()) return;
  listed_bytes_ -= at->second.pixels->listed_bytes();
  pool_.give_back(std::move(at->second.pixels));
  if (excluded_) excluded_->give_back(at->second.place);
  held_.erase(at);
}

void HeldFrames::set_excluded(const std::vector<std::vector<int>>& windows,
                              const std::vector<std::shared_ptr<Image<std::uint16_t>>>& backgrounds) {
  if (!excluded_) return;
  std::vector<RegionWindow> of_region(windows.size());
  for (std::size_t w = 0; w < windows.size(); ++w) {
    of_region[w].background = backgrounds[w]->view();
    for (const int k : windows[w]) of_region[w].places.push_back(held_.at(k).place);
  }
  excluded_->medians(of_region);
}

void HeldFrames::renew_reference(const Image<std::uint16_t>& background) {
  if (held_.empty()) return;
  std::erase_if(references_, [](const auto& reference) { return reference.expired(); });
  if (references_.size() >= kMostReferences) return;
  std::size_t seen = 0, far = 0;
  constexpr std::size_t kEvery = 16;
  for (std::size_t i = 0; i < pixels_; i += kEvery) {
    ++seen;
    far += std::abs(background.data()[i] - reference_->data()[i]) > kReferenceFar ? 1 : 0;
  }
  if (far * kReferenceFarShare <= seen) return;
  auto reference = std::make_shared<FrameReference>(pixels_);
  std::copy_n(background.data(), pixels_, reference->data());
  // Excluded pixels are to stand still.
  const Region& excluded = plan_.excluded;
  for (int v = excluded.v0; v < excluded.v1; ++v) {
    const std::ptrdiff_t row = std::ptrdiff_t{v} * plan_.width;
    std::copy(reference_->data() + row + excluded.u0, reference_->data() + row + excluded.u1,
              reference->data() + row + excluded.u0);
  }
  set_reference(std::move(reference));
}

CorrectedFrame HeldFrames::read_frame(int k, const TakeRow& take) const {
  thread_local Image<std::uint16_t> raw;
  if (raw.height() != plan_.height || raw.width() != plan_.width) raw = Image<std::uint16_t>(plan_.height, plan_.width);
  return read_corrected_frame(plan_, source_, k, raw, plan_.config.beam.transmission, take);
}

void HeldFrames::leave_out_excluded(int v, std::uint16_t* row) const {
  const Region& excluded = plan_.excluded;
  if (v < excluded.v0 || v >= excluded.v1) return;
  const std::uint16_t* reference = reference_->data() + std::ptrdiff_t{v} * plan_.width;
  std::copy(reference + excluded.u0, reference + excluded.u1, row + excluded.u0);
}

void HeldFrames::make_first_reference(const std::vector<int>& wanted) {
  const std::size_t every = std::max<std::size_t>(1, wanted.size() / kFirstReferenceFrames);
  const std::size_t count = std::min((wanted.size() + every - 1) / every, kFirstReferenceFrames);
  std::vector<Image<std::uint16_t>> sample(count);
  parallel_in_order(count, [&](std::size_t i) {
    check_cancelled();
    const Stopwatch watch(seconds_);
    Image<std::uint16_t> frame(plan_.height, plan_.width);
    const CorrectedFrame corrected = read_frame(
        wanted[i * every], [&](int v, const std::uint16_t* row) { std::copy(row, row + plan_.width, frame.row(v)); });
    if (!corrected.facts.bad) sample[i] = std::move(frame);
  });
  std::vector<const std::uint16_t*> good;
  for (const auto& frame : sample) {
    if (!frame.empty()) good.push_back(frame.data());
  }
  auto reference = std::make_shared<FrameReference>(pixels_);
  if (good.empty()) {
    std::fill_n(reference->data(), pixels_, std::uint16_t{0});
  } else {
    rank_median_over_frames(good, pixels_, reference->data());
  }
  set_reference(std::move(reference));
}

void HeldFrames::set_reference(std::shared_ptr<const FrameReference> reference) {
  reference_ = std::move(reference);
  references_.push_back(reference_);
}

}  // namespace dctprep
