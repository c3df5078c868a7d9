// SPDX-License-Identifier: BSD-3-Clause
// The command as its users meet it: exit status, one line on stderr, answers on stdout.
#include <nlohmann/json.hpp>

#include "dctprep/config/config_file.h"
#include "dctprep/config/describe.h"

#include "command_fixture_test.h"

namespace dctprep {
namespace {

class Command : public ::testing::Test {
 protected:
  // Runs `dctprep ARGUMENTS` in the test's folder.
  Answer dctprep(const std::string& arguments) { return run_dctprep(folder_.path(), arguments); }
  void expect_error(const std::string& arguments, int status, const std::string& line) {
    const Answer answer = dctprep(arguments);
    EXPECT_EQ(answer.status, status) << arguments;
    EXPECT_EQ(answer.out, "") << arguments;
    EXPECT_EQ(answer.err, "dctprep: error: " + line + "\n");
  }
  testing::TemporaryFolder folder_;
};

TEST_F(Command, ExplainsItself) {
  const Answer bare = dctprep("");
  EXPECT_EQ(bare.status, 0);
  EXPECT_EQ(bare.err, "");
  EXPECT_EQ(dctprep("--help").out, bare.out);
  EXPECT_NE(bare.out.find("config"), std::string::npos);
  const Answer verb = dctprep("config --help");
  EXPECT_EQ(verb.status, 0);
  EXPECT_NE(verb.out.find("Examples:"), std::string::npos);
  EXPECT_TRUE(dctprep("--version").out.starts_with("dctprep "));
}

TEST_F(Command, RefusesWrongUsageInOneLine) {
  for (const char* wrong : {"nonsense", "--nonsense", "config --nonsense", "config --set",
                            "config --schema --reference", "config a.toml --schema", "config a b"}) {
    const Answer answer = dctprep(wrong);
    EXPECT_EQ(answer.status, 2) << wrong;
    EXPECT_EQ(answer.out, "") << wrong;
    EXPECT_TRUE(answer.err.starts_with("dctprep: error: ")) << answer.err;
    EXPECT_EQ(std::count(answer.err.begin(), answer.err.end(), '\n'), 1) << answer.err;
  }
}

TEST_F(Command, PointsToTheHelpOfTheVerb) {
  EXPECT_TRUE(dctprep("config --nonsense").err.ends_with(" (see dctprep config --help)\n"));
  EXPECT_TRUE(dctprep("nonsense").err.ends_with(" (see dctprep --help)\n"));
}

TEST_F(Command, ConfigPrintsWhatTheLibraryDerives) {
  EXPECT_EQ(dctprep("config").out, to_toml({}));
  EXPECT_EQ(dctprep("config --default").out, to_toml({}));
  EXPECT_EQ(dctprep("config --reference").out, reference_page());
  EXPECT_EQ(nlohmann::ordered_json::parse(dctprep("config --schema").out), config_schema());
}

TEST_F(Command, ConfigChecksAndCompletes) {
  std::ofstream(folder_ / "scan.toml") << "[scan]\npath = \"a.h5\"\n";
  const Answer answer = dctprep("config scan.toml --set segment.seed=25 --set 'beam.region=[1, 2, 3, 4]' --json");
  EXPECT_EQ(answer.status, 0) << answer.err;
  const auto json = nlohmann::json::parse(answer.out);
  EXPECT_EQ(json["scan"]["path"], (std::filesystem::canonical(folder_.path()) / "a.h5").string());
  EXPECT_EQ(json["scan"]["frames"], nullptr);
  EXPECT_EQ(json["segment"]["seed"], 25);
  EXPECT_EQ(nlohmann::json::parse(dctprep("config --set 'segment.seed=5 Sigma' --json").out)["segment"]["seed"],
            "5 sigma");
  EXPECT_EQ(json["beam"]["region"], (std::vector<int>{1, 2, 3, 4}));
  EXPECT_EQ(dctprep("config scan.toml -o full.toml").status, 0);
  EXPECT_EQ(dctprep("config full.toml").out, content(folder_ / "full.toml"));
  expect_error("config scan.toml -o full.toml", 2,
               "full.toml: exists already; choose another name with -o, or overwrite it with --force");
  EXPECT_EQ(dctprep("config scan.toml -o full.toml --force").status, 0);
}

TEST_F(Command, NamesWhatIsWrongInAConfiguration) {
  std::ofstream(folder_ / "scan.toml") << "[segment]\nseed = 20\ngrow_min = 30\n";
  expect_error("config scan.toml", 2, "scan.toml:3: segment.grow_min = 30: must be at most segment.seed = 20");
  expect_error("config --set segment.seed=-3", 2,
               "--set: segment.seed = -3: must be between 1 and 65535, or with its unit, such as \"3.5 sigma\" or \"40 "
               "counts\", or \"auto\"");
  expect_error("config absent.toml", 2, "absent.toml: cannot be opened; give the path of a configuration (TOML)");
  std::ofstream(folder_ / "new\nline.toml") << "x";
  const Answer odd = dctprep("config 'new\nline.toml'");
  EXPECT_EQ(odd.status, 2);
  EXPECT_EQ(odd.err, "dctprep: error: new line.toml:1: not valid TOML: key-value pair: encountered end-of-file\n");
}

constexpr std::string_view kSmallScan =
    "--set width=64 --set height=48 --set frames=8 --set darks=2 --set flats=2 --set grains=2 --quiet";

TEST_F(Command, SimulatesAScan) {
  const Answer answer = dctprep(fmt::format("simulate -o s.h5 {} --threads 1", kSmallScan));
  EXPECT_EQ(answer.status, 0) << answer.err;
  EXPECT_EQ(answer.out, "s.h5\ns_truth.h5\n");
  EXPECT_EQ(answer.err, "");
  EXPECT_TRUE(std::filesystem::exists(folder_ / "s_truth.h5"));
  const Answer again = dctprep(fmt::format("simulate {} -o s.h5", kSmallScan));
  EXPECT_EQ(again.status, 2);
  EXPECT_NE(again.err.find("--force"), std::string::npos) << again.err;
  EXPECT_EQ(dctprep(fmt::format("simulate {} -o s.h5 --force", kSmallScan)).status, 0);
}

// What info says of a scan is what the scan was made with.
TEST_F(Command, InfoTellsWhatIsInAScan) {
  ASSERT_EQ(dctprep(fmt::format("simulate -o s.h5 {}", kSmallScan)).status, 0);
  ASSERT_EQ(dctprep(fmt::format("simulate -o e {} --set format=edf", kSmallScan)).status, 0);
  for (const char* scan : {"s.h5", "e"}) {
    const Answer answer = dctprep(fmt::format("info {} --json --quiet", scan));
    ASSERT_EQ(answer.status, 0) << answer.err;
    EXPECT_EQ(answer.err, "");
    const auto json = nlohmann::json::parse(answer.out);
    EXPECT_EQ(json["frames"], 8);
    EXPECT_EQ(json["width"], 64);
    EXPECT_EQ(json["height"], 48);
    EXPECT_EQ(json["type"], "uint16");
    EXPECT_EQ(json["dark"]["frames"], 2);
    EXPECT_EQ(json["flat"]["frames"], 2);
    EXPECT_NEAR(json["omega"]["start"].get<double>(), 0, 1e-9);
    EXPECT_NEAR(json["omega"]["step"].get<double>(), 45, 1e-9);
    EXPECT_TRUE(json["omega"]["full_turn"].get<bool>());
    EXPECT_EQ(json["bad_frames"], nullptr);
    EXPECT_NE(dctprep(fmt::format("info {}", scan)).out.find("8 of 64 x 48 pixels"), std::string::npos);
  }
}

TEST_F(Command, InfoFindsBadFramesWhenAsked) {
  ASSERT_EQ(dctprep(fmt::format("simulate -o s {} --set format=edf", kSmallScan)).status, 0);
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder_ / "s"))
    if (entry.path().filename().string().starts_with("s_")) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  ASSERT_EQ(files.size(), 8u);
  std::filesystem::resize_file(files[3], std::filesystem::file_size(files[3]) / 2);
  std::filesystem::remove(files[5]);
  const Answer answer = dctprep("info s --check --json --quiet");
  ASSERT_EQ(answer.status, 0) << answer.err;
  const auto json = nlohmann::json::parse(answer.out);
  ASSERT_EQ(json["bad_frames"].size(), 2u);
  EXPECT_EQ(json["bad_frames"][0]["frame"], 3);
  EXPECT_EQ(json["bad_frames"][0]["cause"], "unreadable");
  EXPECT_EQ(json["bad_frames"][1]["frame"], 5);
  EXPECT_EQ(json["bad_frames"][1]["cause"], "missing");
}

