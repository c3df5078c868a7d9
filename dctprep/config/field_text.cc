// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/config/field_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <utility>

#include "dctprep/config/tables_of.h"
#include "dctprep/segment/options.h"

namespace dctprep {

namespace {

// The fewest digits that give the same bits; plain where that is readable.
std::string real_text(double value) {
  std::array<char, 64> buffer;
  const double size = std::abs(value);
  const bool plain = size == 0 || (size >= 1e-6 && size < 1e16);
  const auto format = plain ? std::chars_format::fixed : std::chars_format::scientific;
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, format).ptr;
  std::string text(buffer.data(), end);
  // TOML tells reals from integers by the point or the exponent.
  if (plain && text.find('.') == std::string::npos) text += ".0";
  return text;
}

// A bound: 65535, 0.5.
std::string bound_text(double value) {
  std::string text = real_text(value);
  return text.ends_with(".0") ? text.substr(0, text.size() - 2) : text;
}

template <class T>
std::string list_text(const std::vector<T>& list) {
  std::string text = "[";
  for (std::size_t i = 0; i < list.size(); ++i) text += (i == 0 ? "" : ", ") + value_text(list[i]);
  return text + "]";
}

// `6, 18 or 26`
std::string either(const std::vector<std::string>& items) {
  std::string text;
  for (std::size_t i = 0; i < items.size(); ++i)
    text += (i == 0 ? "" : i + 1 == items.size() ? " or " : ", ") + items[i];
  return text;
}

// ` between 1 and 65535 counts`, ` at least 0`, `` with a leading space where not empty.
std::string range_text(const FieldInfo& info) {
  const std::string unit = info.unit.empty() ? "" : " " + std::string(info.unit);
  if (!info.numbers.empty()) {
    const auto numbers = split_words(info.numbers);
    return " " + either({numbers.begin(), numbers.end()}) + unit;
  }
  if (std::isfinite(info.min) && std::isfinite(info.max))
    return fmt::format(" between {} and {}{}", bound_text(info.min), bound_text(info.max), unit);
  if (std::isfinite(info.min)) return fmt::format(" at least {}{}", bound_text(info.min), unit);
  if (std::isfinite(info.max)) return fmt::format(" at most {}{}", bound_text(info.max), unit);
  return unit.empty() ? "" : " in" + unit;
}

std::string list_allowed(const Field& field, std::string_view numbers) {
  const std::string range = range_text(field.info);
  if (field.is_region) return fmt::format("[u0, v0, u1, v1] with u0 < u1 and v0 < v1, {}{}", numbers, range);
  std::string text = field.list_size == 0   ? fmt::format("a list of {}, such as [3, 17]", numbers)
                     : field.list_size == 2 ? fmt::format("a list of 2 {}, such as [3, 17]", numbers)
                                            : fmt::format("a list of {} {}", field.list_size, numbers);
  return range.empty() ? text : text + ", each" + range;
}

// Without the words.
std::string type_allowed(const Field& field, bool with_type) {
  const std::string range = range_text(field.info);
  const auto number = [&](std::string_view type) {
    if (range.empty()) return std::string(type);
    if (!with_type || !field.info.numbers.empty()) return range.substr(1);
    return std::string(type) + (range.starts_with(" at") ? " of" : "") + range;
  };
  switch (field.type) {
    case ValueType::kBool:
      return "";
    case ValueType::kInteger:
      if (field.info.kind == FieldKind::kMemory) return "a number of bytes above 0, or text such as \"4 GiB\"";
      return number("a whole number");
    case ValueType::kReal:
      return number("a number");
    case ValueType::kLevel:
      return fmt::format("{}between {} and {}, or with its unit, such as \"3.5 sigma\" or \"40 counts\"",
                         with_type ? "a number " : "", bound_text(field.info.min), bound_text(field.info.max));
    case ValueType::kText:
      return field.is_path()                          ? "a path"
             : field.info.kind == FieldKind::kCounter ? "a name or FILE.h5::/dataset"
                                                      : "text";
    case ValueType::kChoice:
      return "";
    case ValueType::kIntegers:
      return list_allowed(field, "whole numbers");
    case ValueType::kReals:
      return list_allowed(field, "numbers");
  }
  return "";
}

bool within(const FieldInfo& info, double value) {
  if (!(value >= info.min && value <= info.max)) return false;
  if (info.numbers.empty()) return true;
  for (const std::string_view number : split_words(info.numbers))
    if (value == std::stod(std::string(number))) return true;
  return false;
}

std::string must_be(const Field& field, bool with_type) { return "must be " + allowed_text(field, with_type); }

std::optional<std::string> integer_problem(const Field& field, std::int64_t value) {
  if (!within(field.info, static_cast<double>(value))) return must_be(field, false);
  if (value < field.lowest) return fmt::format("must be at least {}", field.lowest);
  if (value > field.highest) return fmt::format("must be at most {}", field.highest);
  return std::nullopt;
}

std::optional<std::string> real_problem(const Field& field, double value) {
  if (!std::isfinite(value)) return "must be a finite number";
  if (!within(field.info, value)) return must_be(field, false);
  return std::nullopt;
}

template <class T, class Problem>
std::optional<std::string> list_problem(const Field& field, const std::vector<T>& list, Problem&& element_problem) {
  if (field.list_size != 0 && list.size() != field.list_size) return must_be(field, true);
  for (const T element : list)
    if (auto problem = element_problem(field, element)) return problem;
  if constexpr (std::same_as<T, std::int64_t>) {
    if (field.is_region && !(list[0] < list[2] && list[1] < list[3])) return must_be(field, true);
  }
  return std::nullopt;
}

std::optional<std::string> level_problem(const Field& field, const std::string& text) {
  const std::optional<Level> level = parse_level(text);
  if (!level) return must_be(field, true);
  return level_problem(level->number(), *level->unit());
}

std::optional<std::string> text_problem(const Field& field, const std::string& text) {
  if (text.find('\0') != std::string::npos) return "must not hold a zero byte";
  if (!is_utf8(text)) return "must be UTF-8, as all text in a configuration";
  if ((field.is_path() || field.info.kind == FieldKind::kCounter) && text.empty() && !field.optional)
    return must_be(field, true);
  return std::nullopt;
}

}  // namespace

