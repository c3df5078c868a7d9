// SPDX-License-Identifier: BSD-3-Clause
// The beam monitor of a scan: a counter that measured the beam's intensity in every frame.
#pragma once

#include <string>
#include <vector>

#include "dctprep/core/scan.h"

namespace dctprep {

struct ScanMonitor {
  std::string name;            // of the counter: "fpico3"
  std::string path;            // that names it again: FILE::/dataset, absolute; of image headers the counter's name
  std::vector<double> values;  // one a frame used; NaN where none was recorded, in frames that are missing
};

// What in the scan by its name is a beam monitor with one finite number a frame, positive as a rule, that is not the
// same everywhere. The likelier first: fpico, pico, mon, monitor, ic, i0, diode, control and the like, in natural
// order; then the current of the storage ring (srcur, current, ...).
std::vector<ScanMonitor> find_monitors(const Scan& scan);

// `option`: the name of a counter of the scan (its datasets of one number a frame, near the frames first; the counters
// and keys of image headers), "/dataset" of the scan's own file, "FILE.h5::/dataset", or "auto": the first of
// find_monitors(). Throws Error, naming what there is: no such counter, another number of values than the scan has
// frames, a median that is not above 0, a dataset that lies with another scan.
ScanMonitor read_monitor(const std::string& option, const Scan& scan);

}  // namespace dctprep
