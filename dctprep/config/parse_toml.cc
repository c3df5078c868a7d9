// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/config/parse_toml.h"

#include <algorithm>
#include <cstring>
#include <fstream>
#include <optional>
#include <sstream>
#include <toml++/toml.h>
#include <vector>

#include "dctprep/base/error.h"
#include "dctprep/config/field_text.h"
#include "dctprep/config/nearest_name.h"

namespace dctprep {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kMaxTextSize = 4u << 20;
constexpr std::size_t kMaxShownSize = 120;

// On one line and not too long, for messages.
std::string shown(std::string text) {
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  if (text.size() > kMaxShownSize) {
    std::size_t end = kMaxShownSize;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
    text = text.substr(0, end) + "...";
  }
  return text;
}

std::string node_text(const toml::node& node) {
  if (const auto* text = node.as_string()) return shown(quoted_text(text->get()));
  if (const auto* number = node.as_integer()) return value_text(number->get());
  if (const auto* number = node.as_floating_point()) return value_text(number->get());
  if (const auto* flag = node.as_boolean()) return value_text(flag->get());
  if (node.is_table()) return "{...}";
  if (const auto* array = node.as_array()) {
    std::string list;
    for (const toml::node& element : *array) list += (list.empty() ? "" : ", ") + node_text(element);
    return shown("[" + list + "]");
  }
  std::ostringstream out;
  if (const auto* date = node.as_date()) out << date->get();
  if (const auto* time = node.as_time()) out << time->get();
  if (const auto* date_time = node.as_date_time()) out << date_time->get();
  return shown(out.str());
}

// A key as it is written, quoted where it must be.
std::string key_text(std::string_view key) {
  const bool bare = !key.empty() && std::all_of(key.begin(), key.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
  return bare ? shown(std::string(key)) : shown(quoted_text(key));
}

// toml++ takes tables apart by recursion, once a dot: a key of a hundred thousand dots would overflow the stack. Dots
// of text count too; telling text from keys would be the work of the parser itself.
bool has_endless_key(std::string_view text) {
  constexpr int kMaxDots = 128;
  int dots = 0;
  for (const char c : text) {
    if (c == '\n' || c == '=' || c == ',' || c == '{') dots = 0;
    if (c == '.' && ++dots > kMaxDots) return true;
  }
  return false;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

std::string_view line_of(std::string_view text, std::size_t number) {
  for (; number > 1; --number) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return {};
    text.remove_prefix(end + 1);
  }
  return text.substr(0, text.find('\n'));
}

// `text needs quotes: seed = "5 sigma"`, where that is what is wrong with a line; else empty.
std::string advice_on_quotes(std::string_view line) {
  const std::size_t equals = line.find('=');
  if (equals == std::string_view::npos) return {};
  const std::string_view key = trimmed(line.substr(0, equals));
  std::string_view value = trimmed(line.substr(equals + 1, line.find('#', equals) - equals - 1));
  for (const std::string_view curly : {"\u201c", "\u201d", "\u201e", "\u2018", "\u2019"}) {
    if (value.starts_with(curly)) value.remove_prefix(curly.size());
    if (value.ends_with(curly)) value.remove_suffix(curly.size());
  }
  const bool is_text =
      std::any_of(value.begin(), value.end(), is_letter) && std::strchr("\"'[{", value.front()) == nullptr;
  if (key.empty() || !is_text) return {};
  for (const std::string_view word : {"true", "false"}) {
    if (std::ranges::equal(value, word, [](char a, char b) { return (a | 0x20) == b; }))
      return fmt::format("{0} is written in small letters: {1} = {0}", word, key);
  }
  return fmt::format("text needs quotes: {} = {}", key, quoted_text(value));
}

toml::table parse_text(std::string_view text, const std::string& source) {
  if (text.size() > kMaxTextSize) fail_usage("{}: is no configuration: larger than {} MiB", source, kMaxTextSize >> 20);
  if (has_endless_key(text)) fail_usage("{}: is no configuration: a key with too many dots", source);
  try {
    return toml::parse(text);
  } catch (const toml::parse_error& error) {
    std::string_view what = error.description();
    if (constexpr std::string_view kPrefix = "Error while parsing "; what.starts_with(kPrefix))
      what.remove_prefix(kPrefix.size());
    const auto line = error.source().begin.line;
    const std::string advice = advice_on_quotes(line_of(text, line));
    fail_usage("{}:{}: not valid TOML: {}", source, line, shown(advice.empty() ? std::string(what) : advice));
  }
}

// "scan.h5::/entry/data" -> "/folder/scan.h5::/entry/data".
std::string absolute_path(const std::string& text, const fs::path& folder) {
  const std::size_t dataset = text.find("::");
  const std::string file = text.substr(0, dataset);
  if (file.empty() || fs::path(file).is_absolute()) return text;
  const fs::path base = folder.empty() ? fs::current_path() : fs::absolute(folder);
  std::string_view relative = file;
  while (relative.starts_with("./")) relative.remove_prefix(2);
  // ".." is left to the file system: with symbolic links in the way, only it knows what is meant.
  const fs::path whole = relative.empty() || relative == "." ? base : base / relative;
  return whole.string() + (dataset == std::string::npos ? "" : text.substr(dataset));
}

template <class T>
std::optional<Value> list_value(const toml::array& array) {
  std::vector<T> list;
  for (const toml::node& element : array) {
    if (const auto* number = element.as_integer()) {
      list.push_back(static_cast<T>(number->get()));
    } else if (const auto* real = element.as_floating_point(); real && std::same_as<T, double>) {
      list.push_back(static_cast<T>(real->get()));
    } else {
      return std::nullopt;
    }
  }
  return list;
}

// The node as a Value of the field's type, or of the nearest type, which value_problem() then refuses.
std::optional<Value> value_of_node(const toml::node& node, const Field& field) {
  if (const auto* text = node.as_string()) {
    if (field.info.kind == FieldKind::kMemory)
      if (const auto bytes = parse_memory(text->get())) return *bytes;
    if (field.optional && field.type == ValueType::kText && text->get().empty()) return Value();
    return Value(text->get());
  }
  if (const auto* number = node.as_integer()) {
    if (field.type == ValueType::kReal || field.type == ValueType::kLevel)
      return Value(static_cast<double>(number->get()));
    return Value(number->get());
  }
  if (const auto* number = node.as_floating_point()) return Value(number->get());
  if (const auto* flag = node.as_boolean()) return Value(flag->get());
  if (const auto* array = node.as_array())
    return field.type == ValueType::kReals ? list_value<double>(*array) : list_value<std::int64_t>(*array);
  return std::nullopt;
}

// Whether text given for a number that takes no unit is a number and a word.
bool has_unit(const Field& field, std::string_view text) {
  if (field.type != ValueType::kInteger && field.type != ValueType::kReal) return false;
  if (field.info.kind == FieldKind::kMemory) return false;
  const std::size_t end = text.find_first_not_of("+-.0123456789");
  if (end == 0 || end == std::string_view::npos) return false;
  const std::string_view unit = trimmed(text.substr(end));
  return !unit.empty() && std::all_of(unit.begin(), unit.end(), is_letter);
}

// Sets the field from the node; throws the problem alone ("must be ..."), for the caller to say where.
void assign(const Field& field, const toml::node& node, const fs::path& folder) {
  std::optional<Value> value = value_of_node(node, field);
  if (!value) fail_usage("must be {}", allowed_text(field));
  if (auto* text = std::get_if<std::string>(&*value); text && field.holds_path(*text)) {
    const bool is_word = std::find(field.words.begin(), field.words.end(), *text) != field.words.end();
    if (!is_word && !text->empty()) *text = absolute_path(*text, folder);
  }
  if (const auto problem = value_problem(field, *value)) {
    const auto* real = std::get_if<double>(&*value);
    if (real && field.type == ValueType::kInteger) fail_usage("{}, without a point", *problem);
    const auto* text = std::get_if<std::string>(&*value);
    if (text && has_unit(field, *text))
      fail_usage("{}; write the number alone{}", *problem,
                 field.info.unit.empty() ? "" : fmt::format(", in {}", field.info.unit));
    throw Error(*problem, ErrorKind::kUsage);
  }
  field.set(*value);
}

const Table* find_table(std::span<const Table> tables, std::string_view name) {
  for (const Table& table : tables)
    if (table.name == name) return &table;
  return nullptr;
}

const Field* find_field(const Table& table, std::string_view name) {
  for (const Field& field : table.fields)
    if (field.name == name) return &field;
  return nullptr;
}

std::vector<std::string> field_names(const Table& table) {
  std::vector<std::string> names;
  for (const Field& field : table.fields) names.emplace_back(field.name);
  return names;
}

std::string joined(const std::vector<std::string>& names) { return fmt::format("{}", fmt::join(names, ", ")); }

// Keys called `name` in any table: what a key in the wrong table or in none may have meant.
std::vector<std::string> keys_called(std::span<const Table> tables, std::string_view name) {
  std::vector<std::string> keys;
  for (const Table& table : tables)
    if (const Field* field = find_field(table, name)) keys.push_back(key_of(table, *field));
  return keys;
}

// `did you mean segment.seed?`, or the names there are.
std::string advice_on_key(std::span<const Table> tables, const Table* table, std::string_view name) {
  const std::vector<std::string> elsewhere = keys_called(tables, name);
  if (!elsewhere.empty()) return "did you mean " + elsewhere.front() + "?";
  if (table != nullptr) {
    const std::string nearest = nearest_name(name, field_names(*table));
    if (!nearest.empty()) return "did you mean " + key_of(*table, *find_field(*table, nearest)) + "?";
  }
  std::vector<std::string> all;
  for (const Table& other : tables)
    for (const Field& field : other.fields) all.emplace_back(field.name);
  const std::string nearest = nearest_name(name, all);
  if (!nearest.empty()) return "did you mean " + keys_called(tables, nearest).front() + "?";
  if (table != nullptr) return "known here: " + joined(field_names(*table));
  return "the tables are " + joined([&] {
           std::vector<std::string> names;
           for (const Table& other : tables) names.emplace_back(other.name);
           return names;
         }());
}

std::string advice_on_table(std::span<const Table> tables, std::string_view name) {
  std::vector<std::string> names;
  for (const Table& table : tables) names.emplace_back(table.name);
  const std::string nearest = nearest_name(name, names);
  return nearest.empty() ? "the tables are " + joined(names) : "did you mean [" + nearest + "]?";
}

// The entries of a table in the order of the file, so that the first mistake is the one reported.
struct Entry {
  std::string_view key;
  const toml::node* node;
  toml::source_position where;
};
std::vector<Entry> entries_of(const toml::table& table) {
  std::vector<Entry> entries;
  for (const auto& [key, node] : table) entries.push_back({key.str(), &node, key.source().begin});
  std::stable_sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
    return std::pair(a.where.line, a.where.column) < std::pair(b.where.line, b.where.column);
  });
  return entries;
}

