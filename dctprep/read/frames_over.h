// SPDX-License-Identifier: BSD-3-Clause
// Frames of another source, one for one, whose pixels are changed as they are read.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "dctprep/core/frame_source.h"

namespace dctprep {

// Everything but read() is that of the source.
class FramesOver : public FrameSource {
 public:
  int frames() const override { return source_->frames(); }
  int height() const override { return source_->height(); }
  int width() const override { return source_->width(); }
  int type_max() const override { return source_->type_max(); }
  void prefetch(int k) const override { source_->prefetch(k); }
  std::string frame_name(int k) const override { return source_->frame_name(k); }
  int stored_index(int k) const override { return source_->stored_index(k); }
  int stored_frames() const override { return source_->stored_frames(); }
  void list_files(std::vector<std::filesystem::path>& files) const override { source_->list_files(files); }

 protected:
  explicit FramesOver(std::shared_ptr<const FrameSource> source) : source_(std::move(source)) {}
  const FrameSource& source() const { return *source_; }

 private:
  std::shared_ptr<const FrameSource> source_;
};

}  // namespace dctprep
