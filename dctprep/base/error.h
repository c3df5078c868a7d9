// SPDX-License-Identifier: BSD-3-Clause
// Errors of the world: a file, an option, the memory, a device. Data that is merely odd is a value or a flag, and a
// mistake of ours is an assertion (assert.h).
#pragma once

#include <fmt/format.h>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace dctprep {

// What the caller can do about it; the command's exit status.
enum class ErrorKind {
  kFailed = 1,  // it was asked rightly and could not be done
  kUsage = 2,   // it was asked wrongly: command line or configuration
};

// One line that says what, where and what to do. Context is put in front on the way up:
// "scan.h5: frame 17: chunk 3: damaged LZ4 block".
class Error : public std::runtime_error {
 public:
  explicit Error(const std::string& message, ErrorKind kind = ErrorKind::kFailed)
      : std::runtime_error(message), kind_(kind) {}

  ErrorKind kind() const { return kind_; }

  // The same error with `context: ` in front.
  Error within(std::string_view context) const { return Error(fmt::format("{}: {}", context, what()), kind_); }

 private:
  ErrorKind kind_;
};

template <class... Args>
[[noreturn]] void fail(fmt::format_string<Args...> format, Args&&... args) {
  throw Error(fmt::format(format, std::forward<Args>(args)...));
}

template <class... Args>
[[noreturn]] void fail_usage(fmt::format_string<Args...> format, Args&&... args) {
  throw Error(fmt::format(format, std::forward<Args>(args)...), ErrorKind::kUsage);
}

// Calls `body()`; an Error that leaves it gets `context: ` in front.
template <class Body>
decltype(auto) with_context(std::string_view context, Body&& body) {
  try {
    return std::forward<Body>(body)();
  } catch (const Error& error) {
    throw error.within(context);
  }
}

}  // namespace dctprep
