// SPDX-License-Identifier: BSD-3-Clause
// HDF5 files to be written on disks that may be full.
#pragma once

#include <filesystem>
#include <memory>

#include "dctprep/base/hdf5.h"

namespace dctprep::hdf5 {

// A new HDF5 file. HDF5 cannot take back a write that failed: what it still holds is then lost without a word when a
// dataset is closed, and the process may crash at its end. So HDF5 writes through a driver of ours, which after the
// first failure writes nothing more and lets HDF5 go on; `check` says what happened.
class OutputFile {
 public:
  // kNew: creates or truncates. kExisting: an HDF5 file, to be added to. Error where that fails.
  enum class Start { kNew, kExisting };
  explicit OutputFile(const std::filesystem::path& path, Start start = Start::kNew);
  // Closes without a word.
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  hid_t id() const { return file_.id(); }
  // Error, with the system's words, where a write has failed so far. To be asked now and then in long writing.
  void check() const;
  // The same as a line, "" where none has failed.
  std::string failure() const;
  // From here on nothing is written: what HDF5 still holds is dropped when it closes.
  void abandon();
  // Writes what is left and closes. No other identifier of the file may be open. Error where any write failed.
  void close();

 private:
  std::unique_ptr<int> failure_;  // errno of the first failed write, 0 while there is none; shared with the driver
  Handle file_;
};

}  // namespace dctprep::hdf5
