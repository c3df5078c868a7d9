// SPDX-License-Identifier: BSD-3-Clause
// Frames scaled by a monitor.
#pragma once

#include <optional>
#include <string>

#include "dctprep/estimate/search.h"

namespace dctprep {

// Where frames are normalised by a monitor: beam.monitor, and how frames are scaled by it.
void settle_monitor(Search& search, BeamScale& scale);
// What may be normalised by in place of the direct beam, by how evenly it leaves the light of the frames; and what is
// to be said of it. No value where none is clearly better than nothing.
struct MonitorChoice {
  std::optional<std::string> path;
  std::string why;
};
MonitorChoice choose_monitor(const Search& search, const FrameSample& sample);

}  // namespace dctprep
