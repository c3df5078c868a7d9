// SPDX-License-Identifier: BSD-3-Clause
// The scan that a result was made from, opened again.
#pragma once

#include <string>

#include "dctprep/config/config.h"
#include "dctprep/core/scan.h"
#include "dctprep/write/result_reader.h"

namespace dctprep {

// What is known of it.
struct RecordedScan {
  std::string source;  // who recorded it, for messages
  Config config;
  int frames = 0, height = 0, width = 0;
  std::string path;  // absolute
  std::vector<FrameChecksum> checksums;
};

// Opens it where it was, or at `moved_to` (not empty) if it has moved: with its frames, darks and mask as in the
// recorded configuration, without flats.
// Companions that lay in the file or folder
// of the scan have moved with it. Throws Error, naming both, where what lies there is another scan: another size, or
// other pixels (core/scan_identity.h). A result that holds no checksums, of an older program, is compared by size
// alone.
Scan open_recorded_scan(const RecordedScan& recorded, const std::string& moved_to = "");
Scan open_recorded_scan(const ResultFile& result, const std::string& moved_to = "");

// A path of the recorded configuration after the scan has moved from `from` to `to`: its file or folder replaced where
// that is the one of the scan ("auto" where what was a dataset of an HDF5 file now belongs to images); else as it was.
// All absolute; paths of a scan, "FILE::/dataset", a folder or a glob.
std::string moved_path(const std::string& path, const std::string& from, const std::string& to);

}  // namespace dctprep
