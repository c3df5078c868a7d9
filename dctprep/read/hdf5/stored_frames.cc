// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/read/hdf5/stored_frames.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <limits>
#include <system_error>

#include "dctprep/base/error.h"
#include "dctprep/base/hdf5_virtual.h"
#include "dctprep/base/rehearsal.h"
#include "dctprep/core/hdf5_filters.h"
#include "dctprep/read/hdf5/chunks.h"
#include "dctprep/read/hdf5/contiguous.h"
#include "dctprep/read/hdf5/virtual.h"

namespace dctprep {

namespace fs = std::filesystem;

namespace {

constexpr hsize_t kMaxSide = 65535;
constexpr hsize_t kMaxPixels = hsize_t{1} << 30;
constexpr int kMaxDepth = 8;
constexpr std::size_t kMaxPixelBytes = 16;  // no number has more

// Reading takes no locks, so that files that are being written can be read, behind external links too. Chunks are not
// kept: HDF5 then reads plain ones by their shape, and not by the size in a damaged index.
hdf5::Handle dataset_access() {
  hdf5::Handle file_access = hdf5::check(H5Pcreate(H5P_FILE_ACCESS), "file access");
  H5Pset_file_locking(file_access.id(), false, true);
  hdf5::Handle access = hdf5::check(H5Pcreate(H5P_DATASET_ACCESS), "dataset access");
  H5Pset_elink_fapl(access.id(), file_access.id());
  H5Pset_chunk_cache(access.id(), 0, 0, 0);
  return access;
}

// HDF5 calls it at every external link that it follows.
herr_t note_external_file(const char* parent_file, const char*, const char* child_file, const char*, unsigned*, hid_t,
                          void* opened) {
  try {
    const auto found = hdf5::find_source_file(parent_file, child_file);
    if (found) static_cast<std::vector<fs::path>*>(opened)->push_back(*found);
  } catch (...) {
    return -1;
  }
  return 0;
}

// Says why `path` cannot be opened: the link of it that is not there, or leads nowhere.
std::string explain_missing(hid_t file, const std::string& path) {
  for (std::size_t end = 0; end != std::string::npos;) {
    end = path.find('/', end + 1);
    const std::string part = path.substr(0, end);
    if (part.empty() || part == "/") continue;
    if (H5Lexists(file, part.c_str(), H5P_DEFAULT) <= 0) return fmt::format("no such dataset ({} is missing)", part);
    if (H5Oexists_by_name(file, part.c_str(), H5P_DEFAULT) > 0) continue;
    H5L_info_t link;
    if (H5Lget_info(file, part.c_str(), &link, H5P_DEFAULT) >= 0 && link.type == H5L_TYPE_EXTERNAL) {
      std::vector<char> value(link.u.val_size + 1);
      const char* target_file = nullptr;
      const char* target = nullptr;
      if (H5Lget_val(file, part.c_str(), value.data(), link.u.val_size, H5P_DEFAULT) >= 0 &&
          H5Lunpack_elink_val(value.data(), link.u.val_size, nullptr, &target_file, &target) >= 0) {
        return fmt::format("the external link {} leads to {}::{}, which is not there", part, target_file, target);
      }
    }
    return fmt::format("the link {} leads to nothing", part);
  }
  return {};
}

// Every chunk, or what there is instead, by HDF5's own reading.
class FramesThroughHdf5 final : public StoredFrames {
 public:
  FramesThroughHdf5(Hdf5Dataset dataset, StackShape stack, PixelType type, FilterPipeline filters,
                    std::vector<hsize_t> chunk, std::size_t chunk_bytes)
      : StoredFrames(dataset, std::move(stack), type),
        dataset_(std::move(dataset)),
        filters_(std::move(filters)),
        chunk_(std::move(chunk)),
        chunk_bytes_(chunk_bytes) {}

