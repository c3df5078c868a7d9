// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/read/hdf5/contents.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <set>

#include "dctprep/base/rehearsal.h"

namespace dctprep {

namespace {

constexpr int kMaxLinks = 100000;

// What an object is known by, over all its names.
using ObjectKey = std::pair<unsigned long, haddr_t>;

ObjectKey key_of(hid_t object) {
  H5O_info_t info;
  if (H5Oget_info2(object, &info, H5O_INFO_BASIC) < 0) return {0, HADDR_UNDEF};
  return {info.fileno, info.addr};
}

// Acquisition programs link one stack under many names; users know it as that of the measurement, or by the shortest.
bool better_name(const std::string& a, const std::string& b) {
  auto rank = [](const std::string& path) {
    return std::tuple(path.find("/measurement/") == std::string::npos, path.size(), path);
  };
  return rank(a) < rank(b);
}

std::vector<std::string> links_of(hid_t group) {
  std::vector<std::string> names;
  H5Literate(
      group, H5_INDEX_NAME, H5_ITER_INC, nullptr,
      [](hid_t, const char* name, const H5L_info_t*, void* target) -> herr_t {
        auto& list = *static_cast<std::vector<std::string>*>(target);
        list.emplace_back(name);
        return static_cast<int>(list.size()) >= kMaxLinks ? 1 : 0;
      },
      &names);
  return names;
}

class Walker {
 public:
  explicit Walker(hid_t file) : file_(file) {
    const hdf5::Handle file_access = hdf5::check(H5Pcreate(H5P_FILE_ACCESS), "file access");
    H5Pset_file_locking(file_access.id(), false, true);
    access_ = hdf5::check(H5Pcreate(H5P_LINK_ACCESS), "link access");
    H5Pset_elink_fapl(access_.id(), file_access.id());
  }

  void walk(const std::string& group, int depth) {
    if (depth <= 0) return;
    const hdf5::Handle handle(H5Oopen(file_, group.c_str(), access_.id()));
    if (!handle || !groups_.insert(key_of(handle.id())).second) return;
    // By the open group: HDF5 would not open an external file once more with other settings.
    for (const std::string& name : links_of(handle.id())) {
      if (++links_ > kMaxLinks) return;
      visit(join_path(group, name), depth);
    }
  }

  Hdf5Contents take() {
    Hdf5Contents contents;
    contents.dangling = std::move(dangling_);
    for (auto& [key, dataset] : datasets_) {
      dataset.path = *std::min_element(dataset.names.begin(), dataset.names.end(), better_name);
      contents.datasets.push_back(std::move(dataset));
    }
    std::sort(contents.datasets.begin(), contents.datasets.end(),
              [](const FoundDataset& a, const FoundDataset& b) { return a.path < b.path; });
    return contents;
  }

 private:
  void visit(const std::string& path, int depth) {
    hdf5::note_object(path);
    const hdf5::Handle object(H5Oopen(file_, path.c_str(), access_.id()));
    if (!object) {
      dangling_.push_back(path);
      return;
    }
    const H5I_type_t kind = H5Iget_type(object.id());
    if (kind == H5I_GROUP) walk(path, depth - 1);
    if (kind != H5I_DATASET) return;
    const hdf5::Handle type(H5Dget_type(object.id()));
    const H5T_class_t number = H5Tget_class(type.id());
    if (number != H5T_INTEGER && number != H5T_FLOAT) return;
    const hdf5::Handle space(H5Dget_space(object.id()));
    if (!space || H5Sget_simple_extent_type(space.id()) == H5S_NULL) return;
    FoundDataset& found = datasets_[key_of(object.id())];
    found.names.push_back(path);
    if (found.names.size() == 1) found.dims = hdf5::shape(object.id());
  }

  hid_t file_;
  hdf5::Handle access_;
  int links_ = 0;
  std::set<ObjectKey> groups_;
  std::map<ObjectKey, FoundDataset> datasets_;
  std::vector<std::string> dangling_;
};

}  // namespace

Hdf5Contents list_datasets(hid_t file, const std::string& group, int depth) {
  hdf5::quiet();
  Walker walker(file);
  walker.walk(group, depth);
  return walker.take();
}

std::vector<std::string> list_links(hid_t file, const std::string& group) {
  hdf5::quiet();
  const hdf5::Handle handle(H5Gopen2(file, group.c_str(), H5P_DEFAULT));
  return handle ? links_of(handle.id()) : std::vector<std::string>();
}

std::vector<std::string> path_parts(const std::string& path) {
  std::vector<std::string> parts;
  for (std::size_t begin = 0; begin < path.size();) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    if (end > begin) parts.push_back(path.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

std::string parent_path(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? std::string() : path.substr(0, slash);
}

std::string join_path(const std::string& group, const std::string& name) {
  return !group.empty() && group.back() == '/' ? group + name : group + "/" + name;
}

std::string lower_case(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

}  // namespace dctprep
