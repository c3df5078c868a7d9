// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/pipeline/sparse_file.h"

#include <algorithm>
#include <fmt/format.h>
#include <string_view>
#include <utility>

#include "dctprep/base/assert.h"
#include "dctprep/base/error.h"
#include "dctprep/base/rehearsal.h"
#include "dctprep/pipeline/sparse_layout.h"
#include "dctprep/write/checked_dataset.h"
#include "dctprep/write/image_stack.h"

namespace dctprep {

namespace {

namespace fs = std::filesystem;
using hdf5::Handle;

std::int64_t format_number(hid_t file) {
  std::int64_t number = 0;
  const Handle attribute(H5Aopen(file, sparse_layout::kFormat, H5P_DEFAULT));
  if (!attribute || H5Aread(attribute.id(), H5T_NATIVE_INT64, &number) < 0) return 0;
  return number;
}

// Where the values of item `i` begin and end.
std::pair<std::uint64_t, std::uint64_t> slice(const std::vector<std::uint64_t>& ends, std::size_t i) {
  return {i == 0 ? 0 : ends[i - 1], ends[i]};
}

template <class T>
std::vector<T> values_of(PackedColumnReader<T>& column, const std::vector<std::uint64_t>& ends, std::size_t i) {
  const auto [first, end] = slice(ends, i);
  std::vector<T> values(end - first);
  column.read(first, values);
  return values;
}

// Ascending, and up to the end of what they divide; no part larger than a frame.
void check_ends(const std::vector<std::uint64_t>& ends, std::uint64_t size, std::uint64_t pixels, const char* name) {
  std::uint64_t before = 0;
  for (const std::uint64_t end : ends) {
    if (end < before || end - before > pixels) fail("{}: is damaged", name);
    before = end;
  }
  if (before != size) fail("{}: does not fit the values that it divides", name);
}

}  // namespace

bool is_sparse_file(const fs::path& path) {
  hdf5::quiet();
  std::error_code error;
  if (!fs::is_regular_file(path, error) || H5Fis_hdf5(path.c_str()) <= 0) return false;
  return hdf5::rehearsed(path.string(), [&] {
    const Handle file(H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT));
    return file && format_number(file.id()) != 0;
  });
}

template <class Body>
auto SparseFile::guarded(Body&& body) const {
  hdf5::quiet();
  try {
    return body();
  } catch (const Error& error) {
    if (std::string_view(error.what()).find(path_.string()) != std::string_view::npos) throw;
    throw error.within(path_.string());
  }
}

SparseFile::SparseFile(fs::path path, SharedPlan known) : path_(std::move(path)), known_(std::move(known)) {
  guarded([&] { hdf5::rehearsed(path_.string(), [&] { open(); }); });
}

void SparseFile::open() {
  file_ = hdf5::open_file(path_);
  const std::int64_t format = format_number(file_.id());
  if (format == 0) fail("is no file of sparse frames (as of output.sparse, run --part or prepare)");
  if (format != sparse_layout::kFormatNumber)
    fail("is of another version of dctprep: its layout is {}, this program reads {}", format,
         sparse_layout::kFormatNumber);
  const auto part = read_checked<std::uint64_t>(file_.id(), "entry/part", 3);
  shared_.digest = part[2];
  if (known_.plan && known_.digest == shared_.digest) {
    shared_.plan = known_.plan;
  } else if (hdf5::exists(file_.id(), "entry/plan")) {
    shared_.plan = std::make_shared<const RunPlan>(read_plan(file_.id(), "entry/plan", path_.string()));
  } else {
    fail("is of another plan than that beside it");
  }
  range_ = {static_cast<std::size_t>(part[0]), static_cast<std::size_t>(part[1])};
  if (range_.first > range_.end || range_.end > shared_.plan->blocks.size()) fail("is damaged: it has no such blocks");
  if (range_.first == range_.end) return;
  own_ = frames_of(*shared_.plan, range_);
  read_facts();
  const std::uint64_t pixels = shared_.plan->pixels();
  const auto frames = std::int64_t{own_.count()};
  const Handle sparse = hdf5::check(H5Gopen2(file_.id(), "entry/sparse", H5P_DEFAULT), "entry/sparse");
  const auto column = [&](const char* name) {
    return std::make_unique<PackedColumnReader<std::uint16_t>>(sparse.id(), name);
  };
  run_v_ = column("run_v");
  run_u_ = column("run_u");
  run_size_ = column("run_size");
  value_ = column("value");
  saturated_ = std::make_unique<PackedColumnReader<std::uint32_t>>(sparse.id(), "saturated");
  run_end_ = read_checked<std::uint64_t>(sparse.id(), "run_end", frames);
  value_end_ = read_checked<std::uint64_t>(sparse.id(), "value_end", frames);
  saturated_end_ = read_checked<std::uint64_t>(sparse.id(), "saturated_end", frames);
  for (const auto* runs : {&run_v_, &run_u_, &run_size_}) check_ends(run_end_, (*runs)->size(), pixels, "run_end");
  check_ends(value_end_, value_->size(), pixels, "value_end");
  check_ends(saturated_end_, saturated_->size(), pixels, "saturated_end");
  const auto blocks = static_cast<std::int64_t>(range_.end - range_.first);
  background_crc32_ = read_checked<std::uint32_t>(file_.id(), "entry/background_crc32", blocks);
  if (hdf5::exists(file_.id(), "entry/transmission"))
    transmission_crc32_ = read_checked<std::uint32_t>(file_.id(), "entry/transmission_crc32", frames);
  for (const char* stack : {"entry/background", "entry/transmission"}) {
    if (stack == std::string("entry/transmission") && !holds_transmission()) continue;
    const Handle dataset = hdf5::check(H5Dopen2(file_.id(), stack, H5P_DEFAULT), stack);
    hdf5::shape(dataset.id());
  }
}

