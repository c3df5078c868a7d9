// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/read/image/image_file.h"

#include <fstream>
#include <gtest/gtest.h>
#include <map>
#include <sstream>
#include <zlib.h>

#include "dctprep/base/error.h"
#include "dctprep/read/image/header_omega.h"
#include "dctprep/read/image/image_reader.h"
#include "dctprep/testing/testing.h"

namespace dctprep {
namespace {

namespace fs = std::filesystem;
using testing::run_python;
using testing::TemporaryFolder;

std::uint32_t checksum(const Image<std::uint16_t>& image) {
  return static_cast<std::uint32_t>(
      crc32(0, reinterpret_cast<const Bytef*>(image.data()), static_cast<uInt>(image.size() * 2)));
}

std::uint32_t checksum(const Image<std::uint8_t>& image) {
  return static_cast<std::uint32_t>(crc32(0, image.data(), static_cast<uInt>(image.size())));
}

// "FRAMES HEIGHT WIDTH" and a checksum of pixels and of markers a frame, or "fault: ...".
std::string summary(const FrameSource& source) {
  std::ostringstream text;
  text << source.frames() << ' ' << source.height() << ' ' << source.width();
  for (int k = 0; k < source.frames(); ++k) {
    Image<std::uint16_t> image(source.height(), source.width());
    Image<std::uint8_t> markers(source.height(), source.width(), 7);
    if (source.read(k, image, markers)) {
      text << " fault";
    } else {
      text << ' ' << checksum(image) << ' ' << checksum(markers);
    }
    // Without markers, too.
    Image<std::uint16_t> again(source.height(), source.width());
    if (!source.read(k, again)) {
      EXPECT_EQ(checksum(image), checksum(again));
    }
  }
  return text.str();
}

// Defines line(path, frames): prints what summary() should say of arrays that Python read.
const char* const kOracle = R"(
import numpy as np, zlib, sys
def line(path, frames):
    text = '%s\t%d %d %d' % (path, len(frames), frames[0].shape[0], frames[0].shape[1])
    for frame in frames:
        marked = np.zeros(frame.shape, np.uint8)
        if frame.dtype == np.uint32: marked = (frame >= 0xfffffffe).astype(np.uint8)
        if frame.dtype.kind in 'if' and ((frame >= 0) | (frame == -1) | (frame == -2)).all(): marked = (frame < 0).astype(np.uint8)
        pixels = np.where(marked > 0, 0, np.clip(np.floor(frame.astype(float) + 0.5), 0, 65535)).astype('<u2')
        text += ' %d %d' % (zlib.crc32(pixels.tobytes()), zlib.crc32(marked.tobytes()))
    print(text)
)";

void expect_as_python_says(const std::string& program, const TemporaryFolder& folder, std::size_t files) {
  const auto result = run_python(kOracle + program, folder.path());
  ASSERT_EQ(result.status, 0) << result.output;
  std::istringstream lines(result.output);
  std::size_t seen = 0;
  for (std::string line; std::getline(lines, line);) {
    const std::size_t tab = line.find('\t');
    if (tab == std::string::npos) continue;
    ++seen;
    const fs::path path = folder.path() / line.substr(0, tab);
    SCOPED_TRACE(path.string());
    ASSERT_NO_THROW(EXPECT_EQ(summary(*open_image_file(path)), line.substr(tab + 1)));
  }
  EXPECT_EQ(seen, files) << result.output;
}

std::string error_of_image(const fs::path& path) {
  try {
    open_image_file(path);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(ImageFile, RealFilesAreAsFabioReadsThem) {
  const fs::path data = testing::real_data();
  if (data.empty()) GTEST_SKIP() << "no real data here";
  const TemporaryFolder folder;
  expect_as_python_says("root = '" + data.string() + R"('
import glob, fabio
for kind in ('edf/*.gz', 'edf/*.bz2', 'cbf/*.*', 'cbf/l_cysteine_01/*', 'labdct_iron/edf_repacked/*', 'labdct_iron/tiff/*',
             'tiff/*', 'mccd/*', 'ge/*'):
    for path in sorted(glob.glob(root + '/' + kind)):
        image = fabio.open(path)
        line(path, [image.getframe(i).data for i in range(image.nframes)] if image.nframes > 1 else [image.data])
)",
                        folder, 3 + 1 + 3 + 15 + 4 + 5 + 1 + 1 + 1);
}

TEST(ImageFile, RealFilesThatCannotBeTakenAreRefusedWithTheReason) {
  const fs::path data = testing::real_data();
  if (data.empty()) GTEST_SKIP() << "no real data here";
  EXPECT_NE(error_of_image(data / "other/Cr8F8140k103.0026.gz").find("Bruker"), std::string::npos);
  EXPECT_NE(error_of_image(data / "other/b191_1_9_1.img.gz").find("Oxford"), std::string::npos);
  EXPECT_NE(error_of_image(data / "other/i01f0001.kcd.gz").find("Nonius"), std::string::npos);
  EXPECT_NE(error_of_image(data / "edf/F2K_Seb_Lyso0675_header_only.edf").find("cut short"), std::string::npos);
}

TEST(ImageFile, EdfOfEveryTypeAndByteOrder) {
  const TemporaryFolder folder;
  expect_as_python_says(R"(
import fabio
random = np.random.default_rng(1)
names = {'i1': ['SignedByte', 'Signed8'], 'u1': ['UnsignedByte', 'Unsigned8'], 'i2': ['SignedShort', 'Signed16'],
  'u2': ['UnsignedShort', 'Unsigned16', 'UnsignedShortInteger', 'UNSIGNEDSHORT'], 'i4': ['SignedInteger', 'Signed32', 'SignedLong'],
  'u4': ['UnsignedInteger', 'Unsigned32', 'UnsignedLong'], 'i8': ['Signed64'], 'u8': ['Unsigned64'],
  'f4': ['FloatValue', 'FLOATVALUE', 'FLOAT', 'Float', 'FloatIEEE32', 'Float32'], 'f8': ['Double', 'DoubleValue', 'FloatIEEE64', 'DoubleIEEE64']}
count = 0
for code, spellings in names.items():
    for spelling in spellings:
        for order in '<>':
            h, w = random.integers(1, 9), random.integers(1, 9)
            top = {'1': 128 if code == 'i1' else 256, '2': 32768 if code == 'i2' else 65536}.get(code[1], 65536)
            data = random.integers(0, top, (h, w)).astype(order + code)
            if code[0] in 'if': data[0, 0] = -1; data[-1, -1] = -2
            if code == 'u4': data[0, 0] = 0xffffffff
            head = '{\nByteOrder = %s ;\nDataType = %s ;\nDim_1 = %d ;\nDim_2 = %d ;\n' % ('LowByteFirst' if order == '<' else 'HighByteFirst', spelling, w, h)
            if count % 2: head += 'Size = %d ;\n' % data.nbytes
            head = head.ljust(512 * (1 + count % 3) - 2) + '}\n'
            name = 'type%d.edf' % count
            open(name, 'wb').write(head.encode() + data.tobytes())
            if spelling != 'UNSIGNEDSHORT': assert (fabio.open(name).data == data).all(), name
            line(name, [data.astype(code)])
            count += 1
)",
                        folder, 56);
}

TEST(ImageFile, EdfOfManyFramesAndOddHeaders) {
  const TemporaryFolder folder;
  expect_as_python_says(R"(
import fabio, gzip, bz2
random = np.random.default_rng(2)
frames = [random.integers(0, 65536, (5, 7)).astype(np.uint16) for i in range(6)]
def head(size, extra='', end='}\n', names=('Dim_1', 'Dim_2')):
    return ('{\nByteOrder = LowByteFirst ;\nDataType = UnsignedShort ;\n%s = 7 ;\n%s = 5 ;\n%s' % (names + (extra,))).ljust(size - len(end)).encode() + end.encode()
def write(name, content, frames):
    open(name, 'wb').write(content); line(name, frames)
sizes = [512, 1024, 4096, 200, 10240, 8192]
blob = b''.join(head(s) + f.tobytes() for s, f in zip(sizes, frames))
write('sizes.edf', blob, frames)
assert fabio.open('sizes.edf').nframes == 6
write('gz.edf.gz', gzip.compress(blob), frames)
write('bz.bz2', bz2.compress(blob), frames)
write('members.gz', gzip.compress(blob[:900]) + gzip.compress(blob[900:]) + b'\0' * 100, frames)
write('streams.bz2', bz2.compress(blob[:900]) + bz2.compress(blob[900:]), frames)
write('crlf.edf', head(512, end='}\r\n') + frames[0].tobytes(), frames[:1])
write('blank_before.edf', b'\n' + head(512) + frames[0].tobytes(), frames[:1])
write('case.edf', head(512, names=('DIM_1', 'dim_2')) + frames[0].tobytes(), frames[:1])
write('padded.edf', head(512, 'Size = 70 ;\n') + frames[0].tobytes() + b'\0' * 442, frames[:1])
write('padded_blocks.edf', head(512, 'EDF_BinarySize = 512 ;\n') + frames[0].tobytes() + b'\0' * 442 + head(512) + frames[1].tobytes(), frames[:2])
write('zeros_between.edf', head(512, 'Size = 70 ;\n') + frames[0].tobytes() + b'\0' * 442 + head(512) + frames[1].tobytes(), frames[:2])
write('wrong_size.edf', head(512, 'Size = 1 ;\n') + frames[0].tobytes() + head(512) + frames[1].tobytes(), frames[:2])
write('comment.edf', head(512, '# a comment\n  Size = 70 ;\n; no key here ;\n') + frames[0].tobytes(), frames[:1])
write('volume.edf', head(512, 'Dim_3 = 4 ;\n') + b''.join(f.tobytes() for f in frames[:4]), frames[:4])
write('brace.edf', head(512, 'title = {a}b ;\n') + frames[0].tobytes(), frames[:1])
general = b'{\nEDF_DataFormatVersion = 2.40 ;\nEDF_BinarySize = 0 ;\nByteOrder = LowByteFirst ;\nDataType = UnsignedShort ;\nDim_1 = 7 ;\nDim_2 = 5 ;\n}\n'
write('general.edf', general + b'{\nEDF_DataBlockID = 1.Image.Psd ;\nEDF_BinarySize = 70 ;\n}\n' + frames[0].tobytes() + b'{\nEDF_DataBlockID = 2.Image.Psd ;\n}\n' + frames[1].tobytes(), frames[:2])
import zlib as z
packed = gzip.compress(frames[0].tobytes())
write('gzip_inside.edf', head(512, 'Compression = GzipCompression ;\nSize = %d ;\n' % len(packed)) + packed, frames[:1])
packed = z.compress(frames[0].tobytes())
write('z_inside.edf', head(512, 'Compression = ZCompression ;\nSize = %d ;\n' % len(packed)) + packed, frames[:1])
write('not_packed.edf', head(512, 'Compression = None ;\n') + frames[0].tobytes(), frames[:1])
image = fabio.edfimage.EdfImage(data=frames[0]); image.append_frame(data=frames[1]); image.write('fabio.edf')
line('fabio.edf', frames[:2])
)",
                        folder, 20);
}

