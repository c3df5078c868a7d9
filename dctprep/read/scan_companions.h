// SPDX-License-Identifier: BSD-3-Clause
// Darks and flats of a scan.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "dctprep/core/frame_source.h"
#include "dctprep/read/hdf5/layout.h"
#include "dctprep/read/scan_path.h"

namespace dctprep {

enum class CompanionKind { kDark, kFlat };

struct Companion {
  std::shared_ptr<const FrameSource> frames;  // null: there are none
  // An absolute path that names the same frames again, or "none"; "auto" where no path can: frames picked out of a
  // dataset.
  std::string path = "none";
  std::vector<std::string> notes;
};

// `option` is "auto", "none" or a path; `frames` are the scan's, whose size the companions must have.
//
// A path: as of open_frames; of an HDF5 file without a dataset, its darks (flats) by its layout or by their names, else
// its frames. Error where it cannot be opened or is of another size. Image files that are sums of several frames are
// divided (summed_frames.h); numbers with fractions are rounded; both with a note. "auto", HDF5: what the layout tells.
// "auto", images: one family of files in the folder of the scan whose names say so (dark; refHST before flat before
// ref), else a folder of that name in or beside the scan's folder (beside it only where the scan is a folder). What is
// found but cannot be used (another size, several candidates, values that are no counts) is left out with a note.
Companion find_companion(CompanionKind kind, const std::string& option, const ScanPath& scan, const Hdf5Layout* layout,
                         const FrameSource& frames);

// The frames of one stack of a layout.
std::shared_ptr<const FrameSource> open_hdf5_stack(const std::filesystem::path& file, const Hdf5Stack& stack);

}  // namespace dctprep
