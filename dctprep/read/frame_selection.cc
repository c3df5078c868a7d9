// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/read/frame_selection.h"

#include <fmt/format.h>
#include <utility>

#include "dctprep/base/assert.h"

namespace dctprep {

namespace {

class SelectedFrames final : public FrameSource {
 public:
  SelectedFrames(std::shared_ptr<const FrameSource> source, std::vector<int> indices)
      : source_(std::move(source)), indices_(std::move(indices)) {
    DCTPREP_ASSERT(source_ != nullptr);
    for (const int index : indices_) DCTPREP_ASSERT(-1 <= index && index < source_->frames());
  }

  int frames() const override { return static_cast<int>(indices_.size()); }
  int height() const override { return source_->height(); }
  int width() const override { return source_->width(); }
  int type_max() const override { return source_->type_max(); }

  std::optional<FrameFault> read(int k, ImageView<std::uint16_t> out, ImageView<std::uint8_t> markers,
                                 PixelChanges* changes) const override {
    const int index = index_of(k);
    if (index < 0) return FrameFault{BadFrameCause::kMissing, "missing"};
    return source_->read(index, out, markers, changes);
  }

  void prefetch(int k) const override {
    if (index_of(k) >= 0) source_->prefetch(index_of(k));
  }

  std::string frame_name(int k) const override {
    const int index = index_of(k);
    return index < 0 ? fmt::format("missing frame {}", k) : source_->frame_name(index);
  }

  // -1: missing there too.
  int stored_index(int k) const override { return index_of(k) < 0 ? -1 : source_->stored_index(index_of(k)); }
  int stored_frames() const override { return source_->stored_frames(); }

  void list_files(std::vector<std::filesystem::path>& files) const override { source_->list_files(files); }

 private:
  int index_of(int k) const {
    DCTPREP_ASSERT(0 <= k && k < frames());
    return indices_[static_cast<std::size_t>(k)];
  }

  std::shared_ptr<const FrameSource> source_;
  std::vector<int> indices_;
};

}  // namespace

std::shared_ptr<const FrameSource> select_frames(std::shared_ptr<const FrameSource> source, std::vector<int> indices) {
  return std::make_shared<SelectedFrames>(std::move(source), std::move(indices));
}

}  // namespace dctprep
