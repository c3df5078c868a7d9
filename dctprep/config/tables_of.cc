// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/config/tables_of.h"

namespace dctprep {

std::vector<std::string_view> split_words(std::string_view words) {
  std::vector<std::string_view> result;
  while (!words.empty()) {
    const std::size_t comma = words.find(", ");
    result.push_back(words.substr(0, comma));
    words.remove_prefix(comma == std::string_view::npos ? words.size() : comma + 2);
  }
  return result;
}

void make_empty_absent(Field& field) {
  field.get = [get = field.get] {
    Value value = get();
    return std::get<std::string>(value).empty() ? Value() : value;
  };
  field.set = [set = field.set](const Value& value) {
    set(std::holds_alternative<std::monostate>(value) ? Value(std::string()) : value);
  };
}

}  // namespace dctprep
