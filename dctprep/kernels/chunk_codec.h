// SPDX-License-Identifier: BSD-3-Clause
// One chunk of pixels, compressed and back: bitshuffle, alone or with LZ4 or zstd (HDF5 filter 32008), and LZ4 (32004).
// Safe on any bytes: what is damaged is reported, never read or written out of bounds.
//
// Formats: bitshuffle: github.com/kiyo-masui/bitshuffle (bshuf_h5filter.c); LZ4: HDF5 plugin repository (H5Zlz4.c).
//
// Bitshuffle works on blocks of elements, a multiple of 8 each; the last block is the largest multiple of 8 that is
// left, and up to 7 elements behind it are stored as they are.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace dctprep {

// The decoders fill `out` with what `chunk` holds, and return "" or what is wrong, e.g. "damaged LZ4 block 3"; `out` is
// then undefined. The size of `out` is known beforehand, and a chunk of another one is wrong. Bytes behind the end are
// ignored. `element_size` is 1, 2, 4 or 8. `scratch` is grown as needed and may be kept between calls. Thread-safe.

// Undoes bitshuffle + LZ4. `chunk` begins with the 12-byte header (uint64 BE uncompressed size, uint32 BE block size,
// both in bytes; block size 0 is the default one).
std::string decode_bitshuffle_lz4(std::span<const std::uint8_t> chunk, std::size_t element_size,
                                  std::span<std::uint8_t> out, std::vector<std::uint8_t>& scratch);
// The same with zstd in place of LZ4.
std::string decode_bitshuffle_zstd(std::span<const std::uint8_t> chunk, std::size_t element_size,
                                   std::span<std::uint8_t> out, std::vector<std::uint8_t>& scratch);
// Bitshuffle alone, without a header, in blocks of `block_elements` (0: the default).
std::string decode_bitshuffle(std::span<const std::uint8_t> chunk, std::size_t element_size, std::size_t block_elements,
                              std::span<std::uint8_t> out);
// The HDF5 LZ4 filter (32004): header (uint64 BE size, uint32 BE block size), then blocks with their uint32 BE sizes.
std::string decode_lz4(std::span<const std::uint8_t> chunk, std::span<std::uint8_t> out);

// Bitshuffle + LZ4 of `data`, a whole number of elements, as a chunk that filter 32008 reads.
std::vector<std::uint8_t> encode_bitshuffle_lz4(std::span<const std::uint8_t> data, std::size_t element_size);

}  // namespace dctprep
