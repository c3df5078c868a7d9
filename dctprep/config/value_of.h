// SPDX-License-Identifier: BSD-3-Clause
// How the C++ type of an option appears as a Value: the only place that knows the types.
#pragma once

#include <array>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "dctprep/base/fields.h"
#include "dctprep/config/field.h"
#include "dctprep/core/region.h"

namespace dctprep {

// describe() says what values the type takes, to() and from() convert; from() gets only values that describe() allows.
template <class T>
struct ValueOf;

template <>
struct ValueOf<bool> {
  static void describe(Field& field) { field.type = ValueType::kBool; }
  static Value to(bool value) { return value; }
  static bool from(const Value& value) { return std::get<bool>(value); }
};

template <std::integral T>
struct ValueOf<T> {
  static_assert(sizeof(T) < sizeof(std::int64_t) || std::signed_integral<T>, "does not fit a TOML integer");
  static void describe(Field& field) {
    field.type = ValueType::kInteger;
    field.lowest = std::numeric_limits<T>::min();
    field.highest = std::numeric_limits<T>::max();
  }
  static Value to(T value) { return static_cast<std::int64_t>(value); }
  static T from(const Value& value) { return static_cast<T>(std::get<std::int64_t>(value)); }
};

template <>
struct ValueOf<double> {
  static void describe(Field& field) { field.type = ValueType::kReal; }
  static Value to(double value) { return value; }
  static double from(const Value& value) { return std::get<double>(value); }
};

// Levels that carry their unit appear as text; others as numbers, whole ones as integers, which are written without a
// point.
template <>
struct ValueOf<Level> {
  static void describe(Field& field) { field.type = ValueType::kLevel; }
  static Value to(const Level& level) {
    if (level.unit()) return level_text(level);
    const double number = level.number();
    if (std::abs(number) < 1e15 && number == std::floor(number)) return static_cast<std::int64_t>(number);
    return number;
  }
  static Level from(const Value& value) {
    if (const auto* text = std::get_if<std::string>(&value)) return parse_level(*text).value();
    if (const auto* whole = std::get_if<std::int64_t>(&value)) return Level(*whole);
    return Level(std::get<double>(value));
  }
};

template <>
struct ValueOf<std::string> {
  static void describe(Field& field) { field.type = ValueType::kText; }
  static Value to(const std::string& value) { return value; }
  static std::string from(const Value& value) { return std::get<std::string>(value); }
};

template <class T>
requires std::is_enum_v<T>
struct ValueOf<T> {
  static void describe(Field& field) {
    field.type = ValueType::kChoice;
    field.words.assign(EnumNames<T>::names.begin(), EnumNames<T>::names.end());
  }
  static Value to(T value) { return std::string(enum_name(value)); }
  static T from(const Value& value) {
    std::size_t index = 0;
    while (EnumNames<T>::names.at(index) != std::get<std::string>(value)) ++index;
    return static_cast<T>(index);
  }
};

// Lists of int or double.
template <class T>
struct ListValueOf {
  using Element = std::conditional_t<std::integral<typename T::value_type>, std::int64_t, double>;
  static void describe(Field& field) {
    ValueOf<typename T::value_type>::describe(field);
    field.type = std::integral<Element> ? ValueType::kIntegers : ValueType::kReals;
  }
  static Value to(const T& value) { return std::vector<Element>(value.begin(), value.end()); }
};

template <class T>
struct ValueOf<std::vector<T>> : ListValueOf<std::vector<T>> {
  static std::vector<T> from(const Value& value) {
    const auto& list = std::get<std::vector<typename ListValueOf<std::vector<T>>::Element>>(value);
    return std::vector<T>(list.begin(), list.end());
  }
};

template <class T, std::size_t N>
struct ValueOf<std::array<T, N>> : ListValueOf<std::array<T, N>> {
  static void describe(Field& field) {
    ListValueOf<std::array<T, N>>::describe(field);
    field.list_size = N;
  }
  static std::array<T, N> from(const Value& value) {
    const auto& list = std::get<std::vector<typename ListValueOf<std::array<T, N>>::Element>>(value);
    std::array<T, N> result;
    for (std::size_t i = 0; i < N; ++i) result[i] = static_cast<T>(list.at(i));
    return result;
  }
};

template <>
struct ValueOf<Region> {
  static void describe(Field& field) {
    ValueOf<std::array<int, 4>>::describe(field);
    field.is_region = true;
    field.words = {"none"};
  }
  static Value to(const Region& region) {
    if (region == Region{}) return std::string("none");
    return std::vector<std::int64_t>{region.u0, region.v0, region.u1, region.v1};
  }
  static Region from(const Value& value) {
    if (std::holds_alternative<std::string>(value)) return {};
    const auto list = ValueOf<std::array<int, 4>>::from(value);
    return {list[0], list[1], list[2], list[3]};
  }
};

template <class T>
struct ValueOf<std::optional<T>> {
  static void describe(Field& field) {
    ValueOf<T>::describe(field);
    field.optional = true;
  }
  static Value to(const std::optional<T>& value) { return value ? ValueOf<T>::to(*value) : Value(); }
  static std::optional<T> from(const Value& value) {
    if (std::holds_alternative<std::monostate>(value)) return std::nullopt;
    return ValueOf<T>::from(value);
  }
};

template <class T>
struct ValueOf<Auto<T>> {
  static void describe(Field& field) {
    ValueOf<T>::describe(field);
    field.words.insert(field.words.begin(), "auto");
  }
  static Value to(const Auto<T>& value) {
    return value.is_auto() ? Value(std::string("auto")) : ValueOf<T>::to(value.value());
  }
  static Auto<T> from(const Value& value) {
    if (const auto* text = std::get_if<std::string>(&value); text && *text == "auto") return {};
    return ValueOf<T>::from(value);
  }
};

}  // namespace dctprep
