// SPDX-License-Identifier: BSD-3-Clause
// From an option struct to its fields: tables_of(options).
#pragma once

#include <concepts>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "dctprep/config/field.h"
#include "dctprep/config/value_of.h"

namespace dctprep {

// The names in "auto, none".
std::vector<std::string_view> split_words(std::string_view words);

// Makes "" of a text field the same as left out.
void make_empty_absent(Field& field);

// The fields of `options`, in the order of its visit_fields.
template <class Options>
std::vector<Field> fields_of(Options& options) {
  std::vector<Field> fields;
  visit_fields(options, [&]<class T>(std::string_view name, T& option, const FieldInfo& info) {
    Field field{.name = name, .info = info};
    ValueOf<T>::describe(field);
    if (!info.words.empty()) field.words = split_words(info.words);
    // A path that has no word for "none" is left out by being empty.
    if (field.is_path() && field.words.empty()) field.optional = true;
    field.get = [&option] { return ValueOf<T>::to(option); };
    field.set = [&option](const Value& value) { option = ValueOf<T>::from(value); };
    if constexpr (std::same_as<T, std::string>) {
      if (field.optional) make_empty_absent(field);
    }
    fields.push_back(std::move(field));
  });
  std::size_t index = 0;
  const Options defaults;
  visit_fields(defaults, [&]<class T>(std::string_view, const T& option, const FieldInfo&) {
    Field& field = fields[index++];
    field.fallback = ValueOf<T>::to(option);
    if (field.optional && field.fallback == Value(std::string())) field.fallback = {};
  });
  return fields;
}

// The tables of a struct with visit_tables, or the one nameless table of a struct with visit_fields.
template <class Options>
std::vector<Table> tables_of(Options& options) {
  std::vector<Table> tables;
  if constexpr (requires { visit_tables(options, [](std::string_view, auto&, std::string_view) {}); }) {
    visit_tables(options, [&](std::string_view name, auto& table, std::string_view doc) {
      tables.push_back({name, doc, fields_of(table)});
    });
  } else {
    tables.push_back({"", "", fields_of(options)});
  }
  return tables;
}

}  // namespace dctprep
