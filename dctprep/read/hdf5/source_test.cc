// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/read/hdf5/source.h"

#include <algorithm>
#include <fstream>
#include <gtest/gtest.h>
#include <random>
#include <vector>

#include "dctprep/base/error.h"
#include "dctprep/read/frame_selection.h"
#include "dctprep/read/hdf5/cases_test.h"
#include "dctprep/testing/testing.h"

namespace dctprep {
namespace {

namespace fs = std::filesystem;
using testing::expect_frame;
using testing::expect_python_cases;
using testing::read_values;
using testing::TemporaryFolder;

TEST(Hdf5Source, EveryFilterAndChunkShape) {
  expect_python_cases(R"(
filters = {
  'none': dict(), 'gzip': dict(compression='gzip'), 'shufflegzip': dict(compression='gzip', shuffle=True),
  'fletcher': dict(fletcher32=True), 'all': dict(compression='gzip', shuffle=True, fletcher32=True),
  'lz4': dict(compression=32004, compression_opts=(0,)), 'bslz4': dict(compression=32008, compression_opts=(0, 2)),
  'bs': dict(compression=32008, compression_opts=(0, 0)), 'bslz4f': dict(compression=32008, compression_opts=(0, 2), fletcher32=True),
  'lzf': dict(compression='lzf'), 'shuffle': dict(shuffle=True) }
names = dict(shufflegzip='gzip', fletcher='none', all='gzip', bslz4='bitshuffle-lz4', bs='bitshuffle', bslz4f='bitshuffle-lz4', shuffle='none')
f = h5py.File('a.h5', 'w')
for filter, options in filters.items():
    for i, chunks in enumerate([(1, 13, 17), (4, 13, 17), (1, 5, 17), (3, 5, 6), (12, 1, 2), (10, 13, 17), (1, 16, 32)]):
        data = stack(10, 13, 17)
        f.create_dataset(f'{filter}{i}', data=data, chunks=chunks, maxshape=(None, None, None), **options)
        case(f'{filter}{i}', 'a.h5', f'/{filter}{i}', data, names.get(filter, filter))
f.close()
)",
                      11 * 7);
}

TEST(Hdf5Source, EveryTypeOfEitherByteOrder) {
  expect_python_cases(R"(
f = h5py.File('a.h5', 'w')
for t in ['u1', '<u2', '>u2', '<i2', '>i2', 'i1', '<u4', '>u4', '<i4', '>i4', '<u8', '>u8', '<i8', '>i8', '<f4', '>f4', '<f8', '>f8', '<f2', '>f2']:
    data = stack(3, 6, 7, 'u2') % 100
    name = t.replace('<', 'l').replace('>', 'b')
    for kind, options in [('contiguous', {}), ('chunked', dict(chunks=(1, 6, 7), compression='gzip', shuffle=True)), ('bslz4', dict(chunks=(2, 4, 7), compression=32008, compression_opts=(0, 2)))]:
        if kind == 'bslz4' and 'f2' in t: continue
        d = f.create_dataset(name + kind, data=data.astype(t), **options)
        case(name + kind, 'a.h5', '/' + name + kind, data, {'contiguous': 'none', 'chunked': 'gzip', 'bslz4': 'bitshuffle-lz4'}[kind])
# one frame, dimensions of size 1, and the Eiger's markers
d = stack(1, 5, 9); f['flat'] = d[0]; case('flat', 'a.h5', '/flat', d)
d = stack(4, 5, 9); f['rank4'] = d[:, None]; case('rank4', 'a.h5', '/rank4', d)
f.create_dataset('rank5', data=d[None, :, None], chunks=(1, 3, 1, 2, 9)); case('rank5', 'a.h5', '/rank5', d)
f.create_dataset('grown', (4, 1, 5, 9), 'u2', data=d[:, None], chunks=(2, 3, 2, 4), maxshape=(None,) * 4); case('grown', 'a.h5', '/grown', d)
d = stack(2, 5, 9, 'u4'); m = rng.random(d.shape) < 0.3; raw = d.copy(); raw[m] = 0xffffffff; d[m] = 0
f['eiger'] = raw; case('eiger', 'a.h5', '/eiger', d, marked=m)
d = stack(2, 1, 1); f['pixel'] = d; case('pixel', 'a.h5', '/pixel', d)
# compact storage, and numbers of 12 bits
p = h5py.h5p.create(h5py.h5p.DATASET_CREATE); p.set_layout(h5py.h5d.COMPACT)
d = stack(2, 3, 4); h5py.h5d.create(f.id, b'compact', h5py.h5t.STD_U16LE, h5py.h5s.create_simple(d.shape), p).write(h5py.h5s.ALL, h5py.h5s.ALL, d)
case('compact', 'a.h5', '/compact', d)
t = h5py.h5t.STD_U16LE.copy(); t.set_precision(12)
d = stack(2, 3, 4); h5py.h5d.create(f.id, b'bits12', t, h5py.h5s.create_simple(d.shape)).write(h5py.h5s.ALL, h5py.h5s.ALL, d)
case('bits12', 'a.h5', '/bits12', d)
f.close()
)",
                      20 * 3 - 2 + 8);
}

