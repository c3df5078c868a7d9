// SPDX-License-Identifier: BSD-3-Clause
// Two-dimensional pixel arrays. Row `v` (slow axis, 0 at the top), column `u` (fast axis).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

#include "dctprep/base/assert.h"
#include "dctprep/base/huge_buffer.h"

namespace dctprep {

// A view of `height` x `width` pixels whose rows lie `stride` elements apart. Owns nothing.
template <class T>
class ImageView {
 public:
  ImageView() = default;
  ImageView(T* data, int height, int width) : ImageView(data, height, width, width) {}
  ImageView(T* data, int height, int width, std::ptrdiff_t stride)
      : data_(data), height_(height), width_(width), stride_(stride) {}
  // A view of const pixels from one of mutable ones.
  template <class U>
  requires std::is_same_v<T, const U> ImageView(ImageView<U> other)
      : ImageView(other.data(), other.height(), other.width(), other.stride()) {}

  T* data() const { return data_; }
  int height() const { return height_; }
  int width() const { return width_; }
  std::ptrdiff_t stride() const { return stride_; }
  std::size_t size() const { return static_cast<std::size_t>(height_) * static_cast<std::size_t>(width_); }
  bool empty() const { return size() == 0; }
  bool contiguous() const { return stride_ == width_; }

  T* row(int v) const { return data_ + v * stride_; }
  T& operator()(int v, int u) const { return row(v)[u]; }
  // All pixels in order; only of a contiguous view.
  std::span<T> pixels() const {
    DCTPREP_ASSERT(contiguous());
    return {data_, size()};
  }
  // Rows [v0, v1) and columns [u0, u1).
  ImageView crop(int v0, int v1, int u0, int u1) const {
    DCTPREP_ASSERT(0 <= v0 && v0 <= v1 && v1 <= height_ && 0 <= u0 && u0 <= u1 && u1 <= width_);
    return {data_ + v0 * stride_ + u0, v1 - v0, u1 - u0, stride_};
  }

 private:
  T* data_ = nullptr;
  int height_ = 0;
  int width_ = 0;
  std::ptrdiff_t stride_ = 0;
};

// Owns `height` x `width` contiguous pixels, 64-byte aligned. Pixels are uninitialised unless a value is given.
template <class T>
class Image {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  Image() = default;
  Image(int height, int width) : height_(height), width_(width) {
    DCTPREP_ASSERT(height >= 0 && width >= 0);
    if (size() > 0) buffer_ = HugeBuffer(size() * sizeof(T));
  }
  Image(int height, int width, T value) : Image(height, width) { fill(value); }

  T* data() const { return reinterpret_cast<T*>(buffer_.data()); }
  int height() const { return height_; }
  int width() const { return width_; }
  std::size_t size() const { return static_cast<std::size_t>(height_) * static_cast<std::size_t>(width_); }
  bool empty() const { return size() == 0; }

  T* row(int v) { return data() + static_cast<std::ptrdiff_t>(v) * width_; }
  const T* row(int v) const { return data() + static_cast<std::ptrdiff_t>(v) * width_; }
  T& operator()(int v, int u) { return row(v)[u]; }
  const T& operator()(int v, int u) const { return row(v)[u]; }
  std::span<T> pixels() { return {data(), size()}; }
  std::span<const T> pixels() const { return {data(), size()}; }
  void fill(T value) {
    for (T& pixel : pixels()) pixel = value;
  }

  ImageView<T> view() { return {data(), height_, width_}; }
  ImageView<const T> view() const { return {data(), height_, width_}; }
  operator ImageView<T>() { return view(); }
  operator ImageView<const T>() const { return view(); }

  Image clone() const {
    Image copy(height_, width_);
    for (std::size_t i = 0; i < size(); ++i) copy.data()[i] = data()[i];
    return copy;
  }

 private:
  int height_ = 0;
  int width_ = 0;
  HugeBuffer buffer_;
};

}  // namespace dctprep
