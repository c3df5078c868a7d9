// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/simulate/truth.h"

#include <array>
#include <numbers>
#include <type_traits>

#include "dctprep/base/hdf5.h"
#include "dctprep/base/hdf5_output.h"
#include "dctprep/simulate/resolve.h"

namespace dctprep {

namespace {

using hdf5::Handle;

Handle group_of(hid_t location, const std::string& path, const std::string& nx_class) {
  Handle group = hdf5::create_group(location, path);
  hdf5::write_attribute(group.id(), "NX_class", nx_class);
  return group;
}

template <class T>
Handle column(hid_t group, const ColumnInfo& info, const std::vector<T>& values, std::vector<hsize_t> dims = {}) {
  Handle dataset = hdf5::write_dataset<T>(group, std::string(info.name), values, std::move(dims));
  if (!info.unit.empty()) hdf5::write_attribute(dataset.id(), "units", std::string(info.unit));
  hdf5::write_attribute(dataset.id(), "long_name", std::string(info.long_name));
  return dataset;
}

void write_spots(hid_t entry, const std::vector<TruthSpot>& spots) {
  const Handle group = group_of(entry, "spots", "NXdata");
  // A scatter plot of the spots on the detector.
  hdf5::write_attribute(group.id(), "signal", "intensity");
  hdf5::write_attribute(group.id(), "axes", std::vector<std::string>{"u", "v"});
  hdf5::write_attribute(group.id(), "title", "spots of the ground truth");
  visit_truth_columns([&](const ColumnInfo& info, auto member) {
    std::vector<std::remove_cvref_t<decltype(std::declval<TruthSpot>().*member)>> values;
    values.reserve(spots.size());
    for (const TruthSpot& spot : spots) values.push_back(spot.*member);
    const Handle dataset = column(group.id(), info, values);
    if (info.name == "flags") hdf5::write_attribute(dataset.id(), "flag_names", truth_flag_names());
  });
}

void write_grains(hid_t entry, const Sample& sample) {
  const Handle group = group_of(entry, "grains", "NXdata");
  std::vector<double> volume, diameter, position, orientation, block_volume, block_position, block_orientation;
  std::vector<std::int32_t> id, block_grain;
  const auto append = [](std::vector<double>& to, Vec3 r) { to.insert(to.end(), {r.x, r.y, r.z}); };
  for (const Grain& grain : sample.grains) {
    volume.push_back(grain.volume);
    diameter.push_back(std::cbrt(6 * grain.volume / std::numbers::pi));
    append(position, grain.centroid);
    orientation.insert(orientation.end(), grain.orientation.m.begin(), grain.orientation.m.end());
    id.push_back(static_cast<std::int32_t>(id.size()));
    for (const Block& block : grain.blocks) {
      block_grain.push_back(id.back());
      block_volume.push_back(block.volume);
      append(block_position, block.centroid);
      block_orientation.insert(block_orientation.end(), block.orientation.m.begin(), block.orientation.m.end());
    }
  }
  const hsize_t n = id.size(), blocks = block_grain.size();
  hdf5::write_attribute(group.id(), "signal", "volume");
  hdf5::write_attribute(group.id(), "axes", std::vector<std::string>{"id"});
  column(group.id(), {"id", "", "number of the grain"}, id);
  column(group.id(), {"volume", "mm^3", "volume"}, volume);
  column(group.id(), {"diameter", "mm", "diameter of the ball of this volume"}, diameter);
  column(group.id(), {"position", "mm", "centroid x, y, z in the sample at omega = 0"}, position, {n, 3});
  column(group.id(), {"orientation", "", "U: from the crystal's Cartesian frame to the sample's at omega = 0"},
         orientation, {n, 3, 3});
  column(group.id(), {"block_grain", "", "grain of each piece of one orientation"}, block_grain);
  column(group.id(), {"block_volume", "mm^3", "volume of the piece"}, block_volume);
  column(group.id(), {"block_position", "mm", "centroid of the piece"}, block_position, {blocks, 3});
  column(group.id(), {"block_orientation", "", "U of the piece"}, block_orientation, {blocks, 3, 3});
}

void write_beam(hid_t entry, const Truth& truth) {
  const Handle group = group_of(entry, "beam", "NXdata");
  const auto region = [&](const char* name, const Region& r, const char* long_name) {
    column(group.id(), {name, "pixels", long_name}, std::vector<std::int32_t>{r.u0, r.v0, r.u1, r.v1});
  };
  region("region", beam_region(truth.options), "direct beam: u0, v0, u1, v1, upper bounds excluded");
  region("sample", sample_box(truth.options), "the part of it that the sample shades at some omega");
  column(group.id(), {"factor", "", "intensity of the beam over its median, frame by frame; 0: shutter shut"},
         truth.beam_factor);
  hdf5::write_attribute(group.id(), "signal", "factor");
}

void write_scan(hid_t entry, const Truth& truth) {
  const Handle group = group_of(entry, "scan", "NXcollection");
  const int frames = truth.options.frames.value();
  std::vector<double> omega;
  std::vector<std::int32_t> zinger_frame, zinger_v, zinger_u;
  std::vector<float> zinger_counts;
  for (int k = 0; k < frames; ++k) {
    omega.push_back(truth.options.omega_start + k * omega_step(truth.options));
    for (const Zinger& zinger : truth.detector.zingers(Purpose::kProjection, k)) {
      zinger_frame.push_back(zinger.frame);
      zinger_v.push_back(zinger.v);
      zinger_u.push_back(zinger.u);
      zinger_counts.push_back(zinger.counts);
    }
  }
  hdf5::write_string(group.id(), "path", truth.scan_name);
  column(group.id(), {"omega", "degrees", "rotation angle at the middle of each exposure"}, omega);
  column(group.id(), {"zinger_frame", "frames", "pixels hit by zingers"}, zinger_frame);
  column(group.id(), {"zinger_v", "pixels", "pixels hit by zingers"}, zinger_v);
  column(group.id(), {"zinger_u", "pixels", "pixels hit by zingers"}, zinger_u);
  column(group.id(), {"zinger_counts", "counts", "what the zinger adds to the pixel"}, zinger_counts);
}

void write_detector(hid_t entry, const Truth& truth) {
  const Handle group = group_of(entry, "detector", "NXdata");
  const hsize_t height = static_cast<hsize_t>(truth.options.height), width = static_cast<hsize_t>(truth.options.width);
  const auto image = [&](const ColumnInfo& info, const auto& pixels) {
    const Handle dataset = hdf5::write_dataset(group.id(), std::string(info.name), pixels, {height, width});
    hdf5::write_attribute(dataset.id(), "long_name", std::string(info.long_name));
    if (!info.unit.empty()) hdf5::write_attribute(dataset.id(), "units", std::string(info.unit));
    hdf5::write_attribute(dataset.id(), "interpretation", "image");
  };
  image({"offset", "counts", "mean reading without light"}, truth.detector.offset().pixels());
  image({"response", "", "sensitivity of each pixel"}, truth.detector.response().pixels());
  const Image<std::uint8_t> defects = truth.detector.defects();
  image({"defects", "", "0 none, 1 hot, 2 dead"}, defects.pixels());
  hdf5::write_attribute(group.id(), "signal", "offset");
}

void write_parameters(hid_t entry, const SimulateOptions& options) {
  const Handle group = group_of(entry, "parameters", "NXcollection");
  visit_fields(options, [&](std::string_view name, const auto& field, const FieldInfo& info) {
    using T = std::remove_cvref_t<decltype(field)>;
    const std::string key(name);
    if constexpr (std::is_enum_v<T>) {
      hdf5::write_string(group.id(), key, std::string(enum_name(field)));
    } else {
      double value = 0;
      if constexpr (std::is_arithmetic_v<T>)
        value = static_cast<double>(field);
      else
        value = static_cast<double>(field.value());
      hdf5::write_scalar(group.id(), key, value);
    }
    const Handle dataset = hdf5::check(H5Dopen2(group.id(), key.c_str(), H5P_DEFAULT), key);
    hdf5::write_attribute(dataset.id(), "long_name", std::string(info.doc));
    if (!info.unit.empty()) hdf5::write_attribute(dataset.id(), "units", std::string(info.unit));
  });
}

}  // namespace

void write_truth(const Truth& truth, const std::filesystem::path& path) {
  hdf5::OutputFile file(path);
  hdf5::write_attribute(file.id(), "NX_class", "NXroot");
  hdf5::write_attribute(file.id(), "creator", "dctprep simulate");
  hdf5::write_attribute(file.id(), "default", "entry");
  Handle entry = group_of(file.id(), "entry", "NXentry");
  hdf5::write_attribute(entry.id(), "default", "spots");
  hdf5::write_string(entry.id(), "title", "ground truth of a simulated DCT scan");
  write_spots(entry.id(), truth.spots);
  write_grains(entry.id(), truth.sample);
  write_beam(entry.id(), truth);
  write_scan(entry.id(), truth);
  write_detector(entry.id(), truth);
  write_parameters(entry.id(), truth.options);
  entry = Handle();
  file.close();
}

}  // namespace dctprep
