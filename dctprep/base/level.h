// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <compare>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

namespace dctprep {

// The names of an enumeration's values, in the order of the values 0, 1, 2, ...: specialised beside each option enum.
template <class Enum>
struct EnumNames;  // static constexpr std::array<std::string_view, N> names = {...};

// Counts, of which there are whole ones only, or standard deviations of the noise where the pixel is (docs/sigma.md).
enum class LevelUnit { kCounts, kSigma };
template <>
struct EnumNames<LevelUnit> {
  static constexpr std::array<std::string_view, 2> names{"counts", "sigma"};
};

// What pixels are compared with: a number, and its unit where it carries one; a plain number's unit is told elsewhere.
class Level {
 public:
  constexpr Level() = default;
  template <class T>
  requires std::is_arithmetic_v<T>
  constexpr Level(T number, std::optional<LevelUnit> unit = {}) : number_(static_cast<double>(number)), unit_(unit) {}
  constexpr double number() const { return number_; }
  constexpr std::optional<LevelUnit> unit() const { return unit_; }
  friend constexpr bool operator==(const Level&, const Level&) = default;
  // By the number: for levels of one unit only.
  friend constexpr auto operator<=>(const Level& a, const Level& b) { return a.number_ <=> b.number_; }

 private:
  double number_ = 0;
  std::optional<LevelUnit> unit_;
};

// "3.5 sigma", "40 counts", "1 count", or "3.5" of a plain number. The fewest digits that give the same number again.
std::string level_text(const Level& level);

// A number and its unit: "3.5 sigma", "3.5Sigma", "3 σ", "40 counts", "1 count". Nothing where it is anything else;
// a number without a unit is.
std::optional<Level> parse_level(std::string_view text);

}  // namespace dctprep
