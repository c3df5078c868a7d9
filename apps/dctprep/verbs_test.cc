// SPDX-License-Identifier: BSD-3-Clause
// Every verb from end to end on a small simulated scan, as in a first hour with dctprep.
#include <memory>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "command_fixture_test.h"

namespace dctprep {
namespace {

// Compares every dataset of two results, but for what a run says of itself, bit for bit; prints how many spots there
// are.
constexpr const char* kCompare = R"(
import sys, h5py, numpy as np
a, b = (h5py.File(name) for name in sys.argv[1:3])
def datasets(file):
    names = []
    file.visititems(lambda name, item: names.append(name) if isinstance(item, h5py.Dataset) else None)
    return {name for name in names if not name.startswith('entry/process/')}
assert datasets(a) == datasets(b) and 'entry/spots/id' in datasets(a), datasets(a) ^ datasets(b)
for name in sorted(datasets(a)):
    x, y = a[name][()], b[name][()]
    if isinstance(x, bytes):
        assert x == y, name
    else:
        assert x.dtype == y.dtype and x.shape == y.shape and x.tobytes() == y.tobytes(), name
print(len(a['entry/spots/id']))
)";

class Verbs : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = std::make_unique<testing::TemporaryFolder>();
    const std::string options = " --set width=128 --set height=128 --set frames=60 --set grains=4 --quiet";
    ASSERT_EQ(run_dctprep(folder_->path(), "simulate -o scan.h5" + options).status, 0);
    ASSERT_EQ(run_dctprep(folder_->path(), "simulate -o series --set format=edf" + options).status, 0);
    std::ofstream(*folder_ / "compare.py") << kCompare;
    ASSERT_EQ(run_dctprep(folder_->path(), "run scan.h5 --quiet -o bare.h5 --threads 1").status, 0);
  }
  static void TearDownTestSuite() { folder_.reset(); }

  // Runs what must succeed; with nothing but warnings on stderr where it is to be quiet.
  static std::string done(const std::string& arguments) {
    const Answer answer = run_dctprep(folder_->path(), arguments);
    EXPECT_EQ(answer.status, 0) << arguments << "\n" << answer.err;
    if (arguments.find("--quiet") != std::string::npos) {
      EXPECT_EQ(without_warnings(answer.err), "") << arguments;
    }
    return answer.out;
  }
  static void expect_same_result(const std::string& a, const std::string& b) {
    const auto compared = testing::run_command(
        fmt::format("cd '{}' && /usr/bin/python3 compare.py {} {}", folder_->path().string(), a, b));
    EXPECT_EQ(compared.status, 0) << a << " " << b << "\n" << compared.output;
    EXPECT_GT(std::atoi(compared.output.c_str()), 10) << compared.output;
  }
  static std::unique_ptr<testing::TemporaryFolder> folder_;
};

std::unique_ptr<testing::TemporaryFolder> Verbs::folder_;

TEST_F(Verbs, RunNamesItsOutputAfterTheScanAndSaysHowItGoes) {
  const Answer answer = run_dctprep(folder_->path(), "run scan.h5");
  EXPECT_EQ(answer.status, 0) << answer.err;
  EXPECT_TRUE(answer.out.ends_with("scan_spots.h5\n")) << answer.out;
  EXPECT_NE(answer.err.find("processing: 60/60 images (100 %)"), std::string::npos) << answer.err;
  EXPECT_EQ(answer.err.find('\r'), std::string::npos) << "a bar where there is no terminal";
  expect_same_result("bare.h5", "scan_spots.h5");
}

TEST_F(Verbs, ThreadsChangeNothing) {
  done("run scan.h5 --quiet -o two.h5 --threads 2");
  expect_same_result("bare.h5", "two.h5");
}

TEST_F(Verbs, WhatInitWritesRunsToTheSameResult) {
  EXPECT_EQ(done("init scan.h5 --quiet -o found.toml"), "found.toml\n");
  const std::string printed = done("init scan.h5 --quiet");
  EXPECT_NE(printed.find("\nseed = "), std::string::npos) << printed;
  done("run found.toml --quiet -o found.h5");
  expect_same_result("bare.h5", "found.h5");
  done("config found.toml");
}

