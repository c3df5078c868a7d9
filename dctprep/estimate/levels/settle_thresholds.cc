// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/estimate/levels/settle_thresholds.h"

#include <algorithm>
#include <cmath>
#include <concepts>
#include <fmt/format.h>
#include <optional>

#include "dctprep/base/error.h"
#include "dctprep/estimate/levels/false_spots.h"
#include "dctprep/estimate/levels/settle_denoise.h"
#include "dctprep/estimate/levels/settle_split.h"
#include "dctprep/estimate/levels/thresholds.h"
#include "dctprep/estimate/levels/trial.h"
#include "dctprep/estimate/noise/noise.h"
#include "dctprep/estimate/noise/noise_frames.h"
#include "dctprep/estimate/noise/noise_pairs.h"
#include "dctprep/estimate/noise/settle_unit.h"
#include "dctprep/estimate/search.h"

namespace dctprep {

namespace {

constexpr int kGroups = 5;
constexpr int kFramesAGroup = 21;
constexpr int kLeastGuard = 3;
constexpr int kMostGuard = 64;
constexpr int kMoreGuard = 2;        // beyond where the noise has fallen
constexpr double kGuardNoise = 1.5;  // times the noise of the noisiest tenth of the detector
constexpr int kEdgeRings = 3;
constexpr int kWidenGuard = 2;  // times the most, where spots would grow into the noise
constexpr double kLongShare = 0.25;
constexpr double kMuchNearSpots = 0.1;  // of all voxels
constexpr double kHighSeed = 8;         // standard deviations of a reading

std::vector<GroupResiduals> read_groups(Search& search, const BeamScale& beam, NoiseSamples& noise) {
  const Scan& scan = search.scan;
  const Config& config = search.config();
  const std::vector<FrameGroup> groups =
      frame_groups(search.listed, config.background, scan.sweeps, config.scan.wrap.value(), kGroups,
                   frames_that_fit(scan.height(), scan.width(), kFramesAGroup));
  std::int64_t total = 0;
  for (const FrameGroup& group : groups) total += static_cast<std::int64_t>(group.window.size());
  search.progress.start("measuring the noise", total, "images");
  std::vector<GroupResiduals> residuals;
  for (const FrameGroup& group : groups) {
    FrameSample sample = read_sample(scan, group.window, search.dark, search.progress, &search.looked);
    normalise_sample(sample, beam, scan.bad_pixels);
    for (std::size_t i = 1; i < sample.size(); ++i) {
      if (sample.frame[i] == sample.frame[i - 1] + 1)
        add_frame_pair(sample.pixels[i - 1], sample.pixels[i], scan.bad_pixels, search.beam(), noise);
    }
    residuals.push_back(
        residuals_of(group, sample, config.background, scan.frame_count(), scan.bad_pixels, search.beam()));
  }
  search.progress.finish();
  std::erase_if(residuals, [](const GroupResiduals& group) { return group.run.empty(); });
  return residuals;
}

// A narrow detector keeps something to look at.
int most_guard(const Scan& scan) {
  return std::clamp(std::max(scan.height(), scan.width()) / 8, kLeastGuard, kMostGuard);
}

// What the background of a run is the median of.
int background_frames(const Search& search) {
  const BackgroundOptions& options = search.config().background;
  return std::min(search.scan.frame_count(), 2 * options.half_window / std::max(1, options.stride) + 1);
}

// The noise model, and frames of noise alone by it.
void settle_noise(Search& search, const std::vector<GroupResiduals>& groups, NoiseSamples& samples) {
  const Scan& scan = search.scan;
  add_dark_pairs(scan, search.beam(), samples);
  search.model = samples.fit();
  search.background = typical_background(search, groups);
  if (!no_model(search.model, search.background).empty()) return;
  const Region near_beam = search.beam().grown(most_guard(scan), scan.height(), scan.width());
  const NoiseShape shape = noise_shape(groups, search.model, scan.bad_pixels, near_beam);
  search.noise = simulate_noise(groups, shape, background_frames(search), scan.bad_pixels, search.beam());
}

void settle_guard(Search& search, const std::vector<GroupResiduals>& groups) {
  Auto<int>& guard = search.config().beam.guard;
  if (!guard.is_auto()) return;
  const Scan& scan = search.scan;
  const Region beam = search.beam();
  const int most = most_guard(scan);
  const NoiseLevel noise = noise_of(groups, scan.bad_pixels, beam.grown(most, scan.height(), scan.width()));
  const double limit = kGuardNoise * noise.high;
  std::vector<double> ring(static_cast<std::size_t>(most), 0.0);
  for (const GroupResiduals& group : groups) {
    const std::vector<Spread> spreads = ring_spreads(group.run, scan.bad_pixels, beam, most);
    for (std::size_t i = 0; i < ring.size(); ++i) ring[i] = std::max(ring[i], spreads[i].sigma);
  }
  // The first ring from which three in a row are quiet.
  int quiet = 0;
  int distance = 1;
  for (; distance <= most && quiet < 3; ++distance)
    quiet = ring[static_cast<std::size_t>(distance - 1)] <= limit ? quiet + 1 : 0;
  const int loud = distance - 1 - quiet;
  guard = std::clamp(loud + kMoreGuard, kLeastGuard, most);
  search.say(
      "beam.guard",
      fmt::format(
          "the noise right beside the beam is {:.3g} counts, and from {} pixels on at most {:.1f} times that of the "
          "noisiest tenth of the detector ({:.3g})",
          ring.front(), loud + 1, kGuardNoise, noise.high));
}

// The noise that the 2D median leaves in the kEdgeRings rings round the beam from `first` on, the largest of all
// groups.
double edge_noise(const std::vector<std::vector<Spread>>& rings, std::size_t first) {
  double sigma = 0;
  for (const std::vector<Spread>& of_group : rings) {
    for (std::size_t i = first; i < std::min(first + kEdgeRings, of_group.size()); ++i)
      sigma = std::max(sigma, of_group[i].sigma);
  }
  return sigma;
}

// What the guard leaves of the noise beside the beam must not reach the level down to which spots grow: it is widened
// until it does not. `groups` after the 2D median.
void widen_guard(Search& search, const std::vector<GroupResiduals>& groups) {
  const Scan& scan = search.scan;
  Auto<int>& guard = search.config().beam.guard;
  const int found = guard.value();
  const SegmentOptions steps = in_steps(search.config().segment);
  const int grow = lowest_level(steps);
  const auto in_counts = [&](double level) { return level * search.step_counts; };
  const int most = std::max(found, kWidenGuard * most_guard(scan));
  std::vector<std::vector<Spread>> rings;
  for (const GroupResiduals& group : groups)
    rings.push_back(ring_spreads(group.run, scan.bad_pixels, search.beam(), most + kEdgeRings));
  const auto noise_at = [&](int width) { return edge_noise(rings, static_cast<std::size_t>(width)); };
  int width = found;
  while (width < most && noise_at(width) >= grow) ++width;
  const bool holds = noise_at(width) < grow;
  if (holds) guard = width;
  std::string& why = search.estimate.why["beam.guard"];
  if (guard.value() > found)
    why += fmt::format(
        "; that would be {}, but the 2D median leaves {:.3g} counts there, where spots grow down to {:.4g}: widened "
        "until it leaves less",
        found, in_counts(noise_at(found)), in_counts(grow));
  why += fmt::format("; at its edge the 2D median leaves {:.3g}, where spots grow down to {:.4g}",
                     in_counts(noise_at(guard.value())), in_counts(grow));
  if (holds) return;
  search.warn(
      fmt::format("beam.guard = {}: the noise at its edge ({:.3g} counts) reaches segment.grow_min = \"{}\", and so it "
                  "does up to {} pixels from the beam; give a larger grow_min, or look at what is there",
                  found, in_counts(noise_at(found)), level_text(grow, steps), most));
}

// Spots that are still there a quarter of the half window away on either side of a frame last about half of it or more:
// the background's median begins to hold them.
void check_window(Search& search, const std::vector<GroupResiduals>& groups) {
  const Config& config = search.config();
  const SegmentOptions steps = in_steps(config.segment);
  const int seed = step_of(steps.seed);
  const int grow = lowest_level(steps);
  std::uint64_t bright = 0;
  std::uint64_t still = 0;
  int by = 0;
  for (const GroupResiduals& group : groups) {
    const Image<std::uint16_t>& middle = group.run[group.run.size() / 2].above;
    for (const Residual& apart : group.apart) {
      for (std::size_t i = 0; i < middle.size(); ++i) {
        if (middle.data()[i] < seed) continue;
        ++bright;
        still += apart.above.data()[i] >= grow;
      }
    }
    if (!group.apart.empty()) by = group.apart_by;
  }
  if (bright < 50 || static_cast<double>(still) < kLongShare * static_cast<double>(bright)) return;
  search.warn(fmt::format(
      "background.half_window = {} frames may be too short: {:.0f} % of the bright pixels are still bright {} frames "
      "away, so that spots enter their own background; make it several times the longest spot",
      config.background.half_window, 100.0 * static_cast<double>(still) / static_cast<double>(bright), by));
}

struct LevelsFound {
  ThresholdChoice choice;
  std::optional<ThresholdChoice> bare;  // what would be found without the levels that are given; none where none is
};

// Says of a value that was found that it would be another without the levels that are given.
void say_that_it_follows(Search& search, const std::string& key, const std::string& found, const std::string& otherwise,
                         const std::string& given) {
  if (found == otherwise || !search.estimate.why.contains(key)) return;
  search.estimate.why[key] += fmt::format("; it would be {} without {}", otherwise, given);
}

// All of [segment] but unit and split.
LevelsFound settle_levels(Search& search, const std::vector<GroupResiduals>& groups, const NoiseSource& noise) {
  const SegmentOptions given = search.config().segment;
  const int first = first_false_level(in_steps(given), noise);
  const std::vector<FalseBlobs> counted = count_false_blobs(noise, given.connectivity, first);
  const auto choose = [&](const SegmentOptions& options, std::span<const FalseBlobs> false_blobs) {
    return choose_thresholds(in_steps(options), groups, noise, false_blobs, search.scan.frame_count(),
                             search.false_spots);
  };
  ThresholdChoice choice = choose(given, counted);
  const std::string levels = given_levels_text(given);
  std::optional<ThresholdChoice> bare;
  if (!levels.empty()) {
    SegmentOptions open = with_open_thresholds(given);
    open.min_seed_volume = given.min_seed_volume;
    const int lowest = first_false_level(in_steps(open), noise);
    bare = lowest == first ? choose(open, counted) : choose(open, count_false_blobs(noise, given.connectivity, lowest));
    // A level that is raised lets no smaller spots in.
    if (bare->options.min_seed_volume.value() >= choice.options.min_seed_volume.value()) {
      choice.options.min_seed_volume = bare->options.min_seed_volume;
      choice.why["min_seed_volume"] = bare->why["min_seed_volume"];
    }
  }
  SegmentOptions& found = search.config().segment;
  const auto take = [&](Auto<Level>& level, const Auto<Level>& chosen) {
    // A wide 2D median may leave so little that less would do than a level may be.
    if (level.is_auto()) level = std::max(level_of_step(step_of(chosen), given), Level(1));
  };
  take(found.seed, choice.options.seed);
  take(found.grow_min, choice.options.grow_min);
  take(found.grow_max, choice.options.grow_max);
  found.min_seed_volume = choice.options.min_seed_volume;
  const auto say = [&](const char* key, const auto& value) {
    if (value.is_auto()) search.say(std::string("segment.") + key, choice.why[key]);
  };
  search.say("segment.seed", choice.why["seed"]);
  say("grow_min", given.grow_min);
  say("grow_max", given.grow_max);
  say("min_seed_volume", given.min_seed_volume);
  if (!bare) return {std::move(choice), {}};
  const auto follow = [&](const char* key, const auto& now, const auto& otherwise) {
    const auto text = [&](const auto& value) {
      if constexpr (std::same_as<std::decay_t<decltype(value)>, Auto<Level>>) {
        return level_text(step_of(value), given);
      } else {
        return fmt::format("{}", value.value());
      }
    };
    say_that_it_follows(search, std::string("segment.") + key, text(now), text(otherwise), levels);
  };
  follow("seed", choice.options.seed, bare->options.seed);
  follow("grow_min", choice.options.grow_min, bare->options.grow_min);
  follow("grow_max", choice.options.grow_max, bare->options.grow_max);
  follow("min_seed_volume", choice.options.min_seed_volume, bare->options.min_seed_volume);
  return {std::move(choice), std::move(bare)};
}

// segment.split, and what it would be without the levels that are given.
void settle_split_after(Search& search, const NoiseLevel& noise, const LevelsFound& levels,
                        std::span<const GroupResiduals> groups, const SegmentOptions& given) {
  const bool by_noise = settle_split(search, noise, levels.choice.size, groups);
  if (!levels.bare || !by_noise) return;
  const Config& config = search.config();
  const double otherwise =
      split_by_noise(levels.bare->options, config.denoise, noise, levels.bare->size, search.step_counts);
  say_that_it_follows(search, "segment.split", fmt::format("{:g}", config.segment.split.value()),
                      fmt::format("{:g}", otherwise), given_levels_text(given));
}

// How many false spots noise makes of the scan with the levels as they are now.
void say_false_spots(Search& search, const NoiseSource& noise, std::span<const GroupResiduals> groups) {
  const SegmentOptions steps = in_steps(search.config().segment);
  const int frames = search.scan.frame_count();
  const std::optional<double> expected = expected_false_spots(noise, groups, steps, frames);
  std::string& why = search.estimate.why["segment.seed"];
  if (!expected) {
    if (!noise.is_simulated) {
      why += "; how many false spots noise makes is not known, since the scan does not tell its noise";
      return;
    }
    const char* together =
        "reached by noise that is connected over all frames: how many false spots it makes cannot be known";
    why += fmt::format("; segment.{} is {}", lowest_level_key(steps), together);
    search.warn(fmt::format("segment.{} = {} is {}; raise it, and segment.seed", lowest_level_key(steps),
                            level_text(lowest_level(steps), steps), together));
    return;
  }
  const bool has_zingers = search.config().denoise.mode.value() != DenoiseMode::kFull;
  // Without the full 2D median, noise near spots is joined to them: fewer are false than noise alone would make.
  const bool joins_spots = has_zingers && share_near_spots(groups, steps, noise.level) > kMuchNearSpots;
  const char* about = joins_spots ? "at most" : "about";
  why += fmt::format("; with min_seed_volume = {} noise makes {} false spots in {} frames, where {:g} are allowed{}",
                     steps.min_seed_volume.value(),
                     *expected < 0.01 ? "fewer than 0.01" : fmt::format("{} {:.2g}", about, *expected), frames,
                     search.false_spots, has_zingers ? ", not counting zingers and unsteady pixels" : "");
  if (*expected > search.false_spots)
    search.warn(fmt::format(
        "segment.seed = \"{}\" with min_seed_volume = {} lets {} {:.2g} false spots be expected, where {:g} are "
        "allowed: raise either",
        level_text(step_of(steps.seed), steps), steps.min_seed_volume.value(), about, *expected, search.false_spots));
}

// Spots of a few standard deviations are found elsewhere: a seed that lies far above has a reason that is worth a look.
void doubt_seed(Search& search, const ThresholdChoice& choice) {
  if (search.noise.empty()) return;
  const SegmentOptions steps = in_steps(search.config().segment);
  const double reading = std::sqrt(variance_of_reading(search.model, search.background));
  const int seed = step_of(steps.seed);
  const double sigmas = seed * search.step_counts / reading;
  if (sigmas <= kHighSeed) return;
  search.warn(fmt::format(
      "segment.seed = {} is {:.0f} times the noise of a typical reading ({:.3g} counts): spots of lower peaks are "
      "missed. {:.2g} false spots are expected there and {:g} allowed, with denoise.mode = \"{}\"; the noise by itself "
      "would allow {}: try --set \"segment.seed={}\", or --set denoise.mode=full, and compare the pictures of `dctprep "
      "show`",
      level_text(seed, steps), sigmas, reading, choice.false_blobs, search.false_spots,
      enum_name(search.config().denoise.mode.value()), level_text(choice.lowest_seed, steps),
      level_text(choice.lowest_seed, steps)));
}

}  // namespace

void settle_thresholds(Search& search, const BeamScale& beam) {
  const Scan& scan = search.scan;
  Config& config = search.config();
  NoiseSamples samples;
  std::vector<GroupResiduals> groups = read_groups(search, beam, samples);
  if (groups.empty())
    fail("segment.{}: none of the frames that noise is measured in can be read; give it, or check the scan",
         config.segment.seed.is_auto()   ? "seed"
         : config.segment.unit.is_auto() ? "unit"
                                         : "grow_min");
  settle_noise(search, groups, samples);
  const bool guard_is_found = config.beam.guard.is_auto();
  settle_guard(search, groups);
  const Region excluded = search.beam().grown(config.beam.guard.value(), scan.height(), scan.width());
  const bool is_simulated = !search.noise.empty();
  const NoiseLevel before = noise_of(is_simulated ? search.noise : groups, scan.bad_pixels, excluded);
  std::optional<Trial> trial = settle_unit(search, groups, excluded);
  settle_denoise(search, groups, before, excluded, std::move(trial));
  for (std::vector<GroupResiduals>* of : {&groups, &search.noise}) {
    for (GroupResiduals& group : *of) {
      denoise_residuals(group.run, config.denoise, scan.bad_pixels, excluded);
      denoise_residuals(group.apart, config.denoise, scan.bad_pixels, excluded);
      if (!search.scale.empty()) scale_residuals(group, search.scale, scan.bad_pixels);
    }
  }
  const NoiseSource noise = noise_source(is_simulated ? search.noise : groups, is_simulated, scan.bad_pixels, excluded);
  if (noise.level.high <= 0) {
    fail(
        "segment.seed: there is no good pixel outside the direct beam to measure the noise in; check beam.region and "
        "scan.mask, or give seed, grow_min and grow_max with their unit, and min_seed_volume");
  }
  const SegmentOptions given = config.segment;
  const LevelsFound levels = settle_levels(search, groups, noise);
  if (guard_is_found) widen_guard(search, groups);
  settle_split_after(search, noise.level, levels, groups, given);
  say_false_spots(search, noise, groups);
  if (given.seed.is_auto() && given.grow_min.is_auto()) doubt_seed(search, levels.choice);
  check_window(search, groups);
  if (scan.frame_count() < 20) {
    search.warn(
        fmt::format("the scan has {} frames: too few for a background that holds no spots", scan.frame_count()));
  }
}

}  // namespace dctprep
