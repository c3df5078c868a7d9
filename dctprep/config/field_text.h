// SPDX-License-Identifier: BSD-3-Clause
// The values of options as text, and in words what they may be.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "dctprep/config/field.h"

namespace dctprep {

// As TOML, on one line: 25, 0.1, true, "auto", [1, 2]. Reals have the fewest digits that give the same bits again.
// "" for a value that is left out.
std::string value_text(const Value& value);

// "…" with escapes, as TOML and JSON take it; always one line.
std::string quoted_text(std::string_view text);

// What the field may be: `a whole number between 1 and 65535 counts, or "auto"`. Not `with_type`: without "a whole
// number".
std::string allowed_text(const Field& field, bool with_type = true);

// What is wrong with `value` for `field`, e.g. `must be between 1 and 65535 counts, or "auto"`; nothing where it is
// right.
std::optional<std::string> value_problem(const Field& field, const Value& value);

// The only integers or reals that the field takes (FieldInfo::numbers).
std::vector<std::int64_t> allowed_numbers(const Field& field);

// The bytes in "4 GiB", "500 MB", "1.5GiB", "4096"; nothing where it is no such text or more than 2^63 - 1.
std::optional<std::int64_t> parse_memory(std::string_view text);

bool is_utf8(std::string_view text);

}  // namespace dctprep