TEST(ImageFile, EdfThatIsOddIsRefused) {
  const TemporaryFolder folder;
  const auto write = [&](const std::string& text) {
    const fs::path path = folder / "odd.edf";
    std::ofstream(path, std::ios::binary) << text;
    return error_of_image(path);
  };
  const std::string rest = "Dim_1 = 2 ; Dim_2 = 1 ;}\nabcdefgh";
  EXPECT_NE(write("{\nDataType = QuadrupleValue ;" + rest).find("QuadrupleValue is not supported"), std::string::npos);
  EXPECT_NE(write("{\nDataType = UnsignedShort ; Compression = BzipCompression; " + rest).find("BzipCompression"),
            std::string::npos);
  EXPECT_NE(write("{\nEDF_BinaryFileName = other.bin ; " + rest).find("other.bin"), std::string::npos);
  EXPECT_NE(write("{\nDim_1 = 0 ; Dim_2 = 4 ;}\n").find("no pixels"), std::string::npos);
  EXPECT_NE(write("{\nDim_1 = -5 ; Dim_2 = 4 ;}\n").find("no pixels"), std::string::npos);
  EXPECT_NE(write("{\nDim_1 = 1e9 ; Dim_2 = 4 ;}\n").find("larger than can be"), std::string::npos);
  EXPECT_NE(write("{\nDim_1 = many ; Dim_2 = 4 ;}\n").find("no whole number"), std::string::npos);
  EXPECT_NE(write("{\nDim_2 = 4 ;}\n").find("no Dim_1"), std::string::npos);
  EXPECT_NE(write("{\nDim_1 = 9000 ; Dim_2 = 9000 ; Dim_3 = 9000000 ;}\n").find("cut short"), std::string::npos);
  EXPECT_NE(write("{\nDim_1 = 4 ; Dim_2 = 4 ;").find("does not end"), std::string::npos);
  EXPECT_NE(write("just a text").find("neither HDF5 nor an image"), std::string::npos);
  EXPECT_NE(write("").find("the file is empty"), std::string::npos);
  EXPECT_NE(error_of_image(folder.path()).find("is a folder"), std::string::npos);
  EXPECT_NE(error_of_image(folder / "absent.edf").find("no such file"), std::string::npos);
}

