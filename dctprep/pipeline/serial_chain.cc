// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/pipeline/serial_chain.h"

#include <utility>

namespace dctprep {

SerialChain::~SerialChain() noexcept {
  {
    const std::lock_guard lock(mutex_);
    jobs_.clear();
  }
  group_.wait();
}

void SerialChain::add(Job job) {
  ++added_;
  bool full = false, start = false;
  {
    const std::lock_guard lock(mutex_);
    if (!error_) {
      jobs_.push_back(std::move(job));
      start = !std::exchange(working_, true);
      full = jobs_.size() > most_;
    }
  }
  if (start) group_.run([this] { work(); });
  // The caller lends a hand, or with one thread does it all.
  if (full) group_.wait();
  rethrow();
}

void SerialChain::wait_for(std::size_t count) {
  if (done_ < count) group_.wait();
  rethrow();
}

void SerialChain::finish() {
  group_.wait();
  rethrow();
}

void SerialChain::work() {
  for (;;) {
    Job job;
    {
      const std::lock_guard lock(mutex_);
      if (jobs_.empty()) {
        working_ = false;
        return;
      }
      job = std::move(jobs_.front());
      jobs_.pop_front();
    }
    try {
      job();
    } catch (...) {
      const std::lock_guard lock(mutex_);
      error_ = std::current_exception();
      jobs_.clear();
    }
    ++done_;
  }
}

void SerialChain::rethrow() {
  const std::lock_guard lock(mutex_);
  if (error_) std::rethrow_exception(error_);
}

}  // namespace dctprep