TEST_F(Command, InfoSaysWhatIsWrongWithAScan) {
  EXPECT_EQ(dctprep("info").status, 2);
  const Answer absent = dctprep("info absent.h5");
  EXPECT_NE(absent.status, 0);
  EXPECT_NE(absent.err.find("absent.h5"), std::string::npos);
  EXPECT_EQ(std::count(absent.err.begin(), absent.err.end(), '\n'), 1) << absent.err;
}

TEST_F(Command, SimulateExplainsItsOptions) {
  const Answer answer = dctprep("simulate --options");
  EXPECT_EQ(answer.status, 0);
  EXPECT_NE(answer.out.find("  grains = \"auto\"\n"), std::string::npos);
  EXPECT_TRUE(nlohmann::json::parse(dctprep("simulate --options --json").out)["properties"].contains("grains"));
  expect_error("simulate --set grain=3", 2, "--set: grain: unknown key; did you mean grains?");
  std::ofstream(folder_ / "o.toml") << "seed = 3\nwidth = 0\n";
  expect_error("simulate o.toml", 2, "o.toml:2: width = 0: must be between 1 and 16384 pixels");
}

TEST_F(Command, SaysWhereStdoutIsFull) {
  const auto result = testing::run_command(fmt::format("('{}' config > /dev/full)", DCTPREP_COMMAND));
  EXPECT_EQ(result.status, 1);
  EXPECT_EQ(result.output,
            "dctprep: error: stdout: cannot be written: No space left on device; make room or write elsewhere\n");
}

