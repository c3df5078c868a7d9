// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/read/read_mask.h"

#include <fstream>
#include <gtest/gtest.h>
#include <sstream>

#include "dctprep/base/error.h"
#include "dctprep/read/open_scan.h"
#include "dctprep/testing/testing.h"

namespace dctprep {
namespace {

namespace fs = std::filesystem;
using testing::TemporaryFolder;

constexpr int kHeight = 5, kWidth = 7;

std::string error_of_mask(const std::string& path) {
  try {
    read_mask(path, kHeight, kWidth);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(ReadMask, OfEveryFormatAndType) {
  const TemporaryFolder folder;
  const auto made = testing::run_python(R"(
import numpy as np, h5py, tifffile, gzip
from fabio.edfimage import EdfImage
mask = (np.random.default_rng(1).random((5, 7)) < 0.4)
print(''.join('1' if m else '0' for m in mask.ravel()))
for code in ('b1', 'u1', 'i1', '<u2', '>u2', '<i2', '>i4', '<u8', '>i8', '<f2', '>f2', '<f4', '>f4', '<f8', '>f8'):
    data = mask.astype(code)
    if code[-2] in 'if': data = -data  # and zeros of negative sign
    np.save('c_%s.npy' % code.strip('<>') + ('b' if '>' in code else 'l') + '.npy', data)
    np.save('f_%s.npy' % code.strip('<>') + ('b' if '>' in code else 'l') + '.npy', np.asfortranarray(data))
np.lib.format.write_array(open('v2.npy', 'wb'), mask, version=(2, 0))
open('z.npy.gz', 'wb').write(gzip.compress(open('v2.npy', 'rb').read()))
EdfImage(data=mask.astype(np.float32) * 0.25).write('mask.edf')
EdfImage(data=mask.astype(np.int32) * -7).write('mask32.edf')
tifffile.imwrite('mask.tif', mask)
tifffile.imwrite('mask16.tif', mask.astype(np.uint16) * 65535, compression='deflate')
with h5py.File('mask.h5', 'w') as f:
    f['entry/mask'] = mask
    f['other'] = np.arange(9)
with h5py.File('masks.h5', 'w') as f:
    f['a'] = mask.astype(np.float64) * np.nan; f['a'][...] = np.where(mask, np.nan, 0)
    f['b'] = mask[None].astype(np.uint32) * 4294967295
    f['c'] = mask.astype(np.int8)
    f['text'] = 'words'
    f['group/d'] = np.arange(3)
)",
                                        folder.path());
  ASSERT_EQ(made.status, 0) << made.output;
  std::string expected;
  std::istringstream(made.output) >> expected;
  ASSERT_EQ(expected.size(), static_cast<std::size_t>(kHeight * kWidth));
  std::vector<std::string> paths{(folder / "mask.h5").string(), (folder / "mask.h5").string() + "::/entry/mask"};
  for (const char* name : {"a", "/b", "c"}) paths.push_back((folder / "masks.h5").string() + "::" + name);
  for (const auto& entry : fs::directory_iterator(folder.path())) {
    const std::string name = entry.path().filename();
    if (!name.ends_with(".h5") && !name.ends_with(".py")) paths.push_back(entry.path().string());
  }
  EXPECT_EQ(paths.size(), 5u + 30 + 2 + 4);
  for (const std::string& path : paths) {
    SCOPED_TRACE(path);
    Image<std::uint8_t> mask;
    ASSERT_NO_THROW(mask = read_mask(path, kHeight, kWidth));
    std::string read;
    for (const std::uint8_t pixel : mask.pixels()) read += pixel == 1 ? '1' : pixel == 0 ? '0' : '?';
    EXPECT_EQ(read, expected);
  }
  const std::string masks = (folder / "masks.h5").string();
  EXPECT_NE(error_of_mask(masks).find("several datasets could be the mask (/a, /c)"), std::string::npos)
      << error_of_mask(masks);
  EXPECT_NE(error_of_mask(masks + "::/x")
                .find("no such dataset; it has /a (5 x 7), /b (1 x 5 x 7), /c (5 x 7), /group/d (3)"),
            std::string::npos)
      << error_of_mask(masks + "::/x");
  EXPECT_NE(error_of_mask(masks + "::/group").find("is a group"), std::string::npos);
  EXPECT_NE(error_of_mask(masks + "::/text").find("not a dataset of numbers"), std::string::npos);
  EXPECT_NE(error_of_mask(masks + "::/group/d").find("is of 3 pixels where the frames have 5 x 7"), std::string::npos);
  EXPECT_THROW(read_mask((folder / "mask.tif").string(), kWidth, kHeight), Error);
  EXPECT_THROW(read_mask((folder / "v2.npy").string(), kWidth, kHeight), Error);
}

TEST(ReadMask, WrongAndDamagedFilesAreErrors) {
  const TemporaryFolder folder;
  EXPECT_NE(error_of_mask((folder / "none.npy").string()).find("no such file"), std::string::npos);
  EXPECT_NE(error_of_mask(folder.path().string()).find("is a folder"), std::string::npos);
  const auto made = testing::run_python(R"(
import numpy as np
np.save('a.npy', np.zeros((5, 7), np.uint16)); np.save('b.npy', np.zeros((5, 7), complex)); np.save('c.npy', np.zeros(35))
np.save('d.npy', np.zeros((5, 7, 1))); np.save('e.npy', np.zeros((5, 7), [('x', 'u1')]))
)",
                                        folder.path());
  ASSERT_EQ(made.status, 0) << made.output;
  EXPECT_EQ(error_of_mask(folder / "a.npy"), "no error");
  EXPECT_NE(error_of_mask(folder / "b.npy").find("not supported"), std::string::npos);
  EXPECT_NE(error_of_mask(folder / "c.npy").find("two dimensions"), std::string::npos);
  EXPECT_NE(error_of_mask(folder / "d.npy").find("two dimensions"), std::string::npos);
  EXPECT_NE(error_of_mask(folder / "e.npy").find("not supported"), std::string::npos);
  std::ostringstream content;
  content << std::ifstream(folder / "a.npy", std::ios::binary).rdbuf();
  const std::string bytes = content.str();
  const fs::path damaged = folder / "damaged.npy";
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    fs::remove(damaged);
    std::ofstream(damaged, std::ios::binary) << bytes.substr(0, length);
    EXPECT_NE(error_of_mask(damaged), "no error") << length;
  }
  std::uint32_t random = 7;
  for (int i = 0; i < 2000; ++i) {
    std::string flipped = bytes;
    for (int flips = 0; flips < 3; ++flips) {
      random = random * 1664525u + 1013904223u;
      flipped[(random >> 8) % 140] = static_cast<char>(random >> 24);
    }
    fs::remove(damaged);
    std::ofstream(damaged, std::ios::binary) << flipped;
    error_of_mask(damaged);
  }
}

}  // namespace
}  // namespace dctprep
