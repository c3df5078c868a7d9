// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/simulate/hdf5_writer.h"

#include <array>
#include <cstring>
#include <string>

#include "dctprep/base/error.h"
#include "dctprep/base/hdf5.h"
#include "dctprep/base/hdf5_output.h"
#include "dctprep/base/partial_file.h"
#include "dctprep/kernels/chunk_codec.h"
#include "dctprep/simulate/resolve.h"
#include "dctprep/simulate/scan_writer.h"

namespace dctprep {

namespace {

constexpr H5Z_filter_t kBitshuffle = 32008;
constexpr const char* kDetector = "marana";
constexpr const char* kMotor = "diffrz";

hdf5::Handle group_of(hid_t location, const std::string& path, const std::string& nx_class) {
  hdf5::Handle group = hdf5::create_group(location, path);
  hdf5::write_attribute(group.id(), "NX_class", nx_class);
  return group;
}

class Hdf5Writer final : public ScanWriter {
 public:
  Hdf5Writer(const SimulateOptions& options, const std::filesystem::path& path, const std::string& truth_name,
             bool overwrite)
      : options_(options), partial_(path, overwrite), file_(partial_.path()) {
    hdf5::write_attribute(file_.id(), "NX_class", "NXroot");
    hdf5::write_attribute(file_.id(), "creator", "dctprep simulate");
    hdf5::write_attribute(file_.id(), "default", "2.1");
    hdf5::write_attribute(file_.id(), "ground_truth", truth_name);
    const int frames = options.frames.value();
    const double start = options.omega_start, step = omega_step(options);
    if (options.flats > 0) flats_ = add_scan("1.1", fmt::format("reference images {}", 1), options.flats, start, 0);
    projections_ =
        add_scan("2.1", fmt::format("fscan {} {:.6g} {:.6g} {} 0.1", kMotor, start, step, frames), frames, start, step);
    if (options.darks > 0) darks_ = add_scan("3.1", "dark images", options.darks, start, 0);
  }

  std::vector<std::uint8_t> encode(StackKind, int, ImageView<const std::uint16_t> image) const override {
    return encode_pixels(image, options_.compress);
  }

  void put(StackKind kind, int frame, std::span<const std::uint8_t> encoded) override {
    const hdf5::Handle& dataset = kind == StackKind::kFlats   ? flats_
                                  : kind == StackKind::kDarks ? darks_
                                                              : projections_;
    const std::array<hsize_t, 3> offset{static_cast<hsize_t>(frame), 0, 0};
    hdf5::quiet();
    if (H5Dwrite_chunk(dataset.id(), H5P_DEFAULT, 0, offset.data(), encoded.size(), encoded.data()) < 0) {
      fail("{}: frame {} could not be written: {}", partial_.final_path().string(), frame, hdf5::last_error());
    }
    with_context(partial_.final_path().string(), [&] { file_.check(); });
  }

  void finish() override {
    for (hdf5::Handle* handle : {&flats_, &projections_, &darks_}) *handle = hdf5::Handle();
    with_context(partial_.final_path().string(), [&] { file_.close(); });
    partial_.commit();
  }

