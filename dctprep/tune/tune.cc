// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/tune/tune.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <fmt/format.h>
#include <optional>

#include "dctprep/base/cancel.h"
#include "dctprep/base/error.h"
#include "dctprep/config/config_file.h"
#include "dctprep/config/field_text.h"
#include "dctprep/config/tables_of.h"
#include "dctprep/estimate/parameters.h"
#include "dctprep/tune/scan_part.h"

namespace dctprep {

namespace {

constexpr double kLeastGain = 4, kGainShare = 0.01, kGainSigmas = 2;
constexpr double kLeastPairs = 60;  // spots beyond chance: fewer tell nothing
constexpr double kMostChance = 0.25;
// Seeds tried, of the one found; with the volumes found and with at least this one, which lower seeds need.
constexpr std::array kSeeds{1.2, 0.85, 0.7};
constexpr int kSureVolume = 10;
constexpr std::array kGrowths{0.85, 1.2};
constexpr double kLeastParts = 10, kPartShare = 0.01;
constexpr double kMoreSplit = 0.05, kLessSplit = 0.1, kLeastSplit = 0.25;
constexpr double kMostSplit = 0.65;  // above, noise and grains' own structure part spots (docs/quality.md)

constexpr const char* kBetter = "better";

int scaled(int level, double factor) { return std::clamp(static_cast<int>(std::lround(level * factor)), 1, 65535); }

// A level, in whole steps of its unit.
Level times(const Auto<Level>& level, double factor, const SegmentOptions& options) {
  const double steps = is_in_sigma(options) ? kSigmaSteps : 1;
  return level_of_step(scaled(static_cast<int>(std::lround(level.value().number() * steps)), factor), options);
}

bool same_settings(const Config& a, const Config& b) { return a.segment == b.segment && a.denoise == b.denoise; }

bool is_gain(const TuneTrial& before, const TuneTrial& after) {
  const double change = static_cast<double>(std::abs(after.eligible - before.eligible));
  return after.beyond_chance - before.beyond_chance >=
         std::max({kLeastGain, kGainShare * before.beyond_chance, kGainSigmas * std::sqrt(change)});
}

// Whether the spots that came have mates nearly as often as those that were there.
bool is_precise(const TuneTrial& before, const TuneTrial& after) {
  const auto more = static_cast<double>(after.eligible - before.eligible);
  const double rate = before.beyond_chance / static_cast<double>(std::max<std::int64_t>(1, before.eligible));
  return more <= 0 || after.beyond_chance - before.beyond_chance >= kMateRate * rate * more;
}

// Tries settings one after the other, each from the best so far.
class Tuner {
 public:
  Tuner(const Config& found, const TuneOpen& open, const Scan& scan, Progress& progress, Tuning& tuning)
      : found_(found), open_(open), scan_(scan), progress_(progress), tuning_(tuning) {
    tuning_.config = found;
  }

  void run() {
    const ScanPart part = part_with_mates(scan_, found_);
    if (part.frames.empty()) return keep(part.why_none);
    part_ = part;
    runs_.emplace(part_, scan_, found_);
    tuning_.frames = part.frames;
    progress_.start("trying settings", 0, "settings");
    TuneTrial first = judge(found_);
    first.verdict = "as found";
    tuning_.trials.push_back(first);
    if (first.beyond_chance < kLeastPairs)
      return keep(fmt::format("{:.0f} spots have a mate beyond chance, too few to choose by", first.beyond_chance));
    if (first.chance_share > kMostChance)
      return keep(
          fmt::format("{:.0f} % of the spots have a mate by chance, too many to choose by", 100 * first.chance_share));
    try_levels();
    try_growth();
    try_split();
    try_denoise();
    say();
  }

 private:
  void keep(const std::string& why) {
    tuning_.summary = fmt::format("not tuned: {}; the settings found are kept", why);
  }
  const TuneTrial& best() const { return tuning_.trials[static_cast<std::size_t>(tuning_.chosen)]; }

  TuneTrial judge(const Config& config) {
    const PartScore score = runs_->score(config, silent_);
    progress_.advance();
    return {.settings = differences(config),
            .spots = score.spots,
            .eligible = score.pairs.share.eligible,
            .paired = score.pairs.share.paired,
            .chance_share = score.pairs.chance_share,
            .beyond_chance = score.pairs.beyond_chance(),
            .verdict = ""};
  }

