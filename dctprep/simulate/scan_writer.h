// SPDX-License-Identifier: BSD-3-Clause
// The images of a scan on disk, as a beamline leaves them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <vector>

#include "dctprep/base/image.h"
#include "dctprep/simulate/options.h"

namespace dctprep {

enum class StackKind { kFlats, kProjections, kDarks };

// Frames are encoded on any thread and put by one at a time, in any order. Nothing stands under the final name before
// finish().
class ScanWriter {
 public:
  virtual ~ScanWriter() = default;
  virtual std::vector<std::uint8_t> encode(StackKind kind, int frame, ImageView<const std::uint16_t> image) const = 0;
  virtual void put(StackKind kind, int frame, std::span<const std::uint8_t> encoded) = 0;
  virtual void finish() = 0;
};

// The pixels as a chunk of bitshuffle-LZ4, or with `compress` off as they are.
std::vector<std::uint8_t> encode_pixels(ImageView<const std::uint16_t> image, bool compress);

// One HDF5 file as BLISS writes it: 1.1 flats, 2.1 projections with measurement/diffrz, 3.1 darks; one frame a chunk.
// `truth_name` goes into its attributes.
std::unique_ptr<ScanWriter> make_hdf5_writer(const SimulateOptions& options, const std::filesystem::path& file,
                                             const std::string& truth_name, bool overwrite);

// A folder of EDF files: NAME0000.edf ..., NAME being the folder's, with the rotation angle in the header;
// dark0000.edf ..., ref0000.edf ... . `overwrite` replaces a folder that holds nothing but EDF files.
std::unique_ptr<ScanWriter> make_edf_writer(const SimulateOptions& options, const std::filesystem::path& folder,
                                            bool overwrite);

}  // namespace dctprep