TEST(Hdf5Source, WhatHdf5WouldFillIsMissingAndWhatIsDamagedIsUnreadable) {
  expect_python_cases(R"(
f = h5py.File('a.h5', 'w')
d = stack(8, 13, 17)
s = f.create_dataset('sparse', d.shape, 'u2', chunks=(1, 13, 17), compression=32008, compression_opts=(0, 2))
for k in (0, 2, 3, 7): s[k] = d[k]
case('sparse', 'a.h5', '/sparse', d, 'bitshuffle-lz4', missing=[1, 4, 5, 6])
s = f.create_dataset('layers', d.shape, 'u2', chunks=(3, 13, 17), compression='gzip')
s[3:6] = d[3:6]
case('layers', 'a.h5', '/layers', d, 'gzip', missing=[0, 1, 2, 6, 7])
s = f.create_dataset('tiles', d.shape, 'u2', chunks=(1, 7, 10))
s[:] = d; s = f.create_dataset('tiles_lost', d.shape, 'u2', chunks=(2, 7, 10))
s[:, :7] = d[:, :7]; s[:4] = d[:4]
case('tiles_lost', 'a.h5', '/tiles_lost', d, missing=[4, 5, 6, 7])
f.create_dataset('never', d.shape, 'u2'); case('never', 'a.h5', '/never', d, missing=range(8))
f.create_dataset('never_chunked', d.shape, 'u2', chunks=(1, 13, 17)); case('never_chunked', 'a.h5', '/never_chunked', d, missing=range(8))
s = f.create_dataset('never_lzf', d.shape, 'u2', chunks=(1, 13, 17), compression='lzf'); s[1] = d[1]
case('never_lzf', 'a.h5', '/never_lzf', d, 'lzf', missing=[0, 2, 3, 4, 5, 6, 7])

def damage(name, options, chunks, how, compression, bad):
    s = f.create_dataset(name, data=d, chunks=chunks, **options)
    for k in bad[:1]:
        mask, raw = s.id.read_direct_chunk((k // chunks[0] * chunks[0], 0, 0))
        s.id.write_direct_chunk((k // chunks[0] * chunks[0], 0, 0), how(bytearray(raw)), mask)
    case(name, 'a.h5', '/' + name, d, compression, unreadable=bad)
def flip(at):
    def how(raw): raw[at] ^= 0x55; return bytes(raw)
    return how
cut = lambda raw: bytes(raw[:len(raw) // 2])
one = (1, 13, 17)
damage('gzip_flip', dict(compression='gzip'), one, flip(60), 'gzip', [5])
damage('gzip_cut', dict(compression='gzip', shuffle=True), one, cut, 'gzip', [5])
damage('gzip_layer', dict(compression='gzip', shuffle=True), (3, 13, 17), flip(100), 'gzip', [3, 4, 5])
damage('fletcher_flip', dict(fletcher32=True), one, flip(60), 'none', [2])
damage('fletcher_bslz4', dict(fletcher32=True, compression=32008, compression_opts=(0, 2)), one, flip(200), 'bitshuffle-lz4', [2])
damage('bslz4_cut', dict(compression=32008, compression_opts=(0, 2)), one, cut, 'bitshuffle-lz4', [2])
damage('bslz4_size', dict(compression=32008, compression_opts=(0, 2)), one, flip(7), 'bitshuffle-lz4', [2])
damage('bslz4_block', dict(compression=32008, compression_opts=(0, 2)), one, flip(14), 'bitshuffle-lz4', [2])
damage('lz4_cut', dict(compression=32004, compression_opts=(0,)), one, cut, 'lz4', [7])
# filters skipped for a chunk, by its mask
s = f.create_dataset('mask', data=d, chunks=one, compression='gzip', shuffle=True, fletcher32=True)
s.id.write_direct_chunk((4, 0, 0), d[4].tobytes(), 7)
p = s.id.get_create_plist(); order = [p.get_filter(i)[0] for i in range(3)]
assert order == [2, 1, 3] or order == [2, 3, 1] or order == [3, 2, 1], order
import zlib
s.id.write_direct_chunk((5, 0, 0), zlib.compress(d[5].tobytes()), sum(1 << i for i in range(3) if order[i] != 1))
case('mask', 'a.h5', '/mask', d, 'gzip')
f.close()
# external files
d.tofile('whole.raw'); d[:5].tofile('short.raw'); d[:3].tofile('part0.raw'); open('part1.raw', 'wb').write(b'1234' + d[3:].tobytes())
f = h5py.File('e.h5', 'w')
f.create_dataset('whole', d.shape, 'u2', external=[('whole.raw', 0, h5py.h5f.UNLIMITED)]); case('e_whole', 'e.h5', '/whole', d)
f.create_dataset('short', d.shape, 'u2', external=[('short.raw', 0, h5py.h5f.UNLIMITED)]); case('e_short', 'e.h5', '/short', d, unreadable=[5, 6, 7])
f.create_dataset('gone', d.shape, 'u2', external=[('gone.raw', 0, h5py.h5f.UNLIMITED)]); case('e_gone', 'e.h5', '/gone', d, missing=range(8))
f.create_dataset('parts', d.shape, 'u2', external=[('part0.raw', 0, d[:3].nbytes), ('part1.raw', 4, d[3:].nbytes)]); case('e_parts', 'e.h5', '/parts', d)
f.create_dataset('parts_gone', d.shape, 'u2', external=[('part0.raw', 0, d[:3].nbytes), ('partX.raw', 4, d[3:].nbytes)]); case('e_parts_gone', 'e.h5', '/parts_gone', d, missing=[3, 4, 5, 6, 7])
f.close()
)",
                      6 + 9 + 1 + 5);
}

TEST(Hdf5Source, BitshuffleZstd) {
  expect_python_cases(R"(
def shuffled(block):
    bits = np.unpackbits(block.view(np.uint8).reshape(block.size, -1), axis=1, bitorder='little')
    return np.packbits(bits.T.copy(), axis=1, bitorder='little').tobytes()
def pack(data, cut=0):
    data = data.ravel(); block = 8192 // data.itemsize; end = data.size - data.size % 8
    chunk = struct.pack('>QI', data.nbytes, block * data.itemsize)
    for at in range(0, end, block):
        packed = subprocess.run(['zstd', '-q', '-c'], input=shuffled(data[at:min(end, at + block)]), stdout=subprocess.PIPE, check=True).stdout
        chunk += struct.pack('>I', len(packed)) + packed
    return (chunk + data[end:].tobytes())[:len(chunk) - cut] if cut else chunk + data[end:].tobytes()
d = stack(4, 61, 83)
p = h5py.h5p.create(h5py.h5p.DATASET_CREATE); p.set_chunk((1, 61, 83))
p.set_filter(32008, h5py.h5z.FLAG_OPTIONAL, (0, 3))
with h5py.File('a.h5', 'w') as f:
    dset = h5py.Dataset(h5py.h5d.create(f.id, b'data', h5py.h5t.STD_U16LE, h5py.h5s.create_simple(d.shape), p))
    o = dset.id.get_create_plist().get_filter(0)
    assert o[2][4] == 3, o
    for k in range(4): dset.id.write_direct_chunk((k, 0, 0), pack(d[k], 50 if k == 2 else 0))
case('zstd', 'a.h5', '/data', d, 'bitshuffle-zstd', unreadable=[2])
# A filter older than 0.4 shuffles only.
import hdf5plugin
for i, (t, chunks, options) in enumerate([('u2', (1, 61, 83), {}), ('u4', (3, 20, 83), dict(nelems=1024)), ('u1', (1, 61, 83), dict(clevel=9)), ('f8', (1, 3, 3), {})]):
    with h5py.File(f'old{i}.h5', 'w') as f:
        dset = f.create_dataset('data', data=d.astype(t), chunks=chunks, **hdf5plugin.Bitshuffle(cname='zstd', **options))
        assert dset.id.get_create_plist().get_filter(0)[2][4] == 3
    with h5py.File(f'old{i}.h5') as f: case(f'old{i}', f'old{i}.h5', '/data', f['data'][()], 'bitshuffle-zstd')
)",
                      5);
}

std::string error_of(const fs::path& file, const std::string& dataset) {
  try {
    const auto source = open_hdf5_frames(file, dataset);
    Image<std::uint16_t> out(source->height(), source->width());
    if (source->read(source->frames() - 1, out)) return "fault";
    return "";
  } catch (const Error& error) {
    return error.what();
  }
}

TEST(Hdf5Source, WhatCannotBeReadIsRefusedWithAReason) {
  const TemporaryFolder folder;
  const auto result = testing::run_python(testing::kHdf5Prelude + R"(
f = h5py.File('a.h5', 'w')
f['row'] = np.zeros(5, 'u2'); f['text'] = 'x'; f['rank4'] = np.zeros((2, 3, 4, 5), 'u2'); f['empty'] = np.zeros((0, 4, 5), 'u2'); f['none'] = np.zeros((4, 0, 5), 'u2')
f.create_dataset('wide', (1, 2, 70000), 'u2', chunks=(1, 2, 100)); f.create_dataset('large', (1, 65535, 65535), 'u2', chunks=(1, 64, 64))
f.create_dataset('long', (2**31, 2, 2), 'u1', chunks=(1, 2, 2))
f['strings'] = np.full((2, 2, 2), b'abc'); f['complex'] = np.zeros((2, 2, 2), 'c8')
f['dangling'] = h5py.SoftLink('/nothing/here'); f['external'] = h5py.ExternalLink('gone.h5', '/data')
p = h5py.h5p.create(h5py.h5p.DATASET_CREATE); p.set_chunk((1, 3, 4)); p.set_filter(32026, h5py.h5z.FLAG_OPTIONAL, (1,))
h5py.h5d.create(f.id, b'strange', h5py.h5t.STD_U16LE, h5py.h5s.create_simple((2, 3, 4)), p)
f.close()
open('text.h5', 'w').write('not hdf5')
)",
                                          folder.path());
  ASSERT_EQ(result.status, 0) << result.output;
  const fs::path file = folder / "a.h5";
  const std::vector<std::pair<std::string, std::string>> expected{{"/row", "need 2 or 3"},
                                                                  {"/text", "dimensions"},
                                                                  {"/rank4", "2 x 3 x 4 x 5"},
                                                                  {"/empty", "no frame"},
                                                                  {"/none", "no frame"},
                                                                  {"/wide", "65535"},
                                                                  {"/large", "2^30"},
                                                                  {"/long", "2^31"},
                                                                  {"/strings", "no numbers"},
                                                                  {"/complex", "no numbers"},
                                                                  {"/dangling", "leads to nothing"},
                                                                  {"/external", "gone.h5::/data"},
                                                                  {"/absent", "no such dataset"},
                                                                  {"/", "not a dataset"},
                                                                  {"/row/deeper", "no such dataset"},
                                                                  {"/strange", "32026"}};
  for (const auto& [dataset, reason] : expected) {
    const std::string error = error_of(file, dataset);
    EXPECT_NE(error.find(reason), std::string::npos) << dataset << ": " << error;
    EXPECT_NE(error.find("a.h5"), std::string::npos) << dataset << ": " << error;
  }
  EXPECT_NE(error_of(folder / "text.h5", "/x").find("not an HDF5 file"), std::string::npos);
  EXPECT_NE(error_of(folder / "absent.h5", "/x").find("no such file"), std::string::npos);
  EXPECT_NE(error_of(folder.path(), "/x").find("folder"), std::string::npos);
}

TEST(Hdf5Source, DatasetsAreJoinedAndThoseThatAreGoneAreMissing) {
  const TemporaryFolder folder;
  const auto result = testing::run_python(testing::kHdf5Prelude + R"(
d = stack(10, 5, 6, 'u4'); d.astype('<u2').tofile('expected.pixels')
for i in range(4):
    if i == 1: continue
    with h5py.File(f'x_data_{i + 1:06d}.h5', 'w') as f: f.create_dataset('entry/data/data', data=d[3 * i:3 * i + 3], chunks=(1, 5, 6), compression=32008, compression_opts=(0, 2))
with h5py.File('x_master.h5', 'w') as f:
    for i in range(4): f[f'entry/data/data_{i + 1:06d}'] = h5py.ExternalLink(f'x_data_{i + 1:06d}.h5', 'entry/data/data')
    f['entry/instrument/detector/detectorSpecific/nimages'] = 5; f['entry/instrument/detector/detectorSpecific/ntrigger'] = 2
os.mkdir('lost')
import shutil
for i in (1, 3): shutil.copy(f'x_data_00000{i}.h5', 'lost')
shutil.copy('x_master.h5', 'lost')
)",
                                          folder.path());
  ASSERT_EQ(result.status, 0) << result.output;
  std::vector<std::string> datasets;
  for (int i = 1; i <= 4; ++i) datasets.push_back("/entry/data/data_00000" + std::to_string(i));
  const auto pixels = read_values<std::uint16_t>(folder / "expected.pixels");
  const std::vector<std::uint8_t> marked(pixels.size(), 0);
  const auto source = open_hdf5_frames(folder / "x_master.h5", datasets);
  ASSERT_EQ(source->frames(), 10);
  for (int k = 0; k < 10; ++k) expect_frame(*source, k, pixels, marked, {3, 4, 5}, {}, "joined");
  // The last file is gone too: the scan ends before it.
  const auto lost = open_hdf5_frames(folder / "lost" / "x_master.h5", datasets);
  ASSERT_EQ(lost->frames(), 9);
  for (int k = 0; k < 9; ++k) expect_frame(*lost, k, pixels, marked, {3, 4, 5}, {}, "lost");
  EXPECT_EQ(lost->type_max(), 65535);
  const StorageInfo stored = hdf5_storage_info(folder / "lost" / "x_master.h5", datasets);
  EXPECT_EQ(stored.compression, "bitshuffle-lz4");
  EXPECT_EQ(stored.bytes_stored, hdf5_storage_info(folder / "x_data_000001.h5", "/entry/data/data").bytes_stored +
                                     hdf5_storage_info(folder / "x_data_000003.h5", "/entry/data/data").bytes_stored);
  EXPECT_THROW(open_hdf5_frames(folder / "lost" / "x_master.h5", std::vector<std::string>{datasets[1], datasets[3]}),
               Error);
}

TEST(Hdf5Source, AFileThatIsNotClosedIsToldWithHdf5sReason) {
  const TemporaryFolder folder;
  const auto made = testing::run_python(R"(
import h5py, numpy as np, os
if os.fork() == 0:
    f = h5py.File('killed.h5', 'w', libver='latest'); f['data'] = np.ones((2, 3, 4), 'u2'); f.flush()
    os._exit(9)
os.wait()
)",
                                        folder.path());
  ASSERT_EQ(made.status, 0) << made.output;
  const std::string error = error_of(folder / "killed.h5", "/data");
  for (const char* part : {"was stopped before it closed it", "already open for write", "h5clear -s "}) {
    EXPECT_NE(error.find(part), std::string::npos) << error;
  }
}

TEST(Hdf5Source, FilesThatAreBeingWrittenCanBeRead) {
  const TemporaryFolder folder;
  const auto result = testing::run_python(testing::kHdf5Prelude + R"(
import time
d = stack(6, 5, 6)
d.astype('<u2').tofile('a.pixels')
f = h5py.File('plain.h5', 'w'); f.create_dataset('data', data=d, chunks=(1, 5, 6)); f.flush()
with h5py.File('vds.h5', 'w') as v:
    l = h5py.VirtualLayout(d.shape, 'u2'); l[:] = h5py.VirtualSource('plain.h5', 'data', d.shape, 'u2'); v.create_virtual_dataset('data', l)
    v['link'] = h5py.ExternalLink('plain.h5', '/data')
s = h5py.File('swmr.h5', 'w', libver='latest'); sd = s.create_dataset('data', data=d[:4], chunks=(1, 5, 6), maxshape=(None, 5, 6)); s.swmr_mode = True; sd.flush()
open('ready', 'w').close()
if os.fork() == 0:
    os.setsid(); os.close(1); os.close(2); os.open('/dev/null', os.O_WRONLY); os.open('/dev/null', os.O_WRONLY)
    for i in range(600):
        if os.path.exists('done') or not os.path.exists('ready'): break
        time.sleep(0.1)
    os._exit(0)
os._exit(0)
)",
                                          folder.path());
  ASSERT_EQ(result.status, 0) << result.output;
  const auto pixels = read_values<std::uint16_t>(folder / "a.pixels");
  const std::vector<std::uint8_t> marked(pixels.size(), 0);
  for (const auto& [file, dataset, frames] :
       {std::tuple{"plain.h5", "/data", 6}, {"vds.h5", "/data", 6}, {"vds.h5", "/link", 6}, {"swmr.h5", "/data", 4}}) {
    const auto source = open_hdf5_frames(folder / file, std::string(dataset));
    ASSERT_EQ(source->frames(), frames);
    for (int k = 0; k < frames; ++k) expect_frame(*source, k, pixels, marked, {}, {}, file);
  }
  std::ofstream(folder / "done") << "";
}

