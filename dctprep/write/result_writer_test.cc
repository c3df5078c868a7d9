// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/write/result_writer.h"

#include <csignal>
#include <fstream>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include "dctprep/base/error.h"
#include "dctprep/write/random_result_test.h"
#include "dctprep/write/result_reader.h"

namespace dctprep {
namespace {

namespace fs = std::filesystem;
using testing::play;
using testing::random_result;
using testing::TemporaryFolder;

template <class T>
void write_raw(const fs::path& path, const std::vector<T>& values) {
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(values.data()), static_cast<std::streamsize>(values.size() * sizeof(T)));
}

// Everything that went in, in the order in which it went in, for Python: text tables with exact numbers, and raw
// arrays.
void write_oracle(const MemoryResult& r, const fs::path& folder) {
  std::ofstream spots(folder / "spots.txt"), rejected(folder / "rejected.txt");
  visit_spot_columns([&](const ColumnInfo& info, auto) { spots << info.name << ' '; });
  std::vector<std::int32_t> voxels, counts, shape{r.header.frames, r.header.height, r.header.width};
  std::vector<std::uint32_t> images;
  for (const auto& s : r.spots) {
    spots << '\n';
    visit_spot_columns([&](const ColumnInfo&, auto member) { spots << fmt::format("{} ", s.spot.*member); });
    counts.push_back(static_cast<std::int32_t>(s.voxels.size()));
    for (const Voxel& x : s.voxels) voxels.insert(voxels.end(), {x.frame, x.v, x.u, x.value});
    images.insert(images.end(), s.image.begin(), s.image.end());
  }
  visit_rejected_columns([&](const ColumnInfo& info, auto) { rejected << info.name << ' '; });
  for (const RejectedBlob& b : r.rejected) {
    rejected << '\n' << static_cast<int>(b.reason) << ' ';
    visit_rejected_columns([&, first = true](const ColumnInfo&, auto member) mutable {
      if (!std::exchange(first, false)) rejected << static_cast<std::int64_t>(b.*member) << ' ';
    });
  }
  std::vector<std::uint16_t> backgrounds;
  std::vector<float> transmissions;
  for (const auto& image : r.backgrounds)
    backgrounds.insert(backgrounds.end(), image.pixels().begin(), image.pixels().end());
  for (const auto& image : r.transmissions) {
    transmissions.insert(transmissions.end(), image.pixels().begin(), image.pixels().end());
  }
  write_raw(folder / "shape", shape);
  write_raw(folder / "voxels", voxels);
  write_raw(folder / "counts", counts);
  write_raw(folder / "images", images);
  write_raw(folder / "background", backgrounds);
  write_raw(folder / "transmission", transmissions);
  write_raw(folder / "omega", r.header.omega);
  write_raw(folder / "offset", r.summary.frame_offset);
  write_raw(folder / "intensity", r.summary.beam_intensity);
  write_raw(folder / "factor", r.summary.beam_factor);
}

// Orders what went in by itself and compares every dataset.
constexpr const char* kCompare = R"(
import h5py, numpy as np
try: import hdf5plugin
except ImportError: pass
raw = lambda name, t: np.fromfile(name, t)
D, H, W = raw('shape', 'i4').tolist()
def table(name):
    lines = [line.split() for line in open(name)]
    return lines[0], lines[1:]
def key(names, row):
    at = lambda n: int(row[names.index(n)])
    return (at('frame_start'), (at('peak_frame') % D * H + at('peak_v')) * W + at('peak_u'))
f = h5py.File('out.h5')['entry']
names, rows = table('spots.txt')
order = sorted(range(len(rows)), key=lambda i: key(names, rows[i]))
types = dict(id='u4', volume='u4', area='u4', integral='u8', peak='u2', grow_level='u2', seed_volume='u4', flags='u4')
for name in 'frame u v omega sigma_frame sigma_u sigma_v cov_uv'.split(): types[name] = 'f8'
assert set(names) == set(f['spots']), set(names) ^ set(f['spots'])
for c, name in enumerate(names):
    want = np.arange(len(rows)) if name == 'id' else [float(rows[i][c]) if types.get(name) == 'f8' else int(rows[i][c]) for i in order]
    want = np.array(want, types.get(name, 'i4'))
    got = f['spots'][name]
    assert got.dtype == want.dtype and np.array_equal(got[()], want), name
counts = raw('counts', 'i4').astype(int)
voxels = np.split(raw('voxels', 'i4').reshape(-1, 4), np.cumsum(counts)[:-1]) if len(rows) else []
at = names.index
size = [(int(r[at('v_max')]) - int(r[at('v_min')]) + 1) * (int(r[at('u_max')]) - int(r[at('u_min')]) + 1) for r in rows]
images = np.split(raw('images', 'u4'), np.cumsum(size)[:-1]) if len(rows) else []
join = lambda parts, empty: np.concatenate([parts[i] for i in order]) if order else empty
v = join(voxels, np.zeros((0, 4), 'i4'))
if 'voxels' in f:
    assert f['voxels/offset'].dtype == 'u8'
    assert np.array_equal(f['voxels/offset'][()], np.cumsum([0] + [counts[i] for i in order]))
    for c, (name, t) in enumerate([('frame', 'i4'), ('v', 'u2'), ('u', 'u2'), ('intensity', 'u2')]):
        assert f['voxels'][name].dtype == t and np.array_equal(f['voxels'][name][()], v[:, c]), name
if 'images' in f:
    assert f['images/offset'].dtype == 'u8' and f['images/data'].dtype == 'u4'
    assert np.array_equal(f['images/offset'][()], np.cumsum([0] + [size[i] for i in order]))
    assert np.array_equal(f['images/data'][()], join(images, np.zeros(0, 'u4')))
names, rows = table('rejected.txt')
if 'reason' in f['rejected']:
    rows.sort(key=lambda row: (key(names, row), int(row[0])))
    types = dict(reason='u1', peak='u2', volume='u4', area='u4')
    for c, name in enumerate(names):
        want = np.array([int(row[c]) for row in rows], types.get(name, 'i4'))
        got = f['rejected'][name]
        assert got.dtype == want.dtype and np.array_equal(got[()], want), name
    assert list(f['rejected/reason'].attrs['reason_names'])[1] == 'voxel_clip'
assert f['rejected/count'].dtype == 'u8'
assert f['rejected/count'][()].tolist() == [sum(int(row[0]) == k for row in rows) for k in range(11)]
if 'data' in f['background']:
    b = f['background/data']
    assert b.dtype == 'u2' and b.chunks == (1, H, W) and b.attrs['interpretation'] == 'image'
    assert np.array_equal(b[()].ravel(), raw('background', 'u2'))
if 'transmission' in f['beam']:
    t = f['beam/transmission']
    assert t.dtype == 'f4' and t.shape[0] == D and np.array_equal(t[()].ravel(), raw('transmission', 'f4'))
for path, name, t in [('scan/omega', 'omega', 'f8'), ('background/frame_offset', 'offset', 'i4'),
                      ('beam/intensity', 'intensity', 'f8'), ('beam/factor', 'factor', 'f4')]:
    assert f[path].dtype == t and np.array_equal(f[path][()], raw(name, t)), path
assert f['background/centre'].dtype == 'i4'
assert f['scan/bad_frames'].dtype == 'i4' and f['scan/bad_frame_cause'].dtype == 'u1'
assert list(f['scan/shape'][()]) == [D, H, W]
assert list(f['spots/flags'].attrs['flag_names']) == ['overlap', 'truncated', 'border', 'saturated', 'bad_frame', 'cut', 'long']
assert list(f['scan/bad_frame_cause'].attrs['cause_names']) == ['listed', 'unreadable', 'missing', 'no_beam']
print('equal')
)";

