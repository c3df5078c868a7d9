// SPDX-License-Identifier: BSD-3-Clause
// Ctrl-C: the first asks the work to stop at the next frame, so that nothing half-written is left; the second ends the
// process at once, and removes the paths that are not to be left behind.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>

namespace dctprep {

// Installs the handlers of SIGINT and SIGTERM. Called by the command, not by the library.
void install_cancel_handlers();
bool cancel_requested();
// Throws an Error "interrupted" where a stop was asked for. Called once a frame by everything long.
void check_cancelled();

// As long as it lives, the second signal removes `path`: a file, or a folder of files. Some paths are too many or too
// long to be remembered; they are then left behind.
class RemovedWhenKilled {
 public:
  explicit RemovedWhenKilled(const std::filesystem::path& path);
  ~RemovedWhenKilled();
  RemovedWhenKilled(const RemovedWhenKilled&) = delete;
  RemovedWhenKilled& operator=(const RemovedWhenKilled&) = delete;

 private:
  std::optional<std::size_t> place_;
};

}  // namespace dctprep
