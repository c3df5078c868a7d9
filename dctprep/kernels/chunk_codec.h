// One chunk of pixels, compressed and back: bitshuffle with LZ4 or zstd (HDF5 filter 32008), LZ4 (32004), shuffle and
// deflate. Safe on any bytes: what is damaged is reported, never read or written out of bounds.
//
// Formats: bitshuffle: github.com/kiyo-masui/bitshuffle (bshuf_h5filter.c); LZ4: HDF5 plugin repository (H5Zlz4.c).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace dctprep {

// Undoes bitshuffle + LZ4 of a whole chunk of `out.size()` bytes of `element_size`-byte elements. `chunk` begins with the 12-byte
// header (uint64 BE uncompressed size, uint32 BE block size in bytes). `scratch` is grown as needed and may be kept between
// calls. Returns "" or what is wrong, e.g. "damaged LZ4 block 3". Thread-safe.
std::string decode_bitshuffle_lz4(std::span<const std::uint8_t> chunk, std::size_t element_size,
                                  std::span<std::uint8_t> out, std::vector<std::uint8_t>& scratch);
// The same with zstd in place of LZ4.
std::string decode_bitshuffle_zstd(std::span<const std::uint8_t> chunk, std::size_t element_size,
                                   std::span<std::uint8_t> out, std::vector<std::uint8_t>& scratch);
// Bitshuffle alone (filter 32008 without compression).
std::string decode_bitshuffle(std::span<const std::uint8_t> chunk, std::size_t element_size, std::span<std::uint8_t> out);
// The HDF5 LZ4 filter (32004): header (uint64 BE size, uint32 BE block size), then blocks with their uint32 BE sizes.
std::string decode_lz4(std::span<const std::uint8_t> chunk, std::span<std::uint8_t> out);

// Bitshuffle + LZ4 of `data`, as a chunk that filter 32008 reads.
std::vector<std::uint8_t> encode_bitshuffle_lz4(std::span<const std::uint8_t> data, std::size_t element_size);

}  // namespace dctprep
