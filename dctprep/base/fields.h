// SPDX-License-Identifier: BSD-3-Clause
// Options written once. Each stage has one aggregate of options with defaults and, beside it,
//
//   template <OptionsLike<BackgroundOptions> O, class Visitor>
//   void visit_fields(O& options, Visitor&& visit) {
//     visit("half_window", options.half_window, FieldInfo{.doc = "...", .unit = "frames", .min = 0});
//   }
//
// from which TOML in and out, --set, --help, JSON schema, reference page, checks and provenance are derived (config/).
#pragma once

#include <concepts>
#include <limits>
#include <optional>
#include <string_view>
#include <type_traits>

#include "dctprep/base/level.h"

namespace dctprep {

template <class O, class Options>
concept OptionsLike = std::same_as<std::remove_const_t<O>, Options>;

// A value that is either given or found from the data ("auto"). After estimate/ has run, every one is given.
template <class T>
class Auto {
 public:
  using value_type = T;
  Auto() = default;
  Auto(T value) : value_(value) {}
  template <class U>
  requires(std::is_arithmetic_v<U> && !std::is_arithmetic_v<T> && std::convertible_to<U, T>) Auto(U value)
      : value_(T(value)) {}
  bool is_auto() const { return !value_.has_value(); }
  const T& value() const { return value_.value(); }
  friend bool operator==(const Auto&, const Auto&) = default;

 private:
  std::optional<T> value_;
};

// What a field's text means beyond its C++ type.
enum class FieldKind {
  kPlain,
  kPath,     // a path, or a word of `words`; relative to the configuration's folder
  kMemory,   // bytes; also text such as "4 GiB"
  kCounter,  // a name; a path, as kPath, where it holds "::"
};

// Unit, range and a line of doc of one field. Bounds apply to numbers and to every element of lists.
struct FieldInfo {
  std::string_view doc;
  std::string_view unit = "";
  double min = -std::numeric_limits<double>::infinity();
  double max = std::numeric_limits<double>::infinity();
  FieldKind kind = FieldKind::kPlain;
  // Words that a path field takes in place of a path, e.g. "auto, none".
  std::string_view words = "";
  // The only numbers that a field takes, e.g. "6, 18, 26"; empty: all within the bounds.
  std::string_view numbers = "";
  // What is found for it holds for one scan alone, so that a configuration for a series of scans leaves it open.
  bool of_one_scan = false;
};

template <class Enum>
constexpr std::string_view enum_name(Enum value) {
  return EnumNames<Enum>::names[static_cast<std::size_t>(value)];
}

}  // namespace dctprep
