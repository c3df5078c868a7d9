// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/write/result_writer.h"

#include <array>
#include <ctime>
#include <fmt/ranges.h>
#include <limits>
#include <string>
#include <unistd.h>
#include <utility>
#include <vector>

#include "dctprep/base/assert.h"
#include "dctprep/base/error.h"
#include "dctprep/base/hdf5_output.h"
#include "dctprep/base/partial_file.h"
#include "dctprep/base/version.h"
#include "dctprep/write/column_writer.h"
#include "dctprep/write/image_stack.h"
#include "dctprep/write/nexus.h"
#include "dctprep/write/scratch_file.h"
#include "dctprep/write/spot_order.h"
#include "dctprep/write/voxel_columns.h"

namespace dctprep {

namespace fs = std::filesystem;
using hdf5::Handle;

namespace {

constexpr std::size_t kImageMemory = std::size_t{16} << 20;

fs::path folder_of(const fs::path& file) { return file.has_parent_path() ? file.parent_path() : fs::path("."); }

std::string host_name() {
  std::array<char, 256> name{};
  return gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "";
}

std::string date_iso8601() {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&now, &utc);
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &utc);
  return text.data();
}

template <class T>
Handle write_values(const Handle& group, const std::string& name, const std::vector<T>& values, std::string_view unit,
                    std::string_view long_name) {
  Handle dataset = hdf5::write_dataset(group.id(), name, std::span<const T>(values));
  describe(dataset, unit, long_name);
  return dataset;
}

void write_text(const Handle& group, const std::string& name, const std::string& text, std::string_view long_name) {
  describe(dctprep::write_text(group, name, text), "", long_name);
}

// The values in the file of one field of all records; enumerations as their numbers.
template <class T>
struct Stored {
  using type = T;
};
template <>
struct Stored<RejectReason> {
  using type = std::uint8_t;
};

template <class Records, class Get, class T>
void write_column(const Handle& group, const ColumnInfo& info, std::string_view unit, const Records& records,
                  const Get& get, T) {
  std::vector<T> values;
  values.reserve(records.size());
  for (const auto& record : records) values.push_back(static_cast<T>(get(record)));
  write_values(group, std::string(info.name), values, unit, info.long_name);
}

// Where the values of each record start, of which it has count(record), and at last where they end.
template <class Records, class Count>
std::vector<std::uint64_t> offsets(const Records& records, const Count& count) {
  std::vector<std::uint64_t> result{0};
  result.reserve(records.size() + 1);
  for (const auto& record : records) result.push_back(result.back() + count(record));
  return result;
}

std::vector<std::int32_t> corners(const Region& region) {
  if (region.empty()) return {0, 0, 0, 0};
  return {region.u0, region.v0, region.u1, region.v1};
}

}  // namespace

struct ResultWriter::State {
  State(fs::path final_path, Compression packing, bool overwrite)
      : output(std::move(final_path), overwrite), compression(packing) {
    const fs::path folder = folder_of(output.final_path());
    scratch = std::make_unique<Scratch>(folder);
  }

  struct Scratch {
    explicit Scratch(const fs::path& folder) : voxels(folder), image(folder, kImageMemory) {}
    VoxelColumns voxels;
    ScratchColumn<std::uint32_t> image;
  };

  struct SpotRecord {
    Spot spot;
    VoxelColumns::Place voxels;
    std::uint64_t first_pixel = 0, pixels = 0;  // of its image
  };

  PartialFile output;
  Compression compression;
  ResultHeader header;
  std::unique_ptr<hdf5::OutputFile> file;
  Handle entry, background_group, beam_group;
  ImageStackWriter<std::uint16_t> backgrounds;
  ImageStackWriter<float> transmissions;
  std::unique_ptr<Scratch> scratch;
  std::vector<SpotRecord> spots;
  std::vector<RejectedBlob> rejected;

  ~State() {
    if (file) file->abandon();
  }

  // Calls `body`, and sees to it that what it wrote is written. An Error names the output, of which nothing is left.
  template <class Body>
  void guarded(Body&& body) {
    DCTPREP_ASSERT(scratch != nullptr);
    hdf5::quiet();
    try {
      body();
      if (file) file->check();
    } catch (const Error& error) {
      // What HDF5 complains of after a failed write is not the cause.
      const std::string failure = file ? file->failure() : "";
      discard();
      throw(failure.empty() ? error : Error(failure)).within(output.final_path().string());
    }
  }

  void discard() {
    if (file) file->abandon();
    scratch.reset();
    close_objects();
    file.reset();
  }