TEST(ImageFile, TiffOfEveryKind) {
  const TemporaryFolder folder;
  expect_as_python_says(R"(
import tifffile
random = np.random.default_rng(3)
count = 0
def write(data, **options):
    global count
    name = 'kind%d.tif' % count
    count += 1
    tifffile.imwrite(name, data, **options)
    back = tifffile.imread(name)
    assert (back == data).all(), name
    line(name, [data] if data.ndim == 2 else list(data))
for code in ('u1', 'u2', 'u4', 'i1', 'i2', 'i4', 'f4', 'f8'):
    top = {'u1': 256, 'i1': 128, 'i2': 32768}.get(code, 65536)
    data = random.integers(0, top, (37, 53)).astype(code)
    if code[0] in 'if': data[0, 0] = -1; data[-1, -1] = -2
    for order in '<>':
        write(data, byteorder=order, photometric='minisblack')
        write(data, byteorder=order, photometric='minisblack', bigtiff=True, rowsperstrip=5)
        write(data, byteorder=order, photometric='minisblack', tile=(16, 32))
        write(data, byteorder=order, photometric='minisblack', compression='deflate', rowsperstrip=7)
data = random.integers(0, 65536, (19, 1)).astype(np.uint16)
write(data, photometric='minisblack')
write(data.T, photometric='miniswhite')
stack = random.integers(0, 65536, (11, 9, 5)).astype(np.uint16)
write(stack, photometric='minisblack')
write(stack, photometric='minisblack', byteorder='>', bigtiff=True, compression='deflate')
write(stack, photometric='minisblack', metadata=None)
write(stack, imagej=True)
write(stack, imagej=True, byteorder='<')
tifffile.imwrite('pyramid.tif', stack[0], photometric='minisblack', metadata=None)
tifffile.imwrite('pyramid.tif', stack[0, ::2, ::2], photometric='minisblack', append=True, subfiletype=1, metadata=None)
line('pyramid.tif', [stack[0]])
mask = random.integers(0, 2, (13, 21)).astype(bool)
tifffile.imwrite('bilevel.tif', mask, photometric='minisblack'); line('bilevel.tif', [mask.astype(np.uint8)])
tifffile.imwrite('bilevel_strips.tif', mask, photometric='minisblack', rowsperstrip=4); line('bilevel_strips.tif', [mask.astype(np.uint8)])
)",
                        folder, 8 * 2 * 4 + 7 + 3);
}

