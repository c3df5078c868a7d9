// SPDX-License-Identifier: BSD-3-Clause
// Union-find in an array of parents, in which no parent comes after its children: a root is the first of its set.
#pragma once

#include <cstdint>
#include <vector>

namespace dctprep {

// The root of `i`, where parent[r] == r of a root; every second step on the way is shortened.
inline std::int32_t find_root(std::int32_t* parent, std::int32_t i) {
  while (parent[i] != i) {
    parent[i] = parent[parent[i]];
    i = parent[i];
  }
  return i;
}

inline void unite_roots(std::int32_t* parent, std::int32_t a, std::int32_t b) {
  a = find_root(parent, a);
  b = find_root(parent, b);
  if (a < b) parent[b] = a;
  if (b < a) parent[a] = b;
}

// Makes every entry its root.
inline void flatten_roots(std::vector<std::int32_t>& parent) {
  for (std::int32_t& up : parent) up = parent[static_cast<std::size_t>(up)];
}

}  // namespace dctprep
