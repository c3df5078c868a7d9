// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/write/result_reader.h"

#include <algorithm>
#include <array>
#include <new>
#include <type_traits>
#include <utility>

#include "dctprep/base/assert.h"
#include "dctprep/base/error.h"
#include "dctprep/base/rehearsal.h"
#include "dctprep/write/image_stack.h"

namespace dctprep {

using hdf5::Handle;

namespace {

constexpr int kMaxSide = 65536;  // rows and columns are uint16 in voxels

Handle open_dataset(hid_t location, const std::string& name) {
  hdf5::note_object(name);
  if (!hdf5::exists(location, name)) fail("{} is missing", name);
  // Chunks are not kept: HDF5 then reads plain ones by their shape, and not by the size in a damaged index.
  const Handle access = hdf5::check(H5Pcreate(H5P_DATASET_ACCESS), name);
  H5Pset_chunk_cache(access.id(), 0, 0, 0);
  return hdf5::check(H5Dopen2(location, name.c_str(), access.id()), name);
}

// An object that HDF5 cannot walk down to is no group; a group of that name is what is looked for.
bool is_group(hid_t location, const std::string& name) {
  if (!hdf5::exists(location, name)) return false;
  const Handle object(H5Oopen(location, name.c_str(), H5P_DEFAULT));
  return object && H5Iget_type(object.id()) == H5I_GROUP;
}

Region region_of(const std::vector<std::int32_t>& corners, const ResultHeader& header) {
  const Region region{corners[0], corners[1], corners[2], corners[3]};
  if (region == Region{}) return region;
  if (region.empty() || region.u0 < 0 || region.v0 < 0 || region.u1 > header.width || region.v1 > header.height) {
    fail("a region of the beam lies outside the detector");
  }
  return region;
}

}  // namespace

template <class Body>
auto ResultFile::guarded(Body&& body) const {
  hdf5::quiet();
  try {
    return body();
  } catch (const Error& error) {
    throw error.within(path_.string());
  } catch (const std::bad_alloc&) {
    fail("{}: is damaged, or needs more memory than there is", path_.string());
  }
}

ResultFile::ResultFile(std::filesystem::path path) : path_(std::move(path)) {
  hdf5::rehearsed(path_.native(), [&] {
    file_ = hdf5::open_file(path_);
    open();
    if (hdf5::in_rehearsal()) touch_the_rest();
  });
}

void ResultFile::open() {
  guarded([&] {
    hsize_t size = 0;
    hdf5::check_status(H5Fget_filesize(file_.id(), &size), "file size");
    file_size_ = size;
    if (!is_group(file_.id(), "entry") || !is_group(file_.id(), "entry/spots") || !is_group(file_.id(), "entry/scan")) {
      fail("is no result of dctprep (it has no /entry/spots and /entry/scan)");
    }
    entry_ = hdf5::check(H5Gopen2(file_.id(), "entry", H5P_DEFAULT), "entry");
    read_header();
    read_summary();
    read_spots();
  });
}

// The metadata of what is read later.
void ResultFile::touch_the_rest() const {
  rejected();
  for (const char* name : {"background/data", "beam/transmission"}) {
    if (hdf5::exists(entry_.id(), name)) H5Dget_storage_size(open_dataset(entry_.id(), name).id());
  }
}

// The number of values of a 1-D dataset, checked against what is stored of it.
std::size_t ResultFile::length(const std::string& name) const {
  const Handle dataset = open_dataset(entry_.id(), name);
  const std::vector<hsize_t> dims = hdf5::shape(dataset.id());
  if (dims.size() != 1) fail("{} is no list of numbers", name);
  const Handle type = hdf5::check(H5Dget_type(dataset.id()), name);
  const H5T_class_t kind = H5Tget_class(type.id());
  if (kind != H5T_INTEGER && kind != H5T_FLOAT) fail("{} is no list of numbers", name);
  const std::uint64_t stored = dims[0] == 0 ? 0 : H5Dget_storage_size(dataset.id());
  if (stored > file_size_ || dims[0] > (stored * kLargestRatio + 4096) / H5Tget_size(type.id())) {
    fail("{} is damaged: {} values in {} bytes", name, dims[0], stored);
  }
  return dims[0];
}

template <class T>
std::vector<T> ResultFile::values(const std::string& name, std::size_t size) const {
  if (const std::size_t found = length(name); found != size) fail("{} has {} values, not {}", name, found, size);
  return hdf5::read_dataset<T>(entry_.id(), name);
}

template <class T>
std::vector<T> ResultFile::slice(const std::string& name, std::uint64_t first, std::uint64_t end) const {
  const Handle dataset = open_dataset(entry_.id(), name);
  const Handle space = hdf5::check(H5Dget_space(dataset.id()), name);
  const hsize_t start = first, count = end - first;
  std::vector<T> result(count);
  if (count == 0) return result;
  const Handle memory = hdf5::check(H5Screate_simple(1, &count, nullptr), name);
  hdf5::check_status(H5Sselect_hyperslab(space.id(), H5S_SELECT_SET, &start, nullptr, &count, nullptr), name);
  hdf5::check_status(H5Dread(dataset.id(), hdf5::native_type<T>(), memory.id(), space.id(), H5P_DEFAULT, result.data()),
                     name);
  return result;
}

// One more than the spots; from 0 to `end`, never falling.
std::vector<std::uint64_t> ResultFile::offsets(const std::string& name, std::uint64_t end) const {
  std::vector<std::uint64_t> offset = values<std::uint64_t>(name, spots_.size() + 1);
  if (offset.front() != 0 || offset.back() != end || !std::is_sorted(offset.begin(), offset.end())) {
    fail("{} is damaged: it does not rise from 0 to {}", name, end);
  }
  return offset;
}

std::string ResultFile::text(const std::string& name) const {
  return hdf5::exists(entry_.id(), name) ? hdf5::read_string(entry_.id(), name) : "";
}

void ResultFile::read_header() {
  const auto shape = values<std::int64_t>("scan/shape", 3);
  if (shape[0] < 1 || shape[0] > INT32_MAX / 2 || *std::min_element(shape.begin() + 1, shape.end()) < 1 ||
      *std::max_element(shape.begin() + 1, shape.end()) > kMaxSide) {
    fail("scan/shape is damaged: {} frames of {} x {}", shape[0], shape[1], shape[2]);
  }
  header_.frames = static_cast<int>(shape[0]);
  header_.height = static_cast<int>(shape[1]);
  header_.width = static_cast<int>(shape[2]);
  header_.omega = values<double>("scan/omega", static_cast<std::size_t>(shape[0]));
  read_omega();
  header_.block_centre = values<int>("background/centre", length("background/centre"));
  header_.beam = region_of(values<std::int32_t>("beam/region", 4), header_);
  header_.sample = region_of(values<std::int32_t>("beam/sample", 4), header_);
  if (hdf5::exists(entry_.id(), "beam/intensity")) {
    const Handle intensity = hdf5::check(H5Dopen2(entry_.id(), "beam/intensity", H5P_DEFAULT), "beam/intensity");
    header_.monitor = hdf5::read_string_attribute(intensity.id(), "monitor");
  }
  header_.save_background = hdf5::exists(entry_.id(), "background/data");
  header_.transmission = hdf5::exists(entry_.id(), "beam/transmission");
  header_.voxels = hdf5::exists(entry_.id(), "voxels");
  header_.images = hdf5::exists(entry_.id(), "images");
  header_.rejected = hdf5::exists(entry_.id(), "rejected/reason");
  header_.photometry = hdf5::exists(entry_.id(), "spots/intensity");
  if (hdf5::exists(entry_.id(), "spots/grow_level")) {
    const Handle level = hdf5::check(H5Dopen2(entry_.id(), "spots/grow_level", H5P_DEFAULT), "spots/grow_level");
    header_.in_sigma = hdf5::read_string_attribute(level.id(), "units") == kSigmaStepUnit;
  }
  if (hdf5::exists(entry_.id(), "noise")) read_noise();
  header_.mates = hdf5::exists(entry_.id(), "spots/mate");
  header_.scan_path = text("scan/path");
  if (hdf5::exists(entry_.id(), "scan/checksum_frame")) {
    const auto checked = values<std::int32_t>("scan/checksum_frame", length("scan/checksum_frame"));
    const auto checksums = values<std::uint32_t>("scan/checksum", checked.size());
    for (std::size_t i = 0; i < checked.size(); ++i) header_.checksums.push_back({checked[i], checksums[i]});
  }
  header_.config = text("process/config");
  header_.command = text("process/command");
  header_.backend = text("process/backend");
  program_ = text("process/program");
  version_ = text("process/version");
  host_ = text("process/host");
  date_ = text("process/date");
}

// What says where the angles come from; results of before it was kept lack it.
void ResultFile::read_omega() {
  const Handle omega = hdf5::check(H5Dopen2(entry_.id(), "scan/omega", H5P_DEFAULT), "scan/omega");
  const std::string source = hdf5::read_string_attribute(omega.id(), "source");
  header_.omega_dataset = hdf5::read_string_attribute(omega.id(), "dataset");
  header_.omega_source = is_known(header_.omega) ? OmegaSource::kGiven : OmegaSource::kUnknown;
  for (std::size_t i = 0; i < EnumNames<OmegaSource>::names.size(); ++i) {
    if (EnumNames<OmegaSource>::names[i] == source) header_.omega_source = static_cast<OmegaSource>(i);
  }
  header_.sweeps = {{0, header_.frames - 1}};
  if (hdf5::exists(entry_.id(), "scan/sweep_start")) {
    const auto starts = values<std::int32_t>("scan/sweep_start", length("scan/sweep_start"));
    for (std::size_t i = 1; i < starts.size(); ++i) {
      if (starts[i] <= starts[i - 1] || starts[i] >= header_.frames || starts[0] != 0)
        fail("scan/sweep_start is damaged: {} after {}", starts[i], starts[i - 1]);
      header_.sweeps.back().last = starts[i] - 1;
      header_.sweeps.push_back({starts[i], header_.frames - 1});
    }
  }
  if (hdf5::exists(entry_.id(), "scan/file_frame"))
    header_.file_frame = values<int>("scan/file_frame", static_cast<std::size_t>(header_.frames));
}

void ResultFile::read_noise() {
  NoiseModel& noise = header_.noise;
  noise.readout_variance = values<double>("noise/readout_variance", 1)[0];
  noise.gain = values<double>("noise/gain", 1)[0];
  noise.level = values<double>("noise/level", length("noise/level"));
  noise.variance = values<double>("noise/variance", noise.level.size());
  noise.samples = values<std::uint64_t>("noise/samples", noise.level.size());
}

void ResultFile::read_summary() {
  const auto frames = static_cast<std::size_t>(header_.frames);
  summary_.frame_offset = values<std::int32_t>("background/frame_offset", frames);
  summary_.beam_intensity = values<double>("beam/intensity", frames);
  summary_.beam_factor = values<float>("beam/factor", frames);
  summary_.rejected_count = values<std::uint64_t>("rejected/count", length("rejected/count"));
  const auto bad = values<std::int32_t>("scan/bad_frames", length("scan/bad_frames"));
  std::vector<std::uint8_t> causes(bad.size(), 0);
  if (hdf5::exists(entry_.id(), "scan/bad_frame_cause")) {
    causes = values<std::uint8_t>("scan/bad_frame_cause", bad.size());
  }
  for (std::size_t i = 0; i < bad.size(); ++i) {
    if (bad[i] < 0 || bad[i] >= header_.frames) fail("scan/bad_frames is damaged: frame {}", bad[i]);
    if (causes[i] >= bad_frame_cause_names().size()) fail("scan/bad_frame_cause is damaged: cause {}", causes[i]);
    summary_.bad_frames.emplace_back(bad[i], static_cast<BadFrameCause>(causes[i]));
  }
  if (!is_group(entry_.id(), "process/timing")) return;
  const Handle timing = hdf5::check(H5Gopen2(entry_.id(), "process/timing", H5P_DEFAULT), "process/timing");
  std::vector<std::string> names;
  H5Literate(
      timing.id(), H5_INDEX_NAME, H5_ITER_INC, nullptr,
      [](hid_t, const char* name, const H5L_info_t*, void* target) -> herr_t {
        static_cast<std::vector<std::string>*>(target)->emplace_back(name);
        return 0;
      },
      &names);
  for (const std::string& name : names) {
    const auto seconds = hdf5::read_dataset<double>(timing.id(), name);
    if (seconds.size() == 1) summary_.timing.emplace_back(name, seconds[0]);
  }
}

void ResultFile::read_spots() {
  spots_.resize(length("spots/id"));
  visit_spot_columns_of(header_, [&](const ColumnInfo& info, auto member) {
    using Type = std::remove_cvref_t<decltype(Spot{}.*member)>;
    const auto column = values<Type>("spots/" + std::string(info.name), spots_.size());
    for (std::size_t i = 0; i < spots_.size(); ++i) spots_[i].*member = column[i];
  });
  for (std::size_t i = 0; i < spots_.size(); ++i) check_spot(i);
  if (header_.voxels) {
    const std::size_t total = length("voxels/frame");
    for (const char* name : {"voxels/v", "voxels/u", "voxels/intensity"}) {
      if (length(name) != total) fail("{} has {} values, not {}", name, length(name), total);
    }
    voxel_offset_ = offsets("voxels/offset", total);
  }
  if (header_.images) {
    image_offset_ = offsets("images/offset", length("images/data"));
    for (std::size_t i = 0; i < spots_.size(); ++i) {
      const auto pixels =
          static_cast<std::uint64_t>(spots_[i].width()) * static_cast<std::uint64_t>(spots_[i].height());
      if (image_offset_[i + 1] - image_offset_[i] != pixels) fail("images/offset is damaged: at spot {}", i);
    }
  }
}

void ResultFile::check_spot(std::size_t i) const {
  const Spot& spot = spots_[i];
  const std::int32_t last_frame = 2 * header_.frames - 1;  // over the seam frames count on
  const auto within = [](std::int32_t low, std::int32_t value, std::int32_t high) {
    return low <= value && value <= high;
  };
  const bool frames_fit = within(0, spot.frame_start, header_.frames - 1) &&
                          within(spot.frame_start, spot.frame_end, last_frame) &&
                          within(spot.frame_start, spot.frame_ext_start, spot.frame_end) &&
                          within(spot.frame_ext_start, spot.frame_ext_end, spot.frame_end) &&
                          within(spot.frame_start, spot.frame_max, spot.frame_end) &&
                          within(spot.frame_start, spot.peak_frame, spot.frame_end);
  const bool box_fits = within(0, spot.u_min, spot.u_max) && within(spot.u_min, spot.u_max, header_.width - 1) &&
                        within(0, spot.v_min, spot.v_max) && within(spot.v_min, spot.v_max, header_.height - 1) &&
                        within(spot.u_min, spot.peak_u, spot.u_max) && within(spot.v_min, spot.peak_v, spot.v_max);
  const bool mate_fits = within(-1, spot.mate, static_cast<std::int32_t>(spots_.size()) - 1);
  if (spot.id != i || !frames_fit || !box_fits || !mate_fits) fail("spots: row {} is damaged", i);
}

std::vector<RejectedBlob> ResultFile::rejected() const {
  if (!header_.rejected) return {};
  return guarded([&] {
    std::vector<RejectedBlob> blobs(length("rejected/reason"));
    visit_rejected_columns([&](const ColumnInfo& info, auto member) {
      using Type = std::remove_cvref_t<decltype(RejectedBlob{}.*member)>;
      using Number =
          typename std::conditional_t<std::is_enum_v<Type>, std::underlying_type<Type>, std::type_identity<Type>>::type;
      const auto column = values<Number>("rejected/" + std::string(info.name), blobs.size());
      for (std::size_t i = 0; i < blobs.size(); ++i) blobs[i].*member = static_cast<Type>(column[i]);
    });
    for (const RejectedBlob& blob : blobs) {
      const auto reason = static_cast<std::size_t>(blob.reason);
      if (reason >= reject_reason_names().size()) fail("rejected/reason is damaged: reason {}", reason);
    }
    return blobs;
  });
}

std::vector<Voxel> ResultFile::voxels(std::size_t i) const {
  DCTPREP_ASSERT(i < spots_.size());
  if (!header_.voxels) return {};
  return guarded([&] {
    const std::uint64_t first = voxel_offset_[i], end = voxel_offset_[i + 1];
    const auto frame = slice<std::int32_t>("voxels/frame", first, end);
    const auto v = slice<std::uint16_t>("voxels/v", first, end);
    const auto u = slice<std::uint16_t>("voxels/u", first, end);
    const auto intensity = slice<std::uint16_t>("voxels/intensity", first, end);
    const Spot& spot = spots_[i];
    std::vector<Voxel> voxels(frame.size());
    for (std::size_t k = 0; k < voxels.size(); ++k) {
      if (frame[k] < spot.frame_start || frame[k] > spot.frame_end || v[k] < spot.v_min || v[k] > spot.v_max ||
          u[k] < spot.u_min || u[k] > spot.u_max) {
        fail("voxels of spot {} lie outside its bounding box: the file is damaged", i);
      }
      voxels[k] = {frame[k], v[k], u[k], intensity[k], false};
    }
    return voxels;
  });
}

std::vector<std::uint32_t> ResultFile::image(std::size_t i) const {
  DCTPREP_ASSERT(i < spots_.size());
  if (!header_.images) return {};
  return guarded([&] { return slice<std::uint32_t>("images/data", image_offset_[i], image_offset_[i + 1]); });
}

template <class T>
Image<T> ResultFile::stack_image(const std::string& name, int k) const {
  return guarded([&] {
    const Handle dataset = open_dataset(entry_.id(), name);
    return with_context(name, [&] { return read_stack_image<T>(dataset.id(), k); });
  });
}

Image<std::uint16_t> ResultFile::background(int block) const {
  return stack_image<std::uint16_t>("background/data", block);
}

Image<float> ResultFile::transmission(int frame) const { return stack_image<float>("beam/transmission", frame); }

}  // namespace dctprep
