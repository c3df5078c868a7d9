// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/config/config_file.h"

#include <cstdlib>
#include <fstream>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <set>

#include "dctprep/base/error.h"
#include "dctprep/config/check_config.h"
#include "dctprep/config/random_config.h"
#include "dctprep/testing/testing.h"

namespace dctprep {
namespace {

namespace fs = std::filesystem;

// Every key and default as promised to users, written down by hand.
constexpr std::string_view kContract = R"(
[scan]
dark = "auto"
flat = "auto"
omega_start = "auto"
omega_step = "auto"
omega = "auto"
order = "auto"
turn = "auto"
wrap = "auto"
bad_frames = []
max_bad_frames = "auto"
mask = "auto"
saturation = "auto"
[beam]
region = "auto"
sample = "auto"
normalise = "auto"
margin = 5
monitor = "auto"
intensity = "auto"
guard = "auto"
transmission = false
[background]
half_window = 250
half_step = 25
stride = 1
frame_offset = true
offset_stride = 4
save = true
[denoise]
mode = "full"
radius = 1
threshold = "auto"
[segment]
method = "double"
unit = "auto"
seed = "auto"
tau = 0.1
grow_min = "auto"
grow_max = "auto"
connectivity = 26
min_seed_volume = "auto"
split = 0.0
voxel_min = 0
voxel_max = 65535
max_fill = 0.25
[filter]
min_area = 0
max_area = 0
min_extent = 0
max_extent = 0
min_frames = 0
max_frames = 0
min_beam_distance = 0
reject_border = false
reject_truncated = false
[spots]
trim_min = 0.0005
trim_tail = 0.0005
image = "blob3d"
voxels = true
rejected = false
photometry = true
photometry_frames = 100
[output]
compression = "bitshuffle-lz4"
sparse = false
sparse_level = "auto"
[run]
threads = "auto"
memory = "auto"
device = "auto"
backend = "auto"
resume = false
)";

std::set<std::string> keys_of(Config config) {
  std::set<std::string> keys;
  for (const Table& table : tables_of(config))
    for (const Field& field : table.fields) keys.insert(key_of(table, field));
  return keys;
}

TEST(Config, KeepsItsPromisedKeysAndDefaults) {
  Origins origins;
  EXPECT_EQ(parse_config(kContract, "contract", "/", &origins), Config{});
  std::set<std::string> promised{"scan.path", "scan.frames", "output.path"};
  for (const auto& [key, place] : origins) promised.insert(key);
  EXPECT_EQ(keys_of({}), promised);
  // The text itself, value for value: a default that were parsed as something else would show here.
  EXPECT_EQ("\n" + to_compact_toml({}), [] {
    std::string text;
    for (std::size_t i = 0; i < kContract.size(); ++i)
      text += (kContract[i] == '[' && i > 1 && kContract[i - 1] == '\n') ? "\n[" : std::string(1, kContract[i]);
    return text;
  }());
}

TEST(Config, SetsEachMemberThatItsKeyNames) {
  const Config config = parse_config(R"(
scan.path = "scan.h5::/entry/data"
scan.dark = "none"
scan.flat = "/data/flats_*.edf"
scan.omega_start = -10
scan.omega_step = 0.25
scan.omega = "header"
scan.wrap = false
scan.frames = [5, 31]
scan.bad_frames = [2, 0x11, 2]
scan.mask = "./mask.npy"
scan.saturation = 4095
[beam]
region = [14, 17, 38, 29]
sample = "none"
normalise = "fullbeam"
intensity = 1000
guard = 2
transmission = true
[denoise]
mode = "conditional"
threshold = 20
[segment]
method = "single"
min_seed_volume = 3
split = 0.25
[spots]
image = "none"
[output]
path = "../out.h5"
compression = "none"
sparse = true
sparse_level = "1.5 sigma"
[run]
threads = 4
memory = "1.5 GiB"
device = "cuda"
resume = true
)",
                                     "x.toml", "/folder");
  EXPECT_EQ(config.scan.path, "/folder/scan.h5::/entry/data");
  EXPECT_EQ(config.scan.dark, "none");
  EXPECT_EQ(config.scan.flat, "/data/flats_*.edf");
  EXPECT_EQ(config.scan.omega_start.value(), -10.0);
  EXPECT_EQ(config.scan.omega_step.value(), 0.25);
  EXPECT_EQ(config.scan.omega, "header");
  EXPECT_FALSE(config.scan.wrap.value());
  EXPECT_EQ(config.scan.frames, (std::array<int, 2>{5, 31}));
  EXPECT_EQ(config.scan.bad_frames, (std::vector<int>{2, 17, 2}));
  EXPECT_EQ(config.scan.mask, "/folder/mask.npy");
  EXPECT_EQ(config.scan.saturation.value(), 4095);
  EXPECT_EQ(config.beam.region.value(), (Region{14, 17, 38, 29}));
  EXPECT_EQ(config.beam.sample.value(), Region{});
  EXPECT_EQ(config.beam.normalise.value(), Normalise::kFullbeam);
  EXPECT_EQ(config.beam.intensity.value(), 1000.0);
  EXPECT_EQ(config.beam.guard.value(), 2);
  EXPECT_TRUE(config.beam.transmission);
  EXPECT_EQ(config.denoise.mode.value(), DenoiseMode::kConditional);
  EXPECT_EQ(config.denoise.threshold.value(), 20);
  EXPECT_EQ(config.segment.method, SegmentMethod::kSingle);
  EXPECT_EQ(config.segment.min_seed_volume.value(), 3);
  EXPECT_EQ(config.segment.split.value(), 0.25);
  EXPECT_EQ(config.spots.image, SpotImage::kNone);
  EXPECT_EQ(config.output.path, "/folder/../out.h5");
  EXPECT_EQ(config.output.compression, Compression::kNone);
  EXPECT_TRUE(config.output.sparse);
  EXPECT_EQ(config.output.sparse_level.value(), Level(1.5, LevelUnit::kSigma));
  EXPECT_EQ(config.run.threads.value(), 4);
  EXPECT_EQ(config.run.memory.value(), 1610612736);
  EXPECT_EQ(config.run.device, Device::kCuda);
  EXPECT_TRUE(config.run.resume);
}

