// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/pipeline/frame_pass.h"

#include <algorithm>
#include <bit>
#include <vector>

#include "dctprep/background/subtract.h"
#include "dctprep/kernels/bit_rows.h"
#include "dctprep/kernels/pixel_rows.h"
#include "dctprep/segment/threshold.h"

namespace dctprep {

namespace {

// Candidates of 64 columns that are looked at one by one. Chance strews one or two over many such stretches, and whole
// ones made for them were most of what is made.
constexpr int kFewCandidates = 4;

}  // namespace

FramePass::FramePass(const RunPlan& plan)
    : plan_(plan),
      denoiser_(plan.config.denoise, plan.bad_pixels, plan.excluded),
      bad_row_(rows_with_bad_pixels(plan.bad_pixels)),
      bad_bits_(plan.height, static_cast<int>(words_of_bits(static_cast<std::size_t>(plan.width))), 0) {
  for (int v = 0; v < plan.height; ++v) {
    const std::uint8_t* bad = plan.bad_pixels.row(v);
    for (int u = 0; u < plan.width; ++u) bad_bits_(v, u / 64) |= std::uint64_t{bad[u] != 0} << u % 64;
  }
}

// A ring of residual rows round the one that is denoised, made as far as they are looked at.
class FramePass::Rows {
 public:
  // `level` in counts: that of all pixels, or the lowest where `noise` is not null.
  Rows(const FramePass& pass, const CompactFrame& frame, const CompactBackground& background, const BlockNoise* noise,
       std::int32_t offset, int level)
      : pass_(pass),
        frame_(frame),
        background_(background),
        noise_(noise),
        offset_(offset),
        level_(level),
        height_(background.background().height()),
        width_(background.background().width()),
        radius_(pass.denoiser_.radius()),
        side_(static_cast<std::size_t>(2 * radius_ + 1)),
        words_(words_of_bits(static_cast<std::size_t>(width_))),
        padded_(side_ * pass.denoiser_.padded_width()),
        made_(side_ * words_),
        marks_(side_ * words_),
        near_(side_),
        near_rows_(side_),
        near_marks_(side_),
        candidate_words_(words_),
        singles_(side_ * side_ * static_cast<std::size_t>(width_)) {
    for (std::size_t i = 0; i < side_ * side_; ++i)
      single_windows_.push_back(singles_.data() + i * static_cast<std::size_t>(width_));
  }

  // Calls take(v, denoised, passing) for each row that has pixels of at least the level: bits of these (of all rows),
  // whose denoised values are right; not all others are.
  template <class Take>
  void each_passing(const Take& take) {
    std::vector<std::uint16_t> denoised(static_cast<std::size_t>(width_));
    std::vector<std::uint64_t> passing(words_);
    for (int next = 0; next < height_ + radius_; ++next) {
      if (next < height_) begin_row(next);
      const int v = next - radius_;
      if (v < 0) continue;
      look_at(v);
      find_candidates(v, passing);
      if (noise_ != nullptr) {
        // Candidates lie too far apart for the processor to see whose levels are asked for next.
        const std::uint16_t* under = noise_->background.row(v);
        for (const std::size_t word : words_with_candidates()) {
          __builtin_prefetch(under + word * 64);
          __builtin_prefetch(under + std::min(word * 64 + 32, static_cast<std::size_t>(width_) - 1));
        }
      }
      bool any = false;
      single_columns_.clear();
      for (const std::size_t word : words_with_candidates()) {
        const std::uint64_t candidates = passing[word];
        if (std::popcount(candidates) <= kFewCandidates && add_singles(v, word, candidates)) {
          passing[word] = 0;
          continue;
        }
        const int u0 = static_cast<int>(word) * 64, u1 = std::min(width_, u0 + 64);
        // Beside the candidates the medians may be of residuals that were never made.
        make_round(u0 + std::countr_zero(candidates), u0 + 64 - std::countl_zero(candidates));
        pass_.denoiser_.apply(near_rows_.data(), v, u0, u1, denoised.data());
        passing[word] = passing_of(v, word, candidates, denoised.data());
        any |= passing[word] != 0;
      }
      any |= find_passing_singles(v, denoised.data(), passing.data());
      if (any) take(v, denoised.data(), std::span<const std::uint64_t>(passing));
    }
  }

  // Those of `candidates`, bits of 64 columns of row `v`, that pass.
  std::uint64_t passing_of(int v, std::size_t word, std::uint64_t candidates, const std::uint16_t* denoised) const {
    std::uint64_t passing = 0;
    for (std::uint64_t bits = candidates; bits != 0; bits &= bits - 1) {
      const int place = std::countr_zero(bits), u = static_cast<int>(word) * 64 + place;
      passing |= std::uint64_t{denoised[u] >= level(v, u)} << place;
    }
    return passing;
  }

