// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/kernels/chunk_codec.h"

#include <fstream>
#include <gtest/gtest.h>
#include <iterator>
#include <random>
#include <vector>

#include "dctprep/kernels/lz4_block.h"
#include "dctprep/testing/testing.h"

namespace dctprep {
namespace {

using testing::TemporaryFolder;
using Buffer = std::vector<std::uint8_t>;

Buffer read_bytes(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return Buffer(std::istreambuf_iterator<char>(file), {});
}

// Pixels that compress in part.
Buffer pixels(std::size_t size, std::size_t element_size) {
  std::mt19937 random(static_cast<unsigned>(size));
  Buffer bytes(size * element_size);
  for (std::size_t i = 0; i < size; ++i) {
    bytes[i * element_size] = static_cast<std::uint8_t>(random() % 60);
    if (i % 97 == 0) bytes[(i + 1) * element_size - 1] = static_cast<std::uint8_t>(random());
  }
  return bytes;
}

// Every chunk in the folder is NAME_CODEC_ELEMENTSIZE_BLOCK.chunk, its pixels the same with .pixels.
std::string decode(const std::string& codec, std::size_t element_size, std::size_t block, const Buffer& chunk,
                   Buffer& out) {
  Buffer scratch;
  if (codec == "bslz4") return decode_bitshuffle_lz4(chunk, element_size, out, scratch);
  if (codec == "bszstd") return decode_bitshuffle_zstd(chunk, element_size, out, scratch);
  if (codec == "bs") return decode_bitshuffle(chunk, element_size, block, out);
  return decode_lz4(chunk, out);
}

int decode_all(const std::filesystem::path& folder) {
  int decoded = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".chunk") continue;
    const std::string name = entry.path().stem();
    const std::size_t first = name.find('_'), second = name.find('_', first + 1), third = name.find('_', second + 1);
    const std::string codec = name.substr(first + 1, second - first - 1);
    const std::size_t element_size = std::stoul(name.substr(second + 1)), block = std::stoul(name.substr(third + 1));
    const Buffer chunk = read_bytes(entry.path());
    const Buffer expected = read_bytes(std::filesystem::path(entry.path()).replace_extension(".pixels"));
    Buffer out(expected.size(), 0xee);
    EXPECT_EQ(decode(codec, element_size, block, chunk, out), "") << name;
    EXPECT_EQ(out, expected) << name;
    ++decoded;
  }
  return decoded;
}

TEST(ChunkCodec, ReadsWhatThePluginsWrite) {
  const TemporaryFolder folder;
  const auto result = testing::run_python(R"(
import h5py, numpy as np, itertools
rng = np.random.default_rng(1)
f = h5py.File('all.h5', 'w')
n = 0
for dtype, size in itertools.product(['u1', 'u2', 'i4', 'f8'], [1, 7, 8, 9, 127, 4096, 4097, 9999, 33331]):
    data = rng.poisson(20, size).astype(dtype)
    for codec, filter, options in [('bslz4', 32008, (0, 2)), ('bslz4', 32008, (1024, 2)), ('bs', 32008, (0, 0)), ('bs', 32008, (256, 0)), ('lz4', 32004, (0,)), ('lz4', 32004, (1000,))]:
        d = f.create_dataset(f'{n}', data=data, chunks=(size,), compression=filter, compression_opts=options)
        mask, chunk = d.id.read_direct_chunk((0,))
        assert mask == 0
        name = f'{n}_{codec}_{data.itemsize}_{options[0]}'
        open(name + '.chunk', 'wb').write(chunk)
        data.tofile(name + '.pixels')
        n += 1
)",
                                          folder.path());
  ASSERT_EQ(result.status, 0) << result.output;
  EXPECT_EQ(decode_all(folder.path()), 4 * 9 * 6);
}

