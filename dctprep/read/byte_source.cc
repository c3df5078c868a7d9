// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/read/byte_source.h"

#include <algorithm>
#include <bzlib.h>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <limits>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>
#include <zlib.h>

#include "dctprep/base/error.h"

namespace dctprep {

namespace {

constexpr std::size_t kInputChunk = std::size_t{1} << 18;
constexpr std::size_t kOutputChunk = std::size_t{1} << 20;

// Reads a file from its start, piece by piece.
class InputPieces {
 public:
  explicit InputPieces(int file) : file_(file), buffer_(kInputChunk) {}
  // The next bytes; none at the end.
  std::span<std::uint8_t> next() {
    for (;;) {
      const ssize_t got = ::pread(file_, buffer_.data(), buffer_.size(), static_cast<off_t>(offset_));
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) return {};
      offset_ += static_cast<std::uint64_t>(got);
      return {buffer_.data(), static_cast<std::size_t>(got)};
    }
  }

 private:
  int file_;
  std::vector<std::uint8_t> buffer_;
  std::uint64_t offset_ = 0;
};

// Room for more output: a step that grows with what is there, and stays below the limit.
std::span<std::uint8_t> make_room(std::vector<std::uint8_t>& bytes, std::size_t filled, std::uint64_t limit) {
  if (filled == bytes.size()) {
    const std::uint64_t wanted = std::max<std::uint64_t>(filled + kOutputChunk, filled + filled / 2);
    bytes.resize(static_cast<std::size_t>(std::min(wanted, std::max<std::uint64_t>(limit, filled))));
  }
  return std::span(bytes).subspan(filled);
}

constexpr const char* kTruncated = "the compressed stream ends early";

}  // namespace

ByteSource::ByteSource(std::vector<std::uint8_t> bytes)
    : in_memory_(true), bytes_(std::move(bytes)), size_(bytes_.size()), stored_size_(bytes_.size()) {}

ByteSource::~ByteSource() {
  if (file_ >= 0) ::close(file_);
}

std::shared_ptr<const ByteSource> ByteSource::open(const std::filesystem::path& path, std::uint64_t limit) {
  const std::shared_ptr<ByteSource> source(new ByteSource);
  // Not blocking: a pipe that nobody writes to is refused below, not waited for.
  source->file_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (source->file_ < 0) {
    if (errno == ENOENT || errno == ENOTDIR) fail("{}: no such file", path.string());
    fail("{}: cannot be opened: {}", path.string(), std::strerror(errno));
  }
  struct stat facts {};
  if (::fstat(source->file_, &facts) != 0) fail("{}: cannot be opened: {}", path.string(), std::strerror(errno));
  if (S_ISDIR(facts.st_mode)) fail("{}: is a folder, not a file", path.string());
  if (!S_ISREG(facts.st_mode)) fail("{}: is not a regular file", path.string());
  source->size_ = source->stored_size_ = static_cast<std::uint64_t>(facts.st_size);

  const std::vector<std::uint8_t> magic = source->read(0, 10);
  const bool gzip = magic.size() >= 3 && magic[0] == 0x1f && magic[1] == 0x8b && magic[2] == 8;
  const bool bzip2 = magic.size() >= 10 && magic[0] == 'B' && magic[1] == 'Z' && magic[2] == 'h' && magic[3] >= '1' &&
                     magic[3] <= '9' &&
                     (std::memcmp(&magic[4], "\x31\x41\x59\x26\x53\x59", 6) == 0 ||
                      std::memcmp(&magic[4], "\x17\x72\x45\x38\x50\x90", 6) == 0);
  if (!gzip && !bzip2) return source;
  if (gzip) source->decompress_gzip(std::min(limit, kMaxDecompressed));
  if (bzip2) source->decompress_bzip2(std::min(limit, kMaxDecompressed));
  source->compression_ = gzip ? "gzip" : "bzip2";
  source->in_memory_ = true;
  source->size_ = source->bytes_.size();
  ::close(std::exchange(source->file_, -1));
  if (source->size_ >= kMaxDecompressed) {
    fail("{}: decompresses to more than {} GiB; decompress it first", path.string(), kMaxDecompressed >> 30);
  }
  return source;
}