struct Reader {
  const std::string& source;
  const fs::path& folder;
  std::span<const Table> tables;
  Origins* origins;

  std::string place(const Entry& entry) const { return fmt::format("{}:{}", source, entry.where.line); }

  void read_fields(const Table& table, const toml::table& node) const {
    for (const Entry& entry : entries_of(node)) {
      const Field* field = find_field(table, entry.key);
      const std::string prefix = table.name.empty() ? "" : std::string(table.name) + ".";
      if (field == nullptr)
        fail_usage("{}: {}{}: unknown key; {}", place(entry), prefix, key_text(entry.key),
                   advice_on_key(tables, &table, entry.key));
      with_context(fmt::format("{}: {} = {}", place(entry), key_of(table, *field), node_text(*entry.node)),
                   [&] { assign(*field, *entry.node, folder); });
      if (origins != nullptr) (*origins)[key_of(table, *field)] = place(entry);
    }
  }

  void read_tables(const toml::table& root) const {
    for (const Entry& entry : entries_of(root)) {
      const Table* table = find_table(tables, entry.key);
      const toml::table* node = entry.node->as_table();
      if (table != nullptr && node == nullptr)
        fail_usage("{}: {}: is a table and has no value of its own; write [{}] above its keys", place(entry),
                   table->name, table->name);
      if (table != nullptr) {
        read_fields(*table, *node);
      } else if (node != nullptr || entry.node->is_array_of_tables()) {
        fail_usage("{}: [{}]: unknown table; {}", place(entry), key_text(entry.key),
                   advice_on_table(tables, entry.key));
      } else {
        fail_usage("{}: {}: stands outside of any table; {}", place(entry), key_text(entry.key),
                   advice_on_key(tables, nullptr, entry.key));
      }
    }
  }
};

