// Single image files: EDF, TIFF, CBF, marCCD, GE; plain or compressed with gzip or bzip2.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "dctprep/core/frame_source.h"

namespace dctprep {

// The frames of one file (one, or several in a multi-frame EDF or multi-page TIFF). The format is told by content, not by name.
// Throws Error where the file holds no frame that can be read, or of a type that is not supported, naming it.
std::shared_ptr<const FrameSource> open_image_file(const std::filesystem::path& path);

// A rotation angle in the header, where there is one: EDF motor_mne/motor_pos and plain keys, miniCBF "# Start_angle",
// one a frame of the file; empty where there is none.
std::vector<double> header_omega(const std::filesystem::path& path);

// Numbered files of a folder or a glob in natural numeric order as one stack. A gap in the numbers of the most frequent step is a
// missing frame. All files must have the first one's size and type family; one that cannot be read is a bad frame.
std::shared_ptr<const FrameSource> open_image_series(const std::vector<std::filesystem::path>& files);

// The files that a folder (its most numerous family of image files; Error where it is unclear which) or a glob names, in natural numeric order.
std::vector<std::filesystem::path> list_series(const std::string& folder_or_glob);

}  // namespace dctprep
