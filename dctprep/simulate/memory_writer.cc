// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/simulate/memory_writer.h"

#include <cstring>
#include <fmt/format.h>
#include <optional>
#include <string>
#include <utility>

#include "dctprep/base/assert.h"
#include "dctprep/kernels/chunk_codec.h"
#include "dctprep/simulate/resolve.h"

namespace dctprep {

namespace {

class MemoryChunks final : public FrameSource {
 public:
  MemoryChunks(std::vector<std::vector<std::uint8_t>> chunks, int height, int width, bool compressed, const char* what)
      : chunks_(std::move(chunks)), height_(height), width_(width), compressed_(compressed), what_(what) {}

  int frames() const override { return static_cast<int>(chunks_.size()); }
  int height() const override { return height_; }
  int width() const override { return width_; }
  int type_max() const override { return 65535; }

  std::optional<FrameFault> read(int k, ImageView<std::uint16_t> out, ImageView<std::uint8_t> markers,
                                 PixelChanges*) const override {
    DCTPREP_ASSERT(0 <= k && k < frames() && out.height() == height_ && out.width() == width_);
    const std::vector<std::uint8_t>& chunk = chunks_[static_cast<std::size_t>(k)];
    const std::span<std::uint16_t> pixels = out.pixels();
    const std::span<std::uint8_t> bytes{reinterpret_cast<std::uint8_t*>(pixels.data()), pixels.size_bytes()};
    if (compressed_) {
      thread_local std::vector<std::uint8_t> scratch;
      const std::string wrong = decode_bitshuffle_lz4(chunk, sizeof(std::uint16_t), bytes, scratch);
      if (!wrong.empty()) return FrameFault{BadFrameCause::kUnreadable, wrong};
    } else {
      std::memcpy(bytes.data(), chunk.data(), bytes.size());
    }
    if (!markers.empty()) std::memset(markers.data(), 0, markers.size());
    return std::nullopt;
  }

  std::string frame_name(int k) const override { return fmt::format("{} {}", what_, k); }

 private:
  std::vector<std::vector<std::uint8_t>> chunks_;
  int height_;
  int width_;
  bool compressed_;
  const char* what_;
};

}  // namespace

MemoryWriter::MemoryWriter(const SimulateOptions& options)
    : height_(options.height),
      width_(options.width),
      compress_(options.compress),
      projections_(static_cast<std::size_t>(options.frames.value())),
      darks_(static_cast<std::size_t>(options.darks)),
      flats_(static_cast<std::size_t>(options.flats)) {
  scan_.name = "simulated";
  scan_.omega_start = options.omega_start;
  scan_.omega_step = omega_step(options);
  for (int k = 0; k < options.frames.value(); ++k) scan_.omega.push_back(scan_.omega_start + k * scan_.omega_step);
  scan_.bad_pixels = Image<std::uint8_t>(height_, width_, 0);
  scan_.storage.format = "memory";
  scan_.storage.location = "simulated";
  scan_.storage.type = "uint16";
  scan_.storage.compression = compress_ ? "bitshuffle-lz4" : "none";
  scan_.dark_path = scan_.flat_path = "none";
}

std::vector<std::uint8_t> MemoryWriter::encode(StackKind, int, ImageView<const std::uint16_t> image) const {
  return encode_pixels(image, compress_);
}

void MemoryWriter::put(StackKind kind, int frame, std::span<const std::uint8_t> encoded) {
  Chunks& chunks = kind == StackKind::kFlats ? flats_ : kind == StackKind::kDarks ? darks_ : projections_;
  chunks[static_cast<std::size_t>(frame)].assign(encoded.begin(), encoded.end());
  if (kind == StackKind::kProjections) scan_.storage.bytes_stored += encoded.size();
}

std::shared_ptr<const FrameSource> MemoryWriter::frames_of(Chunks&& chunks, const char* what) const {
  if (chunks.empty()) return nullptr;
  return std::make_shared<MemoryChunks>(std::move(chunks), height_, width_, compress_, what);
}

void MemoryWriter::finish() {
  scan_.frames = frames_of(std::move(projections_), "frame");
  scan_.darks = frames_of(std::move(darks_), "dark frame");
  scan_.flats = frames_of(std::move(flats_), "flat frame");
}

}  // namespace dctprep
