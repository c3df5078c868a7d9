// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/pipeline/plan_file.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fmt/format.h>
#include <utility>

#include "dctprep/base/error.h"
#include "dctprep/base/fnv1a.h"
#include "dctprep/config/config_file.h"
#include "dctprep/write/checked_dataset.h"
#include "dctprep/write/nexus.h"
#include "dctprep/write/packed_column.h"

namespace dctprep {

namespace {

using hdf5::Handle;

// Larger detectors do not exist; larger numbers are damage.
constexpr int kMostPixelsASide = 65536, kMostFrames = 100'000'000;

// The parts of a plan that are written, one after the other, as arrays of numbers: visit(name, vector) of each. Of the
// images, whose sizes are in `shape`, the pixels.
struct Arrays {
  std::vector<std::uint8_t> config, scan_path, omega_dataset, warnings;
  std::vector<std::int32_t> shape;  // frames, height, width, omega_source, kept_level
  std::vector<double> omega;
  std::vector<std::int32_t> sweeps;  // first, last of each
  std::vector<std::int32_t> file_frame;
  std::vector<std::int32_t> checksum_frame;
  std::vector<std::uint32_t> checksum;
  std::vector<std::uint32_t> bad_pixels;  // linear indices
  std::vector<std::uint16_t> dark;
  std::vector<std::int32_t> flat_shape;  // height, width
  std::vector<std::uint16_t> flat;
  std::vector<double> monitor;
  std::vector<double> numbers;  // flat intensity, monitor_median, median_intensity, reference_intensity, noise: 2
  std::vector<double> noise_level, noise_variance;
  std::vector<std::uint64_t> noise_samples;

