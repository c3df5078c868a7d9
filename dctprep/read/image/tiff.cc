// SPDX-License-Identifier: BSD-3-Clause
// TIFF and BigTIFF through libtiff, marCCD and Pilatus among them. Rows are taken in the order in which they are
// stored: the Orientation tag is ignored, as fabio and tifffile do.
#include "dctprep/read/image/tiff.h"

#include <algorithm>
#include <charconv>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <tiffio.h>

#include "dctprep/base/error.h"

namespace dctprep {

namespace {

constexpr int kMaxPages = 1'000'000;
constexpr tmsize_t kMaxAllocation = tmsize_t{1} << 31;  // by libtiff, for one strip or table
constexpr std::uint64_t kMaxTileBytes = std::uint64_t{1} << 28;

// A handle on the bytes for libtiff, with a file position and the first error of its own.
class TiffHandle {
 public:
  TiffHandle(const ByteSource& source, const char* mode) : source_(source) {
    TIFFOpenOptions* options = TIFFOpenOptionsAlloc();
    if (options == nullptr) throw std::bad_alloc();
    TIFFOpenOptionsSetMaxSingleMemAlloc(options, kMaxAllocation);
    TIFFOpenOptionsSetErrorHandlerExtR(options, on_error, this);
    TIFFOpenOptionsSetWarningHandlerExtR(options, on_warning, this);
    tiff_ = TIFFClientOpenExt("", mode, this, read, write, seek, close, size, map, unmap, options);
    TIFFOpenOptionsFree(options);
  }
  ~TiffHandle() {
    if (tiff_ != nullptr) TIFFClose(tiff_);
  }
  TiffHandle(const TiffHandle&) = delete;
  TiffHandle& operator=(const TiffHandle&) = delete;

  TIFF* get() const { return tiff_; }
  // What libtiff said first, or `otherwise`.
  std::string error(const std::string& otherwise) const { return error_.empty() ? otherwise : error_; }

  template <class T>
  T field(std::uint32_t tag, T otherwise) const {
    T value = otherwise;
    return TIFFGetFieldDefaulted(tiff_, tag, &value) == 1 ? value : otherwise;
  }

 private:
  static int on_error(TIFF*, void* self, const char* /*module*/, const char* format, va_list arguments) {
    auto& error = static_cast<TiffHandle*>(self)->error_;
    if (!error.empty()) return 1;
    char text[256];
    std::vsnprintf(text, sizeof text, format, arguments);
    const char* begin = text;  // ": what", where libtiff has no name to put in front
    while (*begin == ':' || *begin == ' ') ++begin;
    for (const char* c = begin; *c != 0; ++c) error += std::isprint(static_cast<unsigned char>(*c)) ? *c : '?';
    return 1;
  }
  static int on_warning(TIFF*, void*, const char*, const char*, va_list) { return 1; }
  static tmsize_t read(thandle_t self, void* to, tmsize_t count) {
    auto& handle = *static_cast<TiffHandle*>(self);
    if (count <= 0) return 0;
    const std::size_t got =
        handle.source_.read(handle.position_, {static_cast<std::uint8_t*>(to), static_cast<std::size_t>(count)});
    handle.position_ += got;
    return static_cast<tmsize_t>(got);
  }
  static tmsize_t write(thandle_t, void*, tmsize_t) { return -1; }
  static toff_t seek(thandle_t self, toff_t offset, int whence) {
    auto& handle = *static_cast<TiffHandle*>(self);
    if (whence == SEEK_SET) handle.position_ = offset;
    if (whence == SEEK_CUR) handle.position_ += offset;
    if (whence == SEEK_END) handle.position_ = handle.source_.size() + offset;
    return handle.position_;
  }
  static int close(thandle_t) { return 0; }
  static toff_t size(thandle_t self) { return static_cast<TiffHandle*>(self)->source_.size(); }
  static int map(thandle_t, void**, toff_t*) { return 0; }
  static void unmap(thandle_t, void*, toff_t) {}