void expect_equal_in_python(const TemporaryFolder& folder) {
  const auto answer = testing::run_python(kCompare, folder.path());
  EXPECT_EQ(answer.output, "equal\n");
}

void write_and_compare(const MemoryResult& result, Compression compression) {
  TemporaryFolder folder;
  ResultWriter writer(folder / "out.h5", compression, false);
  play(result, writer);
  write_oracle(result, folder.path());
  expect_equal_in_python(folder);
}

TEST(ResultWriter, Holds_what_was_put_in_in_the_order_of_the_specification) {
  for (std::uint32_t seed = 1; seed <= 4; ++seed) {
    write_and_compare(random_result(seed), static_cast<Compression>(seed % 3));
  }
}

TEST(ResultWriter, One_spot_and_none_and_the_smallest_scan) {
  write_and_compare(random_result(5, {.spots = 1, .rejected = 1}), Compression::kGzip);
  write_and_compare(random_result(6, {.spots = 0, .rejected = 0}), Compression::kNone);
  write_and_compare(
      random_result(7, {.frames = 1, .height = 1, .width = 1, .spots = 1, .rejected = 2, .blocks = 1, .max_extent = 1}),
      Compression::kBitshuffleLz4);
  write_and_compare(random_result(8, {.frames = 2, .height = 1, .width = 70, .spots = 20, .rejected = 5, .blocks = 2}),
                    Compression::kBitshuffleLz4);
}

