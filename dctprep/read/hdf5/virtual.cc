// SPDX-License-Identifier: BSD-3-Clause
// Virtual datasets, resolved here: HDF5 fills what a source that is gone would have given, without a word.
#include "dctprep/read/hdf5/virtual.h"

#include <algorithm>
#include <cstring>
#include <fmt/format.h>
#include <map>
#include <set>
#include <tuple>

#include "dctprep/base/error.h"
#include "dctprep/base/hdf5_virtual.h"
#include "dctprep/core/hdf5_filters.h"
#include "dctprep/read/hdf5/mapping.h"
#include "dctprep/read/hdf5/stored_frames.h"
#include "dctprep/read/shared_cache.h"

namespace dctprep {

namespace {

// Sources kept open: a scan may have thousands, and a process may open a thousand files.
constexpr std::size_t kOpenSources = 64;

struct Source {
  std::filesystem::path file;  // empty: there is none
  std::shared_ptr<const StoredFrames> frames;
  std::optional<FrameFault> fault;  // why there are none
};

class VirtualFrames final : public StoredFrames {
 public:
  VirtualFrames(Hdf5Dataset dataset, StackShape stack, PixelType type, int depth)
      : StoredFrames(dataset, std::move(stack), type),
        dataset_(std::move(dataset)),
        depth_(depth),
        mappings_(read_virtual_mappings(dataset_.dataset.id(), shape())),
        fill_(fill_value()),
        mapped_anywhere_(coverage_of_all()),
        sources_(kOpenSources) {}

  std::optional<FrameFault> read(int k, std::span<std::uint8_t> out) const override {
    hdf5::quiet();
    const std::vector<Part> parts = parts_of(k);
    if (parts.empty()) return FrameFault{BadFrameCause::kMissing, "not mapped to a source"};
    const bool one_whole = parts.size() == 1 && covers_frame(*parts[0].mapping);
    if (!one_whole) {
      if (coverage(parts) != mapped_anywhere_) return FrameFault{BadFrameCause::kMissing, "not mapped in full"};
      for (std::size_t i = 0; i < out.size(); i += fill_.size())
        std::memcpy(out.data() + i, fill_.data(), fill_.size());
    }
    for (const Part& part : parts) {
      if (auto fault = read_part(part, out)) return fault;
    }
    return std::nullopt;
  }

  void prefetch(int k) const override {
    hdf5::quiet();
    for (const Part& part : parts_of(k)) {
      try {
        const std::shared_ptr<const Source> source =
            source_of(*part.mapping, part.position / part.mapping->target[0].block);
        if (!source->frames) continue;
        const StackShape& stack = source->frames->shape();
        const std::uint64_t frame = source_piece(*part.mapping, stack.axes, part.position).frame;
        if (frame < static_cast<std::uint64_t>(stack.frames)) source->frames->prefetch(static_cast<int>(frame));
      } catch (const Error&) {
        // read() says what is wrong.
      }
    }
  }

  std::string compression() const override {
    std::string name = "none";
    for_each_source([&](const std::shared_ptr<const Source>& source) {
      if (!source->frames) return true;
      name = source->frames->compression();
      return false;
    });
    return name;
  }

  std::uint64_t bytes_stored() const override {
    std::uint64_t bytes = 0;
    for_each_source([&](const std::shared_ptr<const Source>& source) {
      if (source->frames) bytes += source->frames->bytes_stored();
      return true;
    });
    return bytes;
  }

  std::string clipped_from() const override {
    std::string from;
    for_each_source([&](const std::shared_ptr<const Source>& source) {
      if (!source->frames) return true;
      const PixelType &stored = source->frames->type(), own = type();
      const bool fraction = stored.kind == PixelKind::kFloat && own.kind != PixelKind::kFloat;
      const bool sign = stored.kind == PixelKind::kSigned && own.kind == PixelKind::kUnsigned;
      if (stored.bytes > own.bytes || fraction || sign)
        from = fmt::format("{} ({})", source->file.string(), pixel_type_name(stored));
      return false;
    });
    return from;
  }

  // A source that cannot be opened counts too: it is to be mended, not to be overwritten.
  void list_files(std::vector<std::filesystem::path>& files) const override {
    StoredFrames::list_files(files);
    for_each_source([&](const std::shared_ptr<const Source>& source) {
      if (!source->file.empty()) files.push_back(source->file);
      if (source->frames) source->frames->list_files(files);
      return true;
    });
  }

