// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/read/hdf5_source.h"

#include <algorithm>
#include <cstring>
#include <fmt/format.h>
#include <limits>
#include <system_error>

#include "dctprep/base/assert.h"
#include "dctprep/base/error.h"
#include "dctprep/base/rehearsal.h"
#include "dctprep/core/hdf5_filters.h"
#include "dctprep/read/hdf5_stored_frames.h"

namespace dctprep {

namespace fs = std::filesystem;

namespace {

class Hdf5Frames final : public FrameSource {
 public:
  Hdf5Frames(std::shared_ptr<const StoredFrames> stored, std::string name)
      : stored_(std::move(stored)), name_(std::move(name)) {}

  int frames() const override { return stored_->shape().frames; }
  int height() const override { return stored_->shape().height; }
  int width() const override { return stored_->shape().width; }
  int type_max() const override { return pixel_type_max(stored_->type()); }

  std::optional<FrameFault> read(int k, ImageView<std::uint16_t> out, ImageView<std::uint8_t> markers,
                                 PixelChanges* changes) const override {
    DCTPREP_ASSERT(0 <= k && k < frames() && out.height() == height() && out.width() == width());
    const std::span<std::uint16_t> pixels = out.pixels();
    const std::span<std::uint8_t> marked = markers.empty() ? std::span<std::uint8_t>() : markers.pixels();
    const PixelType& type = stored_->type();
    if (type == PixelType{.kind = PixelKind::kUnsigned, .bytes = 2, .big_endian = false}) {
      std::fill(marked.begin(), marked.end(), std::uint8_t{0});
      return stored_->read(k, {reinterpret_cast<std::uint8_t*>(pixels.data()), pixels.size_bytes()});
    }
    thread_local ByteBuffer buffer;
    const std::span<std::uint8_t> bytes = buffer.get(stored_->frame_bytes());
    if (auto fault = stored_->read(k, bytes)) return fault;
    convert_pixels(bytes, type, pixels, marked, changes);
    return std::nullopt;
  }

  void prefetch(int k) const override { stored_->prefetch(k); }

  std::string frame_name(int k) const override { return fmt::format("{}: frame {}", name_, k); }

  void list_files(std::vector<fs::path>& files) const override { stored_->list_files(files); }

 private:
  std::shared_ptr<const StoredFrames> stored_;
  std::string name_;
};

// Parts one after the other; a part that is not there is frames that are missing.
class JoinedFrames final : public FrameSource {
 public:
  struct Part {
    std::shared_ptr<const FrameSource> frames;  // null: missing
    int count = 0;
    std::string why_missing;
  };

  JoinedFrames(std::vector<Part> parts, std::string name) : parts_(std::move(parts)), name_(std::move(name)) {
    std::int64_t total = 0;
    for (const Part& part : parts_) {
      total += part.count;
      if (total > std::numeric_limits<int>::max()) fail("{}: more than 2^31 - 1 frames", name_);
      ends_.push_back(static_cast<int>(total));
      if (!part.frames) continue;
      if (first_ == nullptr) first_ = part.frames.get();
      if (part.frames->height() != first_->height() || part.frames->width() != first_->width()) {
        fail("{} has frames of {} x {} pixels where the first ones have {} x {}", part.frames->frame_name(0),
             part.frames->height(), part.frames->width(), first_->height(), first_->width());
      }
      type_max_ = std::max(type_max_, part.frames->type_max());
    }
    DCTPREP_ASSERT(first_ != nullptr);
  }

  int frames() const override { return ends_.back(); }
  int height() const override { return first_->height(); }
  int width() const override { return first_->width(); }
  int type_max() const override { return type_max_; }

  std::optional<FrameFault> read(int k, ImageView<std::uint16_t> out, ImageView<std::uint8_t> markers,
                                 PixelChanges* changes) const override {
    const auto [part, index] = place_of(k);
    if (!part->frames) return FrameFault{BadFrameCause::kMissing, part->why_missing};
    return part->frames->read(index, out, markers, changes);
  }

  void prefetch(int k) const override {
    const auto [part, index] = place_of(k);
    if (part->frames) part->frames->prefetch(index);
  }

  std::string frame_name(int k) const override {
    const auto [part, index] = place_of(k);
    return part->frames ? part->frames->frame_name(index) : fmt::format("{}: frame {}", name_, k);
  }

  void list_files(std::vector<fs::path>& files) const override {
    for (const Part& part : parts_) {
      if (part.frames) part.frames->list_files(files);
    }
  }

 private:
  std::pair<const Part*, int> place_of(int k) const {
    DCTPREP_ASSERT(0 <= k && k < frames());
    const auto end = std::upper_bound(ends_.begin(), ends_.end(), k);
    const auto i = static_cast<std::size_t>(end - ends_.begin());
    return {&parts_[i], k - (i == 0 ? 0 : ends_[i - 1])};
  }