TEST(ImageFile, TiffOfAnotherKindIsRefused) {
  const TemporaryFolder folder;
  const auto result = run_python(R"(
import numpy as np, tifffile
tifffile.imwrite('colour.tif', np.zeros((4, 5, 3), np.uint8), photometric='rgb')
tifffile.imwrite('complex.tif', np.zeros((4, 5), np.complex64), photometric='minisblack')
with tifffile.TiffWriter('mixed.tif') as out:
    for shape in ((4, 5), (4, 5), (3, 5), (4, 5)): out.write(np.ones(shape, np.uint16), photometric='minisblack', metadata=None)
tifffile.imwrite('ends.tif', np.ones((6, 40, 50), np.uint16), photometric='minisblack', metadata=None)
content = open('ends.tif', 'rb').read()
open('cut.tif', 'wb').write(content[:9000])
)",
                                 folder.path());
  ASSERT_EQ(result.status, 0) << result.output;
  EXPECT_NE(error_of_image(folder / "colour.tif").find("colour"), std::string::npos);
  EXPECT_NE(error_of_image(folder / "complex.tif").find("not supported"), std::string::npos);
  const auto mixed = open_image_file(folder / "mixed.tif");
  ASSERT_EQ(mixed->frames(), 4);
  Image<std::uint16_t> image(4, 5);
  EXPECT_FALSE(mixed->read(1, image));
  ASSERT_TRUE(mixed->read(2, image));
  EXPECT_NE(mixed->read(2, image)->what.find("3 x 5"), std::string::npos);
  EXPECT_FALSE(mixed->read(3, image));
}

