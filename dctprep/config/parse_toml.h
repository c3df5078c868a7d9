// SPDX-License-Identifier: BSD-3-Clause
// Options from TOML text and from KEY=VALUE. Every error is of kind kUsage and one line: source and line, key, value,
// and what is allowed; for an unknown name, the nearest one.
#pragma once

#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>

#include "dctprep/config/field.h"
#include "dctprep/config/tables_of.h"

namespace dctprep {

// Where each value was given: "segment.seed" -> "scan.toml:14" or "--set".
using Origins = std::map<std::string, std::string, std::less<>>;

// Sets the fields that `text` names and leaves the others alone. `source` names the text in messages. Paths become
// absolute, relative ones taken from `folder` (empty: the working folder). Fields are checked one by one, not against
// each other.
void parse_tables(std::string_view text, const std::string& source, const std::filesystem::path& folder,
                  std::span<const Table> tables, Origins* origins = nullptr);

// Sets one field from "segment.seed=25". The value is TOML; a bare word or path is taken as text.
void set_field(std::span<const Table> tables, std::string_view assignment, const std::filesystem::path& folder,
               Origins* origins = nullptr);

// The text of a configuration file. Error where it cannot be read or is absurdly large.
std::string read_config_text(const std::filesystem::path& path);

// For any option struct: its tables, or without tables its keys, from TOML.
template <class Options>
Options parse_options(std::string_view text, const std::string& source, const std::filesystem::path& folder) {
  Options options;
  parse_tables(text, source, folder, tables_of(options));
  return options;
}
template <class Options>
void set_option(Options& options, std::string_view assignment, const std::filesystem::path& folder) {
  set_field(tables_of(options), assignment, folder);
}

}  // namespace dctprep
