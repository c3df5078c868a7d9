// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/read/scan_companions.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <string_view>
#include <system_error>

#include "dctprep/base/error.h"
#include "dctprep/read/frame_selection.h"
#include "dctprep/read/hdf5/companions.h"
#include "dctprep/read/hdf5/source.h"
#include "dctprep/read/image/image_file.h"
#include "dctprep/read/image/image_series.h"
#include "dctprep/read/image/list_series.h"
#include "dctprep/read/image/natural_order.h"
#include "dctprep/read/open_scan.h"
#include "dctprep/read/summed_frames.h"

namespace dctprep {

namespace {

namespace fs = std::filesystem;

std::string_view name_of(CompanionKind kind) { return kind == CompanionKind::kDark ? "dark" : "flat"; }

// Names of what often is a sum of frames: found, it is taken only where that is clear.
const std::vector<std::string_view> kSums{"darkend"};

// Words of file and folder names, the better first.
const std::vector<std::vector<std::string_view>>& words_of(CompanionKind kind) {
  static const std::vector<std::vector<std::string_view>> dark{{"dark", "darks"}, kSums};
  static const std::vector<std::vector<std::string_view>> flat{
      {"refhst"}, {"flat", "flats", "flatfield"}, {"ref", "refs", "reference", "references"}};
  return kind == CompanionKind::kDark ? dark : flat;
}

// Whether one of the words stands in `name` as a whole word.
bool has_word(const std::string& name, const std::vector<std::string_view>& words) {
  std::string word;
  for (const char c : name + '.') {
    if (std::isalpha(static_cast<unsigned char>(c)) != 0) {
      word += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    } else {
      if (std::find(words.begin(), words.end(), word) != words.end()) return true;
      word.clear();
    }
  }
  return false;
}

bool same_size(const FrameSource& a, const FrameSource& b) {
  return a.height() == b.height() && a.width() == b.width();
}

// A glob that names exactly the files of a family; "auto" where there is none.
std::string path_of(const fs::path& folder, const ImageFamily& family) {
  if (family.files.size() == 1) return absolute_path(family.files[0].string());
  std::string pattern;
  for (const char c : family.pattern) pattern += c == '#' ? std::string("[0-9]*") : std::string(1, c);
  for (const char* end : {"", ".gz", ".bz2"}) {
    const std::string glob = absolute_path((folder / (pattern + end)).string());
    try {
      const std::vector<fs::path> files = list_series(glob);
      if (std::equal(files.begin(), files.end(), family.files.begin(), family.files.end(),
                     [](const fs::path& a, const fs::path& b) { return a.filename() == b.filename(); })) {
        return glob;
      }
    } catch (const Error&) {
    }
  }
  return "auto";
}

// Says what of the first frame that can be had is read otherwise than it is stored: a mean of darks has fractions, say.
// Returns why it cannot serve: no frame can be had, or most of it are no values.
std::string note_changes(CompanionKind kind, const FrameSource& frames, std::vector<std::string>& notes) {
  Image<std::uint16_t> first(frames.height(), frames.width());
  PixelChanges changes;
  int k = 0;
  std::string fault;
  for (; k < frames.frames(); ++k) {
    const auto missing = frames.read(k, first, {}, &changes);
    if (!missing) break;
    if (fault.empty()) fault = missing->what;
    changes = {};
  }
  if (k == frames.frames())
    return fmt::format("none of the {} {} frames can be read (the first: {})", k, name_of(kind), fault);
  if (2 * changes[PixelChange::kMarked].pixels > first.size()) {
    return fmt::format("{} of its {} pixels are not a number, or marked as masked",
                       changes[PixelChange::kMarked].pixels, first.size());
  }
  changes[PixelChange::kMarked] = {};
  ChangeTally tally;
  tally.add(k, changes);
  for (const std::string& line : tally.lines(1, frames.width(), [&](int frame) { return frames.frame_name(frame); })) {
    notes.push_back(fmt::format("{}: {}", name_of(kind), line));
  }
  return {};
}

const Hdf5Stack& stack_of(CompanionKind kind, const Hdf5Layout& layout) {
  return kind == CompanionKind::kDark ? layout.darks : layout.flats;
}

// Darks or flats of image files. What is the sum of several frames is divided, with a note.
std::shared_ptr<const FrameSource> open_images(CompanionKind kind, const std::vector<fs::path>& files,
                                               const ScanPath& scan, const FrameSource& frames,
                                               std::vector<std::string>& notes, bool* clear = nullptr) {
  const bool is_float = image_storage_info(files).type.starts_with("float");
  const FramesSummed sum = frames_summed(files, frames, scan.files);
  if (clear != nullptr) *clear = is_float || sum.frames > 1;
  if (sum.frames > 1) {
    notes.push_back(fmt::format("the {} {} is a sum of frames: divided by {} (by {} in its header) and rounded",
                                name_of(kind), files[0].filename().string(), sum.frames, sum.key));
    return open_divided(files, sum.frames);
  }
  return open_image_series(files);
}

// The frames of a HDF5 file that is named without a dataset: its darks (flats) by its layout or by their names, else
// its frames.
std::shared_ptr<const FrameSource> open_whole_file(CompanionKind kind, const fs::path& file,
                                                   const FrameSource& frames) {
  Hdf5Stack stack;
  std::optional<Error> without_frames;
  Hdf5Layout layout;
  try {
    layout = find_hdf5_layout(file, "");
    stack = stack_of(kind, layout);
  } catch (const Error& error) {
    without_frames = error;
  }
  if (stack.empty()) {
    const StackRole role = kind == CompanionKind::kDark ? StackRole::kDark : StackRole::kFlat;
    stack = find_role_stack(file, role, frames.height(), frames.width());
  }
  if (stack.empty() && without_frames) throw *without_frames;
  if (stack.empty()) stack = layout.projections;
  return open_hdf5_stack(file, stack);
}

// Takes what was found, unless it cannot serve; says so in a note.
Companion take(CompanionKind kind, const std::string& path, const std::string& shown, const FrameSource& scan,
               std::shared_ptr<const FrameSource> frames) {
  Companion found;
  std::string reason;
  if (!same_size(*frames, scan)) {
    reason = fmt::format("it is of {} x {} pixels where the scan has {} x {}", frames->height(), frames->width(),
                         scan.height(), scan.width());
  } else {
    reason = note_changes(kind, *frames, found.notes);
  }
  if (!reason.empty()) {
    found.notes.push_back(fmt::format("{} is not used as {}: {}", shown, name_of(kind), reason));
    return found;
  }
  found.frames = std::move(frames);
  found.path = path;
  return found;
}

// The families of `folder` whose names hold the best of the words that occur.
std::vector<ImageFamily> families_named(CompanionKind kind, const fs::path& folder, const ScanPath& scan) {
  std::vector<ImageFamily> all;
  try {
    all = list_image_families(folder);
  } catch (const Error&) {
    return {};
  }
  const std::string own = split_name(scan.files.front().filename().string()).pattern();
  for (const auto& words : words_of(kind)) {
    std::vector<ImageFamily> named;
    std::copy_if(all.begin(), all.end(), std::back_inserter(named),
                 [&](const ImageFamily& family) { return family.pattern != own && has_word(family.pattern, words); });
    if (!named.empty()) return named;
  }
  return {};
}

std::vector<fs::path> folders_named(CompanionKind kind, const fs::path& inside) {
  std::vector<fs::path> named;
  std::error_code error;
  for (fs::directory_iterator entry(inside, error), end; !error && entry != end; entry.increment(error)) {
    std::error_code ignored;
    std::string name = entry->path().filename().string();
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
    for (const auto& words : words_of(kind)) {
      if (std::find(words.begin(), words.end(), name) != words.end() && entry->is_directory(ignored)) {
        named.push_back(entry->path());
      }
    }
  }
  return named;
}

Companion found_among_images(CompanionKind kind, const ScanPath& scan, const FrameSource& frames) {
  Companion none;
  const auto several = [&](const std::string& list) {
    none.notes.push_back(
        fmt::format("several could be the {0} ({1}): none is used; name one with {0}", name_of(kind), list));
    return none;
  };
  try {
    const std::vector<ImageFamily> families = families_named(kind, scan.folder, scan);
    if (families.size() > 1) return several(families[0].pattern + ", " + families[1].pattern);
    if (families.size() == 1) {
      const std::string shown = (scan.folder / families[0].pattern).string();
      bool clear = false;
      std::vector<std::string> notes;
      auto images = open_images(kind, families[0].files, scan, frames, notes, &clear);
      if (!clear && has_word(families[0].pattern, kSums)) {
        none.notes.push_back(fmt::format(
            "{} is not used as {}: it may be a sum of frames, and its header does not say of how many; where "
            "it is a mean, name it with scan.{}",
            shown, name_of(kind), name_of(kind)));
        return none;
      }
      Companion found = take(kind, path_of(scan.folder, families[0]), shown, frames, std::move(images));
      found.notes.insert(found.notes.begin(), notes.begin(), notes.end());
      return found;
    }
    std::vector<fs::path> folders = folders_named(kind, scan.folder);
    if (folders.empty() && scan.is_folder) folders = folders_named(kind, scan.folder.parent_path());
    std::erase(folders, scan.folder);
    if (folders.size() > 1) return several(folders[0].string() + ", " + folders[1].string());
    if (folders.size() == 1) {
      const std::string path = absolute_path(folders[0].string());
      std::vector<std::string> notes;
      auto images = open_images(kind, list_series(path), scan, frames, notes);
      Companion found = take(kind, path, path, frames, std::move(images));
      found.notes.insert(found.notes.begin(), notes.begin(), notes.end());
      return found;
    }
  } catch (const Error& error) {
    none.notes.push_back(fmt::format("no {} is used: {}", name_of(kind), error.what()));
  }
  return none;
}

Companion found_in_layout(CompanionKind kind, const ScanPath& scan, const Hdf5Layout& layout,
                          const FrameSource& frames) {
  const Hdf5Stack& stack = stack_of(kind, layout);
  if (stack.empty()) return {};
  const std::string file = absolute_path(scan.file.string());
  const bool one_dataset = stack.datasets.size() == 1 && stack.frames.empty();
  return take(kind, one_dataset ? file + "::" + stack.datasets[0] : "auto", file + "::" + stack.datasets[0], frames,
              open_hdf5_stack(scan.file, stack));
}

}  // namespace

std::shared_ptr<const FrameSource> open_hdf5_stack(const fs::path& file, const Hdf5Stack& stack) {
  auto frames = open_hdf5_frames(file, stack.datasets);
  return stack.frames.empty() ? frames : select_frames(std::move(frames), stack.frames);
}

Companion find_companion(CompanionKind kind, const std::string& option, const ScanPath& scan, const Hdf5Layout* layout,
                         const FrameSource& frames) {
  if (option == "none") return {};
  if (option == "auto") {
    return layout != nullptr ? found_in_layout(kind, scan, *layout, frames) : found_among_images(kind, scan, frames);
  }
  return with_context(name_of(kind), [&] {
    Companion named;
    const ScanPath path = resolve_scan_path(option);
    named.path = path.absolute;
    if (!path.is_hdf5) {
      named.frames = open_images(kind, path.files, scan, frames, named.notes);
    } else if (path.dataset.empty()) {
      named.frames = open_whole_file(kind, path.file, frames);
    } else {
      named.frames = open_frames(option);
    }
    if (!same_size(*named.frames, frames)) {
      fail("{}: is of {} x {} pixels where the scan has {} x {}; name frames of the scan's size, or \"none\"", option,
           named.frames->height(), named.frames->width(), frames.height(), frames.width());
    }
    if (const std::string fault = note_changes(kind, *named.frames, named.notes); !fault.empty())
      fail("{}: {}; name another, or \"none\"", option, fault);
    return named;
  });
}

}  // namespace dctprep
