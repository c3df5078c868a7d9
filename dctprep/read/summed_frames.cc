// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/read/summed_frames.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <optional>
#include <string_view>

#include "dctprep/base/error.h"
#include "dctprep/core/rank_median.h"
#include "dctprep/read/image/image_reader.h"
#include "dctprep/read/image/series_plan.h"

namespace dctprep {

namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 14> kSumKeys{"acc_nb_frames",
                                                    "acc_frames",
                                                    "nb_acc_frames",
                                                    "accumulated_frames",
                                                    "nb_accumulated_frames",
                                                    "frames_summed",
                                                    "summed_frames",
                                                    "nb_summed",
                                                    "n_summed",
                                                    "nsum",
                                                    "n_sum",
                                                    "nb_sum",
                                                    "sum_nb_frames",
                                                    "number_of_summed_frames"};
constexpr std::array<std::string_view, 8> kCountKeys{"nb_frames", "nbframes",         "nframes",   "n_frames",
                                                     "frames",    "number_of_frames", "nb_images", "dark_n"};

using HeaderNumbers = std::vector<HeaderNumber>;

HeaderNumbers first_numbers(const fs::path& file) {
  try {
    const auto reader = open_image_reader(file);
    return reader->numbers(0);
  } catch (const Error&) {
    return {};
  }
}

// The first of `keys` that says 2 or more.
template <std::size_t N>
std::optional<FramesSummed> count_by(const std::array<std::string_view, N>& keys, const HeaderNumbers& numbers) {
  for (const std::string_view key : keys) {
    for (const HeaderNumber& one : numbers) {
      if (one.name == key && one.value >= 2 && one.value == std::floor(one.value))
        return FramesSummed{one.value, one.name};
    }
  }
  return std::nullopt;
}

template <class T>
double as_double(const std::uint8_t* stored, bool swap) {
  std::array<std::uint8_t, sizeof(T)> bytes;
  std::memcpy(bytes.data(), stored, sizeof(T));
  if (swap) std::reverse(bytes.begin(), bytes.end());
  return static_cast<double>(std::bit_cast<T>(bytes));
}

double stored_value(const std::uint8_t* stored, const PixelType& type) {
  const bool swap = type.big_endian != (std::endian::native == std::endian::big);
  if (type.kind == PixelKind::kFloat)
    return type.bytes == 4 ? as_double<float>(stored, swap) : as_double<double>(stored, swap);
  const bool is_signed = type.kind == PixelKind::kSigned;
  switch (type.bytes) {
    case 1:
      return is_signed ? as_double<std::int8_t>(stored, swap) : as_double<std::uint8_t>(stored, swap);
    case 2:
      return is_signed ? as_double<std::int16_t>(stored, swap) : as_double<std::uint16_t>(stored, swap);
    case 4:
      return is_signed ? as_double<std::int32_t>(stored, swap) : as_double<std::uint32_t>(stored, swap);
    default:
      return is_signed ? as_double<std::int64_t>(stored, swap) : as_double<std::uint64_t>(stored, swap);
  }
}

// Calls take(i, value) for each pixel of an image; what is wrong with it, if anything is.
template <class Take>
std::optional<FrameFault> each_value(const ImageReader& reader, int k, const Take& take) {
  std::vector<std::uint8_t> stored(reader.stored_bytes());
  if (auto fault = reader.read_stored(k, stored)) return fault;
  const auto bytes = static_cast<std::size_t>(reader.type().bytes);
  for (std::size_t i = 0; i * bytes < stored.size(); ++i)
    take(i, stored_value(stored.data() + i * bytes, reader.type()));
  return std::nullopt;
}

double median_of_image(const fs::path& file) {
  std::vector<double> values;
  if (each_value(*open_image_reader(file), 0, [&](std::size_t, double value) { values.push_back(value); })) return 0;
  return rank_median(values);
}

// Of the first frame that can be read.
double median_of_frames(const FrameSource& frames) {
  constexpr int kTries = 100;
  Image<std::uint16_t> pixels(frames.height(), frames.width());
  for (int k = 0; k < std::min(kTries, frames.frames()); ++k) {
    if (frames.read(k, pixels)) continue;
    std::vector<double> values(pixels.pixels().begin(), pixels.pixels().end());
    return rank_median(values);
  }
  return 0;
}

class DividedImages final : public FrameSource {
 public:
  DividedImages(const std::vector<fs::path>& files, double divisor) : plan_(plan_series(files)) {
    constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 30;
    const std::uint64_t bytes = std::uint64_t{2} * plan_.slots.size() * static_cast<std::uint64_t>(height()) *
                                static_cast<std::uint64_t>(width());
    if (bytes > kMostBytes) fail("{}: too many sums of frames ({}); name fewer", files[0].string(), plan_.slots.size());
    for (const SeriesSlot& slot : plan_.slots) images_.push_back(divided(slot, divisor));
  }