 private:
  hdf5::Handle add_scan(const std::string& name, const std::string& title, int frames, double start, double step) {
    const hdf5::Handle entry = group_of(file_.id(), name, "NXentry");
    hdf5::write_string(entry.id(), "title", title);
    // Not the time of the simulation: the same options make the same file.
    hdf5::write_string(entry.id(), "start_time", "2000-01-01T00:00:00+00:00");
    hdf5::write_string(entry.id(), "end_time", "2000-01-01T00:00:00+00:00");
    group_of(entry.id(), "instrument", "NXinstrument");
    group_of(entry.id(), "measurement", "NXcollection");
    const hdf5::Handle detector = group_of(entry.id(), std::string("instrument/") + kDetector, "NXdetector");
    hdf5::Handle data = add_stack(detector.id(), frames);
    hdf5::write_attribute(data.id(), "interpretation", "image");
    hdf5::write_scalar(detector.id(), "x_pixel_size", options_.pixel_um);
    hdf5::write_scalar(detector.id(), "y_pixel_size", options_.pixel_um);
    hdf5::write_scalar(detector.id(), "distance", options_.distance_mm.value());
    const auto link = [&](const std::string& target, const std::string& at) {
      hdf5::check_status(
          H5Lcreate_soft(("/" + name + "/" + target).c_str(), entry.id(), at.c_str(), H5P_DEFAULT, H5P_DEFAULT), at);
    };
    link(std::string("instrument/") + kDetector + "/data", std::string("measurement/") + kDetector);
    const hdf5::Handle motor = group_of(entry.id(), std::string("instrument/") + kMotor, "NXpositioner");
    const hdf5::Handle positioners = group_of(entry.id(), "instrument/positioners", "NXcollection");
    if (step != 0) {
      std::vector<double> omega;
      for (int k = 0; k < frames; ++k) omega.push_back(start + k * step);
      const hdf5::Handle values = hdf5::write_dataset<double>(motor.id(), "value", omega);
      hdf5::write_attribute(values.id(), "units", "deg");
      link(std::string("instrument/") + kMotor + "/value", std::string("measurement/") + kMotor);
      hdf5::write_dataset<double>(positioners.id(), kMotor, omega);
    } else {
      hdf5::write_scalar(motor.id(), "value", start);
      hdf5::write_scalar(positioners.id(), kMotor, start);
    }
    return data;
  }

  hdf5::Handle add_stack(hid_t group, int frames) {
    const std::array<hsize_t, 3> dims{static_cast<hsize_t>(frames), static_cast<hsize_t>(options_.height),
                                      static_cast<hsize_t>(options_.width)};
    const std::array<hsize_t, 3> chunk{1, dims[1], dims[2]};
    const hdf5::Handle space = hdf5::check(H5Screate_simple(3, dims.data(), nullptr), "data");
    const hdf5::Handle plan = hdf5::check(H5Pcreate(H5P_DATASET_CREATE), "data");
    hdf5::check_status(H5Pset_chunk(plan.id(), 3, chunk.data()), "data");
    if (options_.compress) {
      // {version, version, element size, block size (0: its default), 2: LZ4}. Where the plugin is installed it puts
      // the first three itself. Optional, so that the file can be made where it is not: the chunks are compressed here.
      const std::array<unsigned, 5> all{0, 3, sizeof(std::uint16_t), 0, 2};
      const bool plugin = H5Zfilter_avail(kBitshuffle) > 0;
      const std::span<const unsigned> values = plugin ? std::span(all).subspan(3) : std::span(all);
      hdf5::check_status(H5Pset_filter(plan.id(), kBitshuffle, H5Z_FLAG_OPTIONAL, values.size(), values.data()),
                         "data");
    }
    return hdf5::check(H5Dcreate2(group, "data", H5T_STD_U16LE, space.id(), H5P_DEFAULT, plan.id(), H5P_DEFAULT),
                       "data");
  }

  const SimulateOptions& options_;
  PartialFile partial_;
  hdf5::OutputFile file_;  // before its datasets, which must be closed first
  hdf5::Handle flats_, projections_, darks_;
};

}  // namespace

std::vector<std::uint8_t> encode_pixels(ImageView<const std::uint16_t> image, bool compress) {
  const auto pixels = image.pixels();
  const std::span bytes(reinterpret_cast<const std::uint8_t*>(pixels.data()), pixels.size_bytes());
  if (compress) return encode_bitshuffle_lz4(bytes, sizeof(std::uint16_t));
  return {bytes.begin(), bytes.end()};
}

std::unique_ptr<ScanWriter> make_hdf5_writer(const SimulateOptions& options, const std::filesystem::path& file,
                                             const std::string& truth_name, bool overwrite) {
  return std::make_unique<Hdf5Writer>(options, file, truth_name, overwrite);
}

}  // namespace dctprep
