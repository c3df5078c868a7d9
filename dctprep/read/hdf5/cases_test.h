// SPDX-License-Identifier: BSD-3-Clause
// Files that Python writes, with what the readers of HDF5 must find in them.
#pragma once

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "dctprep/base/error.h"
#include "dctprep/read/hdf5/source.h"
#include "dctprep/testing/testing.h"

namespace dctprep::testing {

namespace fs = std::filesystem;

// The Python side: `case(name, file, dataset, expected, compression, missing, unreadable)` writes down what the reader
// must find.
inline const std::string kHdf5Prelude = R"(
import h5py, numpy as np, os, struct, subprocess, sys
rng = np.random.default_rng(7)
def stack(n, h, w, dtype='u2'):
    return rng.poisson(100, (n, h, w)).astype(dtype)
def case(name, file, dataset, expected, compression='none', missing=(), unreadable=(), marked=None):
    e = np.asarray(expected)
    e.astype('<u2').tofile(name + '.pixels')
    (np.zeros(e.shape, 'u1') if marked is None else marked.astype('u1')).tofile(name + '.marked')
    n, h, w = e.shape
    with open('cases.txt', 'a') as f:
        print(name, file, dataset, n, h, w, compression, len(missing), *missing, len(unreadable), *unreadable, file=f)
)";

template <class T>
std::vector<T> read_values(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  const std::vector<char> bytes(std::istreambuf_iterator<char>(file), {});
  std::vector<T> values(bytes.size() / sizeof(T));
  std::copy(bytes.begin(), bytes.end(), reinterpret_cast<char*>(values.data()));
  return values;
}

inline std::vector<int> read_list(std::istream& in) {
  std::size_t count = 0;
  in >> count;
  std::vector<int> list(count);
  for (int& value : list) in >> value;
  return list;
}

// Reads frame k and compares it; says on a mismatch which.
inline void expect_frame(const FrameSource& source, int k, const std::vector<std::uint16_t>& pixels,
                         const std::vector<std::uint8_t>& marked, const std::vector<int>& missing,
                         const std::vector<int>& unreadable, const std::string& name) {
  Image<std::uint16_t> out(source.height(), source.width(), 4242);
  Image<std::uint8_t> markers(source.height(), source.width(), 77);
  const auto fault = source.read(k, out, markers);
  const bool is_missing = std::find(missing.begin(), missing.end(), k) != missing.end();
  const bool is_unreadable = std::find(unreadable.begin(), unreadable.end(), k) != unreadable.end();
  ASSERT_EQ(fault.has_value(), is_missing || is_unreadable)
      << name << " frame " << k << " " << (fault ? fault->what : "");
  if (fault) {
    EXPECT_EQ(fault->cause, is_missing ? BadFrameCause::kMissing : BadFrameCause::kUnreadable)
        << name << " " << k << " " << fault->what;
    EXPECT_FALSE(fault->what.empty());
    return;
  }
  const auto offset = static_cast<std::ptrdiff_t>(out.size()) * k;
  EXPECT_TRUE(std::equal(out.pixels().begin(), out.pixels().end(), pixels.begin() + offset)) << name << " frame " << k;
  EXPECT_TRUE(std::equal(markers.pixels().begin(), markers.pixels().end(), marked.begin() + offset))
      << name << " frame " << k;
}

// Reads every case of the folder, from several threads at a time; returns how many there were.
inline int expect_cases(const fs::path& folder) {
  std::ifstream list(folder / "cases.txt");
  int cases = 0;
  for (std::string line; std::getline(list, line); ++cases) {
    std::istringstream in(line);
    std::string name, file, dataset, compression;
    int n = 0, h = 0, w = 0;
    in >> name >> file >> dataset >> n >> h >> w >> compression;
    const std::vector<int> missing = read_list(in), unreadable = read_list(in);
    try {
      const auto source = open_hdf5_frames(folder / file, dataset);
      EXPECT_EQ(source->frames(), n) << name;
      EXPECT_EQ(source->height(), h) << name;
      EXPECT_EQ(source->width(), w) << name;
      if (source->frames() != n || source->height() != h || source->width() != w) continue;
      EXPECT_EQ(hdf5_storage_info(folder / file, dataset).compression, compression) << name;
      const auto pixels = read_values<std::uint16_t>(folder / (name + ".pixels"));
      const auto marked = read_values<std::uint8_t>(folder / (name + ".marked"));
      std::vector<std::jthread> threads;
      for (int t = 0; t < 3; ++t) {
        threads.emplace_back([&, t] {
          for (int i = 0; i < n; ++i) {
            // Fetched ahead by one of them, read by all: the same frames, and the same faults.
            if (t == 2) source->prefetch((i + 2) % n);
            expect_frame(*source, t == 1 ? n - 1 - i : i, pixels, marked, missing, unreadable, name);
          }
        });
      }
    } catch (const Error& error) {
      ADD_FAILURE() << name << ": " << error.what();
    }
  }
  return cases;
}

inline void expect_python_cases(const std::string& program, int count) {
  const TemporaryFolder folder;
  const auto result = run_python(kHdf5Prelude + program, folder.path());
  ASSERT_EQ(result.status, 0) << result.output;
  EXPECT_EQ(expect_cases(folder.path()), count);
}

}  // namespace dctprep::testing
