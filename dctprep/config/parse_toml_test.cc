// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/config/parse_toml.h"

#include <gtest/gtest.h>

#include "dctprep/base/error.h"
#include "dctprep/config/check_config.h"
#include "dctprep/config/config_file.h"
#include "dctprep/config/describe.h"
#include "dctprep/config/field_text.h"
#include "dctprep/config/nearest_name.h"
#include "dctprep/config/random_config.h"

namespace dctprep {

enum class Colour { kRed, kBlue };
template <>
struct EnumNames<Colour> {
  static constexpr std::array<std::string_view, 2> names{"red", "blue"};
};

// Every type that an option may have, without tables.
struct EveryType {
  bool flag = true;
  int whole = -7;
  std::uint32_t number = 3;
  std::int64_t large = std::int64_t{1} << 60;
  double real = 0.1;
  std::string text = "words";
  Colour colour = Colour::kBlue;
  std::vector<double> reals = {1.5, -2};
  std::array<double, 3> point = {0, 0.5, 1e300};
  std::optional<double> maybe;
  Region region;
  Auto<Colour> automatic;

  friend bool operator==(const EveryType&, const EveryType&) = default;
};

template <OptionsLike<EveryType> O, class Visitor>
void visit_fields(O& o, Visitor&& visit) {
  visit("flag", o.flag, FieldInfo{.doc = "a"});
  visit("whole", o.whole, FieldInfo{.doc = "b"});
  visit("number", o.number, FieldInfo{.doc = "c"});
  visit("large", o.large, FieldInfo{.doc = "d"});
  visit("real", o.real, FieldInfo{.doc = "e", .unit = "mm"});
  visit("text", o.text, FieldInfo{.doc = "f | g"});
  visit("colour", o.colour, FieldInfo{.doc = "h"});
  visit("reals", o.reals, FieldInfo{.doc = "i", .max = 10});
  visit("point", o.point, FieldInfo{.doc = "j"});
  visit("maybe", o.maybe, FieldInfo{.doc = "k"});
  visit("region", o.region, FieldInfo{.doc = "l", .min = 0});
  visit("automatic", o.automatic, FieldInfo{.doc = "m"});
}

namespace {

TEST(ParseToml, ReadsAnyOptionStruct) {
  const auto options = parse_options<EveryType>(R"(
flag = false
whole = -2147483648
number = 4294967295
large = -9223372036854775808
real = 3
text = ""
colour = "red"
reals = [1, 2.5]
point = [1, 2, 3]
maybe = 4
region = [1, 2, 3, 4]
automatic = "blue"
)",
                                                "x", "");
  EXPECT_EQ(options, (EveryType{.flag = false,
                                .whole = std::numeric_limits<int>::min(),
                                .number = std::numeric_limits<std::uint32_t>::max(),
                                .large = std::numeric_limits<std::int64_t>::min(),
                                .real = 3,
                                .text = "",
                                .colour = Colour::kRed,
                                .reals = {1, 2.5},
                                .point = {1, 2, 3},
                                .maybe = 4,
                                .region = {1, 2, 3, 4},
                                .automatic = Colour::kBlue}));
  EXPECT_THROW(parse_options<EveryType>("number = 4294967296", "x", ""), Error);
  EXPECT_THROW(parse_options<EveryType>("number = -1", "x", ""), Error);
  EXPECT_THROW(parse_options<EveryType>("reals = [11]", "x", ""), Error);
  EXPECT_THROW(parse_options<EveryType>("point = [1, 2]", "x", ""), Error);
  EXPECT_THROW(parse_options<EveryType>("point = [1, 2, inf]", "x", ""), Error);
  EXPECT_THROW(parse_options<EveryType>("[table]\nwhole = 3", "x", ""), Error);
}

TEST(ParseToml, SetsAndPrintsAnyOptionStruct) {
  EveryType options;
  set_option(options, "whole=5", "");
  set_option(options, "reals=[]", "");
  EXPECT_EQ(options.whole, 5);
  EXPECT_TRUE(options.reals.empty());
  testing::Random random(3);
  for (int round = 0; round < 500; ++round) {
    testing::randomise(tables_of(options), random);
    EXPECT_EQ(parse_options<EveryType>(print_options(options), "x", ""), options) << print_options_compact(options);
    EXPECT_EQ(parse_options<EveryType>(print_options_compact(options), "x", ""), options);
    if (HasFailure()) break;
  }
}

// Whatever the text, the answer is a configuration or one line.
void expect_no_crash(const std::string& text) {
  try {
    check_config(parse_config(text, "broken.toml", "/"));
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kUsage);
    EXPECT_EQ(std::string(error.what()).find_first_of("\n\r"), std::string::npos) << error.what();
    EXPECT_LT(std::string(error.what()).size(), 600u);
  }
  Config config;
  try {
    set_value(config, text, "/");
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kUsage);
    EXPECT_EQ(std::string(error.what()).find_first_of("\n\r"), std::string::npos) << error.what();
  }
}