TEST(Config, RoundTripsThroughTomlToTheBit) {
  testing::Random random(1);
  for (int round = 0; round < 500; ++round) {
    Config config;
    testing::randomise(tables_of(config), random);
    EXPECT_EQ(parse_config(to_toml(config), "full", "/"), config) << to_compact_toml(config);
    EXPECT_EQ(parse_config(to_compact_toml(config), "compact", "/"), config) << to_compact_toml(config);
    if (HasFailure()) break;
  }
}

// Another reader of TOML finds the same values in what is written.
TEST(Config, IsReadByPythonAsItWasMeant) {
  testing::TemporaryFolder folder;
  testing::Random random(2);
  nlohmann::json expected = nlohmann::json::array();
  for (int round = 0; round < 20; ++round) {
    Config config;
    const std::vector<Table> tables = tables_of(config);
    testing::randomise(tables, random);
    std::ofstream(folder / fmt::format("{}.toml", round))
        << to_toml(config, {{"segment.seed", "two\nlines \t and\r\x01"}});
    nlohmann::json values = nlohmann::json::object();
    for (const Table& table : tables) {
      values[std::string(table.name)] = nlohmann::json::object();
      for (const Field& field : table.fields) {
        std::visit(
            [&]<class T>(const T& value) {
              if constexpr (!std::same_as<T, std::monostate>)
                values[std::string(table.name)][std::string(field.name)] = value;
            },
            field.get());
      }
    }
    expected.push_back(values);
  }
  std::ofstream(folder / "expected.json") << expected;
  const auto result = testing::run_python(R"(
import json, tomllib
for i, expected in enumerate(json.load(open("expected.json"))):
    found = tomllib.load(open(f"{i}.toml", "rb"))
    assert found == expected, (i, found, expected)
    for table in expected:
        for key, value in expected[table].items():
            assert type(found[table][key]) is type(value), (table, key)
print("same")
)",
                                          folder.path());
  EXPECT_EQ(result.output, "same\n");
}

TEST(Config, PutsCommentsAboveTheirKeys) {
  const std::string text = to_toml({}, {{"", "for scan.h5"}, {"segment.seed", "5 times the noise"}});
  EXPECT_TRUE(text.starts_with("# for scan.h5\n"));
  EXPECT_NE(text.find("# 5 times the noise\nseed = \"auto\"\n"), std::string::npos);
}

