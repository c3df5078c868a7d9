// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/read/image/image_series.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <fcntl.h>
#include <list>
#include <mutex>
#include <new>
#include <system_error>
#include <unistd.h>
#include <utility>

#include "dctprep/base/error.h"
#include "dctprep/read/image/image_file.h"
#include "dctprep/read/image/series_plan.h"

namespace dctprep {

namespace {

namespace fs = std::filesystem;

// Files of several frames stay open from frame to frame: as many as threads are at work at once, about.
constexpr std::size_t kFilesKeptOpen = 8;

FrameFault unreadable(std::string what) { return {BadFrameCause::kUnreadable, std::move(what)}; }

class ImageSeries final : public FrameSource {
 public:
  explicit ImageSeries(SeriesPlan plan) : plan_(std::move(plan)) {
    if (plan_.several_a_file) kept_.emplace_back(plan_.example_file, plan_.example);
  }

  int frames() const override { return static_cast<int>(plan_.slots.size()); }
  int height() const override { return plan_.example->height(); }
  int width() const override { return plan_.example->width(); }
  int type_max() const override { return pixel_type_max(plan_.example->type()); }

  std::optional<FrameFault> read(int k, ImageView<std::uint16_t> out, ImageView<std::uint8_t> markers,
                                 PixelChanges* changes) const override {
    DCTPREP_ASSERT(0 <= k && k < frames());
    DCTPREP_ASSERT(out.contiguous() && out.height() == height() && out.width() == width());
    const SeriesSlot& slot = plan_.slots[static_cast<std::size_t>(k)];
    if (slot.file < 0) return FrameFault{BadFrameCause::kMissing, "there is no such file"};
    std::shared_ptr<const ImageReader> reader;
    if (auto wrong = open_file(slot.file, reader)) return wrong;
    if (slot.frame >= reader->frames()) return unreadable("the file holds fewer frames than before");
    try {
      return read_frame(*reader, slot.frame, out, markers, changes);
    } catch (const std::bad_alloc&) {
      return unreadable("not enough memory to decode it");
    }
  }

  void prefetch(int k) const override {
    const SeriesSlot& slot = plan_.slots[static_cast<std::size_t>(k)];
    if (slot.file < 0 || plan_.several_a_file) return;
    // The system reads the file beside us, into its own cache.
    const int file =
        ::open(plan_.files[static_cast<std::size_t>(slot.file)].c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0) return;
    ::posix_fadvise(file, 0, 0, POSIX_FADV_WILLNEED);
    ::close(file);
  }

  std::string frame_name(int k) const override {
    const SeriesSlot& slot = plan_.slots[static_cast<std::size_t>(k)];
    std::string name =
        slot.file < 0 ? slot.missing_name : plan_.files[static_cast<std::size_t>(slot.file)].filename().string();
    if (slot.several) name += fmt::format(": frame {}", slot.frame);
    return name;
  }

  void list_files(std::vector<fs::path>& files) const override {
    files.insert(files.end(), plan_.files.begin(), plan_.files.end());
  }

 private:
  std::optional<FrameFault> open_file(int file, std::shared_ptr<const ImageReader>& reader) const;
  std::optional<FrameFault> read_frame(const ImageReader& reader, int frame, ImageView<std::uint16_t> out,
                                       ImageView<std::uint8_t> markers, PixelChanges* changes) const;

