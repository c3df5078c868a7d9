// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>

#include "dctprep/read/hdf5_cases_test.h"

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

}  // namespace
}  // namespace dctprep
