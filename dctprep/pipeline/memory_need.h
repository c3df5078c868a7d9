// SPDX-License-Identifier: BSD-3-Clause
// How much memory a run takes, known before it starts: each of its parts states its own.
#pragma once

#include <cstdint>

#include "dctprep/base/fields.h"

namespace dctprep {

// Bytes. A run holds no more than total + listed + open_blobs. Of the first all is used, of the others what the scan
// asks for; a run that asks for more ends with an error.
struct MemoryNeed {
  std::uint64_t total = 0;
  std::uint64_t listed = 0;      // most for pixels too far from their background for a byte
  std::uint64_t open_blobs = 0;  // most for blobs that are still open
  // The part of `total` for the window of frames, for messages; and how many there are.
  std::uint64_t window = 0;
  int window_frames = 0;
  std::uint64_t pixels = 0;  // of a frame

  MemoryNeed& operator+=(const MemoryNeed& other);
};

// The need with its two limits lowered to what run.memory leaves. Throws where that is less than is needed.
MemoryNeed within_memory(MemoryNeed need, const Auto<std::int64_t>& memory);
void log_memory(const MemoryNeed& need);

}  // namespace dctprep