  // What `config` sets otherwise than what was found.
  std::map<std::string, std::string> differences(const Config& config) const {
    std::map<std::string, std::string> settings;
    Config before = found_, after = config;
    const std::vector<Table> a = tables_of(before), b = tables_of(after);
    for (std::size_t t = 0; t < a.size(); ++t) {
      if (a[t].name != "segment" && a[t].name != "denoise") continue;
      for (std::size_t f = 0; f < a[t].fields.size(); ++f) {
        const std::string value = value_text(b[t].fields[f].get());
        if (value_text(a[t].fields[f].get()) != value) settings[key_of(b[t], b[t].fields[f])] = value;
      }
    }
    return settings;
  }

  // Whether it was tried now, and could be.
  bool attempt(const Config& config) {
    if (std::ranges::any_of(tried_, [&](const Config& other) { return same_settings(other, config); })) return false;
    if (same_settings(config, found_)) return false;
    tried_.push_back(config);
    TuneTrial trial;
    try {
      trial = judge(config);
    } catch (const Error& error) {
      check_cancelled();
      trial.settings = differences(config);
      trial.verdict = std::string("refused: ") + error.what();
    }
    if (trial.verdict.empty()) {
      // Also as seen from the first: small steps must not add up to what one would not be taken for.
      const bool better = is_better(best(), trial) && is_precise(tuning_.trials.front(), trial);
      trial.verdict = better                                        ? kBetter
                      : trial.beyond_chance <= best().beyond_chance ? "no more mates"
                      : is_gain(best(), trial)                      ? "more mates, but too many spots without"
                                                                    : "more mates, but within what chance does";
      tuning_.trials.push_back(std::move(trial));
      if (better) take_last(config);
      return true;
    }
    tuning_.trials.push_back(std::move(trial));
    return false;
  }

  void take_last(const Config& config) {
    tuning_.chosen = static_cast<int>(tuning_.trials.size()) - 1;
    tuning_.config = config;
  }

  void try_levels() {
    if (!open_.seed) return;
    const SegmentOptions base = found_.segment;
    const int volume = base.min_seed_volume.value();
    const auto with = [&](double factor, int least_volume) {
      Config config = found_;
      SegmentOptions& s = config.segment;
      s.seed = times(base.seed, factor, base);
      if (open_.min_seed_volume) s.min_seed_volume = std::max(volume, least_volume);
      if (open_.grow_min) s.grow_min = std::min(times(base.grow_min, factor, base), s.seed.value());
      if (open_.grow_max) s.grow_max = std::max(s.grow_min.value(), s.seed.value());
      if (s.grow_min.value() <= s.seed.value() && s.grow_min.value() <= s.grow_max.value()) attempt(config);
    };
    for (const double factor : kSeeds) {
      with(factor, volume);
      if (open_.min_seed_volume && volume < kSureVolume && factor < 1) with(factor, kSureVolume);
    }
  }

  void try_growth() {
    if (!open_.grow_min) return;
    const Config base = tuning_.config;
    for (const double factor : kGrowths) {
      Config config = base;
      SegmentOptions& s = config.segment;
      s.grow_min = std::min({times(base.segment.grow_min, factor, base.segment), s.seed.value(), s.grow_max.value()});
      attempt(config);
    }
  }

  Config with_split(const Config& base, double split) const {
    Config config = base;
    config.segment.split = std::max(0.0, std::round(100 * split) / 100);
    return config;
  }

  void try_split() {
    if (!open_.split || tuning_.config.segment.split.value() == 0) return;
    const Config base = tuning_.config;
    const double split = base.segment.split.value();
    if (split + kMoreSplit <= kMostSplit && attempt(with_split(base, split + kMoreSplit)) &&
        tuning_.trials.back().verdict == kBetter)
      return;
    // Less of it, while what more of it parts is pieces rather than spots.
    for (double less = split - kLessSplit; less >= kLeastSplit; less -= kLessSplit) {
      const Config config = with_split(base, less);
      if (!attempt(config) || parting_pays(tuning_.trials.back(), best())) return;
      tuning_.trials.back().verdict = "what more parts is pieces without mates";
      take_last(config);
      parts_pieces_ = true;
    }
  }

