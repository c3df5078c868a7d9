// SPDX-License-Identifier: BSD-3-Clause
// Options for programs and for people: JSON Schema and the reference page.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>

#include "dctprep/config/field.h"
#include "dctprep/config/tables_of.h"

namespace dctprep {

// JSON Schema (draft 2020-12) of the options as an object; "unit" stands beside as an annotation.
nlohmann::ordered_json tables_schema(std::span<const Table> tables);

// The values, null where left out: {"segment": {"seed": 25, ...}, ...}.
nlohmann::ordered_json tables_json(std::span<const Table> tables);

// For each table, a Markdown table of every key: default, unit, what is allowed, what it means.
std::string tables_markdown(std::span<const Table> tables);

// The same for a terminal, indented: what --help shows.
std::string tables_help(std::span<const Table> tables);

// Of the configuration.
nlohmann::ordered_json config_schema();
std::string reference_page();

}  // namespace dctprep