TEST(Hdf5Source, BrokenFilesNeverCrash) {
  const TemporaryFolder folder;
  const auto result = testing::run_python(testing::kHdf5Prelude + R"(
d = stack(4, 20, 30)
with h5py.File('a.h5', 'w') as f:
    f.create_dataset('b', data=d, chunks=(1, 20, 30), compression=32008, compression_opts=(0, 2)); f.create_dataset('g', data=d, chunks=(2, 9, 30), compression='gzip', shuffle=True, fletcher32=True)
    f['c'] = d
with h5py.File('v.h5', 'w') as f:
    l = h5py.VirtualLayout(d.shape, 'u2'); l[:2] = h5py.VirtualSource('broken.h5', 'b', d.shape, 'u2')[:2]; l[2:] = h5py.VirtualSource('broken.h5', 'g', d.shape, 'u2')[2:]; f.create_virtual_dataset('v', l)
)",
                                          folder.path());
  ASSERT_EQ(result.status, 0) << result.output;
  const auto bytes = read_values<char>(folder / "a.h5");
  std::mt19937 random(1);
  int opened = 0;
  const fs::path broken = folder / "broken.h5";
  auto attempt = [&](const std::vector<char>& content) {
    std::ofstream(broken, std::ios::binary).write(content.data(), static_cast<std::streamsize>(content.size()));
    for (const std::string dataset : {"/b", "/g", "/c", "/v"}) {
      try {
        const auto source = open_hdf5_frames(dataset == "/v" ? folder / "v.h5" : broken, dataset);
        if (source->height() > 1000 || source->width() > 1000) continue;
        Image<std::uint16_t> out(source->height(), source->width());
        for (int k = 0; k < std::min(source->frames(), 5); ++k) source->read(k, out);
        ++opened;
      } catch (const Error&) {
      }
    }
    fs::remove(broken);
  };
  for (std::size_t size = 0; size < bytes.size(); size += bytes.size() / 40) {
    attempt({bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size)});
  }
  for (int i = 0; i < 300; ++i) {
    std::vector<char> flipped = bytes;
    for (int j = 0; j < 1 + i % 3; ++j) flipped[random() % flipped.size()] ^= static_cast<char>(1 << random() % 8);
    attempt(flipped);
  }
  EXPECT_GT(opened, 300);
}

