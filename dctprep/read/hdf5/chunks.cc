// SPDX-License-Identifier: BSD-3-Clause
// Chunked frames: the raw chunks are fetched through HDF5 (which holds its global lock meanwhile) and decoded here, on
// the calling thread.
#include "dctprep/read/hdf5/chunks.h"

#include <algorithm>
#include <condition_variable>
#include <cstring>
#include <fmt/format.h>
#include <map>
#include <mutex>

#include "dctprep/base/error.h"
#include "dctprep/core/hdf5_filters.h"
#include "dctprep/read/hdf5/stored_frames.h"
#include "dctprep/read/shared_cache.h"

namespace dctprep {

namespace {

// Decoded chunks of several frames are kept for the frames that come next; this many bytes of them, but at least those
// of two layers (a layer: the chunks that a frame touches).
constexpr std::size_t kCacheBytes = std::size_t{256} << 20;

struct DecodedChunk {
  ByteBuffer memory;
  std::span<const std::uint8_t> bytes;
  std::optional<FrameFault> fault;
};

struct ThreadScratch {
  ByteBuffer raw;
  ByteBuffer tile;
  FilterScratch filters;
};

ThreadScratch& thread_scratch() {
  thread_local ThreadScratch scratch;
  return scratch;
}

// How chunks lie over frames, in elements.
struct ChunkGrid {
  std::vector<hsize_t> dims;      // of a chunk
  hsize_t frames = 1;             // of a chunk
  hsize_t height = 0, width = 0;  // of a chunk
  std::size_t frame_stride = 0;   // from frame to frame inside a chunk
  std::size_t row_stride = 0;
  std::size_t bytes = 0;          // of a chunk
  hsize_t rows = 0, columns = 0;  // chunks over a frame
};

ChunkGrid chunk_grid(hid_t creation, const StackShape& shape, const PixelType& type) {
  const FrameAxes& axes = shape.axes;
  ChunkGrid grid;
  grid.dims.resize(axes.dims.size());
  if (H5Pget_chunk(creation, static_cast<int>(grid.dims.size()), grid.dims.data()) < 0) {
    fail("chunk shape: {}", hdf5::last_error());
  }
  std::size_t elements = 1;
  for (std::size_t d = grid.dims.size(); d-- > 0;) {
    if (static_cast<int>(d) == axes.v) grid.row_stride = elements;
    if (static_cast<int>(d) == axes.frame) {
      grid.frame_stride = elements;
      grid.frames = grid.dims[d];
    }
    if (grid.dims[d] == 0 || grid.dims[d] > UINT32_MAX / elements) fail("impossible chunk shape");
    elements *= grid.dims[d];
  }
  grid.bytes = elements * static_cast<std::size_t>(type.bytes);
  if (grid.bytes > UINT32_MAX) fail("impossible chunk shape");
  grid.height = grid.dims[static_cast<std::size_t>(axes.v)];
  grid.width = grid.dims[static_cast<std::size_t>(axes.u)];
  grid.rows = (static_cast<hsize_t>(shape.height) + grid.height - 1) / grid.height;
  grid.columns = (static_cast<hsize_t>(shape.width) + grid.width - 1) / grid.width;
  return grid;
}

class ChunkedFrames final : public StoredFrames {
 public:
  ChunkedFrames(Hdf5Dataset dataset, StackShape stack, PixelType type, FilterPipeline filters, ChunkGrid grid)
      : StoredFrames(dataset, std::move(stack), type),
        dataset_(std::move(dataset)),
        filters_(std::move(filters)),
        grid_(std::move(grid)),
        is_frame_(grid_.bytes == frame_bytes() && grid_.rows == 1 && grid_.columns == 1),
        // Counted now, since that goes through all the metadata of the chunks (rehearsal.h).
        bytes_stored_(H5Dget_storage_size(dataset_.dataset.id())),
        cache_(std::max<std::size_t>(2 * grid_.rows * grid_.columns, kCacheBytes / grid_.bytes)) {}

  std::optional<FrameFault> read(int k, std::span<std::uint8_t> out) const override {
    hdf5::quiet();
    const hsize_t layer = static_cast<hsize_t>(k) / grid_.frames;
    if (is_frame_) return read_chunk(layer, 0, 0, out);
    const std::size_t inside = (static_cast<std::size_t>(k) % grid_.frames) * grid_.frame_stride;
    for (hsize_t row = 0; row < grid_.rows; ++row) {
      for (hsize_t column = 0; column < grid_.columns; ++column) {
        if (grid_.frames == 1) {
          const std::span<std::uint8_t> tile = thread_scratch().tile.get(grid_.bytes);
          if (auto fault = read_chunk(layer, row, column, tile)) return fault;
          copy_tile(tile, inside, row, column, out);
          continue;
        }
        const hsize_t key = (layer * grid_.rows + row) * grid_.columns + column;
        const auto chunk = cache_.get(key, [&](DecodedChunk& decoded) {
          const std::span<std::uint8_t> bytes = decoded.memory.get(grid_.bytes);
          decoded.fault = read_chunk(layer, row, column, bytes);
          decoded.bytes = bytes;
        });
        if (chunk->fault) return chunk->fault;
        copy_tile(chunk->bytes, inside, row, column, out);
      }
    }
    return std::nullopt;
  }

