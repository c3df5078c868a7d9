// SPDX-License-Identifier: BSD-3-Clause
// How fast this machine's memory is: the ceiling that no stage can pass.
#pragma once

#include <cstddef>

namespace dctprep {

// Bytes a second; a copied byte counts twice, read and written.
struct MemoryBandwidth {
  double read = 0;
  double copy = 0;
};

// Larger than most caches.
inline constexpr std::size_t kBandwidthBytes = std::size_t{256} << 20;

// On `threads` threads at once, each over its part of two buffers of `bytes`, touched before; the fastest of three
// passes.
MemoryBandwidth measure_memory_bandwidth(int threads, std::size_t bytes = kBandwidthBytes);

}  // namespace dctprep