  const ByteSource& source_;
  std::uint64_t position_ = 0;
  std::string error_;
  TIFF* tiff_ = nullptr;
};

struct Page {
  std::uint64_t directory = 0;  // where it lies in the file
  std::optional<FrameFault> fault;
  std::string description;
};

struct PageLayout {
  std::int64_t height = 0, width = 0;
  PixelType type;
  int bits = 0;
  int compression = 0;
};

FrameFault unreadable(std::string what) { return {BadFrameCause::kUnreadable, std::move(what)}; }

// The layout of the directory that `handle` stands at; Error where it cannot be read as an image of numbers.
PageLayout page_layout(const TiffHandle& handle, std::uint64_t file_bytes) {
  PageLayout page;
  page.height = handle.field<std::uint32_t>(TIFFTAG_IMAGELENGTH, 0);
  page.width = handle.field<std::uint32_t>(TIFFTAG_IMAGEWIDTH, 0);
  check_image_size(page.height, page.width);
  if (handle.field<std::uint16_t>(TIFFTAG_SAMPLESPERPIXEL, 1) != 1) fail("a TIFF colour image is not supported");
  if (handle.field<std::uint32_t>(TIFFTAG_IMAGEDEPTH, 1) != 1) fail("a TIFF volume (ImageDepth) is not supported");
  page.bits = handle.field<std::uint16_t>(TIFFTAG_BITSPERSAMPLE, 1);
  const int format = handle.field<std::uint16_t>(TIFFTAG_SAMPLEFORMAT, SAMPLEFORMAT_UINT);
  page.type.kind = format == SAMPLEFORMAT_INT      ? PixelKind::kSigned
                   : format == SAMPLEFORMAT_IEEEFP ? PixelKind::kFloat
                                                   : PixelKind::kUnsigned;
  page.type.bytes = page.bits == 1 ? 1 : page.bits / 8;
  const bool known = format == SAMPLEFORMAT_UINT || format == SAMPLEFORMAT_INT || format == SAMPLEFORMAT_IEEEFP ||
                     format == SAMPLEFORMAT_VOID;
  if (!known || (page.bits != 1 && page.bits % 8 != 0) || !valid_pixel_type(page.type)) {
    fail("TIFF data of {} bits (sample format {}) is not supported; convert the file first", page.bits, format);
  }
  page.compression = handle.field<std::uint16_t>(TIFFTAG_COMPRESSION, COMPRESSION_NONE);
  if (TIFFIsCODECConfigured(static_cast<std::uint16_t>(page.compression)) == 0) {
    fail("TIFF data of compression {} is not supported; convert the file first", page.compression);
  }
  const auto pixels = static_cast<std::uint64_t>(page.height) * static_cast<std::uint64_t>(page.width);
  const std::uint64_t bytes = pixels * static_cast<std::uint64_t>(page.bits) / 8;
  if (page.compression == COMPRESSION_NONE ? bytes > file_bytes : pixels > kMaxPackedPixels) {
    fail("cut short: {} bytes cannot hold {} x {} pixels", file_bytes, page.height, page.width);
  }
  return page;
}

std::string compression_name(int code) {
  switch (code) {
    case COMPRESSION_NONE:
      return "none";
    case COMPRESSION_LZW:
      return "lzw";
    case COMPRESSION_ADOBE_DEFLATE:
    case COMPRESSION_DEFLATE:
      return "deflate";
    case COMPRESSION_PACKBITS:
      return "packbits";
    case COMPRESSION_ZSTD:
      return "zstd";
    default:
      return fmt::format("tiff {}", code);
  }
}

// Copies `rows` rows of `columns` pixels; pixels of one bit become bytes of 0 or 1.
void copy_rows(const std::uint8_t* from, std::size_t from_stride, std::uint8_t* to, std::size_t to_stride,
               std::size_t rows, std::size_t columns, const PixelType& type, bool single_bits) {
  for (std::size_t row = 0; row < rows; ++row, from += from_stride, to += to_stride) {
    if (!single_bits) {
      std::memcpy(to, from, columns * static_cast<std::size_t>(type.bytes));
    } else {
      for (std::size_t u = 0; u < columns; ++u) to[u] = static_cast<std::uint8_t>(from[u / 8] >> (7 - u % 8) & 1);
    }
  }
}

class TiffReader final : public ImageReader {
 public:
  explicit TiffReader(std::shared_ptr<const ByteSource> source) : source_(std::move(source)) {
    format_ = "TIFF";
    TiffHandle handle(*source_, "rmc");
    if (handle.get() == nullptr) fail("damaged TIFF: {}", handle.error("it cannot be opened"));
    for (;;) {
      add_page(handle);
      if (static_cast<int>(pages_.size()) > kMaxPages) fail("more than {} pages", kMaxPages);
      if (TIFFLastDirectory(handle.get()) != 0) break;
      if (TIFFReadDirectory(handle.get()) == 0) {
        pages_.push_back({0, unreadable("damaged TIFF: " + handle.error("the next page cannot be found")), {}});
        break;
      }
    }
    if (pages_.empty()) fail("a TIFF file without an image of full size");
    frames_ = static_cast<int>(pages_.size());
    if (frames_ == 1) unfold_imagej(handle);
  }

