// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/write/result_reader.h"

#include <fstream>
#include <gtest/gtest.h>
#include <iterator>

#include "dctprep/base/error.h"
#include "dctprep/write/random_result_test.h"
#include "dctprep/write/result_writer.h"

// HDF5 itself forgets memory where it meets damaged metadata; the leak sanitizer is to look at ours.
extern "C" const char* __lsan_default_suppressions();
extern "C" const char* __lsan_default_suppressions() { return "leak:libhdf5"; }

namespace dctprep {
namespace {

namespace fs = std::filesystem;
using testing::contents_of;
using testing::play;
using testing::random_result;
using testing::TemporaryFolder;

void write(const MemoryResult& result, const fs::path& path, Compression compression = Compression::kBitshuffleLz4) {
  ResultWriter writer(path, compression, true);
  play(result, writer);
}

// All that a ResultFile can give.
void read_everything(const fs::path& path) {
  const ResultFile file(path);
  for (std::size_t i = 0; i < file.spots().size(); ++i) {
    file.voxels(i);
    const auto image = file.image(i);
    if (file.header().images) {
      const auto pixels = static_cast<std::size_t>(file.spots()[i].width() * file.spots()[i].height());
      ASSERT_EQ(image.size(), pixels);
    }
  }
  file.rejected();
  if (file.header().save_background) {
    for (std::size_t b = 0; b < file.header().block_centre.size(); ++b) file.background(static_cast<int>(b));
  }
  if (file.header().transmission) file.transmission(0);
}

// Reads everything; what is wrong is an Error, and nothing else.
std::string trouble(const fs::path& path) {
  try {
    read_everything(path);
    return "";
  } catch (const Error& error) {
    EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos) << error.what();
    EXPECT_TRUE(std::string(error.what()).starts_with(path.string())) << error.what();
    return error.what();
  }
}

template <class T>
bool same_pixels(const Image<T>& a, const Image<T>& b) {
  return a.height() == b.height() && a.width() == b.width() && std::ranges::equal(a.pixels(), b.pixels());
}

TEST(ResultFile, Reads_back_what_memory_holds) {
  for (const Compression compression : {Compression::kBitshuffleLz4, Compression::kGzip, Compression::kNone}) {
    TemporaryFolder folder;
    const MemoryResult result =
        random_result(1, {.photometry = compression != Compression::kNone, .mates = compression == Compression::kGzip});
    write(result, folder / "out.h5", compression);
    MemorySink memory;
    play(result, memory);
    const MemoryResult& want = memory.result();
    const ResultFile file(folder / "out.h5");
    EXPECT_EQ(file.program(), "dctprep");
    EXPECT_FALSE(file.version().empty() || file.date().empty());
    EXPECT_EQ(file.header().omega, want.header.omega);
    EXPECT_EQ(file.header().mates, want.header.mates);
    EXPECT_EQ(file.header().photometry, want.header.photometry);
    EXPECT_EQ(file.header().in_sigma, want.header.in_sigma);
    if (want.header.photometry || want.header.in_sigma) {
      EXPECT_EQ(file.header().noise.readout_variance, want.header.noise.readout_variance);
      EXPECT_EQ(file.header().noise.gain, want.header.noise.gain);
      EXPECT_EQ(file.header().noise.level, want.header.noise.level);
      EXPECT_EQ(file.header().noise.variance, want.header.noise.variance);
      EXPECT_EQ(file.header().noise.samples, want.header.noise.samples);
    }
    EXPECT_EQ(file.header().block_centre, want.header.block_centre);
    EXPECT_EQ(file.header().beam, want.header.beam);
    EXPECT_EQ(file.header().sample, want.header.sample);
    EXPECT_EQ(file.header().config, want.header.config);
    EXPECT_EQ(file.header().scan_path, want.header.scan_path);
    EXPECT_EQ(file.header().checksums, want.header.checksums);
    EXPECT_EQ(file.header().monitor, want.header.monitor);
    EXPECT_EQ(file.header().command, want.header.command);
    EXPECT_EQ(file.summary().frame_offset, want.summary.frame_offset);
    EXPECT_EQ(file.summary().beam_intensity, want.summary.beam_intensity);
    EXPECT_EQ(file.summary().beam_factor, want.summary.beam_factor);
    EXPECT_EQ(file.summary().bad_frames, want.summary.bad_frames);
    EXPECT_EQ(file.summary().rejected_count, want.summary.rejected_count);
    EXPECT_EQ(file.summary().timing, want.summary.timing);
    ASSERT_EQ(file.spots().size(), want.spots.size());
    for (std::size_t i = 0; i < want.spots.size(); ++i) {
      visit_spot_columns_of(want.header, [&](const ColumnInfo& info, auto member) {
        EXPECT_EQ(file.spots()[i].*member, want.spots[i].spot.*member) << info.name << " of " << i;
      });
      EXPECT_EQ(file.voxels(i), want.spots[i].voxels);
      EXPECT_EQ(file.image(i), want.spots[i].image);
    }
    const auto rejected = file.rejected();
    ASSERT_EQ(rejected.size(), want.rejected.size());
    for (std::size_t i = 0; i < rejected.size(); ++i) {
      visit_rejected_columns([&](const ColumnInfo& info, auto member) {
        EXPECT_EQ(rejected[i].*member, want.rejected[i].*member) << info.name << " of " << i;
      });
    }
    for (int b = 0; b < 3; ++b) EXPECT_TRUE(same_pixels(file.background(b), want.backgrounds[b]));
    for (int k = 0; k < 40; ++k) EXPECT_TRUE(same_pixels(file.transmission(k), want.transmissions[k]));
    EXPECT_THROW(file.background(3), Error);
    EXPECT_THROW(file.transmission(-1), Error);
  }
}

TEST(ResultFile, Says_what_a_file_is_not) {
  TemporaryFolder folder;
  EXPECT_NE(trouble(folder / "absent.h5").find("no such file"), std::string::npos);
  std::ofstream(folder / "text.h5") << "no HDF5 at all";
  EXPECT_NE(trouble(folder / "text.h5").find("not an HDF5 file"), std::string::npos);
  std::ofstream(folder / "empty.h5").flush();
  EXPECT_NE(trouble(folder / "empty.h5"), "");
  ASSERT_EQ(testing::run_python(R"(
import h5py
h5py.File('scan.h5', 'w')['entry/data'] = [1, 2, 3]
h5py.File('flat.h5', 'w')['entry'] = 1
)",
                                folder.path())
                .output,
            "");
  EXPECT_NE(trouble(folder / "scan.h5").find("no result of dctprep"), std::string::npos);
  EXPECT_NE(trouble(folder / "flat.h5").find("no result of dctprep"), std::string::npos);
}

