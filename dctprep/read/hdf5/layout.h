// SPDX-License-Identifier: BSD-3-Clause
// What lies where in the raw HDF5 files of the field: BLISS, LImA, NXtomo, Dectris, APS exchange, CHESS.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "dctprep/read/omega_candidate.h"

namespace dctprep {

// A stack found in a file: dataset paths (several only for Dectris), and which of their frames, in order (empty: all).
struct Hdf5Stack {
  std::vector<std::string> datasets;
  std::vector<int> frames;
  bool empty() const { return datasets.empty(); }
};

struct Hdf5Layout {
  std::string writer;  // "BLISS", "LImA", "NXtomo", "Dectris", "APS exchange", "HDF5"
  Hdf5Stack projections;
  Hdf5Stack darks;  // empty where none were found
  Hdf5Stack flats;
  std::vector<OmegaCandidate> omega;  // what may tell the angles, the likelier first; not judged yet
  std::string frame_ids;              // dataset that numbers the frames as they were taken, "" where there is none
  std::vector<std::string> notes;     // what was chosen among several, and why
  std::vector<std::string> warnings;
};

// What the words of a path to a stack say that it holds: /exchange/data_dark, /darks/data, /entry/flat_field.
enum class StackRole { kProjections, kDark, kFlat };
StackRole stack_role(const std::string& path);

// Finds the stacks of `file`; `dataset` "" or the projections' dataset, given by the user (the rest is then looked for
// round it). Throws Error that lists the candidate datasets where none or more than one could be meant, and says how to
// name one.
Hdf5Layout find_hdf5_layout(const std::filesystem::path& file, const std::string& dataset);

}  // namespace dctprep
