// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/simulate/edf_writer.h"

#include <fstream>
#include <optional>
#include <string>
#include <system_error>
#include <unistd.h>

#include "dctprep/base/cancel.h"
#include "dctprep/base/error.h"
#include "dctprep/simulate/resolve.h"
#include "dctprep/simulate/scan_writer.h"

namespace dctprep {

namespace fs = std::filesystem;

namespace {

// Whether replacing the folder could lose nothing but a scan.
bool holds_only_edf(const fs::path& folder) {
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) {
    if (!entry.is_regular_file(error) || entry.path().extension() != ".edf") return false;
  }
  return !error;
}

class EdfWriter final : public ScanWriter {
 public:
  EdfWriter(const SimulateOptions& options, const fs::path& folder, bool overwrite)
      : options_(options), folder_(folder.has_filename() ? folder : folder.parent_path()), partial_(folder_) {
    std::error_code error;
    if (fs::exists(fs::symlink_status(folder_, error))) {
      if (!overwrite)
        fail_usage("{}: exists already; choose another name with -o, or overwrite it with --force", folder_.string());
      if (!fs::is_directory(folder_, error) || !holds_only_edf(folder_)) {
        fail_usage("{}: holds more than EDF files and is not overwritten; choose another name with -o",
                   folder_.string());
      }
    }
    partial_ += ".part-" + std::to_string(getpid());
    guard_.emplace(partial_);
    if (!fs::create_directory(partial_, error)) {
      fail_usage("{}: the folder cannot be made: {}; write elsewhere with -o", partial_.string(),
                 error ? error.message() : "it exists");
    }
  }

  ~EdfWriter() override {
    std::error_code ignored;
    if (!finished_) fs::remove_all(partial_, ignored);
  }

  std::vector<std::uint8_t> encode(StackKind kind, int frame, ImageView<const std::uint16_t> image) const override {
    const double omega = options_.omega_start + (kind == StackKind::kProjections ? frame * omega_step(options_) : 0);
    std::string header = fmt::format(
        "{{\nHeaderID = EH:000001:000000:000000 ;\nImage = 1 ;\nByteOrder = LowByteFirst ;\nDataType = UnsignedShort "
        ";\n"
        "Dim_1 = {} ;\nDim_2 = {} ;\nSize = {} ;\nmotor_mne = diffrz ;\nmotor_pos = {:.9g} ;\nOmega = {:.9g} ;\n",
        image.width(), image.height(), image.size() * 2, omega, omega);
    header.resize((header.size() + 2 + 511) / 512 * 512 - 2, ' ');
    header += "}\n";
    std::vector<std::uint8_t> bytes(header.begin(), header.end());
    const auto pixels = image.pixels();
    const auto* data = reinterpret_cast<const std::uint8_t*>(pixels.data());
    bytes.insert(bytes.end(), data, data + pixels.size_bytes());
    return bytes;
  }

  void put(StackKind kind, int frame, std::span<const std::uint8_t> encoded) override {
    const std::string stem = kind == StackKind::kProjections ? folder_.filename().string() + "_"
                             : kind == StackKind::kFlats     ? "ref"
                                                             : "dark";
    const fs::path path = partial_ / fmt::format("{}{:04}.edf", stem, frame);
    std::ofstream file(path, std::ios::binary);
    file.write(reinterpret_cast<const char*>(encoded.data()), static_cast<std::streamsize>(encoded.size()));
    file.close();
    if (!file) fail("{}: {} could not be written; is the disk full?", folder_.string(), path.filename().string());
  }

  void finish() override {
    std::error_code error;
    const fs::path old = fs::path(partial_) += ".old";
    if (fs::exists(folder_, error)) fs::rename(folder_, old, error);
    fs::rename(partial_, folder_, error);
    if (error) fail("{}: could not be renamed from {}: {}", folder_.string(), partial_.string(), error.message());
    finished_ = true;
    guard_.reset();
    fs::remove_all(old, error);
  }

 private:
  const SimulateOptions& options_;
  fs::path folder_;
  fs::path partial_;
  std::optional<RemovedWhenKilled> guard_;
  bool finished_ = false;
};

}  // namespace

std::unique_ptr<ScanWriter> make_edf_writer(const SimulateOptions& options, const fs::path& folder, bool overwrite) {
  return std::make_unique<EdfWriter>(options, folder, overwrite);
}

}  // namespace dctprep
