// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/read/image/list_series.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <glob.h>
#include <map>
#include <set>
#include <system_error>

#include "dctprep/base/error.h"
#include "dctprep/read/image/image_file.h"
#include "dctprep/read/image/image_reader.h"
#include "dctprep/read/image/natural_order.h"
#include "dctprep/read/scan_path.h"

namespace dctprep {

namespace {

namespace fs = std::filesystem;

// The files of a family that are looked into before it counts as one of no images.
constexpr std::size_t kFilesTried = 5;

using Families = std::map<std::string, std::vector<fs::path>>;

Families group(const std::vector<fs::path>& files) {
  Families families;
  for (const fs::path& file : files) families[split_name(file.filename().string()).pattern()].push_back(file);
  return families;
}

bool is_image_family(const std::vector<fs::path>& files) {
  for (std::size_t i = 0; i < std::min(files.size(), kFilesTried); ++i) {
    if (looks_like_image(files[i])) return true;
  }
  return false;
}

void sort_naturally(std::vector<fs::path>& files) {
  natural_sort(files);
  for (std::size_t i = 1; i < files.size(); ++i) {
    if (without_compression(files[i].native()) == without_compression(files[i - 1].native())) {
      fail("{} and {} are the same image twice; name one kind with a quoted glob", files[i - 1].string(),
           files[i].filename().string());
    }
  }
}

std::vector<fs::path> regular_files(const fs::path& folder) {
  std::error_code error;
  fs::directory_iterator entries(folder, error);
  if (error) fail("{}: cannot be listed: {}", folder.string(), error.message());
  std::vector<fs::path> files;
  for (; entries != fs::directory_iterator(); entries.increment(error)) {
    if (error) fail("{}: cannot be listed: {}", folder.string(), error.message());
    std::error_code ignored;
    if (entries->is_regular_file(ignored) && !entries->path().filename().native().starts_with('.')) {
      files.push_back(entries->path());
    }
  }
  return files;
}

std::vector<ImageFamily> image_families(const std::vector<fs::path>& files) {
  std::vector<ImageFamily> families;
  for (auto& [pattern, members] : group(files)) {
    if (is_image_family(members)) families.push_back({pattern, members});
  }
  std::stable_sort(families.begin(), families.end(),
                   [](const ImageFamily& a, const ImageFamily& b) { return a.files.size() > b.files.size(); });
  return families;
}

// Without darks, flats and the like, unless there are no others.
std::vector<ImageFamily> without_companions(const std::vector<ImageFamily>& families) {
  std::vector<ImageFamily> kept;
  std::copy_if(families.begin(), families.end(), std::back_inserter(kept),
               [](const ImageFamily& family) { return !is_companion_name(family.pattern); });
  return kept.empty() ? families : kept;
}

bool holds_hdf5(const fs::path& file) {
  try {
    return is_hdf5_file(file);
  } catch (const Error&) {
    return false;
  }
}

// Families of HDF5 files, the most numerous first; darks, flats and the like are left out unless there are no others.
std::vector<ImageFamily> hdf5_families(const std::vector<fs::path>& files) {
  std::vector<ImageFamily> families;
  for (auto& [pattern, members] : group(files)) {
    const auto tried = std::min(members.size(), kFilesTried);
    if (std::any_of(members.begin(), members.begin() + static_cast<std::ptrdiff_t>(tried), holds_hdf5))
      families.push_back({pattern, members});
  }
  std::stable_sort(families.begin(), families.end(),
                   [](const ImageFamily& a, const ImageFamily& b) { return a.files.size() > b.files.size(); });
  return without_companions(families);
}

// The one family of numbered HDF5 files that `where` holds; Error that names what to choose from where there are
// others. Empty where there is no HDF5 file.
std::vector<fs::path> hdf5_series(const std::string& where, const std::vector<fs::path>& files) {
  std::vector<ImageFamily> families = hdf5_families(files);
  if (families.empty()) return {};
  if (families.size() == 1 && families[0].files.size() > 1) {
    sort_naturally(families[0].files);
    return families[0].files;
  }
  std::string list;
  for (std::size_t i = 0; i < std::min<std::size_t>(families.size(), 8); ++i) {
    natural_sort(families[i].files);
    const std::vector<fs::path>& members = families[i].files;
    list += (i == 0 ? "" : ", ") + members.front().filename().string();
    if (members.size() > 1)
      list += fmt::format(" ... {} ({} files)", members.back().filename().string(), members.size());
  }
  fail("{}: no images, but HDF5 files ({}{}); name one of them, or several by a quoted glob, e.g. {}", where, list,
       families.size() > 8 ? ", ..." : "", families.back().files[0].string());
}

[[noreturn]] void fail_no_images(const std::string& where, const std::vector<fs::path>& files) {
  if (files.empty()) fail("{}: no files there; a scan is an HDF5 file, or a folder or quoted glob of images", where);
  fail("{}: no image among its {} file{}; a scan is a series of EDF, TIFF, CBF, marCCD or GE files, or HDF5", where,
       files.size(), files.size() == 1 ? "" : "s");
}

// Other images of the folder, which a user may have meant too.
std::string note_left_out(const fs::path& folder, const std::vector<ImageFamily>& families) {
  std::size_t files = 0;
  for (std::size_t i = 1; i < families.size(); ++i) files += families[i].files.size();
  return fmt::format(
      "the scan is the series {} of {}; {} other image{} left out, such as {}: name them too with a quoted glob where "
      "they belong to it",
      families[0].pattern, folder.string(), files, files == 1 ? " is" : "s are",
      families[1].files[0].filename().string());
}

// A glob of the files that differ from `file` in number `counting` alone.
std::string glob_of(const fs::path& file, const NameParts& name, int counting) {
  std::string glob = name.texts[0];
  for (std::size_t i = 0; i < name.numbers.size(); ++i) {
    glob += static_cast<int>(i) == counting ? "*" : fmt::format("{:0{}}", name.numbers[i], name.digits[i]);
    glob += name.texts[i + 1];
  }
  const std::string whole = file.filename().string();
  return glob + whole.substr(without_compression(whole).size());
}

struct NumberedRun {
  std::string glob;
  std::set<std::uint64_t> numbers;
};

// The runs of a family: files that share all numbers but the last that varies. Empty where they are no runs: where each
// number stands once, however many numbers there are in the names.
std::vector<NumberedRun> runs_of(const std::vector<fs::path>& files) {
  std::vector<NameParts> names;
  for (const fs::path& file : files) names.push_back(split_name(file.filename().string()));
  int counting = -1;
  for (std::size_t n = 0; n < names[0].numbers.size(); ++n) {
    const bool varies = std::any_of(names.begin(), names.end(),
                                    [&](const NameParts& name) { return name.numbers[n] != names[0].numbers[n]; });
    if (varies) counting = static_cast<int>(n);
  }
  if (counting < 0) return {};
  const auto place = static_cast<std::size_t>(counting);
  std::map<std::vector<std::uint64_t>, NumberedRun> runs;
  for (std::size_t i = 0; i < files.size(); ++i) {
    const NameParts& name = names[i];
    std::vector<std::uint64_t> others = name.numbers;
    others[place] = 0;
    NumberedRun& run = runs[others];
    if (run.glob.empty()) run.glob = glob_of(files[i], name, counting);
    run.numbers.insert(name.numbers[place]);
  }
  std::vector<NumberedRun> several;
  bool restarts = false;  // a number stands in two of them
  std::set<std::uint64_t> seen;
  for (auto& [others, run] : runs) {
    if (run.numbers.size() < 2) return {};
    for (const std::uint64_t number : run.numbers) restarts |= !seen.insert(number).second;
    several.push_back(std::move(run));
  }
  if (several.size() < 2 || !restarts) return {};
  return several;
}

std::string list_runs(const fs::path& folder, const std::vector<NumberedRun>& runs) {
  std::string list;
  for (std::size_t i = 0; i < std::min<std::size_t>(runs.size(), 8); ++i) {
    list += fmt::format("{}\"{}\" ({} files)", i == 0 ? "" : ", ", (folder / runs[i].glob).string(),
                        runs[i].numbers.size());
  }
  return list + (runs.size() > 8 ? ", ..." : "");
}

std::vector<fs::path> list_folder(const fs::path& folder, std::vector<std::string>* notes) {
  const std::vector<fs::path> files = regular_files(folder);
  std::vector<ImageFamily> families = without_companions(image_families(files));
  if (families.empty()) {
    std::vector<fs::path> series = hdf5_series(folder.string(), files);
    if (series.empty()) fail_no_images(folder.string(), files);
    families.push_back({split_name(series[0].filename().string()).pattern(), std::move(series)});
  }
  if (families.size() > 1 && 2 * families[1].files.size() > families[0].files.size()) {
    std::string list;
    for (std::size_t i = 0; i < std::min<std::size_t>(families.size(), 8); ++i) {
      list += fmt::format("{}{} ({})", i == 0 ? "" : ", ", families[i].pattern, families[i].files.size());
    }
    fail("{}: holds several series of images: {}{}; name one with a quoted glob", folder.string(), list,
         families.size() > 8 ? ", ..." : "");
  }
  if (families.size() > 1 && notes != nullptr) notes->push_back(note_left_out(folder, families));
  if (const std::vector<NumberedRun> runs = runs_of(families[0].files); !runs.empty()) {
    fail("{}: holds {} runs whose numbers begin anew; name one as a quoted glob: {}", folder.string(), runs.size(),
         list_runs(folder, runs));
  }
  std::vector<fs::path> chosen = std::move(families[0].files);
  sort_naturally(chosen);
  return chosen;
}

std::vector<fs::path> list_glob(const std::string& pattern, std::vector<std::string>* notes) {
  glob_t found{};
  const int status = ::glob(pattern.c_str(), GLOB_BRACE, nullptr, &found);
  std::vector<fs::path> files;
  if (status == 0) {
    for (std::size_t i = 0; i < found.gl_pathc; ++i) {
      std::error_code ignored;
      if (fs::is_regular_file(found.gl_pathv[i], ignored)) files.emplace_back(found.gl_pathv[i]);
    }
  }
  ::globfree(&found);
  if (files.empty()) fail("{}: no file matches", pattern);
  std::vector<ImageFamily> families = image_families(files);
  if (families.empty() && hdf5_families(files).size() == 1) {
    std::vector<fs::path> all = hdf5_families(files)[0].files;
    sort_naturally(all);
    return all;
  }
  if (families.empty()) hdf5_series(pattern, files);
  if (families.empty()) {
    // One family is taken as it is, so that the reader says what is wrong with its files.
    if (group(files).size() > 1) fail_no_images(pattern, files);
    families.push_back({pattern, files});
  }
  std::vector<fs::path> chosen;
  for (const ImageFamily& family : without_companions(families)) {
    chosen.insert(chosen.end(), family.files.begin(), family.files.end());
  }
  sort_naturally(chosen);
  if (notes != nullptr && families.size() == 1) {
    if (const std::vector<NumberedRun> runs = runs_of(chosen); !runs.empty()) {
      notes->push_back(fmt::format("{} runs whose numbers begin anew are taken as one scan, one after the other: {}",
                                   runs.size(), list_runs(chosen[0].parent_path(), runs)));
    }
  }
  return chosen;
}

}  // namespace

bool is_companion_name(const std::string& file_name) {
  constexpr std::array<std::string_view, 22> kWords{
      "dark",   "darks",     "darkend",    "darkcurrent", "darkfield", "flat",      "flats",       "flatfield",
      "ref",    "refs",      "refhst",     "white",       "whites",    "bright",    "brightfield", "med",
      "median", "reference", "references", "medians",     "bias",      "background"};
  std::string word;
  for (std::size_t i = 0; i <= file_name.size(); ++i) {
    const auto c = i < file_name.size() ? static_cast<unsigned char>(file_name[i]) : 0u;
    if (std::isalpha(static_cast<int>(c)) != 0) {
      word += static_cast<char>(std::tolower(static_cast<int>(c)));
    } else {
      if (std::find(kWords.begin(), kWords.end(), word) != kWords.end()) return true;
      word.clear();
    }
  }
  return false;
}

std::vector<ImageFamily> list_image_families(const fs::path& folder) {
  std::vector<ImageFamily> families = image_families(regular_files(folder));
  for (ImageFamily& family : families) sort_naturally(family.files);
  return families;
}

std::vector<fs::path> list_series(const std::string& folder_or_glob, std::vector<std::string>* notes) {
  std::error_code ignored;
  return fs::is_directory(folder_or_glob, ignored) ? list_folder(folder_or_glob, notes)
                                                   : list_glob(folder_or_glob, notes);
}

}  // namespace dctprep