  // Only where a chunk is a frame: of others, some lie in the cache, and tiles are too small to wait for.
  void prefetch(int k) const override {
    if (!is_frame_ || filters_.empty()) return;
    hdf5::quiet();
    const auto layer = static_cast<hsize_t>(k) / grid_.frames;
    std::shared_ptr<FetchedChunk> chunk;
    {
      const std::lock_guard lock(fetched_mutex_);
      if (fetched_.contains(layer)) return;
      // What has been read before it was here: frames are read in order.
      if (fetched_.size() >= kMostFetched) fetched_.erase(fetched_.begin());
      chunk = spare_chunk();
      fetched_.emplace(layer, chunk);
    }
    bool failed = true;
    try {
      failed = fetch_chunk(offset_of(layer, 0, 0), chunk->memory, chunk->raw).has_value();
    } catch (...) {
      // Out of memory: read() waits for the end of this, and meets it again.
    }
    const std::lock_guard lock(fetched_mutex_);
    chunk->state = failed ? FetchedChunk::kFailed : FetchedChunk::kReady;
    fetch_ended_.notify_all();
  }

  std::string compression() const override { return filters_.name(); }
  std::uint64_t bytes_stored() const override { return bytes_stored_; }

 private:
  static constexpr std::size_t kMostFetched = 32;

  // A chunk as it is stored.
  struct Raw {
    std::span<std::uint8_t> bytes;
    std::uint32_t mask = 0;  // of the filters skipped
  };
  struct FetchedChunk {
    enum State { kBegun, kReady, kFailed } state = kBegun;
    ByteBuffer memory;
    Raw raw;
  };

  std::vector<hsize_t> offset_of(hsize_t layer, hsize_t row, hsize_t column) const {
    const FrameAxes& axes = shape().axes;
    std::vector<hsize_t> offset(grid_.dims.size(), 0);
    if (axes.frame >= 0) offset[static_cast<std::size_t>(axes.frame)] = layer * grid_.frames;
    offset[static_cast<std::size_t>(axes.v)] = row * grid_.height;
    offset[static_cast<std::size_t>(axes.u)] = column * grid_.width;
    return offset;
  }

  // One whose memory has been touched already, where there is one: touching it anew takes longer than fetching a chunk
  // out of the page cache. Under fetched_mutex_.
  std::shared_ptr<FetchedChunk> spare_chunk() const {
    if (spare_.empty()) return std::make_shared<FetchedChunk>();
    const std::shared_ptr<FetchedChunk> chunk = std::move(spare_.back());
    spare_.pop_back();
    chunk->state = FetchedChunk::kBegun;
    return chunk;
  }

  // What prefetch() has fetched or is about to fetch, no longer kept; null: nothing, or with an error, which fetching
  // it again will tell.
  std::shared_ptr<FetchedChunk> take_fetched(hsize_t layer) const {
    std::unique_lock lock(fetched_mutex_);
    const auto found = fetched_.find(layer);
    if (found == fetched_.end()) return nullptr;
    const std::shared_ptr<FetchedChunk> chunk = found->second;
    fetched_.erase(found);
    fetch_ended_.wait(lock, [&] { return chunk->state != FetchedChunk::kBegun; });
    return chunk->state == FetchedChunk::kReady ? chunk : nullptr;
  }

  // No longer read.
  void give_back(std::shared_ptr<FetchedChunk> chunk) const {
    const std::lock_guard lock(fetched_mutex_);
    spare_.push_back(std::move(chunk));
  }

  // One decoded chunk, of grid_.bytes.
  std::optional<FrameFault> read_chunk(hsize_t layer, hsize_t row, hsize_t column, std::span<std::uint8_t> out) const {
    ThreadScratch& scratch = thread_scratch();
    const std::shared_ptr<FetchedChunk> fetched = is_frame_ ? take_fetched(layer) : nullptr;
    Raw raw;
    if (fetched) {
      raw = fetched->raw;
    } else {
      const std::vector<hsize_t> offset = offset_of(layer, row, column);
      if (filters_.empty()) {
        hsize_t size = 0;
        if (auto fault = stored_size(offset, size)) return fault;
        return read_plain(offset, out);
      }
      if (auto fault = fetch_chunk(offset, scratch.raw, raw)) return fault;
    }
    const std::string error = filters_.decode(raw.bytes, raw.mask, out, scratch.filters);
    if (fetched) give_back(fetched);
    if (!error.empty()) return FrameFault{BadFrameCause::kUnreadable, error};
    return std::nullopt;
  }

