// SPDX-License-Identifier: BSD-3-Clause
// The options of a struct as a list of fields whose C++ types are gone: made by tables_of() (tables_of.h) from the
// struct's visit_fields, then read, checked, printed and documented by ordinary code.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "dctprep/base/fields.h"

namespace dctprep {

// kLevel: a number, or text with its unit such as "3.5 sigma" (base/level.h).
enum class ValueType { kBool, kInteger, kReal, kLevel, kText, kChoice, kIntegers, kReals };

// The value of any option. std::monostate: left out. A string is text, a path, the name of an enumeration's value, or a
// word in place of a value, such as "auto".
using Value = std::variant<std::monostate, bool, std::int64_t, double, std::string, std::vector<std::int64_t>,
                           std::vector<double>>;

// One option: what it is called, what it may be, and access to it in the struct it was made from, which must outlive
// it.
struct Field {
  std::string_view name;
  FieldInfo info;
  ValueType type = ValueType::kBool;
  std::vector<std::string_view> words = {};  // kChoice: all it may be; else what it may be in place of a value
  std::size_t list_size = 0;                 // the length of a list; 0: any
  bool is_region = false;                    // kIntegers: u0, v0, u1, v1
  bool optional = false;                     // may be left out and then has no value
  std::int64_t lowest = std::numeric_limits<std::int64_t>::min();  // what the C++ type of integers can hold
  std::int64_t highest = std::numeric_limits<std::int64_t>::max();
  Value fallback = {};  // its default
  std::function<Value()> get = {};
  std::function<void(const Value&)> set = {};  // the value has passed value_problem() of field_text.h

  bool is_path() const { return info.kind == FieldKind::kPath; }
  // Whether `text` is a path, which belongs to some folder.
  bool holds_path(std::string_view text) const {
    return is_path() || (info.kind == FieldKind::kCounter && text.find("::") != std::string_view::npos);
  }
};

// A table of options; with an empty name: those of a file without tables.
struct Table {
  std::string_view name;
  std::string_view doc;
  std::vector<Field> fields;
};

// "segment.seed", or "seed" in a table without name.
inline std::string key_of(const Table& table, const Field& field) {
  return table.name.empty() ? std::string(field.name) : std::string(table.name) + "." + std::string(field.name);
}

}  // namespace dctprep
