// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/pipeline/checkpoint.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <fstream>
#include <sys/file.h>
#include <system_error>
#include <unistd.h>
#include <utility>

#include "dctprep/base/error.h"
#include "dctprep/base/fnv1a.h"
#include "dctprep/base/partial_file.h"
#include "dctprep/base/version.h"
#include "dctprep/config/config_file.h"
#include "dctprep/pipeline/sparse_file.h"

namespace dctprep {

namespace {

namespace fs = std::filesystem;

// Frames in a file, at least: each costs a few milliseconds.
constexpr int kFramesAFile = 32;

constexpr const char* kPlan = "plan.h5";
constexpr const char* kIdentity = "identity";
constexpr const char* kLock = "lock";

void write_lines(const fs::path& path, const std::vector<std::string>& lines) {
  PartialFile partial(path, true);
  {
    std::ofstream file(partial.path(), std::ios::binary);
    for (const std::string& line : lines) file << line << '\n';
    if (!file.flush()) fail("{}: cannot be written: {}", path.string(), std::strerror(errno));
  }
  partial.commit();
}

std::vector<std::string> read_lines(const fs::path& path) {
  std::vector<std::string> lines;
  std::ifstream file(path, std::ios::binary);
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

// What the first line that differs says, e.g. `segment.seed = 20 counts`.
std::string difference(const std::vector<std::string>& before, const std::vector<std::string>& now) {
  const std::size_t count = std::max(before.size(), now.size());
  for (std::size_t i = 0; i < count; ++i) {
    const std::string was = i < before.size() ? before[i] : "nothing", is = i < now.size() ? now[i] : "nothing";
    if (was != is) return fmt::format("it was for \"{}\", and now it is \"{}\"", was, is);
  }
  return "";
}

}  // namespace

std::vector<std::string> run_identity(const Config& given, const Scan& scan) {
  std::vector<std::string> lines{fmt::format("version: {}", version()), "scan: " + scan.storage.location};
  std::vector<fs::path> files;
  for (const auto* frames : {&scan.frames, &scan.darks, &scan.flats}) {
    if (*frames) (*frames)->list_files(files);
  }
  std::ranges::sort(files);
  files.erase(std::unique(files.begin(), files.end()), files.end());
  // One line each where they are few, else all in one.
  constexpr std::size_t kFewFiles = 16;
  Fnv1a digest;
  for (const fs::path& file : files) {
    std::error_code error;
    const auto size = fs::file_size(file, error);
    const auto time = fs::last_write_time(file, error).time_since_epoch().count();
    const std::string line = fmt::format("file: {}: {} bytes, changed at {}", file.string(), size, time);
    if (files.size() <= kFewFiles) lines.push_back(line);
    digest.add(line.data(), line.size());
  }
  if (files.size() > kFewFiles)
    lines.push_back(fmt::format("files: {}, digest {:016x}", files.size(), digest.digest()));
  Config config = given;
  config.run = {};
  const std::string text = to_compact_toml(config);
  std::string table;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string line = text.substr(at, end - at);
    at = end + 1;
    if (line.starts_with('['))
      table = line.substr(1, line.size() - 2);
    else if (!line.empty())
      lines.push_back(table + "." + line);
  }
  return lines;
}

Checkpoint::Checkpoint(const fs::path& output) : folder_(output.string() + ".resume") {
  std::error_code error;
  fs::create_directory(folder_, error);
  if (!fs::is_directory(folder_, error))
    fail("{}: the folder cannot be made; write elsewhere with -o, or set run.resume = false", folder_.string());
  const fs::path lock = folder_ / kLock;
  lock_ = ::open(lock.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0666);
  if (lock_ < 0) fail("{}: cannot be written: {}", lock.string(), std::strerror(errno));
  if (::flock(lock_, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    ::close(lock_);
    fail("{}: another run is at work on it; wait for it, or write elsewhere with -o", output.string());
  }
}

Checkpoint::~Checkpoint() { ::close(lock_); }

void Checkpoint::empty() {
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder_, error)) {
    if (entry.path().filename() != kLock) fs::remove(entry.path(), error);
  }
}

SharedPlan Checkpoint::find_plan(const std::vector<std::string>& identity, std::string& why_not) {
  why_not.clear();
  const std::vector<std::string> before = read_lines(folder_ / kIdentity);
  if (!before.empty()) why_not = difference(before, identity);
  if (!before.empty() && why_not.empty()) {
    try {
      return SparseFile(folder_ / kPlan).plan();
    } catch (const Error& error) {
      why_not = error.what();
    }
  }
  empty();
  return {};
}

SharedPlan Checkpoint::keep_plan(RunPlan plan, const std::vector<std::string>& identity) {
  SparseWriter(plan, {0, 0}, folder_ / kPlan, true).finish();
  // The last, so that it stands for a plan that is whole.
  write_lines(folder_ / kIdentity, identity);
  const std::uint64_t digest = plan_digest(plan);
  return {std::make_shared<const RunPlan>(std::move(plan)), digest};
}

fs::path Checkpoint::file_of(BlockRange blocks) const {
  return folder_ / fmt::format("blocks_{:08}_{:08}.h5", blocks.first, blocks.end);
}

std::vector<SparsePart> Checkpoint::done(const SharedPlan& plan) {
  std::vector<fs::path> files;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder_)) {
    if (entry.path().filename().string().starts_with("blocks_") && entry.path().extension() == ".h5")
      files.push_back(entry.path());
  }
  std::ranges::sort(files);
  std::vector<SparsePart> parts;
  bool goes_on = true;
  for (const fs::path& path : files) {
    std::optional<SparsePart> part;
    try {
      if (goes_on) part = SparsePart{path, SparseFile(path, plan).blocks()};
    } catch (const Error&) {
    }
    goes_on = part && part->blocks.first == (parts.empty() ? 0 : parts.back().blocks.end) &&
              part->blocks.first < part->blocks.end;
    std::error_code ignored;
    if (goes_on)
      parts.push_back(*part);
    else
      fs::remove(path, ignored);
  }
  return parts;
}

void Checkpoint::remove() {
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

CheckpointWriter::CheckpointWriter(SharedPlan plan, BlockRange range, const Checkpoint& checkpoint)
    : plan_(std::move(plan)), range_(range), checkpoint_(checkpoint) {}

void CheckpointWriter::block(BlockProduct product) {
  if (product.block < range_.first) return;
  const double before = writer_ ? writer_->seconds() : 0;
  if (!writer_) {
    group_ = {product.block, product.block + 1};
    while (group_.end < range_.end && frames_of(*plan_.plan, group_).count() < kFramesAFile) ++group_.end;
    writer_.emplace(*plan_.plan, group_, checkpoint_.file_of(group_), true, plan_.digest);
  }
  writer_->block(std::move(product));
  seconds_ += writer_->seconds() - before;
}

void CheckpointWriter::frames(std::vector<FrameProduct> products) {
  if (!writer_) return;
  const double before = writer_->seconds();
  const int last = products.back().frame();
  writer_->frames(std::move(products));
  const bool is_full = last + 1 == frames_of(*plan_.plan, group_).end;
  if (is_full) writer_->finish();
  seconds_ += writer_->seconds() - before;
  if (is_full) writer_.reset();
}

}  // namespace dctprep
