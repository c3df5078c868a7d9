// SPDX-License-Identifier: BSD-3-Clause
// No damaged HDF5 file may crash, hang or exhaust this program, whatever HDF5 itself does. Files of every kind that is
// read are damaged in ways that are the same on every machine. The ordinary run tries some; to try more:
//   DCTPREP_DAMAGES=5000 build/dev/bin/damaged_hdf5_test     (of each file)
// A failure says which damage it was: DCTPREP_DAMAGES=FIRST:END tries that range alone.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>
#include <memory>
#include <random>
#include <sys/wait.h>
#include <unistd.h>

#include "dctprep/base/error.h"
#include "dctprep/read/hdf5/numbers.h"
#include "dctprep/read/hdf5/source.h"
#include "dctprep/read/open_scan.h"
#include "dctprep/score/truth_file.h"
#include "dctprep/testing/testing.h"
#include "dctprep/write/result_reader.h"

namespace dctprep {
namespace {

namespace fs = std::filesystem;

// One file of each kind, small, so that most damages hit what HDF5 has to understand.
constexpr const char* kFiles = R"(
import h5py, numpy as np
d = np.random.default_rng(1).integers(0, 4000, (12, 6, 5)).astype('u2')
def new_file(name, libver):  # without times: the same bytes each time
    p = h5py.h5p.create(h5py.h5p.FILE_CREATE); p.set_obj_track_times(False)
    a = h5py.h5p.create(h5py.h5p.FILE_ACCESS)
    if libver == 'latest': a.set_libver_bounds(h5py.h5f.LIBVER_LATEST, h5py.h5f.LIBVER_LATEST)
    return h5py.File(h5py.h5f.create(name.encode(), fcpl=p, fapl=a))
def space(shape, end, start=None, count=None, stride=None):
    s = h5py.h5s.create_simple(shape, (end, *shape[1:]))
    if start: s.select_hyperslab(start, count, stride)
    return s
def create_virtual(f, name, mappings):
    p = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    p.set_obj_track_times(False)
    p.set_fill_value(np.array(7, 'u2'))
    for m in mappings: p.set_virtual(*m)
    h5py.h5d.create(f.id, name, h5py.h5t.STD_U16LE, space(d.shape, h5py.h5s.UNLIMITED), p)
def virtual(name, libver):
    with new_file(name, libver) as f:
        f['omega'] = np.arange(12.)
        create_virtual(f, b'frames', [(space(d.shape, h5py.h5s.UNLIMITED, (4*i, 0, 0), (4, 6, 5)), f'source_{i}.h5'.encode(), b'entry/data', space((4, 6, 5), 4)) for i in range(3)])
        create_virtual(f, b'combed', [(space(d.shape, h5py.h5s.UNLIMITED, (0, 1, 0), (6, 5, 5), (2, 1, 1)), b'source_all.h5', b'stack', space((6, 5, 5), 6))])
def chunked(name, libver):
    with new_file(name, libver) as f:
        f.create_dataset('frames', data=d, chunks=(1, 6, 5), compression='gzip', shuffle=True, fletcher32=True)
        f.create_dataset('grow', data=d, chunks=(2, 3, 5), maxshape=(None, 6, 5))
        f.create_dataset('grow2', data=d, chunks=(2, 3, 5), maxshape=(None, None, 5), compression=32008, compression_opts=(0, 2))
        f.create_dataset('one', data=d, chunks=d.shape, compression=32004)
        f['omega'] = np.arange(12.)
for i in range(3):
    with h5py.File(f'source_{i}.h5', 'w') as f: f.create_dataset('entry/data', data=d[4*i:4*i+4], chunks=(1, 6, 5))
with h5py.File('source_all.h5', 'w') as f: f['stack'] = d[:6, :5]
virtual('virtual.h5', 'earliest'); virtual('virtual_latest.h5', 'latest')
chunked('chunked.h5', 'earliest'); chunked('chunked_latest.h5', 'latest')
with h5py.File('source_list.h5', 'w') as f: f['omega'] = np.arange(20.); f['mask'] = np.eye(6, 5, dtype='u4')
def listed(name, libver):  # lists of frames and of numbers, and what a detector says
    with new_file(name, libver) as f:
        l = h5py.VirtualLayout((5, 6, 5), 'u2'); l[:] = h5py.VirtualSource('chunked.h5', 'frames', d.shape)[[0, 1, 4, 9, 11]]
        f.create_virtual_dataset('entry/data/data', l); f['frames'] = h5py.SoftLink('/entry/data/data')
        l = h5py.VirtualLayout((5,), 'f8'); l[:3] = h5py.VirtualSource('source_list.h5', 'omega', (20,))[[1, 2, 7]]; l[3:] = h5py.VirtualSource('source_list.h5', 'omega', (20,))[18:]
        f.create_virtual_dataset('omega', l, fillvalue=-1. if libver == 'latest' else None)
        g = f.create_group('entry/instrument/detector/detectorSpecific'); g['nimages'] = 4; g['ntrigger'] = 1; g['countrate_correction_count_cutoff'] = 3000
        l = h5py.VirtualLayout((6, 5), 'u4'); l[:] = h5py.VirtualSource('source_list.h5', 'mask', (6, 5)); g.create_virtual_dataset('pixel_mask', l)
listed('listed.h5', 'earliest'); listed('listed_latest.h5', 'latest')
with h5py.File('bliss.h5', 'w') as f:
    for n, (title, frames) in enumerate([('dark', 2), ('projections', 12), ('flat', 2)], 1):
        g = f.create_group(f'{n}.1'); g.attrs['NX_class'] = 'NXentry'; g['title'] = title
        g['end_time'] = '2026-01-01T00:00:00'
        g.create_dataset('instrument/cam/data', data=d[:frames], chunks=(1, 6, 5), compression='gzip')
        g['instrument/cam/type'] = 'lima'; g['instrument/diffrz/value'] = np.arange(frames) * 30.
        g['measurement/cam'] = h5py.SoftLink(f'/{n}.1/instrument/cam/data')
        g['measurement/diffrz'] = h5py.SoftLink(f'/{n}.1/instrument/diffrz/value')
        g['sample/name'] = h5py.ExternalLink('source_all.h5', '/stack')
        for m in range(12): g[f'instrument/positioners/motor{m}'] = float(m); g.attrs[f'note{m}'] = 'x' * 9
)";

// Runs `body` in a child of its own, where what ends it ends nothing else, and gives what became of it; "" is well.
std::string fate_of(const auto& body) {
  std::fflush(nullptr);
  const pid_t child = ::fork();
  if (child == 0) {
    ::alarm(1200);
    ::_exit(body() ? 0 : 1);
  }
  int status = 0;
  if (child < 0 || ::waitpid(child, &status, 0) != child) return "no child";
  if (WIFSIGNALED(status)) return "signal " + std::to_string(WTERMSIG(status));
  return WEXITSTATUS(status) == 0 ? "" : "exit " + std::to_string(WEXITSTATUS(status));
}

// Damage number `i` of a file: bits flipped, bytes replaced, stretches copied elsewhere, the end cut off.
std::string damaged(std::string bytes, int i) {
  std::mt19937 random(static_cast<unsigned>(i));
  const auto place = [&] { return random() % bytes.size(); };
  switch (i % 8) {
    case 0:
      bytes.resize(place());
      break;
    case 1: {
      const std::size_t size = 1 + random() % 64, from = place(), to = place();
      const std::string piece = bytes.substr(from, size);
      bytes.replace(to, std::min(piece.size(), bytes.size() - to), piece, 0, std::min(piece.size(), bytes.size() - to));
      break;
    }
    case 2:
    case 3:
      for (int k = 0; k < 1 + i % 4; ++k) bytes[place()] = "\0\xff\x01\x7f\x80"[random() % 5];
      break;
    default:
      for (int k = 0; k < 1 + i % 3; ++k) bytes[place()] ^= static_cast<char>(1U << random() % 8);
  }
  return bytes;
}

// Whether what is wrong with a file is an Error of one line, if anything is.
bool takes_or_refuses(const auto& read) {
  try {
    read();
    return true;
  } catch (const Error& error) {
    const std::string text = error.what();
    return !text.empty() && text.find('\n') == std::string::npos;
  }
}

void read_some(const FrameSource& frames) {
  if (frames.height() > 4096 || frames.width() > 4096) return;
  Image<std::uint16_t> pixels(frames.height(), frames.width());
  for (int k = 0; k < std::min(frames.frames(), 12); ++k) frames.read(k, pixels);
  std::vector<fs::path> files;
  frames.list_files(files);
}

bool read_as_scan(const fs::path& file) {
  bool fine = takes_or_refuses([&] {
    ScanOptions options;
    options.path = file.string();
    const Scan scan = open_scan(options);
    read_some(*scan.frames);
    if (scan.darks) read_some(*scan.darks);
  });
  for (const char* dataset : {"/frames", "/combed", "/grow", "/grow2", "/one"}) {
    fine &= takes_or_refuses([&] { read_some(*open_hdf5_frames(file, std::string(dataset))); });
  }
  return fine && takes_or_refuses([&] { read_hdf5_numbers(file, "/omega"); });
}

// What `show`, `export` and `score` read.
bool read_as_result(const fs::path& file) {
  return takes_or_refuses([&] {
    const ResultFile result(file);
    for (std::size_t i = 0; i < std::min<std::size_t>(result.spots().size(), 40); ++i) {
      result.voxels(i);
      result.image(i);
    }
    result.rejected();
    if (result.header().save_background) result.background(0);
    if (result.header().transmission) result.transmission(0);
  });
}

bool read_as_truth(const fs::path& file) {
  return takes_or_refuses([&] { read_truth(file); });
}

std::pair<int, int> damages() {
  const char* wanted = std::getenv("DCTPREP_DAMAGES");
  if (wanted == nullptr) return {0, 120};
  int first = 0, end = 0;
  if (std::sscanf(wanted, "%d:%d", &first, &end) == 2) return {first, end};
  return {0, std::atoi(wanted)};
}

void try_damages(const fs::path& good, bool (*read)(const fs::path&)) {
  const std::string bytes = testing::contents_of(good);
  ASSERT_FALSE(bytes.empty()) << good;
  const fs::path bad = good.parent_path() / ("bad_" + good.filename().string());
  const auto [first, end] = damages();
  EXPECT_EQ(fate_of([&] { return read(good); }), "") << good;
  for (int i = first; i < end; ++i) {
    std::ofstream(bad, std::ios::binary) << damaged(bytes, i);
    EXPECT_EQ(fate_of([&] { return read(bad); }), "") << good.filename() << ", damage " << i;
  }
}

class DamagedScan : public ::testing::TestWithParam<const char*> {};

TEST_P(DamagedScan, IsTakenOrRefused) {
  const testing::TemporaryFolder folder;
  const auto made = testing::run_python(kFiles, folder.path());
  ASSERT_EQ(made.status, 0) << made.output;
  const std::string name = GetParam();
  read_some(
      *open_hdf5_frames(folder / (name + ".h5"), std::string(name == "bliss" ? "/2.1/measurement/cam" : "/frames")));
  try_damages(folder / (name + ".h5"), read_as_scan);
}

INSTANTIATE_TEST_SUITE_P(EveryKind, DamagedScan,
                         ::testing::Values("virtual", "virtual_latest", "chunked", "chunked_latest", "listed",
                                           "listed_latest", "bliss"),
                         [](const auto& test) { return std::string(test.param); });

// What dctprep itself writes.
class DamagedResult : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = std::make_unique<testing::TemporaryFolder>();
    const auto made = command(
        "simulate -o scan.h5 --set height=128 --set width=128 --set frames=60 --set grains=10 --quiet "
        "&& " DCTPREP_COMMAND " run scan.h5 -o result.h5 --set beam.region=none --set spots.rejected=true --quiet");
    ASSERT_EQ(made.status, 0) << made.output;
  }
  static void TearDownTestSuite() { folder_.reset(); }
  static testing::CommandResult command(const std::string& arguments) {
    // HDF5 itself loses a few hundred bytes where metadata are damaged.
    return testing::run_command("cd '" + folder_->path().string() +
                                "' && export ASAN_OPTIONS=detect_leaks=0 && (" DCTPREP_COMMAND " " + arguments + ")");
  }
  static std::unique_ptr<testing::TemporaryFolder> folder_;
};

