// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/config/describe.h"

#include <cmath>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "dctprep/config/config.h"
#include "dctprep/config/field_text.h"

namespace dctprep {

namespace {

using Json = nlohmann::ordered_json;

Json json_of(const Value& value) {
  return std::visit(
      []<class T>(const T& held) -> Json {
        if constexpr (std::same_as<T, std::monostate>) {
          return nullptr;
        } else {
          return held;
        }
      },
      value);
}

// A bound of integers is an integer in the schema too.
Json bound(double value, bool integer) { return integer ? Json(static_cast<std::int64_t>(value)) : Json(value); }

Json number_schema(const Field& field, bool integer) {
  if (!field.info.numbers.empty()) return {{"enum", allowed_numbers(field)}};
  Json schema = {{"type", integer ? "integer" : "number"}};
  // The C++ type bounds integers that have no bound of their own; 64 bits are no bound that JSON could say.
  const bool bounded = integer && field.highest < std::numeric_limits<std::int64_t>::max();
  if (std::isfinite(field.info.min)) {
    schema["minimum"] = bound(field.info.min, integer);
  } else if (bounded) {
    schema["minimum"] = field.lowest;
  }
  if (std::isfinite(field.info.max)) {
    schema["maximum"] = bound(field.info.max, integer);
  } else if (bounded) {
    schema["maximum"] = field.highest;
  }
  return schema;
}

Json list_schema(const Field& field, bool integer) {
  Json schema = {{"type", "array"}, {"items", number_schema(field, integer)}};
  if (field.list_size != 0) schema["minItems"] = schema["maxItems"] = field.list_size;
  return schema;
}

Json type_schema(const Field& field) {
  switch (field.type) {
    case ValueType::kBool:
      return {{"type", "boolean"}};
    case ValueType::kInteger:
      return number_schema(field, true);
    case ValueType::kReal:
    case ValueType::kLevel:
      return number_schema(field, false);
    case ValueType::kIntegers:
      return list_schema(field, true);
    case ValueType::kReals:
      return list_schema(field, false);
    case ValueType::kChoice:
      return {{"enum", field.words}};
    case ValueType::kText:
      break;
  }
  Json schema = {{"type", "string"}};
  if ((field.is_path() || field.info.kind == FieldKind::kCounter) && !field.optional) schema["minLength"] = 1;
  return schema;
}

Json field_schema(const Field& field) {
  Json schema = {{"description", field.info.doc}};
  if (!field.info.unit.empty()) schema["unit"] = field.info.unit;
  Json any = Json::array({type_schema(field)});
  if (field.info.kind == FieldKind::kMemory)
    any.push_back({{"type", "string"}, {"pattern", "^[0-9]+(\\.[0-9]*)? ?([kMGT]B|[KMGT]iB|B)?$"}});
  // As parse_level() takes it, but for the range.
  if (field.type == ValueType::kLevel)
    any.push_back({{"type", "string"},
                   {"pattern",
                    "^[ \\t]*[+]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?[ \\t]*"
                    "([cC][oO][uU][nN][tT][sS]?|[sS][iI][gG][mM][aA][sS]?|\u03c3)[ \\t]*$"}});
  // Words of text are text already.
  if (!field.words.empty() && field.type != ValueType::kChoice && field.type != ValueType::kText)
    any.push_back({{"enum", field.words}});
  if (any.size() == 1) {
    schema.update(any[0]);
  } else {
    schema["anyOf"] = any;
  }
  if (field.type == ValueType::kText && !field.words.empty()) schema["examples"] = field.words;
  if (!std::holds_alternative<std::monostate>(field.fallback)) schema["default"] = json_of(field.fallback);
  return schema;
}

Json fields_schema(const Table& table) {
  Json properties = Json::object();
  for (const Field& field : table.fields) properties[std::string(field.name)] = field_schema(field);
  Json schema = {{"type", "object"}};
  if (!table.doc.empty()) schema["description"] = table.doc;
  schema["additionalProperties"] = false;
  schema["properties"] = properties;
  return schema;
}

std::string default_text(const Field& field) {
  return std::holds_alternative<std::monostate>(field.fallback) ? "" : value_text(field.fallback);
}

// A cell of a Markdown table.
std::string cell(std::string_view text) {
  std::string result;
  for (const char c : text) result += c == '|' ? std::string("\\|") : std::string(1, c);
  return result;
}
std::string code(const std::string& text) { return text.empty() ? "" : "`" + cell(text) + "`"; }

}  // namespace

Json tables_schema(std::span<const Table> tables) {
  if (tables.size() == 1 && tables.front().name.empty()) return fields_schema(tables.front());
  Json properties = Json::object();
  for (const Table& table : tables) properties[std::string(table.name)] = fields_schema(table);
  return {{"type", "object"}, {"additionalProperties", false}, {"properties", properties}};
}

Json tables_json(std::span<const Table> tables) {
  Json all = Json::object();
  for (const Table& table : tables) {
    Json& values = table.name.empty() ? all : all[std::string(table.name)];
    for (const Field& field : table.fields) values[std::string(field.name)] = json_of(field.get());
  }
  return all;
}

std::string tables_markdown(std::span<const Table> tables) {
  std::string out;
  for (const Table& table : tables) {
    if (!out.empty()) out += "\n";
    if (!table.name.empty()) out += fmt::format("## `[{}]`: {}\n\n", table.name, table.doc);
    out += "| key | default | unit | allowed | meaning |\n|---|---|---|---|---|\n";
    for (const Field& field : table.fields)
      out += fmt::format("| `{}` | {} | {} | {} | {} |\n", field.name, code(default_text(field)), cell(field.info.unit),
                         cell(allowed_text(field)), cell(field.info.doc));
  }
  return out;
}

std::string tables_help(std::span<const Table> tables) {
  std::string out;
  for (const Table& table : tables) {
    if (!table.name.empty()) out += fmt::format("{}[{}] {}\n", out.empty() ? "" : "\n", table.name, table.doc);
    for (const Field& field : table.fields) {
      const std::string given = default_text(field);
      out += fmt::format("  {}{}\n      {}\n      {}\n", key_of(table, field), given.empty() ? "" : " = " + given,
                         field.info.doc, allowed_text(field));
    }
  }
  return out;
}

Json config_schema() {
  Config config;
  Json schema = {{"$schema", "https://json-schema.org/draft/2020-12/schema"}, {"title", "dctprep configuration"}};
  schema.update(tables_schema(tables_of(config)));
  return schema;
}

std::string reference_page() {
  Config config;
  return "# Configuration\n\n"
         "Every key of a configuration (TOML). This page is made from the program: `dctprep config --reference`.\n\n"
         "A key that is left out has its default. Where `\"auto\"` is allowed, it means that the value is found from "
         "the\n"
         "data; the result records the value that was used. Paths are relative to the folder of the configuration, "
         "those\n"
         "given with `--set` to the working folder. Any key is overridden on the command line:\n"
         "`dctprep run scan.toml --set segment.seed=\"5 sigma\"`.\n\n" +
         tables_markdown(tables_of(config));
}

}  // namespace dctprep
