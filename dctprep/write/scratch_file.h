// SPDX-License-Identifier: BSD-3-Clause
// Values appended now and read back later, in any order: in memory up to a limit, on disk beyond it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <type_traits>
#include <vector>

namespace dctprep {

class ScratchFile {
 public:
  // The last `memory` bytes stay in memory; what came before lies in a file in `folder` that has no name, so that
  // nothing is left however the program ends. The file is made when it is first needed.
  ScratchFile(std::filesystem::path folder, std::size_t memory) : folder_(std::move(folder)), memory_(memory) {}
  ~ScratchFile();
  ScratchFile(const ScratchFile&) = delete;
  ScratchFile& operator=(const ScratchFile&) = delete;

  std::uint64_t size() const { return on_disk_ + tail_.size(); }
  // Error where the disk is full or fails.
  void append(std::span<const std::byte> bytes);
  // Reads `out.size()` bytes from `offset`; they must have been appended.
  void read(std::uint64_t offset, std::span<std::byte> out) const;

 private:
  void open();
  void write(std::span<const std::byte> bytes);

  std::filesystem::path folder_;
  std::size_t memory_;
  int file_ = -1;
  std::uint64_t on_disk_ = 0;
  std::vector<std::byte> tail_;
};

// The same for values of one type.
template <class T>
class ScratchColumn {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  ScratchColumn(std::filesystem::path folder, std::size_t memory) : file_(std::move(folder), memory) {}

  std::uint64_t size() const { return file_.size() / sizeof(T); }
  void append(std::span<const T> values) { file_.append(std::as_bytes(values)); }
  void read(std::uint64_t first, std::span<T> out) const { file_.read(first * sizeof(T), std::as_writable_bytes(out)); }

 private:
  ScratchFile file_;
};

}  // namespace dctprep
