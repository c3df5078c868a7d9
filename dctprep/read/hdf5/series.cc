// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/read/hdf5/series.h"

#include <algorithm>
#include <fmt/format.h>
#include <limits>
#include <utility>

#include "dctprep/base/assert.h"
#include "dctprep/base/error.h"
#include "dctprep/base/rehearsal.h"
#include "dctprep/read/hdf5/layout.h"
#include "dctprep/read/hdf5/source.h"
#include "dctprep/read/image/natural_order.h"
#include "dctprep/read/joined_frames.h"
#include "dctprep/read/shared_cache.h"

namespace dctprep {

namespace fs = std::filesystem;

namespace {

// A scan may have thousands of files, and a process may open a thousand.
constexpr std::size_t kFilesKeptOpen = 64;
constexpr std::uint64_t kMostMissing = 10000;  // files in a row

struct OpenedFile {
  std::shared_ptr<const FrameSource> frames;
};
using OpenFiles = SharedCache<std::string, OpenedFile>;

// The stack of a file that is opened when it is read.
class FileFrames final : public FrameSource {
 public:
  FileFrames(fs::path file, std::string dataset, const FrameSource& opened, std::shared_ptr<OpenFiles> open)
      : file_(std::move(file)),
        dataset_(std::move(dataset)),
        frames_(opened.frames()),
        height_(opened.height()),
        width_(opened.width()),
        type_max_(opened.type_max()),
        open_(std::move(open)) {}

  int frames() const override { return frames_; }
  int height() const override { return height_; }
  int width() const override { return width_; }
  int type_max() const override { return type_max_; }

  std::optional<FrameFault> read(int k, ImageView<std::uint16_t> out, ImageView<std::uint8_t> markers,
                                 PixelChanges* changes) const override {
    std::shared_ptr<const FrameSource> source;
    try {
      source = opened();
    } catch (const Error& error) {
      return FrameFault{BadFrameCause::kUnreadable, error.what()};
    }
    if (source->frames() != frames_ || source->height() != height_ || source->width() != width_) {
      return FrameFault{BadFrameCause::kUnreadable, "the file has changed since it was opened"};
    }
    return source->read(k, out, markers, changes);
  }

  void prefetch(int k) const override {
    try {
      if (const auto source = opened(); k < source->frames()) source->prefetch(k);
    } catch (const Error&) {
      // read() says what is wrong.
    }
  }

  std::string frame_name(int k) const override { return fmt::format("{}: frame {}", file_.filename().string(), k); }

  void list_files(std::vector<fs::path>& files) const override {
    files.push_back(file_);
    try {
      opened()->list_files(files);
    } catch (const Error&) {
      // A file that is gone has no others behind it.
    }
  }

 private:
  std::shared_ptr<const FrameSource> opened() const {
    return open_->get(file_.native(), [&](OpenedFile& one) { one.frames = open_hdf5_frames(file_, dataset_); })->frames;
  }