TEST_F(Verbs, APlainLevelIsSaidToBeReadInTheUnitOfTheData) {
  for (const std::string verb : {"init", "run -o plain.h5 --force"}) {
    const Answer plain = run_dctprep(folder_->path(), verb + " scan.h5 --quiet --set segment.seed=60");
    EXPECT_EQ(plain.status, 0);
    EXPECT_TRUE(plain.err.starts_with("warning: segment.seed = 60: read in ")) << plain.err;
    EXPECT_TRUE(is_one_line(plain.err)) << plain.err;
  }
  const auto json = nlohmann::json::parse(done("run scan.h5 -o plain.h5 --force --json --set segment.seed=60"));
  ASSERT_EQ(json["warnings"].size(), 1u) << json;
  EXPECT_TRUE(json["warnings"][0].get<std::string>().starts_with("segment.seed = 60: read in "));
}

TEST_F(Verbs, WhatInitWritesServesASeries) {
  done("init scan.h5 --quiet -o series.toml");
  done("init scan.h5 --quiet --pin -o pinned.toml");
  const auto open = nlohmann::json::parse(done("config series.toml --json"));
  const auto pinned = nlohmann::json::parse(done("config pinned.toml --json"));
  for (const char* key : {"dark", "flat", "omega", "wrap", "max_bad_frames", "saturation"}) {
    EXPECT_EQ(open["scan"][key], "auto") << key;
    EXPECT_NE(pinned["scan"][key], "auto") << key;
  }
  EXPECT_EQ(open["segment"], pinned["segment"]);
  EXPECT_EQ(open["beam"], pinned["beam"]);
  EXPECT_NE(content(*folder_ / "series.toml").find("# in this scan: true; 60 frames"), std::string::npos);
  // What a person gives is written in any case.
  done("init scan.h5 --quiet -o given.toml --set scan.dark=none --set scan.omega_start=5");
  const auto given = nlohmann::json::parse(done("config given.toml --json"));
  EXPECT_EQ(given["scan"]["dark"], "none");
  EXPECT_EQ(given["scan"]["omega_start"], 5.0);
  EXPECT_EQ(given["scan"]["omega_step"], "auto");

  // Another scan of the series, with other angles and another dark: as if it had a configuration of its own.
  const auto made = testing::run_python(R"(
import h5py, numpy as np
with h5py.File('scan.h5') as scan, h5py.File('other.h5', 'w') as file:
    file['entry/data'] = scan['2.1/measurement/marana'][:40]
    file['entry/omega'] = 30 + 0.25 * np.arange(40)
    file['entry/dark'] = np.full((3,) + file['entry/data'].shape[1:], 7, 'u2')
)",
                                        folder_->path());
  ASSERT_EQ(made.status, 0) << made.output;
  done("run series.toml --quiet --set scan.path=other.h5 -o other_series.h5");
  const auto read = testing::run_python(R"(
import h5py
with h5py.File('other_series.h5') as file:
    print(file['entry/scan/omega'][[0, -1]])
    config = file['entry/process/config'][()].decode()
    print([line for line in config.splitlines() if line.startswith(('dark', 'wrap'))])
)",
                                        folder_->path());
  EXPECT_NE(read.output.find("[30.   39.75]"), std::string::npos) << read.output;
  EXPECT_NE(read.output.find("other.h5::/entry/dark"), std::string::npos) << read.output;
  EXPECT_NE(read.output.find("wrap = false"), std::string::npos) << read.output;
}