  // Calls take(v, denoised) for each row.
  template <class Take>
  void each(const Take& take) {
    std::vector<std::uint16_t> denoised(static_cast<std::size_t>(width_));
    for (int next = 0; next < height_ + radius_; ++next) {
      if (next < height_) forget_row(next);
      const int v = next - radius_;
      if (v < 0) continue;
      look_at(v);
      make_round(0, width_);
      pass_.denoiser_.apply(near_rows_.data(), v, 0, width_, denoised.data());
      take(v, denoised.data());
    }
  }

 private:
  // A row of the ring: its residual, padded; which 64 columns of it are made; its marks.
  struct Row {
    int v = 0;
    std::uint16_t* padded = nullptr;
    std::uint8_t* made = nullptr;
    std::uint64_t* marks = nullptr;
  };

  int level(int v, int u) const { return noise_ != nullptr ? noise_->least(v, u) : level_; }
  std::size_t slot(int v) const { return static_cast<std::size_t>(v) % side_; }
  std::uint16_t* padded(int v) { return padded_.data() + slot(v) * pass_.denoiser_.padded_width(); }
  std::uint64_t* marks(int v) { return marks_.data() + slot(v) * words_; }
  std::uint8_t* made(int v) { return made_.data() + slot(v) * words_; }
  bool has_bad(int v) const { return pass_.bad_row_[static_cast<std::size_t>(v)] != 0; }

  // The rows round row `v` are those that find_candidates() and make_round() work on.
  void look_at(int v) {
    for (std::size_t i = 0; i < side_; ++i) {
      const int row = std::clamp(v - radius_ + static_cast<int>(i), 0, height_ - 1);
      near_[i] = {row, padded(row), made(row), marks(row)};
      near_rows_[i] = near_[i].padded;
      near_marks_[i] = near_[i].marks;
    }
  }

  void forget_row(int v) { std::fill_n(made(v), words_, std::uint8_t{0}); }

  // Marks the pixels of row `v` whose residual is at least the level, and bad ones: a window with bad pixels then has
  // marks enough for its median to pass wherever it does.
  void begin_row(int v) {
    forget_row(v);
    std::uint64_t* bits = marks(v);
    const Region& excluded = pass_.plan_.excluded;
    if (background_.mark_row(frame_, offset_, v, level_, bits)) {
      if (excluded.v0 <= v && v < excluded.v1)
        clear_bits(bits, static_cast<std::size_t>(excluded.u0), static_cast<std::size_t>(excluded.u1));
    } else {
      for (std::size_t word = 0; word < words_; ++word) make({v, padded(v), made(v), bits}, word);
      pixels_at_least(padded(v) + radius_, static_cast<std::uint16_t>(level_), static_cast<std::size_t>(width_), bits);
    }
    if (!has_bad(v)) return;
    const std::uint64_t* bad = pass_.bad_bits_.row(v);
    for (std::size_t word = 0; word < words_; ++word) bits[word] |= bad[word];
  }

  // Where row `v` may pass: where enough of the window's pixels do, or the pixel itself if it may be kept.
  void find_candidates(int v, std::vector<std::uint64_t>& candidates) {
    const DenoiseMode mode = pass_.plan_.config.denoise.mode.value();
    std::copy_n(marks(v), words_, candidates.begin());
    if (mode != DenoiseMode::kOff) {
      const auto window = static_cast<unsigned>(side_ * side_);
      window_passes_.resize(words_);
      if (!window_has(near_marks_.data(), radius_, static_cast<std::size_t>(width_), window - window / 2,
                      window_passes_.data(), scratch_)) {
        std::fill(window_passes_.begin(), window_passes_.end(), std::uint64_t{0});
      }
      for (std::size_t word = 0; word < words_; ++word) {
        candidates[word] =
            window_passes_[word] | (mode == DenoiseMode::kConditional ? candidates[word] : std::uint64_t{0});
      }
    }
    // No branch: which words have any cannot be foreseen.
    with_candidates_ = 0;
    for (std::size_t word = 0; word < words_; ++word) {
      candidate_words_[with_candidates_] = word;
      with_candidates_ += candidates[word] != 0 ? 1 : 0;
    }
  }
  std::span<const std::size_t> words_with_candidates() const { return {candidate_words_.data(), with_candidates_}; }

  // Adds the windows of `candidates` of a word of row `v` to those that are looked at one by one; false: not for these.
  bool add_singles(int v, std::size_t word, std::uint64_t candidates) {
    if (radius_ == 0) return false;
    const std::size_t before = single_columns_.size();
    for (std::uint64_t bits = candidates; bits != 0; bits &= bits - 1) {
      const int u = static_cast<int>(word) * 64 + std::countr_zero(bits);
      std::uint16_t* residual = singles_.data() + single_columns_.size();
      if (!background_.subtract_window(frame_, offset_, v, u, radius_, static_cast<std::size_t>(width_), residual) ||
          has_bad_near(v, u)) {
        single_columns_.resize(before);
        return false;
      }
      single_columns_.push_back(u);
    }
    return true;
  }

  // Of a window inside the frame.
  bool has_bad_near(int v, int u) const {
    for (int row = v - radius_; row <= v + radius_; ++row) {
      if (!has_bad(row)) continue;
      const std::uint8_t* bad = pass_.plan_.bad_pixels.row(row);
      if (std::any_of(bad + u - radius_, bad + u + radius_ + 1, [](std::uint8_t b) { return b != 0; })) return true;
    }
    return false;
  }