  std::optional<FrameFault> fault(int k) const override {
    if (!source_->damage().empty()) return unreadable(source_->damage());
    if (stack_begin_ > 0) {
      const std::uint64_t end = stack_begin_ + static_cast<std::uint64_t>(k + 1) * stored_bytes();
      if (end > source_->size()) return unreadable("cut short: the frame ends behind the end of the file");
      return std::nullopt;
    }
    return pages_[static_cast<std::size_t>(k)].fault;
  }

  std::optional<FrameFault> read_stored(int k, std::span<std::uint8_t> out) const override {
    if (auto wrong = fault(k)) return wrong;
    if (stack_begin_ > 0) {
      if (source_->read(stack_begin_ + static_cast<std::uint64_t>(k) * stored_bytes(), out) == out.size()) return {};
      return unreadable("the file was cut short");
    }
    // Each read has a handle of its own: so any number of threads may read.
    TiffHandle handle(*source_, "rmch");
    if (handle.get() == nullptr ||
        TIFFSetSubDirectory(handle.get(), pages_[static_cast<std::size_t>(k)].directory) == 0) {
      return unreadable("damaged TIFF: " + handle.error("the page cannot be found"));
    }
    try {
      const PageLayout page = page_layout(handle, source_->size());
      if (page.height != height_ || page.width != width_ || page.bits != bits_) return unreadable("the file changed");
      return TIFFIsTiled(handle.get()) != 0 ? read_tiles(handle, out) : read_strips(handle, out);
    } catch (const Error& error) {
      return unreadable(error.what());
    }
  }

  std::vector<HeaderNumber> numbers(int k) const override {
    return pilatus_numbers(pages_[stack_begin_ > 0 ? 0 : static_cast<std::size_t>(k)].description);
  }

 private:
  void add_page(const TiffHandle& handle);
  void unfold_imagej(const TiffHandle& handle);
  std::optional<FrameFault> read_strips(const TiffHandle& handle, std::span<std::uint8_t> out) const;
  std::optional<FrameFault> read_tiles(const TiffHandle& handle, std::span<std::uint8_t> out) const;