TEST(ImageFile, CbfAsFabioWritesItAndUncompressed) {
  const TemporaryFolder folder;
  expect_as_python_says(R"(
import fabio
from fabio.cbfimage import CbfImage
random = np.random.default_rng(4)
for i, shape in enumerate([(1, 1), (1, 9), (9, 1), (31, 17)]):
    data = random.integers(0, 65536, shape).astype(np.int32)
    data.flat[0] = -1
    if data.size > 3: data.flat[1:4] = [-2, 65535, 0]
    CbfImage(data=data).write('a%d.cbf' % i)
    assert (fabio.open('a%d.cbf' % i).data == data).all()
    line('a%d.cbf' % i, [data])
data = random.integers(0, 65536, (5, 7)).astype('>u2')
open('raw.cbf', 'wb').write(b'''###CBF: VERSION 1.5\r\ndata_x\r\n_array_data.data\r\n;\r\n--CIF-BINARY-FORMAT-SECTION--\r
Content-Type: application/octet-stream\r
Content-Transfer-Encoding: BINARY\r
X-Binary-Size: 70\r
X-Binary-Element-Type: "unsigned 16-bit integer"\r
X-Binary-Element-Byte-Order: BIG_ENDIAN\r
X-Binary-Size-Fastest-Dimension: 7\r
X-Binary-Size-Second-Dimension: 5\r
\r
\x0c\x1a\x04\xd5''' + data.tobytes() + b'\r\n--CIF-BINARY-FORMAT-SECTION----\r\n;\r\n')
line('raw.cbf', [data.astype('u2')])
)",
                        folder, 5);
}

TEST(ImageFile, CbfIsHeldAgainstItsChecksum) {
  const TemporaryFolder folder;
  // fabio writes the checksum; a bit flipped in the middle of the pixels leaves as many of them.
  const auto made = run_python(R"(
import numpy as np
from fabio.cbfimage import CbfImage
CbfImage(data=np.arange(600, dtype=np.int32).reshape(20, 30) % 7).write('good.cbf')
stored = open('good.cbf', 'rb').read()
assert b'Content-MD5' in stored
middle = stored.index(bytes([0x0c, 0x1a, 0x04, 0xd5])) + 300
flipped = bytearray(stored)
flipped[middle] ^= 2
open('flipped.cbf', 'wb').write(flipped)
open('unsigned.cbf', 'wb').write(bytes(flipped).replace(b'Content-MD5', b'Content-MDx'))
)",
                               folder.path());
  ASSERT_EQ(made.status, 0) << made.output;
  Image<std::uint16_t> image(20, 30);
  EXPECT_FALSE(open_image_file(folder.path() / "good.cbf")->read(0, image));
  EXPECT_EQ(image(3, 5), 95 % 7);
  const auto fault = open_image_file(folder.path() / "flipped.cbf")->read(0, image);
  ASSERT_TRUE(fault);
  EXPECT_EQ(fault->cause, BadFrameCause::kUnreadable);
  EXPECT_NE(fault->what.find("Content-MD5"), std::string::npos) << fault->what;
  EXPECT_FALSE(open_image_file(folder.path() / "unsigned.cbf")->read(0, image));
}

