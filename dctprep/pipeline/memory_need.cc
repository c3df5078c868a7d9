// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/pipeline/memory_need.h"

#include <algorithm>

#include "dctprep/base/error.h"
#include "dctprep/base/log.h"

namespace dctprep {

MemoryNeed& MemoryNeed::operator+=(const MemoryNeed& other) {
  total += other.total;
  listed += other.listed;
  open_blobs += other.open_blobs;
  window += other.window;
  window_frames += other.window_frames;
  pixels = std::max(pixels, other.pixels);
  return *this;
}

MemoryNeed within_memory(MemoryNeed need, const Auto<std::int64_t>& given) {
  if (given.is_auto()) return need;
  const auto memory = static_cast<std::uint64_t>(given.value());
  // A pixel far from its background takes three bytes at most. An eighth of that is asked for in advance.
  const auto frames = static_cast<std::uint64_t>(need.window_frames);
  const std::uint64_t least_listed = std::min(need.listed, frames * need.pixels / 4);
  const std::uint64_t least_open = std::min(need.open_blobs, std::uint64_t{32} << 20);
  const std::uint64_t least = need.total + least_listed + least_open;
  if (memory < least) {
    fail_usage(
        "run.memory = {:.2g} MiB is too little: {} MiB are needed, {} MiB of them for the {} frames of the "
        "background's window; raise it, or make background.half_window smaller or background.stride larger",
        static_cast<double>(memory) / (1 << 20), (least >> 20) + 1, (need.window >> 20) + 1, need.window_frames);
  }
  // What is left goes to both, as far as they can use it.
  const std::uint64_t spare = memory - least;
  need.listed = std::min(need.listed, least_listed + spare / 2);
  need.open_blobs = memory - need.total - need.listed;
  return need;
}

void log_memory(const MemoryNeed& need) {
  constexpr double kGib = 1024.0 * 1024.0 * 1024.0;
  log_info(
      "memory: {:.2f} GiB, {:.2f} GiB of it for a window of {} frames; up to {:.2f} GiB more where pixels vary "
      "widely, and {:.2f} GiB for open blobs",
      static_cast<double>(need.total) / kGib, static_cast<double>(need.window) / kGib, need.window_frames,
      static_cast<double>(need.listed) / kGib, static_cast<double>(need.open_blobs) / kGib);
}

}  // namespace dctprep