// The value as TOML, or as text where it is none. Text fields take it as text in any case, but for quotes.
toml::table parse_value(std::string_view value, const Field& field) {
  if (value.size() <= kMaxTextSize && !has_endless_key(value) && value.find('\n') == std::string_view::npos) {
    try {
      toml::table table = toml::parse(fmt::format("value = {}", value));
      const bool fits = field.type != ValueType::kText || table["value"].is_string();
      if (table.size() == 1 && fits) return table;
    } catch (const toml::parse_error&) {
    }
  }
  toml::table table;
  table.insert("value", std::string(value));
  return table;
}

}  // namespace

void parse_tables(std::string_view text, const std::string& source, const fs::path& folder,
                  std::span<const Table> tables, Origins* origins) {
  const toml::table root = parse_text(text, source);
  const Reader reader{source, folder, tables, origins};
  if (tables.size() == 1 && tables.front().name.empty()) {
    reader.read_fields(tables.front(), root);
  } else {
    reader.read_tables(root);
  }
}

void set_field(std::span<const Table> tables, std::string_view assignment, const fs::path& folder, Origins* origins) {
  const std::size_t equals = assignment.find('=');
  const std::string_view key = trimmed(assignment.substr(0, equals));
  if (equals == std::string_view::npos || key.empty())
    fail_usage("--set {}: must be KEY=VALUE, such as {}=...", shown(std::string(assignment)),
               key_of(tables.front(), tables.front().fields.front()));
  const std::size_t dot = key.find('.');
  const bool has_table = dot != std::string_view::npos;
  const std::string_view name = has_table ? key.substr(dot + 1) : key;
  const Table* table = find_table(tables, has_table ? key.substr(0, dot) : "");
  if (table == nullptr)
    fail_usage("--set: {}: unknown key; {}", shown(std::string(key)),
               keys_called(tables, name).empty() && has_table ? advice_on_table(tables, key.substr(0, dot))
                                                              : advice_on_key(tables, nullptr, name));
  const Field* field = find_field(*table, name);
  if (field == nullptr)
    fail_usage("--set: {}: unknown key; {}", shown(std::string(key)), advice_on_key(tables, table, name));
  const std::string_view value = trimmed(assignment.substr(equals + 1));
  if (value.empty()) fail_usage("--set: {}: has no value; must be {}", shown(std::string(key)), allowed_text(*field));
  const toml::table parsed = parse_value(value, *field);
  const toml::node& node = *parsed.get("value");
  with_context(fmt::format("--set: {} = {}", key_of(*table, *field), node_text(node)),
               [&] { assign(*field, node, folder); });
  if (origins != nullptr) (*origins)[key_of(*table, *field)] = "--set";
}

std::string read_config_text(const fs::path& path) {
  std::error_code error;
  if (fs::is_directory(path, error)) fail_usage("{}: is a folder, not a configuration", path.string());
  std::ifstream file(path, std::ios::binary);
  if (!file) fail_usage("{}: cannot be opened; give the path of a configuration (TOML)", path.string());
  std::string text(kMaxTextSize + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (file.bad()) fail_usage("{}: cannot be read", path.string());
  if (text.size() > kMaxTextSize)
    fail_usage("{}: is no configuration: larger than {} MiB", path.string(), kMaxTextSize >> 20);
  return text;
}

}  // namespace dctprep
