// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/pipeline/used_threads.h"

#include <algorithm>
#include <thread>

#include "dctprep/kernels/backend.h"

namespace dctprep {

namespace {

std::size_t threads_of(const RunOptions& options) {
  return options.threads.is_auto() ? std::max(1u, std::thread::hardware_concurrency())
                                   : static_cast<std::size_t>(options.threads.value());
}

}  // namespace

UsedThreads::UsedThreads(const RunOptions& options)
    : limit_(tbb::global_control::max_allowed_parallelism, threads_of(options)) {
  use_backend(options.backend);
}

}  // namespace dctprep
