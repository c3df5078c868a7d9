// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/core/scan_identity.h"

#include <algorithm>
#include <bit>
#include <fmt/format.h>
#include <zlib.h>

namespace dctprep {

namespace {

constexpr int kTries = 100;

std::uint32_t checksum_of(Image<std::uint16_t>& pixels) {
  if constexpr (std::endian::native == std::endian::big) {
    for (std::size_t i = 0; i < pixels.size(); ++i) pixels.data()[i] = __builtin_bswap16(pixels.data()[i]);
  }
  return static_cast<std::uint32_t>(
      crc32_z(crc32_z(0, nullptr, 0), reinterpret_cast<const Bytef*>(pixels.data()), 2 * pixels.size()));
}

}  // namespace

std::vector<FrameChecksum> scan_checksums(const FrameSource& frames) {
  std::vector<FrameChecksum> checksums;
  Image<std::uint16_t> pixels(frames.height(), frames.width());
  const int last = frames.frames() - 1;
  for (const auto& [from, step] : {std::pair(0, 1), std::pair(frames.frames() / 2, 1), std::pair(last, -1)}) {
    for (int tries = 0, k = from; tries < kTries && 0 <= k && k <= last; ++tries, k += step) {
      if (std::ranges::any_of(checksums, [&](const FrameChecksum& one) { return one.frame == k; })) break;
      if (frames.read(k, pixels)) continue;
      checksums.push_back({k, checksum_of(pixels)});
      break;
    }
  }
  return checksums;
}

std::optional<std::string> checksum_problem(const FrameSource& frames, const std::vector<FrameChecksum>& checksums) {
  Image<std::uint16_t> pixels(frames.height(), frames.width());
  for (const FrameChecksum& one : checksums) {
    if (one.frame < 0 || one.frame >= frames.frames()) return fmt::format("it has no frame {}", one.frame);
    if (const auto fault = frames.read(one.frame, pixels))
      return fmt::format("its frame {} cannot be read ({})", one.frame, fault->what);
    if (const std::uint32_t found = checksum_of(pixels); found != one.crc32) {
      return fmt::format("the pixels of its frame {} are others (checksum {:08x} where {:08x} is recorded)", one.frame,
                         found, one.crc32);
    }
  }
  return std::nullopt;
}

}  // namespace dctprep
