// SPDX-License-Identifier: BSD-3-Clause
// Frames are fetched from the disk while others are worked on.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

#include "dctprep/core/frame_source.h"

namespace dctprep {

// A thread of its own that calls FrameSource::prefetch() for frames to come, in their order, at most `most` of which
// wait to be read at a time.
class ReadAhead {
 public:
  ReadAhead(const FrameSource& frames, std::size_t most);
  ~ReadAhead();
  ReadAhead(const ReadAhead&) = delete;
  ReadAhead& operator=(const ReadAhead&) = delete;

  // These are read next, after those expected before.
  void expect(const std::vector<int>& frames);
  // Frame `k` is read now, or has been. From any thread.
  void begun(int k);

 private:
  void work();

  const FrameSource& frames_;
  const std::size_t most_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<int> expected_;
  std::set<int> fetched_;  // and not begun
  bool ends_ = false;
  std::thread thread_;  // the last member: it uses the others
};

}  // namespace dctprep
