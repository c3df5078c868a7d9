// SPDX-License-Identifier: BSD-3-Clause
// Judges the candidates for the angles of a scan, each by itself.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "dctprep/read/angle_list.h"
#include "dctprep/read/hdf5/layout.h"
#include "dctprep/read/hdf5/numbers.h"
#include "dctprep/read/hdf5/series.h"
#include "dctprep/read/omega_candidate.h"
#include "dctprep/read/scan_path.h"

namespace dctprep {

// A candidate that was looked at.
struct TriedOmega {
  const OmegaCandidate* candidate = nullptr;
  AngleVerdict verdict;
  std::string note;  // how its values were matched with the frames, where that is worth a word
  bool usable() const { return candidate != nullptr && verdict.fault.empty(); }
};

// "/1.1/title "fscan rot 0 0.5 60 0.1"", and the same with its source behind.
std::string place_of(const OmegaCandidate& candidate);
std::string describe(const OmegaCandidate& candidate);

// Keeps references: what it is made of must outlive it.
class OmegaJudge {
 public:
  // `layout` is null for images.
  OmegaJudge(const ScanPath& scan, const Hdf5Layout* layout, const UsedFrames& frames);

  const std::vector<OmegaCandidate>& candidates() const { return candidates_; }
  // Reads the values of a candidate of this scan and judges them: unit, count, motion. What cannot be read is a fault.
  TriedOmega try_one(const OmegaCandidate& candidate) const;
  // "FILE::/dataset", absolute, or "header".
  std::string path_of(const OmegaCandidate& candidate) const;

 private:
  void judge(const OmegaCandidate& candidate, TriedOmega& tried) const;
  void find_in_series();
  Hdf5Numbers read(const OmegaCandidate& candidate) const;
  const std::vector<double>& frame_ids() const;
  std::vector<double> even_angles(const EvenAngles& even) const;

  const ScanPath& scan_;
  const Hdf5Layout* layout_;
  const UsedFrames& frames_;
  std::vector<OmegaCandidate> candidates_;
  mutable std::optional<std::vector<double>> frame_ids_;
  std::vector<std::uint8_t>
      absent_;  // of files: 1 at frames that are gone, or without a header; empty for one HDF5 file
  std::optional<SeriesPlaces> places_;  // of a series of HDF5 files
};

}  // namespace dctprep
