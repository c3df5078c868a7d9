// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <array>
#include <cctype>
#include <glob.h>
#include <map>
#include <system_error>

#include "dctprep/base/error.h"
#include "dctprep/read/image_file.h"
#include "dctprep/read/image_reader.h"
#include "dctprep/read/natural_order.h"

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

[[noreturn]] void fail_no_images(const std::string& where, const std::vector<fs::path>& files) {
  for (const fs::path& file : files) {
    const std::string extension = file.extension().string();
    if (extension == ".h5" || extension == ".hdf5" || extension == ".nxs" || extension == ".nx") {
      fail("{}: no images, but HDF5 files; name one of them, e.g. {}", where, file.string());
    }
  }
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

std::vector<fs::path> list_folder(const fs::path& folder, std::vector<std::string>* notes) {
  const std::vector<fs::path> files = regular_files(folder);
  std::vector<ImageFamily> families = without_companions(image_families(files));
  if (families.empty()) fail_no_images(folder.string(), files);
  if (families.size() > 1 && 2 * families[1].files.size() > families[0].files.size()) {
    std::string list;
    for (std::size_t i = 0; i < std::min<std::size_t>(families.size(), 8); ++i) {
      list += fmt::format("{}{} ({})", i == 0 ? "" : ", ", families[i].pattern, families[i].files.size());
    }
    fail("{}: holds several series of images: {}{}; name one with a quoted glob", folder.string(), list,
         families.size() > 8 ? ", ..." : "");
  }
  if (families.size() > 1 && notes != nullptr) notes->push_back(note_left_out(folder, families));
  std::vector<fs::path> chosen = std::move(families[0].files);
  sort_naturally(chosen);
  return chosen;
}

std::vector<fs::path> list_glob(const std::string& pattern) {
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
  return fs::is_directory(folder_or_glob, ignored) ? list_folder(folder_or_glob, notes) : list_glob(folder_or_glob);
}

}  // namespace dctprep
