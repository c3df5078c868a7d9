// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/base/assert.h"

#include <cstdio>
#include <cstdlib>

namespace dctprep {

void assertion_failed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "dctprep: internal error: %s:%d: %s does not hold; please report this\n", file, line, condition);
  std::abort();
}

}  // namespace dctprep
