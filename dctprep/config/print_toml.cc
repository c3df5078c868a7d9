// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/config/print_toml.h"

#include <string_view>

#include "dctprep/config/field_text.h"

namespace dctprep {

namespace {

constexpr std::size_t kLineWidth = 100;

// Appends `text` as lines that start with `# `, broken between words.
void append_comment(std::string& out, std::string_view text) {
  std::string line = "#";
  bool fresh = true;
  const auto flush = [&] {
    out += line + "\n";
    line = "#";
    fresh = true;
  };
  while (!text.empty()) {
    const std::size_t end = text.find_first_of(" \n\r\t");
    std::string word(text.substr(0, end));
    // TOML allows no control characters in comments.
    for (char& c : word)
      if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
    if (!fresh && line.size() + 1 + word.size() > kLineWidth) flush();
    if (!word.empty()) {
      line += " " + word;
      fresh = false;
    }
    if (end == std::string_view::npos) break;
    if (text[end] == '\n') flush();
    text.remove_prefix(end + 1);
  }
  if (!fresh) flush();
}

std::string default_or_left_out(const Field& field) {
  return std::holds_alternative<std::monostate>(field.fallback) ? "left out" : value_text(field.fallback);
}

void append_field(std::string& out, const Table& table, const Field& field, const Comments& comments) {
  append_comment(out, field.info.doc);
  append_comment(out, allowed_text(field) + "; default: " + default_or_left_out(field));
  if (const auto comment = comments.find(key_of(table, field)); comment != comments.end())
    append_comment(out, comment->second);
  const Value value = field.get();
  if (std::holds_alternative<std::monostate>(value)) {
    out += "#" + std::string(field.name) + " =\n";
  } else {
    out += std::string(field.name) + " = " + value_text(value) + "\n";
  }
}

}  // namespace

std::string print_tables(std::span<const Table> tables, const Comments& comments) {
  std::string out;
  if (const auto head = comments.find(""); head != comments.end()) append_comment(out, head->second);
  for (const Table& table : tables) {
    if (!table.name.empty()) {
      if (!out.empty()) out += "\n\n";
      append_comment(out, table.doc);
      out += "[" + std::string(table.name) + "]\n";
    }
    for (const Field& field : table.fields) {
      if (!out.empty()) out += "\n";
      append_field(out, table, field, comments);
    }
  }
  return out;
}

std::string print_compact(std::span<const Table> tables) {
  std::string out;
  for (const Table& table : tables) {
    if (!table.name.empty()) out += (out.empty() ? "[" : "\n[") + std::string(table.name) + "]\n";
    for (const Field& field : table.fields) {
      const Value value = field.get();
      if (!std::holds_alternative<std::monostate>(value))
        out += std::string(field.name) + " = " + value_text(value) + "\n";
    }
  }
  return out;
}

}  // namespace dctprep
