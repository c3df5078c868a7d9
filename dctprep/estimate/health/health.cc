// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/estimate/health/health.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <map>

#include "dctprep/core/frame_ranges.h"
#include "dctprep/core/rank_median.h"
#include "dctprep/correct/normalise.h"
#include "dctprep/estimate/health/judge_pixels.h"

namespace dctprep {

namespace {

constexpr int kAround = 15;        // frames on either side that a dip is held against
constexpr double kDip = 0.6;       // of them
constexpr double kLeastLevel = 5;  // counts of whole frames that are judged without a beam
constexpr int kBeside = 5;         // frames on either side of a jump
constexpr double kJump = 1.15;     // times as strong, at least
constexpr double kMoved = 3;       // pixels, at least
constexpr double kSaturatedShare = 0.001;
constexpr double kScatters = 5;  // standard deviations that are remarkable in any case

using Records = std::vector<const FrameRecord*>;

double median_of(std::vector<double> values) { return values.empty() ? 0 : rank_median(values); }

double scatter_of(std::vector<double> values) {
  const double middle = median_of(values);
  for (double& value : values) value = std::abs(value - middle);
  return 1.4826 * median_of(values);
}

// Median level of the `count` records before (step -1) or after (step 1) index `at`; 0 where there are none.
double level_beside(const Records& records, std::size_t at, int step, int count) {
  std::vector<double> levels;
  for (int i = 1; i <= count; ++i) {
    const auto index = static_cast<std::ptrdiff_t>(at) + std::ptrdiff_t{step} * i;
    if (index < 0 || index >= static_cast<std::ptrdiff_t>(records.size())) break;
    levels.push_back(records[static_cast<std::size_t>(index)]->level);
  }
  return median_of(levels);
}

// Collects remarks.
class Remarks {
 public:
  void add(const FrameRecord& record, FrameTrouble trouble, std::string what) {
    remarks_.push_back({record.frame, trouble, std::move(what)});
  }
  std::vector<FrameRemark> take() {
    std::ranges::stable_sort(remarks_, [](const FrameRemark& a, const FrameRemark& b) {
      return a.frame != b.frame ? a.frame < b.frame : a.trouble < b.trouble;
    });
    return std::move(remarks_);
  }

