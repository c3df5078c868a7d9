// Union-find by path halving.
#pragma once

#include <cstdint>

namespace dctprep {

// The root of `i`, where parent[r] == r of a root; every second step on the way is shortened.
inline std::int32_t find_root(std::int32_t* parent, std::int32_t i) {
  while (parent[i] != i) {
    parent[i] = parent[parent[i]];
    i = parent[i];
  }
  return i;
}

}  // namespace dctprep