  void close_objects() {
    backgrounds = {};
    transmissions = {};
    entry = {};
    background_group = {};
    beam_group = {};
  }

  void create();
  void write_spots();
  void write_rejected(const ResultSummary& summary);
  void write_curves(const ResultSummary& summary);
  void write_noise();
  void write_scan(const ResultSummary& summary);
  void write_process(const ResultSummary& summary);
  void close();
};

void ResultWriter::State::create() {
  file = std::make_unique<hdf5::OutputFile>(output.path());
  hdf5::write_attribute(file->id(), "NX_class", std::string("NXroot"));
  hdf5::write_attribute(file->id(), "default", std::string("entry"));
  hdf5::write_attribute(file->id(), "creator", std::string("dctprep"));
  entry = create_nexus_group(file->id(), "entry", "NXentry");
  hdf5::write_attribute(entry.id(), "default", std::string("spots"));
  background_group = create_nexus_group(entry.id(), "background", "NXdata");
  beam_group = create_nexus_group(entry.id(), "beam", "NXdata");
  if (header.save_background && !header.block_centre.empty()) {
    backgrounds = {
        background_group.id(), "data", static_cast<int>(header.block_centre.size()), header.height, header.width,
        compression,           0};
    describe(backgrounds.dataset(), "counts", "moving median over frames");
    hdf5::write_attribute(backgrounds.dataset().id(), "interpretation", std::string("image"));
  }
  if (header.transmission && !header.beam.empty()) {
    transmissions = {beam_group.id(),
                     "transmission",
                     header.frames,
                     header.beam.height(),
                     header.beam.width(),
                     compression,
                     std::numeric_limits<float>::quiet_NaN()};
    describe(transmissions.dataset(), "", "transmission inside the direct beam");
    hdf5::write_attribute(transmissions.dataset().id(), "interpretation", std::string("image"));
  }
}

void ResultWriter::State::write_spots() {
  number_spots(spots, {header.frames, header.height, header.width});
  const Handle group = create_nexus_group(entry.id(), "spots", "NXdata");
  set_plot(group, "Spots on the detector, coloured by integral", "integral", {"u", "v"});
  hdf5::write_attribute(group.id(), "SILX_style",
                        std::string(R"({"signal_scale_type": "log", "axes_scale_types": ["linear", "linear"]})"));
  visit_spot_columns_of(header, [&](const ColumnInfo& info, auto member) {
    write_column(
        group, info, unit_of(info, header), spots, [&](const SpotRecord& record) { return record.spot.*member; },
        Spot{}.*member);
  });
  const Handle flags = hdf5::check(H5Dopen2(group.id(), "flags", H5P_DEFAULT), "flags");
  hdf5::write_attribute(flags.id(), "flag_names", spot_flag_names());

  if (header.voxels) {
    const Handle voxels = create_nexus_group(entry.id(), "voxels", "NXcollection");
    std::vector<VoxelColumns::Place> places;
    places.reserve(spots.size());
    for (const SpotRecord& record : spots) places.push_back(record.voxels);
    write_values(voxels, "offset", offsets(places, [](const auto& place) { return place.voxels; }), "",
                 "first voxel of each spot, and the end");
    scratch->voxels.write(*file, voxels, places);
  }
  if (header.images) {
    const Handle images = create_nexus_group(entry.id(), "images", "NXcollection");
    write_values(images, "offset", offsets(spots, [](const auto& record) { return record.pixels; }), "",
                 "first pixel of each spot image, and the end");
    ColumnWriter<std::uint32_t> data(*file, images, "data", scratch->image.size());
    for (const SpotRecord& record : spots) {
      data.append(record.pixels, [&](std::uint32_t* out, std::uint64_t first, std::size_t part) {
        scratch->image.read(record.first_pixel + first, {out, part});
      });
    }
    describe(data.finish(), "counts", "spot images, row by row, (v_max - v_min + 1) x (u_max - u_min + 1) each");
  }
}

void ResultWriter::State::write_rejected(const ResultSummary& summary) {
  const Handle group = create_nexus_group(entry.id(), "rejected", "NXdata");
  std::vector<std::uint64_t> counts = summary.rejected_count;
  counts.resize(reject_reason_names().size());
  const Handle count = write_values(group, "count", counts, "", "rejected blobs by reason");
  hdf5::write_attribute(count.id(), "reason_names", reject_reason_names());
  if (!header.rejected) return set_plot(group, "Rejected blobs by reason", "count", {});
  set_plot(group, "Rejected blobs on the detector, coloured by reason", "reason", {"peak_u", "peak_v"});
  sort_rejected(rejected, {header.frames, header.height, header.width});
  visit_rejected_columns([&](const ColumnInfo& info, auto member) {
    using Type = typename Stored<std::remove_cvref_t<decltype(RejectedBlob{}.*member)>>::type;
    write_column(
        group, info, info.unit, rejected, [&](const RejectedBlob& blob) { return blob.*member; }, Type{});
  });
  const Handle reason = hdf5::check(H5Dopen2(group.id(), "reason", H5P_DEFAULT), "reason");
  hdf5::write_attribute(reason.id(), "reason_names", reject_reason_names());
}

