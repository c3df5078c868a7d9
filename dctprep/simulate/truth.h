// SPDX-License-Identifier: BSD-3-Clause
// What is true of a simulated scan, and the one list of the columns of its spot table.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "dctprep/core/spot.h"
#include "dctprep/simulate/detector.h"
#include "dctprep/simulate/options.h"
#include "dctprep/simulate/sample.h"

namespace dctprep {

enum TruthFlag : std::uint32_t {
  kTruthOverlap = 1,    // its footprint touches that of another spot
  kTruthTruncated = 2,  // runs into the first or last frame of a scan that is no full turn, and goes on beyond
  kTruthBorder = 4,     // part of it falls beside the detector
  kTruthSaturated = 8,  // its peak reaches full_well
  kTruthInBeam = 16,    // part of its footprint lies in the direct beam
  kTruthGrazing = 32,   // |sin eta| < 0.05: it lingers at the Ewald sphere, and its width and intensity are held there
};
inline const std::vector<std::string>& truth_flag_names() {
  static const std::vector<std::string> names{"overlap", "truncated", "border", "saturated", "in_beam", "grazing"};
  return names;
}

// One reflection of one grain at one omega. Counts are expected ones above everything else, at the median beam; what
// falls beside the detector or outside the scan is not in them. The footprint is the voxels of at least `level` counts.
// Frames count on past the last in a spot that runs over the seam of a full turn.
struct TruthSpot {
  std::uint32_t id = 0;
  std::int32_t grain = 0, h = 0, k = 0, l = 0;
  double omega_deg = 0, two_theta_deg = 0, eta_deg = 0;
  double frame = 0, u = 0, v = 0;
  double sigma_frame = 0;
  double intensity = 0, intensity_recorded = 0, peak = 0;
  double noise = 0, snr = 0, level = 0;
  std::int32_t frame_start = 0, frame_end = 0, u_min = 0, u_max = 0, v_min = 0, v_max = 0;
  std::uint32_t volume = 0, area = 0;
  std::int32_t mate = -1;
  std::uint32_t flags = 0;
};

template <class Visitor>
void visit_truth_columns(Visitor&& visit) {
  visit(ColumnInfo{"id", "", "number of the row"}, &TruthSpot::id);
  visit(ColumnInfo{"grain", "", "row of the grain in /entry/grains"}, &TruthSpot::grain);
  visit(ColumnInfo{"h", "", "Miller index h"}, &TruthSpot::h);
  visit(ColumnInfo{"k", "", "Miller index k"}, &TruthSpot::k);
  visit(ColumnInfo{"l", "", "Miller index l"}, &TruthSpot::l);
  visit(ColumnInfo{"omega_deg", "degrees", "rotation angle that fulfils Bragg's law"}, &TruthSpot::omega_deg);
  visit(ColumnInfo{"two_theta_deg", "degrees", "scattering angle"}, &TruthSpot::two_theta_deg);
  visit(ColumnInfo{"eta_deg", "degrees", "azimuth of the diffracted beam, from up towards growing u"},
        &TruthSpot::eta_deg);
  visit(ColumnInfo{"frame", "frames", "centroid along the rotation"}, &TruthSpot::frame);
  visit(ColumnInfo{"u", "pixels", "centroid column"}, &TruthSpot::u);
  visit(ColumnInfo{"v", "pixels", "centroid row"}, &TruthSpot::v);
  visit(ColumnInfo{"sigma_frame", "frames", "standard deviation along the rotation"}, &TruthSpot::sigma_frame);
  visit(ColumnInfo{"intensity", "counts", "expected sum, at the median beam"}, &TruthSpot::intensity);
  visit(ColumnInfo{"intensity_recorded", "counts", "expected sum, with the beam as it was"},
        &TruthSpot::intensity_recorded);
  visit(ColumnInfo{"peak", "counts", "largest expected voxel, at the median beam"}, &TruthSpot::peak);
  visit(ColumnInfo{"noise", "counts", "standard deviation of the background's reading at the peak"}, &TruthSpot::noise);
  visit(ColumnInfo{"snr", "", "peak over noise"}, &TruthSpot::snr);
  visit(ColumnInfo{"level", "counts", "least expected voxel of the footprint"}, &TruthSpot::level);
  visit(ColumnInfo{"frame_start", "frames", "first frame of the footprint"}, &TruthSpot::frame_start);
  visit(ColumnInfo{"frame_end", "frames", "last frame of the footprint"}, &TruthSpot::frame_end);
  visit(ColumnInfo{"u_min", "pixels", "lowest column of the footprint"}, &TruthSpot::u_min);
  visit(ColumnInfo{"u_max", "pixels", "highest column of the footprint"}, &TruthSpot::u_max);
  visit(ColumnInfo{"v_min", "pixels", "lowest row of the footprint"}, &TruthSpot::v_min);
  visit(ColumnInfo{"v_max", "pixels", "highest row of the footprint"}, &TruthSpot::v_max);
  visit(ColumnInfo{"volume", "voxels", "voxels of the footprint"}, &TruthSpot::volume);
  visit(ColumnInfo{"area", "pixels", "distinct pixels of the footprint"}, &TruthSpot::area);
  visit(ColumnInfo{"mate", "", "id of the Friedel mate half a turn away, -1: not in the table"}, &TruthSpot::mate);
  visit(ColumnInfo{"flags", "", "flags, bit by bit as in flag_names"}, &TruthSpot::flags);
}

// Everything a truth file holds.
struct Truth {
  const SimulateOptions& options;  // resolved
  const Sample& sample;
  const Detector& detector;
  const std::vector<float>& beam_factor;
  const std::vector<TruthSpot>& spots;
  std::string scan_name;  // file or folder of the images
};

// Writes the HDF5 file `path` (truncated): /entry/spots, grains, beam, scan, detector, parameters. silx and h5web plot
// it.
void write_truth(const Truth& truth, const std::filesystem::path& path);

}  // namespace dctprep
