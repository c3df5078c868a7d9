// SPDX-License-Identifier: BSD-3-Clause
// From a path to a scan: which reader, which frames, which angles, which darks and flats.
#pragma once

#include <memory>
#include <string>

#include "dctprep/core/scan.h"
#include "dctprep/read/options.h"

namespace dctprep {

// Opens what `options.path` names (absolute, or relative to the working folder) and all that belongs to it. Reads
// headers and, for markers of masked pixels, the first frame used; no other pixels. Throws Error with one line that
// names the path, what is wrong and what to do.
Scan open_scan(const ScanOptions& options);

// The stack of frames that a path names ("FILE.h5", "FILE.h5::/dataset", a folder, a glob, a single image): for darks
// and flats.
std::shared_ptr<const FrameSource> open_frames(const std::string& path);

}  // namespace dctprep
