// SPDX-License-Identifier: BSD-3-Clause
// Image files as frames: EDF, TIFF, CBF, marCCD, GE; plain or compressed with gzip or bzip2; alone or in numbered
// series.
//
// The format is told by content, not by name. Rows stand in the order in which they are stored, row 0 first: the
// Orientation tag of TIFF and flips that headers speak of are ignored, as fabio and tifffile do.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "dctprep/core/frame_source.h"
#include "dctprep/read/omega_candidate.h"

namespace dctprep {

// The frames of one file (one, or several in a multi-frame EDF or GE file or a multi-page TIFF). Throws Error where the
// file holds no frame that can be read, or is of a format or type that is not supported, naming it. A frame that is cut
// short, damaged, or of another size than the first is a FrameFault.
std::shared_ptr<const FrameSource> open_image_file(const std::filesystem::path& path);

// As for `info`; `location` is left empty.
StorageInfo image_storage_info(const std::vector<std::filesystem::path>& files);

}  // namespace dctprep
