// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/read/hdf5/bliss.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <optional>
#include <string_view>
#include <tuple>

#include "dctprep/base/error.h"
#include "dctprep/read/hdf5/image_key.h"
#include "dctprep/read/hdf5/omega.h"
#include "dctprep/read/hdf5/stored_frames.h"

namespace dctprep {

namespace {

// Groups between a scan and its images: instrument/DETECTOR/data.
constexpr int kBlissDepth = 3;
// So many scans with images leave it unclear which is meant, whatever the others are.
constexpr std::size_t kTooMany = 64;

std::optional<int> read_number(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// "PREFIX_12.1" or "12.1".
std::optional<BlissScan> read_scan_name(const std::string& name) {
  const std::size_t dot = name.rfind('.');
  if (dot == std::string::npos) return std::nullopt;
  const std::size_t underscore = name.rfind('_', dot);
  const std::size_t begin = underscore == std::string::npos ? 0 : underscore + 1;
  const auto number = read_number(std::string_view(name).substr(begin, dot - begin));
  const auto part = read_number(std::string_view(name).substr(dot + 1));
  if (!number || !part) return std::nullopt;
  return BlissScan{"/" + name, name.substr(0, begin), *number, *part};
}

std::vector<std::string> title_words(const std::string& text) {
  std::vector<std::string> words(1);
  for (const char c : lower_case(text)) {
    if (std::isalnum(static_cast<unsigned char>(c))) {
      words.back() += c;
    } else if (!words.back().empty()) {
      words.emplace_back();
    }
  }
  if (words.back().empty()) words.pop_back();
  return words;
}

std::string title_of(hid_t file, const BlissScan& scan) {
  try {
    return hdf5::read_string(file, scan.group + "/title");
  } catch (const Error&) {
    return {};
  }
}

// A scan that has images, with all that it holds.
struct ImageScan {
  BlissScan scan;
  std::string title;
  BlissKind kind = BlissKind::kOther;
  std::vector<FoundDataset> datasets;
  std::vector<FoundDataset> images;
  bool moves = false;  // some rotation does
};

bool is_image_stack(const FoundDataset& dataset) {
  if (dataset.dims.size() != 3) return false;
  try {
    return !is_matrix(stack_shape(dataset.dims));
  } catch (const Error&) {
    return false;
  }
}

std::vector<OmegaCandidate> omega_of(hid_t file, const ImageScan& scan, const FoundDataset& image) {
  return find_omega_candidates(file, {.datasets = scan.datasets,
                                      .stack = image.path,
                                      .frames = static_cast<int>(image.dims[0]),
                                      .bliss_group = scan.scan.group,
                                      .title = scan.title,
                                      .begin_together = true});
}

ImageScan look_into(hid_t file, const BlissScan& scan) {
  ImageScan found;
  found.scan = scan;
  found.title = title_of(file, scan);
  found.kind = bliss_kind(found.title);
  found.datasets = list_datasets(file, scan.group, kBlissDepth).datasets;
  std::copy_if(found.datasets.begin(), found.datasets.end(), std::back_inserter(found.images), is_image_stack);
  if (!found.images.empty()) {
    const auto frames = static_cast<int>(found.images[0].dims[0]);
    found.moves = rotates(file, omega_of(file, found, found.images[0]), frames);
  }
  return found;
}

// measurement/DETECTOR, instrument/DETECTOR/data, instrument/DETECTOR/image.
std::string detector_of(const FoundDataset& image) {
  const std::vector<std::string> parts = path_parts(image.path);
  if (parts.size() >= 4 && parts[parts.size() - 3] == "instrument") return parts[parts.size() - 2];
  return parts.empty() ? std::string() : parts.back();
}

// The stack of `scan` by the same detector as `image`.
const FoundDataset* same_detector(const ImageScan& scan, const FoundDataset& image) {
  const FoundDataset* only = nullptr;
  int fitting = 0;
  for (const FoundDataset& other : scan.images) {
    if (other.dims[1] != image.dims[1] || other.dims[2] != image.dims[2]) continue;
    if (detector_of(other) == detector_of(image)) return &other;
    only = &other;
    ++fitting;
  }
  return fitting == 1 ? only : nullptr;
}

std::string describe(const ImageScan& scan, const FoundDataset& image) {
  return fmt::format("{} ({}{})", image.path, fmt::join(image.dims, " x "),
                     scan.title.empty() ? "" : ", \"" + scan.title + "\"");
}

[[noreturn]] void fail_unclear(const std::vector<const ImageScan*>& scans) {
  std::vector<std::string> names;
  for (const ImageScan* scan : scans) {
    for (const FoundDataset& image : scan->images) {
      if (names.size() < 12) names.push_back(describe(*scan, image));
    }
  }
  fail("holds several stacks of frames, name one as FILE.h5::{}: {}", scans[0]->images[0].path, fmt::join(names, "; "));
}

// The scans of the sequence (dark, references, projections) that `number` belongs to; empty where no head entry says.
std::vector<int> sequence_of(hid_t file, const std::vector<BlissScan>& scans, const BlissScan& member) {
  for (const BlissScan& head : scans) {
    const std::string path = head.group + "/measurement/scan_numbers";
    if (head.prefix != member.prefix || !hdf5::exists(file, path)) continue;
    try {
      const auto numbers = hdf5::read_dataset<int>(file, path);
      if (std::find(numbers.begin(), numbers.end(), member.number) != numbers.end()) return numbers;
    } catch (const Error&) {
      continue;
    }
  }
  return {};
}

const ImageScan& choose_projections(const std::vector<ImageScan>& scans) {
  std::vector<const ImageScan*> others, moving;
  for (const ImageScan& scan : scans) {
    if (scan.kind != BlissKind::kOther) continue;
    others.push_back(&scan);
    if (scan.moves) moving.push_back(&scan);
  }
  if (others.empty()) fail("holds dark and reference images only");
  if (others.size() == 1) return *others[0];
  if (moving.size() == 1) return *moving[0];
  fail_unclear(moving.empty() ? others : moving);
}

// First and last of "projections 501 - 1000".
std::optional<std::pair<int, int>> range_of(const std::string& title) {
  const std::vector<std::string> words = title_words(title);
  if (words.size() != 3 || words[0] != "projections") return std::nullopt;
  const auto first = read_number(words[1]), last = read_number(words[2]);
  if (!first || !last || *last <= *first) return std::nullopt;
  return std::pair(*first, *last);
}

// Projections that references were taken between: several scans whose titles count on. Empty where they are not that.
std::vector<const ImageScan*> parts_of_projections(const std::vector<ImageScan>& scans) {
  std::vector<const ImageScan*> parts;
  int next = 0;
  for (const ImageScan& scan : scans) {
    if (scan.kind != BlissKind::kOther) continue;
    const auto range = range_of(scan.title);
    const bool first = parts.empty();
    if (!range || scan.images.size() != 1 || (!first && scan.scan.prefix != parts[0]->scan.prefix)) return {};
    // Where references are taken, the last angle may be taken again.
    if (!first && range->first != next && range->first + 1 != next) return {};
    if (!first && same_detector(scan, parts[0]->images[0]) == nullptr) return {};
    next = range->second + 1;
    parts.push_back(&scan);
  }
  return parts.size() > 1 ? parts : std::vector<const ImageScan*>();
}

// The frames of all parts one after the other, and with them the lists that each part has.
void join_parts(hid_t file, const std::vector<const ImageScan*>& parts, const FoundDataset& image, Hdf5Layout& layout) {
  std::vector<std::string> names{parts[0]->scan.group};
  for (std::size_t i = 1; i < parts.size(); ++i) {
    layout.projections.datasets.push_back(same_detector(*parts[i], image)->path);
    names.push_back(parts[i]->scan.group);
  }
  for (OmegaCandidate& candidate : layout.omega) {
    if (candidate.source == OmegaSource::kCommanded) candidate.fault = "it is of the first part of the scan alone";
    if (candidate.datasets.empty()) continue;
    const std::string behind = candidate.datasets[0].substr(parts[0]->scan.group.size());
    for (std::size_t i = 1; i < parts.size(); ++i) {
      const std::string path = parts[i]->scan.group + behind;
      if (!hdf5::exists(file, path)) candidate.fault = fmt::format("{} is not there", path);
      candidate.datasets.push_back(path);
    }
  }
  layout.notes.push_back(fmt::format("the projections of {} are taken as one scan", fmt::join(names, ", ")));
}

// The set-up of DCT at ESRF without titles that tell: references, projections, references, dark.
bool take_by_order(const std::vector<ImageScan>& scans, const ImageScan& projections, const FoundDataset& image,
                   Hdf5Layout& layout) {
  if (scans.size() != 4 || &scans[1] != &projections) return false;
  for (const std::size_t i : {0, 2, 3}) {
    if (scans[i].kind != BlissKind::kOther || scans[i].moves || !same_detector(scans[i], image)) return false;
  }
  layout.flats.datasets = {same_detector(scans[0], image)->path, same_detector(scans[2], image)->path};
  layout.darks.datasets = {same_detector(scans[3], image)->path};
  layout.notes.push_back("flats and darks are taken by the order of the scans: 1 and 3, and 4");
  return true;
}

void find_darks_and_flats(hid_t file, const std::vector<BlissScan>& all, const std::vector<ImageScan>& scans,
                          const ImageScan& projections, const FoundDataset& image, Hdf5Layout& layout) {
  const std::vector<int> sequence = sequence_of(file, all, projections.scan);
  for (const ImageScan& scan : scans) {
    if (scan.kind == BlissKind::kOther || scan.scan.prefix != projections.scan.prefix) continue;
    if (!sequence.empty() && std::find(sequence.begin(), sequence.end(), scan.scan.number) == sequence.end()) continue;
    const FoundDataset* stack = same_detector(scan, image);
    if (stack == nullptr) continue;
    (scan.kind == BlissKind::kDark ? layout.darks : layout.flats).datasets.push_back(stack->path);
  }
  if (layout.darks.empty() && layout.flats.empty()) take_by_order(scans, projections, image, layout);
}

bool is_inside(const std::string& path, const std::string& group) {
  return path == group || path.compare(0, group.size() + 1, group + "/") == 0;
}

}  // namespace

std::vector<BlissScan> list_bliss_scans(hid_t file) {
  std::vector<BlissScan> scans;
  for (const std::string& name : list_links(file, "/")) {
    const auto scan = read_scan_name(name);
    if (!scan) continue;
    for (const char* child : {"/instrument", "/measurement", "/title"}) {
      if (!hdf5::exists(file, scan->group + child)) continue;
      scans.push_back(*scan);
      break;
    }
  }
  std::sort(scans.begin(), scans.end(), [](const BlissScan& a, const BlissScan& b) {
    return std::tie(a.prefix, a.number, a.part) < std::tie(b.prefix, b.number, b.part);
  });
  return scans;
}

BlissKind bliss_kind(const std::string& title) {
  constexpr std::array<std::string_view, 6> kFlats{"flat", "flats", "ref", "refs", "reference", "references"};
  for (const std::string& word : title_words(title)) {
    if (word.starts_with("dark")) return BlissKind::kDark;
    if (std::find(kFlats.begin(), kFlats.end(), word) != kFlats.end()) return BlissKind::kFlat;
  }
  return BlissKind::kOther;
}

Hdf5Layout bliss_layout(hid_t file, const std::vector<BlissScan>& scans, const std::string& wanted) {
  std::vector<ImageScan> with_images;
  std::size_t others = 0;
  for (const BlissScan& scan : scans) {
    const bool is_wanted = !wanted.empty() && is_inside(wanted, scan.group);
    // Of a file with very many scans, those after the first are not needed to see that one has to be named.
    if (others > kTooMany && !is_wanted) continue;
    ImageScan found = look_into(file, scan);
    if (found.images.empty()) continue;
    if (found.kind == BlissKind::kOther) ++others;
    with_images.push_back(std::move(found));
  }
  if (with_images.empty()) fail("is a BLISS file without images (scans: {})", scans.size());

  const ImageScan* projections = nullptr;
  const FoundDataset* image = nullptr;
  std::vector<const ImageScan*> parts;
  if (wanted.empty()) {
    parts = parts_of_projections(with_images);
    projections = parts.empty() ? &choose_projections(with_images) : parts[0];
  } else {
    for (const ImageScan& scan : with_images) {
      if (is_inside(wanted, scan.scan.group)) projections = &scan;
    }
    if (projections == nullptr) fail("{} has no images", wanted);
    for (const FoundDataset& candidate : projections->images) {
      if (std::find(candidate.names.begin(), candidate.names.end(), wanted) != candidate.names.end())
        image = &candidate;
    }
  }
  if (image == nullptr) {
    if (projections->images.size() > 1) fail_unclear({projections});
    image = &projections->images[0];
  }

  Hdf5Layout layout;
  layout.writer = "BLISS";
  layout.projections.datasets = {wanted.empty() || wanted == projections->scan.group ? image->path : wanted};
  // Of several detectors the other ones may have taken another number of frames.
  layout.omega = omega_of(file, *projections, *image);
  if (!parts.empty()) join_parts(file, parts, *image, layout);
  if (sort_by_image_key(file, projections->datasets, *image, static_cast<int>(image->dims[0]), layout)) return layout;
  if (with_images.size() > 1 && wanted.empty() && parts.empty()) {
    layout.notes.push_back(fmt::format("the projections are {}", describe(*projections, *image)));
  }
  find_darks_and_flats(file, scans, with_images, *projections, *image, layout);
  return layout;
}

}  // namespace dctprep
