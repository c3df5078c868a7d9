// SPDX-License-Identifier: BSD-3-Clause
// Loops over all cores whose errors do not depend on chance.
#pragma once

#include <cstddef>
#include <exception>
#include <tbb/global_control.h>
#include <tbb/parallel_for.h>
#include <vector>

namespace dctprep {

// Threads that a run may use.
inline std::size_t threads_allowed() {
  return tbb::global_control::active_value(tbb::global_control::max_allowed_parallelism);
}

// Calls body(i) for i < count, in any order, on all cores. Where some throw, all others are still called, and the error
// of the smallest i is rethrown: the same one on any number of threads.
template <class Body>
void parallel_in_order(std::size_t count, const Body& body) {
  std::vector<std::exception_ptr> errors(count);
  tbb::parallel_for(std::size_t{0}, count, [&](std::size_t i) {
    try {
      body(i);
    } catch (...) {
      errors[i] = std::current_exception();
    }
  });
  for (const std::exception_ptr& error : errors) {
    if (error) std::rethrow_exception(error);
  }
}

}  // namespace dctprep