  std::optional<FrameFault> read(int k, std::span<std::uint8_t> out) const override {
    hdf5::quiet();
    const FrameAxes& axes = shape().axes;
    std::vector<hsize_t> start(axes.dims.size(), 0), count = axes.dims;
    if (axes.frame >= 0) {
      start[static_cast<std::size_t>(axes.frame)] = static_cast<hsize_t>(k);
      count[static_cast<std::size_t>(axes.frame)] = 1;
    }
    if (!chunk_.empty()) {
      if (auto fault = check_chunks(start, count)) return fault;
    }
    const hdf5::Handle file_space(H5Dget_space(dataset_.dataset.id()));
    const hdf5::Handle memory_space(H5Screate_simple(static_cast<int>(count.size()), count.data(), nullptr));
    if (H5Sselect_hyperslab(file_space.id(), H5S_SELECT_SET, start.data(), nullptr, count.data(), nullptr) < 0 ||
        H5Dread(dataset_.dataset.id(), hdf5_type(type()), memory_space.id(), file_space.id(), H5P_DEFAULT, out.data()) <
            0) {
      return FrameFault{BadFrameCause::kUnreadable, hdf5::last_error()};
    }
    return std::nullopt;
  }

  std::string compression() const override { return filters_.name(); }
  std::uint64_t bytes_stored() const override { return H5Dget_storage_size(dataset_.dataset.id()); }

 private:
  std::optional<FrameFault> check_chunks(const std::vector<hsize_t>& start, const std::vector<hsize_t>& count) const {
    std::vector<hsize_t> at(start.size());
    for (std::size_t d = 0; d < at.size(); ++d) at[d] = start[d] / chunk_[d] * chunk_[d];
    const std::vector<hsize_t> first = at;
    while (true) {
      if (auto fault = check_chunk(at)) return fault;
      std::size_t d = at.size();
      while (d-- > 0) {
        at[d] += chunk_[d];
        if (at[d] < start[d] + count[d]) break;
        at[d] = first[d];
        if (d == 0) return std::nullopt;
      }
    }
  }

  // HDF5 takes it on trust that a chunk holds as many bytes as its shape and the type say, and reads beyond them.
  std::optional<FrameFault> check_chunk(const std::vector<hsize_t>& at) const {
    hsize_t size = 0;
    if (H5Dget_chunk_storage_size(dataset_.dataset.id(), at.data(), &size) < 0 || size == 0) {
      H5Eclear2(H5E_DEFAULT);
      return FrameFault{BadFrameCause::kMissing, "never written"};
    }
    if (filters_.empty() || !filters_.decodable()) return std::nullopt;
    if (size > 2 * chunk_bytes_ + 65536) {
      return FrameFault{BadFrameCause::kUnreadable, fmt::format("chunk of {} bytes for {}", size, chunk_bytes_)};
    }
    thread_local ByteBuffer stored, decoded;
    thread_local FilterScratch scratch;
    const std::span<std::uint8_t> bytes = stored.get(size);
    std::uint32_t mask = 0;
    if (H5Dread_chunk(dataset_.dataset.id(), H5P_DEFAULT, at.data(), &mask, bytes.data()) < 0) {
      return FrameFault{BadFrameCause::kUnreadable, "chunk cannot be read: " + hdf5::last_error()};
    }
    const std::string error = filters_.decode(bytes, mask, decoded.get(chunk_bytes_), scratch);
    if (!error.empty()) return FrameFault{BadFrameCause::kUnreadable, error};
    return std::nullopt;
  }

