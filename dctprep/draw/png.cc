// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/draw/png.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <png.h>

#include "dctprep/base/error.h"
#include "dctprep/base/partial_file.h"

namespace dctprep::draw {

namespace {

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

// libpng's simplified interface: it reports errors as values, where the full one would jump out of C++ scopes.
// `stride` in bytes.
void write(const std::filesystem::path& path, int width, int height, png_uint_32 format, std::ptrdiff_t stride,
           const void* pixels, bool overwrite) {
  PartialFile file(path, overwrite);
  std::unique_ptr<std::FILE, CloseFile> stream(std::fopen(file.path().c_str(), "wb"));
  if (stream == nullptr) fail("{}: cannot be written: {}", path.string(), std::strerror(errno));
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = static_cast<png_uint_32>(width);
  image.height = static_cast<png_uint_32>(height);
  image.format = format;
  errno = 0;
  if (png_image_write_to_stdio(&image, stream.get(), 0, pixels, static_cast<png_int_32>(stride), nullptr) == 0) {
    const bool wrong_stream = std::ferror(stream.get()) != 0 && errno != 0;
    fail("{}: cannot be written: {}", path.string(), wrong_stream ? std::strerror(errno) : image.message);
  }
  if (std::fclose(stream.release()) != 0) fail("{}: cannot be written: {}", path.string(), std::strerror(errno));
  file.commit();
}

}  // namespace

void write_png(const std::filesystem::path& path, const Canvas& canvas, bool overwrite) {
  static_assert(sizeof(Colour) == 3);
  write(path, canvas.width(), canvas.height(), PNG_FORMAT_RGB, 3 * canvas.width(), canvas.pixels().data(), overwrite);
}

void write_png(const std::filesystem::path& path, ImageView<const std::uint8_t> grey, bool overwrite) {
  if (grey.empty()) fail("{}: an image without pixels cannot be a PNG file", path.string());
  write(path, grey.width(), grey.height(), PNG_FORMAT_GRAY, grey.stride(), grey.data(), overwrite);
}

}  // namespace dctprep::draw