std::string error_of(const std::function<void()>& body) {
  try {
    body();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kUsage);
    EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos);
    return error.what();
  }
  return "no error";
}

struct Refused {
  std::string text;
  std::string message;
};

TEST(Config, RefusesWithLineKeyValueAndWhatIsAllowed) {
  const std::vector<Refused> cases{
      {"\n[segment]\ntau = 0.5\nseed = -3",
       "4: segment.seed = -3: must be between 1 and 65535, or with its unit, such as \"3.5 sigma\" or \"40 counts\", "
       "or \"auto\""},
      {"[segment]\nseed = 65536",
       "2: segment.seed = 65536: must be between 1 and 65535, or with its unit, such as \"3.5 sigma\" or \"40 "
       "counts\", or \"auto\""},
      {"[segment]\nseed = \"high\"",
       "2: segment.seed = \"high\": must be a number between 1 and 65535, or with its unit, such as \"3.5 sigma\" or "
       "\"40 counts\", or \"auto\""},
      {"[segment]\nseed = true",
       "2: segment.seed = true: must be a number between 1 and 65535, or with its unit, such as \"3.5 sigma\" or \"40 "
       "counts\", or \"auto\""},
      {"[segment]\nseed = 2020-02-02",
       "2: segment.seed = 2020-02-02: must be a number between 1 and 65535, or with its unit, such as \"3.5 sigma\" or "
       "\"40 counts\", or \"auto\""},
      {"[segment]\nseed = 99999999999999999999",
       "2: not valid TOML: decimal integer: '99999999999999999999' is not representable in 64 bits"},
      {"[segment]\nseed = 9223372036854775807",
       "2: segment.seed = 9223372036854775807: must be between 1 and 65535, or with its unit, such as \"3.5 sigma\" or "
       "\"40 counts\", or \"auto\""},
      {"[filter]\nmin_area = 2147483648", "2: filter.min_area = 2147483648: must be at most 2147483647"},
      {"[segment]\ntau = nan", "2: segment.tau = nan: must be a finite number"},
      {"[segment]\ntau = inf", "2: segment.tau = inf: must be a finite number"},
      {"[segment]\ntau = 1.5", "2: segment.tau = 1.5: must be between 0 and 1"},
      {"[segment]\ntau = \"auto\"", "2: segment.tau = \"auto\": must be a number between 0 and 1"},
      {"[segment]\nconnectivity = 8", "2: segment.connectivity = 8: must be 6, 18 or 26"},
      {"[denoise]\nmode = \"ful\"",
       "2: denoise.mode = \"ful\": must be \"auto\", \"off\", \"full\" or \"conditional\""},
      {"[scan]\nwrap = 1", "2: scan.wrap = 1: must be true, false or \"auto\""},
      {"[scan]\ndark = \"\"", "2: scan.dark = \"\": must be a path, \"auto\" or \"none\""},
      {"[scan]\npath = 5", "2: scan.path = 5: must be a path"},
      {"[scan]\nframes = [1, 2, 3]",
       "2: scan.frames = [1, 2, 3]: must be a list of 2 whole numbers, such as [3, 17], each at least 0 frames"},
      {"[scan]\nbad_frames = [1, -2]",
       "2: scan.bad_frames = [1, -2]: must be a list of whole numbers, such as [3, 17], each at least 0 frames"},
      {"[beam]\nregion = [5, 1, 5, 2]",
       "2: beam.region = [5, 1, 5, 2]: must be [u0, v0, u1, v1] with u0 < u1 and v0 < v1, whole numbers between 0 and "
       "65535 pixels, \"auto\" or \"none\""},
      {"[run]\nmemory = \"4 GiBs\"",
       "2: run.memory = \"4 GiBs\": must be a number of bytes above 0, or text such as \"4 GiB\", or \"auto\""},
      {"[run]\nmemory = 0",
       "2: run.memory = 0: must be a number of bytes above 0, or text such as \"4 GiB\", or \"auto\""},
      {"[segment]\nseed = 5 sigma", "2: not valid TOML: text needs quotes: seed = \"5 sigma\""},
      {"[segment]\n\n  seed=5sigma # high\n", "3: not valid TOML: text needs quotes: seed = \"5sigma\""},
      {"[segment]\nseed = \u201c5 sigma\u201d", "2: not valid TOML: text needs quotes: seed = \"5 sigma\""},
      {"[denoise]\nmode = full", "2: not valid TOML: text needs quotes: mode = \"full\""},
      {"[scan]\npath = /data/a.h5", "2: not valid TOML: text needs quotes: path = \"/data/a.h5\""},
      {"[scan]\nwrap = True", "2: not valid TOML: true is written in small letters: wrap = true"},
      {"[scan]\nwrap = FALSE\n", "2: not valid TOML: false is written in small letters: wrap = false"},
      {"[segment]\nseed = 3,5", "2: not valid TOML: key-value pair: expected a comment or whitespace, saw ','"},
      {"[segment]\nseed =\n", "2: not valid TOML: key-value pair: expected value, saw '\\n'"},
      {"[segment]\nseed = \"5 sigma", "2: not valid TOML: string: encountered end-of-file"},
      {"[SEGMENT]\nseed = 3", "1: [SEGMENT]: unknown table; did you mean [segment]?"},
      {"[segment]\nSeed = 3", "2: segment.Seed: unknown key; did you mean segment.seed?"},
      {"[beam]\nguard = \"5 pixels\"",
       "2: beam.guard = \"5 pixels\": must be a whole number between 0 and 65535 pixels, or \"auto\"; write the number "
       "alone, in pixels"},
      {"[segment]\nsplit = \"50%\"", "2: segment.split = \"50%\": must be a number between 0 and 1, or \"auto\""},
      {"[segment]\nsead = 3", "2: segment.sead: unknown key; did you mean segment.seed?"},
      {"[segment]\nmax_area = 3", "2: segment.max_area: unknown key; did you mean filter.max_area?"},
      {"[output]\nzzzzzzzz = 3",
       "2: output.zzzzzzzz: unknown key; known here: path, compression, sparse, sparse_level"},
      {"[segmet]\nseed = 3", "1: [segmet]: unknown table; did you mean [segment]?"},
      {"[[segment]]\nseed = 3", "1: segment: is a table and has no value of its own; write [segment] above its keys"},
      {"segment = 3", "1: segment: is a table and has no value of its own; write [segment] above its keys"},
      {"seed = 3", "1: seed: stands outside of any table; did you mean segment.seed?"},
      {"[segment]\nseed = 3\nseed = 4", "3: not valid TOML: key-value pair: cannot redefine existing integer 'seed'"},
      {"[segment\nseed = 3", "1: not valid TOML: table header: expected ']', saw '\\n'"},
      // The first mistake in the file is the one reported, not the first of the alphabet.
      {"[spots]\nimage = 3\n[beam]\nmargin = 0",
       "2: spots.image = 3: must be \"blob3d\", \"blob2d\", \"box\" or \"none\""},
  };
  for (const Refused& refused : cases)
    EXPECT_EQ(error_of([&] { parse_config(refused.text, "scan.toml", "/"); }), "scan.toml:" + refused.message);
}

