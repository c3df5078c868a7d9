// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/pipeline/sparse_writer.h"

#include <atomic>
#include <cstring>
#include <limits>
#include <utility>

#include "dctprep/base/assert.h"
#include "dctprep/base/error.h"
#include "dctprep/base/hdf5_output.h"
#include "dctprep/base/partial_file.h"
#include "dctprep/base/version.h"
#include "dctprep/pipeline/plan_file.h"
#include "dctprep/pipeline/sparse_layout.h"
#include "dctprep/pipeline/stopwatch.h"
#include "dctprep/write/checked_dataset.h"
#include "dctprep/write/image_stack.h"
#include "dctprep/write/nexus.h"
#include "dctprep/write/packed_column.h"

namespace dctprep {

using hdf5::Handle;

struct SparseWriter::State {
  State(const RunPlan& run_plan, BlockRange blocks, std::filesystem::path path, bool overwrite,
        std::optional<std::uint64_t> beside)
      : plan(run_plan), range(blocks), beside_plan(beside), output(std::move(path), overwrite) {
    if (range.first < range.end) own = frames_of(plan, range);
    begin();
  }
  ~State() {
    if (file) file->abandon();
  }

  bool holds_transmission() const { return !beside_plan && plan.config.beam.transmission; }
  void begin();
  void add(const FrameProduct& product);
  void write_facts();

  // Calls `body`, and sees to it that what it wrote is written. An Error names the file, of which nothing is left.
  template <class Body>
  void guarded(Body&& body) {
    hdf5::quiet();
    try {
      body();
      file->check();
    } catch (const Error& error) {
      const std::string failure = file ? file->failure() : "";
      throw(failure.empty() ? error : Error(failure)).within(output.final_path().string());
    }
  }

