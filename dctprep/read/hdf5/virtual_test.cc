// SPDX-License-Identifier: BSD-3-Clause
#include <cstdlib>
#include <fmt/format.h>
#include <fstream>
#include <gtest/gtest.h>
#include <sstream>

#include "dctprep/base/error.h"
#include "dctprep/read/hdf5/cases_test.h"
#include "dctprep/read/hdf5/numbers.h"
#include "dctprep/read/hdf5/source.h"
#include "dctprep/read/open_scan.h"

namespace dctprep {
namespace {

using testing::expect_python_cases;

TEST(Hdf5Virtual, SourcesOfEveryKind) {
  expect_python_cases(R"(
os.mkdir('deep'); os.mkdir('raw')
h, w = 11, 14
bs = dict(compression=32008, compression_opts=(0, 2))
d = stack(12, h, w)
for i in range(4):
    with h5py.File(f'raw/part_{i}.h5', 'w') as f:
        f.create_dataset('entry/data', data=d[3 * i:3 * i + 3], chunks=(1, h, w), **bs)
def layout(shape, dtype='u2'): return h5py.VirtualLayout(shape, dtype)
def source(i, path='raw/part_%d.h5', shape=(3, h, w), dtype='u2'): return h5py.VirtualSource(path % i, 'entry/data', shape, dtype)
def make(file, layout, fill=None):
    with h5py.File(file, 'w') as f: f.create_virtual_dataset('data', layout, fillvalue=fill)
l = layout(d.shape)
for i in range(4): l[3 * i:3 * i + 3] = source(i)
make('plain.h5', l); case('plain', 'plain.h5', '/data', d, 'bitshuffle-lz4')
# a source is gone; one has no such dataset; a gap in the mappings
l = layout(d.shape)
for i in range(4): l[3 * i:3 * i + 3] = source(i, 'raw/part_%d.h5' if i != 2 else 'raw/lost_%d.h5')
make('gone.h5', l); case('gone', 'gone.h5', '/data', d, 'bitshuffle-lz4', missing=[6, 7, 8])
with h5py.File('raw/empty.h5', 'w') as f: pass
open('raw/broken.h5', 'wb').write(b'no hdf5 at all')
l = layout(d.shape)
l[0:3] = source(0); l[3:6] = h5py.VirtualSource('raw/empty.h5', 'entry/data', (3, h, w), 'u2'); l[7:9] = h5py.VirtualSource('raw/part_2.h5', 'entry/data', (3, h, w), 'u2')[1:3]
l[9:12] = h5py.VirtualSource('raw/broken.h5', 'entry/data', (3, h, w), 'u2')
make('gaps.h5', l); case('gaps', 'gaps.h5', '/data', d, 'bitshuffle-lz4', missing=[3, 4, 5, 6], unreadable=[9, 10, 11])
# absolute paths, also of files that have moved along; nested; in the same file; through an external link
l = layout(d.shape)
for i in range(4): l[3 * i:3 * i + 3] = source(i, os.path.abspath('raw') + '/part_%d.h5')
make('absolute.h5', l); case('absolute', 'absolute.h5', '/data', d, 'bitshuffle-lz4')
l = layout(d.shape)
for i in range(4): l[3 * i:3 * i + 3] = source(i, '/nowhere/at/all/part_%d.h5')
make('raw/moved.h5', l); case('moved', 'raw/moved.h5', '/data', d, 'bitshuffle-lz4')
l = layout((6, h, w)); l[:] = h5py.VirtualSource('../plain.h5', 'data', d.shape, 'u2')[2:8]
make('deep/nested.h5', l); case('nested', 'deep/nested.h5', '/data', d[2:8], 'bitshuffle-lz4')
l = layout((6, h, w)); l[:] = h5py.VirtualSource('../gone.h5', 'data', d.shape, 'u2')[2:8]
make('deep/nested_gone.h5', l); case('nested_gone', 'deep/nested_gone.h5', '/data', d[2:8], 'bitshuffle-lz4', missing=[4, 5])
with h5py.File('same.h5', 'w') as f:
    f['own'] = d
    l = layout((12, h, w)); l[:] = h5py.VirtualSource(f['own']); f.create_virtual_dataset('data', l)
case('same', 'same.h5', '/data', d)
with h5py.File('link.h5', 'w') as f: f['entry/x'] = h5py.ExternalLink('deep/nested.h5', '/data'); f['soft'] = h5py.SoftLink('/entry/x')
case('link', 'link.h5', '/entry/x', d[2:8], 'bitshuffle-lz4'); case('soft', 'link.h5', '/soft', d[2:8], 'bitshuffle-lz4')
# itself
l = layout((2, h, w)); l[:] = h5py.VirtualSource('circle.h5', 'data', (2, h, w), 'u2')
make('circle.h5', l); case('circle', 'circle.h5', '/data', d[:2], unreadable=[0, 1])
# frames interleaved over files, every second of a file, one file a frame (of rank 2)
l = layout((12, h, w)); 
for i in range(4): l[i::4] = source(i)
e = np.empty_like(d)
for i in range(4): e[i::4] = d[3 * i:3 * i + 3]
make('interleaved.h5', l); case('interleaved', 'interleaved.h5', '/data', e, 'bitshuffle-lz4')
l = layout((6, h, w)); l[:] = h5py.VirtualSource('plain.h5', 'data', d.shape, 'u2')[1::2]
make('second.h5', l); case('second', 'second.h5', '/data', d[1::2], 'bitshuffle-lz4')
l = layout((5, h, w))
for k in range(5):
    with h5py.File(f'raw/image_{k}.h5', 'w') as f: f['image'] = d[k]
    l[k] = h5py.VirtualSource(f'raw/image_{k}.h5', 'image', (h, w), 'u2')
os.remove('raw/image_3.h5')
make('images.h5', l); case('images', 'images.h5', '/data', d[:5], missing=[3])
# modules: tiles with gaps between them, one file a module; the gap has the fill value
big = np.full((12, 2 * h + 3, 2 * w + 2), 7, 'u2')
l = layout(big.shape)
for i, (v, u) in enumerate([(0, 0), (0, w + 2), (h + 3, 0), (h + 3, w + 2)]):
    m = stack(12, h, w)
    with h5py.File(f'raw/module_{i}.h5', 'w') as f: f.create_dataset('entry/data', data=m, chunks=(2, 4, w), compression='gzip')
    big[:, v:v + h, u:u + w] = m
    l[:, v:v + h, u:u + w] = h5py.VirtualSource(f'raw/module_{i}.h5', 'entry/data', m.shape, 'u2')
make('modules.h5', l, 7); case('modules', 'modules.h5', '/data', big, 'gzip')
# one of them has lost its last frames, one is gone for some frames
l = layout(big.shape)
for i, (v, u) in enumerate([(0, 0), (0, w + 2), (h + 3, 0), (h + 3, w + 2)]):
    end = 10 if i == 1 else 12
    l[:end, v:v + h, u:u + w] = h5py.VirtualSource(f'raw/module_{i}.h5', 'entry/data', (12, h, w), 'u2')[:end]
make('modules_short.h5', l, 7); case('modules_short', 'modules_short.h5', '/data', big, 'gzip', missing=[10, 11])
# strides inside the frame: even and odd columns, every second row; a crop of the source
e = np.zeros((3, 2 * h, w), 'u2'); l = layout(e.shape)
a = d[0:3]; b = d[3:6]
e[:, 0::2] = a; e[:, 1::2] = b
l[:, 0::2] = source(0); l[:, 1::2] = source(1)
make('rows.h5', l); case('rows', 'rows.h5', '/data', e, 'bitshuffle-lz4')
e = np.zeros((3, h, w), 'u2'); l = layout(e.shape)
e[:, :, 0::2] = a[:, :, :w // 2]; e[:, :, 1::2] = b[:, :, 1::2]
l[:, :, 0::2] = source(0)[:, :, :w // 2]; l[:, :, 1::2] = source(1)[:, :, 1::2]
make('columns.h5', l); case('columns', 'columns.h5', '/data', e, 'bitshuffle-lz4')
l = layout((3, 4, 5)); l[:] = source(0)[:, 2:6, 3:8]
make('crop.h5', l); case('crop', 'crop.h5', '/data', a[:, 2:6, 3:8], 'bitshuffle-lz4')
# another type: HDF5's own conversion, which clips
c = d[:3].astype('i4'); c[0, 0, 0] = 70000; c[1, 1, 1] = -5
with h5py.File('raw/other.h5', 'w') as f: f['entry/data'] = c
l = layout((3, h, w)); l[:] = h5py.VirtualSource('raw/other.h5', 'entry/data', c.shape, 'i4')
make('other.h5', l)
e = h5py.File('other.h5')['data'][()]; assert e[0, 0, 0] == 65535 and e[1, 1, 1] == 0
case('other', 'other.h5', '/data', e)
# the source is shorter than its mapping
with h5py.File('raw/short.h5', 'w') as f: f.create_dataset('entry/data', data=d[:2], chunks=(1, h, w))
l = layout((3, h, w)); l[:] = h5py.VirtualSource('raw/short.h5', 'entry/data', (3, h, w), 'u2')
make('short.h5', l); case('short', 'short.h5', '/data', d[:3], missing=[2])
# no end: one source that grows, and numbered files of which one is gone
with h5py.File('raw/growing.h5', 'w') as f: f.create_dataset('entry/data', data=d[:7], chunks=(1, h, w), maxshape=(None, h, w))
U = h5py.h5s.UNLIMITED
def unlimited(file, src_file, src_space, name=b'data', block=1):
    space = h5py.h5s.create_simple((0, h, w), (U, h, w)); space.select_hyperslab((0, 0, 0), (U, 1, 1), (block, 1, 1), (block, h, w))
    p = h5py.h5p.create(h5py.h5p.DATASET_CREATE); p.set_virtual(space, src_file, b'entry/data', src_space)
    with h5py.File(file, 'w', libver='latest') as f: h5py.h5d.create(f.id, name, h5py.h5t.STD_U16LE, h5py.h5s.create_simple((0, h, w), (U, h, w)), p)
src = h5py.h5s.create_simple((7, h, w), (U, h, w)); src.select_hyperslab((0, 0, 0), (U, 1, 1), (1, 1, 1), (1, h, w))
unlimited('growing.h5', b'raw/growing.h5', src)
assert h5py.File('growing.h5')['data'].shape == (7, h, w)
case('growing', 'growing.h5', '/data', d[:7])
src = h5py.h5s.create_simple((3, h, w))
unlimited('numbered.h5', b'raw/part_%b.h5', src, block=3)
assert h5py.File('numbered.h5')['data'].shape == (12, h, w)
case('numbered', 'numbered.h5', '/data', d, 'bitshuffle-lz4')
)",
                      23);
}

TEST(Hdf5Virtual, ListsOfFramesRowsAndColumns) {
  expect_python_cases(R"(
h, w = 11, 14
d = stack(12, h, w)
with h5py.File('source.h5', 'w') as f: f.create_dataset('data', data=d, chunks=(1, h, w), compression='gzip')
def source(): return h5py.VirtualSource('source.h5', 'data', d.shape)
def virtual(name, layout):
    with h5py.File(name + '.h5', 'w', libver='latest') as f: f.create_virtual_dataset('data', layout)
    with h5py.File(name + '.h5') as f: e = f['data'][()]
    case(name, name + '.h5', '/data', e, 'gzip')
    return e
# some frames, rows, columns of the source
keep = [0, 1, 4, 5, 9, 11]
l = h5py.VirtualLayout((6, h, w), 'u2'); l[:] = source()[keep]
assert (virtual('frames', l) == d[keep]).all()
l = h5py.VirtualLayout((12, 4, w), 'u2'); l[:] = source()[:, [0, 3, 4, 10]]
assert (virtual('rows', l) == d[:, [0, 3, 4, 10]]).all()
l = h5py.VirtualLayout((12, h, 3), 'u2'); l[:] = source()[:, :, [1, 2, 13]]
assert (virtual('columns', l) == d[:, :, [1, 2, 13]]).all()
# a list on the side of the virtual dataset, and on both
l = h5py.VirtualLayout((12, h, w), 'u2'); l[[0, 2, 3, 7, 8, 10]] = source()[:6]; l[[1, 4, 5, 6, 9, 11]] = source()[keep]
e = virtual('both', l); assert (e[[0, 2, 3, 7, 8, 10]] == d[:6]).all() and (e[[1, 4, 5, 6, 9, 11]] == d[keep]).all()
# a list beyond the end of the source
short = h5py.VirtualSource('source.h5', 'data', (20, h, w))
l = h5py.VirtualLayout((3, h, w), 'u2'); l[:] = short[[1, 3, 14]]
with h5py.File('short.h5', 'w', libver='latest') as f: f.create_virtual_dataset('data', l)
case('short', 'short.h5', '/data', d[:3] * 0 + d[[1, 3, 3]], 'gzip', missing=[2])
)",
                      5);
}

// The frames lie elsewhere, and HDF5 is told so by its own variables.
TEST(Hdf5Virtual, PrefixesAreHeeded) {
  const testing::TemporaryFolder folder;
  const auto made = testing::run_python(testing::kHdf5Prelude + R"(
d = stack(3, 4, 5); os.makedirs('raw/deep'); os.makedirs('here')
with h5py.File('raw/deep/source.h5', 'w') as f: f['data'] = d; f['list'] = np.arange(3.0)
d.tofile('raw/pixels.raw')
for name in ('deep/source.h5', '/gone/away/deep/source.h5'):
    with h5py.File('here/' + ('absolute.h5' if name[0] == '/' else 'virtual.h5'), 'w', libver='latest') as f:
        l = h5py.VirtualLayout(d.shape, 'u2'); l[:] = h5py.VirtualSource(name, 'data', d.shape); f.create_virtual_dataset('data', l)
        l = h5py.VirtualLayout((3,), 'f8'); l[:] = h5py.VirtualSource(name, 'list', (3,)); f.create_virtual_dataset('list', l)
with h5py.File('here/external.h5', 'w') as f: f.create_dataset('data', d.shape, 'u2', external=[('pixels.raw', 0, d.nbytes)])
)",
                                        folder.path());
  ASSERT_EQ(made.status, 0) << made.output;
  const auto readable = [&](const char* file) {
    Image<std::uint16_t> image(4, 5);
    return !open_hdf5_frames(folder / "here" / file, std::string("/data"))->read(1, image);
  };
  const auto with = [&](const char* variable, const std::string& value, const char* file) {
    ::setenv(variable, value.c_str(), 1);
    const bool read = readable(file);
    ::unsetenv(variable);
    return read;
  };
  EXPECT_FALSE(readable("virtual.h5"));
  EXPECT_TRUE(with("HDF5_VDS_PREFIX", (folder / "raw").string(), "virtual.h5"));
  EXPECT_TRUE(with("HDF5_VDS_PREFIX", "/nowhere::" + (folder / "raw").string(), "virtual.h5"));
  EXPECT_TRUE(with("HDF5_VDS_PREFIX", "${ORIGIN}/../raw", "virtual.h5"));
  EXPECT_FALSE(with("HDF5_VDS_PREFIX", "${ORIGIN}/raw", "virtual.h5"));
  // Of an absolute name its last part is looked for.
  EXPECT_TRUE(with("HDF5_VDS_PREFIX", "${ORIGIN}/../raw/deep", "absolute.h5"));
  EXPECT_FALSE(with("HDF5_EXTFILE_PREFIX", "/nowhere", "external.h5"));
  EXPECT_TRUE(with("HDF5_EXTFILE_PREFIX", "${ORIGIN}/../raw", "external.h5"));
  const auto error_of_list = [&] {
    try {
      read_hdf5_numbers(folder / "here" / "virtual.h5", "/list");
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string("no error");
  };
  EXPECT_NE(error_of_list().find("its source deep/source.h5 is gone; copy it"), std::string::npos) << error_of_list();
  ::setenv("HDF5_VDS_PREFIX", (folder / "raw").c_str(), 1);
  EXPECT_EQ(read_hdf5_numbers(folder / "here" / "virtual.h5", "/list").values, (std::vector<double>{0, 1, 2}));
  ::unsetenv("HDF5_VDS_PREFIX");
}

TEST(Hdf5Virtual, NumbersAreNeverFillValues) {
  const testing::TemporaryFolder folder;
  const auto made = testing::run_python(testing::kHdf5Prelude + R"(
a = np.arange(60.0)
for i in range(3):
    with h5py.File(f'part{i}.h5', 'w') as f: f['x'] = a[20 * i:20 * i + 20]; f['many'] = np.arange(100.0)
with h5py.File('gone.h5', 'w') as f: pass
def S(i, n=20, x='x'): return h5py.VirtualSource(f'part{i}.h5', x, (n,))
out = h5py.File('v.h5', 'w', libver='latest')
def make(name, l, fill=None):
    out.create_virtual_dataset(name, l, fillvalue=fill); out.flush()
    e = out[name][()]
    with open('expected.txt', 'a') as f: print(name, e.size, *e.ravel(), file=f)
l = h5py.VirtualLayout((60,), 'f8'); l[:20] = S(0); l[20:40] = S(1); l[40:] = S(2); make('whole', l)
l = h5py.VirtualLayout((10,), 'f8'); l[:] = S(0)[[1, 2, 4, 8, 9, 11, 12, 15, 18, 19]]; make('list', l)
l = h5py.VirtualLayout((10,), 'f8'); l[::2] = S(0)[5:10]; l[1::2] = S(1)[0:20:4]; make('woven', l)
l = h5py.VirtualLayout((4, 5), 'f8'); l[1:3] = S(2)[:10]; l[0] = S(0)[3:8]; l[3] = S(1)[3:8]; make('matrix', l)
l = h5py.VirtualLayout((60,), 'f8'); l[:] = h5py.VirtualSource('.', 'whole', (60,)); make('nested', l)
l = h5py.VirtualLayout((20,), 'f8'); l[:] = h5py.VirtualSource('.', 'whole', (60,))[10:30]; make('nested_part', l)
l = h5py.VirtualLayout((5,), 'f8'); l[:3] = S(0)[:3]; make('own_fill', l, -7.0)
l = h5py.VirtualLayout((6,), 'i4'); l[:] = S(0)[:6]; make('converted', l)
# what HDF5 fills
l = h5py.VirtualLayout((40,), 'f8'); l[:20] = S(0); l[20:] = h5py.VirtualSource('part9.h5', 'x', (20,)); out.create_virtual_dataset('file_gone', l)
l = h5py.VirtualLayout((40,), 'f8'); l[:20] = S(0); l[20:] = h5py.VirtualSource('part1.h5', 'y', (20,)); out.create_virtual_dataset('dataset_gone', l)
l = h5py.VirtualLayout((40,), 'f8'); l[:20] = S(0); out.create_virtual_dataset('half', l)
l = h5py.VirtualLayout((30,), 'f8'); l[:] = S(0, 30); out.create_virtual_dataset('short', l)
l = h5py.VirtualLayout((5,), 'f8'); l[:] = S(0, 30)[[1, 2, 3, 5, 25]]; out.create_virtual_dataset('short_list', l)
l = h5py.VirtualLayout((40,), 'f8'); l[:] = h5py.VirtualSource('.', 'file_gone', (40,)); out.create_virtual_dataset('nested_gone', l)
l = h5py.VirtualLayout((40,), 'f8'); l[:] = h5py.VirtualSource('.', 'circle', (40,)); out.create_virtual_dataset('circle', l)
out.close()
)",
                                        folder.path());
  ASSERT_EQ(made.status, 0) << made.output;
  std::ifstream expected(folder / "expected.txt");
  int cases = 0;
  for (std::string line; std::getline(expected, line); ++cases) {
    std::istringstream words(line);
    std::string name;
    std::size_t size = 0;
    words >> name >> size;
    std::vector<double> values(size);
    for (double& value : values) words >> value;
    ASSERT_NO_THROW(EXPECT_EQ(read_hdf5_numbers(folder / "v.h5", "/" + name).values, values) << name) << name;
  }
  EXPECT_EQ(cases, 8);
  for (const auto& [name, reason] : {std::pair{"file_gone", "its source part9.h5 is gone"},
                                     {"dataset_gone", "part1.h5::y is gone"},
                                     {"half", "not all of it has a source"},
                                     {"short", "part0.h5::x is too short"},
                                     {"short_list", "part0.h5::x is too short"},
                                     {"nested_gone", "its source part9.h5 is gone"},
                                     {"circle", "in a circle"}}) {
    try {
      read_hdf5_numbers(folder / "v.h5", std::string("/") + name);
      ADD_FAILURE() << name;
    } catch (const Error& error) {
      EXPECT_NE(std::string(error.what()).find(reason), std::string::npos) << error.what();
      EXPECT_NE(std::string(error.what()).find(name), std::string::npos) << error.what();
    }
  }
}

TEST(Hdf5Virtual, WhatItsTypeCannotHoldOfItsSourcesIsTold) {
  const testing::TemporaryFolder folder;
  const auto made = testing::run_python(R"(
import h5py, numpy as np
for stored in ('u1', 'u2', 'u4', 'i2', 'i4', 'f4'):
    with h5py.File(f'source_{stored}.h5', 'w') as f: f['x'] = np.ones((3, 6, 7), stored)
    for own in ('u2', 'i4', 'f8'):
        l = h5py.VirtualLayout((3, 6, 7), own); l[:] = h5py.VirtualSource(f'source_{stored}.h5', 'x', (3, 6, 7))
        with h5py.File(f'{own}_of_{stored}.h5', 'w') as f: f.create_virtual_dataset('x', l)
)",
                                        folder.path());
  ASSERT_EQ(made.status, 0) << made.output;
  const auto clipped = [&](const std::string& name) {
    return hdf5_storage_info(folder / (name + ".h5"), "/x").clipped_from;
  };
  for (const char* whole : {"u2_of_u1", "u2_of_u2", "i4_of_u2", "i4_of_i4", "i4_of_i2", "f8_of_u4", "f8_of_f4"})
    EXPECT_EQ(clipped(whole), "") << whole;
  for (const auto& [name, type] :
       {std::pair{"u2_of_u4", "uint32"}, {"u2_of_i2", "int16"}, {"u2_of_f4", "float32"}, {"i4_of_f4", "float32"}})
    EXPECT_NE(clipped(name).find(fmt::format("({})", type)), std::string::npos) << name << " " << clipped(name);
  EXPECT_EQ(hdf5_storage_info(folder / "source_u4.h5", "/x").clipped_from, "");
  const Scan scan = open_scan({.path = (folder / "u2_of_u4.h5").string()});
  ASSERT_FALSE(scan.warnings.empty());
  EXPECT_NE(scan.warnings[0].find("is a virtual dataset of uint16 over"), std::string::npos) << scan.warnings[0];
}

}  // namespace
}  // namespace dctprep
