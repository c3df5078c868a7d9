// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/kernels/lz4_block.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <lz4.h>
#include <lz4hc.h>
#include <optional>
#include <random>
#include <vector>

#include "dctprep/kernels/on_every_target_test.h"

namespace dctprep {
namespace {

using Buffer = std::vector<std::uint8_t>;

// Stretches of noise, of one value, and of what lies some bytes back, over and over: all that a match can be.
Buffer stretches(std::mt19937& random, std::size_t size) {
  Buffer data;
  while (data.size() < size) {
    const std::size_t length = 1 + random() % (random() % 4 == 0 ? 900 : 40);
    const std::size_t back = random() % 3 == 0 ? 1 + random() % 70 : 1 + random() % 3000;
    const bool repeats = random() % 3 != 0 && back <= data.size();
    for (std::size_t i = 0; i < length; ++i)
      data.push_back(repeats ? data[data.size() - back] : static_cast<std::uint8_t>(random()));
  }
  data.resize(size);
  return data;
}

Buffer compressed(const Buffer& data, bool thoroughly) {
  Buffer block(static_cast<std::size_t>(LZ4_compressBound(static_cast<int>(data.size()))));
  const auto* from = reinterpret_cast<const char*>(data.data());
  auto* to = reinterpret_cast<char*>(block.data());
  const int length = static_cast<int>(data.size()), room = static_cast<int>(block.size());
  const int size =
      thoroughly ? LZ4_compress_HC(from, to, length, room, 9) : LZ4_compress_default(from, to, length, room);
  block.resize(static_cast<std::size_t>(size));
  return block;
}

// With `behind` bytes behind the block, in memory that holds no byte more.
std::optional<Buffer> decoded(const Buffer& block, std::size_t behind, std::size_t size) {
  Buffer from(block);
  from.resize(block.size() + behind, 0xff);
  from.shrink_to_fit();
  Buffer out(size + kLz4Room, 0xee);
  if (!decode_lz4_block(from, block.size(), out)) return std::nullopt;
  out.resize(size);
  return out;
}

// None where it is refused.
std::optional<Buffer> by_liblz4(const Buffer& block, std::size_t size) {
  Buffer out(size);
  const int got = LZ4_decompress_safe(reinterpret_cast<const char*>(block.data()), reinterpret_cast<char*>(out.data()),
                                      static_cast<int>(block.size()), static_cast<int>(size));
  return got == static_cast<int>(size) ? std::optional(out) : std::nullopt;
}

// Runs body(name of the target) on every instruction set, which returns how many blocks were decoded: at least `least`
// and the same on all, but none where there is no decoder.
template <class Body>
void on_every_decoder(int least, const Body& body) {
  std::vector<int> taken;
  on_every_target([&](const char* target) {
    if (const int count = body(target); count > 0) taken.push_back(count);
  });
  ASSERT_FALSE(taken.empty());
  for (const int count : taken) EXPECT_EQ(count, taken.front());
  EXPECT_GE(taken.front(), least);
}

TEST(Lz4Block, GivesWhatWasCompressed) {
  constexpr int kRounds = 600;
  on_every_decoder(kRounds, [](const char* target) {
    std::mt19937 random(1);
    int taken = 0;
    for (int round = 0; round < kRounds; ++round) {
      const Buffer data = stretches(random, 1 + random() % 9000);
      const Buffer block = compressed(data, round % 2 == 0);
      const auto got = decoded(block, kLz4Room + random() % 3, data.size());
      if (!got) continue;
      ++taken;
      EXPECT_EQ(got, data) << target << ", round " << round;
    }
    return taken;
  });
}

TEST(Lz4Block, IsLeftToLiblz4WhereLittleLiesBehindIt) {
  std::mt19937 random(2);
  const Buffer data = stretches(random, 5000);
  for (std::size_t behind = 0; behind < kLz4Room; ++behind) {
    EXPECT_EQ(decoded(compressed(data, false), behind, data.size()), std::nullopt);
  }
}

// Damage anywhere, at the ends above all, and wrong sizes: what is decoded is what liblz4 takes for good.
TEST(Lz4Block, TakesNothingThatLiblz4Refuses) {
  on_every_decoder(5000, [](const char* target) {
    std::mt19937 random(3);
    int taken = 0;
    for (int round = 0; round < 30000; ++round) {
      const Buffer data = stretches(random, 1 + random() % 400);
      Buffer block = compressed(data, false);
      for (auto flips = random() % 3; flips > 0; --flips) {
        const std::size_t near_end = std::min<std::size_t>(block.size(), 24);
        const std::size_t at = random() % 2 == 0 ? random() % block.size() : block.size() - 1 - random() % near_end;
        block[at] = static_cast<std::uint8_t>(random() % 2 == 0 ? random() : block[at] ^ (1u << random() % 8));
      }
      if (random() % 4 == 0) block.resize(block.size() - random() % block.size());
      std::size_t size = data.size();
      if (random() % 4 == 0) size = std::max<std::size_t>(1, size + random() % 25 - 12);
      const auto got = decoded(block, kLz4Room, size);
      if (!got) continue;
      ++taken;
      EXPECT_EQ(got, by_liblz4(block, size)) << target << ", round " << round;
    }
    return taken;
  });
}

// A match of `length` bytes, `offset` back, between some literals and the last ones.
Buffer two_sequences(std::size_t literals, std::size_t offset, std::size_t length, std::size_t last) {
  Buffer block{static_cast<std::uint8_t>(literals << 4 | std::min<std::size_t>(15, length - 4))};
  for (std::size_t i = 0; i < literals; ++i) block.push_back(static_cast<std::uint8_t>(i));
  block.insert(block.end(), {static_cast<std::uint8_t>(offset), 0});
  if (length >= 19) {
    block.insert(block.end(), (length - 19) / 255, 255);
    block.push_back(static_cast<std::uint8_t>((length - 19) % 255));
  }
  block.push_back(static_cast<std::uint8_t>(last << 4));
  block.insert(block.end(), last, 99);
  return block;
}

TEST(Lz4Block, IsAsStrictAtTheEndsAsLiblz4) {
  on_every_decoder(500, [](const char* target) {
    int taken = 0;
    for (std::size_t literals = 1; literals < 15; ++literals) {
      for (const std::size_t length : {4, 5, 6, 7, 8, 12, 16, 17, 18, 19, 20, 40, 273, 274, 600, 1100, 2000}) {
        for (std::size_t last = 0; last < 15; ++last) {
          const Buffer block = two_sequences(literals, literals, length, last);
          const auto got = decoded(block, kLz4Room, literals + length + last);
          if (!got) continue;
          ++taken;
          EXPECT_EQ(got, by_liblz4(block, literals + length + last))
              << target << ": " << literals << ", " << length << ", " << last;
        }
      }
    }
    return taken;
  });
}

TEST(Lz4Block, RefusesMatchesFromNowhere) {
  on_every_target([](const char* target) {
    for (const std::size_t offset : {0, 11, 200}) {
      EXPECT_EQ(decoded(two_sequences(10, offset, 30, 10), kLz4Room, 50), std::nullopt) << target << ": " << offset;
    }
  });
}

}  // namespace
}  // namespace dctprep
