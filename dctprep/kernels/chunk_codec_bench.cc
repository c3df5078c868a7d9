// SPDX-License-Identifier: BSD-3-Clause
// Decoding of one frame of 2048 x 2048 pixels; bytes are those decoded.
#include <string>
#include <zstd.h>

#include "dctprep/kernels/bitshuffle.h"
#include "dctprep/kernels/chunk_codec.h"
#include "dctprep/kernels/on_every_backend_bench.h"

namespace dctprep {
namespace {

constexpr std::size_t kPixels = std::size_t{2048} * 2048;
constexpr std::size_t kBlockBytes = 8192;

std::span<const std::uint8_t> bytes_of(const std::vector<std::uint16_t>& pixels) {
  return {reinterpret_cast<const std::uint8_t*>(pixels.data()), 2 * pixels.size()};
}

const std::vector<std::uint16_t>& frame() {
  static const std::vector<std::uint16_t> pixels = noise_pixels(kPixels);
  return pixels;
}

void put_big_endian(std::vector<std::uint8_t>& out, std::uint64_t value, int bytes) {
  for (int i = bytes - 1; i >= 0; --i) out.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
}

// The header and blocks of bitshuffle + zstd, as in chunk_codec.h.
std::vector<std::uint8_t> encode_bitshuffle_zstd(std::span<const std::uint8_t> data) {
  std::vector<std::uint8_t> chunk, shuffled(kBlockBytes), packed(ZSTD_compressBound(kBlockBytes));
  put_big_endian(chunk, data.size(), 8);
  put_big_endian(chunk, kBlockBytes, 4);
  for (std::size_t at = 0; at < data.size(); at += kBlockBytes) {
    bit_transpose(data.data() + at, shuffled.data(), kBlockBytes / 2, 2);
    const std::size_t size = ZSTD_compress(packed.data(), packed.size(), shuffled.data(), kBlockBytes, 3);
    put_big_endian(chunk, size, 4);
    chunk.insert(chunk.end(), packed.begin(), packed.begin() + static_cast<std::ptrdiff_t>(size));
  }
  return chunk;
}

template <class Decode>
void decode(benchmark::State& state, const std::vector<std::uint8_t>& chunk, const Decode& function) {
  std::vector<std::uint8_t> out(2 * kPixels), scratch;
  for (auto _ : state) {
    const std::string wrong = function(chunk, 2, out, scratch);
    if (!wrong.empty()) state.SkipWithError(wrong.c_str());
    benchmark::ClobberMemory();
  }
  set_bytes(state, out.size());
}

[[maybe_unused]] const bool registered[] = {
    bench_on_every_backend("bit_untranspose",
                           [](benchmark::State& state) {
                             const auto in = bytes_of(frame());
                             std::vector<std::uint8_t> out(kBlockBytes);
                             for (auto _ : state) {
                               for (std::size_t at = 0; at < in.size(); at += kBlockBytes)
                                 bit_untranspose(in.data() + at, out.data(), kBlockBytes / 2, 2);
                               benchmark::ClobberMemory();
                             }
                             set_bytes(state, in.size());
                           }),
    bench_on_every_backend("decode_bitshuffle_lz4",
                           [](benchmark::State& state) {
                             static const auto chunk = encode_bitshuffle_lz4(bytes_of(frame()), 2);
                             decode(state, chunk, decode_bitshuffle_lz4);
                           }),
    bench_on_every_backend("decode_bitshuffle_zstd",
                           [](benchmark::State& state) {
                             static const auto chunk = encode_bitshuffle_zstd(bytes_of(frame()));
                             decode(state, chunk, decode_bitshuffle_zstd);
                           }),
};

}  // namespace
}  // namespace dctprep
