// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/pipeline/read_ahead.h"

#include <algorithm>

namespace dctprep {

ReadAhead::ReadAhead(const FrameSource& frames, std::size_t most)
    : frames_(frames), most_(most), thread_([this] { work(); }) {}

ReadAhead::~ReadAhead() {
  {
    const std::lock_guard lock(mutex_);
    ends_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void ReadAhead::expect(const std::vector<int>& frames) {
  {
    const std::lock_guard lock(mutex_);
    expected_.insert(expected_.end(), frames.begin(), frames.end());
  }
  changed_.notify_all();
}

void ReadAhead::begun(int k) {
  {
    const std::lock_guard lock(mutex_);
    if (fetched_.erase(k) == 0) {
      // Readers are ahead: what they have begun need not be fetched, nor what should have come before it.
      const auto at = std::find(expected_.begin(), expected_.end(), k);
      if (at != expected_.end()) expected_.erase(at);
    }
  }
  changed_.notify_all();
}

void ReadAhead::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [&] { return ends_ || (!expected_.empty() && fetched_.size() < most_); });
    if (ends_) return;
    const int k = expected_.front();
    expected_.pop_front();
    fetched_.insert(k);
    lock.unlock();
    try {
      frames_.prefetch(k);
    } catch (...) {
      // read() meets it again, and says what it is.
    }
    lock.lock();
  }
}

}  // namespace dctprep
