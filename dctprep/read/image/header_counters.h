// SPDX-License-Identifier: BSD-3-Clause
// The numbers that the headers of image files tell of each frame.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace dctprep {

// Every number by its name (lower case; EDF counter_mne/counter_pos, motor_mne/motor_pos and plain keys), one value a
// frame of open_image_series(files); NaN where a header does not tell it. Errors as of open_image_series.
std::map<std::string, std::vector<double>> header_counters(const std::vector<std::filesystem::path>& files);

}  // namespace dctprep