  template <class Self, class Visitor>
  static void visit(Self& self, Visitor&& visit) {
    visit("config", self.config);
    visit("scan_path", self.scan_path);
    visit("omega_dataset", self.omega_dataset);
    visit("warnings", self.warnings);
    visit("shape", self.shape);
    visit("omega", self.omega);
    visit("sweeps", self.sweeps);
    visit("file_frame", self.file_frame);
    visit("checksum_frame", self.checksum_frame);
    visit("checksum", self.checksum);
    visit("bad_pixels", self.bad_pixels);
    visit("dark", self.dark);
    visit("flat_shape", self.flat_shape);
    visit("flat", self.flat);
    visit("monitor", self.monitor);
    visit("numbers", self.numbers);
    visit("noise_level", self.noise_level);
    visit("noise_variance", self.noise_variance);
    visit("noise_samples", self.noise_samples);
  }
};

std::vector<std::uint8_t> bytes_of(const std::string& text) { return {text.begin(), text.end()}; }
std::string text_of(const std::vector<std::uint8_t>& bytes) { return {bytes.begin(), bytes.end()}; }

Arrays arrays_of(const RunPlan& plan) {
  Arrays a;
  a.config = bytes_of(to_compact_toml(plan.config));
  a.scan_path = bytes_of(plan.scan_path);
  a.omega_dataset = bytes_of(plan.omega_dataset);
  for (const std::string& warning : plan.warnings) {
    a.warnings.insert(a.warnings.end(), warning.begin(), warning.end());
    a.warnings.push_back('\n');
  }
  a.shape = {plan.frames, plan.height, plan.width, static_cast<int>(plan.omega_source), plan.kept_level};
  a.omega = plan.omega;
  for (const Sweep& sweep : plan.sweeps) a.sweeps.insert(a.sweeps.end(), {sweep.first, sweep.last});
  a.file_frame.assign(plan.file_frame.begin(), plan.file_frame.end());
  for (const FrameChecksum& one : plan.checksums) {
    a.checksum_frame.push_back(one.frame);
    a.checksum.push_back(one.crc32);
  }
  for (std::uint32_t i = 0; i < plan.bad_pixels.size(); ++i) {
    if (plan.bad_pixels.data()[i] != 0) a.bad_pixels.push_back(i);
  }
  a.dark.assign(plan.dark.pixels().begin(), plan.dark.pixels().end());
  const Image<std::uint16_t>& flat = plan.flat.inside_beam;
  a.flat_shape = {flat.height(), flat.width()};
  a.flat.assign(flat.pixels().begin(), flat.pixels().end());
  a.monitor = plan.monitor;
  a.numbers = {plan.flat.intensity,      plan.monitor_median,         plan.median_intensity,
               plan.reference_intensity, plan.noise.readout_variance, plan.noise.gain};
  a.noise_level = plan.noise.level;
  a.noise_variance = plan.noise.variance;
  a.noise_samples = plan.noise.samples;
  return a;
}

template <class T>
void write_array(const Handle& group, const char* name, const std::vector<T>& values) {
  if constexpr (std::is_same_v<T, std::uint16_t>) {
    PackedColumnWriter<std::uint16_t> writer(group.id(), name);
    writer.append(values);
    writer.finish();
  } else {
    write_checked<T>(group.id(), name, values);
  }
}

template <class T>
void read_array(const Handle& group, const char* name, std::vector<T>& values) {
  if constexpr (std::is_same_v<T, std::uint16_t>) {
    PackedColumnReader<std::uint16_t> reader(group.id(), name);
    if (reader.size() > std::uint64_t{kMostPixelsASide} * kMostPixelsASide) fail("{}: is damaged", name);
    values.resize(reader.size());
    reader.read(0, values);
  } else {
    values = read_checked<T>(group.id(), name);
  }
}

void demand(bool holds, const std::string& file_name) {
  if (!holds) fail("{}: its plan contradicts itself: it is damaged", file_name);
}

Image<std::uint16_t> image_of(const std::vector<std::uint16_t>& pixels, int height, int width,
                              const std::string& file_name) {
  if (pixels.empty()) return {};
  demand(pixels.size() == static_cast<std::size_t>(height) * static_cast<std::size_t>(width), file_name);
  Image<std::uint16_t> image(height, width);
  std::copy(pixels.begin(), pixels.end(), image.data());
  return image;
}

RunPlan plan_of(const Arrays& a, const std::string& file_name) {
  RunPlan plan;
  demand(a.shape.size() == 5 && a.flat_shape.size() == 2 && a.numbers.size() == 6, file_name);
  plan.frames = a.shape[0];
  plan.height = a.shape[1];
  plan.width = a.shape[2];
  const auto is_side = [](int n) { return 0 < n && n <= kMostPixelsASide; };
  demand(0 < plan.frames && plan.frames <= kMostFrames && is_side(plan.height) && is_side(plan.width), file_name);
  demand(0 <= a.shape[3] && a.shape[3] <= static_cast<int>(OmegaSource::kRecorded), file_name);
  plan.omega_source = static_cast<OmegaSource>(a.shape[3]);
  plan.kept_level = a.shape[4];
  const auto frames = static_cast<std::size_t>(plan.frames);
  plan.config = parse_config(text_of(a.config), file_name, std::filesystem::current_path());
  plan.scan_path = text_of(a.scan_path);
  plan.omega_dataset = text_of(a.omega_dataset);
  std::string line;
  for (const std::uint8_t c : a.warnings) {
    if (c == '\n')
      plan.warnings.push_back(std::exchange(line, ""));
    else
      line += static_cast<char>(c);
  }
  demand(a.omega.size() == frames && (a.file_frame.empty() || a.file_frame.size() == frames), file_name);
  plan.omega = a.omega;
  plan.file_frame.assign(a.file_frame.begin(), a.file_frame.end());
  demand(!a.sweeps.empty() && a.sweeps.size() % 2 == 0, file_name);
  int next = 0;
  for (std::size_t i = 0; i < a.sweeps.size(); i += 2) {
    plan.sweeps.push_back({a.sweeps[i], a.sweeps[i + 1]});
    demand(plan.sweeps.back().first == next && plan.sweeps.back().last >= next, file_name);
    next = plan.sweeps.back().last + 1;
  }
  demand(next == plan.frames && a.checksum_frame.size() == a.checksum.size(), file_name);
  for (std::size_t i = 0; i < a.checksum.size(); ++i) plan.checksums.push_back({a.checksum_frame[i], a.checksum[i]});
  plan.bad_pixels = Image<std::uint8_t>(plan.height, plan.width, 0);
  for (const std::uint32_t i : a.bad_pixels) {
    demand(i < plan.bad_pixels.size(), file_name);
    plan.bad_pixels.data()[i] = 1;
  }
  plan.dark = image_of(a.dark, plan.height, plan.width, file_name);
  demand(
      a.flat_shape[0] >= 0 && a.flat_shape[0] <= plan.height && a.flat_shape[1] >= 0 && a.flat_shape[1] <= plan.width,
      file_name);
  plan.flat.inside_beam = image_of(a.flat, a.flat_shape[0], a.flat_shape[1], file_name);
  demand(a.monitor.empty() || a.monitor.size() == frames, file_name);
  plan.monitor = a.monitor;
  plan.flat.intensity = a.numbers[0];
  plan.monitor_median = a.numbers[1];
  plan.median_intensity = a.numbers[2];
  plan.reference_intensity = a.numbers[3];
  plan.noise.readout_variance = a.numbers[4];
  plan.noise.gain = a.numbers[5];
  plan.noise.level = a.noise_level;
  plan.noise.variance = a.noise_variance;
  plan.noise.samples = a.noise_samples;
  derive(plan);
  demand(!is_in_sigma(plan.config.segment) ||
             (std::isfinite(plan.noise.readout_variance) && std::isfinite(plan.noise.gain)),
         file_name);
  derive_levels(plan);
  demand(1 <= plan.kept_level && plan.kept_level <= lowest_level(plan.segment), file_name);
  return plan;
}

}  // namespace

void write_plan(hid_t location, const std::string& name, const RunPlan& plan) {
  const Handle group = create_nexus_group(location, name, "NXcollection");
  const Arrays arrays = arrays_of(plan);
  Arrays::visit(arrays, [&](const char* array, const auto& values) { write_array(group, array, values); });
}

RunPlan read_plan(hid_t location, const std::string& name, const std::string& file_name) {
  const Handle group = hdf5::check(H5Gopen2(location, name.c_str(), H5P_DEFAULT), name);
  Arrays arrays;
  Arrays::visit(arrays, [&](const char* array, auto& values) { read_array(group, array, values); });
  return plan_of(arrays, file_name);
}

RunPlan clone(const RunPlan& plan) { return plan_of(arrays_of(plan), "the plan"); }

std::uint64_t plan_digest(const RunPlan& plan) {
  Fnv1a digest;
  Arrays arrays = arrays_of(plan);
  Config config = plan.config;
  config.run = {};
  config.output = {};
  arrays.config = bytes_of(to_compact_toml(config));
  Arrays::visit(arrays, [&](const char* name, const auto& values) {
    const std::string head = fmt::format("{} {};", name, values.size());
    digest.add(head.data(), head.size());
    digest.add(values.data(), values.size() * sizeof(values[0]));
  });
  return digest.digest();
}

}  // namespace dctprep