  int frames() const override { return static_cast<int>(images_.size()); }
  int height() const override { return plan_.example->height(); }
  int width() const override { return plan_.example->width(); }
  int type_max() const override { return 65535; }

  std::optional<FrameFault> read(int k, ImageView<std::uint16_t> out, ImageView<std::uint8_t> markers,
                                 PixelChanges*) const override {
    const auto& [image, fault] = images_[static_cast<std::size_t>(k)];
    if (fault) return fault;
    std::ranges::copy(image.pixels(), out.data());
    if (!markers.empty()) std::ranges::fill(markers.pixels(), std::uint8_t{0});
    return std::nullopt;
  }

  std::string frame_name(int k) const override {
    const SeriesSlot& slot = plan_.slots[static_cast<std::size_t>(k)];
    return slot.file < 0 ? slot.missing_name : plan_.files[static_cast<std::size_t>(slot.file)].filename().string();
  }

  void list_files(std::vector<fs::path>& files) const override {
    files.insert(files.end(), plan_.files.begin(), plan_.files.end());
  }

 private:
  struct Divided {
    Image<std::uint16_t> image;
    std::optional<FrameFault> fault;
  };

  Divided divided(const SeriesSlot& slot, double divisor) const {
    if (slot.file < 0) return {{}, FrameFault{BadFrameCause::kMissing, "there is no such file"}};
    try {
      const auto reader = open_image_reader(plan_.files[static_cast<std::size_t>(slot.file)]);
      if (reader->height() != height() || reader->width() != width() || slot.frame >= reader->frames())
        return {{}, FrameFault{BadFrameCause::kUnreadable, "is of another size than the first"}};
      Divided made{Image<std::uint16_t>(height(), width()), {}};
      made.fault = each_value(*reader, slot.frame, [&](std::size_t i, double value) {
        const double whole = std::floor(value / divisor + 0.5);
        made.image.data()[i] = whole > 0 ? static_cast<std::uint16_t>(std::min(65535.0, whole)) : std::uint16_t{0};
      });
      return made;
    } catch (const Error& error) {
      return {{}, FrameFault{BadFrameCause::kUnreadable, error.what()}};
    }
  }

  SeriesPlan plan_;
  std::vector<Divided> images_;
};

}  // namespace

FramesSummed frames_summed(const std::vector<fs::path>& files, const FrameSource& frames,
                           const std::vector<fs::path>& scan_files) {
  if (files.empty()) return {};
  const HeaderNumbers numbers = first_numbers(files[0]);
  if (auto sum = count_by(kSumKeys, numbers)) {
    if (!scan_files.empty()) {
      if (const auto of_scan = count_by(kSumKeys, first_numbers(scan_files[0]))) sum->frames /= of_scan->frames;
    }
    return sum->frames > 1 ? *sum : FramesSummed{};
  }
  const auto count = count_by(kCountKeys, numbers);
  if (!count) return {};
  try {
    const double level = median_of_image(files[0]), level_of_frames = median_of_frames(frames);
    if (level > level_of_frames && level / count->frames <= level_of_frames) return *count;
  } catch (const Error&) {
    // Who reads it says what is wrong with it.
  }
  return {};
}

std::shared_ptr<const FrameSource> open_divided(const std::vector<fs::path>& files, double divisor) {
  return std::make_shared<DividedImages>(files, divisor);
}

}  // namespace dctprep