TEST(ResultWriter, A_million_voxels) {
  MemoryResult result = random_result(9, {.frames = 300, .height = 400, .width = 500, .spots = 1500, .max_extent = 22});
  std::size_t voxels = 0;
  for (const auto& spot : result.spots) voxels += spot.voxels.size();
  ASSERT_GT(voxels, 1000000U);
  write_and_compare(result, Compression::kBitshuffleLz4);
}

TEST(ResultWriter, Leaves_out_what_is_not_wanted) {
  MemoryResult result = random_result(10);
  result.header.voxels = result.header.images = result.header.rejected = false;
  result.header.save_background = result.header.transmission = false;
  TemporaryFolder folder;
  ResultWriter writer(folder / "out.h5", Compression::kGzip, false);
  play(result, writer);
  write_oracle(result, folder.path());
  expect_equal_in_python(folder);
  const auto answer = testing::run_python(R"(
import h5py
f = h5py.File('out.h5')['entry']
print('voxels' in f, 'images' in f, sorted(f['rejected']), 'data' in f['background'], 'transmission' in f['beam'])
)",
                                          folder.path());
  EXPECT_EQ(answer.output, "False False ['count'] False False\n");
}

TEST(ResultWriter, Backgrounds_and_transmissions_that_never_came_read_as_0_and_nan) {
  MemoryResult result = random_result(11);
  result.backgrounds.resize(2);
  result.transmissions.resize(3);
  TemporaryFolder folder;
  ResultWriter writer(folder / "out.h5", Compression::kBitshuffleLz4, false);
  play(result, writer);
  const auto answer = testing::run_python(R"(
import h5py, numpy as np
try: import hdf5plugin
except ImportError: pass
f = h5py.File('out.h5')['entry']
t = f['beam/transmission']
print((f['background/data'][2] == 0).all(), np.isnan(t[3:]).all(), np.isfinite(t[:3]).all())
)",
                                          folder.path());
  EXPECT_EQ(answer.output, "True True True\n");
}

TEST(ResultWriter, Silx_finds_plots_and_every_dataset_says_what_it_is) {
  if (testing::run_command("/usr/bin/python3 -c 'import silx.io.nxdata'").status != 0) GTEST_SKIP() << "no silx here";
  for (const int spots : {0, 1, 2, 3, 60}) {
    for (const bool all : {true, false}) {
      MemoryResult result = random_result(12, {.spots = spots, .blocks = 1 + spots % 3});
      if (!all) result.header.rejected = result.header.save_background = result.header.transmission = false;
      TemporaryFolder folder;
      ResultWriter writer(folder / "out.h5", Compression::kGzip, false);
      play(result, writer);
      const auto answer = testing::run_python(R"(
import h5py, datetime
from silx.io import nxdata
h = h5py.File('out.h5')
d = nxdata.get_default(h)
assert d is not None and d.is_valid and d.is_x_y_value_scatter, d
assert d.signal_name == 'integral' or d.signal_name == 'sum over all voxels', d.signal_name
assert d.axes_dataset_names == ['u', 'v'] and d.plot_style.signal_scale_type == 'log'
kinds = {}
def look(name, o):
    if isinstance(o, h5py.Dataset):
        assert o.attrs.get('long_name'), name
    else:
        assert o.attrs['NX_class'].startswith('NX'), name
        if o.attrs['NX_class'] == 'NXdata':
            n = nxdata.NXdata(o)
            assert n.is_valid, (name, n.issues)
            kinds[name.split('/')[-1]] = (n.is_image, n.is_curve, n.is_x_y_value_scatter)
assert h.attrs['NX_class'] == 'NXroot'
h.visititems(look)
all_there = 'data' in h['entry/background']
assert kinds['background'] == ((True, False, False) if all_there else (False, True, False)), kinds
if all_there: assert kinds['transmission'][0], kinds
assert kinds['rejected'][2] == all_there and kinds['beam'][1] and kinds['frame_offset'][1], kinds
for path, unit in [('spots/omega', 'degrees'), ('spots/u', 'pixels'), ('spots/integral', 'counts'), ('scan/omega', 'degrees')]:
    assert h['entry'][path].attrs['units'] == unit
p = h['entry/process']
text = lambda n: p[n][()].decode()
assert p.attrs['NX_class'] == 'NXprocess' and text('program') == 'dctprep' and text('version').count('.') == 2
assert text('config') == '[scan]\npath = "scan.h5"\n# \u03c9\n' and text('command') == 'dctprep run scan.h5'
assert h['entry/scan/path'][()].decode() == '/data/scan \u00e9.h5::/entry/data'
age = datetime.datetime.now(datetime.timezone.utc) - datetime.datetime.fromisoformat(text('date').replace('Z', '+00:00'))
assert 0 <= age.total_seconds() + 1 < 600 and text('host')
assert p['timing/segment'][()] == 0.25 and p['timing/segment'].attrs['units'] == 's'
assert h['entry/scan/bad_frames'][()].tolist() == [0, 39] and h['entry/scan/bad_frame_cause'][()].tolist() == [0, 3]
print('fine')
)",
                                              folder.path());
      EXPECT_EQ(answer.output, "fine\n") << spots << " spots";
    }
  }
}

