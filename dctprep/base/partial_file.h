// SPDX-License-Identifier: BSD-3-Clause
// Outputs appear whole or not at all: written beside the final name as NAME.part-HOST-PID, renamed when complete. What
// dead runs of this machine left there is removed.
#pragma once

#include <filesystem>
#include <optional>

#include "dctprep/base/cancel.h"

namespace dctprep {

class PartialFile {
 public:
  // Refuses (Error, usage) where `final_path` exists and not `overwrite`, and where its folder is missing or not
  // writable.
  PartialFile(std::filesystem::path final_path, bool overwrite);
  // Removes the temporary file unless committed.
  ~PartialFile();
  PartialFile(const PartialFile&) = delete;
  PartialFile& operator=(const PartialFile&) = delete;

  // Where to write.
  const std::filesystem::path& path() const { return partial_path_; }
  const std::filesystem::path& final_path() const { return final_path_; }
  // Flushes the file to disk and gives it its final name. Error where that fails or another program made the name
  // meanwhile and not `overwrite`. kFast does not wait for the disk: after a power loss the file may be damaged.
  enum class Safety { kOnDisk, kFast };
  void commit(Safety safety = Safety::kOnDisk);

 private:
  std::filesystem::path final_path_;
  std::filesystem::path partial_path_;
  bool overwrite_;
  std::optional<RemovedWhenKilled> guard_;
  bool committed_ = false;
};

}  // namespace dctprep
