// SPDX-License-Identifier: BSD-3-Clause
// Seconds that threads spend on something.
#pragma once

#include <atomic>
#include <chrono>

namespace dctprep {

// Adds what it lives to a sum, from any thread.
class Stopwatch {
 public:
  explicit Stopwatch(std::atomic<double>& seconds) : seconds_(seconds), started_(Clock::now()) {}
  ~Stopwatch() { seconds_ += std::chrono::duration<double>(Clock::now() - started_).count(); }

 private:
  using Clock = std::chrono::steady_clock;
  std::atomic<double>& seconds_;
  Clock::time_point started_;
};

}  // namespace dctprep
