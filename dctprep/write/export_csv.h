// SPDX-License-Identifier: BSD-3-Clause
// The spot table as comma-separated values.
#pragma once

#include <filesystem>

#include "dctprep/write/result_reader.h"

namespace dctprep {

// A line of column names, then a line a spot in the order of id, each ended by a line feed. Numbers have a decimal
// point whatever the locale, and as many digits as give the same bits back. Error where the disk is full.
void export_csv(const ResultFile& result, const std::filesystem::path& path);

}  // namespace dctprep