 private:
  // What one mapping gives to a frame, which stands at `position` of its target's frames.
  struct Part {
    const VirtualMapping* mapping;
    std::uint64_t position;
  };

  std::vector<Part> parts_of(int k) const {
    std::vector<Part> parts;
    for (const VirtualMapping& mapping : mappings_) {
      if (const auto position = mapping.target[0].find(static_cast<std::uint64_t>(k))) {
        parts.push_back({&mapping, *position});
      }
    }
    return parts;
  }

  bool covers_frame(const VirtualMapping& mapping) const {
    auto all = [](const Comb& comb, int size) {
      return comb.start == 0 && comb.stride == comb.block && comb.size() == static_cast<std::uint64_t>(size);
    };
    return all(mapping.target[1], shape().height) && all(mapping.target[2], shape().width);
  }

  void mark(const VirtualMapping& mapping, std::vector<bool>& mapped) const {
    const auto height = static_cast<std::uint64_t>(shape().height), width = static_cast<std::uint64_t>(shape().width);
    const Comb& rows = mapping.target[1];
    const Comb& columns = mapping.target[2];
    for (std::uint64_t i = 0; i < rows.size() && rows[i] < height; ++i) {
      for (std::uint64_t j = 0; j < columns.size() && columns[j] < width; ++j)
        mapped[rows[i] * width + columns[j]] = true;
    }
  }

  std::vector<bool> coverage(const std::vector<Part>& parts) const {
    std::vector<bool> mapped(frame_pixels(), false);
    for (const Part& part : parts) mark(*part.mapping, mapped);
    return mapped;
  }

  // The pixels that some frame has from a source: gaps between detector modules are none, and no fault of a frame.
  std::vector<bool> coverage_of_all() const {
    std::set<std::pair<Comb, Comb>> seen;
    for (const VirtualMapping& mapping : mappings_) {
      if (covers_frame(mapping)) return std::vector<bool>(frame_pixels(), true);
    }
    std::vector<bool> mapped(frame_pixels(), false);
    for (const VirtualMapping& mapping : mappings_) {
      if (seen.emplace(mapping.target[1], mapping.target[2]).second) mark(mapping, mapped);
    }
    return mapped;
  }

  std::vector<std::uint8_t> fill_value() const {
    std::vector<std::uint8_t> value(static_cast<std::size_t>(type().bytes), 0);
    const hdf5::Handle creation(H5Dget_create_plist(dataset_.dataset.id()));
    H5D_fill_value_t status = H5D_FILL_VALUE_UNDEFINED;
    if (H5Pfill_value_defined(creation.id(), &status) >= 0 && status == H5D_FILL_VALUE_USER_DEFINED) {
      H5Pget_fill_value(creation.id(), hdf5_type(type()), value.data());
    }
    return value;
  }

  std::shared_ptr<const Source> source_of(const VirtualMapping& mapping, std::uint64_t block) const {
    const std::pair key{mapping.file_of(block), mapping.dataset_of(block)};
    return sources_.get(key, [&](Source& source) {
      const auto file = hdf5::find_source_file(dataset_.file, key.first);
      if (!file) {
        source.fault = FrameFault{BadFrameCause::kMissing, hdf5::source_is_gone(dataset_.file, key.first)};
        return;
      }
      source.file = *file;
      bool missing = false;
      try {
        Hdf5Dataset opened = open_hdf5_dataset(*file, key.second, &missing);
        source.frames = with_context(fmt::format("{}::{}", file->string(), key.second),
                                     [&] { return open_stored_frames(std::move(opened), depth_ + 1); });
      } catch (const Error& error) {
        source.fault = FrameFault{missing ? BadFrameCause::kMissing : BadFrameCause::kUnreadable, error.what()};
      }
    });
  }

