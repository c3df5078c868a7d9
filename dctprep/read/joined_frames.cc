// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/read/joined_frames.h"

#include <algorithm>
#include <fmt/format.h>
#include <limits>
#include <utility>

#include "dctprep/base/assert.h"
#include "dctprep/base/error.h"

namespace dctprep {

namespace fs = std::filesystem;

namespace {

// Parts one after the other; a part that is not there is frames that are missing.
class JoinedFrames final : public FrameSource {
 public:
  JoinedFrames(std::vector<FramePart> parts, std::string name) : parts_(std::move(parts)), name_(std::move(name)) {
    std::int64_t total = 0;
    for (const FramePart& part : parts_) {
      total += part.count;
      if (total > std::numeric_limits<int>::max()) fail("{}: more than 2^31 - 1 frames", name_);
      ends_.push_back(static_cast<int>(total));
      if (!part.frames) continue;
      if (first_ == nullptr) first_ = part.frames.get();
      if (part.frames->height() != first_->height() || part.frames->width() != first_->width()) {
        fail("{} has frames of {} x {} pixels where the first ones have {} x {}", part.frames->frame_name(0),
             part.frames->height(), part.frames->width(), first_->height(), first_->width());
      }
      type_max_ = std::max(type_max_, part.frames->type_max());
    }
    DCTPREP_ASSERT(first_ != nullptr);
  }

  int frames() const override { return ends_.back(); }
  int height() const override { return first_->height(); }
  int width() const override { return first_->width(); }
  int type_max() const override { return type_max_; }

  std::optional<FrameFault> read(int k, ImageView<std::uint16_t> out, ImageView<std::uint8_t> markers,
                                 PixelChanges* changes) const override {
    const auto [part, index] = place_of(k);
    if (!part->frames) return FrameFault{BadFrameCause::kMissing, part->why_missing};
    return part->frames->read(index, out, markers, changes);
  }

  void prefetch(int k) const override {
    const auto [part, index] = place_of(k);
    if (part->frames) part->frames->prefetch(index);
  }

  std::string frame_name(int k) const override {
    const auto [part, index] = place_of(k);
    return part->frames ? part->frames->frame_name(index) : fmt::format("{}: frame {}", name_, k);
  }

  void list_files(std::vector<fs::path>& files) const override {
    for (const FramePart& part : parts_) {
      if (part.frames) part.frames->list_files(files);
    }
  }

 private:
  std::pair<const FramePart*, int> place_of(int k) const {
    DCTPREP_ASSERT(0 <= k && k < frames());
    const auto end = std::upper_bound(ends_.begin(), ends_.end(), k);
    const auto i = static_cast<std::size_t>(end - ends_.begin());
    return {&parts_[i], k - (i == 0 ? 0 : ends_[i - 1])};
  }

  std::vector<FramePart> parts_;
  std::vector<int> ends_;  // of the parts, in frames
  std::string name_;
  const FrameSource* first_ = nullptr;
  int type_max_ = 0;
};

// `gap` frames are missing before part `end`: those of the missing parts from `begin` on, or where there are none the
// end of the part before.
void fill_gap(std::vector<FramePart>& parts, std::size_t begin, std::size_t end, std::int64_t gap, int usual) {
  for (std::size_t i = begin; i < end; ++i) {
    parts[i].count = static_cast<int>(i + 1 == end ? gap : std::min<std::int64_t>(gap, usual));
    gap -= parts[i].count;
  }
  if (begin == end && gap > 0) {
    parts.insert(parts.begin() + static_cast<std::ptrdiff_t>(end),
                 {nullptr, static_cast<int>(gap), "never written: its file ends early", 0});
  }
}

// By the numbers of the frames; false, with nothing changed, where they are not known or make no sense.
bool place_by_numbers(std::vector<FramePart>& parts, int usual) {
  std::int64_t next = 1;
  std::int64_t missing = 1;  // parts, and one that is cut short
  for (const FramePart& part : parts) {
    missing += part.frames ? 0 : 1;
    if (!part.frames) continue;
    if (part.first_number < next || part.first_number - next > missing * usual) return false;
    next = part.first_number + part.count;
    missing = 1;
  }
  next = 1;
  std::size_t begin = 0;  // the first part behind the one that is there before
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (!parts[i].frames) continue;
    const std::int64_t first = parts[i].first_number, gap = first - next;
    const std::size_t before = parts.size();
    fill_gap(parts, begin, i, gap, usual);
    i += parts.size() - before;
    next = first + parts[i].count;
    begin = i + 1;
  }
  return true;
}

void place_by_size(std::vector<FramePart>& parts, int usual, std::int64_t announced) {
  for (FramePart& part : parts) {
    if (!part.frames) part.count = usual;
  }
  const auto all_whole = static_cast<std::int64_t>(parts.size() - 1) * usual + parts.back().count;
  if (announced == 0 || all_whole > announced) return;
  for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
    if (parts[i].frames && parts[i].count < usual) fill_gap(parts, i + 1, i + 1, usual - parts[i].count, usual);
  }
}

}  // namespace

std::vector<FramePart> place_parts(std::vector<FramePart> parts, std::int64_t announced) {
  DCTPREP_ASSERT(!parts.empty());
  int usual = 0;  // frames of a part: all but the last have as many
  for (const FramePart& part : parts) usual = std::max(usual, part.frames ? part.count : 0);
  if (usual == 0) throw Error(parts.front().why_missing);
  while (!parts.back().frames) parts.pop_back();
  if (!place_by_numbers(parts, usual)) place_by_size(parts, usual, announced);
  return parts;
}

std::shared_ptr<const FrameSource> join_frames(std::vector<FramePart> parts, const std::string& name,
                                               std::int64_t announced) {
  return std::make_shared<JoinedFrames>(place_parts(std::move(parts), announced), name);
}

}  // namespace dctprep
