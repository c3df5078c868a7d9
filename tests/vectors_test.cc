// SPDX-License-Identifier: BSD-3-Clause
// Small scans and what independent, plain implementations of docs/specification.md make of them
// (tests/vectors/README.md): both executors must give the same, to the last bit. What a case does not hold is not
// compared.
#include <cmath>
#include <cstring>
#include <filesystem>
#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "dctprep/base/hdf5.h"
#include "dctprep/config/config_file.h"
#include "dctprep/estimate/parameters.h"
#include "dctprep/pipeline/run.h"
#include "dctprep/read/open_scan.h"
#include "dctprep/testing/testing.h"
#include "dctprep/write/memory_sink.h"

namespace dctprep {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> vector_names() {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(testing::source_path("tests/vectors"))) {
    if (entry.is_directory()) names.push_back(entry.path().filename());
  }
  std::sort(names.begin(), names.end());
  return names;
}

// Floating-point numbers are equal bit for bit, but for NaN, of which one is as good as another.
template <class T>
void expect_dataset(hid_t file, const std::string& path, const std::vector<T>& got) {
  if (!hdf5::exists(file, path)) return;
  const std::vector<T> expected = hdf5::read_dataset<T>(file, path);
  ASSERT_EQ(expected.size(), got.size()) << path;
  for (std::size_t i = 0; i < got.size(); ++i) {
    const bool same =
        std::memcmp(&expected[i], &got[i], sizeof(T)) == 0 || (expected[i] != expected[i] && got[i] != got[i]);
    ASSERT_TRUE(same) << path << "[" << i << "]: " << +got[i] << ", expected " << +expected[i];
  }
}

void expect_angle(double expected, double got, const std::string& path, std::size_t i) {
  if (std::isnan(expected)) {
    EXPECT_TRUE(std::isnan(got)) << path << "[" << i << "]";
  } else {
    EXPECT_NEAR(expected, got, 1e-9) << path << "[" << i << "]";
  }
}

template <class T>
std::vector<T> joined(const std::vector<Image<T>>& images) {
  std::vector<T> all;
  for (const auto& image : images) all.insert(all.end(), image.pixels().begin(), image.pixels().end());
  return all;
}

// The columns that the case holds, which all must be columns of the result.
void expect_spots(hid_t file, const MemoryResult& result) {
  hsize_t compared = 0;
  visit_spot_columns_of(result.header, [&](const ColumnInfo& column, auto member) {
    using T = std::decay_t<decltype(Spot{}.*member)>;
    std::vector<T> values;
    for (const auto& spot : result.spots) values.push_back(spot.spot.*member);
    const std::string path = "entry/spots/" + std::string(column.name);
    compared += hdf5::exists(file, path);
    if constexpr (std::is_same_v<T, double>) {
      if (column.name == "omega" && hdf5::exists(file, path)) {  // omega itself comes from decimal numbers
        const auto expected = hdf5::read_dataset<double>(file, path);
        ASSERT_EQ(expected.size(), values.size());
        for (std::size_t i = 0; i < values.size(); ++i) expect_angle(expected[i], values[i], path, i);
        return;
      }
    }
    expect_dataset(file, path, values);
  });
  H5G_info_t spots;
  ASSERT_GE(H5Gget_info_by_name(file, "entry/spots", &spots, H5P_DEFAULT), 0);
  EXPECT_EQ(spots.nlinks, compared) << "columns that the result lacks";
}

void expect_voxels_and_images(hid_t file, const MemoryResult& result) {
  std::vector<std::int32_t> frame;
  std::vector<std::uint16_t> v, u, intensity;
  std::vector<std::uint64_t> voxel_offset{0}, image_offset{0};
  std::vector<std::uint32_t> data;
  for (const auto& spot : result.spots) {
    for (const Voxel& voxel : spot.voxels) {
      frame.push_back(voxel.frame);
      v.push_back(voxel.v);
      u.push_back(voxel.u);
      intensity.push_back(voxel.value);
    }
    data.insert(data.end(), spot.image.begin(), spot.image.end());
    voxel_offset.push_back(frame.size());
    image_offset.push_back(data.size());
  }
  expect_dataset(file, "entry/voxels/offset", voxel_offset);
  expect_dataset(file, "entry/voxels/frame", frame);
  expect_dataset(file, "entry/voxels/v", v);
  expect_dataset(file, "entry/voxels/u", u);
  expect_dataset(file, "entry/voxels/intensity", intensity);
  expect_dataset(file, "entry/images/offset", image_offset);
  expect_dataset(file, "entry/images/data", data);
}

