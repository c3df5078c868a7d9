// SPDX-License-Identifier: BSD-3-Clause
// "did you mean ...?"
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace dctprep {

// Letters to insert, delete, replace or swap with their neighbour to make `b` of `a`.
int edit_distance(std::string_view a, std::string_view b);

// The name that `name` is a likely slip of: the nearest within a third of its letters, upper and
// lower case alike; "" where none is near. `names` are in lower case.
std::string nearest_name(std::string_view name, std::span<const std::string> names);

}  // namespace dctprep
