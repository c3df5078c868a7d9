// SPDX-License-Identifier: BSD-3-Clause
// Where a run's results go: the HDF5 file (write/), or memory (tests, callers of the library).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "dctprep/base/image.h"
#include "dctprep/core/blob.h"
#include "dctprep/core/frame_source.h"
#include "dctprep/core/noise_model.h"
#include "dctprep/core/omega.h"
#include "dctprep/core/region.h"
#include "dctprep/core/scan_identity.h"
#include "dctprep/core/spot.h"

namespace dctprep {

// What is known before the first frame is processed.
struct ResultHeader {
  int frames = 0, height = 0, width = 0;
  std::vector<double> omega;  // degrees; NaN where unknown
  OmegaSource omega_source = OmegaSource::kGiven;
  std::string omega_dataset;      // where the angles stand: FILE::/dataset, "header", or ""
  std::vector<Sweep> sweeps;      // empty: all frames are one
  std::vector<int> file_frame;    // where each frame stands in the scan's file; empty: in order, from 0
  std::vector<int> block_centre;  // one a background
  Region beam;                    // empty: none
  Region sample;                  // empty: none, or not used
  std::string monitor;            // what frames were normalised by, where that is a monitor: a dataset or counter
  bool save_background = true;
  bool transmission = false;
  bool voxels = true;
  bool images = true;
  bool rejected = false;
  bool photometry = false;               // the spot table has the columns of photometry
  bool in_sigma = false;                 // grow_level is in sixteenths of a standard deviation, not in counts
  NoiseModel noise;                      // with either
  bool mates = false;                    // the spot table has the column of Friedel mates
  std::string scan_path;                 // absolute
  std::vector<FrameChecksum> checksums;  // by which the scan is known again; none in older results
  std::string config;                    // the complete TOML
  std::string command;
  std::string backend;  // instruction set used
};

// The unit of a spot column in this result.
constexpr std::string_view kSigmaStepUnit = "sigma/16";
inline std::string_view unit_of(const ColumnInfo& info, const ResultHeader& header) {
  return info.name == "grow_level" && header.in_sigma ? kSigmaStepUnit : info.unit;
}

// As visit_spot_columns, for those that the result has.
template <class Visitor>
void visit_spot_columns_of(const ResultHeader& header, Visitor&& visit) {
  visit_spot_columns(visit);
  if (header.photometry) visit_photometry_columns(visit);
  if (header.mates) visit_mate_column(visit);
}

// What is known after the last frame.
struct ResultSummary {
  std::vector<std::int32_t> frame_offset;                 // one a frame
  std::vector<double> beam_intensity;                     // NaN at bad frames
  std::vector<float> beam_factor;                         // 1 at bad frames
  std::vector<std::pair<int, BadFrameCause>> bad_frames;  // ascending
  std::vector<std::uint64_t> rejected_count;              // one a reason
  std::vector<std::pair<std::string, double>> timing;     // seconds by stage, summed over threads
  std::vector<std::string> warnings;                      // one line each
};

// Calls come from one thread at a time: begin, then any number of the middle ones, then end. Blobs come in any order;
// the sink numbers the spots by (first frame, linear index of the peak) and sets `id`.
class ResultSink {
 public:
  virtual ~ResultSink() = default;
  virtual void begin(const ResultHeader& header) = 0;
  virtual void background(int block, ImageView<const std::uint16_t> image) = 0;
  // Inside the direct beam, row by row.
  virtual void transmission(int frame, ImageView<const float> image) = 0;
  // `voxels` in the order of linear index; `image` height() x width() of the spot, row by row, empty where none is
  // wanted.
  virtual void spot(const Spot& spot, std::span<const Voxel> voxels, std::span<const std::uint32_t> image) = 0;
  virtual void rejected(const RejectedBlob& blob) = 0;
  virtual void end(const ResultSummary& summary) = 0;
};

}  // namespace dctprep
