// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/estimate/beam/settle_beam.h"

#include <algorithm>
#include <cstdlib>
#include <span>

#include "dctprep/base/error.h"
#include "dctprep/core/frame_median.h"
#include "dctprep/core/rank_median.h"
#include "dctprep/correct/dark.h"
#include "dctprep/correct/normalise.h"
#include "dctprep/estimate/beam/direct_beam.h"
#include "dctprep/estimate/beam/judge_rectangle.h"
#include "dctprep/estimate/beam/sample_box.h"
#include "dctprep/estimate/beam/settle_monitor.h"
#include "dctprep/estimate/beam/surrounding_light.h"
#include "dctprep/estimate/search.h"

namespace dctprep {

namespace {

constexpr double kGivenBlur = 2;  // of the edges of a beam that is given, in pixels

std::string region_text(const Region& r) { return fmt::format("[{}, {}, {}, {}]", r.u0, r.v0, r.u1, r.v1); }

bool is_given(const Auto<Normalise>& normalise, Normalise value) {
  return !normalise.is_auto() && normalise.value() == value;
}

constexpr double kSure = 0.7;  // confidence below this is warned of

Image<std::uint16_t> median_of(std::span<const Image<std::uint16_t>> frames) {
  std::vector<const std::uint16_t*> stack;
  for (const auto& image : frames) stack.push_back(image.data());
  Image<std::uint16_t> median(frames.front().height(), frames.front().width());
  rank_median_over_frames(stack, median.size(), median.data());
  return median;
}

// By how many pixels the sides of the beam differ between the first and the second half of the rotation; a side that
// is lost there counts as far off.
int drift_of(const Region& beam, const FrameSample& sample, ImageView<const std::uint8_t> bad_pixels) {
  const std::span<const Image<std::uint16_t>> frames(sample.pixels);
  if (frames.size() < 6) return 0;
  const Region first = refit_direct_beam(median_of(frames.first(frames.size() / 2)), bad_pixels, beam);
  const Region second = refit_direct_beam(median_of(frames.subspan(frames.size() / 2)), bad_pixels, beam);
  if (first.empty() || second.empty()) return 99;
  return std::max({std::abs(first.u0 - second.u0), std::abs(first.v0 - second.v0), std::abs(first.u1 - second.u1),
                   std::abs(first.v1 - second.v1)});
}

std::string confidence_text(const DirectBeam& found) {
  return fmt::format("confidence {:.2f}{}", found.confidence,
                     found.doubt.empty() || found.confidence >= 0.95 ? "" : fmt::format(" as {}", found.doubt));
}

void warn_of_beam(Search& search, const DirectBeam& found) {
  if (!found.region.empty() && found.confidence < kSure) {
    search.warn(
        fmt::format("beam.region = {} is uncertain ({}); look at the scan with `dctprep show`, and where it is wrong, "
                    "give it, as in "
                    "--set \"beam.region=[u0, v0, u1, v1]\", or --set beam.region=none",
                    region_text(found.region), confidence_text(found)));
  }
  if (found.region.empty() && found.dark_rectangle.empty() && found.confidence < kSure) {
    search.warn(
        fmt::format("beam.region = \"none\" is uncertain (confidence {:.2f}): {}; where it is the direct beam all the "
                    "same, say so with "
                    "--set \"beam.region={}\"",
                    found.confidence, found.why, region_text(found.rival)));
  }
  if (!found.dark_rectangle.empty()) {
    search.warn(
        fmt::format("beam.region: {0} is darker than what lies around it, as behind a beam stop; it is not excluded; "
                    "to exclude it, "
                    "--set \"beam.region={0}\" --set beam.normalise=none",
                    region_text(found.dark_rectangle)));
  }
}

// Returns the blur of the beam's edges.
double settle_region(Search& search, const FrameSample& sample) {
  BeamOptions& options = search.config().beam;
  if (!options.region.is_auto()) return kGivenBlur;
  DirectBeam found = find_direct_beam(median_of(sample.pixels), search.scan.bad_pixels);
  if (!found.region.empty()) {
    const int drift = drift_of(found.region, sample, search.scan.bad_pixels);
    if (const double steady = credit(drift, 8, 3, 1); steady < found.confidence) {
      found.confidence = steady;
      found.doubt = fmt::format("a side lies {} pixels apart in the first and the second half of the rotation", drift);
    }
  }
  options.region = found.region;
  search.estimate.beam_confidence = found.confidence;
  const char* stop = found.dark_rectangle.empty() ? "" : ", but a dark rectangle as of a beam stop";
  search.say("beam.region",
             found.region.empty()
                 ? fmt::format("in the median of {} frames, there is no direct beam{}: {}; confidence {:.2f}",
                               sample.size(), stop, found.why, found.confidence)
                 : fmt::format("in the median of {} frames, {}; {}", sample.size(), found.why, confidence_text(found)));
  warn_of_beam(search, found);
  if (!found.region.empty()) return found.blur;
  const char* needs =
      options.transmission ? "transmission = true"
      : is_given(options.normalise, Normalise::kMargin) || is_given(options.normalise, Normalise::kFullbeam)
          ? "normalise"
          : nullptr;
  if (needs != nullptr)
    fail("beam.{} needs a direct beam, and none was found ({}): give beam.region = [u0, v0, u1, v1]", needs, found.why);
  return 0;
}

// Whether a side with so many columns of even beam measures it: at least half of the margin lies on them.
bool measures(int columns, int margin) { return 2 * columns >= margin; }

// Why the beam is not to be measured beside the sample; "" where it is.
std::string margin_problem(const SampleBox& box, int margin) {
  if (box.region.empty()) return box.why;
  int columns = 0;
  for (const int side : {box.left, box.right}) columns += measures(side, margin) ? std::min(side, margin) : 0;
  if (columns >= margin) return "";
  return fmt::format("the sample leaves {} and {} columns of even beam beside it, too few for margin = {}", box.left,
                     box.right, margin);
}

// Where the beam is not seen beside the sample (`problem`): the full beam, unless the turning sample dims it by more
// than the beam itself varies. The light beside the beam tells.
void settle_without_margin(Search& search, const FrameSample& sample, double blur, const std::string& problem) {
  BeamOptions& options = search.config().beam;
  const Scan& scan = search.scan;
  options.normalise = Normalise::kFullbeam;
  std::vector<double> alone, normalised;
  const std::vector<double> light =
      surrounding_light(sample, median_of(sample.pixels), scan.bad_pixels, options.region.value(), blur);
  if (!light.empty()) {
    const std::vector<double> beam = intensities_of(
        sample, intensity_regions(options, scan.height(), scan.width(), scan.bad_pixels), scan.bad_pixels);
    std::vector<double> sorted = beam;
    const double no_beam = kNoBeamShare * rank_median(sorted);
    for (std::size_t i = 0; i < light.size(); ++i) {
      if (beam[i] <= no_beam || light[i] <= 0) continue;
      alone.push_back(light[i]);
      normalised.push_back(light[i] / beam[i]);
    }
  }
  constexpr std::size_t kFewFrames = 8;
  if (alone.size() < kFewFrames) return search.say("beam.normalise", problem);
  const double as_it_is = relative_spread(std::move(alone)), over_beam = relative_spread(std::move(normalised));
  // What differs by less than a half may be chance.
  const bool dims = as_it_is < over_beam / 1.5;
  if (dims) options.normalise = Normalise::kNone;
  search.say("beam.normalise",
             fmt::format("{}; the light beside the beam spreads by {:.2f} % as it is, by {:.2f} % over the full beam{}",
                         problem, 100 * as_it_is, 100 * over_beam,
                         dims ? ", which the sample dims as it turns: better none" : ""));
}

void settle_sample(Search& search, const FrameSample& sample, double blur) {
  BeamOptions& options = search.config().beam;
  const Region beam = options.region.value();
  Image<std::uint16_t> flat;
  if (search.scan.flats) {
    flat = median_of_frames(*search.scan.flats, "flat");
    subtract_dark(flat, search.dark);
  }
  SampleBox box = find_sample_box(sample, flat, search.scan.bad_pixels, beam, blur);
  const std::string problem = margin_problem(box, options.margin);
  // A side with too little is left out of the measurement: the box then reaches the beam's edge.
  if (!box.region.empty() && problem.empty()) {
    if (!measures(box.left, options.margin)) box.region.u0 = beam.u0;
    if (!measures(box.right, options.margin)) box.region.u1 = beam.u1;
  }
  if (options.sample.is_auto()) {
    if (is_given(options.normalise, Normalise::kMargin) && !problem.empty())
      fail("beam.normalise = \"margin\": {}; give beam.sample, or take \"fullbeam\"", problem);
    options.sample = box.region;
    search.say("beam.sample", box.region.empty()
                                  ? box.why
                                  : fmt::format("{}; {} columns of even beam left of it, {} right of it, the "
                                                "{} at the beam's blurred edges aside",
                                                box.why, box.left, box.right, box.edge));
    if (!options.normalise.is_auto()) return;
    if (!problem.empty()) return settle_without_margin(search, sample, blur, problem);
    options.normalise = Normalise::kMargin;
    search.say("beam.normalise", "the beam is seen beside the sample");
    return;
  }
  const Region given = options.sample.value();
  const int columns = std::max(0, given.u0 - beam.u0) + std::max(0, beam.u1 - given.u1);
  const bool margin = !given.empty() && columns > 0;
  if (!margin)
    return settle_without_margin(search, sample, blur, "the sample given leaves no column of the beam beside it");
  options.normalise = Normalise::kMargin;
  search.say("beam.normalise", "the beam is seen beside the sample given");
}

}  // namespace

void settle_without_beam(Search& search, const FrameSample* sample) {
  BeamOptions& options = search.config().beam;
  const char* why = "there is no direct beam";
  if (options.sample.is_auto()) options.sample = Region{}, search.say("beam.sample", why);
  if (options.normalise.is_auto()) {
    const MonitorChoice choice = sample == nullptr ? MonitorChoice{} : choose_monitor(search, *sample);
    options.normalise = choice.path ? Normalise::kMonitor : Normalise::kNone;
    if (choice.path) options.monitor = *choice.path, search.say("beam.monitor", choice.why);
    search.say("beam.normalise", choice.why.empty() ? why : fmt::format("{}; {}", why, choice.why));
  }
  if (options.guard.is_auto()) options.guard = 0, search.say("beam.guard", why);
}

BeamScale settle_beam(Search& search, const FrameSample& sample, std::vector<double>& intensities) {
  BeamOptions& options = search.config().beam;
  const Scan& scan = search.scan;
  const double blur = settle_region(search, sample);
  BeamScale scale;
  if (search.beam().empty()) {
    settle_without_beam(search, &sample);
    settle_monitor(search, scale);
    return scale;
  }
  if (search.beam() != search.beam().grown(0, scan.height(), scan.width())) {
    fail_usage("beam.region = {} leaves the detector, which has {} columns and {} rows", region_text(search.beam()),
               scan.width(), scan.height());
  }
  if (options.sample.is_auto() || options.normalise.is_auto()) settle_sample(search, sample, blur);
  scale.regions = intensity_regions(options, scan.height(), scan.width(), scan.bad_pixels);
  intensities = intensities_of(sample, scale.regions, scan.bad_pixels);
  std::vector<double> measured = intensities;
  scale.median = rank_median(measured);
  scale.reference = options.intensity.is_auto() ? scale.median : options.intensity.value();
  scale.scale = options.normalise.value() != Normalise::kNone;
  settle_monitor(search, scale);
  return scale;
}

}  // namespace dctprep