  // Of a chunk that was written.
  std::optional<FrameFault> stored_size(const std::vector<hsize_t>& offset, hsize_t& size) const {
    if (H5Dget_chunk_storage_size(dataset_.dataset.id(), offset.data(), &size) < 0) {
      const std::string reason = hdf5::last_error();
      // That is an error also where there is no such chunk. Asking for its place tells, but goes through all chunks.
      haddr_t address = 0;
      if (H5Dget_chunk_info_by_coord(dataset_.dataset.id(), offset.data(), nullptr, &address, nullptr) < 0 ||
          address != HADDR_UNDEF) {
        return FrameFault{BadFrameCause::kUnreadable, "chunk cannot be found: " + reason};
      }
      size = 0;
    }
    if (size == 0) return FrameFault{BadFrameCause::kMissing, "never written"};
    return std::nullopt;
  }

  // A chunk that went through filters, into `memory`.
  std::optional<FrameFault> fetch_chunk(const std::vector<hsize_t>& offset, ByteBuffer& memory, Raw& raw) const {
    hsize_t size = 0;
    if (auto fault = stored_size(offset, size)) return fault;
    // No codec makes a chunk twice as large: what claims to be is damaged, and not worth the memory.
    if (size > 2 * grid_.bytes + 65536)
      return FrameFault{BadFrameCause::kUnreadable, fmt::format("chunk of {} bytes for {}", size, grid_.bytes)};
    raw.bytes = memory.get(size);
    if (H5Dread_chunk(dataset_.dataset.id(), H5P_DEFAULT, offset.data(), &raw.mask, raw.bytes.data()) < 0)
      return FrameFault{BadFrameCause::kUnreadable, "chunk cannot be read: " + hdf5::last_error()};
    return std::nullopt;
  }

  // H5Dread_chunk would take the size of a plain chunk from a damaged index, and write beyond `out`.
  std::optional<FrameFault> read_plain(const std::vector<hsize_t>& offset, std::span<std::uint8_t> out) const {
    const std::vector<hsize_t>& dims = shape().axes.dims;
    std::vector<hsize_t> count = grid_.dims;
    for (std::size_t d = 0; d < count.size(); ++d) count[d] = std::min(count[d], dims[d] - offset[d]);
    const std::vector<hsize_t> origin(count.size(), 0);
    const hdf5::Handle file(H5Dget_space(dataset_.dataset.id()));
    const hdf5::Handle memory(H5Screate_simple(static_cast<int>(count.size()), grid_.dims.data(), nullptr));
    if (H5Sselect_hyperslab(file.id(), H5S_SELECT_SET, offset.data(), nullptr, count.data(), nullptr) < 0 ||
        H5Sselect_hyperslab(memory.id(), H5S_SELECT_SET, origin.data(), nullptr, count.data(), nullptr) < 0 ||
        H5Dread(dataset_.dataset.id(), hdf5_type(type()), memory.id(), file.id(), H5P_DEFAULT, out.data()) < 0) {
      return FrameFault{BadFrameCause::kUnreadable, "chunk cannot be read: " + hdf5::last_error()};
    }
    return std::nullopt;
  }

  // The part of frame `out` that lies in a chunk; the frame begins `inside` elements behind the chunk's begin.
  void copy_tile(std::span<const std::uint8_t> tile, std::size_t inside, hsize_t row, hsize_t column,
                 std::span<std::uint8_t> out) const {
    const auto height = static_cast<hsize_t>(shape().height), width = static_cast<hsize_t>(shape().width);
    const auto bytes = static_cast<std::size_t>(type().bytes);
    const hsize_t v0 = row * grid_.height, u0 = column * grid_.width;
    const hsize_t rows = std::min(grid_.height, height - v0);
    const std::size_t run = std::min(grid_.width, width - u0) * bytes;
    for (hsize_t v = 0; v < rows; ++v) {
      std::memcpy(out.data() + ((v0 + v) * width + u0) * bytes, tile.data() + (inside + v * grid_.row_stride) * bytes,
                  run);
    }
  }

  Hdf5Dataset dataset_;
  FilterPipeline filters_;
  ChunkGrid grid_;
  bool is_frame_;  // a chunk is one whole frame
  std::uint64_t bytes_stored_;
  mutable SharedCache<hsize_t, DecodedChunk> cache_;
  mutable std::mutex fetched_mutex_;
  mutable std::condition_variable fetch_ended_;
  mutable std::map<hsize_t, std::shared_ptr<FetchedChunk>> fetched_;
  mutable std::vector<std::shared_ptr<FetchedChunk>> spare_;  // with the others, as many as there ever were at a time
};

}  // namespace

std::shared_ptr<const StoredFrames> open_chunked_frames(Hdf5Dataset dataset, StackShape shape, PixelType type) {
  const hdf5::Handle creation = hdf5::check(H5Dget_create_plist(dataset.dataset.id()), "dataset properties");
  ChunkGrid grid = chunk_grid(creation.id(), shape, type);
  return std::make_shared<ChunkedFrames>(std::move(dataset), std::move(shape), type, FilterPipeline(creation.id()),
                                         std::move(grid));
}

}  // namespace dctprep
