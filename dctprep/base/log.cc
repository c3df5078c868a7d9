// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/base/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

namespace dctprep {

namespace {
spdlog::logger& logger() {
  static const std::shared_ptr<spdlog::logger> instance = [] {
    auto made = std::make_shared<spdlog::logger>("dctprep", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_pattern("%v");
    made->set_level(spdlog::level::warn);
    return made;
  }();
  return *instance;
}
}  // namespace

void set_log_level(LogLevel level) {
  logger().set_level(level == LogLevel::kInfo      ? spdlog::level::info
                     : level == LogLevel::kWarning ? spdlog::level::warn
                                                   : spdlog::level::off);
}

void log_message(LogLevel level, const std::string& message) {
  if (level == LogLevel::kInfo) logger().info("{}", message);
  if (level == LogLevel::kWarning) logger().warn("warning: {}", message);
}

}  // namespace dctprep