TEST_F(Verbs, InitTellsWhatItTriedWhenItTunes) {
  const auto json = nlohmann::json::parse(done("init scan.h5 --tune --json --quiet"));
  EXPECT_EQ(json["output"], nullptr);
  EXPECT_TRUE(json["why"].contains("segment.seed"));
  const auto& tuning = json["tuning"];
  ASSERT_GE(tuning["trials"].size(), 1u) << tuning;
  EXPECT_EQ(tuning["frames"], nlohmann::json::parse("[[0, 59]]"));
  EXPECT_LT(tuning["chosen"], tuning["trials"].size());
  EXPECT_EQ(tuning["trials"][0]["verdict"], "as found");
  // The head of the configuration says the same.
  const std::string toml = json["toml"];
  EXPECT_NE(toml.find("Tuned by Friedel pairs:"), std::string::npos) << toml;
  const auto written = nlohmann::json::parse(done("init scan.h5 --json --quiet -o plain.toml"));
  EXPECT_EQ(written["output"], "plain.toml");
  EXPECT_FALSE(written.contains("toml"));
  EXPECT_FALSE(written.contains("tuning"));
  done("config plain.toml");
}

TEST_F(Verbs, HealthListsTheFramesThatHarmAndInitLeavesThemOut) {
  done(
      "simulate -o dark.h5 --set width=128 --set height=128 --set frames=60 --set grains=4 --set no_beam_frames=3 "
      "--quiet");
  const auto health = nlohmann::json::parse(done("info dark.h5 --health --json --quiet"))["health"];
  EXPECT_EQ(health["frames"], 60);
  EXPECT_GE(health["beam_confidence"], 0.5);
  EXPECT_EQ(health["remarks"].size(), 3u);
  EXPECT_EQ(health["remarks"][0]["trouble"], "no_beam");
  EXPECT_EQ(health["to_exclude"].size(), 3u);
  EXPECT_EQ(run_dctprep(folder_->path(), "run dark.h5 --quiet -o dark_spots.h5").status, 1);
  // They are of this scan alone: named in a comment, and written where that is asked for.
  const std::string open = done("init dark.h5 --health --quiet");
  EXPECT_NE(open.find("\nbad_frames = []"), std::string::npos) << open;
  EXPECT_NE(open.find("# in this scan: ["), std::string::npos) << open;
  EXPECT_NE(open.find("--health --pin"), std::string::npos) << open;
  done("init dark.h5 --health --pin --quiet -o healthy.toml");
  const auto result = nlohmann::json::parse(done("run healthy.toml --json --quiet -o healthy.h5"));
  ASSERT_EQ(result["bad_frames"].size(), 3u);
  EXPECT_EQ(result["bad_frames"][0]["cause"], "listed");
  EXPECT_EQ(result["bad_frames"][0]["frame"], health["to_exclude"][0]);
  EXPECT_EQ(nlohmann::json::parse(done("info scan.h5 --json --quiet"))["health"], nullptr);
  // They say nothing of another scan.
  const Answer other =
      run_dctprep(folder_->path(), "init healthy.toml --set scan.path=scan.h5 --set scan.omega=auto --quiet");
  EXPECT_NE(other.err.find("warning: scan.bad_frames: the 3 frames listed in healthy.toml are of its scan"),
            std::string::npos)
      << other.err;
  EXPECT_NE(done("info dark.h5 --health --quiet").find("scan.bad_frames=["), std::string::npos);
}

TEST_F(Verbs, TheRecordedConfigurationGivesTheSameBits) {
  done("run scan.h5 --quiet --set segment.seed=3.25Sigma -o given.h5");
  for (const std::string result : {"bare.h5", "given.h5"}) {
    const auto taken =
        testing::run_command(fmt::format("cd '{}' && /usr/bin/python3 -c \"import h5py; open('recorded.toml', "
                                         "'w').write(h5py.File('{}')['entry/process/config'].asstr()[()])\"",
                                         folder_->path().string(), result));
    ASSERT_EQ(taken.status, 0) << taken.output;
    done("run recorded.toml --quiet --force -o again.h5");
    expect_same_result(result, "again.h5");
  }
  EXPECT_NE(content(*folder_ / "recorded.toml").find("\nunit = \"sigma\"\nseed = \"3.25 sigma\"\n"), std::string::npos);
}