// Every dataset of the real files, against h5py and the plugins.
TEST(Hdf5Source, RealFiles) {
  if (testing::real_data().empty()) GTEST_SKIP() << "no real data here";
  expect_python_cases("root = '" + testing::real_data().string() + "'" + R"(
import hdf5plugin
os.symlink(root, 'real')
def one(name, file, dataset, compression, masked=None):
    d = h5py.File('real/' + file, 'r')[dataset][()]
    m = np.zeros(d.shape, bool) if masked is None else d == masked
    d[m] = 0
    assert d.max() <= 65535
    case(name, 'real/' + file, dataset, d, compression, marked=m)
one('eig500', 'hdf5/EIG500_Ti_1_A-2_1_0_data_000001.h5', '/entry/data/data', 'none', 0xffffffff)
one('lima', 'labdct_iron/h5_repacked/labdct_roi_0000.h5', '/entry_0000/measurement/data', 'bitshuffle-lz4')
def clipped(name, file):  # markers, and hot pixels beside them
    with h5py.File('real/' + file, 'r') as f: d = f['entry/data/data'][()]
    m = d >= 2**32 - 2 if d.dtype == np.uint32 else (d == -1) | (d == -2)
    assert not (d < -2).any() and (m.any() or d.max() > 65535), (d.min(), d.max())
    case(name, 'real/' + file, 'entry/data/data', np.where(m, 0, np.minimum(d, 65535)), 'bitshuffle-lz4' if 'bitsh' in file else 'gzip', marked=m)
clipped('pilatus', 'hdf5/dls_336502.nxs'); clipped('hot', 'hdf5/eiger4m_bitshuffle.h5')
one('master', 'labdct_iron/h5_repacked/labdct_roi_master.h5', '/1.1/measurement/detector', 'bitshuffle-lz4')
for i in range(9): one(f'id03_{i}', 'hdf5/bliss_id03_energy_scan_layer_0.h5', f'/110_5pct_layer_0_111_strain_energy_{i}_1.1/instrument/pco_ff/data', 'none')
)",
                      14);
}