  std::optional<FrameFault> read_part(const Part& part, std::span<std::uint8_t> out) const {
    const VirtualMapping& mapping = *part.mapping;
    const std::uint64_t block = part.position / mapping.target[0].block;
    const std::shared_ptr<const Source> source = source_of(mapping, block);
    if (source->fault) return source->fault;
    const StoredFrames& frames = *source->frames;
    SourcePiece piece;
    try {
      piece = source_piece(mapping, frames.shape().axes, part.position);
    } catch (const Error& error) {
      return FrameFault{BadFrameCause::kUnreadable, error.what()};
    }
    const std::uint64_t last_row = piece.rows.last(), last_column = piece.columns.last();
    if (piece.frame >= static_cast<std::uint64_t>(frames.shape().frames) ||
        last_row >= static_cast<std::uint64_t>(frames.shape().height) ||
        last_column >= static_cast<std::uint64_t>(frames.shape().width)) {
      return FrameFault{BadFrameCause::kMissing, fmt::format("its source {} is too short", mapping.file_of(block))};
    }
    const int frame = static_cast<int>(piece.frame);
    const bool same_size = frames.shape().height == shape().height && frames.shape().width == shape().width;
    if (frames.type() == type() && same_size && covers_frame(mapping)) return frames.read(frame, out);

    thread_local std::map<int, ByteBuffer> buffers;  // one a depth: sources read while this one's is in use
    const auto bytes = static_cast<std::size_t>(std::max(frames.type().bytes, type().bytes));
    const std::span<std::uint8_t> pixels = buffers[depth_].get(frames.frame_pixels() * bytes);
    if (auto fault = frames.read(frame, pixels.first(frames.frame_bytes()))) return fault;
    if (frames.type() != type() && H5Tconvert(hdf5_type(frames.type()), hdf5_type(type()), frames.frame_pixels(),
                                              pixels.data(), nullptr, H5P_DEFAULT) < 0) {
      return FrameFault{BadFrameCause::kUnreadable, hdf5::last_error()};
    }
    copy_piece(pixels, static_cast<std::size_t>(frames.shape().width), piece, mapping.target, out);
    return std::nullopt;
  }

  void copy_piece(std::span<const std::uint8_t> pixels, std::size_t source_width, const SourcePiece& piece,
                  const StackSelection& target, std::span<std::uint8_t> out) const {
    const auto bytes = static_cast<std::size_t>(type().bytes);
    const auto height = static_cast<std::uint64_t>(shape().height), width = static_cast<std::uint64_t>(shape().width);
    const Comb &rows = target[1], &columns = target[2];
    for (std::uint64_t i = 0; i < rows.size() && rows[i] < height; ++i) {
      const std::uint8_t* from = pixels.data() + piece.rows[i] * source_width * bytes;
      std::uint8_t* to = out.data() + rows[i] * width * bytes;
      if (columns.count == 1 && piece.columns.count == 1 && !columns.list && !piece.columns.list &&
          columns.start < width) {
        const std::size_t run = std::min<std::uint64_t>(columns.size(), width - columns.start);
        std::memcpy(to + columns.start * bytes, from + piece.columns.start * bytes, run * bytes);
        continue;
      }
      for (std::uint64_t j = 0; j < columns.size() && columns[j] < width; ++j) {
        std::memcpy(to + columns[j] * bytes, from + piece.columns[j] * bytes, bytes);
      }
    }
  }

  // Calls `body(source)` for every source once, while it returns true.
  template <class Body>
  void for_each_source(const Body& body) const {
    std::set<std::pair<std::string, std::string>> seen;
    for (const VirtualMapping& mapping : mappings_) {
      const auto frames = static_cast<std::uint64_t>(shape().frames);
      const Comb& comb = mapping.target[0];
      const std::uint64_t blocks =
          mapping.numbered && comb.start < frames ? (frames - comb.start + comb.stride - 1) / comb.stride : 1;
      for (std::uint64_t block = 0; block < blocks; ++block) {
        if (!seen.emplace(mapping.file_of(block), mapping.dataset_of(block)).second) continue;
        if (!body(source_of(mapping, block))) return;
      }
    }
  }

  Hdf5Dataset dataset_;
  int depth_;
  std::vector<VirtualMapping> mappings_;
  std::vector<std::uint8_t> fill_;  // a pixel between the mappings
  std::vector<bool> mapped_anywhere_;
  mutable SharedCache<std::pair<std::string, std::string>, Source> sources_;
};

}  // namespace

std::shared_ptr<const StoredFrames> open_virtual_frames(Hdf5Dataset dataset, StackShape shape, PixelType type,
                                                        int depth) {
  return std::make_shared<VirtualFrames>(std::move(dataset), std::move(shape), type, depth);
}

}  // namespace dctprep