  SeriesPlan plan_;
  mutable std::mutex mutex_;
  mutable std::list<std::pair<int, std::shared_ptr<const ImageReader>>> kept_;  // the last used first
};

std::optional<FrameFault> ImageSeries::open_file(int file, std::shared_ptr<const ImageReader>& reader) const {
  if (plan_.several_a_file) {
    const std::lock_guard lock(mutex_);
    const auto found = std::find_if(kept_.begin(), kept_.end(), [&](const auto& one) { return one.first == file; });
    if (found != kept_.end()) {
      reader = found->second;
      kept_.splice(kept_.begin(), kept_, found);
      return std::nullopt;
    }
  }
  const fs::path& path = plan_.files[static_cast<std::size_t>(file)];
  try {
    reader = open_image_reader(path);
  } catch (const Error& error) {
    std::error_code ignored;
    if (!fs::exists(path, ignored)) return FrameFault{BadFrameCause::kMissing, "the file is gone"};
    std::string what = error.what();
    if (what.starts_with(path.string() + ": ")) what.erase(0, path.string().size() + 2);
    return unreadable(what);
  } catch (const std::bad_alloc&) {
    return unreadable("not enough memory to decompress it");
  }
  const ImageReader& example = *plan_.example;
  if (reader->height() != height() || reader->width() != width()) {
    return unreadable(fmt::format("is of {} x {} pixels where {} has {} x {}", reader->height(), reader->width(),
                                  plan_.files[static_cast<std::size_t>(plan_.example_file)].filename().string(),
                                  height(), width()));
  }
  if (pixel_type_max(reader->type()) != type_max()) {
    return unreadable(fmt::format("is of type {} where {} is of {}", pixel_type_name(reader->type()),
                                  plan_.files[static_cast<std::size_t>(plan_.example_file)].filename().string(),
                                  pixel_type_name(example.type())));
  }
  if (!plan_.several_a_file && reader->frames() != 1) {
    return unreadable(fmt::format("holds {} frames where the other files hold one", reader->frames()));
  }
  if (plan_.several_a_file) {
    const std::lock_guard lock(mutex_);
    kept_.emplace_front(file, reader);
    if (kept_.size() > kFilesKeptOpen) kept_.pop_back();
  }
  return std::nullopt;
}

std::optional<FrameFault> ImageSeries::read_frame(const ImageReader& reader, int frame, ImageView<std::uint16_t> out,
                                                  ImageView<std::uint8_t> markers, PixelChanges* changes) const {
  const PixelType& type = reader.type();
  if (type.kind == PixelKind::kUnsigned && type.bytes == 2) {
    const auto pixels = out.pixels();
    if (auto wrong = reader.read_stored(frame, {reinterpret_cast<std::uint8_t*>(pixels.data()), pixels.size_bytes()})) {
      return wrong;
    }
    if (type.big_endian != (std::endian::native == std::endian::big)) {
      for (std::uint16_t& pixel : pixels) pixel = __builtin_bswap16(pixel);
    }
    if (!markers.empty()) std::ranges::fill(markers.pixels(), std::uint8_t{0});
    return std::nullopt;
  }
  // Kept from frame to frame: fresh memory of this size costs more than the conversion.
  thread_local std::vector<std::uint8_t> stored;
  stored.resize(reader.stored_bytes());
  if (auto wrong = reader.read_stored(frame, stored)) return wrong;
  convert_pixels(stored, type, out.pixels(), markers.empty() ? std::span<std::uint8_t>() : markers.pixels(), changes);
  return std::nullopt;
}

}  // namespace

std::shared_ptr<const FrameSource> open_image_file(const fs::path& path) { return open_image_series({path}); }

std::shared_ptr<const FrameSource> open_image_series(const std::vector<fs::path>& files) {
  return std::make_shared<ImageSeries>(plan_series(files));
}

StorageInfo image_storage_info(const std::vector<fs::path>& files) {
  const SeriesPlan plan = plan_series(files);
  const ImageReader& example = *plan.example;
  StorageInfo info;
  info.format = example.format() + (files.size() > 1 ? " series" : "");
  info.type = pixel_type_name(example.type());
  const std::string whole = ByteSource::open(files[static_cast<std::size_t>(plan.example_file)], 1)->compression();
  info.compression = whole == "none" ? example.compression() : whole;
  for (const fs::path& file : files) {
    std::error_code error;
    const auto bytes = fs::file_size(file, error);
    if (!error) info.bytes_stored += bytes;
  }
  return info;
}

}  // namespace dctprep
