// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/read/hdf5/source.h"

#include <algorithm>
#include <cstring>
#include <fmt/format.h>
#include <limits>
#include <system_error>

#include "dctprep/base/assert.h"
#include "dctprep/base/error.h"
#include "dctprep/base/rehearsal.h"
#include "dctprep/core/hdf5_filters.h"
#include "dctprep/read/hdf5/stored_frames.h"
#include "dctprep/read/joined_frames.h"

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

// The number, counted from 1, that Dectris gives the first frame of a file; 0 where it does not.
std::int64_t number_of_first_frame(hid_t dataset) {
  if (H5Aexists(dataset, "image_nr_low") <= 0) return 0;
  const hdf5::Handle attribute(H5Aopen(dataset, "image_nr_low", H5P_DEFAULT));
  const hdf5::Handle space(H5Aget_space(attribute.id()));
  const hdf5::Handle type(H5Aget_type(attribute.id()));
  if (H5Sget_simple_extent_npoints(space.id()) != 1 || H5Tget_class(type.id()) != H5T_INTEGER) return 0;
  std::int64_t number = 0;
  return H5Aread(attribute.id(), H5T_NATIVE_INT64, &number) < 0 ? 0 : std::max<std::int64_t>(number, 0);
}

FramePart open_part(const fs::path& file, const std::string& dataset) {
  FramePart part;
  bool missing = false;
  try {
    Hdf5Dataset opened = open_hdf5_dataset(file, dataset, &missing);
    part.first_number = number_of_first_frame(opened.dataset.id());
    const std::string name = fmt::format("{}::{}", file.string(), dataset);
    auto stored = with_context(name, [&] { return open_stored_frames(std::move(opened)); });
    part.frames = std::make_shared<Hdf5Frames>(std::move(stored), name);
    part.count = part.frames->frames();
  } catch (const Error& error) {
    if (!missing) throw;
    part.why_missing = error.what();
  }
  return part;
}

std::shared_ptr<const FrameSource> open_joined(const fs::path& file, const std::vector<std::string>& datasets) {
  if (datasets.empty()) fail("{}: no dataset of frames named", file.string());
  if (datasets.size() == 1) return open_one(file, datasets[0]);
  std::vector<FramePart> parts;
  for (const std::string& dataset : datasets) parts.push_back(open_part(file, dataset));
  return join_frames(std::move(parts), file.string(), announced_frames(file, datasets.back()));
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
  info.clipped_from = stored->clipped_from();
  info.bytes_stored = bytes;
  return info;
}

}  // namespace dctprep
