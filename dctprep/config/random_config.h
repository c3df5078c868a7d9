// SPDX-License-Identifier: BSD-3-Clause
// For tests: configurations with every value drawn at random from what is allowed.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "dctprep/config/field.h"
#include "dctprep/config/field_text.h"

namespace dctprep::testing {

using Random = std::mt19937_64;

inline std::size_t pick(Random& random, std::size_t count) { return random() % count; }

inline std::int64_t random_integer(const Field& field, Random& random) {
  const auto numbers = allowed_numbers(field);
  if (!numbers.empty()) return numbers[pick(random, numbers.size())];
  const auto low = std::max<std::int64_t>(field.lowest, static_cast<std::int64_t>(std::max(field.info.min, -9e18)));
  const auto high = std::min<std::int64_t>(field.highest, static_cast<std::int64_t>(std::min(field.info.max, 9e18)));
  if (pick(random, 4) == 0) return pick(random, 2) == 0 ? low : high;
  return std::uniform_int_distribution<std::int64_t>(low, high)(random);
}

// Any bits that make a number within the bounds: tiny, huge, with all digits.
inline double random_real(const Field& field, Random& random) {
  const double low = field.info.min, high = field.info.max;
  if (pick(random, 4) == 0 && std::isfinite(low) && std::isfinite(high)) return pick(random, 2) == 0 ? low : high;
  for (int attempt = 0; attempt < 64; ++attempt) {
    const auto value = std::bit_cast<double>(static_cast<std::uint64_t>(random()));
    if (std::isfinite(value) && value >= low && value <= high) return value;
  }
  return std::uniform_real_distribution<double>(std::max(low, -1e9), std::min(high, 1e9))(random);
}

// A plain number, or one with a unit.
inline Value random_level(const Field& field, Random& random) {
  const double number = random_real(field, random);
  switch (pick(random, 3)) {
    case 0:
      return number;
    case 1:
      return level_text(Level(std::floor(number), LevelUnit::kCounts));
    default:
      return level_text(Level(std::clamp(number / 16, 1.0, 4095.0), LevelUnit::kSigma));
  }
}

inline std::string random_text(Random& random) {
  static const std::vector<std::string> kPieces{
      "a",  "scan", " ", "\"",   "\\", "\n", "\t", "#",        "'",
      "=",  "[",    "]", ".",    "/",  "*",  "?",  "\xc3\xa9", "::",
      "\r", "\x01", "{", "\x7f", "%s", "{}", "0",  "-",        "\xf0\x9f\x94\xac"};
  std::string text;
  for (std::size_t n = pick(random, 12); n > 0; --n) text += kPieces[pick(random, kPieces.size())];
  return text;
}

template <class T, class Draw>
std::vector<T> random_list(const Field& field, Random& random, Draw draw) {
  std::vector<T> list(field.list_size != 0 ? field.list_size : pick(random, 5));
  for (T& element : list) element = draw(field, random);
  return list;
}

inline Value random_value(const Field& field, Random& random) {
  if (field.optional && pick(random, 3) == 0) return {};
  if (!field.words.empty() && (field.type == ValueType::kChoice || pick(random, 3) == 0))
    return std::string(field.words[pick(random, field.words.size())]);
  switch (field.type) {
    case ValueType::kBool:
      return pick(random, 2) == 0;
    case ValueType::kInteger:
      return random_integer(field, random);
    case ValueType::kReal:
      return random_real(field, random);
    case ValueType::kLevel:
      return random_level(field, random);
    case ValueType::kText:
      return (field.is_path() || field.info.kind == FieldKind::kCounter ? "/" : "") + random_text(random);
    case ValueType::kReals:
      return random_list<double>(field, random, random_real);
    case ValueType::kIntegers:
    case ValueType::kChoice:
      break;
  }
  auto list = random_list<std::int64_t>(field, random, random_integer);
  while (field.is_region && !(list[0] < list[2] && list[1] < list[3]))
    list = random_list<std::int64_t>(field, random, random_integer);
  return list;
}

inline void randomise(std::span<const Table> tables, Random& random) {
  for (const Table& table : tables)
    for (const Field& field : table.fields) field.set(random_value(field, random));
}

}  // namespace dctprep::testing
