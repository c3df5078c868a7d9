// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/core/hdf5_filters.h"

#include <algorithm>
#include <cstring>
#include <fmt/format.h>
#include <zlib.h>
#include <zstd.h>

#include "dctprep/base/assert.h"
#include "dctprep/base/hdf5.h"
#include "dctprep/kernels/chunk_codec.h"

namespace dctprep {

namespace {

using Bytes = std::span<const std::uint8_t>;

constexpr H5Z_filter_t kLzf = 32000, kBlosc = 32001, kLz4 = 32004, kBitshuffle = 32008, kZfp = 32013, kZstd = 32015,
                       kBzip2 = 307;
constexpr unsigned kBitshuffleLz4 = 2, kBitshuffleZstd = 3;  // of cd_values[4]

unsigned parameter(const std::vector<unsigned>& parameters, std::size_t i) {
  return i < parameters.size() ? parameters[i] : 0;
}

bool valid_bitshuffle(const std::vector<unsigned>& parameters) {
  const unsigned size = parameter(parameters, 2), codec = parameter(parameters, 4);
  return (size == 1 || size == 2 || size == 4 || size == 8) &&
         (codec == 0 || codec == kBitshuffleLz4 || codec == kBitshuffleZstd);
}

std::string compression_name(H5Z_filter_t id, const std::vector<unsigned>& parameters, const std::string& stored_name) {
  switch (id) {
    case H5Z_FILTER_SHUFFLE:
    case H5Z_FILTER_FLETCHER32:
      return {};
    case H5Z_FILTER_DEFLATE:
      return "gzip";
    case H5Z_FILTER_SZIP:
      return "szip";
    case H5Z_FILTER_NBIT:
      return "nbit";
    case H5Z_FILTER_SCALEOFFSET:
      return "scaleoffset";
    case kBzip2:
      return "bzip2";
    case kLzf:
      return "lzf";
    case kBlosc:
      return "blosc";
    case kLz4:
      return "lz4";
    case kZfp:
      return "zfp";
    case kZstd:
      return "zstd";
    case kBitshuffle:
      switch (parameter(parameters, 4)) {
        case kBitshuffleLz4:
          return "bitshuffle-lz4";
        case kBitshuffleZstd:
          return "bitshuffle-zstd";
        default:
          return "bitshuffle";
      }
    default:
      return stored_name.empty() ? fmt::format("filter {}", id) : stored_name.substr(0, stored_name.find(';'));
  }
}

// HDF5's checksum of a chunk (H5checksum.c): Fletcher's, over big-endian words of 16 bits.
std::uint32_t fletcher32(Bytes data) {
  std::uint32_t sum1 = 0, sum2 = 0;
  std::size_t at = 0;
  std::size_t words = data.size() / 2;
  while (words > 0) {
    std::size_t run = std::min<std::size_t>(words, 360);  // as many as cannot overflow
    words -= run;
    for (; run > 0; --run, at += 2) {
      sum1 += std::uint32_t{data[at]} << 8 | data[at + 1];
      sum2 += sum1;
    }
    sum1 = (sum1 & 0xffff) + (sum1 >> 16);
    sum2 = (sum2 & 0xffff) + (sum2 >> 16);
  }
  if (data.size() % 2 != 0) {
    sum1 += std::uint32_t{data.back()} << 8;
    sum2 += sum1;
    sum1 = (sum1 & 0xffff) + (sum1 >> 16);
    sum2 = (sum2 & 0xffff) + (sum2 >> 16);
  }
  sum1 = (sum1 & 0xffff) + (sum1 >> 16);
  sum2 = (sum2 & 0xffff) + (sum2 >> 16);
  return sum2 << 16 | sum1;
}

// The four bytes behind the data hold its checksum, little-endian; early versions of HDF5 swapped the bytes of its
// halves.
bool checksum_holds(Bytes data, Bytes stored) {
  const std::uint32_t sum = fletcher32(data);
  const std::uint32_t found =
      stored[0] | std::uint32_t{stored[1]} << 8 | std::uint32_t{stored[2]} << 16 | std::uint32_t{stored[3]} << 24;
  const std::uint32_t swapped = (found & 0x00ff00ff) << 8 | (found >> 8 & 0x00ff00ff);
  return sum == found || sum == swapped;
}

template <std::size_t kSize>
void unshuffle_sized(const std::uint8_t* in, std::size_t count, std::uint8_t* out) {
  for (std::size_t e = 0; e < count; ++e) {
    for (std::size_t b = 0; b < kSize; ++b) out[e * kSize + b] = in[b * count + e];
  }
}

std::string unshuffle(Bytes in, std::size_t size, std::span<std::uint8_t> out) {
  if (in.size() != out.size()) return fmt::format("chunk of {} bytes where {} were expected", in.size(), out.size());
  size = std::max<std::size_t>(size, 1);
  const std::size_t count = in.size() / size;
  switch (size) {
    case 2:
      unshuffle_sized<2>(in.data(), count, out.data());
      break;
    case 4:
      unshuffle_sized<4>(in.data(), count, out.data());
      break;
    default:
      for (std::size_t b = 0; b < size; ++b) {
        for (std::size_t e = 0; e < count; ++e) out[e * size + b] = in[b * count + e];
      }
  }
  std::copy(in.begin() + static_cast<std::ptrdiff_t>(count * size), in.end(),
            out.begin() + static_cast<std::ptrdiff_t>(count * size));
  return {};
}

// One inflater a thread: setting one up costs more than a small chunk.
class Inflater {
 public:
  Inflater() { good_ = inflateInit(&stream_) == Z_OK; }
  ~Inflater() {
    if (good_) inflateEnd(&stream_);
  }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  std::string inflate_all(Bytes in, std::span<std::uint8_t> out) {
    if (!good_ || inflateReset(&stream_) != Z_OK) return "zlib cannot be started";
    // Chunks are below 4 GiB, as zlib's counts are.
    stream_.next_in = const_cast<Bytef*>(in.data());
    stream_.avail_in = static_cast<uInt>(in.size());
    stream_.next_out = out.data();
    stream_.avail_out = static_cast<uInt>(out.size());
    const int status = ::inflate(&stream_, Z_FINISH);
    if (status == Z_STREAM_END && stream_.avail_out == 0) return {};
    if (status == Z_DATA_ERROR) {
      return fmt::format("damaged gzip data{}{}", stream_.msg ? ": " : "", stream_.msg ? stream_.msg : "");
    }
    return stream_.avail_out == 0 ? "gzip data longer than the chunk" : "gzip data cut short";
  }

