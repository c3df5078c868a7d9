// SPDX-License-Identifier: BSD-3-Clause
// Progress of long work: a bar with rate and time left on a terminal, a plain line now and then elsewhere.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>

namespace dctprep {

// Called from any thread. `Progress` itself is silent: the way to say "no progress wanted".
class Progress {
 public:
  virtual ~Progress() = default;
  // A new piece of work of `total` steps (0: unknown) named `what`, steps counted in `unit`.
  virtual void start(const std::string& /*what*/, std::int64_t /*total*/, const std::string& /*unit*/ = "images") {}
  virtual void advance(std::int64_t /*steps*/ = 1) {}
  virtual void finish() {}
};

// Writes to stderr.
class TerminalProgress final : public Progress {
 public:
  TerminalProgress();
  ~TerminalProgress() override;
  void start(const std::string& what, std::int64_t total, const std::string& unit) override;
  void advance(std::int64_t steps) override;
  void finish() override;

 private:
  using Clock = std::chrono::steady_clock;
  void print(Clock::time_point now, bool last);
  void finish_locked();

  std::mutex mutex_;
  bool is_terminal_;
  bool running_ = false;
  std::string what_;
  std::string unit_;
  std::int64_t total_ = 0;
  std::int64_t done_ = 0;
  Clock::time_point started_;
  Clock::time_point printed_;
};

// "2.1 s", "3 min 05 s", "1 h 02 min".
std::string format_duration(double seconds);

}  // namespace dctprep