void expect_rejected(hid_t file, const MemoryResult& result) {
  expect_dataset(file, "entry/rejected/count", result.summary.rejected_count);
  visit_rejected_columns([&](const ColumnInfo& column, auto member) {
    using T = std::decay_t<decltype(RejectedBlob{}.*member)>;
    const std::string path = "entry/rejected/" + std::string(column.name);
    if constexpr (std::is_enum_v<T>) {
      std::vector<std::uint8_t> values;
      for (const auto& blob : result.rejected) values.push_back(static_cast<std::uint8_t>(blob.*member));
      expect_dataset(file, path, values);
    } else {
      std::vector<T> values;
      for (const auto& blob : result.rejected) values.push_back(blob.*member);
      expect_dataset(file, path, values);
    }
  });
}

void expect_frames(hid_t file, const MemoryResult& result) {
  expect_dataset(file, "entry/background/data", joined(result.backgrounds));
  expect_dataset(file, "entry/background/centre",
                 std::vector<std::int32_t>(result.header.block_centre.begin(), result.header.block_centre.end()));
  expect_dataset(file, "entry/background/frame_offset", result.summary.frame_offset);
  expect_dataset(file, "entry/beam/intensity", result.summary.beam_intensity);
  expect_dataset(file, "entry/beam/factor", result.summary.beam_factor);
  const auto box = [](const Region& r) { return std::vector<std::int32_t>{r.u0, r.v0, r.u1, r.v1}; };
  expect_dataset(file, "entry/beam/region", box(result.header.beam));
  expect_dataset(file, "entry/beam/sample", box(result.header.sample));
  expect_dataset(file, "entry/beam/transmission", joined(result.transmissions));
  std::vector<std::int32_t> bad_frames, sweep_starts;
  std::vector<std::uint8_t> causes;
  for (const auto& [k, cause] : result.summary.bad_frames) {
    bad_frames.push_back(k);
    causes.push_back(static_cast<std::uint8_t>(cause));
  }
  for (const Sweep& sweep : result.header.sweeps) sweep_starts.push_back(sweep.first);
  expect_dataset(file, "entry/scan/bad_frames", bad_frames);
  expect_dataset(file, "entry/scan/bad_frame_cause", causes);
  expect_dataset(file, "entry/scan/sweep_start", sweep_starts);
  expect_dataset(file, "entry/scan/file_frame",
                 std::vector<std::int32_t>(result.header.file_frame.begin(), result.header.file_frame.end()));
  const NoiseModel& noise = result.header.noise;
  expect_dataset(file, "entry/noise/readout_variance", std::vector<double>{noise.readout_variance});
  expect_dataset(file, "entry/noise/gain", std::vector<double>{noise.gain});
  expect_dataset(file, "entry/noise/level", noise.level);
  expect_dataset(file, "entry/noise/variance", noise.variance);
  expect_dataset(file, "entry/noise/samples", noise.samples);
  const auto omega = hdf5::read_dataset<double>(file, "entry/scan/omega");
  ASSERT_EQ(omega.size(), result.header.omega.size());
  for (std::size_t k = 0; k < omega.size(); ++k) expect_angle(omega[k], result.header.omega[k], "entry/scan/omega", k);
}

class Vectors : public ::testing::TestWithParam<std::tuple<std::string, Executor>> {};

TEST_P(Vectors, AreMetToTheLastBit) {
  const auto& [name, executor] = GetParam();
  const fs::path folder = testing::source_path("tests/vectors") / name;
  const Config given = load_config(folder / "config.toml");
  const Scan scan = open_scan(given.scan);
  Progress silent;
  const Config config = find_parameters(given, scan, silent).config;
  MemorySink sink;
  run_pipeline(scan, config, "", sink, silent, executor);
  const MemoryResult result = sink.take();
  const hdf5::Handle expected = hdf5::open_file(folder / "expected.h5");
  expect_frames(expected.id(), result);
  expect_spots(expected.id(), result);
  expect_voxels_and_images(expected.id(), result);
  expect_rejected(expected.id(), result);
}

INSTANTIATE_TEST_SUITE_P(All, Vectors,
                         ::testing::Combine(::testing::ValuesIn(vector_names()),
                                            ::testing::Values(Executor::kStreaming, Executor::kReference)),
                         [](const auto& parameters) {
                           std::string text =
                               std::get<0>(parameters.param) +
                               (std::get<1>(parameters.param) == Executor::kStreaming ? "_streaming" : "_reference");
                           for (char& c : text) c = std::isalnum(static_cast<unsigned char>(c)) ? c : '_';
                           return text;
                         });

}  // namespace
}  // namespace dctprep