 private:
  z_stream stream_{};
  bool good_ = false;
};

// The filter's version stands in the first two parameters. Before 0.4 it knew no zstd, and where it was asked for it
// shuffled only, without a header (Debian 12's python3-hdf5plugin does so).
bool is_shuffled_only(Bytes chunk, std::size_t size, const std::vector<unsigned>& parameters) {
  const bool knows_zstd = parameter(parameters, 0) > 0 || parameter(parameters, 1) >= 4;
  if (knows_zstd || chunk.size() != size || size < 8) return false;
  std::uint64_t header = 0;
  for (const std::uint8_t byte : chunk.first(8)) header = header << 8 | byte;
  return header != size;
}

std::string copy_exactly(Bytes in, std::span<std::uint8_t> out) {
  if (in.size() != out.size()) return fmt::format("chunk of {} bytes where {} were expected", in.size(), out.size());
  std::copy(in.begin(), in.end(), out.begin());
  return {};
}

}  // namespace

std::span<std::uint8_t> ByteBuffer::get(std::size_t size) {
  // With room to spare: the sizes of compressed chunks vary a little.
  if (size > capacity_) {
    data_.reset();
    data_ = std::make_unique_for_overwrite<std::uint8_t[]>(size + size / 4);
    capacity_ = size + size / 4;
  }
  return {data_.get(), size};
}

FilterPipeline::FilterPipeline(hid_t creation_list) {
  hdf5::quiet();
  const int count = H5Pget_nfilters(creation_list);
  int compressions = 0;
  for (int i = 0; i < count; ++i) {
    unsigned flags = 0, configuration = 0;
    std::size_t parameter_count = 32;
    std::vector<unsigned> parameters(parameter_count);
    char stored_name[256] = {};
    Filter filter;
    filter.id = H5Pget_filter2(creation_list, static_cast<unsigned>(i), &flags, &parameter_count, parameters.data(),
                               sizeof(stored_name) - 1, stored_name, &configuration);
    parameters.resize(std::min<std::size_t>(parameter_count, parameters.size()));
    filter.parameters = std::move(parameters);
    filter.name = compression_name(filter.id, filter.parameters, stored_name);
    switch (filter.id) {
      case H5Z_FILTER_SHUFFLE:
      case H5Z_FILTER_FLETCHER32:
        break;
      case H5Z_FILTER_DEFLATE:
      case kLz4:
      case kZstd:
        ++compressions;
        break;
      case kBitshuffle:
        decodable_ = decodable_ && valid_bitshuffle(filter.parameters);
        ++compressions;
        break;
      default:
        decodable_ = false;
    }
    if (!filter.name.empty()) name_ = name_ == "none" ? filter.name : name_ + "+" + filter.name;
    filters_.push_back(std::move(filter));
  }
  // Between two compressions lie bytes of unknown number; nobody writes that, and HDF5 can read it.
  if (compressions > 1) decodable_ = false;
}

std::string FilterPipeline::missing_filter() const {
  for (const Filter& filter : filters_) {
    if (H5Zfilter_avail(filter.id) <= 0) return fmt::format("{} (HDF5 filter {})", filter.name, filter.id);
  }
  return {};
}

std::string FilterPipeline::undo(const Filter& filter, Bytes in, std::span<std::uint8_t> out, FilterScratch& scratch) {
  switch (filter.id) {
    case H5Z_FILTER_SHUFFLE:
      return unshuffle(in, parameter(filter.parameters, 0), out);
    case H5Z_FILTER_DEFLATE: {
      thread_local Inflater inflater;
      return inflater.inflate_all(in, out);
    }
    case kLz4:
      return decode_lz4(in, out);
    case kZstd: {
      const std::size_t size = ZSTD_decompress(out.data(), out.size(), in.data(), in.size());
      return size == out.size() ? std::string() : std::string("damaged zstd data");
    }
    default: {
      const std::size_t element_size = parameter(filter.parameters, 2);
      switch (parameter(filter.parameters, 4)) {
        case kBitshuffleLz4:
          return decode_bitshuffle_lz4(in, element_size, out, scratch.blocks);
        case kBitshuffleZstd:
          if (is_shuffled_only(in, out.size(), filter.parameters)) {
            return decode_bitshuffle(in, element_size, parameter(filter.parameters, 3), out);
          }
          return decode_bitshuffle_zstd(in, element_size, out, scratch.blocks);
        default:
          return decode_bitshuffle(in, element_size, parameter(filter.parameters, 3), out);
      }
    }
  }
}

std::string FilterPipeline::decode(Bytes chunk, std::uint32_t mask, std::span<std::uint8_t> out,
                                   FilterScratch& scratch) const {
  DCTPREP_ASSERT(decodable_);
  // Bytes before filter i was applied: the pixels, and 4 more for each checksum put behind them.
  std::vector<std::size_t> sizes;
  std::size_t size = out.size();
  std::size_t last_undone = filters_.size();  // the filter whose undoing gives the pixels; none: all are skipped
  auto applied = [&](std::size_t i) { return i >= 32 || (mask >> i & 1) == 0; };
  for (std::size_t i = 0; i < filters_.size(); ++i) {
    sizes.push_back(size);
    if (!applied(i)) continue;
    if (filters_[i].id == H5Z_FILTER_FLETCHER32) {
      size += 4;
    } else if (last_undone == filters_.size()) {
      last_undone = i;
    }
  }

  Bytes in = chunk;
  int stage = 0;
  for (std::size_t i = filters_.size(); i-- > 0;) {
    if (!applied(i)) continue;
    if (filters_[i].id == H5Z_FILTER_FLETCHER32) {
      if (in.size() < 4) return "chunk cut short";
      const Bytes data = in.first(in.size() - 4);
      if (!checksum_holds(data, in.last(4))) return "wrong checksum";
      in = data;
      continue;
    }
    // A checksum before the first other filter leaves 4 bytes to cut off, so the pixels are copied then.
    const bool final_stage = i == last_undone && sizes[i] == out.size();
    const std::span<std::uint8_t> to = final_stage ? out : scratch.stages[stage++ % 2].get(sizes[i]);
    if (std::string error = undo(filters_[i], in, to, scratch); !error.empty()) return error;
    if (final_stage) return {};
    in = to;
  }
  return copy_exactly(in, out);
}

}  // namespace dctprep
