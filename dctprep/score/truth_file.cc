// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/score/truth_file.h"

#include <algorithm>
#include <cmath>
#include <new>
#include <type_traits>

#include "dctprep/base/error.h"
#include "dctprep/base/hdf5.h"
#include "dctprep/base/rehearsal.h"

namespace dctprep {

namespace {

using hdf5::Handle;

constexpr double kLargestSide = 65536;
constexpr double kMostFrames = 1 << 30;

// A 1-D column. The simulator does not compress, so no column holds more than the file's bytes.
template <class T>
std::vector<T> read_column(hid_t file, const std::string& name) {
  if (!hdf5::exists(file, name)) fail("is no ground truth of dctprep simulate: it has no {}", name);
  const Handle dataset = hdf5::check(H5Dopen2(file, name.c_str(), H5P_DEFAULT), name);
  const std::vector<hsize_t> dims = hdf5::shape(dataset.id());
  if (dims.size() != 1) fail("{} is no column", name);
  const Handle type = hdf5::check(H5Dget_type(dataset.id()), name);
  hsize_t file_size = 0;
  hdf5::check_status(H5Fget_filesize(file, &file_size), name);
  if (dims[0] > file_size || (dims[0] > 0 && H5Dget_storage_size(dataset.id()) < dims[0] * H5Tget_size(type.id()))) {
    fail("{} is damaged: {} values in {} bytes", name, dims[0], H5Dget_storage_size(dataset.id()));
  }
  return hdf5::read_dataset<T>(file, name);
}

double parameter(hid_t file, const std::string& name, double low, double high) {
  const std::string path = "entry/parameters/" + name;
  if (!hdf5::exists(file, path)) fail("is no ground truth of dctprep simulate: it has no {}", path);
  const Handle dataset = hdf5::check(H5Dopen2(file, path.c_str(), H5P_DEFAULT), path);
  const std::vector<hsize_t> dims = hdf5::shape(dataset.id());
  if (!dims.empty() && !(dims.size() == 1 && dims[0] == 1)) fail("{} is no number", path);
  const std::vector<double> value = hdf5::read_dataset<double>(file, path);
  if (value.size() != 1 || !(value[0] >= low && value[0] <= high)) fail("{} is damaged", path);
  return value[0];
}

void check_spot(const TruthFile& truth, std::size_t i) {
  const TruthSpot& s = truth.spots[i];
  const auto rows = static_cast<std::int64_t>(truth.spots.size());
  const bool box_fits = 0 <= s.u_min && s.u_min <= s.u_max && s.u_max < truth.width && 0 <= s.v_min &&
                        s.v_min <= s.v_max && s.v_max < truth.height;
  const bool frames_fit = 0 <= s.frame_start && s.frame_start < truth.frames && s.frame_start <= s.frame_end &&
                          s.frame_end < 2 * std::int64_t{truth.frames};
  const bool numbers_fit = std::isfinite(s.frame) && std::abs(s.frame) < kMostFrames && std::isfinite(s.u) &&
                           std::isfinite(s.v) && std::abs(s.u) < kLargestSide && std::abs(s.v) < kLargestSide &&
                           std::isfinite(s.snr) && s.intensity > 0 && s.intensity_recorded >= 0;
  if (s.id != i || !box_fits || !frames_fit || !numbers_fit || s.mate < -1 || s.mate >= rows) {
    fail("entry/spots: row {} is damaged", i);
  }
}

TruthFile read(hid_t file) {
  TruthFile truth;
  truth.frames = static_cast<int>(parameter(file, "frames", 1, kMostFrames));
  truth.height = static_cast<int>(parameter(file, "height", 1, kLargestSide));
  truth.width = static_cast<int>(parameter(file, "width", 1, kLargestSide));
  truth.full_turn = std::abs(parameter(file, "omega_range", 0, 360) - 360) < 1e-9;
  truth.middle_v = (truth.height - 1) / 2.0;
  truth.spots.resize(read_column<std::uint32_t>(file, "entry/spots/id").size());
  visit_truth_columns([&](const ColumnInfo& info, auto member) {
    using Type = std::remove_cvref_t<decltype(TruthSpot{}.*member)>;
    const std::string name = "entry/spots/" + std::string(info.name);
    const std::vector<Type> column = read_column<Type>(file, name);
    if (column.size() != truth.spots.size()) {
      fail("{} has {} values, not {}", name, column.size(), truth.spots.size());
    }
    for (std::size_t i = 0; i < column.size(); ++i) truth.spots[i].*member = column[i];
  });
  for (std::size_t i = 0; i < truth.spots.size(); ++i) check_spot(truth, i);
  return truth;
}

}  // namespace

TruthFile read_truth(const std::filesystem::path& path) {
  hdf5::quiet();
  return hdf5::rehearsed(path.native(), [&] {
    const Handle file = hdf5::open_file(path);
    return with_context(path.string(), [&] {
      try {
        return read(file.id());
      } catch (const std::bad_alloc&) {
        fail("is damaged, or needs more memory than there is");
      }
    });
  });
}

}  // namespace dctprep
