// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/read/image/series_plan.h"

#include <algorithm>
#include <map>
#include <system_error>
#include <utility>

#include "dctprep/base/error.h"
#include "dctprep/read/image/natural_order.h"

namespace dctprep {

namespace {

constexpr std::size_t kMaxFrames = 10'000'000;

// One a file, and one for each that is missing between them. `counted`: a number in the names counts the files.
std::vector<SeriesSlot> file_slots(const std::vector<std::filesystem::path>& files, bool& counted) {
  counted = false;
  std::vector<SeriesSlot> slots;
  for (std::size_t i = 0; i < files.size(); ++i) slots.push_back({static_cast<int>(i), 0, false, {}});
  std::vector<NameParts> names;
  for (const auto& file : files) {
    names.push_back(split_name(file.filename().string()));
    if (names.back().texts != names.front().texts) return slots;
  }
  const int counting = counting_number(names);
  if (counting < 0) return slots;
  const auto number = [&](std::size_t i) { return names[i].numbers[static_cast<std::size_t>(counting)]; };
  std::map<std::uint64_t, std::size_t> steps;
  for (std::size_t i = 1; i < files.size(); ++i) {
    if (number(i) <= number(i - 1)) return slots;  // over several folders, say
    ++steps[number(i) - number(i - 1)];
  }
  const std::uint64_t step =
      std::max_element(steps.begin(), steps.end(), [](auto& a, auto& b) { return a.second < b.second; })->first;
  const std::size_t most = 20 * files.size() + 1000;
  std::vector<SeriesSlot> with_gaps;
  for (std::size_t i = 0; i < files.size(); ++i) {
    const std::uint64_t gap = i > 0 ? number(i) - number(i - 1) : step;
    const std::string name = files[i].filename().string();
    if (gap % step != 0) {
      fail(
          "{}: its number does not fit the step of {} between the others' numbers; name the files that belong "
          "together with a quoted glob",
          files[i].string(), step);
    }
    if (gap / step > most) {
      fail("{}: {} numbers are missing before it; name the files that belong together with a quoted glob",
           files[i].string(), gap / step - 1);
    }
    for (std::uint64_t n = 1; n < gap / step; ++n) {
      with_gaps.push_back(
          {-1, 0, false, names[i - 1].with_number(static_cast<std::size_t>(counting), number(i - 1) + n * step)});
    }
    with_gaps.push_back({static_cast<int>(i), 0, false, {}});
  }
  counted = true;
  return with_gaps;
}

bool has_good_frame(const ImageReader& reader) {
  for (int k = 0; k < reader.frames(); ++k) {
    if (!reader.fault(k)) return true;
  }
  return false;
}

// The first file with a frame that can be read.
void find_example(SeriesPlan& plan) {
  std::string first_error;
  for (std::size_t i = 0; i < plan.files.size(); ++i) {
    try {
      auto reader = open_image_reader(plan.files[i]);
      if (has_good_frame(*reader)) {
        plan.example = std::move(reader);
        plan.example_file = static_cast<int>(i);
        return;
      }
      if (first_error.empty()) first_error = fmt::format("{}: {}", plan.files[i].string(), reader->fault(0)->what);
    } catch (const Error& error) {
      if (first_error.empty()) first_error = error.what();
    }
  }
  if (plan.files.size() == 1) fail("{}", first_error);
  fail("none of {} files can be read; the first: {}", plan.files.size(), first_error);
}

// Whether a file that is markedly larger than the example holds several frames.
bool has_file_of_several(const SeriesPlan& plan) {
  std::error_code error;
  const auto usual = std::filesystem::file_size(plan.files[static_cast<std::size_t>(plan.example_file)], error);
  for (const auto& file : plan.files) {
    const auto size = std::filesystem::file_size(file, error);
    if (error || size < usual + usual / 2) continue;
    try {
      if (open_image_reader(file)->frames() > 1) return true;
    } catch (const Error&) {
    }
  }
  return false;
}

// Replaces each slot of a file of several frames by one a frame.
void unfold(SeriesPlan& plan) {
  std::vector<SeriesSlot> frames;
  for (const SeriesSlot& slot : plan.slots) {
    // A file that is missing or cannot be read takes the place of as many frames as the example has.
    int count = plan.example->frames();
    if (slot.file >= 0 && slot.file != plan.example_file) {
      try {
        count = open_image_reader(plan.files[static_cast<std::size_t>(slot.file)])->frames();
      } catch (const Error&) {
      }
    }
    for (int k = 0; k < count; ++k) frames.push_back({slot.file, k, count > 1, slot.missing_name});
    if (frames.size() > kMaxFrames) fail("{}: more than {} frames", plan.files[0].string(), kMaxFrames);
  }
  plan.slots = std::move(frames);
}

}  // namespace

SeriesPlan plan_series(const std::vector<std::filesystem::path>& files) {
  if (files.empty()) fail("no image files");
  SeriesPlan plan;
  plan.files = files;
  bool counted = false;
  plan.slots = file_slots(files, counted);
  find_example(plan);
  // Where a number counts the frames, a file of two is damage that must not shift those behind it.
  plan.several_a_file = plan.example->frames() > 1 || (!counted && has_file_of_several(plan));
  if (plan.several_a_file) unfold(plan);
  return plan;
}

}  // namespace dctprep