void ResultWriter::State::write_curves(const ResultSummary& summary) {
  const std::vector<std::int32_t> centre(header.block_centre.begin(), header.block_centre.end());
  write_values(background_group, "centre", centre, "frames", "frame in the middle of the background's block");
  write_values(background_group, "frame_offset", summary.frame_offset, "counts",
               "median of what is left of each frame after its background");
  if (backgrounds) {
    set_plot(background_group, "Backgrounds", "data", {"centre", ".", "."});
  } else {
    set_plot(background_group, "Offset of each frame from its background", "frame_offset", {});
  }
  write_values(beam_group, "region", corners(header.beam), "pixels", "direct beam: u0, v0, u1, v1");
  write_values(beam_group, "sample", corners(header.sample), "pixels", "sample box: u0, v0, u1, v1");
  const bool by_monitor = !header.monitor.empty();
  const Handle intensity = write_values(beam_group, "intensity", summary.beam_intensity, by_monitor ? "" : "counts",
                                        by_monitor ? "beam monitor" : "mean intensity of the direct beam");
  if (by_monitor) hdf5::write_attribute(intensity.id(), "monitor", header.monitor);
  write_values(beam_group, "factor", summary.beam_factor, "", "factor that the frame was multiplied by");
  link(file->id(), "/entry/scan/omega", beam_group.id(), "omega");
  const std::string axis = is_known(header.omega) ? "omega" : ".";
  set_plot(beam_group, by_monitor ? "Beam monitor" : "Intensity of the direct beam", "intensity", {axis});

  // Plots of their own for what shares its group with another.
  const Handle offset = create_nexus_group(entry.id(), "frame_offset", "NXdata");
  link(file->id(), "/entry/background/frame_offset", offset.id(), "frame_offset");
  link(file->id(), "/entry/scan/omega", offset.id(), "omega");
  set_plot(offset, "Offset of each frame from its background", "frame_offset", {axis});
  if (transmissions) {
    const Handle group = create_nexus_group(entry.id(), "transmission", "NXdata");
    link(file->id(), "/entry/beam/transmission", group.id(), "transmission");
    link(file->id(), "/entry/scan/omega", group.id(), "omega");
    set_plot(group, "Transmission", "transmission", {axis, ".", "."});
  }
}

void ResultWriter::State::write_noise() {
  const NoiseModel& noise = header.noise;
  const Handle group = create_nexus_group(entry.id(), "noise", "NXdata");
  const auto write_one = [&](const std::string& name, double value, std::string_view unit, std::string_view text) {
    write_values(group, name, std::vector<double>{value}, unit, text);
  };
  write_one("readout_variance", noise.readout_variance, "counts^2", "variance of a reading without light");
  write_one("gain", noise.gain, "counts", "counts a photon: by how much the variance grows with each count");
  write_values(group, "level", noise.level, "counts", "mean reading of the pixels looked at");
  write_values(group, "variance", noise.variance, "counts^2", "variance of their readings");
  write_values(group, "samples", noise.samples, "", "pairs of readings");
  set_plot(group, "Variance of readings over their mean", "variance", {"level"});
}

