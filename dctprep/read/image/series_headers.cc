// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/read/image/series_headers.h"

#include <cstdint>
#include <memory>
#include <tbb/parallel_for.h>

#include "dctprep/base/error.h"
#include "dctprep/read/byte_source.h"
#include "dctprep/read/image/series_plan.h"

namespace dctprep {

namespace {

// Headers lie within the first bytes of a compressed file.
constexpr std::uint64_t kHeaderBytes = std::uint64_t{1} << 18;

std::vector<HeaderNumber> read_numbers(const SeriesPlan& plan, const SeriesSlot& slot) {
  if (slot.file < 0) return {};
  const auto& path = plan.files[static_cast<std::size_t>(slot.file)];
  for (const std::uint64_t limit : {kHeaderBytes, ByteSource::kAll}) {
    if (plan.several_a_file && limit != ByteSource::kAll) continue;
    try {
      const auto reader = open_image_reader(path, limit);
      return slot.frame < reader->frames() ? reader->numbers(slot.frame) : std::vector<HeaderNumber>();
    } catch (const Error&) {
    }
  }
  return {};
}

}  // namespace

std::vector<HeaderNumber> first_header(const std::vector<std::filesystem::path>& files) {
  for (const auto& file : files) {
    for (const std::uint64_t limit : {kHeaderBytes, ByteSource::kAll}) {
      try {
        return open_image_reader(file, limit)->numbers(0);
      } catch (const Error&) {
        // More of it, or the next one, will do.
      }
    }
  }
  return {};
}

// Files of one frame each are opened by all threads, one of several frames only once.
std::vector<std::vector<HeaderNumber>> series_headers(const std::vector<std::filesystem::path>& files) {
  const SeriesPlan plan = plan_series(files);
  std::vector<std::vector<HeaderNumber>> headers(plan.slots.size());
  if (!plan.several_a_file) {
    tbb::parallel_for(std::size_t{0}, plan.slots.size(),
                      [&](std::size_t k) { headers[k] = read_numbers(plan, plan.slots[k]); });
    return headers;
  }
  std::shared_ptr<const ImageReader> reader;
  int opened = -1;
  for (std::size_t k = 0; k < plan.slots.size(); ++k) {
    const SeriesSlot& slot = plan.slots[k];
    if (slot.file < 0) continue;
    if (slot.file != opened) {
      opened = slot.file;
      reader.reset();
      try {
        reader = slot.file == plan.example_file ? plan.example
                                                : open_image_reader(plan.files[static_cast<std::size_t>(slot.file)]);
      } catch (const Error&) {
      }
    }
    if (reader && slot.frame < reader->frames()) headers[k] = reader->numbers(slot.frame);
  }
  return headers;
}

}  // namespace dctprep
