// Every "auto" of a configuration, found from the data.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "dctprep/base/progress.h"
#include "dctprep/config/config.h"
#include "dctprep/core/scan.h"

namespace dctprep {

struct Estimate {
  Config config;                           // no value is "auto"
  std::map<std::string, std::string> why;  // "segment.seed" -> one or two sentences: what was seen, what follows
  std::vector<std::string> warnings;       // what the user should look at, and how to set it by hand
};

// Looks at a sample of the scan's frames (a few dozen, spread over the rotation, never more than that, whatever its
// length) and fills in what `given` leaves open; what it gives is kept. Deterministic: the same scan and configuration
// give the same values, on any number of threads. Throws Error where a value is needed that cannot be found, naming the
// key to set.
Estimate find_parameters(const Config& given, const Scan& scan, Progress& progress);

}  // namespace dctprep
