// SPDX-License-Identifier: BSD-3-Clause
// A digest of bytes by which the same ones are known again: FNV-1a, 64 bits (Fowler, Noll, Vo). Not against intent.
#pragma once

#include <cstddef>
#include <cstdint>

namespace dctprep {

class Fnv1a {
 public:
  void add(const void* data, std::size_t size) {
    const auto* bytes = static_cast<const unsigned char*>(data);
    for (std::size_t i = 0; i < size; ++i) digest_ = (digest_ ^ bytes[i]) * 0x100000001b3;
  }
  std::uint64_t digest() const { return digest_; }

 private:
  std::uint64_t digest_ = 0xcbf29ce484222325;
};

}  // namespace dctprep
