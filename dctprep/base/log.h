// SPDX-License-Identifier: BSD-3-Clause
// Notes to the user beside the result, on stderr: log_info("..."), log_warning("..."). --quiet silences notes, not
// warnings.
#pragma once

#include <fmt/format.h>
#include <string>
#include <utility>

namespace dctprep {

enum class LogLevel { kInfo, kWarning, kNone };

// Messages below `level` are dropped. Default kWarning: a library says nothing unasked.
void set_log_level(LogLevel level);
void log_message(LogLevel level, const std::string& message);

template <class... Args>
void log_info(fmt::format_string<Args...> format, Args&&... args) {
  log_message(LogLevel::kInfo, fmt::format(format, std::forward<Args>(args)...));
}

template <class... Args>
void log_warning(fmt::format_string<Args...> format, Args&&... args) {
  log_message(LogLevel::kWarning, fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace dctprep