TEST(Config, RefusesWhatDoesNotFitTogether) {
  testing::TemporaryFolder folder;
  const fs::path path = folder / "scan.toml";
  const std::vector<Refused> cases{
      {"[segment]\nunit = \"counts\"\nseed = 25.5",
       "3: segment.seed = 25.5: must be a whole number of counts; parts are for sigma; the unit is that of "
       "segment.unit "
       "= \"counts\""},
      {"[segment]\nseed = 25.5\ngrow_min = 4\ngrow_max = 5",
       "2: segment.seed = 25.5: must be a whole number of counts; parts are for sigma; the unit is that of "
       "segment.unit "
       "= \"counts\""},
      {"[segment]\nunit = \"sigma\"\ngrow_max = 4096",
       "3: segment.grow_max = 4096: must be between 1 and 4095.9375 sigma; the unit is that of segment.unit = "
       "\"sigma\""},
      {"[segment]\nseed = \"5 sigma\"\ngrow_max = 4096",
       "3: segment.grow_max = 4096: must be between 1 and 4095.9375 sigma; the unit is that of segment.seed = \"5 "
       "sigma\""},
      {"[segment]\nunit = \"counts\"\nseed = \"3 sigma\"",
       "3: segment.seed = \"3 sigma\": segment.unit = \"counts\" (" + path.string() +
           ":2) is another unit; give segment.unit and all levels in one unit, or leave them \"auto\""},
      {"[segment]\ngrow_min = \"40 counts\"\nseed = \"3 sigma\"",
       "2: segment.grow_min = \"40 counts\": segment.seed = \"3 sigma\" (" + path.string() +
           ":3) is another unit; give segment.unit and all levels in one unit, or leave them \"auto\""},
      {"[segment]\nseed = \"3 sigma\"\ngrow_min = \"3.5 sigma\"",
       "3: segment.grow_min = \"3.5 sigma\": must be at most segment.seed = \"3 sigma\""},
      {"[segment]\nunit = \"sigma\"\nseed = 3\ngrow_min = \"3.5 sigma\"",
       "4: segment.grow_min = \"3.5 sigma\": must be at most segment.seed = 3"},
      {"[segment]\nseed = 25\ngrow_min = 30", "3: segment.grow_min = 30: must be at most segment.seed = 25"},
      {"[segment]\ngrow_min = 9\ngrow_max = 8", "2: segment.grow_min = 9: must be at most segment.grow_max = 8"},
      {"[segment]\nvoxel_min = 9\nvoxel_max = 8", "2: segment.voxel_min = 9: must be at most segment.voxel_max = 8"},
      {"[scan]\nframes = [5, 2]", "2: scan.frames = [5, 2]: must be [first, last] with first <= last"},
      {"[filter]\nmin_area = 5\nmax_area = 4", "2: filter.min_area = 5: must be at most filter.max_area = 4"},
      {"[filter]\nmin_extent = 5\nmax_extent = 4", "2: filter.min_extent = 5: must be at most filter.max_extent = 4"},
      {"[filter]\nmax_frames = 4\nmin_frames = 5", "3: filter.min_frames = 5: must be at most filter.max_frames = 4"},
      {"[beam]\nregion = \"none\"\ntransmission = true",
       "3: beam.transmission = true: needs a direct beam, but beam.region is \"none\""},
      {"[beam]\nregion = \"none\"\nnormalise = \"margin\"",
       "3: beam.normalise = \"margin\": needs a direct beam, but beam.region is \"none\"; \"monitor\", "
       "\"none\" and \"auto\" do without"},
      {"[beam]\nnormalise = \"monitor\"\nintensity = 400.0",
       "3: beam.intensity = 400.0: is in counts of the direct beam; with beam.normalise = \"monitor\" leave it "
       "\"auto\": frames are scaled to the monitor's median"},
      {"[beam]\nsample = \"none\"\nnormalise = \"margin\"",
       "3: beam.normalise = \"margin\": measures the beam beside the sample, but beam.sample is \"none\"; take "
       "\"fullbeam\""},
      {"[beam]\nregion = [10, 0, 20, 5]\nsample = [9, 0, 20, 5]\nnormalise = \"margin\"",
       "3: beam.sample = [9, 0, 20, 5]: leaves no column of beam.region = [10, 0, 20, 5] beside it to measure the "
       "beam; "
       "make it narrower, or beam.normalise \"fullbeam\""},
  };
  for (const Refused& refused : cases) {
    std::ofstream(path) << refused.text;
    EXPECT_EQ(error_of([&] { load_config(path); }), path.string() + ":" + refused.message);
  }
  for (const std::string fine :
       {"[segment]\nseed = 25\ngrow_min = 25\ngrow_max = 25", "[segment]\nmethod = \"single\"\nseed = 5\ngrow_min = 9",
        "[segment]\ngrow_min = 9", "[segment]\nseed = 4.5", "[segment]\nunit = \"sigma\"\nseed = 4095.9375",
        "[segment]\nseed = \"4.5 sigma\"\ngrow_min = 4.5\ngrow_max = \"4.5sigma\"",
        "[segment]\nunit = \"counts\"\nseed = 40\ngrow_min = \"40 counts\"", "[filter]\nmin_area = 5",
        "[scan]\nframes = [2, 2]", "[beam]\nregion = [10, 0, 20, 5]\nsample = [11, 0, 20, 5]\nnormalise = \"margin\"",
        "[beam]\ntransmission = true", "[scan]\nbad_frames = [3, 3]"}) {
    std::ofstream(path) << fine;
    EXPECT_NO_THROW(load_config(path)) << fine;
  }
}

