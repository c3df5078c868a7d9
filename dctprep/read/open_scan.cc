// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/read/open_scan.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <optional>
#include <string>

#include "dctprep/base/cancel.h"
#include "dctprep/base/error.h"
#include "dctprep/base/rehearsal.h"
#include "dctprep/read/foreign_companions.h"
#include "dctprep/read/frame_selection.h"
#include "dctprep/read/hdf5/layout.h"
#include "dctprep/read/hdf5/series.h"
#include "dctprep/read/hdf5/source.h"
#include "dctprep/read/image/image_file.h"
#include "dctprep/read/image/image_series.h"
#include "dctprep/read/overloaded_frames.h"
#include "dctprep/read/scan_companions.h"
#include "dctprep/read/scan_detector.h"
#include "dctprep/read/scan_omega.h"
#include "dctprep/read/scan_path.h"

namespace dctprep {

namespace {

void append(std::vector<std::string>& to, const std::vector<std::string>& from) {
  to.insert(to.end(), from.begin(), from.end());
}

// Frames first ... last of the file.
std::vector<int> chosen_frames(const ScanOptions& options, const Scan& scan) {
  const int count = scan.frames->frames();
  std::array<int, 2> range{0, count - 1};
  if (options.frames) range = *options.frames;
  const auto [first, last] = range;
  if (first < 0 || first > last || last >= count) {
    fail_usage("scan.frames = [{}, {}]: must be [first, last] with 0 <= first <= last <= {}: {} has {} frames", first,
               last, count - 1, scan.storage.location, count);
  }
  std::vector<int> indices(static_cast<std::size_t>(last - first) + 1);
  std::iota(indices.begin(), indices.end(), first);
  return indices;
}

// Of the frames in their order, the turn that the options name.
void choose_turn(const ScanOptions& options, Scan& scan) {
  scan.turns = whole_turns(scan.omega);
  if (options.turn.is_auto()) {
    if (scan.turns.empty()) return;
    scan.notes.push_back(fmt::format("omega runs over {} turns; a run gives a result for each, scan.turn = 1 takes one",
                                     scan.turns.size()));
    return;
  }
  const int turn = options.turn.value(), turns = std::max(1, static_cast<int>(scan.turns.size()));
  if (turn > turns) {
    fail_usage("scan.turn = {}: omega runs over {}", turn,
               turns > 1 ? fmt::format("{} turns", turns)
                         : std::string("less than two turns; name a part of the scan with scan.frames"));
  }
  if (scan.turns.empty()) return;
  const Sweep one = scan.turns[static_cast<std::size_t>(turn - 1)];
  const auto part = [&](auto& list) {
    list.erase(list.begin() + one.last + 1, list.end());
    list.erase(list.begin(), list.begin() + one.first);
  };
  part(scan.omega);
  part(scan.file_frame);
  scan.sweeps = {{0, one.frames() - 1}};
  scan.turns.clear();
}

// The angles, and with them the order of the frames and which of them are used.
void set_omega(const ScanOptions& options, const ScanPath& path, const Hdf5Layout* layout, int stack, Scan& scan) {
  const UsedFrames used{stack, scan.frames->frames(), chosen_frames(options, scan)};
  ScanOmega omega = find_scan_omega(options, path, layout, used);
  for (const int k : omega.order) scan.file_frame.push_back(used.used[static_cast<std::size_t>(k)]);
  scan.omega = std::move(omega.omega);
  scan.sweeps = std::move(omega.sweeps);
  scan.omega_source = omega.source;
  scan.omega_path = omega.path;
  scan.omega_motor = omega.motor;
  scan.omega_start = omega.start;
  scan.omega_step = omega.step;
  scan.omega_rejected = std::move(omega.rejected);
  append(scan.notes, omega.notes);
  append(scan.warnings, omega.warnings);
  choose_turn(options, scan);
  scan.first_frame = scan.file_frame.front();
  std::vector<int> all(static_cast<std::size_t>(scan.frames->frames()));
  std::iota(all.begin(), all.end(), 0);
  if (scan.file_frame != all) scan.frames = select_frames(scan.frames, scan.file_frame);
}

void check_bad_frames(const ScanOptions& options, const Scan& scan) {
  for (const int k : options.bad_frames) {
    if (k >= 0 && k < scan.frame_count()) continue;
    fail_usage("scan.bad_frames: {} is none of the {} frames used, 0 ... {} (counted from the first one used)", k,
               scan.frame_count(), scan.frame_count() - 1);
  }
}

// Frames that were divided by flats lie round 1: as whole numbers nothing is left of them.
void refuse_normalised(const Scan& scan, int k, const Image<std::uint16_t>& pixels, const PixelChanges& changes) {
  constexpr std::uint16_t kFewCounts = 16;
  const PixelChanges::Count& rounded = changes[PixelChange::kRounded];
  if (2 * rounded.pixels < pixels.size() || *std::ranges::max_element(pixels.pixels()) > kFewCounts) return;
  fail(
      "{}: holds fractions, such as {}, and nothing above {}: no raw frames, but normalised ones; name the raw frames, "
      "or write these anew as whole numbers, multiplied by 1000",
      scan.frames->frame_name(k), rounded.value, kFewCounts);
}

// 32-bit detectors mark overloaded pixels as they mark masked ones: what is good in a frame of the second half is none
// of the latter.
void clear_good_later(const ScanOptions& options, const Scan& scan, Image<std::uint8_t>& markers) {
  constexpr int kTries = 100;
  Image<std::uint16_t> pixels(scan.height(), scan.width());
  Image<std::uint8_t> later(scan.height(), scan.width());
  const int middle = scan.frame_count() / 2;
  for (int k = middle; k < std::min(scan.frame_count(), middle + kTries); ++k) {
    if (std::ranges::find(options.bad_frames, k) != options.bad_frames.end()) continue;
    if (scan.frames->read(k, pixels, later)) continue;
    for (std::size_t i = 0; i < markers.size(); ++i) markers.data()[i] &= later.data()[i];
    return;
  }
}

// Of the first frame used that can be read and is not listed as bad; Error where there is none. Of a scan without end
// that holds none, not all are tried: more than max_bad_frames end the run anyway.
void add_markers(const ScanOptions& options, Scan& scan) {
  Image<std::uint16_t> pixels(scan.height(), scan.width());
  Image<std::uint8_t> markers(scan.height(), scan.width());
  int tries = std::max(1000, most_bad_frames(options, scan.frame_count()));
  std::string first_fault;
  for (int k = 0; k < scan.frame_count() && tries >= 0; ++k) {
    check_cancelled();
    if (std::find(options.bad_frames.begin(), options.bad_frames.end(), k) != options.bad_frames.end()) continue;
    PixelChanges changes;
    changes.ignored = scan.bad_pixels;
    if (const auto fault = scan.frames->read(k, pixels, markers, &changes)) {
      if (first_fault.empty()) first_fault = fmt::format("{}: {}", scan.frames->frame_name(k), fault->what);
      --tries;
      continue;
    }
    refuse_normalised(scan, k, pixels, changes);
    const bool marks_overloads = scan.storage.type == "uint32" || scan.storage.type == "uint64";
    if (marks_overloads) clear_good_later(options, scan, markers);
    std::size_t marked = 0;
    for (std::size_t i = 0; i < markers.size(); ++i) {
      if (markers.data()[i] == 0 || scan.bad_pixels.data()[i] != 0) continue;
      scan.bad_pixels.data()[i] = 1;
      ++marked;
    }
    if (marked > 0) {
      scan.notes.push_back(fmt::format(
          "{} marked as masked in {}: {}", marked == 1 ? "1 pixel is" : fmt::format("{} pixels are", marked),
          scan.frames->frame_name(k), marked == 1 ? "it is a bad pixel" : "they are bad pixels"));
    }
    if (marks_overloads) scan.frames = overloaded_frames(scan.frames, scan.bad_pixels);
    changes[PixelChange::kMarked] = {};
    ChangeTally tally;
    tally.add(k, changes);
    append(scan.notes, tally.lines(1, scan.width(), [&](int frame) { return scan.frames->frame_name(frame); }));
    return;
  }
  if (tries >= 0 && !first_fault.empty()) {
    fail("{}: none of the {} frames can be read; the first: {}", scan.storage.location, scan.frame_count(),
         first_fault);
  }
}

void note_repeated_angle(Scan& scan) {
  const std::vector<double>& omega = scan.omega;
  if (omega.size() < 3 || !is_known(omega) || scan.sweeps.size() > 1) return;
  const double turn = std::abs(omega.back() - omega.front());
  const double step = turn / static_cast<double>(omega.size() - 1);
  if (std::abs(turn - 360) < 0.5 * step) {
    scan.notes.push_back(
        fmt::format("the last frame repeats the first angle ({:.6g} degrees and a full turn); leave it out with "
                    "scan.frames = [{}, {}] where the scan is to be one turn",
                    omega.front(), scan.first_frame, scan.file_frame[scan.file_frame.size() - 2]));
  }
}

// Not one file of several, nor what is picked out of a stack.
bool is_whole_scan(const ScanPath& path, const Hdf5Layout& layout) {
  const std::string name = path.dataset.substr(path.dataset.rfind('/') + 1);
  return layout.projections.frames.empty() && !name.starts_with("data_");
}

Scan open_resolved(const ScanOptions& options, const ScanPath& path) {
  Scan scan;
  scan.name = path.name;
  std::optional<Hdf5Layout> layout;
  std::optional<Hdf5Detector> detector;
  std::filesystem::path described_by = path.file;  // the file that says what the detector is like
  if (path.is_hdf5) {
    layout = find_hdf5_layout(path.file, path.dataset);
    scan.frames = open_hdf5_stack(path.file, layout->projections);
    scan.storage = hdf5_storage_info(path.file, layout->projections.datasets);
    scan.storage.format = layout->writer == "HDF5" ? "HDF5" : fmt::format("HDF5 ({})", layout->writer);
    scan.storage.location = absolute_path(path.file.string()) + "::" + layout->projections.datasets.front();
    scan.notes = layout->notes;
    scan.warnings = layout->warnings;
    detector = find_hdf5_detector(path.file, layout->projections.datasets.front(), scan.height(), scan.width());
    scan.saturation = detector->saturation;
    if (is_whole_scan(path, *layout)) heed_announced_frames(*detector, scan);
  } else {
    if (path.is_hdf5_series) {
      std::string dataset;
      scan.frames = open_hdf5_series(path.files, &dataset);
      const std::size_t colons = dataset.rfind("::");
      described_by = dataset.substr(0, colons);
      detector = find_hdf5_detector(described_by, dataset.substr(colons + 2), scan.height(), scan.width());
      scan.saturation = detector->saturation;
      scan.storage = hdf5_series_info(path.files);
      heed_announced_frames(*detector, scan);
    } else {
      scan.frames = open_image_series(path.files);
      scan.storage = image_storage_info(path.files);
      heed_announced_frames(announced_in_headers(path.files), scan);
    }
    scan.storage.location = path.absolute;
    scan.notes = path.notes;
  }
  if (!scan.storage.clipped_from.empty()) {
    scan.warnings.push_back(
        fmt::format("{} is a virtual dataset of {} over {}: values that it cannot hold are clipped, and neither "
                    "counted nor known as "
                    "masked; name the sources themselves as scan.path",
                    scan.storage.location, scan.storage.type, scan.storage.clipped_from));
  }
  const Hdf5Layout* const known = layout ? &*layout : nullptr;

  ScanPath own = path;
  if (own.is_hdf5) own.dataset = split_dataset_path(scan.storage.location).dataset;
  refuse_foreign_omega(options.omega, own, *scan.frames);
  const bool keyed = layout && !layout->projections.frames.empty();
  const int stack = keyed ? scan.frames->stored_frames() : scan.frames->frames();
  set_omega(options, path, known, stack, scan);
  check_bad_frames(options, scan);
  note_repeated_angle(scan);

  Companion dark = find_companion(CompanionKind::kDark, options.dark, path, known, *scan.frames);
  Companion flat = find_companion(CompanionKind::kFlat, options.flat, path, known, *scan.frames);
  scan.darks = std::move(dark.frames);
  scan.flats = std::move(flat.frames);
  scan.dark_path = dark.path;
  scan.flat_path = flat.path;
  append(scan.notes, dark.notes);
  append(scan.notes, flat.notes);

  for (const auto& [key, option] : {std::pair("scan.dark", options.dark), std::pair("scan.flat", options.flat),
                                    std::pair("scan.mask", options.mask)}) {
    if (auto warning = warn_of_foreign(key, option, own, *scan.frames)) scan.warnings.push_back(*warning);
  }

  mask_pixels(options, described_by, known != nullptr ? known->writer : "", detector ? &*detector : nullptr, scan);
  add_markers(options, scan);
  return scan;
}

}  // namespace

Scan open_scan(const ScanOptions& options) {
  const ScanPath path = resolve_scan_path(options.path);
  if (!path.is_hdf5 && !path.is_hdf5_series) return open_resolved(options, path);
  return hdf5::rehearsed(path.is_hdf5 ? path.file.native() : path.files.front().native(),
                         [&] { return open_resolved(options, path); });
}

std::shared_ptr<const FrameSource> open_frames(const std::string& path) {
  const ScanPath named = resolve_scan_path(path);
  if (named.is_hdf5_series) return open_hdf5_series(named.files);
  if (!named.is_hdf5) return open_image_series(named.files);
  if (!named.dataset.empty()) return open_hdf5_frames(named.file, named.dataset);
  return open_hdf5_stack(named.file, find_hdf5_layout(named.file, "").projections);
}

}  // namespace dctprep