TEST(FrameSelection, FramesAreRenumberedAndMinusOneIsMissing) {
  const TemporaryFolder folder;
  const auto result = testing::run_python(testing::kHdf5Prelude + R"(
d = stack(5, 3, 4); d.tofile('a.pixels')
with h5py.File('a.h5', 'w') as f: f['data'] = d
)",
                                          folder.path());
  ASSERT_EQ(result.status, 0) << result.output;
  const auto all = open_hdf5_frames(folder / "a.h5", std::string("/data"));
  const auto some = select_frames(all, {4, -1, 0});
  ASSERT_EQ(some->frames(), 3);
  Image<std::uint16_t> expected(3, 4), out(3, 4);
  for (const auto& [k, index] : {std::pair{0, 4}, {2, 0}}) {
    EXPECT_FALSE(all->read(index, expected));
    EXPECT_FALSE(some->read(k, out));
    EXPECT_TRUE(std::equal(out.pixels().begin(), out.pixels().end(), expected.pixels().begin()));
    EXPECT_EQ(some->frame_name(k), all->frame_name(index));
  }
  const auto fault = some->read(1, out);
  ASSERT_TRUE(fault);
  EXPECT_EQ(fault->cause, BadFrameCause::kMissing);
}

}  // namespace
}  // namespace dctprep