  // The other 2D median, with the thresholds that go with it.
  void try_denoise() {
    if (!open_.denoise_mode || found_.denoise.mode.value() == DenoiseMode::kOff) return;
    const bool full = found_.denoise.mode.value() == DenoiseMode::kFull;
    Config config = found_;
    config.denoise.mode = full ? DenoiseMode::kConditional : DenoiseMode::kFull;
    // Small spots are to stay as they are, zingers not.
    if (full && open_.denoise_threshold) config.denoise.threshold = scaled(found_.denoise.threshold.value(), 4);
    SegmentOptions& s = config.segment;
    if (open_.seed) s.seed = {};
    if (open_.grow_min) s.grow_min = {};
    if (open_.grow_max) s.grow_max = {};
    if (open_.min_seed_volume) s.min_seed_volume = {};
    if (open_.split) s.split = {};
    try {
      config = find_parameters(config, scan_, silent_).config;
    } catch (const Error&) {
      check_cancelled();
      return;
    }
    if (parts_pieces_) s.split = tuning_.config.segment.split;
    attempt(config);
  }

  void say() {
    const TuneTrial &before = tuning_.trials.front(), &after = best();
    const std::string part = part_.frames.size() > 1
                                 ? fmt::format("frames {} to {} and {} to {}, half a turn apart", part_.frames[0].first,
                                               part_.frames[0].second, part_.frames[1].first, part_.frames[1].second)
                                 : fmt::format("all {} frames", part_.frames[0].second + 1);
    if (tuning_.chosen == 0) {
      tuning_.summary = fmt::format(
          "of {} settings tried on {}, none has surely more Friedel mates than the {:.0f} beyond chance of what was "
          "found, which is kept",
          tuning_.trials.size() - 1, part, before.beyond_chance);
      return;
    }
    tuning_.summary = fmt::format(
        "of {} settings tried on {}, those taken have {:.0f} spots with a Friedel mate beyond chance, of {}; what was "
        "found has {:.0f} of {}{}",
        tuning_.trials.size() - 1, part, after.beyond_chance, after.eligible, before.beyond_chance, before.eligible,
        parts_pieces_ ? ", and parts grains into pieces without mates" : "");
    Config found = found_;
    for (const Table& table : tables_of(found)) {
      for (const Field& field : table.fields) {
        const std::string key = key_of(table, field);
        if (after.settings.contains(key))
          tuning_.why[key] = fmt::format("tuned from {}: {}", value_text(field.get()), tuning_.summary);
      }
    }
  }

  const Config& found_;
  const TuneOpen& open_;
  const Scan& scan_;
  Progress& progress_;
  Tuning& tuning_;
  Progress silent_;  // of the single runs
  ScanPart part_;
  std::optional<PartRuns> runs_;
  std::vector<Config> tried_;
  bool parts_pieces_ = false;
};

}  // namespace

TuneOpen open_to_tuning(const Config& given) {
  const SegmentOptions& s = given.segment;
  return {.seed = s.seed.is_auto(),
          .grow_min = s.grow_min.is_auto(),
          .grow_max = s.grow_max.is_auto(),
          .min_seed_volume = s.min_seed_volume.is_auto(),
          .split = s.split.is_auto(),
          .denoise_mode = given.denoise.mode.is_auto(),
          .denoise_threshold = given.denoise.threshold.is_auto()};
}

bool is_better(const TuneTrial& before, const TuneTrial& after) {
  return is_gain(before, after) && is_precise(before, after);
}

bool parting_pays(const TuneTrial& less, const TuneTrial& more) {
  const auto parts = static_cast<double>(more.eligible - less.eligible);
  if (parts < std::max(kLeastParts, kPartShare * static_cast<double>(less.eligible))) return true;
  return more.beyond_chance - less.beyond_chance >= kMatesPerPart * parts;
}

Tuning tune(const Config& found, const TuneOpen& open, const Scan& scan, Progress& progress) {
  Tuning tuning;
  Tuner(found, open, scan, progress, tuning).run();
  progress.finish();
  return tuning;
}

std::string tuning_text(const Tuning& tuning) {
  std::string text;
  if (!tuning.trials.empty())
    text += fmt::format("{:>7}{:>8}{:>8}{:>9}  {}\n", "spots", "mates", "chance", "beyond", "settings");
  for (std::size_t i = 0; i < tuning.trials.size(); ++i) {
    const TuneTrial& trial = tuning.trials[i];
    std::string settings;
    for (const auto& [key, value] : trial.settings) settings += fmt::format("{}={} ", key, value);
    text += fmt::format("{:>7}{:>8}{:>7.1f}%{:>9.0f}  {}({}){}\n", trial.spots, trial.paired, 100 * trial.chance_share,
                        trial.beyond_chance, settings, trial.verdict,
                        static_cast<int>(i) == tuning.chosen ? " <- taken" : "");
  }
  return text + tuning.summary + "\n";
}

}  // namespace dctprep
