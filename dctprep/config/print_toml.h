// SPDX-License-Identifier: BSD-3-Clause
// Options as TOML.
#pragma once

#include <map>
#include <span>
#include <string>

#include "dctprep/config/field.h"
#include "dctprep/config/tables_of.h"

namespace dctprep {

// Text above a key, one or more lines: "segment.seed" -> "5 times the noise of 12 counts"; of the key "": at the top.
using Comments = std::map<std::string, std::string, std::less<>>;

// Every field, below its meaning, unit, range and default, and its comment. Fields left out stand there as a comment.
std::string print_tables(std::span<const Table> tables, const Comments& comments = {});

// The values that are given, one a line.
std::string print_compact(std::span<const Table> tables);

template <class Options>
std::string print_options(Options options, const Comments& comments = {}) {
  return print_tables(tables_of(options), comments);
}
template <class Options>
std::string print_options_compact(Options options) {
  return print_compact(tables_of(options));
}

}  // namespace dctprep
