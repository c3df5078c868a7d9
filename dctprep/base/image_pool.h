// SPDX-License-Identifier: BSD-3-Clause
// Images of one size that are used again and again: touching memory for the first time takes longer than most of what
// is done with it.
#pragma once

#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "dctprep/base/image.h"

namespace dctprep {

template <class T>
class ImagePool {
 public:
  ImagePool(int height, int width) : height_(height), width_(width), spare_(std::make_shared<Spare>()) {}

  // Its pixels are undefined. Whoever drops it last gives it back, also from another thread, and when the pool is gone.
  std::shared_ptr<Image<T>> take() {
    auto image = std::make_unique<Image<T>>();
    {
      const std::lock_guard lock(spare_->mutex);
      if (!spare_->images.empty()) {
        image = std::move(spare_->images.back());
        spare_->images.pop_back();
      }
    }
    if (image->empty()) *image = Image<T>(height_, width_);
    const auto give_back = [spare = spare_](Image<T>* used) {
      std::unique_ptr<Image<T>> owned(used);
      const std::lock_guard lock(spare->mutex);
      spare->images.push_back(std::move(owned));
    };
    return {image.release(), give_back};
  }

 private:
  struct Spare {
    std::mutex mutex;
    std::vector<std::unique_ptr<Image<T>>> images;
  };

  int height_, width_;
  std::shared_ptr<Spare> spare_;
};

}  // namespace dctprep