// One thing damaged at a time, each by a line of h5py.
TEST(ResultFile, Refuses_damaged_contents) {
  const std::vector<std::string> damages{
      "f['voxels/offset'][3] = 2**63",
      "f['voxels/offset'][3] = 0; f['voxels/offset'][2] = 5",
      "f['voxels/offset'][-1] = f['voxels/offset'][-1] + 1",
      "f['images/offset'][1] = f['images/offset'][1] - 1",
      "f['images/offset'][0] = 1",
      "f['voxels/u'][7] = 60000",
      "f['voxels/frame'][7] = -5",
      "f['spots/u_max'][4] = 53",
      "f['spots/u_max'][4] = 2**31 - 1",
      "f['spots/u_min'][4] = -2**31",
      "f['spots/v_min'][4] = 40",
      "f['spots/frame_start'][4] = -1",
      "f['spots/frame_end'][4] = 1000",
      "f['spots/id'][4] = 5",
      "del f['spots/omega']",
      "del f['spots/omega']; f['spots/omega'] = [1.0]",
      "del f['spots/omega']; f['spots/omega'] = 1.0",
      "n = len(f['spots/omega']); del f['spots/omega']; f['spots/omega'] = [b'text'] * n",
      "del f['spots/omega']; f.create_group('spots/omega')",
      "del f['spots/omega']; f['spots/omega'] = h5py.SoftLink('/nowhere')",
      "del f['spots/id']; f.create_dataset('spots/id', (2**40,), 'u4', chunks=(2**20,))",
      "del f['voxels/v']",
      "del f['voxels/offset']",
      "del f['images/data']",
      "f['scan/shape'][0] = 0",
      "f['scan/shape'][0] = 41",
      "f['scan/shape'][1] = 2**40",
      "f['scan/bad_frames'][0] = 40",
      "f['scan/bad_frame_cause'][0] = 4",
      "del f['scan/path']; f['scan/path'] = 5",
      "f['beam/region'][2] = 54",
      "f['beam/region'][0] = -1",
      "f['rejected/reason'][0] = 11",
      "del f['rejected/peak']",
      "del f['rejected/count']",
      "del f['background/centre']",
      "del f['background/data']; f.create_dataset('background/data', (3, 65536, 65536), 'u2', chunks=(1, 65536, "
      "30000))",
      "del f['background/data']; f.create_dataset('background/data', (3, 37, 53), 'u2', chunks=(1, 37, 53))",
      "del f['background/data']; f['background/data'] = np.zeros((37, 53), 'u2')",
      "f['background/data'].id.write_direct_chunk((1, 0, 0), b'short')",
      "f['background/data'].id.write_direct_chunk((1, 0, 0), bytes(5000))",
      "f['beam/transmission'].id.write_direct_chunk((0, 0, 0), b'\\xff' * 100)",
  };
  for (const Compression compression : {Compression::kBitshuffleLz4, Compression::kGzip}) {
    TemporaryFolder folder;
    write(random_result(2), folder / "good.h5", compression);
    EXPECT_EQ(trouble(folder / "good.h5"), "");
    std::string program = "import h5py, numpy as np, shutil\n";
    for (std::size_t i = 0; i < damages.size(); ++i) {
      program += fmt::format(
          "shutil.copy('good.h5', '{0}.h5')\nh = h5py.File('{0}.h5', 'r+'); f = h['entry']\n{1}\nh.close()\n", i,
          damages[i]);
    }
    ASSERT_EQ(testing::run_python(program, folder.path()).output, "");
    for (std::size_t i = 0; i < damages.size(); ++i) {
      EXPECT_NE(trouble(folder / (std::to_string(i) + ".h5")), "") << damages[i];
    }
  }
}