TEST(Config, TakesLevelsWithTheirUnit) {
  Config config;
  for (const char* setting :
       {"segment.seed=5 sigma", "segment.grow_min=\"3.25Sigma\"", "segment.grow_max = '4 sigmas' "})
    set_value(config, setting, "/");
  EXPECT_EQ(config.segment.seed.value(), Level(5, LevelUnit::kSigma));
  EXPECT_EQ(config.segment.grow_min.value(), Level(3.25, LevelUnit::kSigma));
  EXPECT_EQ(config.segment.grow_max.value(), Level(4, LevelUnit::kSigma));
  EXPECT_TRUE(config.segment.unit.is_auto());
  const std::string text = to_compact_toml(config);
  EXPECT_NE(text.find("seed = \"5 sigma\"\n"), std::string::npos) << text;
  EXPECT_NE(text.find("grow_min = \"3.25 sigma\"\n"), std::string::npos) << text;
  set_value(config, "segment.seed=40 COUNT", "/");
  EXPECT_EQ(config.segment.seed.value(), Level(40, LevelUnit::kCounts));
  set_value(config, "segment.seed=40", "/");
  EXPECT_EQ(config.segment.seed.value(), Level(40));
}

TEST(Config, RefusesLevelsThatAreNone) {
  const std::string any =
      "must be a number between 1 and 65535, or with its unit, such as \"3.5 sigma\" or \"40 counts\", or \"auto\"";
  const std::vector<Refused> cases{
      {"three sigma", any},
      {"3 sigma counts", any},
      {"nan sigma", any},
      {"3,5 sigma", any},
      {"\"3\"", any},
      {"sigma", any},
      {"nan", "must be a finite number"},
      {"-1 sigma", "must be between 1 and 4095.9375 sigma"},
      {"5000 sigma", "must be between 1 and 4095.9375 sigma"},
      {"0.5 counts", "must be between 1 and 65535 counts"},
      {"1e9 counts", "must be between 1 and 65535 counts"},
      {"3.5 counts", "must be a whole number of counts; parts are for sigma"},
  };
  for (const char* key : {"seed", "grow_min", "grow_max"}) {
    for (const Refused& refused : cases) {
      Config config;
      const std::string shown = refused.text == "nan"    ? "nan"
                                : refused.text[0] == '"' ? refused.text
                                                         : "\"" + refused.text + "\"";
      EXPECT_EQ(error_of([&] { set_value(config, fmt::format("segment.{}={}", key, refused.text), "/"); }),
                fmt::format("--set: segment.{} = {}: {}", key, shown, refused.message));
      EXPECT_EQ(config, Config{});
    }
  }
  Config config;
  EXPECT_NE(error_of([&] { set_value(config, "denoise.threshold=3 sigma", "/"); }).find("65535 counts"),
            std::string::npos);  // is in counts always
}