// The plugin of Debian has no zstd: numpy's bits and the zstd program stand in for it.
TEST(ChunkCodec, ReadsBitshuffleZstd) {
  const TemporaryFolder folder;
  const auto result = testing::run_python(R"(
import numpy as np, struct, subprocess, sys
rng = np.random.default_rng(1)
def shuffled(block):
    bits = np.unpackbits(block.view(np.uint8).reshape(block.size, -1), axis=1, bitorder='little')
    return np.packbits(bits.T.copy(), axis=1, bitorder='little').tobytes()
for n, (dtype, size, elements) in enumerate([('u1', 100, 0), ('u2', 9001, 0), ('u2', 9001, 2048), ('u4', 2053, 0), ('u8', 2048, 64)]):
    data = rng.poisson(20, size).astype(dtype)
    block = elements or max(8192 // data.itemsize, 128)
    chunk = struct.pack('>QI', data.nbytes, elements * data.itemsize)
    end = size - size % 8
    for at in range(0, end, block):
        packed = subprocess.run(['zstd', '-q', '-c'], input=shuffled(data[at:min(end, at + block)]), stdout=subprocess.PIPE, check=True).stdout
        chunk += struct.pack('>I', len(packed)) + packed
    chunk += data[end:].tobytes()
    name = f'{n}_bszstd_{data.itemsize}_0'
    open(name + '.chunk', 'wb').write(chunk)
    data.tofile(name + '.pixels')
)",
                                          folder.path());
  ASSERT_EQ(result.status, 0) << result.output;
  EXPECT_EQ(decode_all(folder.path()), 5);
}

TEST(ChunkCodec, ThePluginReadsWhatIsEncoded) {
  const TemporaryFolder folder;
  for (const std::size_t element_size : {1, 2, 4, 8}) {
    for (const std::size_t size : {1, 8, 13, 4096, 10001}) {
      const Buffer data = pixels(size, element_size);
      const Buffer chunk = encode_bitshuffle_lz4(data, element_size);
      const std::string name = std::to_string(size) + "_u" + std::to_string(element_size);
      std::ofstream(folder / (name + ".pixels"), std::ios::binary)
          .write(reinterpret_cast<const char*>(data.data()), static_cast<std::streamsize>(data.size()));
      std::ofstream(folder / (name + ".chunk"), std::ios::binary)
          .write(reinterpret_cast<const char*>(chunk.data()), static_cast<std::streamsize>(chunk.size()));
    }
  }
  const auto result = testing::run_python(R"(
import h5py, numpy as np, glob
f = h5py.File('all.h5', 'w')
names = glob.glob('*.chunk')
assert len(names) == 20
for name in names:
    size, dtype = name[:-6].split('_')
    d = f.create_dataset(name, (int(size),), dtype, chunks=(int(size),), compression=32008, compression_opts=(0, 2))
    d.id.write_direct_chunk((0,), open(name, 'rb').read())
    assert np.array_equal(d[()], np.fromfile(name.replace('chunk', 'pixels'), dtype)), name
)",
                                          folder.path());
  EXPECT_EQ(result.status, 0) << result.output;
}

TEST(ChunkCodec, DamageIsReportedOrHarmlessButNeverOutOfBounds) {
  const Buffer data = pixels(5003, 2);
  const Buffer good = encode_bitshuffle_lz4(data, 2);
  std::mt19937 random(5);
  for (const std::string codec : {"bslz4", "bszstd", "bs", "lz4"}) {
    for (std::size_t size = 0; size < good.size(); size += size < 64 ? 1 : 37) {
      const Buffer cut(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size));
      Buffer out(data.size());
      EXPECT_NE(decode(codec, 2, 0, cut, out), "") << codec << " cut at " << size;
    }
    for (int i = 0; i < 3000; ++i) {
      Buffer flipped = good;
      const std::size_t span = i % 2 == 0 ? 24 : flipped.size();
      flipped[random() % span] ^= static_cast<std::uint8_t>(1 << random() % 8);
      Buffer out(data.size());
      decode(codec, 2, 0, flipped, out);
    }
  }
}

TEST(ChunkCodec, AHeaderThatLiesIsRefused) {
  const Buffer data = pixels(4096, 2);
  const Buffer good = encode_bitshuffle_lz4(data, 2);
  Buffer scratch;
  Buffer larger(data.size() + 2), smaller(data.size() - 2);
  EXPECT_NE(decode_bitshuffle_lz4(good, 2, larger, scratch), "");
  EXPECT_NE(decode_bitshuffle_lz4(good, 2, smaller, scratch), "");
  Buffer block = good;
  block[11] = 7;  // no whole number of elements
  Buffer out(data.size());
  EXPECT_NE(decode_bitshuffle_lz4(block, 2, out, scratch), "");
  Buffer huge = good;  // a block larger than the chunk is odd, but whole
  huge[8] = 0xf0;
  EXPECT_EQ(decode_bitshuffle_lz4(huge, 2, out, scratch), "");
  EXPECT_EQ(out, data);
  EXPECT_LE(scratch.size(), data.size() + kLz4Room);
}

}  // namespace
}  // namespace dctprep