  fs::path file_;
  std::string dataset_;
  int frames_, height_, width_, type_max_;
  std::shared_ptr<OpenFiles> open_;
};

std::string dataset_of(const fs::path& file) {
  const Hdf5Layout layout = find_hdf5_layout(file, "");
  if (layout.projections.datasets.size() != 1 || !layout.projections.frames.empty()) {
    fail("{}: is no file of a series, but a scan of its own; name it by itself", file.string());
  }
  return layout.projections.datasets[0];
}

// Numbers that are left out before file `i`.
std::uint64_t missing_before(const std::vector<NameParts>& names, int counting, std::size_t i) {
  if (counting < 0 || i == 0) return 0;
  const auto n = static_cast<std::size_t>(counting);
  const std::uint64_t number = names[i].numbers[n], before = names[i - 1].numbers[n];
  if (number <= before + 1) return 0;
  if (number - before > kMostMissing) return 0;  // other numbers, not lost files
  return number - before - 1;
}

// The files in their order, and those that are missing between them.
std::vector<FramePart> open_parts(const std::vector<fs::path>& files, std::string* found) {
  std::vector<NameParts> names;
  for (const fs::path& file : files) names.push_back(split_name(file.filename().string()));
  const bool one_pattern =
      std::all_of(names.begin(), names.end(), [&](const NameParts& name) { return name.texts == names[0].texts; });
  const int counting = one_pattern ? counting_number(names) : -1;
  auto open = std::make_shared<OpenFiles>(kFilesKeptOpen);
  std::vector<FramePart> parts;
  std::string dataset;
  for (std::size_t i = 0; i < files.size(); ++i) {
    for (std::uint64_t n = missing_before(names, counting, i); n > 0; --n) {
      const auto place = static_cast<std::size_t>(counting);
      parts.push_back({nullptr, 0, names[i].with_number(place, names[i].numbers[place] - n) + " is not there", 0});
    }
    FramePart part;
    part.file = static_cast<int>(i);
    try {
      if (dataset.empty()) {
        dataset = dataset_of(files[i]);
        if (found != nullptr) *found = fmt::format("{}::{}", files[i].string(), dataset);
      }
      const auto opened = open_hdf5_frames(files[i], dataset);
      part.frames = std::make_shared<FileFrames>(files[i], dataset, *opened, open);
      part.count = opened->frames();
    } catch (const Error& error) {
      part.why_missing = error.what();
    }
    parts.push_back(std::move(part));
  }
  return parts;
}

}  // namespace

std::shared_ptr<const FrameSource> open_hdf5_series(const std::vector<fs::path>& files, std::string* dataset) {
  DCTPREP_ASSERT(!files.empty());
  return hdf5::rehearsed(files.front().native(),
                         [&] { return join_frames(open_parts(files, dataset), files.front().string()); });
}

SeriesPlaces hdf5_series_places(const std::vector<fs::path>& files) {
  DCTPREP_ASSERT(!files.empty());
  return hdf5::rehearsed(files.front().native(), [&] {
    SeriesPlaces places;
    std::string found;
    for (const FramePart& part : place_parts(open_parts(files, &found))) {
      for (int k = 0; k < part.count; ++k) places.frames.push_back({part.frames ? part.file : -1, k});
    }
    const std::size_t colons = found.rfind("::");
    places.first_file = found.substr(0, colons);
    places.dataset = found.substr(colons + 2);
    return places;
  });
}

Hdf5Numbers read_series_numbers(const std::vector<fs::path>& files, const SeriesPlaces& places,
                                const std::string& dataset) {
  Hdf5Numbers all;
  Hdf5Numbers of_file;
  for (std::size_t k = 0; k < places.frames.size(); ++k) {
    const auto [file, frame] = places.frames[k];
    if (file < 0) {
      all.values.push_back(std::numeric_limits<double>::quiet_NaN());
      continue;
    }
    if (frame == 0) {
      const fs::path& path = files[static_cast<std::size_t>(file)];
      std::size_t frames = 0;
      while (k + frames < places.frames.size() && places.frames[k + frames].file == file) ++frames;
      of_file = read_hdf5_numbers(path, dataset);
      if (of_file.values.size() != frames)
        fail("{}::{}: holds {} values where the file has {} frames", path.string(), dataset, of_file.values.size(),
             frames);
      if (all.unit.empty()) all.unit = of_file.unit;
      if (all.unit != of_file.unit)
        fail("{}::{}: is in \"{}\", in the files before in \"{}\"", path.string(), dataset, of_file.unit, all.unit);
    }
    all.values.push_back(of_file.values[static_cast<std::size_t>(frame)]);
  }
  all.shape = {all.values.size()};
  return all;
}

StorageInfo hdf5_series_info(const std::vector<fs::path>& files) {
  std::string dataset;
  open_hdf5_series(files, &dataset);
  const std::size_t colons = dataset.rfind("::");
  const fs::path file = dataset.substr(0, colons);
  StorageInfo info = hdf5_storage_info(file, dataset.substr(colons + 2));
  info.format = "HDF5 series";
  info.location.clear();
  info.bytes_stored = 0;
  for (const fs::path& each : files) {
    std::error_code error;
    const auto bytes = fs::file_size(each, error);
    if (!error) info.bytes_stored += bytes;
  }
  return info;
}

}  // namespace dctprep
