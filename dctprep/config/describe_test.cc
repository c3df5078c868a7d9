// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/config/describe.h"

#include <cstdlib>
#include <fmt/format.h>
#include <fstream>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <sstream>

#include "dctprep/config/config_file.h"
#include "dctprep/config/random_config.h"
#include "dctprep/testing/testing.h"

namespace dctprep {
namespace {

// So that a changed option shows in review. DCTPREP_UPDATE_GOLDEN=1 writes the copies anew.
void expect_golden(const std::string& file, const std::string& text) {
  const auto path = testing::source_path(file);
  if (std::getenv("DCTPREP_UPDATE_GOLDEN") != nullptr) std::ofstream(path) << text;
  std::ostringstream golden;
  golden << std::ifstream(path).rdbuf();
  EXPECT_EQ(golden.str(), text) << "run config_test with DCTPREP_UPDATE_GOLDEN=1 and look at what changed in " << file;
}

TEST(Golden, DefaultConfiguration) { expect_golden("dctprep/config/testdata/default.toml", to_toml({})); }
TEST(Golden, Schema) { expect_golden("dctprep/config/testdata/schema.json", config_schema().dump(2) + "\n"); }
TEST(Golden, ReferencePage) { expect_golden("docs/configuration.md", reference_page()); }

TEST(Describe, HelpNamesEveryKey) {
  Config config;
  const std::vector<Table> tables = tables_of(config);
  const std::string help = tables_help(tables);
  for (const Table& table : tables)
    for (const Field& field : table.fields) EXPECT_NE(help.find("  " + key_of(table, field)), std::string::npos);
}

// A validator that knows nothing of dctprep accepts what the parser accepts, and refuses what it refuses.
TEST(Describe, SchemaJudgesAsTheParserDoes) {
  testing::TemporaryFolder folder;
  std::ofstream(folder / "schema.json") << config_schema();
  testing::Random random(6);
  for (int round = 0; round < 20; ++round) {
    Config config;
    testing::randomise(tables_of(config), random);
    std::ofstream(folder / fmt::format("{}.toml", round)) << to_toml(config);
  }
  const std::vector<std::string> wrong{"[segment]\nseed = 0",
                                       "[segment]\nseed = \"high\"",
                                       "[segment]\nseed = \"3\"",
                                       "[segment]\nseed = \"3 sigma counts\"",
                                       "[segment]\ngrow_min = \"nan sigma\"",
                                       "[segment]\ngrow_max = \"-3 counts\"",
                                       "[segment]\nsead = 1",
                                       "[segmet]\nseed = 1",
                                       "seed = 1",
                                       "[segment]\nconnectivity = 8",
                                       "[segment]\ntau = 1.01",
                                       "[denoise]\nmode = \"ful\"",
                                       "[beam]\nregion = [1, 2, 3]",
                                       "[scan]\nbad_frames = [-1]",
                                       "[scan]\nwrap = \"yes\"",
                                       "[scan]\ndark = \"\"",
                                       "[run]\nmemory = \"4 gibs\"",
                                       "[filter]\nmin_area = 2147483648"};
  for (std::size_t i = 0; i < wrong.size(); ++i) {
    EXPECT_ANY_THROW(parse_config(wrong[i], "wrong", "/")) << wrong[i];
    std::ofstream(folder / fmt::format("wrong{}.toml", i)) << wrong[i];
  }
  const auto result = testing::run_python(R"(
try:
    from jsonschema import Draft202012Validator
except ImportError:
    print("absent"); raise SystemExit
import glob, json, tomllib
schema = json.load(open("schema.json"))
Draft202012Validator.check_schema(schema)
validator = Draft202012Validator(schema)
for name in sorted(glob.glob("*.toml")):
    errors = list(validator.iter_errors(tomllib.load(open(name, "rb"))))
    assert bool(errors) == name.startswith("wrong"), (name, errors, open(name).read())
print("same")
)",
                                          folder.path());
  if (result.output == "absent\n") GTEST_SKIP() << "python3-jsonschema is not installed";
  EXPECT_EQ(result.output, "same\n");
}

}  // namespace
}  // namespace dctprep
