// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/draw/png.h"

#include <array>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <gtest/gtest.h>
#include <random>
#include <sstream>

#include "dctprep/base/error.h"
#include "dctprep/testing/testing.h"

namespace dctprep::draw {
namespace {

namespace fs = std::filesystem;

// A PNG reader of its own: header, checksums of all chunks, inflation, the five filters.
constexpr const char* kReader = R"(
import struct, zlib
def read(path):
    data = open(path, 'rb').read()
    assert data[:8] == b'\x89PNG\r\n\x1a\n'
    at, body, kinds = 8, b'', []
    while at < len(data):
        n, kind = struct.unpack('>I4s', data[at:at + 8])
        chunk = data[at + 8:at + 8 + n]
        assert zlib.crc32(kind + chunk) == struct.unpack('>I', data[at + 8 + n:at + 12 + n])[0]
        if kind == b'IHDR': w, h, depth, colour, _, _, interlace = struct.unpack('>IIBBBBB', chunk)
        if kind == b'IDAT': body += chunk
        kinds.append(kind)
        at += 12 + n
    assert kinds[-1] == b'IEND' and depth == 8 and interlace == 0 and at == len(data)
    channels = {0: 1, 2: 3}[colour]
    raw, stride, rows, above = zlib.decompress(body), w * channels, [], None
    assert len(raw) == h * (stride + 1)
    above = bytes(stride)
    for y in range(h):
        kind, row = raw[y * (stride + 1)], bytearray(raw[y * (stride + 1) + 1:(y + 1) * (stride + 1)])
        for i in range(stride):
            a = row[i - channels] if i >= channels else 0
            b = above[i]
            c = above[i - channels] if i >= channels else 0
            p = a + b - c
            paeth = min((abs(p - a), 0, a), (abs(p - b), 1, b), (abs(p - c), 2, c))[2]
            row[i] = (row[i] + [0, a, b, (a + b) // 2, paeth][kind]) & 255
        rows.append(bytes(row))
        above = row
    return w, h, channels, b''.join(rows)
)";

std::string expect_same(const testing::TemporaryFolder& folder, int width, int height, int channels) {
  std::ostringstream program;
  program << kReader << "w, h, c, pixels = read('picture.png')\n"
          << "assert (w, h, c) == (" << width << ", " << height << ", " << channels << "), (w, h, c)\n"
          << "assert pixels == open('pixels.raw', 'rb').read()\n";
  const testing::CommandResult result = testing::run_python(program.str(), folder.path());
  return result.status == 0 ? "" : result.output;
}

TEST(Png, CanvasReadsBackTheSame) {
  std::mt19937 random(9);
  for (const auto& [width, height] : {std::pair{1, 1}, {1, 37}, {41, 1}, {123, 77}}) {
    testing::TemporaryFolder folder;
    Canvas canvas(width, height, {250, 240, 10});
    for (int i = 0; i < 30; ++i) {
      const Colour colour{static_cast<std::uint8_t>(random()), static_cast<std::uint8_t>(random()),
                          static_cast<std::uint8_t>(random())};
      canvas.disc({static_cast<double>(random() % 130), static_cast<double>(random() % 80)}, 9, colour, 0.7);
    }
    canvas.text({5, 30}, "PNG", {.size = 2});
    write_png(folder / "picture.png", canvas);
    std::ofstream(folder / "pixels.raw", std::ios::binary)
        .write(reinterpret_cast<const char*>(canvas.pixels().data()), 3L * width * height);
    EXPECT_EQ(expect_same(folder, width, height, 3), "");
  }
}

TEST(Png, GreyViewWithAStrideReadsBackTheSame) {
  testing::TemporaryFolder folder;
  Image<std::uint8_t> image(50, 61);
  for (std::size_t i = 0; i < image.size(); ++i) image.data()[i] = static_cast<std::uint8_t>(i * i / 7);
  const ImageView<const std::uint8_t> crop = image.view().crop(3, 40, 5, 48);
  write_png(folder / "picture.png", crop);
  std::ofstream raw(folder / "pixels.raw", std::ios::binary);
  for (int v = 0; v < crop.height(); ++v) raw.write(reinterpret_cast<const char*>(crop.row(v)), crop.width());
  raw.close();
  EXPECT_EQ(expect_same(folder, 43, 37, 1), "");
}

TEST(Png, RefusesToOverwriteAndBadPlaces) {
  testing::TemporaryFolder folder;
  const Canvas canvas(4, 3);
  write_png(folder / "a.png", canvas);
  EXPECT_THROW(write_png(folder / "a.png", canvas), Error);
  EXPECT_NO_THROW(write_png(folder / "a.png", canvas, true));
  EXPECT_THROW(write_png(folder / "missing" / "a.png", canvas), Error);
  EXPECT_THROW(write_png(folder.path(), canvas, true), Error);
  EXPECT_THROW(write_png(folder / "b.png", ImageView<const std::uint8_t>()), Error);
  // Nothing half-written is left beside it.
  EXPECT_EQ(std::distance(fs::directory_iterator(folder.path()), fs::directory_iterator()), 1);
}

TEST(Png, FullDiskIsAnError) {
  if (!fs::exists("/dev/full")) GTEST_SKIP() << "no /dev/full here";
  testing::TemporaryFolder folder;
  // The part file's name goes to a device that takes nothing.
  std::array<char, 256> host{};
  ASSERT_EQ(gethostname(host.data(), host.size() - 1), 0);
  fs::create_symlink("/dev/full", folder / fmt::format("c.png.part-{}-{}", host.data(), getpid()));
  EXPECT_THROW(write_png(folder / "c.png", Canvas(300, 300)), Error);
  EXPECT_FALSE(fs::exists(folder / "c.png"));
}

}  // namespace
}  // namespace dctprep::draw