TEST_F(Verbs, SettingsGoOnTop) {
  const auto plain = nlohmann::json::parse(done("show bare.h5 --json --quiet"));
  const auto json = nlohmann::json::parse(done("run scan.h5 --quiet --json -o set.h5 --set filter.min_frames=3"));
  EXPECT_EQ(json["output"], "set.h5");
  EXPECT_EQ(json["frames"], 60);
  EXPECT_LT(json["spots"], plain["spots"]);
  EXPECT_GT(json["rejected"]["min_frames"], 0);
}

TEST_F(Verbs, AFolderAndAGlobAreScansToo) {
  done("run series --quiet -o folder.h5");
  done("run 'series/series_*.edf' --quiet -o glob.h5");
  const auto spots = [&](const std::string& result) {
    return nlohmann::json::parse(done("show " + result + " --json --quiet"))["spots"].get<int>();
  };
  EXPECT_EQ(spots("folder.h5"), spots("bare.h5"));
  EXPECT_EQ(spots("glob.h5"), spots("bare.h5"));
}

TEST_F(Verbs, ShowAndExport) {
  EXPECT_NE(done("show bare.h5").find(" spots\n"), std::string::npos);
  const std::string pictures = done("show bare.h5 -o pictures --quiet");
  EXPECT_NE(pictures.find("pictures/summary.png\n"), std::string::npos) << pictures;
  EXPECT_TRUE(content(*folder_ / "pictures/spots.png").starts_with("\x89PNG"));
  EXPECT_EQ(nlohmann::json::parse(done("show scan.h5 --json --quiet"))["frames"], 60);
  EXPECT_NE(done("show scan.h5 -o drawn --quiet").find("drawn/frame.png\n"), std::string::npos);
  EXPECT_EQ(done("export bare.h5 --to csv"), "bare.csv\n");
  const std::string table = content(*folder_ / "bare.csv");
  const auto spots = nlohmann::json::parse(done("show bare.h5 --json --quiet"))["spots"].get<int>();
  EXPECT_EQ(std::count(table.begin(), table.end(), '\n'), spots + 1);
}

TEST_F(Verbs, AScanThatHasMovedIsKnownAgain) {
  const auto made = testing::run_python(R"(
import h5py, shutil, os
shutil.copy('scan.h5', 'gone.h5'); shutil.copytree('series', 'gone_series')
)",
                                        folder_->path());
  ASSERT_EQ(made.status, 0) << made.output;
  done("run gone.h5 --quiet -o moved.h5");
  done("run gone_series --quiet -o moved_series.h5");
  // Moved, and compressed in another way; another scan of the same size in its place.
  const auto moved = testing::run_python(R"(
import h5py, os
os.rename('gone_series', 'new_series'); os.mkdir('elsewhere')
with h5py.File('gone.h5') as old, h5py.File('elsewhere/packed.h5', 'w') as new:
    for entry in old: old.copy(entry, new)
    data = new['2.1/instrument/marana/data'][()]
    del new['2.1/instrument/marana/data']
    new.create_dataset('2.1/instrument/marana/data', data=data, compression='gzip')
with h5py.File('elsewhere/packed.h5') as old, h5py.File('elsewhere/changed.h5', 'w') as new:
    for entry in old: old.copy(entry, new)
    new['2.1/instrument/marana/data'][30, 5, 6] += 1
os.remove('gone.h5')
)",
                                         folder_->path());
  ASSERT_EQ(moved.status, 0) << moved.output;
  const Answer gone = run_dctprep(folder_->path(), "show moved.h5 -o moved_pictures");
  EXPECT_NE(gone.err.find("say where it is with --scan"), std::string::npos) << gone.err;
  EXPECT_EQ(gone.out.find("stages.png"), std::string::npos) << gone.out;
  for (const std::string scan : {"elsewhere/packed.h5", "elsewhere/packed.h5::/2.1/instrument/marana/data"}) {
    const std::string shown = done("show moved.h5 --scan " + scan + " -o moved_pictures --force --quiet");
    EXPECT_NE(shown.find("stages.png"), std::string::npos) << shown;
    done("score moved.h5 --scan " + scan);
    done("export moved.h5 --to csv --force --scan " + scan);
  }
  EXPECT_NE(done("show moved_series.h5 --scan new_series -o series_pictures --quiet").find("stages.png"),
            std::string::npos);
  for (const std::string verb : {"show moved.h5", "score moved.h5", "export moved.h5 --to csv -o x.csv"}) {
    const Answer other = run_dctprep(folder_->path(), verb + " --scan elsewhere/changed.h5");
    EXPECT_EQ(other.status, 1) << verb;
    for (const char* named : {"elsewhere/changed.h5", "moved.h5", "gone.h5", "the pixels of its frame 30"})
      EXPECT_NE(other.err.find(named), std::string::npos) << other.err;
    const Answer size = run_dctprep(folder_->path(), verb + " --scan 'new_series/series_000[0-4].edf'");
    EXPECT_EQ(size.status, 1) << verb;
    EXPECT_NE(size.err.find("frames of 128 x 128 pixels, where there were 60"), std::string::npos) << size.err;
  }
  EXPECT_EQ(run_dctprep(folder_->path(), "show scan.h5 --scan scan.h5").status, 2);
  const auto checked = testing::run_python(R"(
import h5py, zlib
with h5py.File('elsewhere/packed.h5') as scan, h5py.File('moved.h5') as result:
    frames = result['entry/scan/checksum_frame'][()]
    print(list(frames), all(zlib.crc32(scan['2.1/instrument/marana/data'][k].astype('<u2').tobytes()) == c
                            for k, c in zip(frames, result['entry/scan/checksum'][()])))
)",
                                           folder_->path());
  EXPECT_EQ(checked.output, "[0, 30, 59] True\n");
}