void ResultWriter::State::write_scan(const ResultSummary& summary) {
  const Handle scan = create_nexus_group(entry.id(), "scan", "NXcollection");
  std::vector<std::int32_t> frames;
  std::vector<std::uint8_t> causes;
  for (const auto& [frame, cause] : summary.bad_frames) {
    frames.push_back(frame);
    causes.push_back(static_cast<std::uint8_t>(cause));
  }
  const Handle omega = write_values(scan, "omega", header.omega, "degrees", "rotation angle");
  hdf5::write_attribute(omega.id(), "source", std::string(name_of(header.omega_source)));
  hdf5::write_attribute(omega.id(), "dataset", header.omega_dataset);
  std::vector<std::int32_t> starts, file_frame(header.file_frame.begin(), header.file_frame.end());
  for (const Sweep& sweep : header.sweeps) starts.push_back(sweep.first);
  if (starts.empty()) starts.push_back(0);
  for (int k = static_cast<int>(file_frame.size()); k < header.frames; ++k) file_frame.push_back(k);
  write_values(scan, "sweep_start", starts, "frames", "first frame of each steady sweep of omega");
  write_values(scan, "file_frame", file_frame, "frames", "where each frame stands in the scan's file");
  write_values(scan, "bad_frames", frames, "frames", "frames left out");
  const Handle cause = write_values(scan, "bad_frame_cause", causes, "", "why, as in cause_names");
  hdf5::write_attribute(cause.id(), "cause_names", bad_frame_cause_names());
  write_text(scan, "path", header.scan_path, "where the scan was read from");
  std::vector<std::int32_t> checked;
  std::vector<std::uint32_t> checksums;
  for (const FrameChecksum& one : header.checksums) {
    checked.push_back(one.frame);
    checksums.push_back(one.crc32);
  }
  write_values(scan, "checksum_frame", checked, "frames", "frames that the scan is known again by");
  write_values(scan, "checksum", checksums, "", "CRC-32 of their pixels as stored, little-endian uint16");
  write_values(scan, "shape", std::vector<std::int64_t>{header.frames, header.height, header.width}, "",
               "frames, height, width");
}

void ResultWriter::State::write_process(const ResultSummary& summary) {
  const Handle process = create_nexus_group(entry.id(), "process", "NXprocess");
  write_text(process, "program", "dctprep", "program");
  write_text(process, "version", std::string(version()), "version of the program");
  write_text(process, "config", header.config, "complete configuration (TOML)");
  write_text(process, "command", header.command, "command line");
  write_text(process, "backend", header.backend, "instruction set of the kernels");
  write_text(process, "warnings", fmt::format("{}", fmt::join(summary.warnings, "\n")), "warnings, one a line");
  write_text(process, "host", host_name(), "computer");
  write_text(process, "date", date_iso8601(), "when the result was written (UTC)");
  const Handle timing = create_nexus_group(process.id(), "timing", "NXcollection");
  for (const auto& [stage, seconds] : summary.timing) {
    describe(hdf5::write_scalar(timing.id(), stage, seconds), "s", "time spent in " + stage);
  }
}

void ResultWriter::State::close() {
  close_objects();
  file->close();
  scratch.reset();
}

ResultWriter::ResultWriter(fs::path path, Compression compression, bool overwrite)
    : state_(std::make_unique<State>(std::move(path), compression, overwrite)) {}

ResultWriter::~ResultWriter() = default;

void ResultWriter::begin(const ResultHeader& header) {
  DCTPREP_ASSERT(!state_->file && header.frames > 0 && header.height > 0 && header.width > 0);
  DCTPREP_ASSERT(header.omega.size() == static_cast<std::size_t>(header.frames));
  state_->header = header;
  state_->guarded([&] { state_->create(); });
}

void ResultWriter::background(int block, ImageView<const std::uint16_t> image) {
  if (!state_->backgrounds) return;
  state_->guarded([&] { state_->backgrounds.write(block, image); });
}

void ResultWriter::transmission(int frame, ImageView<const float> image) {
  if (!state_->transmissions) return;
  state_->guarded([&] { state_->transmissions.write(frame, image); });
}

void ResultWriter::spot(const Spot& spot, std::span<const Voxel> voxels, std::span<const std::uint32_t> image) {
  DCTPREP_ASSERT(image.empty() ||
                 image.size() == static_cast<std::size_t>(spot.width()) * static_cast<std::size_t>(spot.height()));
  state_->guarded([&] {
    State::Scratch& scratch = *state_->scratch;
    State::SpotRecord record{.spot = spot};
    if (state_->header.voxels) record.voxels = scratch.voxels.append(voxels);
    if (state_->header.images) {
      record.first_pixel = scratch.image.size();
      record.pixels = image.size();
      scratch.image.append(image);
    }
    state_->spots.push_back(record);
  });
}

void ResultWriter::rejected(const RejectedBlob& blob) {
  if (state_->header.rejected) state_->rejected.push_back(blob);
}

void ResultWriter::end(const ResultSummary& summary) {
  DCTPREP_ASSERT(state_->file);
  State& state = *state_;
  state.guarded([&] {
    state.write_spots();
    state.write_rejected(summary);
    state.write_scan(summary);
    state.write_curves(summary);
    if (state.header.photometry || state.header.in_sigma) state.write_noise();
    state.write_process(summary);
    state.close();
  });
  state.output.commit();
}

}  // namespace dctprep
