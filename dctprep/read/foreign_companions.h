// SPDX-License-Identifier: BSD-3-Clause
// Whether what was named as belonging to a scan lies with another scan.
#pragma once

#include <optional>
#include <string>

#include "dctprep/core/frame_source.h"
#include "dctprep/read/scan_path.h"

namespace dctprep {

// The other scan that `companion` (a path as of scan.dark, scan.omega or scan.mask) lies with, as "PATH (60 frames)";
// nothing where it lies in a file or folder of its own, or of this scan. With another scan lies: a dataset of an HDF5
// file that holds frames of a scan beside it (of this scan's file: in the same entry, which is not that of
// scan.dataset), unless `frames` come from that file or those frames from files of this scan; images of a folder that
// holds a series of frames beside them and is not this scan's. Reads headers only. Nothing too where the companion
// cannot be opened, which its reader will say. `is_frames`: the companion is a stack of frames itself, as a dark is.
std::optional<std::string> other_scan_of(const std::string& companion, bool is_frames, const ScanPath& scan,
                                         const FrameSource& frames);

// Refuses angles of another scan: `option` is scan.omega. Error names both.
void refuse_foreign_omega(const std::string& option, const ScanPath& scan, const FrameSource& frames);

// Warns of a dark, flat or mask of another scan: `key` is "scan.dark", ...; `option` its value.
std::optional<std::string> warn_of_foreign(const std::string& key, const std::string& option, const ScanPath& scan,
                                           const FrameSource& frames);

}  // namespace dctprep
