// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/write/bitshuffle_filter.h"

#include <array>
#include <cstdint>
#include <cstring>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "dctprep/base/hdf5.h"
#include "dctprep/kernels/chunk_codec.h"

namespace dctprep {

namespace {

using Bytes = std::vector<std::uint8_t>;

constexpr H5Z_filter_t kBitshuffle = 32008;
// What the bitshuffle plugin keeps with a dataset: its version, the element size, its own choice of block size, LZ4.
enum BitshuffleValue : std::size_t { kElementSize = 2, kBlock = 3, kCodec = 4, kValues = 5 };
constexpr unsigned kLz4 = 2, kZstd = 3;
// Undoes bitshuffle as the filter values say. Returns "" or what is wrong.
std::string undo_bitshuffle(std::span<const unsigned> values, std::span<const std::uint8_t> chunk,
                            std::span<std::uint8_t> out) {
  if (values.size() < kValues) return "incomplete bitshuffle parameters";
  const std::size_t element_size = values[kElementSize];
  if (element_size != 1 && element_size != 2 && element_size != 4 && element_size != 8) {
    return "impossible bitshuffle element size";
  }
  const unsigned codec = values[kCodec];
  Bytes scratch;
  if (codec == kLz4) return decode_bitshuffle_lz4(chunk, element_size, out, scratch);
  if (codec == kZstd) return decode_bitshuffle_zstd(chunk, element_size, out, scratch);
  if (codec == 0) return decode_bitshuffle(chunk, element_size, values[kBlock], out);
  return "unknown bitshuffle compression";
}

// Size after decompression: what the chunk's header claims.
std::uint64_t claimed_size(std::span<const unsigned> values, std::span<const std::uint8_t> chunk) {
  if (values[kCodec] == 0) return chunk.size();
  std::uint64_t size = 0;
  for (std::size_t i = 0; i < 8 && i < chunk.size(); ++i) size = size << 8 | chunk[i];
  return size;
}

// The body of H5Z_func_t; 0 is failure.
std::size_t filter_chunk(bool decode, std::span<const unsigned> values, std::span<const std::uint8_t> input,
                         std::size_t* capacity, void** buffer) {
  if (values.size() < kValues) return 0;
  Bytes packed;
  std::uint64_t size = 0;
  if (decode) {
    size = claimed_size(values, input);
    if (size == 0 || size > UINT32_MAX) return 0;
  } else {
    if (values[kCodec] != kLz4) return 0;
    packed = encode_bitshuffle_lz4(input, values[kElementSize]);
    size = packed.size();
  }
  auto* output = static_cast<std::uint8_t*>(H5allocate_memory(size, false));
  if (output == nullptr) return 0;
  if (decode && !undo_bitshuffle(values, input, {output, size}).empty()) {
    H5free_memory(output);
    return 0;
  }
  if (!decode) std::memcpy(output, packed.data(), size);
  H5free_memory(*buffer);
  *buffer = output;
  *capacity = size;
  return size;
}

std::size_t bitshuffle_callback(unsigned flags, std::size_t count, const unsigned values[], std::size_t bytes,
                                std::size_t* capacity, void** buffer) {
  try {
    return filter_chunk((flags & H5Z_FLAG_REVERSE) != 0, {values, count},
                        {static_cast<const std::uint8_t*>(*buffer), bytes}, capacity, buffer);
  } catch (...) {  // memory: HDF5 is C and knows no exceptions
    return 0;
  }
}

}  // namespace

void register_bitshuffle() {
  static std::once_flag once;
  std::call_once(once, [] {
    H5Z_class2_t filter{};
    filter.version = H5Z_CLASS_T_VERS;
    filter.id = kBitshuffle;
    filter.encoder_present = filter.decoder_present = 1;
    filter.name = "bitshuffle; see https://github.com/kiyo-masui/bitshuffle";
    filter.filter = bitshuffle_callback;
    hdf5::check_status(H5Zregister(&filter), "bitshuffle filter");
  });
}

void set_bitshuffle_lz4(hid_t creation_list, unsigned element_size) {
  register_bitshuffle();
  const std::array<unsigned, kValues> values{0, 3, element_size, 0, kLz4};
  hdf5::check_status(H5Pset_filter(creation_list, kBitshuffle, H5Z_FLAG_OPTIONAL, values.size(), values.data()),
                     "bitshuffle filter");
}

}  // namespace dctprep
