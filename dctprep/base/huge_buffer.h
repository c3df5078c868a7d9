// SPDX-License-Identifier: BSD-3-Clause
// Large blocks of memory, touched once and kept.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

namespace dctprep {

// `size` bytes, uninitialised, aligned for any vector instruction. A large one lies in huge pages where the system has
// them: the first touch of ordinary pages costs as much as reading and decoding the frames that go there.
class HugeBuffer {
 public:
  HugeBuffer() = default;
  explicit HugeBuffer(std::size_t size);

  std::uint8_t* data() const { return data_.get(); }

 private:
  struct Free {
    void operator()(std::uint8_t* data) const;
  };
  std::unique_ptr<std::uint8_t, Free> data_;
};

}  // namespace dctprep