TEST_F(Command, ScoreJudgesAResultByItsMatesAndItsTruth) {
  ASSERT_EQ(dctprep("simulate -q -o s.h5 --set width=256 --set height=256 --set frames=360 --set seed=4").status, 0);
  ASSERT_EQ(dctprep("run -q s.h5 -o r.h5").status, 0);
  const Answer answer = dctprep("score r.h5 --truth s_truth.h5 --json --pairs pairs.csv");
  ASSERT_EQ(answer.status, 0) << answer.err;
  const auto score = nlohmann::json::parse(answer.out);
  const auto& friedel = score["friedel"];
  const auto& against = friedel["against_truth"];
  EXPECT_NEAR(friedel["mirror_v"].get<double>(), 127.5, 1);
  EXPECT_LT(friedel["chance_share"].get<double>(), 0.25 * friedel["share"].get<double>());
  EXPECT_GT(against["judged"].get<int>(), 100);
  EXPECT_GT(against["right"].get<int>(), 0.9 * against["judged"].get<int>());
  EXPECT_GT(against["found"].get<int>(), 0.5 * against["possible"].get<int>());
  const auto& truth = score["truth"];
  EXPECT_GT(truth["precision"].get<double>(), 0.97);
  EXPECT_GT(truth["isolated_recall"].get<double>(), 0.9);
  EXPECT_LT(truth["isolated_spots"]["u"]["largest_of_half"].get<double>(), 0.2);
  EXPECT_NEAR(truth["isolated_spots"]["integral"]["median"].get<double>(), 0.9, 0.1);
  const auto& isolated = truth["isolated_spots"];
  EXPECT_NEAR(isolated["strong_intensity"]["median"].get<double>(), 1, 0.01);
  EXPECT_NEAR(isolated["intensity"]["median"].get<double>(), 1, 0.02);
  // In pixels. Half of them are fainter than snr 5.
  EXPECT_LT(isolated["intensity_u"]["largest_of_half"].get<double>(), 0.12);
  for (const char* column : {"intensity", "u", "v", "frame"}) {
    EXPECT_GT(isolated["pull"][column]["width"].get<double>(), 0.8) << column;
    EXPECT_LT(isolated["pull"][column]["width"].get<double>(), 1.6) << column;
  }
  const auto csv = content(folder_ / "pairs.csv");
  EXPECT_TRUE(csv.starts_with("id,mate\n0,"));
  EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), 1 + truth["found"].get<int>());

  const auto spots = [&](const std::string& script) {
    return testing::run_python("import csv, h5py, numpy as np\nspots = h5py.File('r.h5')['entry/spots']\n" + script,
                               folder_.path())
        .output;
  };
  EXPECT_EQ(dctprep("score r.h5 --mates --json").status, 0);
  EXPECT_EQ(spots(R"(
lines = list(csv.DictReader(open('pairs.csv')))
mate = spots['mate'][()]
assert mate.tolist() == [int(line['mate']) for line in lines] and mate.dtype == np.int32
ids = np.flatnonzero(mate >= 0)
print(len(ids) > 100 and np.array_equal(mate[mate[ids]], ids) and len(mate) == len(spots['id'])))"),
            "True\n");
  expect_error("score r.h5 --mates", 2,
               "r.h5: has Friedel mates already (/entry/spots/mate); replace them with --force");
  EXPECT_EQ(dctprep("score r.h5 --mates --force --json").out, dctprep("score r.h5 --json").out);

  const Answer text = dctprep("score r.h5");
  EXPECT_TRUE(text.out.starts_with("Friedel pairs: ")) << text.out;
  for (const char* wanted : {"recall", "\nintegral", "\nintensity", "\nphotometry"}) {
    EXPECT_NE(dctprep("score r.h5 --truth s_truth.h5").out.find(wanted), std::string::npos) << wanted;
  }
  // A result without photometry is a result.
  ASSERT_EQ(dctprep("run -q s.h5 -o plain.h5 --set spots.photometry=false").status, 0);
  const auto plain = nlohmann::json::parse(dctprep("score plain.h5 --truth s_truth.h5 --json").out);
  EXPECT_FALSE(plain["truth"]["all"].contains("intensity"));
  EXPECT_EQ(plain["truth"]["all"]["integral"], truth["all"]["integral"]);
  EXPECT_EQ(dctprep("score plain.h5 --truth s_truth.h5").out.find("\nphotometry"), std::string::npos);
  EXPECT_EQ(spots(R"(
plain = h5py.File('plain.h5')['entry/spots']
assert set(spots) - set(plain) >= {'intensity', 'intensity_sigma', 'snr', 'mate'} and not set(plain) - set(spots)
print(all(plain[name][()].tobytes() == spots[name][()].tobytes() for name in plain)))"),
            "True\n");
  EXPECT_EQ(dctprep("export plain.h5 --to csv").status, 0);
  EXPECT_EQ(dctprep("show plain.h5").status, 0);
  expect_error("score r.h5 --pairs r.h5 --force", 2, "r.h5: is an input; name another file for the pairs");
  EXPECT_EQ(dctprep("score r.h5 --pairs pairs.csv").status, 2);
  EXPECT_EQ(dctprep("score s.h5").status, 1);
  EXPECT_EQ(dctprep("score r.h5 --truth s.h5").status, 1);
  ASSERT_EQ(dctprep("simulate -q -o t.h5 --set width=64 --set height=64 --set frames=20").status, 0);
  expect_error("score r.h5 --truth t_truth.h5", 1,
               "r.h5: has 360 frames of 256 x 256 pixels, but the ground truth is of 20 frames of 64 x 64");
}

}  // namespace
}  // namespace dctprep