  std::shared_ptr<const ByteSource> source_;
  std::vector<Page> pages_;
  int bits_ = 0;
  std::uint64_t stack_begin_ = 0;  // of frames that follow one another without a directory each (ImageJ); 0: none do
};

void TiffReader::add_page(const TiffHandle& handle) {
  // Thumbnails, levels of a pyramid and transparency masks are no frames.
  if ((handle.field<std::uint32_t>(TIFFTAG_SUBFILETYPE, 0) & (FILETYPE_REDUCEDIMAGE | FILETYPE_MASK)) != 0) return;
  Page page{TIFFCurrentDirOffset(handle.get()), {}, {}};
  if (const char* text = handle.field<const char*>(TIFFTAG_IMAGEDESCRIPTION, nullptr)) page.description = text;
  try {
    const PageLayout layout = page_layout(handle, source_->size());
    if (pages_.empty()) {
      height_ = static_cast<int>(layout.height);
      width_ = static_cast<int>(layout.width);
      type_ = layout.type;
      bits_ = layout.bits;
      compression_ = compression_name(layout.compression);
      // marCCD headers lie at 1024, in the 4096 bytes before the pixels, and are named so at 1028.
      const std::vector<std::uint8_t> mar = source_->read(1028, 4);
      if (mar.size() == 4 && std::memcmp(mar.data(), "MMX", 4) == 0) format_ = "marCCD";
    } else if (layout.height != height_ || layout.width != width_ || layout.type != type_ || layout.bits != bits_) {
      page.fault =
          unreadable(fmt::format("is {} x {} {} where the first page is {} x {} {}", layout.height, layout.width,
                                 pixel_type_name(layout.type), height_, width_, pixel_type_name(type_)));
    }
  } catch (const Error& error) {
    if (pages_.empty()) throw;
    page.fault = unreadable(error.what());
  }
  pages_.push_back(std::move(page));
}

// ImageJ writes large stacks with one directory, the number of images in its description, and the frames in a row.
void TiffReader::unfold_imagej(const TiffHandle& handle) {
  const std::string& text = pages_[0].description;
  if (!text.starts_with("ImageJ=") || compression_ != "none" || bits_ == 1 || TIFFIsTiled(handle.get()) != 0) return;
  const std::size_t at = text.find("\nimages=");
  int images = 0;
  if (at != std::string::npos) std::from_chars(text.data() + at + 8, text.data() + text.size(), images);
  if (images < 2 || images > kMaxPages) return;
  stack_begin_ = TIFFGetStrileOffset(handle.get(), 0);
  if (stack_begin_ == 0) return;
  type_.big_endian = TIFFIsBigEndian(handle.get()) != 0;
  frames_ = images;
}

std::optional<FrameFault> TiffReader::read_strips(const TiffHandle& handle, std::span<std::uint8_t> out) const {
  const auto height = static_cast<std::uint32_t>(height_);
  const std::uint32_t rows_a_strip =
      std::clamp<std::uint32_t>(handle.field<std::uint32_t>(TIFFTAG_ROWSPERSTRIP, height), 1, height);
  const std::size_t row_bytes = stored_bytes() / height;
  const std::size_t packed_row = bits_ == 1 ? (static_cast<std::size_t>(width_) + 7) / 8 : row_bytes;
  std::vector<std::uint8_t> bits(bits_ == 1 ? packed_row * rows_a_strip : 0);
  for (std::uint32_t row = 0, strip = 0; row < height; row += rows_a_strip, ++strip) {
    const std::size_t rows = std::min(rows_a_strip, height - row);
    std::uint8_t* const to = out.data() + row * row_bytes;
    const auto wanted = static_cast<tmsize_t>(rows * packed_row);
    if (TIFFReadEncodedStrip(handle.get(), strip, bits_ == 1 ? bits.data() : to, wanted) != wanted) {
      return unreadable("damaged TIFF: " + handle.error("a strip is cut short"));
    }
    if (bits_ == 1)
      copy_rows(bits.data(), packed_row, to, row_bytes, rows, static_cast<std::size_t>(width_), type_, true);
  }
  return std::nullopt;
}

std::optional<FrameFault> TiffReader::read_tiles(const TiffHandle& handle, std::span<std::uint8_t> out) const {
  const std::size_t tile_width = handle.field<std::uint32_t>(TIFFTAG_TILEWIDTH, 0);
  const std::size_t tile_height = handle.field<std::uint32_t>(TIFFTAG_TILELENGTH, 0);
  const std::uint64_t tile_bytes = TIFFTileSize64(handle.get());
  const auto height = static_cast<std::size_t>(height_), width = static_cast<std::size_t>(width_);
  const auto bytes = static_cast<std::size_t>(type_.bytes);
  if (tile_width == 0 || tile_height == 0 || tile_width > kMaxImageSide || tile_height > kMaxImageSide ||
      tile_bytes > kMaxTileBytes) {
    return unreadable("damaged TIFF: impossible tiles");
  }
  const std::size_t packed_row = bits_ == 1 ? (tile_width + 7) / 8 : tile_width * bytes;
  if (tile_bytes != packed_row * tile_height) return unreadable("damaged TIFF: impossible tiles");
  std::vector<std::uint8_t> tile(static_cast<std::size_t>(tile_bytes));
  std::uint32_t number = 0;
  for (std::size_t v = 0; v < height; v += tile_height) {
    for (std::size_t u = 0; u < width; u += tile_width, ++number) {
      if (TIFFReadEncodedTile(handle.get(), number, tile.data(), static_cast<tmsize_t>(tile_bytes)) !=
          static_cast<tmsize_t>(tile_bytes)) {
        return unreadable("damaged TIFF: " + handle.error("a tile is cut short"));
      }
      copy_rows(tile.data(), packed_row, out.data() + (v * width + u) * bytes, width * bytes,
                std::min(tile_height, height - v), std::min(tile_width, width - u), type_, bits_ == 1);
    }
  }
  return std::nullopt;
}

}  // namespace

std::unique_ptr<ImageReader> open_tiff(std::shared_ptr<const ByteSource> source) {
  return std::make_unique<TiffReader>(std::move(source));
}

}  // namespace dctprep
