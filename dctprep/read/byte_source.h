// SPDX-License-Identifier: BSD-3-Clause
// The bytes of a file, decompressed where it is compressed as a whole.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace dctprep {

// Immutable; `read` may be called from many threads.
class ByteSource {
 public:
  static constexpr std::uint64_t kAll = ~std::uint64_t{0};
  // What a compressed file may become; a stream of more is refused, not followed.
  static constexpr std::uint64_t kMaxDecompressed = std::uint64_t{4} << 30;

  // A plain file is read in place; one of gzip or bzip2 (told by content, several streams in a row too) is decompressed
  // into memory, of which only the first `limit` bytes where given. Throws Error with the path where it is no regular
  // file or cannot be opened; a damaged or truncated stream is no error here: see damage().
  static std::shared_ptr<const ByteSource> open(const std::filesystem::path& path, std::uint64_t limit = kAll);

  // Bytes in memory, as of a file.
  explicit ByteSource(std::vector<std::uint8_t> bytes);
  ~ByteSource();
  ByteSource(const ByteSource&) = delete;
  ByteSource& operator=(const ByteSource&) = delete;

  std::uint64_t size() const { return size_; }
  // Reads what there is of out.size() bytes at `offset`; returns how many.
  std::size_t read(std::uint64_t offset, std::span<std::uint8_t> out) const;
  // As many as there are of `count` bytes at `offset`.
  std::vector<std::uint8_t> read(std::uint64_t offset, std::size_t count) const;

  const std::string& compression() const { return compression_; }  // "none", "gzip", "bzip2"
  // What is wrong with the compressed stream; size() then counts what came before. "" where nothing is.
  const std::string& damage() const { return damage_; }
  // As many bytes from the start as are certain: those of streams that came to their end, where a checksum vouches for
  // them; size() where nothing is wrong.
  std::uint64_t intact_size() const { return damage_.empty() ? size_ : intact_size_; }
  std::uint64_t stored_size() const { return stored_size_; }  // on disk

 private:
  ByteSource() = default;
  void decompress_gzip(std::uint64_t limit);
  void decompress_bzip2(std::uint64_t limit);

  int file_ = -1;
  bool in_memory_ = false;
  std::vector<std::uint8_t> bytes_;
  std::uint64_t size_ = 0;
  std::uint64_t stored_size_ = 0;
  std::uint64_t intact_size_ = 0;
  std::string compression_ = "none";
  std::string damage_;
};

// zlib or gzip data of a part of a file, into exactly `out`. False where it is damaged or of another size.
bool inflate_exactly(std::span<const std::uint8_t> packed, std::span<std::uint8_t> out);

}  // namespace dctprep