// Frames that flicker, without a direct beam; what a monitor makes of them is computed in Python.
TEST_F(Verbs, FramesAreNormalisedByAMonitor) {
  const auto made = testing::run_python(R"(
import h5py, numpy as np
rng = np.random.default_rng(3)
n, h, w = 80, 40, 48
beam = 1 + 0.2 * np.sin(np.arange(n) * 1.7) + 0.05 * rng.standard_normal(n)
v, u = np.mgrid[:h, :w]
frames = rng.poisson(400 * beam[:, None, None] * np.ones((h, w))).astype(float)
for k, r, c in ((10, 12, 12), (33, 25, 30), (60, 20, 8)):
    for j in range(k - 1, k + 2): frames[j] += 900 * beam[j] * np.exp(-((v - r) ** 2 + (u - c) ** 2) / 4)
frames[50] = 0
with h5py.File('flicker.h5', 'w') as f:
    f['1.1/title'] = 'fscan rot 0 0.5 80'
    f['1.1/instrument/frelon/data'] = np.round(frames).astype(np.uint16)
    f['1.1/measurement/frelon'] = h5py.SoftLink('/1.1/instrument/frelon/data')
    f['1.1/measurement/rot'] = 0.5 * np.arange(n)
    monitor = 1e-7 * beam; monitor[50] = 1e-9
    f['1.1/measurement/fpico2'] = 1e-7 * (1 + 0.01 * rng.standard_normal(n))
    f['1.1/measurement/fpico3'] = monitor
)",
                                        folder_->path());
  ASSERT_EQ(made.status, 0) << made.output;
  // It is chosen where it makes the light even.
  const auto found = nlohmann::json::parse(done("init flicker.h5 --json --quiet --pin -o flicker.toml"));
  EXPECT_NE(found["why"]["beam.normalise"].get<std::string>().find("fpico3"), std::string::npos) << found["why"];
  done("run flicker.toml --quiet -o flicker_spots.h5");
  done("run flicker.h5 --quiet -o named.h5 --set beam.region=none --set beam.monitor=fpico3");
  const auto read = testing::run_python(R"(
import h5py, numpy as np
with h5py.File('flicker.h5') as scan: monitor = scan['1.1/measurement/fpico3'][()]
for name in 'flicker_spots.h5', 'named.h5':
    with h5py.File(name) as result:
        beam = result['entry/beam']
        assert beam['intensity'].attrs['monitor'].endswith('flicker.h5::/1.1/measurement/fpico3'), dict(beam['intensity'].attrs)
        good = np.arange(80) != 50
        assert list(result['entry/scan/bad_frames'][()]) == [50], result['entry/scan/bad_frames'][()]
        assert np.array_equal(beam['intensity'][good], monitor[good]) and np.isnan(beam['intensity'][50])
        median = np.sort(monitor)[80 // 2]
        assert np.array_equal(beam['factor'][good], (median / monitor[good]).astype(np.float32))
        assert 'normalise = "monitor"' in result['entry/process/config'][()].decode()
        print(len(result['entry/spots/id']))
)",
                                        folder_->path());
  EXPECT_EQ(read.status, 0) << read.output;
  EXPECT_EQ(read.output, "3\n3\n");
  // One that does not make it even is named only.
  const auto without = testing::run_python(R"(
import h5py
with h5py.File('flicker.h5', 'a') as f: del f['1.1/measurement/fpico3']
)",
                                           folder_->path());
  ASSERT_EQ(without.status, 0) << without.output;
  const auto offered = nlohmann::json::parse(done("init flicker.h5 --json --quiet"));
  const std::string why = offered["why"]["beam.normalise"];
  EXPECT_NE(why.find("fpico2"), std::string::npos) << why;
  EXPECT_NE(why.find("set normalise = \"monitor\""), std::string::npos) << why;
  EXPECT_NE(offered["toml"].get<std::string>().find("\nnormalise = \"none\""), std::string::npos);
}

