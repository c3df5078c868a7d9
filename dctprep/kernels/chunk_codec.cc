// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/kernels/chunk_codec.h"

#include <algorithm>
#include <climits>
#include <cstring>
#include <fmt/format.h>
#include <lz4.h>
#include <memory>
#include <zstd.h>

#include "dctprep/base/assert.h"
#include "dctprep/kernels/bitshuffle.h"
#include "dctprep/kernels/lz4_block.h"

namespace dctprep {

namespace {

using Bytes = std::span<const std::uint8_t>;

constexpr std::size_t kHeader = 12;

bool valid_element_size(std::size_t size) { return size == 1 || size == 2 || size == 4 || size == 8; }

std::uint64_t read_big_endian(Bytes bytes, std::size_t count) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < count; ++i) value = value << 8 | bytes[i];
  return value;
}

void store_big_endian(std::uint8_t* bytes, std::uint64_t value, int count) {
  for (int i = 0; i < count; ++i) bytes[i] = static_cast<std::uint8_t>(value >> (8 * (count - 1 - i)));
}

// bitshuffle's choice: 8 KiB, but at least 128 elements.
std::size_t default_block_elements(std::size_t element_size) {
  return std::max<std::size_t>(8192 / element_size / 8 * 8, 128);
}

std::string cut_short() { return "chunk cut short"; }

// Decompresses one block of exactly `out.size()` bytes.
bool decompress_lz4(Bytes block, std::span<std::uint8_t> out) {
  if (block.size() > INT_MAX || out.size() > INT_MAX) return false;
  const int size = LZ4_decompress_safe(reinterpret_cast<const char*>(block.data()), reinterpret_cast<char*>(out.data()),
                                       static_cast<int>(block.size()), static_cast<int>(out.size()));
  return size >= 0 && static_cast<std::size_t>(size) == out.size();
}

// Blocks of bitshuffle, the first `stored` bytes of `from`, into all of `room` but its last kLz4Room bytes.
bool decompress_shuffled_lz4(Bytes from, std::size_t stored, std::span<std::uint8_t> room) {
  return decode_lz4_block(from, stored, room) || decompress_lz4(from.first(stored), room.first(room.size() - kLz4Room));
}

bool decompress_shuffled_zstd(Bytes from, std::size_t stored, std::span<std::uint8_t> room) {
  const std::span<std::uint8_t> out = room.first(room.size() - kLz4Room);
  // A context costs more than a block.
  thread_local const std::unique_ptr<ZSTD_DCtx, decltype(&ZSTD_freeDCtx)> context(ZSTD_createDCtx(), &ZSTD_freeDCtx);
  if (!context) return false;
  return ZSTD_decompressDCtx(context.get(), out.data(), out.size(), from.data(), stored) == out.size();
}

// Calls `body(offset, bytes)` for each block of `total` bytes (whole elements) until it returns an error;
// `tail(offset)` for the elements that are left over, if any.
template <class Body, class Tail>
std::string for_each_block(std::size_t total, std::size_t element_size, std::size_t block, const Body& body,
                           const Tail& tail) {
  const std::size_t shuffled = total - total % (8 * element_size);
  std::size_t offset = 0;
  while (offset < shuffled) {
    const std::size_t size = std::min(block, shuffled - offset);
    if (std::string error = body(offset, size); !error.empty()) return error;
    offset += size;
  }
  return offset < total ? tail(offset) : std::string();
}

std::string decode_blocks(Bytes chunk, std::size_t element_size, std::span<std::uint8_t> out,
                          std::vector<std::uint8_t>& scratch,
                          bool (*decompress)(Bytes, std::size_t, std::span<std::uint8_t>), const char* codec) {
  DCTPREP_ASSERT(valid_element_size(element_size));
  if (chunk.size() < kHeader) return cut_short();
  const std::uint64_t total = read_big_endian(chunk, 8);
  if (total != out.size()) return fmt::format("chunk of {} bytes where {} were expected", total, out.size());
  if (total % element_size != 0) return "chunk of broken elements";
  std::uint64_t block = read_big_endian(chunk.subspan(8), 4);
  if (block == 0) block = default_block_elements(element_size) * element_size;
  if (block % (8 * element_size) != 0) return fmt::format("impossible block size {}", block);
  // The scratch never needs to be much larger than the chunk, whatever the header says.
  const std::size_t needed = std::min<std::size_t>(block, out.size()) + kLz4Room;
  if (scratch.size() < needed) scratch.resize(needed);

  std::size_t at = kHeader;
  std::size_t number = 0;
  return for_each_block(
      out.size(), element_size, block,
      [&](std::size_t offset, std::size_t size) -> std::string {
        if (chunk.size() - at < 4) return cut_short();
        const std::size_t stored = read_big_endian(chunk.subspan(at), 4);
        at += 4;
        if (chunk.size() - at < stored) return cut_short();
        const std::span<std::uint8_t> shuffled(scratch.data(), size + kLz4Room);
        if (!decompress(chunk.subspan(at), stored, shuffled)) return fmt::format("damaged {} block {}", codec, number);
        at += stored;
        ++number;
        bit_untranspose(shuffled.data(), out.data() + offset, size / element_size, element_size);
        return {};
      },
      [&](std::size_t offset) -> std::string {
        if (chunk.size() - at < out.size() - offset) return cut_short();
        std::memcpy(out.data() + offset, chunk.data() + at, out.size() - offset);
        return {};
      });
}

}  // namespace

