// SPDX-License-Identifier: BSD-3-Clause
// A result file, opened for reading: whatever is shown, compared or handed to other programs comes from here.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "dctprep/base/hdf5.h"
#include "dctprep/base/image.h"
#include "dctprep/core/result_sink.h"

namespace dctprep {

// Nothing in the file is trusted: sizes are checked against each other and against the file before memory is taken for
// them, rows of the table against the scan's shape. Every Error names the file and what is wrong with it. The spot
// table is read on opening; voxels and images are read when asked for. Not for several threads at once.
class ResultFile {
 public:
  // Error where there is no such file, where it is no result of dctprep, or where it is damaged.
  explicit ResultFile(std::filesystem::path path);

  const std::filesystem::path& path() const { return path_; }
  // `voxels`, `images`, `rejected`, `save_background` and `transmission` say what the file holds.
  const ResultHeader& header() const { return header_; }
  const ResultSummary& summary() const { return summary_; }
  // "" where the file does not say.
  const std::string& program() const { return program_; }
  const std::string& version() const { return version_; }
  const std::string& host() const { return host_; }
  const std::string& date() const { return date_; }

  // In the order of id: spots()[i].id == i. Bounding boxes lie inside the detector.
  const std::vector<Spot>& spots() const { return spots_; }
  // The listed ones; empty where header().rejected is false.
  std::vector<RejectedBlob> rejected() const;
  // Of spot i < spots().size(), in the order of linear index (`saturated` is not kept); empty where the file holds
  // none.
  std::vector<Voxel> voxels(std::size_t i) const;
  // height() x width() of the spot, row by row; empty where the file holds none.
  std::vector<std::uint32_t> image(std::size_t i) const;
  // Error where the file holds no such background or transmission.
  Image<std::uint16_t> background(int block) const;
  Image<float> transmission(int frame) const;

 private:
  void open();
  void touch_the_rest() const;
  void read_header();
  void read_omega();
  void read_noise();
  void read_summary();
  void read_spots();
  void check_spot(std::size_t i) const;
  std::string text(const std::string& name) const;
  std::size_t length(const std::string& name) const;
  std::vector<std::uint64_t> offsets(const std::string& name, std::uint64_t end) const;
  template <class T>
  std::vector<T> values(const std::string& name, std::size_t size) const;
  template <class T>
  std::vector<T> slice(const std::string& name, std::uint64_t first, std::uint64_t end) const;
  template <class T>
  Image<T> stack_image(const std::string& name, int k) const;
  template <class Body>
  auto guarded(Body&& body) const;

  std::filesystem::path path_;
  std::uint64_t file_size_ = 0;
  hdf5::Handle file_, entry_;
  ResultHeader header_;
  ResultSummary summary_;
  std::string program_, version_, host_, date_;
  std::vector<Spot> spots_;
  std::vector<std::uint64_t> voxel_offset_, image_offset_;
};

}  // namespace dctprep