TEST_F(Verbs, BenchMeasuresKeepsAndCompares) {
  const std::string settings = " --set background.half_window=15 --quiet --repeats 3";
  const std::string text = done("bench scan.h5 --threads 1,2 --json base.json" + settings);
  for (const char* wanted : {"60 frames of 128 x 128", "1 thread ", "2 threads", "read and decode", "whole run",
                             "memory ceiling", "of decode", "scaling", "does not count"}) {
    EXPECT_NE(text.find(wanted), std::string::npos) << wanted << "\n" << text;
  }
  const auto base = nlohmann::json::parse(content(*folder_ / "base.json"));
  EXPECT_EQ(base["runs"].size(), 2u);
  EXPECT_EQ(base["runs"][1]["run_seconds"].size(), 3u);
  EXPECT_TRUE(base["runs"][0]["seconds_by_stage"].contains("read"));
  done("run scan.h5 --quiet -o benched.h5 --set background.half_window=15");
  const auto spots =
      testing::run_command(fmt::format("/usr/bin/python3 -c \"import h5py; s = h5py.File('{}')['entry/spots']; "
                                       "print(len(s['id']), s['integral'][()].sum())\"",
                                       (*folder_ / "benched.h5").string()));
  EXPECT_EQ(spots.output,
            fmt::format("{} {}\n", base["spots"].get<std::uint64_t>(), base["integral"].get<std::uint64_t>()));

  // The threads of the base are measured again; nothing is said to differ.
  const std::string compared = done("bench scan.h5 --compare base.json" + settings);
  EXPECT_NE(compared.find("against base.json, 2 threads"), std::string::npos) << compared;
  EXPECT_EQ(compared.find("warning"), std::string::npos) << compared;
  const std::string same = done("bench base.json --compare base.json");
  EXPECT_NE(same.find("within the noise"), std::string::npos) << same;
  EXPECT_EQ(same.find("beyond"), std::string::npos) << same;
  EXPECT_NE(done("bench scan.h5 --threads 1 --compare base.json --quiet --repeats 1").find("too few repeats"),
            std::string::npos);
}

TEST_F(Verbs, BenchMakesAScanOfItsOwn) {
  const std::string text = done(
      "bench --quiet --repeats 1 --threads 1 --simulate width=80 --simulate height=64 --simulate frames=30 --set "
      "background.half_window=5");
  EXPECT_NE(text.find("simulated: 30 frames of 80 x 64 pixels"), std::string::npos) << text;
  EXPECT_NE(text.find("in memory"), std::string::npos) << text;
}