std::string decode_bitshuffle_lz4(Bytes chunk, std::size_t element_size, std::span<std::uint8_t> out,
                                  std::vector<std::uint8_t>& scratch) {
  return decode_blocks(chunk, element_size, out, scratch, decompress_shuffled_lz4, "LZ4");
}

std::string decode_bitshuffle_zstd(Bytes chunk, std::size_t element_size, std::span<std::uint8_t> out,
                                   std::vector<std::uint8_t>& scratch) {
  return decode_blocks(chunk, element_size, out, scratch, decompress_shuffled_zstd, "zstd");
}

std::string decode_bitshuffle(Bytes chunk, std::size_t element_size, std::size_t block_elements,
                              std::span<std::uint8_t> out) {
  DCTPREP_ASSERT(valid_element_size(element_size));
  if (chunk.size() < out.size()) return cut_short();
  if (out.size() % element_size != 0) return "chunk of broken elements";
  if (block_elements == 0) block_elements = default_block_elements(element_size);
  if (block_elements % 8 != 0 || block_elements > UINT32_MAX) return "impossible block size";
  return for_each_block(
      out.size(), element_size, block_elements * element_size,
      [&](std::size_t offset, std::size_t size) -> std::string {
        bit_untranspose(chunk.data() + offset, out.data() + offset, size / element_size, element_size);
        return {};
      },
      [&](std::size_t offset) -> std::string {
        std::memcpy(out.data() + offset, chunk.data() + offset, out.size() - offset);
        return {};
      });
}

std::string decode_lz4(Bytes chunk, std::span<std::uint8_t> out) {
  if (chunk.size() < kHeader) return cut_short();
  const std::uint64_t total = read_big_endian(chunk, 8);
  if (total != out.size()) return fmt::format("chunk of {} bytes where {} were expected", total, out.size());
  const std::uint64_t block = read_big_endian(chunk.subspan(8), 4);
  if (block == 0 && total != 0) return "impossible block size 0";
  std::size_t at = kHeader;
  std::size_t number = 0;
  for (std::size_t offset = 0; offset < out.size(); ++number) {
    const std::size_t size = std::min<std::size_t>(block, out.size() - offset);
    if (chunk.size() - at < 4) return cut_short();
    const std::size_t stored = read_big_endian(chunk.subspan(at), 4);
    at += 4;
    if (chunk.size() - at < stored) return cut_short();
    if (stored == size) {  // a block that LZ4 could not make smaller is stored as it is
      std::memcpy(out.data() + offset, chunk.data() + at, size);
    } else if (!decompress_lz4(chunk.subspan(at, stored), out.subspan(offset, size))) {
      return fmt::format("damaged LZ4 block {}", number);
    }
    at += stored;
    offset += size;
  }
  return {};
}

std::vector<std::uint8_t> encode_bitshuffle_lz4(Bytes data, std::size_t element_size) {
  DCTPREP_ASSERT(valid_element_size(element_size) && data.size() % element_size == 0);
  const std::size_t block = default_block_elements(element_size) * element_size;
  std::vector<std::uint8_t> shuffled(std::min(block, data.size()));
  std::vector<std::uint8_t> chunk(kHeader);
  store_big_endian(chunk.data(), data.size(), 8);
  store_big_endian(chunk.data() + 8, block, 4);
  for_each_block(
      data.size(), element_size, block,
      [&](std::size_t offset, std::size_t size) -> std::string {
        bit_transpose(data.data() + offset, shuffled.data(), size / element_size, element_size);
        const std::size_t at = chunk.size();
        const int bound = LZ4_compressBound(static_cast<int>(size));
        chunk.resize(at + 4 + static_cast<std::size_t>(bound));
        const int stored =
            LZ4_compress_default(reinterpret_cast<const char*>(shuffled.data()),
                                 reinterpret_cast<char*>(chunk.data() + at + 4), static_cast<int>(size), bound);
        DCTPREP_ASSERT(stored > 0);
        store_big_endian(chunk.data() + at, static_cast<std::uint64_t>(stored), 4);
        chunk.resize(at + 4 + static_cast<std::size_t>(stored));
        return {};
      },
      [&](std::size_t offset) -> std::string {
        chunk.insert(chunk.end(), data.begin() + static_cast<std::ptrdiff_t>(offset), data.end());
        return {};
      });
  return chunk;
}

}  // namespace dctprep
