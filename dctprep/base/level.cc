// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/base/level.h"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <utility>

namespace dctprep {

namespace {

std::string_view trimmed(std::string_view text) {
  const auto is_space = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

std::optional<LevelUnit> parse_unit(std::string_view text) {
  static constexpr std::array<std::pair<std::string_view, LevelUnit>, 5> kSpellings{{{"count", LevelUnit::kCounts},
                                                                                     {"counts", LevelUnit::kCounts},
                                                                                     {"sigma", LevelUnit::kSigma},
                                                                                     {"sigmas", LevelUnit::kSigma},
                                                                                     {"\u03c3", LevelUnit::kSigma}}};
  const auto is_same = [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a - 'A' + 'a' : a) == b; };
  for (const auto& [spelling, unit] : kSpellings)
    if (std::ranges::equal(text, spelling, is_same)) return unit;
  return std::nullopt;
}

}  // namespace

std::string level_text(const Level& level) {
  std::string text = fmt::format("{}", level.number());
  if (level.unit() == LevelUnit::kSigma) text += " sigma";
  if (level.unit() == LevelUnit::kCounts) text += level.number() == 1 ? " count" : " counts";
  return text;
}

std::optional<Level> parse_level(std::string_view text) {
  text = trimmed(text);
  if (text.starts_with('+')) {
    text.remove_prefix(1);
    if (text.starts_with('-')) return std::nullopt;
  }
  // std::from_chars() would take "inf" and "nan" too.
  const std::string_view digits = text.starts_with('-') ? text.substr(1) : text;
  if (digits.empty() || !(digits.front() == '.' || (digits.front() >= '0' && digits.front() <= '9')))
    return std::nullopt;
  double number = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return std::nullopt;
  const auto unit = parse_unit(trimmed(text.substr(static_cast<std::size_t>(rest - text.data()))));
  if (!unit) return std::nullopt;
  return Level(number, unit);
}

}  // namespace dctprep