TEST_F(Verbs, AReaderThatHasSeenEnoughIsNoFailure) {
  const auto head = testing::run_command(fmt::format(
      "cd '{}' && ('{}' show bare.h5; echo $? >status) | true; cat status", folder_->path().string(), DCTPREP_COMMAND));
  EXPECT_EQ(head.output, "0\n");
}

// What is printed must not end up in the result, which would get the number of the closed stream.
TEST_F(Verbs, ClosedStreamsAreNoFiles) {
  const auto closed = testing::run_command(fmt::format("(cd '{}' && '{}' run scan.h5 -o closed.h5 <&- >&- 2>&-)",
                                                       folder_->path().string(), DCTPREP_COMMAND));
  EXPECT_EQ(closed.status, 0);
  expect_same_result("bare.h5", "closed.h5");
}

// Stopped in the middle of what would take minutes: once and in order, or twice (the second signal comes before the
// first was seen to) and at once.
TEST_F(Verbs, StopsWhenAskedAndLeavesNothing) {
  std::ofstream(*folder_ / "stop.py") << fmt::format(R"(
import os, signal, subprocess, sys, time
arguments = sys.argv[2:]
process = subprocess.Popen(['{}'] + arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
while not any('.part-' in name for name in os.listdir('.')):
    assert process.poll() is None, process.stderr.read()
    time.sleep(0.01)
time.sleep(0.2)
before = time.time()
if sys.argv[1] == 'twice':
    for each in signal.SIGSTOP, signal.SIGINT, signal.SIGTERM, signal.SIGCONT: process.send_signal(each)
else:
    process.send_signal(getattr(signal, sys.argv[1]))
out, err = process.communicate()
assert time.time() - before < 5, time.time() - before
if sys.argv[1] == 'twice':
    assert process.returncode in (130, 143) and out == b'' and err == b'', (process.returncode, out, err)
    sys.exit()
assert process.returncode == 1 and out == b'', (process.returncode, out)
assert err.startswith(b'dctprep: error: interrupted') and err.count(b'\n') == 1, err
)",
                                                     DCTPREP_COMMAND);
  // The scan a hundred times over.
  const auto made = testing::run_python(R"(
import h5py
layout = h5py.VirtualLayout((6000, 128, 128), 'u2')
for i in range(100):
    layout[60 * i : 60 * (i + 1)] = h5py.VirtualSource('scan.h5', '2.1/measurement/marana', (60, 128, 128))
with h5py.File('many.h5', 'w') as file:
    file.create_virtual_dataset('data', layout)
)",
                                        folder_->path());
  ASSERT_EQ(made.status, 0) << made.output;
  const auto before = snapshot(folder_->path());
  for (const std::string arguments :
       {"twice simulate --quiet -o long.h5 --set frames=20000 --set grains=5",
        "twice simulate --quiet -o long --set format=edf --set frames=20000",
        "twice run many.h5 --quiet -o long.h5 --set scan.omega_start=0 --set scan.omega_step=0.05 "
        "--set background.half_step=0 "
        "--set background.half_window=60 --set denoise.radius=15 --threads 1",
        "SIGINT simulate --quiet -o long.h5 --set frames=20000 --set grains=5",
        "SIGTERM simulate --quiet -o long --set format=edf --set frames=20000",
        "SIGINT run many.h5 --quiet -o long.h5 --set scan.omega_start=0 --set scan.omega_step=0.05 "
        "--set background.half_step=0 "
        "--set background.half_window=60 --set denoise.radius=15 --threads 1"}) {
    const auto stopped = testing::run_command(
        fmt::format("cd '{}' && /usr/bin/python3 stop.py {}", folder_->path().string(), arguments));
    EXPECT_EQ(stopped.status, 0) << arguments << "\n" << stopped.output;
    EXPECT_EQ(snapshot(folder_->path()), before) << arguments;
  }
}

}  // namespace
}  // namespace dctprep