void SparseFile::read_facts() {
  const Handle group = hdf5::check(H5Gopen2(file_.id(), "entry/frames", H5P_DEFAULT), "entry/frames");
  const auto frames = std::int64_t{own_.count()};
  const auto cause = read_checked<std::int8_t>(group.id(), "bad_cause", frames);
  const auto intensity = read_checked<double>(group.id(), "intensity", frames);
  const auto factor = read_checked<float>(group.id(), "factor", frames);
  const auto offset = read_checked<std::int32_t>(group.id(), "offset", frames);
  const std::string words = read_checked_text(group.id(), "words");
  const auto change_frame = read_checked<std::int32_t>(group.id(), "change_frame");
  const auto changes = static_cast<std::int64_t>(change_frame.size());
  const auto kind = read_checked<std::int32_t>(group.id(), "change_kind", changes);
  const auto pixels = read_checked<std::uint64_t>(group.id(), "change_pixels", changes);
  const auto first = read_checked<std::uint64_t>(group.id(), "change_first", changes);
  const auto value = read_checked<double>(group.id(), "change_value", changes);
  facts_.assign(static_cast<std::size_t>(frames), {});
  std::size_t at = 0;
  const auto next_word = [&] {
    const std::size_t end = words.find('\0', at);
    if (end == std::string::npos) fail("entry/frames/words: is damaged");
    std::string word = words.substr(at, end - at);
    at = end + 1;
    return word;
  };
  for (std::size_t i = 0; i < facts_.size(); ++i) {
    FrameFacts& facts = facts_[i];
    if (cause[i] >= static_cast<std::int8_t>(bad_frame_cause_names().size()))
      fail("entry/frames/bad_cause: is damaged");
    if (cause[i] >= 0) facts.bad = static_cast<BadFrameCause>(cause[i]);
    facts.intensity = intensity[i];
    facts.factor = factor[i];
    facts.offset = offset[i];
    facts.fault = next_word();
    facts.name = next_word();
  }
  for (std::size_t i = 0; i < change_frame.size(); ++i) {
    const auto frame = static_cast<std::size_t>(change_frame[i]), which = static_cast<std::size_t>(kind[i]);
    if (change_frame[i] < 0 || frame >= facts_.size() || kind[i] < 0 || which >= kPixelChanges)
      fail("entry/frames/change_frame: is damaged");
    facts_[frame].changes.counts[which] = {pixels[i], static_cast<std::size_t>(first[i]), value[i]};
  }
}

Image<std::uint16_t> SparseFile::background(std::size_t block) const {
  DCTPREP_ASSERT(range_.first <= block && block < range_.end);
  return guarded([&] {
    const Handle dataset = hdf5::check(H5Dopen2(file_.id(), "entry/background", H5P_DEFAULT), "entry/background");
    Image<std::uint16_t> image = read_stack_image<std::uint16_t>(dataset.id(), static_cast<int>(block - range_.first));
    if (image.height() != shared_.plan->height || image.width() != shared_.plan->width ||
        crc32_of(std::as_bytes(image.pixels())) != background_crc32_[block - range_.first]) {
      fail("background of block {}: is damaged", block);
    }
    return image;
  });
}

Image<float> SparseFile::transmission(int k) const {
  DCTPREP_ASSERT(own_.contains(k));
  return guarded([&] {
    const Handle dataset = hdf5::check(H5Dopen2(file_.id(), "entry/transmission", H5P_DEFAULT), "entry/transmission");
    Image<float> image = read_stack_image<float>(dataset.id(), k - own_.first);
    if (image.height() != shared_.plan->beam.height() || image.width() != shared_.plan->beam.width() ||
        crc32_of(std::as_bytes(std::as_const(image).pixels())) !=
            transmission_crc32_[static_cast<std::size_t>(k - own_.first)]) {
      fail("transmission of frame {}: is damaged", k);
    }
    return image;
  });
}

FrameProduct SparseFile::frame(int k) {
  DCTPREP_ASSERT(own_.contains(k));
  return guarded([&] {
    const auto i = static_cast<std::size_t>(k - own_.first);
    FrameProduct product;
    product.facts = facts_[i];
    SparseFrame& sparse = product.sparse;
    sparse.frame = k;
    const std::vector<std::uint16_t> v = values_of(*run_v_, run_end_, i), u = values_of(*run_u_, run_end_, i),
                                     size = values_of(*run_size_, run_end_, i);
    sparse.values = values_of(*value_, value_end_, i);
    sparse.saturated = values_of(*saturated_, saturated_end_, i);
    const auto damaged = [&] { fail("frame {}: its voxels are damaged", k); };
    std::uint32_t offset = 0;
    for (std::size_t r = 0; r < v.size(); ++r) {
      const Run run{v[r], u[r], u[r] + size[r] + 1, offset};
      if (run.v >= shared_.plan->height || run.u_end > shared_.plan->width) damaged();
      if (r > 0) {
        const Run& before = sparse.runs.back();
        if (run.v < before.v || (run.v == before.v && run.u_begin <= before.u_end)) damaged();
      }
      offset += static_cast<std::uint32_t>(size[r]) + 1;
      sparse.runs.push_back(run);
    }
    if (offset != sparse.values.size()) damaged();
    for (std::size_t s = 0; s < sparse.saturated.size(); ++s) {
      if (sparse.saturated[s] >= sparse.values.size() || (s > 0 && sparse.saturated[s] <= sparse.saturated[s - 1]))
        damaged();
    }
    return product;
  });
}

}  // namespace dctprep
