// SPDX-License-Identifier: BSD-3-Clause
// Jobs that follow one another, worked off beside the caller.
#pragma once

#include <atomic>
#include <cstddef>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <tbb/task_group.h>

namespace dctprep {

// Jobs run one at a time in the order they were added, on whichever core is free. After one has thrown none is run any
// more.
class SerialChain {
 public:
  using Job = std::function<void()>;

  // At most `most` jobs wait.
  explicit SerialChain(std::size_t most) : most_(most) {}
  // Jobs not begun are dropped.
  ~SerialChain() noexcept;

  // Waits while too many are waiting. Throws what a job has thrown.
  void add(Job job);
  // Jobs added so far.
  std::size_t added() const { return added_; }
  // Waits until the first `count` jobs added are done. Throws what a job has thrown.
  void wait_for(std::size_t count);
  // Waits for all. Throws what a job has thrown.
  void finish();

 private:
  void work();
  void rethrow();

  const std::size_t most_;
  std::size_t added_ = 0;
  std::atomic<std::size_t> done_ = 0;
  std::mutex mutex_;
  std::deque<Job> jobs_;
  bool working_ = false;
  std::exception_ptr error_;
  tbb::task_group group_;
};

}  // namespace dctprep