std::string quoted_text(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      result += '\\';
      result += c;
    } else if (c == '\n') {
      result += "\\n";
    } else if (c == '\t') {
      result += "\\t";
    } else if (byte < 0x20 || byte == 0x7f) {
      result += fmt::format("\\u{:04x}", byte);
    } else {
      result += c;
    }
  }
  return result + '"';
}

std::string value_text(const Value& value) {
  struct Visitor {
    std::string operator()(std::monostate) const { return ""; }
    std::string operator()(bool flag) const { return flag ? "true" : "false"; }
    std::string operator()(std::int64_t number) const { return fmt::format("{}", number); }
    std::string operator()(double number) const { return real_text(number); }
    std::string operator()(const std::string& text) const { return quoted_text(text); }
    std::string operator()(const std::vector<std::int64_t>& list) const { return list_text(list); }
    std::string operator()(const std::vector<double>& list) const { return list_text(list); }
  };
  return std::visit(Visitor{}, value);
}

std::string allowed_text(const Field& field, bool with_type) {
  const std::string type = type_allowed(field, with_type);
  std::vector<std::string> words;
  if (field.type == ValueType::kBool) words = {"true", "false"};
  for (const std::string_view word : field.words) words.push_back(quoted_text(word));
  if (words.empty()) return type;
  if (type.empty()) return either(words);
  return type + (words.size() == 1 ? ", or " : ", ") + either(words);
}

std::optional<std::string> value_problem(const Field& field, const Value& value) {
  if (const auto* text = std::get_if<std::string>(&value)) {
    if (std::find(field.words.begin(), field.words.end(), *text) != field.words.end()) return std::nullopt;
    if (field.type == ValueType::kText) return text_problem(field, *text);
    if (field.type == ValueType::kLevel) return level_problem(field, *text);
    return must_be(field, true);
  }
  if (std::holds_alternative<std::monostate>(value)) {
    return field.optional ? std::nullopt : std::optional(must_be(field, true));
  }
  switch (field.type) {
    case ValueType::kBool:
      if (std::holds_alternative<bool>(value)) return std::nullopt;
      break;
    case ValueType::kInteger:
      if (const auto* number = std::get_if<std::int64_t>(&value)) return integer_problem(field, *number);
      break;
    case ValueType::kReal:
    case ValueType::kLevel:
      if (const auto* number = std::get_if<double>(&value)) return real_problem(field, *number);
      if (const auto* whole = std::get_if<std::int64_t>(&value))
        return real_problem(field, static_cast<double>(*whole));
      break;
    case ValueType::kIntegers:
      if (const auto* list = std::get_if<std::vector<std::int64_t>>(&value))
        return list_problem(field, *list, integer_problem);
      break;
    case ValueType::kReals:
      if (const auto* list = std::get_if<std::vector<double>>(&value)) return list_problem(field, *list, real_problem);
      break;
    case ValueType::kText:
    case ValueType::kChoice:
      break;
  }
  return must_be(field, true);
}

std::vector<std::int64_t> allowed_numbers(const Field& field) {
  std::vector<std::int64_t> numbers;
  for (const std::string_view number : split_words(field.info.numbers))
    numbers.push_back(std::stoll(std::string(number)));
  return numbers;
}

std::optional<std::int64_t> parse_memory(std::string_view text) {
  static constexpr std::array<std::pair<std::string_view, double>, 10> kUnits{{{"", 1},
                                                                               {"B", 1},
                                                                               {"kB", 1e3},
                                                                               {"MB", 1e6},
                                                                               {"GB", 1e9},
                                                                               {"TB", 1e12},
                                                                               {"KiB", 1024.0},
                                                                               {"MiB", 1048576.0},
                                                                               {"GiB", 1073741824.0},
                                                                               {"TiB", 1099511627776.0}}};
  double number = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(rest - text.data()));
  if (text.starts_with(' ')) text.remove_prefix(1);
  for (const auto& [unit, factor] : kUnits) {
    if (text != unit) continue;
    const double bytes = number * factor;
    if (!(std::abs(bytes) < 9.2e18)) return std::nullopt;
    return static_cast<std::int64_t>(bytes);
  }
  return std::nullopt;
}

bool is_utf8(std::string_view text) {
  std::size_t i = 0;
  while (i < text.size()) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const int length = lead < 0x80 ? 1 : lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc2 ? 2 : 0;
    if (length == 0 || lead > 0xf4 || text.size() - i < static_cast<std::size_t>(length)) return false;
    std::uint32_t code = length == 1 ? lead : lead & (0x7fu >> length);
    for (int k = 1; k < length; ++k) {
      const auto next = static_cast<unsigned char>(text[i + static_cast<std::size_t>(k)]);
      if ((next & 0xc0) != 0x80) return false;
      code = code << 6 | (next & 0x3f);
    }
    const bool overlong = (length == 3 && code < 0x800) || (length == 4 && code < 0x10000);
    if (overlong || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return false;
    i += static_cast<std::size_t>(length);
  }
  return true;
}

}  // namespace dctprep