  const RunPlan& plan;
  const BlockRange range;
  const std::optional<std::uint64_t> beside_plan;
  FrameRange own;
  PartialFile output;
  std::unique_ptr<hdf5::OutputFile> file;
  Handle entry, sparse, frame_group;
  ImageStackWriter<std::uint16_t> backgrounds;
  ImageStackWriter<float> transmissions;
  std::vector<std::uint32_t> background_crc32, transmission_crc32;
  std::unique_ptr<PackedColumnWriter<std::uint16_t>> run_v, run_u, run_size, value;
  std::unique_ptr<PackedColumnWriter<std::uint32_t>> saturated;
  std::vector<std::uint64_t> run_end, value_end, saturated_end;  // of each frame
  std::vector<FrameFacts> facts;
  std::atomic<double> seconds = 0;
};

void SparseWriter::State::begin() {
  file = std::make_unique<hdf5::OutputFile>(output.path());
  guarded([&] {
    hdf5::write_attribute(file->id(), "creator", "dctprep");
    hdf5::write_attribute(file->id(), "dctprep_version", std::string(version()));
    hdf5::write_attribute(file->id(), sparse_layout::kFormat, std::int64_t{sparse_layout::kFormatNumber});
    hdf5::write_attribute(file->id(), "default", "entry");
    entry = create_nexus_group(file->id(), "entry", "NXentry");
    if (!beside_plan) write_plan(entry.id(), "plan", plan);
    sparse = create_nexus_group(entry.id(), "sparse", "NXcollection");
    frame_group = create_nexus_group(entry.id(), "frames", "NXcollection");
    const std::uint64_t digest = beside_plan ? *beside_plan : plan_digest(plan);
    write_checked<std::uint64_t>(entry.id(), "part", std::vector<std::uint64_t>{range.first, range.end, digest});
    if (range.first == range.end) return;
    const auto blocks = static_cast<int>(range.end - range.first);
    backgrounds = ImageStackWriter<std::uint16_t>(entry.id(), "background", blocks, plan.height, plan.width,
                                                  Compression::kBitshuffleLz4, 0);
    if (holds_transmission()) {
      transmissions =
          ImageStackWriter<float>(entry.id(), "transmission", own.count(), plan.beam.height(), plan.beam.width(),
                                  Compression::kBitshuffleLz4, std::numeric_limits<float>::quiet_NaN());
      transmission_crc32.resize(static_cast<std::size_t>(own.count()));
    }
    const auto column = [&](const char* name) {
      return std::make_unique<PackedColumnWriter<std::uint16_t>>(sparse.id(), name);
    };
    run_v = column("run_v");
    run_u = column("run_u");
    run_size = column("run_size");
    value = column("value");
    saturated = std::make_unique<PackedColumnWriter<std::uint32_t>>(sparse.id(), "saturated");
  });
}

void SparseWriter::State::add(const FrameProduct& product) {
  DCTPREP_ASSERT(product.frame() == own.first + static_cast<int>(facts.size()) && own.contains(product.frame()));
  const SparseFrame& frame = product.sparse;
  std::vector<std::uint16_t> v, u, size;
  for (const Run& run : frame.runs) {
    v.push_back(static_cast<std::uint16_t>(run.v));
    u.push_back(static_cast<std::uint16_t>(run.u_begin));
    size.push_back(static_cast<std::uint16_t>(run.u_end - run.u_begin - 1));
  }
  run_v->append(v);
  run_u->append(u);
  run_size->append(size);
  value->append(product.values());
  saturated->append(frame.saturated);
  run_end.push_back(run_v->size());
  value_end.push_back(value->size());
  saturated_end.push_back(saturated->size());
  facts.push_back(product.facts);
}

void SparseWriter::State::write_facts() {
  std::vector<std::int8_t> cause;
  std::vector<double> intensity;
  std::vector<float> factor;
  std::vector<std::int32_t> offset;
  // Words of frames that have any, and changed pixels: few frames have either.
  std::string words;
  std::vector<std::int32_t> change_frame, change_kind;
  std::vector<std::uint64_t> change_pixels, change_first;
  std::vector<double> change_value;
  for (std::size_t i = 0; i < facts.size(); ++i) {
    const FrameFacts& one = facts[i];
    cause.push_back(one.bad ? static_cast<std::int8_t>(*one.bad) : std::int8_t{-1});
    intensity.push_back(one.intensity);
    factor.push_back(one.factor);
    offset.push_back(one.offset);
    words += one.fault + '\0' + one.name + '\0';
    for (std::size_t kind = 0; kind < kPixelChanges; ++kind) {
      const PixelChanges::Count& count = one.changes.counts[kind];
      if (count.pixels == 0) continue;
      change_frame.push_back(static_cast<std::int32_t>(i));
      change_kind.push_back(static_cast<std::int32_t>(kind));
      change_pixels.push_back(count.pixels);
      change_first.push_back(count.first);
      change_value.push_back(count.value);
    }
  }
  const hid_t group = frame_group.id();
  describe(write_checked(group, "bad_cause", cause), "", "why the frame is bad, as in the result; -1: it is good");
  describe(write_checked(group, "intensity", intensity), "counts", "intensity of the direct beam, or the monitor");
  describe(write_checked(group, "factor", factor), "", "that the frame was multiplied by");
  describe(write_checked(group, "offset", offset), "counts", "frame offset");
  write_checked_text(group, "words", words);
  write_checked(group, "change_frame", change_frame);
  write_checked(group, "change_kind", change_kind);
  write_checked(group, "change_pixels", change_pixels);
  write_checked(group, "change_first", change_first);
  write_checked(group, "change_value", change_value);
}

SparseWriter::SparseWriter(const RunPlan& plan, BlockRange range, std::filesystem::path path, bool overwrite,
                           std::optional<std::uint64_t> beside_plan)
    : state_(std::make_unique<State>(plan, range, std::move(path), overwrite, beside_plan)) {}

SparseWriter::~SparseWriter() = default;

MemoryNeed SparseWriter::memory(const RunPlan& plan) {
  MemoryNeed need;
  // A packed background, chunks of columns, facts; backgrounds being taken in are the producer's.
  need.total = plan.pixels() * 4 + (std::uint64_t{16} << 20) + static_cast<std::uint64_t>(plan.frames) * 256;
  return need;
}

void SparseWriter::block(BlockProduct product) {
  State& s = *state_;
  const Stopwatch watch(s.seconds);
  s.guarded([&] {
    DCTPREP_ASSERT(product.block == s.range.first + s.background_crc32.size());
    s.backgrounds.write(static_cast<int>(s.background_crc32.size()), *product.background);
    s.background_crc32.push_back(crc32_of(std::as_bytes(product.background->pixels())));
  });
}

void SparseWriter::frames(std::vector<FrameProduct> products) {
  State& s = *state_;
  const Stopwatch watch(s.seconds);
  s.guarded([&] {
    for (const FrameProduct& product : products) s.add(product);
  });
}

void SparseWriter::transmission(int k, Image<float> image) {
  State& s = *state_;
  if (!s.holds_transmission()) return;
  const Stopwatch watch(s.seconds);
  s.guarded([&] {
    s.transmissions.write(k - s.own.first, image);
    s.transmission_crc32[static_cast<std::size_t>(k - s.own.first)] = crc32_of(std::as_bytes(image.pixels()));
  });
}

void SparseWriter::finish() {
  State& s = *state_;
  const Stopwatch watch(s.seconds);
  s.guarded([&] {
    if (s.range.first < s.range.end) {
      DCTPREP_ASSERT(static_cast<int>(s.facts.size()) == s.own.count());
      const hid_t sparse = s.sparse.id();
      describe(s.run_v->finish(), "pixels", "row of each run of voxels");
      describe(s.run_u->finish(), "pixels", "first column of each run");
      describe(s.run_size->finish(), "pixels", "columns of each run beyond its first");
      describe(s.value->finish(), "counts", "voxels of all runs, one after the other");
      describe(s.saturated->finish(), "", "saturated voxels, as places among those of their frame");
      describe(write_checked(sparse, "run_end", s.run_end), "", "where the runs of each frame end");
      describe(write_checked(sparse, "value_end", s.value_end), "", "where the voxels of each frame end");
      describe(write_checked(sparse, "saturated_end", s.saturated_end), "", "where those of each frame end");
      write_checked(s.entry.id(), "background_crc32", s.background_crc32);
      if (s.holds_transmission()) write_checked(s.entry.id(), "transmission_crc32", s.transmission_crc32);
    }
    s.write_facts();
    for (Handle* group : {&s.entry, &s.sparse, &s.frame_group}) *group = Handle();
    s.backgrounds = {};
    s.transmissions = {};
    for (auto* column : {&s.run_v, &s.run_u, &s.run_size, &s.value}) column->reset();
    s.saturated = nullptr;
    s.file->close();
    // What one of many files loses in a power loss is found by its checksums, and computed again.
    s.output.commit(s.beside_plan ? PartialFile::Safety::kFast : PartialFile::Safety::kOnDisk);
  });
}

double SparseWriter::seconds() const { return state_->seconds; }

}  // namespace dctprep