// Files made before levels had units.
TEST(Config, AFileOfPlainLevelsAloneMeansCounts) {
  testing::TemporaryFolder folder;
  const auto unit_of = [&](const std::string& segment, const std::vector<std::string>& settings = {}) {
    std::ofstream(folder / "scan.toml") << "[segment]\n" + segment;
    return load_config(folder / "scan.toml", settings).segment.unit;
  };
  const std::string all = "seed = 20\ngrow_min = 9\ngrow_max = 15\n";
  const Auto<SegmentUnit> open;
  EXPECT_EQ(unit_of(all), Auto<SegmentUnit>(SegmentUnit::kCounts));
  EXPECT_EQ(unit_of(all, {"segment.seed=30"}), Auto<SegmentUnit>(SegmentUnit::kCounts));
  EXPECT_EQ(unit_of(all + "unit = \"auto\""), open);
  EXPECT_EQ(unit_of("seed = 20\ngrow_min = 9"), open);
  EXPECT_EQ(unit_of("seed = 20\ngrow_min = 9", {"segment.grow_max=15"}), open);
  EXPECT_EQ(unit_of(all, {"segment.unit=sigma"}), Auto<SegmentUnit>(SegmentUnit::kSigma));
  EXPECT_EQ(unit_of("seed = \"20 sigma\"\ngrow_min = 9\ngrow_max = 15\n"), open);
  EXPECT_EQ(error_of([&] { unit_of(all, {"segment.seed=5 sigma"}); }),
            "--set: segment.seed = \"5 sigma\": segment.unit = \"counts\" (" + (folder / "scan.toml").string() +
                ", whose levels are all plain numbers) is another unit; give segment.unit and all levels in one unit, "
                "or leave them \"auto\"");
}