void ByteSource::decompress_gzip(std::uint64_t limit) {
  z_stream stream{};
  if (inflateInit2(&stream, 15 + 16) != Z_OK) throw std::bad_alloc();
  InputPieces pieces(file_);
  std::size_t filled = 0;
  bool inside = true;  // of a member
  for (;;) {
    if (stream.avail_in == 0) {
      const auto piece = pieces.next();
      if (piece.empty()) break;
      stream.next_in = piece.data();
      stream.avail_in = static_cast<uInt>(piece.size());
    }
    if (!inside) {
      // What follows a member is another one, or padding that means nothing.
      if (*stream.next_in != 0x1f) break;
      inflateReset(&stream);
      inside = true;
    }
    const auto room = make_room(bytes_, filled, limit);
    if (room.empty()) break;
    stream.next_out = room.data();
    stream.avail_out = static_cast<uInt>(std::min<std::size_t>(room.size(), std::numeric_limits<uInt>::max()));
    const uInt before = stream.avail_out;
    const int status = inflate(&stream, Z_NO_FLUSH);
    filled += before - stream.avail_out;
    if (status == Z_STREAM_END) {
      inside = false;
      intact_size_ = filled;
    } else if (status != Z_OK && status != Z_BUF_ERROR) {
      damage_ = "the gzip stream is damaged";
      break;
    }
  }
  if (inside && damage_.empty() && filled < limit) damage_ = kTruncated;
  inflateEnd(&stream);
  bytes_.resize(filled);
}

void ByteSource::decompress_bzip2(std::uint64_t limit) {
  bz_stream stream{};
  if (BZ2_bzDecompressInit(&stream, 0, 0) != BZ_OK) throw std::bad_alloc();
  InputPieces pieces(file_);
  std::size_t filled = 0;
  bool inside = true;
  for (;;) {
    if (stream.avail_in == 0) {
      const auto piece = pieces.next();
      if (piece.empty()) break;
      stream.next_in = reinterpret_cast<char*>(piece.data());
      stream.avail_in = static_cast<unsigned>(piece.size());
    }
    if (!inside) {
      if (*stream.next_in != 'B') break;
      char* const next_in = stream.next_in;
      const unsigned avail_in = stream.avail_in;
      BZ2_bzDecompressEnd(&stream);
      stream = {};
      if (BZ2_bzDecompressInit(&stream, 0, 0) != BZ_OK) throw std::bad_alloc();
      stream.next_in = next_in;
      stream.avail_in = avail_in;
      inside = true;
    }
    const auto room = make_room(bytes_, filled, limit);
    if (room.empty()) break;
    stream.next_out = reinterpret_cast<char*>(room.data());
    stream.avail_out = static_cast<unsigned>(std::min<std::size_t>(room.size(), std::numeric_limits<unsigned>::max()));
    const unsigned before = stream.avail_out;
    const int status = BZ2_bzDecompress(&stream);
    filled += before - stream.avail_out;
    if (status == BZ_STREAM_END) {
      inside = false;
      intact_size_ = filled;
    } else if (status != BZ_OK) {
      damage_ = "the bzip2 stream is damaged";
      break;
    }
  }
  if (inside && damage_.empty() && filled < limit) damage_ = kTruncated;
  BZ2_bzDecompressEnd(&stream);
  bytes_.resize(filled);
}

std::size_t ByteSource::read(std::uint64_t offset, std::span<std::uint8_t> out) const {
  if (offset >= size_) return 0;
  const std::size_t count = static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), size_ - offset));
  if (in_memory_) {
    if (count > 0) std::memcpy(out.data(), bytes_.data() + offset, count);
    return count;
  }
  std::size_t done = 0;
  while (done < count) {
    const ssize_t got = ::pread(file_, out.data() + done, count - done, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    done += static_cast<std::size_t>(got);
  }
  return done;
}

std::vector<std::uint8_t> ByteSource::read(std::uint64_t offset, std::size_t count) const {
  if (offset >= size_) return {};
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(std::min<std::uint64_t>(count, size_ - offset)));
  bytes.resize(read(offset, std::span(bytes)));
  return bytes;
}

bool inflate_exactly(std::span<const std::uint8_t> packed, std::span<std::uint8_t> out) {
  constexpr std::size_t kMost = std::numeric_limits<uInt>::max();
  if (packed.size() > kMost || out.size() > kMost) return false;
  z_stream stream{};
  if (inflateInit2(&stream, 15 + 32) != Z_OK) throw std::bad_alloc();
  stream.next_in = const_cast<Bytef*>(packed.data());
  stream.avail_in = static_cast<uInt>(packed.size());
  stream.next_out = out.data();
  stream.avail_out = static_cast<uInt>(out.size());
  const int status = inflate(&stream, Z_FINISH);
  const bool complete = status == Z_STREAM_END && stream.avail_out == 0;
  inflateEnd(&stream);
  return complete;
}

}  // namespace dctprep
