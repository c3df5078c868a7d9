// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/read/image/image_series.h"

#include <fmt/format.h>
#include <fstream>
#include <functional>
#include <gtest/gtest.h>
#include <thread>

#include "dctprep/base/error.h"
#include "dctprep/read/image/header_omega.h"
#include "dctprep/read/image/image_file.h"
#include "dctprep/read/image/image_reader.h"
#include "dctprep/read/image/list_series.h"
#include "dctprep/read/scan_omega.h"
#include "dctprep/testing/testing.h"

namespace dctprep {
namespace {

namespace fs = std::filesystem;
using testing::TemporaryFolder;

// An EDF frame of 2 x 3 whose first pixel is `value`.
std::string edf(int value, const std::string& extra = "", int height = 2, int width = 3) {
  std::string text =
      fmt::format("{{\nByteOrder = LowByteFirst ;\nDataType = UnsignedShort ;\nDim_1 = {} ;\nDim_2 = {} ;\n{}}}\n",
                  width, height, extra);
  std::string pixels(static_cast<std::size_t>(2 * height * width), '\0');
  pixels[0] = static_cast<char>(value & 0xff);
  pixels[1] = static_cast<char>(value >> 8);
  return text + pixels;
}

void write(const fs::path& path, const std::string& content) {
  fs::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << content;
}

// The first pixel of each frame; "missing" or "unreadable" where it is bad.
std::vector<std::string> values(const FrameSource& source) {
  std::vector<std::string> all;
  for (int k = 0; k < source.frames(); ++k) {
    Image<std::uint16_t> image(source.height(), source.width());
    const auto fault = source.read(k, image);
    all.push_back(fault ? bad_frame_cause_names()[static_cast<std::size_t>(fault->cause)]
                        : std::to_string(image(0, 0)));
  }
  return all;
}

std::vector<std::string> listed(const std::string& folder_or_glob) {
  std::vector<std::string> names;
  for (const fs::path& file : list_series(folder_or_glob)) names.push_back(file.filename().string());
  return names;
}

std::string error_of_series(const std::string& folder_or_glob) {
  try {
    open_image_series(list_series(folder_or_glob));
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

using Texts = std::vector<std::string>;

TEST(ImageSeries, FramesFollowTheNumbers) {
  const TemporaryFolder folder;
  for (const int n : {2, 10, 9, 1, 3, 8, 4, 7, 5, 6}) write(folder / fmt::format("im_{}.edf", n), edf(n));
  const auto source = open_image_series(list_series(folder.path()));
  EXPECT_EQ(values(*source), (Texts{"1", "2", "3", "4", "5", "6", "7", "8", "9", "10"}));
  EXPECT_EQ(source->frame_name(9), "im_10.edf");
  EXPECT_EQ(source->height(), 2);
  EXPECT_EQ(source->width(), 3);
  EXPECT_EQ(source->type_max(), 65535);
}

TEST(ImageSeries, AGapOfTheMostFrequentStepIsMissingFrames) {
  const TemporaryFolder folder;
  for (const int n : {0, 2, 4, 10, 12, 16}) write(folder / fmt::format("im_{:04}.edf", n), edf(n));
  const auto source = open_image_series(list_series(folder.path()));
  EXPECT_EQ(values(*source), (Texts{"0", "2", "4", "missing", "missing", "10", "12", "missing", "16"}));
  EXPECT_EQ(source->frame_name(3), "im_0006.edf");
  EXPECT_EQ(source->frame_name(7), "im_0014.edf");
  write(folder / "im_0013.edf", edf(13));
  EXPECT_NE(error_of_series(folder.path()).find("does not fit the step of 2"), std::string::npos)
      << error_of_series(folder.path());
}

TEST(ImageSeries, OtherImagesOfAFolderAreTold) {
  const TemporaryFolder folder;
  for (const char* name : {"im_1.edf", "im_2.edf", "im_3.edf", "im_4_be.edf", "dark_1.edf"})
    write(folder / name, edf(1));
  std::vector<std::string> notes;
  EXPECT_EQ(list_series(folder.path(), &notes).size(), 3u);
  ASSERT_EQ(notes.size(), 1u);
  EXPECT_NE(notes[0].find("im_#.edf"), std::string::npos) << notes[0];
  EXPECT_NE(notes[0].find("1 other image is left out, such as im_4_be.edf"), std::string::npos) << notes[0];
  fs::remove(folder / "im_4_be.edf");
  notes.clear();
  list_series(folder.path(), &notes);
  EXPECT_TRUE(notes.empty());
}

TEST(ImageSeries, AGapBeyondReasonIsAnError) {
  const TemporaryFolder folder;
  for (const std::string n : {"1", "2", "3", "100000000000000000"}) write(folder / ("im_" + n + ".edf"), edf(1));
  EXPECT_NE(error_of_series(folder.path()).find("numbers are missing before it"), std::string::npos);
}

TEST(ImageSeries, FilesThatCannotServeAreBadFrames) {
  const TemporaryFolder folder;
  for (int n = 0; n < 9; ++n) write(folder / fmt::format("im_{}.edf", n), edf(n));
  write(folder / "im_0.edf", "");
  write(folder / "im_1.edf", "no image at all");
  write(folder / "im_3.edf", edf(3, "", 3, 3));
  write(folder / "im_4.edf", edf(4).substr(0, edf(4).size() - 1));
  write(folder / "im_6.edf", edf(6) + edf(7));
  const auto source = open_image_series(list_series(folder.path()));
  fs::remove(folder / "im_7.edf");
  EXPECT_EQ(values(*source),
            (Texts{"unreadable", "unreadable", "2", "unreadable", "unreadable", "5", "unreadable", "missing", "8"}));
  Image<std::uint16_t> image(2, 3);
  EXPECT_EQ(source->read(0, image)->what, "the file is empty");
  EXPECT_EQ(source->read(3, image)->what, "is of 3 x 3 pixels where im_2.edf has 2 x 3");
  EXPECT_EQ(source->read(6, image)->what, "holds 2 frames where the other files hold one");
  EXPECT_EQ(source->read(7, image)->what, "the file is gone");
  for (int n = 0; n < 9; ++n) write(folder / fmt::format("im_{}.edf", n), "");
  EXPECT_NE(error_of_series((folder / "im_?.edf").string()).find("none of 9 files can be read"), std::string::npos);
}

TEST(ImageSeries, FilesOfSeveralFramesFollowOneAnother) {
  const TemporaryFolder folder;
  write(folder / "a_1.edf", edf(1) + edf(2) + edf(3));
  write(folder / "a_2.edf", edf(4) + edf(5));
  write(folder / "a_4.edf", edf(9));
  const auto source = open_image_series(list_series(folder.path()));
  EXPECT_EQ(values(*source), (Texts{"1", "2", "3", "4", "5", "missing", "missing", "missing", "9"}));
  EXPECT_EQ(source->frame_name(4), "a_2.edf: frame 1");
  // From several threads, over more files than are kept open.
  for (int n = 5; n < 30; ++n) write(folder / fmt::format("a_{}.edf", n), edf(n) + edf(n + 100));
  const auto many = open_image_series(list_series(folder.path()));
  const Texts expected = values(*many);
  std::vector<Texts> read(4);
  std::vector<std::jthread> threads;
  for (Texts& one : read) threads.emplace_back([&] { one = values(*many); });
  threads.clear();
  for (const Texts& one : read) EXPECT_EQ(one, expected);
}

TEST(ImageSeries, TheMostNumerousFamilyOfAFolderIsTheScan) {
  const TemporaryFolder folder;
  for (int n = 0; n < 5; ++n) write(folder / fmt::format("s_{:04}.edf", n), edf(n));
  for (int n = 0; n < 9; ++n) write(folder / fmt::format("ref{:04}_0000.edf", n), edf(n));
  for (int n = 0; n < 9; ++n) write(folder / fmt::format("note{}.txt", n), "text");
  write(folder / "dark.edf", edf(0));
  write(folder / "refHST0000.edf", edf(0));
  write(folder / "other_1.edf", edf(0));
  write(folder / ".s_0005.edf", edf(0));
  fs::create_directory(folder / "s_0006.edf");
  EXPECT_EQ(listed(folder.path()), (Texts{"s_0000.edf", "s_0001.edf", "s_0002.edf", "s_0003.edf", "s_0004.edf"}));
  write(folder / "other_2.edf", edf(0));
  write(folder / "other_3.edf", edf(0));
  EXPECT_NE(error_of_series(folder.path()).find("several series of images: s_#.edf (5), other_#.edf (3)"),
            std::string::npos)
      << error_of_series(folder.path());
  EXPECT_EQ(listed(folder / "other*"), (Texts{"other_1.edf", "other_2.edf", "other_3.edf"}));
  EXPECT_EQ(listed(folder / "ref*_*.edf").size(), 9u);
  EXPECT_EQ(listed(folder / "*.edf").size(), 8u);  // without darks and references
  EXPECT_EQ(listed(folder / "{dark,refHST*}.edf"), (Texts{"dark.edf", "refHST0000.edf"}));
}

TEST(ImageSeries, WrongFoldersAndGlobsSayWhatIsWrong) {
  const TemporaryFolder folder;
  EXPECT_NE(error_of_series(folder.path()).find("no files there"), std::string::npos);
  EXPECT_NE(error_of_series((folder / "*.edf").string()).find("no file matches"), std::string::npos);
  write(folder / "a.txt", "text");
  EXPECT_NE(error_of_series(folder.path()).find("no image among its 1 file;"), std::string::npos);
  write(folder / "a.h5", "\x89HDF\r\n\x1a\n");
  EXPECT_NE(error_of_series(folder.path()).find("no images, but HDF5 files (a.h5); name one of them"),
            std::string::npos)
      << error_of_series(folder.path());
  write(folder / "im_1.edf", edf(1));
  write(folder / "im_1.edf.gz", edf(1));
  EXPECT_NE(error_of_series(folder.path()).find("the same image twice"), std::string::npos);
}

TEST(ImageSeries, RunsWhoseNumbersBeginAnewAreToldApart) {
  const TemporaryFolder folder;
  for (const int run : {1, 2}) {
    for (int k = 1; k <= 3 * run; ++k) write(folder / fmt::format("raster_{}_{:03}.edf", run, k), edf(k));
  }
  const std::string error = error_of_series(folder.path());
  for (const char* part : {"holds 2 runs", "raster_1_*.edf\" (3 files)", "raster_2_*.edf\" (6 files)"}) {
    EXPECT_NE(error.find(part), std::string::npos) << error;
  }
  EXPECT_EQ(listed(folder / "raster_2_*.edf").size(), 6u);
  // Named together they are one, and a note says so.
  std::vector<std::string> notes;
  EXPECT_EQ(list_series((folder / "raster_*.edf").string(), &notes).size(), 9u);
  ASSERT_EQ(notes.size(), 1u);
  EXPECT_NE(notes[0].find("2 runs whose numbers begin anew are taken as one scan"), std::string::npos) << notes[0];
  // Numbers that go on are those of one run, and so are times.
  const TemporaryFolder other;
  for (int k = 1; k <= 6; ++k) write(other / fmt::format("part_{}_{:03}.edf", 1 + k / 4, k), edf(k));
  EXPECT_EQ(listed(other.path()).size(), 6u);
  const TemporaryFolder times;
  for (int k = 1; k <= 6; ++k) write(times / fmt::format("im_{}_{:03}.edf", 120000 + 7 * k, k), edf(k));
  EXPECT_EQ(listed(times.path()).size(), 6u);
}

// The angles that a scan of these images gets.
ScanOmega omega_of(const std::string& path) {
  const ScanPath scan = resolve_scan_path(path);
  UsedFrames frames;
  frames.stack = frames.projections = open_image_series(scan.files)->frames();
  for (int k = 0; k < frames.projections; ++k) frames.used.push_back(k);
  return find_scan_omega({}, scan, nullptr, frames);
}

TEST(HeaderAngles, TheMotorThatMovesSteadily) {
  const TemporaryFolder folder;
  for (int n = 0; n < 6; ++n) {
    write(folder / fmt::format("im_{}.edf", n),
          edf(n, fmt::format("run = {} ;\ntime = {} ;\nmotor_mne = samtx pusher samtz ;\nmotor_pos = 1.5 {} 2 ;\n", n,
                             n * n, 10 - 0.25 * n)));
  }
  ScanOmega found = omega_of(folder.path());
  EXPECT_EQ(found.motor, "pusher");
  EXPECT_EQ(found.source, OmegaSource::kRecorded);
  EXPECT_EQ(found.omega, (std::vector<double>{10, 9.75, 9.5, 9.25, 9, 8.75}));
  // A frame that is gone, or whose header is, has the angle between its neighbours'.
  fs::remove(folder / "im_2.edf");
  write(folder / "im_5.edf", "");
  found = omega_of(folder.path());
  EXPECT_EQ(found.omega, (std::vector<double>{10, 9.75, 9.5, 9.25, 9, 8.75}));
}

TEST(HeaderAngles, KnownNamesAreTakenFirstAndTurnsUndone) {
  const TemporaryFolder folder;
  for (int n = 0; n < 4; ++n) {
    write(folder / fmt::format("im_{}.edf", n),
          edf(n, fmt::format("Omega = {} deg ;\nmotor_mne = phi other ;\nmotor_pos = {} {} ;\n",
                             n == 3 ? 2 : 356 + 2 * n, n, n)));
  }
  const ScanOmega found = omega_of(folder.path());
  EXPECT_EQ(found.motor, "omega");
  EXPECT_EQ(found.omega, (std::vector<double>{356, 358, 360, 362}));
}

TEST(HeaderAngles, UnknownWhereNothingMovesOrTwoUnknownMotorsDo) {
  const TemporaryFolder folder;
  for (int n = 0; n < 4; ++n) write(folder / fmt::format("im_{}.edf", n), edf(n, "omega = 5 ;\n"));
  ScanOmega found = omega_of(folder.path());
  EXPECT_EQ(found.source, OmegaSource::kUnknown);
  EXPECT_EQ(found.rejected.at(0), "header omega (recorded): it does not move: 5 at every frame");
  for (int n = 0; n < 4; ++n) {
    write(folder / fmt::format("im_{}.edf", n), edf(n, fmt::format("motor_mne = a b ;\nmotor_pos = {} {} ;\n", n, n)));
  }
  EXPECT_EQ(omega_of(folder.path()).source, OmegaSource::kUnknown);
  for (int n = 0; n < 4; ++n) write(folder / fmt::format("im_{}.edf", n), edf(n, fmt::format("omega = {} ;\n", n * n)));
  EXPECT_EQ(omega_of(folder.path()).source, OmegaSource::kUnknown);
}

// Of a series of which each header holds what `header` gives for its number.
ScanOmega omega_of_headers(int frames, const std::function<std::string(int)>& header) {
  const TemporaryFolder folder;
  for (int n = 0; n < frames; ++n) write(folder / fmt::format("im_{}.edf", n), edf(n, header(n)));
  return omega_of(folder.path());
}

std::string warnings_of(const ScanOmega& found) {
  std::string text;
  for (const std::string& line : found.warnings) text += line + "\n";
  return text;
}

TEST(HeaderAngles, UnitsBehindTheNumbers) {
  const ScanOmega radians = omega_of_headers(4, [](int n) { return fmt::format("Omega = {} rad ;\n", 0.125 * n); });
  ASSERT_EQ(radians.omega.size(), 4u);
  for (int n = 0; n < 4; ++n) EXPECT_NEAR(radians.omega[static_cast<std::size_t>(n)], 7.161972439135291 * n, 1e-12);
  const ScanOmega length = omega_of_headers(4, [](int n) { return fmt::format("Omega = {} mm ;\n", n); });
  EXPECT_EQ(length.source, OmegaSource::kUnknown);
  EXPECT_EQ(length.rejected.at(0), "header omega (recorded): its unit \"mm\" is none of angle");
  const ScanOmega both =
      omega_of_headers(4, [](int n) { return fmt::format("Omega = {} {} ;\n", n, n < 2 ? "deg" : "rad"); });
  EXPECT_EQ(both.rejected.at(0), "header omega (recorded): it is in deg in some headers, in rad in others");
  // What is no single word is no unit.
  EXPECT_EQ(omega_of_headers(4, [](int n) { return fmt::format("Omega = {} 1 2 ;\n", n); }).omega.back(), 3);
  EXPECT_EQ(omega_of_headers(4, [](int n) { return fmt::format("Omega = {} as read ;\n", n); }).omega.back(), 3);

  const auto pilatus = pilatus_numbers("# Start_angle 1.5000 deg.\r\n# Phi 0.25 rad\r\n# N_oscillations 1\r\n");
  ASSERT_EQ(pilatus.size(), 3u);
  EXPECT_EQ(pilatus[0].unit, "deg.");
  EXPECT_EQ(pilatus[1].unit, "rad");
  EXPECT_EQ(pilatus[2].unit, "");
}

TEST(HeaderAngles, WhatDriftsOrIsMovedAlongIsNoAngle) {
  for (const char* name : {"furnace", "srtemp", "samtz"}) {
    const ScanOmega found = omega_of_headers(
        6, [&](int n) { return fmt::format("motor_mne = diffrz {} ;\nmotor_pos = 5 {} ;\n", name, 20 + 0.125 * n); });
    EXPECT_EQ(found.source, OmegaSource::kUnknown) << name;
    EXPECT_EQ(found.rejected.at(0), "header diffrz (recorded): it does not move: 5 at every frame");
  }
  const ScanOmega other = omega_of_headers(
      6, [](int n) { return fmt::format("motor_mne = diffrz pusher ;\nmotor_pos = 5 {} ;\n", 0.125 * n); });
  EXPECT_EQ(other.motor, "pusher");
  EXPECT_NE(warnings_of(other).find("is the only motor that moves"), std::string::npos) << warnings_of(other);
}

TEST(HeaderAngles, ACommandInEachHeaderIsCarriedOnOnlyWhereTheAnglesAreNotThere) {
  const auto header = [](double start) { return fmt::format("Start_angle = {} ;\nAngle_increment = 0.5 ;\n", start); };
  const std::vector<double> even{0, 0.5, 1, 1.5, 2, 2.5};
  const ScanOmega still = omega_of_headers(6, [&](int) { return header(0); });
  EXPECT_EQ(still.source, OmegaSource::kCommanded);
  EXPECT_EQ(still.omega, even);
  const ScanOmega first_lost = omega_of_headers(6, [&](int n) { return n == 0 ? "other = 1 ;\n" : header(0.5 * n); });
  EXPECT_EQ(first_lost.source, OmegaSource::kCommanded);
  EXPECT_EQ(first_lost.omega, even);
  EXPECT_EQ(first_lost.rejected.at(0),
            "header start_angle (recorded): 1 of 6 frames has no value of it, the first is frame 0");
  // Two sweeps that each header tells are not one that the first of them would go on to.
  const ScanOmega jump = omega_of_headers(12, [&](int n) { return header(0.5 * n + (n < 6 ? 0 : 90)); });
  EXPECT_EQ(jump.source, OmegaSource::kRecorded);
  EXPECT_EQ(jump.omega, (std::vector<double>{0, 0.5, 1, 1.5, 2, 2.5, 93, 93.5, 94, 94.5, 95, 95.5}));
  EXPECT_EQ(jump.sweeps, (std::vector<Sweep>{{0, 5}, {6, 11}}));
}

TEST(HeaderAngles, OfRealFiles) {
  const fs::path data = testing::real_data();
  if (data.empty()) GTEST_SKIP() << "no real data here";
  const ScanOmega cbf = omega_of(data / "cbf/l_cysteine_01");
  ASSERT_EQ(cbf.omega.size(), 15u);
  for (int k = 0; k < 15; ++k) EXPECT_NEAR(cbf.omega[static_cast<std::size_t>(k)], -145 + 0.1 * k, 1e-9);
  EXPECT_EQ(omega_of((data / "labdct_iron/edf_repacked/*").string()).omega,
            (std::vector<double>{150, 147, 144, 141, 138, 135}));
  EXPECT_EQ(omega_of(data / "edf/F2K_Seb_Lyso0675.edf.bz2").omega, (std::vector<double>{90.514}));
  EXPECT_EQ(omega_of(data / "cbf/phi_scan_001.cbf").omega, (std::vector<double>{9.5}));
  EXPECT_EQ(omega_of(data / "edf/im0000.edf.gz").omega, (std::vector<double>{0}));
  EXPECT_EQ(omega_of(data / "edf/fit2d_click.edf.gz").source, OmegaSource::kUnknown);
  EXPECT_EQ(omega_of(data / "labdct_iron/tiff").source, OmegaSource::kUnknown);
}

}  // namespace
}  // namespace dctprep