TEST(ImageFile, GeOfSeveralFrames) {
  const TemporaryFolder folder;
  expect_as_python_says(R"(
import fabio, struct
random = np.random.default_rng(5)
data = random.integers(0, 65536, (3, 6, 4)).astype(np.uint16)
head = bytearray(8192); head[:5] = b'ADEPT'; struct.pack_into('<HIHIHHHH', head, 10, 1, 6144, 1, 2048, 3, 6, 4, 16)
open('x.ge3', 'wb').write(bytes(head) + data.tobytes())
image = fabio.open('x.ge3')
line('x.ge3', [image.getframe(i).data for i in range(image.nframes)])
blank = random.integers(0, 65536, (2, 2048, 2048)).astype(np.uint16)
open('blank.ge', 'wb').write(bytes(8192) + blank.tobytes())
line('blank.ge', list(blank))
)",
                        folder, 2);
}

TEST(ImageFile, StorageIsTold) {
  const fs::path data = testing::real_data();
  if (data.empty()) GTEST_SKIP() << "no real data here";
  const auto told = [&](const char* path) {
    const StorageInfo info = image_storage_info({data / path});
    EXPECT_EQ(info.bytes_stored, fs::file_size(data / path));
    return info.format + " " + info.type + " " + info.compression;
  };
  EXPECT_EQ(told("mccd/somedata_0001.mccd.gz"), "marCCD uint16 gzip");
  EXPECT_EQ(told("cbf/phi_scan_001.cbf"), "CBF int32 byte-offset");
  EXPECT_EQ(told("edf/im0000.edf.gz"), "EDF float32 gzip");
  EXPECT_EQ(told("tiff/test_1d_PIL5_001_004.tiff"), "TIFF int32 none");
}

// Whatever happens to the bytes of a file: an error, a fault, or pixels.
void expect_no_crash(const fs::path& path) {
  try {
    const auto source = open_image_file(path);
    Image<std::uint16_t> image(source->height(), source->width());
    for (int k = 0; k < std::min(source->frames(), 20); ++k) {
      try {
        source->read(k, image);
      } catch (const Error&) {
      }
    }
    header_angles({path});
  } catch (const Error&) {
  }
}

TEST(ImageFile, DamageOfAnyKindIsNoCrash) {
  const TemporaryFolder folder;
  const auto made = run_python(R"(
import numpy as np, tifffile, gzip, bz2
from fabio.cbfimage import CbfImage
from fabio.edfimage import EdfImage
data = np.arange(35, dtype=np.uint16).reshape(5, 7)
image = EdfImage(data=data); image.append_frame(data=data); image.write('a.edf')
tifffile.imwrite('a.tif', np.stack([data] * 3), photometric='minisblack')
tifffile.imwrite('b.tif', np.stack([data] * 2), photometric='minisblack', compression='deflate', tile=(16, 16))
tifffile.imwrite('c.tif', np.stack([data] * 2), photometric='minisblack', bigtiff=True, byteorder='>', rowsperstrip=2)
tifffile.imwrite('d.tif', np.stack([data] * 3), imagej=True)
CbfImage(data=data.astype(np.int32)).write('a.cbf')
open('a.edf.gz', 'wb').write(gzip.compress(open('a.edf', 'rb').read()))
open('a.cbf.bz2', 'wb').write(bz2.compress(open('a.cbf', 'rb').read()))
)",
                               folder.path());
  ASSERT_EQ(made.status, 0) << made.output;
  std::uint32_t random = 12345;
  const auto next = [&random](std::size_t below) {
    random = random * 1664525u + 1013904223u;
    return static_cast<std::size_t>(random >> 8) % below;
  };
  for (const char* name : {"a.edf", "a.tif", "b.tif", "c.tif", "d.tif", "a.cbf", "a.edf.gz", "a.cbf.bz2"}) {
    SCOPED_TRACE(name);
    std::ostringstream read;
    read << std::ifstream(folder / name, std::ios::binary).rdbuf();
    const std::string bytes = read.str();
    ASSERT_GT(bytes.size(), 50u);
    const fs::path damaged = folder / "damaged";
    const auto try_bytes = [&](const std::string& content) {
      fs::remove(damaged);  // some file systems write a file that is emptied first to disk at once
      std::ofstream(damaged, std::ios::binary) << content;
      expect_no_crash(damaged);
    };
    for (std::size_t length = 0; length < bytes.size(); length += 1 + bytes.size() / 300)
      try_bytes(bytes.substr(0, length));
    for (int i = 0; i < 600; ++i) {
      std::string flipped = bytes;
      for (std::size_t flips = 1 + next(4); flips > 0; --flips) {
        flipped[next(std::min<std::size_t>(flipped.size(), i % 2 == 0 ? 400 : flipped.size()))] =
            static_cast<char>(next(256));
      }
      try_bytes(flipped);
    }
  }
}