TEST(Config, ChecksConfigurationsMadeByHand) {
  Config config;
  config.segment.tau = 7;
  EXPECT_EQ(error_of([&] { check_config(config); }), "segment.tau = 7.0: must be between 0 and 1");
  config = {};
  config.beam.region = Region{5, 5, 3, 9};
  EXPECT_NE(error_of([&] { check_config(config); }).find("beam.region = [5, 5, 3, 9]"), std::string::npos);
  config = {};
  config.scan.mask = "";
  EXPECT_EQ(error_of([&] { check_config(config); }), "scan.mask = \"\": must be a path, \"auto\" or \"none\"");
}

TEST(Config, TakesSettings) {
  Config config;
  for (const char* setting :
       {"segment.seed=25", " denoise.mode = off ", "beam.region=none", "beam.sample=[1,2,3,4]", "scan.dark=./d.h5::/x",
        "scan.path=2024", "output.path=\"a b.h5\"", "run.memory=4 GiB", "scan.bad_frames=[3, 4]", "scan.wrap=true",
        "segment.tau=1", "scan.omega=auto", "scan.mask=a=b.npy"})
    set_value(config, setting, "/here");
  EXPECT_EQ(config.segment.seed.value(), 25);
  EXPECT_EQ(config.denoise.mode.value(), DenoiseMode::kOff);
  EXPECT_EQ(config.beam.region.value(), Region{});
  EXPECT_EQ(config.beam.sample.value(), (Region{1, 2, 3, 4}));
  EXPECT_EQ(config.scan.dark, "/here/d.h5::/x");
  EXPECT_EQ(config.scan.path, "/here/2024");
  EXPECT_EQ(config.output.path, "/here/a b.h5");
  EXPECT_EQ(config.run.memory.value(), std::int64_t{4} << 30);
  EXPECT_EQ(config.scan.bad_frames, (std::vector<int>{3, 4}));
  EXPECT_TRUE(config.scan.wrap.value());
  EXPECT_EQ(config.segment.tau, 1.0);
  EXPECT_EQ(config.scan.omega, "auto");
  EXPECT_EQ(config.scan.mask, "/here/a=b.npy");
  set_value(config, "segment.seed=auto", "/here");
  set_value(config, "output.path=\"\"", "/here");
  EXPECT_TRUE(config.segment.seed.is_auto());
  EXPECT_EQ(config.output.path, "");
}

TEST(Config, RefusesBadSettings) {
  const std::vector<Refused> cases{
      {"segment.seed=-3",
       "--set: segment.seed = -3: must be between 1 and 65535, or with its unit, such as \"3.5 sigma\" or \"40 "
       "counts\", or \"auto\""},
      {"segment.sead=3", "--set: segment.sead: unknown key; did you mean segment.seed?"},
      {"seed=3", "--set: seed: unknown key; did you mean segment.seed?"},
      {"segmen.seed=3", "--set: segmen.seed: unknown key; did you mean segment.seed?"},
      {"xyz.abcdefgh=3",
       "--set: xyz.abcdefgh: unknown key; the tables are scan, beam, background, denoise, segment, filter, spots, "
       "output, "
       "run"},
      {"segment.seed", "--set segment.seed: must be KEY=VALUE, such as scan.path=..."},
      {"=3", "--set =3: must be KEY=VALUE, such as scan.path=..."},
      {"", "--set : must be KEY=VALUE, such as scan.path=..."},
      {"segment.seed=",
       "--set: segment.seed: has no value; must be a number between 1 and 65535, or with its unit, such as \"3.5 "
       "sigma\" or \"40 counts\", or \"auto\""},
      {"segment.seed=1\ntau=2",
       "--set: segment.seed = \"1\\ntau=2\": must be a number between 1 and 65535, or with its unit, such as \"3.5 "
       "sigma\" or \"40 counts\", or \"auto\""},
      {"denoise.mode=ful", "--set: denoise.mode = \"ful\": must be \"auto\", \"off\", \"full\" or \"conditional\""},
  };
  for (const Refused& refused : cases) {
    Config config;
    EXPECT_EQ(error_of([&] { set_value(config, refused.text, "/"); }), refused.message);
    EXPECT_EQ(config, Config{});
  }
}