// What independent implementations of docs/specification.md wrote, played through our reader and writer, comes out
// equal.
TEST(ResultWriter, Gives_the_test_vectors_back_to_the_bit) {
  const fs::path vectors = testing::source_path("tests/vectors");
  TemporaryFolder folder;
  std::string program = R"(
import h5py, numpy as np
try: import hdf5plugin
except ImportError: pass
def compare(want, got):
    def look(name, o):
        if not isinstance(o, h5py.Dataset) or name.startswith(('process', 'oracle')) or name == 'scan/path': return
        assert got[name].dtype == o.dtype and got[name].shape == o.shape, (name, got[name], o)
        assert got[name][()].tobytes() == o[()].tobytes(), name
        for a in o.attrs: assert list(got[name].attrs[a]) == list(o.attrs[a]), (name, a)
    want.visititems(look)
)";
  std::mt19937 random(13);
  int count = 0;
  for (const auto& vector : fs::directory_iterator(vectors)) {
    if (!fs::exists(vector.path() / "expected.h5")) continue;
    const ResultFile file(vector.path() / "expected.h5");
    MemoryResult result;
    result.header = file.header();
    result.summary = file.summary();
    result.rejected = file.rejected();
    for (std::size_t i = 0; i < file.spots().size(); ++i) {
      result.spots.push_back({file.spots()[i], file.voxels(i), file.image(i)});
    }
    for (int b = 0; file.header().save_background && b < static_cast<int>(file.header().block_centre.size()); ++b) {
      result.backgrounds.push_back(file.background(b));
    }
    for (int k = 0; file.header().transmission && k < file.header().frames; ++k) {
      result.transmissions.push_back(file.transmission(k));
    }
    std::shuffle(result.spots.begin(), result.spots.end(), random);
    std::shuffle(result.rejected.begin(), result.rejected.end(), random);
    const std::string name = vector.path().filename().string() + ".h5";
    ResultWriter writer(folder / name, Compression::kBitshuffleLz4, false);
    play(result, writer);
    program += fmt::format("compare(h5py.File('{}/expected.h5')['entry'], h5py.File('{}')['entry'])\n",
                           fs::absolute(vector.path()).string(), name);
    ++count;
  }
  EXPECT_GT(count, 0);
  EXPECT_EQ(testing::run_python(program, folder.path()).output, "");
}