TEST(ImageFile, TruncatedFramesAreFaultsAndTheOthersAreRead) {
  const TemporaryFolder folder;
  const auto made = run_python(R"(
import numpy as np, gzip
from fabio.edfimage import EdfImage
data = np.arange(35, dtype=np.uint16).reshape(5, 7)
image = EdfImage(data=data)
for i in range(3): image.append_frame(data=data + i)
image.write('whole.edf')
content = open('whole.edf', 'rb').read()
open('cut.edf', 'wb').write(content[:-10])
open('header_lost.edf', 'wb').write(content[:2 * 582 + 0] + b'x' * 582 + content[3 * 582:])
print(len(content))
)",
                               folder.path());
  ASSERT_EQ(made.output, "2328\n");
  Image<std::uint16_t> image(5, 7);
  const auto cut = open_image_file(folder / "cut.edf");
  ASSERT_EQ(cut->frames(), 4);
  EXPECT_FALSE(cut->read(2, image));
  EXPECT_EQ(image(0, 0), 1);
  const auto fault = cut->read(3, image);
  ASSERT_TRUE(fault);
  EXPECT_EQ(fault->cause, BadFrameCause::kUnreadable);
  EXPECT_EQ(fault->what, "cut short: 60 of 70 bytes of pixels are there");
  EXPECT_EQ(cut->frame_name(3), "cut.edf: frame 3");
  const auto lost = open_image_file(folder / "header_lost.edf");
  ASSERT_EQ(lost->frames(), 3);
  EXPECT_FALSE(lost->read(1, image));
  EXPECT_TRUE(lost->read(2, image));
}

TEST(ImageFile, ValuesBeyond16BitsAreReadAsTheNearest) {
  const TemporaryFolder folder;
  expect_as_python_says(R"(
from fabio.edfimage import EdfImage
from fabio.tifimage import TifImage
from fabio.cbfimage import CbfImage
random = np.random.default_rng(5)
wild = random.integers(-9, 200000, (50, 70))
half = random.normal(3, 5, (50, 70))
masked = np.where(random.random((50, 70)) < 0.1, -1 - random.integers(0, 2, (50, 70)), np.abs(wild))
for name, data in (('wild', wild.astype(np.int32)), ('half', half.astype(np.float32)), ('masked', masked.astype(np.int32)),
                   ('eiger', masked.astype(np.int32).view(np.uint32))):
    for kind, Image in (('edf', EdfImage), ('tif', TifImage), ('cbf', CbfImage)):
        if kind == 'cbf' and data.dtype != np.int32: continue
        Image(data=data).write(name + '.' + kind)
        line(name + '.' + kind, [data])
)",
                        folder, 10);
  const auto source = open_image_file(folder / "wild.edf");
  Image<std::uint16_t> image(50, 70);
  PixelChanges changes;
  EXPECT_FALSE(source->read(0, image, {}, &changes));
  EXPECT_GT(changes[PixelChange::kAbove].pixels, 2000u);
  EXPECT_GT(changes[PixelChange::kBelow].pixels, 0u);
}