std::unique_ptr<testing::TemporaryFolder> DamagedResult::folder_;

TEST_F(DamagedResult, IsTakenOrRefused) { try_damages(*folder_ / "result.h5", read_as_result); }

TEST_F(DamagedResult, ItsTruthIsTakenOrRefused) { try_damages(*folder_ / "scan_truth.h5", read_as_truth); }

TEST_F(DamagedResult, VerbsSayWhatIsWrongInOneLine) {
  const std::string bytes = testing::contents_of(*folder_ / "result.h5");
  for (int i = 0; i < 40; ++i) {
    std::ofstream(*folder_ / "bad.h5", std::ios::binary) << damaged(bytes, i);
    for (const char* verb :
         {"show bad.h5", "export bad.h5 --to csv -o bad.csv --force", "info bad.h5", "score bad.h5 --mates"}) {
      const auto answer = command(std::string(verb) + " 2>&1 >/dev/null");
      EXPECT_LE(answer.status, 2) << verb << ", damage " << i << ": " << answer.output;
      if (answer.status != 0) {
        EXPECT_EQ(std::count(answer.output.begin(), answer.output.end(), '\n'), 1)
            << verb << ", damage " << i << ": " << answer.output;
      }
    }
  }
}

}  // namespace
}  // namespace dctprep
