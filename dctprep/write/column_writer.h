// SPDX-License-Identifier: BSD-3-Clause
// A dataset of one dimension, written from its start to its end through a buffer.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "dctprep/base/assert.h"
#include "dctprep/base/cancel.h"
#include "dctprep/base/hdf5_output.h"

namespace dctprep {

template <class T>
class ColumnWriter {
 public:
  // The new dataset `name` of `total` values.
  ColumnWriter(const hdf5::OutputFile& file, const hdf5::Handle& group, const std::string& name, std::uint64_t total)
      : file_(file),
        name_(name),
        total_(total),
        space_(hdf5::check(H5Screate_simple(1, &total_, nullptr), name)),
        dataset_(hdf5::check(H5Dcreate2(group.id(), name.c_str(), hdf5::native_type<T>(), space_.id(), H5P_DEFAULT,
                                        H5P_DEFAULT, H5P_DEFAULT),
                             name)),
        buffer_(std::min<std::uint64_t>(total, kBuffer)) {}

  // Appends `count` values: fill(out, first, part) writes numbers first ... first + part - 1 of them to out[0] ...
  template <class Fill>
  void append(std::uint64_t count, const Fill& fill) {
    DCTPREP_ASSERT(count <= total_ - done_ - filled_);
    for (std::uint64_t first = 0; first < count;) {
      const auto part = static_cast<std::size_t>(std::min<std::uint64_t>(count - first, buffer_.size() - filled_));
      fill(buffer_.data() + filled_, first, part);
      filled_ += part;
      first += part;
      if (filled_ == buffer_.size()) flush();
    }
  }

  // The dataset, whole.
  hdf5::Handle finish() {
    flush();
    DCTPREP_ASSERT(done_ == total_);
    return std::move(dataset_);
  }

 private:
  static constexpr std::size_t kBuffer = std::size_t{1} << 18;  // values: it stays in cache

  void flush() {
    if (filled_ == 0) return;
    check_cancelled();
    file_.check();
    const hsize_t count = filled_;
    const hdf5::Handle memory = hdf5::check(H5Screate_simple(1, &count, nullptr), name_);
    hdf5::check_status(H5Sselect_hyperslab(space_.id(), H5S_SELECT_SET, &done_, nullptr, &count, nullptr), name_);
    hdf5::check_status(
        H5Dwrite(dataset_.id(), hdf5::native_type<T>(), memory.id(), space_.id(), H5P_DEFAULT, buffer_.data()), name_);
    done_ += filled_;
    filled_ = 0;
  }

  const hdf5::OutputFile& file_;
  std::string name_;
  hsize_t total_;
  hdf5::Handle space_, dataset_;
  std::vector<T> buffer_;
  hsize_t done_ = 0;
  std::size_t filled_ = 0;
};

}  // namespace dctprep