TEST(ImageFile, OfACutCompressedFileOnlyWhatIsLostIsBad) {
  const TemporaryFolder folder;
  const auto made = run_python(R"(
import numpy as np, gzip, bz2
d = np.random.default_rng(1).integers(0, 4000, (5, 8, 9)).astype('<u2')
def block(k):
    head = ('{\nDim_1 = 9 ;\nDim_2 = 8 ;\nDataType = UnsignedShort ;\nByteOrder = LowByteFirst ;\n' + ' ' * 400)[:509] + '}\n'
    return head.encode() + d[k].tobytes()
for name, pack in (('gz', gzip.compress), ('bz2', bz2.compress)):
    members = [pack(block(k)) for k in range(5)]
    for what, left in (('whole', len(members[4])), ('late', len(members[4]) - 9), ('middle', len(members[4]) // 2), ('early', 30)):
        open(f'{what}.edf.{name}', 'wb').write(b''.join(members[:4]) + members[4][:left])
d.tofile('pixels')
)",
                               folder.path());
  ASSERT_EQ(made.status, 0) << made.output;
  std::ifstream file(folder / "pixels", std::ios::binary);
  std::vector<std::uint16_t> pixels(5 * 8 * 9);
  file.read(reinterpret_cast<char*>(pixels.data()), static_cast<std::streamsize>(2 * pixels.size()));
  for (const std::string end : {"gz", "bz2"}) {
    for (const std::string what : {"whole", "late", "middle", "early"}) {
      SCOPED_TRACE(what + end);
      const auto source = open_image_file(folder / (what + ".edf." + end));
      ASSERT_EQ(source->frames(), 5);
      Image<std::uint16_t> image(8, 9);
      for (int k = 0; k < 5; ++k) {
        ASSERT_EQ(source->read(k, image).has_value(), what != "whole" && k == 4) << k;
        if (what != "whole" && k == 4) continue;
        EXPECT_TRUE(std::equal(image.pixels().begin(), image.pixels().end(), pixels.begin() + 72 * k)) << k;
      }
    }
  }
}

TEST(ImageFile, GeFilesWithAnEdfHeaderBeforeAllFrames) {
  const TemporaryFolder folder;
  expect_as_python_says(R"(
d = np.random.default_rng(1).integers(0, 4000, (5, 8, 9)).astype('<u2'); d[1, 0, :2] = 0x207b  # "{ " where a header might stand
def header(images, size=8192):
    head = ('{EDF_DataBlockID = 1.Image.Psd ; \r\nEDF_HeaderSize =       8192 ; \r\nByteOrder = LowByteFirst ; \r\n'
            'Num_Images = %s ; \r\nDataType = UnsignedShort ; \r\nDim_1 = 9 ; \r\nDim_2 = 8 ; \r\nSize = 144 ; \r\n' % images).encode()
    return head + b' ' * (size - 2 - len(head)) + b'}\n'
open('ff.edf.ge5', 'wb').write(header(5) + d.tobytes()); line('ff.edf.ge5', list(d))
open('cut.ge5', 'wb').write(header(5) + d.tobytes()[:-9])
# the key in the header of each frame, and of the only one
open('each.edf', 'wb').write(b''.join(header(5, 1024) + d[k].tobytes() for k in range(5))); line('each.edf', list(d))
open('single.edf', 'wb').write(header(5) + d[0].tobytes()); line('single.edf', [d[0]])
open('odd.edf', 'wb').write(header(-3) + d.tobytes()); open('many.edf', 'wb').write(header(10**12) + d.tobytes())
)",
                        folder, 3);
  const auto cut = open_image_file(folder / "cut.ge5");
  ASSERT_EQ(cut->frames(), 5);
  Image<std::uint16_t> image(8, 9);
  for (int k = 0; k < 5; ++k) EXPECT_EQ(cut->read(k, image).has_value(), k == 4);
  EXPECT_NE(error_of_image(folder / "odd.edf").find("Num_Images = -3"), std::string::npos);
  EXPECT_NE(error_of_image(folder / "many.edf").find("Num_Images = 1000000000000"), std::string::npos);
}

}  // namespace
}  // namespace dctprep