TEST(Config, LoadsWithSettingsOnTop) {
  testing::TemporaryFolder folder;
  std::ofstream(folder / "scan.toml") << "[scan]\npath = \"a.h5\"\n[segment]\nseed = 5\ngrow_min = 9\n";
  const std::vector<std::string> settings{"segment.seed=20", "output.path=o.h5"};
  const Config config = load_config(folder / "scan.toml", settings);
  EXPECT_EQ(config.segment.seed.value(), 20);
  EXPECT_EQ(config.scan.path, (folder / "a.h5").string());
  EXPECT_EQ(config.output.path, (fs::current_path() / "o.h5").string());
  const std::vector<std::string> clash{"segment.grow_min=30", "segment.seed=20"};
  EXPECT_EQ(error_of([&] { load_config(folder / "scan.toml", clash); }),
            "--set: segment.grow_min = 30: must be at most segment.seed = 20");
}

TEST(Config, TakesAScanOrAConfiguration) {
  testing::TemporaryFolder folder;
  std::ofstream(folder / "scan.toml") << "[segment]\nseed = 5\n";
  const std::vector<std::string> settings{"segment.tau=0.5"};
  const Config from_file = config_of_input((folder / "scan.toml").string(), settings);
  EXPECT_EQ(from_file.segment.seed.value(), 5);
  EXPECT_EQ(from_file.segment.tau, 0.5);
  EXPECT_EQ(from_file.segment.split.value(), 0);
  EXPECT_EQ(from_file.denoise.mode.value(), DenoiseMode::kFull);
  Config expected;
  expected.segment.tau = 0.5;
  expected.segment.split = {};  // left to be found
  expected.denoise.mode = {};
  expected.scan.path = (fs::current_path() / "a \"b\" = *.edf").string();
  EXPECT_EQ(config_of_input("a \"b\" = *.edf", settings), expected);
  EXPECT_EQ(config_of_input("a.h5", std::vector<std::string>{"segment.split=0"}).segment.split.value(), 0);
  EXPECT_NE(error_of([] { config_of_input(""); }).find("needs a name"), std::string::npos);
}

TEST(Config, RefusesFilesThatAreNone) {
  testing::TemporaryFolder folder;
  EXPECT_NE(error_of([&] { load_config(folder / "absent.toml"); }).find("absent.toml: cannot be opened"),
            std::string::npos);
  EXPECT_NE(error_of([&] { load_config(folder.path()); }).find("is a folder"), std::string::npos);
  std::ofstream(folder / "large.toml") << std::string(5 << 20, '#');
  EXPECT_NE(error_of([&] { load_config(folder / "large.toml"); }).find("larger than 4 MiB"), std::string::npos);
  std::ofstream(folder / "raw.h5") << std::string("\x89HDF\r\n\x1a\n\0\0", 10);
  EXPECT_NE(error_of([&] { load_config(folder / "raw.h5"); }).find("raw.h5:1: not valid TOML"), std::string::npos);
}

TEST(Config, ReadsThePublishedVectors) {
  fs::path vectors = testing::source_path("tests/vectors");
  if (const char* given = std::getenv("DCTPREP_VECTORS")) vectors = given;
  if (!fs::exists(vectors)) GTEST_SKIP() << "no vectors here";
  int read = 0;
  for (const auto& entry : fs::directory_iterator(vectors)) {
    if (!fs::exists(entry.path() / "config.toml")) continue;
    EXPECT_NO_THROW(load_config(entry.path() / "config.toml")) << entry.path();
    ++read;
  }
  EXPECT_GT(read, 0);
}

}  // namespace
}  // namespace dctprep