  Hdf5Dataset dataset_;
  FilterPipeline filters_;
  std::vector<hsize_t> chunk_;   // its shape; empty where not chunked
  std::size_t chunk_bytes_ = 0;  // decoded
};

}  // namespace

StackShape stack_shape(const std::vector<hsize_t>& dims) {
  auto refuse = [&](const char* why) { fail("of shape {}, {}", fmt::join(dims, " x "), why); };
  if (dims.size() < 2) fail("of {} dimensions, but frames need 2 or 3", dims.size());
  StackShape shape;
  shape.axes.dims = dims;
  const int rank = static_cast<int>(dims.size());
  shape.axes.v = rank - 2;
  shape.axes.u = rank - 1;
  hsize_t frames = 1;
  for (int d = 0; d < rank - 2; ++d) {
    const hsize_t size = dims[static_cast<std::size_t>(d)];
    if (size == 1) continue;
    if (shape.axes.frame >= 0) refuse("but frames need 2 or 3 dimensions (others of size 1)");
    shape.axes.frame = d;
    frames = size;
  }
  if (shape.axes.frame < 0 && rank > 2) shape.axes.frame = 0;
  const hsize_t height = dims[static_cast<std::size_t>(rank - 2)], width = dims[static_cast<std::size_t>(rank - 1)];
  if (frames == 0 || height == 0 || width == 0) refuse("which holds no frame");
  if (height > kMaxSide || width > kMaxSide) refuse("but frames are at most 65535 pixels high and wide");
  if (height * width > kMaxPixels) refuse("but frames have at most 2^30 pixels");
  if (frames > static_cast<hsize_t>(std::numeric_limits<int>::max())) refuse("but there are at most 2^31 - 1 frames");
  shape.frames = static_cast<int>(frames);
  shape.height = static_cast<int>(height);
  shape.width = static_cast<int>(width);
  return shape;
}

Hdf5Dataset open_hdf5_dataset(const fs::path& file, const std::string& path, bool* missing) {
  hdf5::quiet();
  std::error_code error;
  if (missing != nullptr) *missing = !fs::exists(file, error);
  const hdf5::Handle handle = hdf5::open_file(file);
  const std::string name = fmt::format("{}::{}", file.string(), path);
  hdf5::note_object(path);
  const hdf5::Handle access = dataset_access();
  Hdf5Dataset result;
  result.opened.push_back(fs::absolute(file, error));
  H5Pset_elink_cb(access.id(), note_external_file, &result.opened);
  result.dataset = hdf5::Handle(H5Dopen2(handle.id(), path.c_str(), access.id()));
  if (!result.dataset) {
    std::string reason = hdf5::last_error();
    if (hdf5::Handle(H5Oopen(handle.id(), path.c_str(), H5P_DEFAULT))) fail("{}: not a dataset", name);
    const std::string absent = explain_missing(handle.id(), path);
    if (!absent.empty()) reason = absent;
    if (missing != nullptr) *missing = !absent.empty();
    fail("{}: {}", name, reason);
  }
  const ssize_t size = H5Fget_name(result.dataset.id(), nullptr, 0);
  std::string file_name(size > 0 ? static_cast<std::size_t>(size) : 0, '\0');
  if (size > 0) H5Fget_name(result.dataset.id(), file_name.data(), file_name.size() + 1);
  result.file = size > 0 ? fs::absolute(file_name, error) : fs::absolute(file, error);
  result.path = path;
  result.opened.push_back(result.file);
  return result;
}

std::optional<PixelType> stored_pixel_type(hid_t dataset) {
  const hdf5::Handle type = hdf5::check(H5Dget_type(dataset), "pixel type");
  const H5T_class_t kind = H5Tget_class(type.id());
  if (kind != H5T_INTEGER && kind != H5T_FLOAT) fail("holds no numbers");
  PixelType pixel;
  pixel.bytes = static_cast<int>(H5Tget_size(type.id()));
  pixel.big_endian = H5Tget_order(type.id()) == H5T_ORDER_BE;
  pixel.kind = kind == H5T_FLOAT                        ? PixelKind::kFloat
               : H5Tget_sign(type.id()) == H5T_SGN_NONE ? PixelKind::kUnsigned
                                                        : PixelKind::kSigned;
  if (!valid_pixel_type(pixel) || H5Tequal(type.id(), hdf5_type(pixel)) <= 0) return std::nullopt;
  return pixel;
}

hid_t hdf5_type(const PixelType& type) {
  auto choose = [&](hid_t little, hid_t big) { return type.big_endian ? big : little; };
  if (type.kind == PixelKind::kFloat) {
    return type.bytes == 4 ? choose(H5T_IEEE_F32LE, H5T_IEEE_F32BE) : choose(H5T_IEEE_F64LE, H5T_IEEE_F64BE);
  }
  const bool is_signed = type.kind == PixelKind::kSigned;
  switch (type.bytes) {
    case 1:
      return is_signed ? choose(H5T_STD_I8LE, H5T_STD_I8BE) : choose(H5T_STD_U8LE, H5T_STD_U8BE);
    case 2:
      return is_signed ? choose(H5T_STD_I16LE, H5T_STD_I16BE) : choose(H5T_STD_U16LE, H5T_STD_U16BE);
    case 4:
      return is_signed ? choose(H5T_STD_I32LE, H5T_STD_I32BE) : choose(H5T_STD_U32LE, H5T_STD_U32BE);
    default:
      return is_signed ? choose(H5T_STD_I64LE, H5T_STD_I64BE) : choose(H5T_STD_U64LE, H5T_STD_U64BE);
  }
}

std::shared_ptr<const StoredFrames> open_frames_through_hdf5(Hdf5Dataset dataset, StackShape shape,
                                                             std::optional<PixelType> type) {
  // What is no plain type becomes a float64, which holds every whole number that counts.
  if (!type) type = PixelType{.kind = PixelKind::kFloat, .bytes = 8};
  const hdf5::Handle creation = hdf5::check(H5Dget_create_plist(dataset.dataset.id()), "dataset properties");
  FilterPipeline filters(creation.id());
  if (const std::string missing = filters.missing_filter(); !missing.empty()) {
    fail("compressed with {}, for which HDF5 has no plugin here; install it, or set HDF5_PLUGIN_PATH", missing);
  }
  const hdf5::Handle stored_type = hdf5::check(H5Dget_type(dataset.dataset.id()), "pixel type");
  std::size_t bytes = H5Tget_size(stored_type.id());
  if (bytes > kMaxPixelBytes) fail("with pixels of {} bytes: damaged", bytes);
  std::vector<hsize_t> chunk;
  if (H5Pget_layout(creation.id()) == H5D_CHUNKED) {
    chunk.resize(shape.axes.dims.size());
    if (H5Pget_chunk(creation.id(), static_cast<int>(chunk.size()), chunk.data()) < 0) {
      fail("chunk shape: {}", hdf5::last_error());
    }
    for (const hsize_t side : chunk) {
      if (side == 0 || side > UINT32_MAX / bytes) fail("impossible chunk shape");
      bytes *= side;
    }
  }
  return std::make_shared<FramesThroughHdf5>(std::move(dataset), std::move(shape), *type, std::move(filters),
                                             std::move(chunk), bytes);
}

std::shared_ptr<const StoredFrames> open_stored_frames(Hdf5Dataset dataset, int depth) {
  hdf5::quiet();
  if (depth > kMaxDepth) fail("virtual datasets lead in a circle, or through more than {} others", kMaxDepth);
  const hid_t id = dataset.dataset.id();
  StackShape shape = stack_shape(hdf5::shape(id));
  const std::optional<PixelType> type = stored_pixel_type(id);
  const hdf5::Handle creation = hdf5::check(H5Dget_create_plist(id), "dataset properties");
  const H5D_layout_t layout = H5Pget_layout(creation.id());
  if (layout == H5D_VIRTUAL) {
    if (!type) fail("virtual, and of a type that is not supported");
    return open_virtual_frames(std::move(dataset), std::move(shape), *type, depth);
  }
  if (type && layout == H5D_CONTIGUOUS) return open_contiguous_frames(std::move(dataset), std::move(shape), *type);
  if (type && layout == H5D_CHUNKED && FilterPipeline(creation.id()).decodable()) {
    return open_chunked_frames(std::move(dataset), std::move(shape), *type);
  }
  return open_frames_through_hdf5(std::move(dataset), std::move(shape), type);
}

}  // namespace dctprep
