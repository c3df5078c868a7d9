// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/bench/memory_bandwidth.h"

#include <algorithm>
#include <barrier>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <memory>
#include <thread>
#include <vector>

namespace dctprep {

namespace {

constexpr int kPasses = 3;

struct Buffers {
  explicit Buffers(std::size_t words)
      : from(std::make_unique_for_overwrite<std::uint64_t[]>(words)),
        to(std::make_unique_for_overwrite<std::uint64_t[]>(words)) {}
  std::unique_ptr<std::uint64_t[]> from, to;
};

// Eight sums at a time, so that no addition waits for the one before.
std::uint64_t sum_of(const std::uint64_t* words, std::size_t count) {
  std::uint64_t sums[8] = {};
  for (std::size_t i = 0; i + 8 <= count; i += 8)
    for (std::size_t j = 0; j < 8; ++j) sums[j] += words[i + j];
  std::uint64_t total = 0;
  for (const std::uint64_t sum : sums) total += sum;
  return total;
}

}  // namespace

MemoryBandwidth measure_memory_bandwidth(int threads, std::size_t bytes) {
  using Clock = std::chrono::steady_clock;
  const std::size_t words = bytes / sizeof(std::uint64_t);
  Buffers buffers(words);
  const auto count = static_cast<std::size_t>(threads);
  std::vector<std::uint64_t> sums(count);  // so that no pass is left out as useless
  // The barrier's last step is taken by one thread, while the others wait: the time between two of them is that of the
  // slowest thread.
  std::vector<Clock::time_point> marks;
  marks.reserve(2 * kPasses + 1);
  std::barrier sync(threads, [&]() noexcept { marks.push_back(Clock::now()); });
  const auto work = [&](std::size_t i) {
    const std::size_t first = words * i / count, size = words * (i + 1) / count - first;
    std::uint64_t* const from = buffers.from.get() + first;
    std::uint64_t* const to = buffers.to.get() + first;
    std::fill(from, from + size, std::uint64_t{i + 1});
    std::fill(to, to + size, std::uint64_t{0});
    sync.arrive_and_wait();
    for (int pass = 0; pass < kPasses; ++pass) {
      sums[i] += sum_of(from, size);
      sync.arrive_and_wait();
      std::memcpy(to, from, size * sizeof(std::uint64_t));
      sync.arrive_and_wait();
    }
    if (size > 0) sums[i] += to[size - 1];
  };
  {
    std::vector<std::jthread> others;
    for (std::size_t i = 1; i < count; ++i) others.emplace_back(work, i);
    work(0);
  }
  volatile std::uint64_t used = 0;
  for (const std::uint64_t sum : sums) used = used + sum;
  MemoryBandwidth best;
  const auto moved = static_cast<double>(words * sizeof(std::uint64_t));
  for (std::size_t pass = 0; pass < kPasses; ++pass) {
    const std::chrono::duration<double> read = marks[2 * pass + 1] - marks[2 * pass];
    const std::chrono::duration<double> copy = marks[2 * pass + 2] - marks[2 * pass + 1];
    best.read = std::max(best.read, moved / std::max(1e-9, read.count()));
    best.copy = std::max(best.copy, 2 * moved / std::max(1e-9, copy.count()));
  }
  return best;
}

}  // namespace dctprep
