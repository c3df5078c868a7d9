// SPDX-License-Identifier: BSD-3-Clause
// Where frames come from, whatever the file format.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "dctprep/base/image.h"
#include "dctprep/core/pixel_changes.h"

namespace dctprep {

// Why a frame is bad. The order is that of /entry/scan/bad_frame_cause.
enum class BadFrameCause : std::uint8_t { kListed, kUnreadable, kMissing, kNoBeam };
inline const std::vector<std::string>& bad_frame_cause_names() {
  static const std::vector<std::string> names{"listed", "unreadable", "missing", "no_beam"};
  return names;
}

// A frame that cannot be had: kMissing (never written, a gap in a series, a source file that is gone) or kUnreadable
// (there, but damaged or cut short), and in words what is wrong with it.
struct FrameFault {
  BadFrameCause cause = BadFrameCause::kUnreadable;
  std::string what;
};

// A stack of frames of one size, read one by one. Immutable once opened; `read` may be called from many threads.
class FrameSource {
 public:
  virtual ~FrameSource() = default;

  virtual int frames() const = 0;
  virtual int height() const = 0;
  virtual int width() const = 0;
  // The largest value that the stored type can hold as a pixel, 255 or 65535: what counts as saturated by default.
  virtual int type_max() const = 0;

  // Reads frame `k`, 0 <= k < frames(), into `out` (contiguous, height() x width()). Returns what is wrong where the
  // frame cannot be had (`out` is then undefined). Values that are no whole numbers in 0 ... 65535 are read as the
  // nearest that is one, and markers of masked pixels (-1 and -2; the largest value of a 32-bit unsigned type; NaN) as
  // 0; `changes`, where not null, counts them. `markers`, where not empty, gets 1 at markers and 0 elsewhere.
  virtual std::optional<FrameFault> read(int k, ImageView<std::uint16_t> out, ImageView<std::uint8_t> markers = {},
                                         PixelChanges* changes = nullptr) const = 0;

  // Fetches what frame `k` is stored as, so that a read() to come need not wait for the disk; does nothing where the
  // format does not allow it, or where something is wrong, which read() will say. What is fetched and not read stays in
  // memory: ask for few. Thread-safe.
  virtual void prefetch(int /*k*/) const {}

  // A name for frame `k` that a user knows it by, for messages: "scan_0017.edf", "scan.h5: frame 17".
  virtual std::string frame_name(int k) const = 0;

  // Where frame `k` stands in what is stored, and how many frames are stored there: a selection of frames knows more of
  // them than it shows. What is recorded beside the frames (angles, monitors) goes by these.
  virtual int stored_index(int k) const { return k; }
  virtual int stored_frames() const { return frames(); }

  // Adds the files that frames come from, as far as there are any, to `files`: what must not be overwritten while it is
  // read. Those behind virtual datasets, external storage and links count; one may be named more than once.
  virtual void list_files(std::vector<std::filesystem::path>& /*files*/) const {}
};

// Facts about how a scan is stored, for `info` and provenance.
struct StorageInfo {
  std::string format;              // "HDF5 (BLISS)", "EDF series", ...
  std::string location;            // absolute path, with ::/dataset where there is one
  std::string type;                // stored pixel type: "uint16", "int32", ...
  std::string compression;         // "bitshuffle-lz4", "gzip", "none", ...
  std::string clipped_from;        // of a virtual dataset: a source whose values its own type cannot hold, else ""
  std::uint64_t bytes_stored = 0;  // of the frames on disk, 0 where unknown
};

}  // namespace dctprep