TEST(ResultWriter, Existing_files_and_missing_folders_are_refused_at_once) {
  TemporaryFolder folder;
  std::ofstream(folder / "there.h5") << "precious";
  EXPECT_THROW(ResultWriter(folder / "there.h5", Compression::kNone, false), Error);
  EXPECT_THROW(ResultWriter(folder / "no" / "out.h5", Compression::kNone, false), Error);
  EXPECT_EQ(fs::file_size(folder / "there.h5"), 8U);
  {
    ResultWriter writer(folder / "there.h5", Compression::kNone, true);
    MemoryResult result = random_result(14);
    result.rejected.clear();
    play(result, writer);
  }
  EXPECT_EQ(ResultFile(folder / "there.h5").spots().size(), random_result(14).spots.size());
}

TEST(ResultWriter, Nothing_is_left_of_an_unfinished_result) {
  TemporaryFolder folder;
  {
    ResultWriter writer(folder / "out.h5", Compression::kGzip, false);
    const MemoryResult result = random_result(15);
    writer.begin(result.header);
    writer.background(0, result.backgrounds[0]);
    for (const auto& spot : result.spots) writer.spot(spot.spot, spot.voxels, spot.image);
    EXPECT_FALSE(fs::exists(folder / "out.h5"));
  }
  EXPECT_TRUE(fs::is_empty(folder.path()));
}

// Plays a result that does not fit where `folder` is, and returns the error.
std::string overflow(const fs::path& folder, const MemoryResult& result) {
  std::string message;
  {
    ResultWriter writer(folder / "out.h5", Compression::kNone, false);
    try {
      play(result, writer);
    } catch (const Error& error) {
      message = error.what();
    }
  }
  if (message.empty()) fs::remove(folder / "out.h5");
  EXPECT_TRUE(fs::is_empty(folder));
  return message;
}

// Big spot images alone, which wait in the scratch file, with no more backgrounds than one.
MemoryResult big_images(int images) {
  MemoryResult result = random_result(16, {.frames = 20, .height = 1000, .width = 1000, .spots = 0, .blocks = 0});
  result.header.transmission = false;
  for (int i = 0; i < images; ++i) {
    MemorySpot spot;
    spot.spot.u_max = spot.spot.v_max = 999;
    spot.spot.peak_u = i;
    spot.image.assign(1000000, 7);
    result.spots.push_back(spot);
  }
  return result;
}

TEST(ResultWriter, A_full_disk_is_one_line_and_leaves_nothing) {
  TemporaryFolder folder;
  const std::string mount = folder.path().string() + "/disk";
  fs::create_directory(mount);
  if (testing::run_command("mount -t tmpfs -o size=1m tmpfs '" + mount + "'").status != 0) {
    GTEST_SKIP() << "no right to mount a small disk";
  }
  // Backgrounds, the table, the images in memory, the images on disk.
  std::vector<std::string> messages;
  messages.push_back(overflow(mount, random_result(17, {.height = 700, .width = 900, .spots = 3})));
  messages.push_back(overflow(mount, random_result(18, {.height = 100, .width = 100, .spots = 20000, .blocks = 0})));
  messages.push_back(overflow(mount, big_images(2)));
  messages.push_back(overflow(mount, big_images(8)));
  for (std::uint32_t i = 0; i < 40; ++i) {  // near the brim: the last write, the flush, the close
    MemoryResult result = random_result(i, {.spots = 3, .rejected = 2, .blocks = 0});
    result.header.transmission = false;
    result.header.config.assign(980000 + i * 1500, 'x');
    const std::string message = overflow(mount, result);
    if (!message.empty()) messages.push_back(message);
  }
  testing::run_command("umount '" + mount + "'");
  EXPECT_GT(messages.size(), 4U);
  for (const std::string& message : messages) {
    EXPECT_TRUE(message.starts_with(mount + "/out.h5: ")) << message;
    EXPECT_NE(message.find("No space left on device"), std::string::npos) << message;
    EXPECT_EQ(message.find('\n'), std::string::npos) << message;
    EXPECT_LT(message.size(), 250U) << message;
  }
}

TEST(ResultWriter, A_file_size_limit_is_one_line_and_leaves_nothing) {
  TemporaryFolder folder;
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit small = before;
  small.rlim_cur = 100000;
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  const std::string early = overflow(folder.path(), random_result(19, {.height = 700, .width = 900}));
  const std::string late = overflow(folder.path(), big_images(2));
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  for (const std::string& message : {early, late}) {
    EXPECT_TRUE(message.starts_with((folder / "out.h5").string() + ": could not be written: File too large"))
        << message;
  }
}

}  // namespace
}  // namespace dctprep