 private:
  std::vector<FrameRemark> remarks_;
};

// Those with a level like their neighbours'; the others are remarked on.
Records judge_levels(const Records& records, bool has_beam, Remarks& remarks) {
  std::vector<double> levels;
  for (const FrameRecord* record : records) levels.push_back(record->level);
  const double median = median_of(levels);
  if (median <= (has_beam ? 0 : kLeastLevel)) return records;
  Records lit, kept;
  for (const FrameRecord* record : records) {
    if (has_beam && record->level <= kNoBeamShare * median) {
      remarks.add(*record, FrameTrouble::kNoBeam,
                  fmt::format("no beam: {:.4g} counts where the median is {:.4g}", record->level, median));
    } else {
      lit.push_back(record);
    }
  }
  for (std::size_t i = 0; i < lit.size(); ++i) {
    // Of both sides, so that a step down is no dip.
    const double before = level_beside(lit, i, -1, kAround);
    const double after = level_beside(lit, i, 1, kAround);
    const double least = before > 0 && after > 0 ? std::min(before, after) : std::max(before, after);
    if (lit[i]->level < kDip * least) {
      remarks.add(*lit[i], FrameTrouble::kDip,
                  fmt::format("{:.0f} % as bright as the frames around", 100 * lit[i]->level / least));
    } else {
      kept.push_back(lit[i]);
    }
  }
  return kept;
}

// Steps of the level that stay; only between frames that follow each other.
void judge_jumps(const Records& records, Remarks& remarks) {
  if (records.size() < 2 * kBeside) return;
  std::vector<double> steps;
  for (std::size_t i = 1; i < records.size(); ++i) {
    if (records[i]->level > 0 && records[i - 1]->level > 0)
      steps.push_back(std::log(records[i]->level / records[i - 1]->level));
  }
  const double limit = std::max(std::log(kJump), kScatters * scatter_of(steps));
  std::vector<double> jump(records.size(), 0.0);
  for (std::size_t i = kBeside; i + kBeside <= records.size(); ++i) {
    if (records[i + kBeside - 1]->frame - records[i - kBeside]->frame > 4 * kBeside) continue;
    const double before = level_beside(records, i, -1, kBeside);
    const double after = level_beside(records, i - 1, 1, kBeside);
    if (before > 0 && after > 0) jump[i] = std::log(after / before);
  }
  for (std::size_t i = 0; i < jump.size(); ++i) {
    if (std::abs(jump[i]) < limit) continue;
    // Medians see a step one frame after another; where the frame's own step is largest it is.
    const std::size_t first = i;
    while (i + 1 < jump.size() && std::abs(jump[i + 1]) >= limit && jump[i + 1] * jump[first] > 0) ++i;
    std::size_t at = first;
    double largest = -1;
    for (std::size_t j = first; j <= i; ++j) {
      const double step = std::log(std::max(1e-9, records[j]->level) / std::max(1e-9, records[j - 1]->level));
      if (step * jump[first] > 0 && std::abs(step) > largest) at = j, largest = std::abs(step);
    }
    remarks.add(*records[at], FrameTrouble::kStrengthJump,
                fmt::format("from here on {:.3g} times as bright as before", std::exp(jump[at])));
  }
}

// Standard deviation of the values by the steps from one to the next, whatever they drift and jump in between.
double unrest_of(const std::vector<double>& values) {
  std::vector<double> steps;
  for (std::size_t i = 1; i < values.size(); ++i) steps.push_back(values[i] - values[i - 1]);
  return scatter_of(steps) / std::sqrt(2.0);
}

void judge_places(const Records& records, Remarks& remarks) {
  std::vector<double> u, v;
  for (const FrameRecord* record : records) u.push_back(record->shift_u), v.push_back(record->shift_v);
  const double at_u = median_of(u);
  const double at_v = median_of(v);
  const double most_u = std::max(kMoved, kScatters * unrest_of(u));
  const double most_v = std::max(kMoved, kScatters * unrest_of(v));
  for (const FrameRecord* record : records) {
    const double off_u = record->shift_u - at_u;
    const double off_v = record->shift_v - at_v;
    if (std::abs(off_u) < most_u && std::abs(off_v) < most_v) continue;
    remarks.add(*record, FrameTrouble::kBeamMoved,
                fmt::format("the beam lies {:+.0f} columns and {:+.0f} rows from its usual place", off_u, off_v));
  }
}

void judge_saturation(const Records& records, std::int64_t pixels, Remarks& remarks) {
  std::vector<double> counts;
  for (const FrameRecord* record : records) counts.push_back(static_cast<double>(record->saturated));
  const double usual = median_of(counts);
  for (const FrameRecord* record : records) {
    const auto count = static_cast<double>(record->saturated);
    if (count > kSaturatedShare * static_cast<double>(pixels) && count > 4 * usual)
      remarks.add(*record, FrameTrouble::kSaturated, fmt::format("{} saturated pixels", record->saturated));
  }
}

}  // namespace

std::vector<FrameRemark> judge_frames(const std::vector<FrameRecord>& records, bool has_beam, std::int64_t pixels) {
  Remarks remarks;
  Records good;
  std::map<std::uint64_t, int> first_of;
  for (const FrameRecord& record : records) {
    if (!record.fault.empty()) {
      remarks.add(record, record.missing ? FrameTrouble::kMissing : FrameTrouble::kUnreadable, record.fault);
    } else if (record.constant) {
      remarks.add(record, FrameTrouble::kEmpty, "all pixels are equal");
    } else {
      good.push_back(&record);
      const auto [first, is_new] = first_of.try_emplace(record.hash, record.frame);
      if (!is_new)
        remarks.add(record, FrameTrouble::kDuplicate, fmt::format("the same data as frame {}", first->second));
    }
  }
  const Records steady = judge_levels(good, has_beam, remarks);
  judge_jumps(steady, remarks);
  if (has_beam) judge_places(steady, remarks);
  judge_saturation(good, pixels, remarks);
  return remarks.take();
}

int ScanHealth::count(FrameTrouble trouble) const {
  return static_cast<int>(std::ranges::count(remarks, trouble, &FrameRemark::trouble));
}

std::vector<int> ScanHealth::to_exclude() const {
  std::vector<int> exclude;
  for (const FrameRemark& remark : remarks) {
    if (harms_medians(remark.trouble) && (exclude.empty() || exclude.back() != remark.frame))
      exclude.push_back(remark.frame);
  }
  if (4 * exclude.size() > static_cast<std::size_t>(frames)) exclude.clear();
  return exclude;
}

std::string health_text(const ScanHealth& health) {
  std::string text;
  for (std::size_t i = 0; i < EnumNames<FrameTrouble>::names.size(); ++i) {
    std::vector<int> frames;
    const FrameRemark* first = nullptr;
    for (const FrameRemark& remark : health.remarks) {
      if (remark.trouble != static_cast<FrameTrouble>(i)) continue;
      if (first == nullptr) first = &remark;
      frames.push_back(remark.frame);
    }
    if (first == nullptr) continue;
    text += fmt::format("{}: {} frame{}, {} ({}: {})\n", EnumNames<FrameTrouble>::names[i], frames.size(),
                        frames.size() == 1 ? "" : "s", frame_ranges(frames), first->frame, first->what);
  }
  const PixelHealth& pixels = health.pixels;
  const std::size_t odd = pixels.dead.size() + pixels.hot.size() + pixels.flickering.size();
  if (odd > 0) {
    text += fmt::format("pixels: {} dead, {} hot, {} flickering, by {} dark frames and {} frames\n", pixels.dead.size(),
                        pixels.hot.size(), pixels.flickering.size(), pixels.darks, pixels.frames);
  }
  return text;
}

}  // namespace dctprep
