// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/read/header_counters.h"

#include <limits>
#include <memory>
#include <tbb/parallel_for.h>

#include "dctprep/base/error.h"
#include "dctprep/read/image_reader.h"
#include "dctprep/read/series_plan.h"

namespace dctprep {

namespace {

// Of a file of one frame: its header lies within them, and no more is decompressed.
constexpr std::uint64_t kCounterBytes = std::uint64_t{1} << 18;

// The numbers of each frame of one file; what cannot be read has none.
std::vector<std::vector<HeaderNumber>> numbers_of_frames(const std::filesystem::path& file, bool several) {
  std::vector<std::vector<HeaderNumber>> numbers;
  for (const std::uint64_t limit : {kCounterBytes, ByteSource::kAll}) {
    if (several && limit != ByteSource::kAll) continue;
    try {
      const auto reader = open_image_reader(file, limit);
      for (int k = 0; k < reader->frames(); ++k) numbers.push_back(reader->numbers(k));
      return numbers;
    } catch (const Error&) {
      numbers.clear();
    }
  }
  return numbers;
}

}  // namespace

std::map<std::string, std::vector<double>> header_counters(const std::vector<std::filesystem::path>& files) {
  const SeriesPlan plan = plan_series(files);
  std::vector<std::vector<std::vector<HeaderNumber>>> of_file(plan.files.size());
  tbb::parallel_for(std::size_t{0}, of_file.size(),
                    [&](std::size_t i) { of_file[i] = numbers_of_frames(plan.files[i], plan.several_a_file); });
  std::map<std::string, std::vector<double>> counters;
  for (std::size_t k = 0; k < plan.slots.size(); ++k) {
    const SeriesSlot& slot = plan.slots[k];
    if (slot.file < 0) continue;
    const auto& frames = of_file[static_cast<std::size_t>(slot.file)];
    if (static_cast<std::size_t>(slot.frame) >= frames.size()) continue;
    for (const HeaderNumber& one : frames[static_cast<std::size_t>(slot.frame)]) {
      auto& values =
          counters.try_emplace(one.name, plan.slots.size(), std::numeric_limits<double>::quiet_NaN()).first->second;
      values[k] = one.value;
    }
  }
  return counters;
}

}  // namespace dctprep