TEST(ParseToml, SurvivesTruncation) {
  const std::string text = to_compact_toml({});
  for (std::size_t length = 0; length <= text.size(); ++length) expect_no_crash(text.substr(0, length));
}

TEST(ParseToml, SurvivesDamage) {
  testing::Random random(4);
  const std::string whole = to_toml({});
  for (int round = 0; round < 1500; ++round) {
    std::string text = round % 2 == 0 ? whole.substr(testing::pick(random, whole.size()), 400) : to_compact_toml({});
    for (std::size_t n = 1 + testing::pick(random, 6); n > 0 && !text.empty(); --n) {
      const std::size_t at = testing::pick(random, text.size());
      if (testing::pick(random, 3) == 0) {
        text.insert(at, text.substr(testing::pick(random, text.size()), testing::pick(random, 20)));
      } else {
        text[at] = static_cast<char>(random());
      }
    }
    expect_no_crash(text);
  }
}

TEST(ParseToml, SurvivesDepth) {
  const auto repeat = [](const std::string& piece, int n) {
    std::string text;
    for (int i = 0; i < n; ++i) text += piece;
    return text;
  };
  for (const int n : {60, 300, 100000}) {
    expect_no_crash("scan.path = " + repeat("[", n));
    expect_no_crash("scan.path = " + repeat("[", n) + repeat("]", n));
    expect_no_crash("scan.path = " + repeat("{a=", n));
    expect_no_crash("scan.path = " + repeat("{a.b.c.d=", n) + "1" + repeat("}", n));
    expect_no_crash(repeat("a.", n) + "a = 1");
    expect_no_crash(repeat("\"a\".", n) + "a = 1");
    expect_no_crash(repeat("a .\t", n) + "a = 1");
    expect_no_crash("[" + repeat("a.", n) + "a]");
    expect_no_crash("[" + repeat("'a'.", n) + "a]\nb=1");
    expect_no_crash("scan.path = \"" + repeat("a.", n));
    expect_no_crash(repeat("a", n) + " = 1");
    expect_no_crash("segment." + repeat("a", n) + "=1");
    expect_no_crash("[scan]\nbad_frames = [" + repeat("1,", n) + "]");
  }
}

TEST(FieldText, ReadsMemory) {
  EXPECT_EQ(parse_memory("4 GiB"), std::int64_t{4294967296});
  EXPECT_EQ(parse_memory("500MB"), 500000000);
  EXPECT_EQ(parse_memory("1.5 KiB"), 1536);
  EXPECT_EQ(parse_memory("4096"), 4096);
  EXPECT_EQ(parse_memory("0.5 TiB"), std::int64_t{549755813888});
  for (const char* wrong :
       {"", "GiB", "4 gib", "4  GiB", "4 GiB ", "inf", "nan B", "1e3", "99999999999 TiB", "4G", "auto"})
    EXPECT_EQ(parse_memory(wrong), std::nullopt) << wrong;
}

TEST(FieldText, TellsUtf8) {
  for (const char* good : {"", "a", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x94\xac", "\xed\x9f\xbf", "\xf4\x8f\xbf\xbf"})
    EXPECT_TRUE(is_utf8(good)) << good;
  for (const char* bad : {"\x80", "\xc3", "\xc0\x80", "\xc1\xbf", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xf0\x8f\xbf\xbf",
                          "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "a\xe2\x82"})
    EXPECT_FALSE(is_utf8(bad)) << bad;
  Config config;
  EXPECT_THROW(set_value(config, "scan.path=/data/\xe9.h5", ""), Error);
}

// By the definition: the recursion, without a table.
int slow_distance(std::string_view a, std::string_view b) {
  if (a.empty() || b.empty()) return static_cast<int>(a.size() + b.size());
  int least = std::min(slow_distance(a.substr(1), b), slow_distance(a, b.substr(1))) + 1;
  least = std::min(least, slow_distance(a.substr(1), b.substr(1)) + (a[0] == b[0] ? 0 : 1));
  if (a.size() > 1 && b.size() > 1 && a[0] == b[1] && a[1] == b[0])
    least = std::min(least, slow_distance(a.substr(2), b.substr(2)) + 1);
  return least;
}

TEST(NearestName, MeasuresTheDistance) {
  testing::Random random(5);
  for (int round = 0; round < 300; ++round) {
    std::string a, b;
    for (std::size_t n = testing::pick(random, 7); n > 0; --n) a += static_cast<char>('a' + testing::pick(random, 3));
    for (std::size_t n = testing::pick(random, 7); n > 0; --n) b += static_cast<char>('a' + testing::pick(random, 3));
    EXPECT_EQ(edit_distance(a, b), slow_distance(a, b)) << a << " " << b;
  }
}

TEST(NearestName, FindsSlipsOnly) {
  const std::vector<std::string> names{"seed", "grow_min", "grow_max", "tau"};
  EXPECT_EQ(nearest_name("sede", names), "seed");
  EXPECT_EQ(nearest_name("growmax", names), "grow_max");
  EXPECT_EQ(nearest_name("threshold", names), "");
  EXPECT_EQ(nearest_name("", names), "");
}

}  // namespace
}  // namespace dctprep