TEST(ResultFile, Reads_what_another_program_has_repacked) {
  if (testing::run_command("h5repack --version").status != 0) GTEST_SKIP() << "no h5repack here";
  TemporaryFolder folder;
  write(random_result(3), folder / "out.h5", Compression::kGzip);
  ASSERT_EQ(testing::run_command("cd '" + folder.path().string() +
                                 "' && h5repack -l CHUNK=1000 -f GZIP=5 out.h5 packed.h5 && "
                                 "h5repack -l CONTI -f NONE out.h5 plain.h5")
                .status,
            0);
  const ResultFile file(folder / "out.h5");
  for (const char* name : {"packed.h5", "plain.h5"}) {
    const ResultFile other(folder / name);
    ASSERT_EQ(other.spots().size(), file.spots().size());
    for (std::size_t i = 0; i < file.spots().size(); ++i) EXPECT_EQ(other.voxels(i), file.voxels(i));
    EXPECT_TRUE(same_pixels(other.background(1), file.background(1)));
    EXPECT_TRUE(same_pixels(other.transmission(7), file.transmission(7)));
  }
}

TEST(ResultFile, Survives_files_that_are_cut_short) {
  TemporaryFolder folder;
  write(random_result(4, {.spots = 5, .rejected = 3}), folder / "out.h5");
  const std::string good = contents_of(folder / "out.h5");
  for (std::size_t i = 0; i < 300; ++i) {
    const std::size_t size = i < 150 ? i * 7 : good.size() * (i - 150) / 150;
    std::ofstream(folder / "cut.h5", std::ios::binary) << good.substr(0, size);
    EXPECT_NE(trouble(folder / "cut.h5"), "") << size;
  }
}

TEST(ResultFile, Survives_flipped_bytes) {
  TemporaryFolder folder;
  for (const Compression compression : {Compression::kBitshuffleLz4, Compression::kGzip}) {
    write(random_result(5, {.frames = 3, .height = 9, .width = 8, .spots = 4, .rejected = 3}), folder / "out.h5",
          compression);
    const std::string good = contents_of(folder / "out.h5");
    int noticed = 0;
    std::mt19937 random(6);
    for (int i = 0; i < 600; ++i) {
      std::string bad = good;
      const int flips = 1 + i % 3;
      for (int k = 0; k < flips; ++k) bad[random() % bad.size()] ^= static_cast<char>(1U << random() % 8);
      std::ofstream(folder / "bad.h5", std::ios::binary) << bad;
      noticed += trouble(folder / "bad.h5").empty() ? 0 : 1;
    }
    EXPECT_GT(noticed, 50);
  }
}

}  // namespace
}  // namespace dctprep