  // Sets the bits of the single pixels of row `v` that pass, and the denoised values of all of them. Whether any does.
  bool find_passing_singles(int v, std::uint16_t* denoised, std::uint64_t* passing) {
    const std::size_t count = single_columns_.size();
    if (count == 0) return false;
    single_denoised_.resize(count);
    pass_.denoiser_.apply(single_windows_.data(), count, single_denoised_.data());
    bool any = false;
    for (std::size_t i = 0; i < count; ++i) {
      const auto u = static_cast<std::size_t>(single_columns_[i]);
      denoised[u] = single_denoised_[i];
      if (denoised[u] < level(v, single_columns_[i])) continue;
      passing[u / 64] |= std::uint64_t{1} << u % 64;
      any = true;
    }
    return any;
  }

  // The residuals that the medians of columns u0 ... u1-1 of the row looked at are taken from.
  void make_round(int u0, int u1) {
    const auto first = static_cast<std::size_t>(std::max(0, u0 - radius_)) / 64;
    const auto last = static_cast<std::size_t>(std::min(width_, u1 + radius_) - 1) / 64;
    for (const Row& row : near_) {
      for (std::size_t word = first; word <= last; ++word) {
        if (row.made[word] == 0) make(row, word);
      }
    }
  }

  // The residual of 64 columns of a row.
  void make(const Row& row, std::size_t word) {
    const int u0 = static_cast<int>(word) * 64, u1 = std::min(width_, u0 + 64);
    std::uint16_t* residual = row.padded + radius_ + u0;
    background_.subtract(frame_, offset_, row.v, u0, u1, residual);
    const ImageView<const std::uint8_t> bad =
        has_bad(row.v) ? pass_.plan_.bad_pixels.view() : ImageView<const std::uint8_t>();
    clear_residual(bad, pass_.plan_.excluded, row.v, u0, u1, residual);
    pass_.denoiser_.pad(row.v, u0, u1, row.padded);
    row.made[word] = 1;
  }

  const FramePass& pass_;
  const CompactFrame& frame_;
  const CompactBackground& background_;
  const BlockNoise* noise_;
  std::int32_t offset_;
  int level_;
  int height_, width_, radius_;
  std::size_t side_, words_;
  // Of row v at v % side_.
  std::vector<std::uint16_t> padded_;
  std::vector<std::uint8_t> made_;
  std::vector<std::uint64_t> marks_;
  std::vector<Row> near_;
  std::vector<const std::uint16_t*> near_rows_;
  std::vector<const std::uint64_t*> near_marks_;
  std::vector<std::uint64_t> window_passes_, scratch_;
  std::vector<std::size_t> candidate_words_;  // of the row at hand, as many as with_candidates_
  std::size_t with_candidates_ = 0;
  // Of pixels of the row at hand that are looked at one by one: pixel i of each of their windows lies from i * width_
  // on.
  std::vector<std::uint16_t> singles_, single_denoised_;
  std::vector<const std::uint16_t*> single_windows_;
  std::vector<int> single_columns_;
};

FrameProduct FramePass::run(int k, const CompactFrame& frame, const CompactBackground& background,
                            const BlockNoise* noise, std::span<const std::uint32_t> saturated) const {
  const int level = noise != nullptr ? noise->lowest : plan_.kept_level;
  FrameProduct result;
  const ImageView<const std::uint16_t> pixels = background.background();
  result.facts.offset = background.frame_offset(frame, bad_bits_, plan_.config.background);
  FrameThreshold threshold(k, pixels.width(), level, saturated);
  Rows rows(*this, frame, background, noise, result.facts.offset, level);
  // A level of 0 would be passed by pixels that no mark tells of; of large windows nothing is known before.
  if (level >= 1 && denoiser_.radius() <= kMostWindowRadius) {
    rows.each_passing([&](int v, const std::uint16_t* row, std::span<const std::uint64_t> passing) {
      threshold.append_row(v, row, passing);
    });
  } else {
    std::vector<std::uint64_t> passing(words_of_bits(static_cast<std::size_t>(pixels.width())));
    rows.each([&](int v, const std::uint16_t* row) {
      for (std::size_t word = 0; word < passing.size(); ++word) {
        const std::size_t columns = std::min<std::size_t>(64, static_cast<std::size_t>(pixels.width()) - word * 64);
        passing[word] = rows.passing_of(v, word, ~std::uint64_t{0} >> (64 - columns), row);
      }
      threshold.append_row(v, row, passing);
    });
  }
  result.sparse = threshold.take();
  if (noise != nullptr) {
    result.counts = result.sparse.values;
    scale_values(plan_, *noise, result.sparse);
  }
  // What follows would need as much memory as the frame.
  if (plan_.kept_level == lowest_level(plan_.segment)) check_fill(result.sparse, plan_.pixels(), plan_.segment);
  return result;
}

}  // namespace dctprep