  std::vector<Part> parts_;
  std::vector<int> ends_;  // of the parts, in frames
  std::string name_;
  const FrameSource* first_ = nullptr;
  int type_max_ = 0;
};

std::shared_ptr<const StoredFrames> open_stored(const fs::path& file, const std::string& dataset,
                                                bool* missing = nullptr) {
  Hdf5Dataset opened = open_hdf5_dataset(file, dataset, missing);
  return with_context(fmt::format("{}::{}", file.string(), dataset),
                      [&] { return open_stored_frames(std::move(opened)); });
}

// How many frames a Dectris master says that there are; 0 where it does not.
std::int64_t announced_frames(const fs::path& file, const std::string& dataset) {
  const fs::path entry = fs::path(dataset).parent_path().parent_path();
  const std::string specific = (entry / "instrument/detector/detectorSpecific").string();
  std::int64_t total = 1;
  try {
    const hdf5::Handle handle = hdf5::open_file(file);
    if (!hdf5::exists(handle.id(), specific + "/nimages")) return 0;
    for (const char* name : {"/nimages", "/ntrigger"}) {
      if (!hdf5::exists(handle.id(), specific + name)) continue;
      const auto values = hdf5::read_dataset<std::int64_t>(handle.id(), specific + name);
      if (values.size() != 1 || values[0] <= 0 || values[0] > std::numeric_limits<int>::max() / total) return 0;
      total *= values[0];
    }
  } catch (const Error&) {
    return 0;
  }
  return total;
}

std::shared_ptr<const FrameSource> open_one(const fs::path& file, const std::string& dataset) {
  return std::make_shared<Hdf5Frames>(open_stored(file, dataset), file.string());
}

std::shared_ptr<const FrameSource> open_joined(const fs::path& file, const std::vector<std::string>& datasets) {
  if (datasets.empty()) fail("{}: no dataset of frames named", file.string());
  if (datasets.size() == 1) return open_one(file, datasets[0]);
  std::vector<JoinedFrames::Part> parts;
  int usual = 0;  // frames of a part: all but the last have as many
  std::int64_t present = 0;
  std::optional<Error> first_error;
  for (const std::string& dataset : datasets) {
    bool missing = false;
    try {
      auto frames = std::make_shared<Hdf5Frames>(open_stored(file, dataset, &missing),
                                                 fmt::format("{}::{}", file.string(), dataset));
      if (usual == 0) usual = frames->frames();
      present += frames->frames();
      parts.push_back({frames, frames->frames(), {}});
    } catch (const Error& error) {
      if (!missing) throw;
      if (!first_error) first_error = error;
      parts.push_back({nullptr, 0, error.what()});
    }
  }
  if (usual == 0) throw *first_error;
  const auto gone = std::count_if(parts.begin(), parts.end(), [](const auto& part) { return !part.frames; });
  for (JoinedFrames::Part& part : parts) {
    if (!part.frames) part.count = usual;
  }
  // The last part may be shorter; the master knows.
  const std::int64_t announced = parts.back().frames ? 0 : announced_frames(file, datasets.back());
  const std::int64_t last = announced - present - (gone - 1) * std::int64_t{usual};
  if (last > 0 && last <= usual) parts.back().count = static_cast<int>(last);
  return std::make_shared<JoinedFrames>(std::move(parts), file.string());
}

// Opens the sources of virtual datasets too, which else wait for their first frame.
std::shared_ptr<const FrameSource> open_all(const fs::path& file, const auto& open) {
  return hdf5::rehearsed(file.native(), [&] {
    std::shared_ptr<const FrameSource> frames = open();
    std::vector<fs::path> files;
    if (hdf5::in_rehearsal()) frames->list_files(files);
    return frames;
  });
}

}  // namespace

std::shared_ptr<const FrameSource> open_hdf5_frames(const fs::path& file, const std::string& dataset) {
  return open_all(file, [&] { return open_one(file, dataset); });
}

std::shared_ptr<const FrameSource> open_hdf5_frames(const fs::path& file, const std::vector<std::string>& datasets) {
  return open_all(file, [&] { return open_joined(file, datasets); });
}

StorageInfo hdf5_storage_info(const fs::path& file, const std::string& dataset) {
  return hdf5_storage_info(file, std::vector<std::string>{dataset});
}

StorageInfo hdf5_storage_info(const fs::path& file, const std::vector<std::string>& datasets) {
  DCTPREP_ASSERT(!datasets.empty());
  std::int64_t bytes = 0;
  const auto stored = hdf5::rehearsed(file.native(), [&] {
    std::shared_ptr<const StoredFrames> first;
    bytes = 0;
    for (const std::string& dataset : datasets) {
      bool missing = false;
      try {
        const auto opened = open_stored(file, dataset, &missing);
        bytes += opened->bytes_stored();
        if (!first) first = opened;
      } catch (const Error&) {
        if (!missing || (!first && &dataset == &datasets.back())) throw;
      }
    }
    return first;
  });
  std::error_code error;
  StorageInfo info;
  info.format = "HDF5";
  info.location = fmt::format("{}::{}", fs::absolute(file, error).lexically_normal().string(), datasets.front());
  info.type = pixel_type_name(stored->type());
  info.compression = stored->compression();
  info.bytes_stored = bytes;
  return info;
}

}  // namespace dctprep
