// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/base/progress.h"

#include <cmath>
#include <cstdio>
#include <fmt/format.h>
#include <unistd.h>

namespace dctprep {

namespace {
constexpr auto kTerminalInterval = std::chrono::milliseconds(200);
constexpr auto kPlainInterval = std::chrono::seconds(15);
}  // namespace

std::string format_duration(double seconds) {
  if (!(seconds >= 0)) return "?";
  if (seconds < 60) return fmt::format("{:.1f} s", seconds);
  const auto whole = static_cast<long long>(std::llround(seconds));
  if (whole < 3600) return fmt::format("{} min {:02} s", whole / 60, whole % 60);
  return fmt::format("{} h {:02} min", whole / 3600, whole / 60 % 60);
}

TerminalProgress::TerminalProgress() : is_terminal_(isatty(STDERR_FILENO) == 1) {}

TerminalProgress::~TerminalProgress() {
  std::lock_guard lock(mutex_);
  if (running_ && is_terminal_) std::fputc('\n', stderr);
}

void TerminalProgress::start(const std::string& what, std::int64_t total, const std::string& unit) {
  std::lock_guard lock(mutex_);
  finish_locked();
  what_ = what;
  unit_ = unit;
  total_ = total;
  done_ = 0;
  running_ = true;
  started_ = printed_ = Clock::now();
}

void TerminalProgress::advance(std::int64_t steps) {
  std::lock_guard lock(mutex_);
  done_ += steps;
  const auto now = Clock::now();
  if (running_ && (is_terminal_ ? now - printed_ >= kTerminalInterval : now - printed_ >= kPlainInterval)) {
    print(now, false);
  }
}

void TerminalProgress::finish() {
  std::lock_guard lock(mutex_);
  finish_locked();
}

void TerminalProgress::finish_locked() {
  if (running_) print(Clock::now(), true);
  running_ = false;
}

void TerminalProgress::print(Clock::time_point now, bool last) {
  printed_ = now;
  const double seconds = std::chrono::duration<double>(now - started_).count();
  const double rate = seconds > 0 ? static_cast<double>(done_) / seconds : 0.0;
  std::string line = fmt::format("{}: ", what_);
  if (total_ > 0) {
    constexpr int kWidth = 24;
    const double share = std::min(1.0, static_cast<double>(done_) / static_cast<double>(total_));
    if (is_terminal_) {
      const int filled = static_cast<int>(share * kWidth);
      line += fmt::format("[{:#<{}}{:.<{}}] ", "", filled, "", kWidth - filled);
    }
    line += fmt::format("{}/{} {} ({:.0f} %)", done_, total_, unit_, 100 * share);
  } else {
    line += fmt::format("{} {}", done_, unit_);
  }
  line += fmt::format(", {:.1f} {}/s", rate, unit_);
  if (last) {
    line += fmt::format(", took {}", format_duration(seconds));
  } else if (total_ > 0 && rate > 0) {
    line += fmt::format(", {} left", format_duration(static_cast<double>(total_ - done_) / rate));
  }
  if (is_terminal_) {
    fmt::print(stderr, "\r\x1b[K{}{}", line, last ? "\n" : "");
  } else {
    fmt::print(stderr, "{}\n", line);
  }
  std::fflush(stderr);
}

}  // namespace dctprep
