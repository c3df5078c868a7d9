#include "dctprep/estimate/parameters.h"

#include <optional>
#include <tbb/global_control.h>

#include "dctprep/base/error.h"
#include "dctprep/correct/dark.h"
#include "dctprep/estimate/search.h"

namespace dctprep {

namespace {

constexpr int kSpread = 33;  // frames over the rotation, for the beam

bool thresholds_open(const Config& config) {
  const SegmentOptions& s = config.segment;
  return config.beam.guard.is_auto() || config.denoise.threshold.is_auto() || s.seed.is_auto() ||
         s.grow_min.is_auto() || s.grow_max.is_auto() || s.min_seed_volume.is_auto() || s.split.is_auto();
}

bool beam_open(const BeamOptions& o) { return o.region.is_auto() || o.sample.is_auto() || o.normalise.is_auto(); }

void read_dark(Search& search) {
  const Scan& scan = search.scan;
  for (const auto& [source, what] : {std::pair(scan.darks, "dark"), std::pair(scan.flats, "flat")}) {
    if (source && (source->height() != scan.height() || source->width() != scan.width())) {
      fail(
          "the {} frames have {} x {} pixels, the scan has {} x {}: they do not belong together; name others with "
          "scan.{}",
          what, source->width(), source->height(), scan.width(), scan.height(), what);
    }
  }
  if (scan.darks) search.dark = median_of_frames(*scan.darks, "dark");
}

FrameSample read_spread(Search& search) {
  const Scan& scan = search.scan;
  const std::vector<int> wanted = spread_frames(search.listed, frames_that_fit(scan.height(), scan.width(), kSpread));
  search.progress.start("looking for the beam", static_cast<std::int64_t>(wanted.size()), "images");
  FrameSample sample = read_sample(scan, wanted, search.dark, search.progress);
  search.progress.finish();
  if (wanted.empty()) fail("scan.bad_frames lists every frame, so that none is left to look at; list fewer");
  if (sample.size() == 0) {
    fail(
        "{}: none of the {} frames looked at can be read, so that nothing can be found from them; `dctprep info "
        "--check` says what is wrong with each",
        scan.storage.location, wanted.size());
  }
  return sample;
}

}  // namespace

Estimate find_parameters(const Config& given, const Scan& scan, Progress& progress) {
  std::optional<tbb::global_control> limit;
  if (!given.run.threads.is_auto())
    limit.emplace(tbb::global_control::max_allowed_parallelism, static_cast<std::size_t>(given.run.threads.value()));
  Estimate estimate{given, {}, {}, {}};
  Search search{
      estimate, scan, progress, {}, std::vector<std::uint8_t>(static_cast<std::size_t>(scan.frame_count()), 0)};
  for (const int k : given.scan.bad_frames) {
    if (0 <= k && k < scan.frame_count()) search.listed[static_cast<std::size_t>(k)] = 1;
  }
  settle_scan(search);
  const BeamOptions& beam = estimate.config.beam;
  if (!beam.region.is_auto() && beam.region.value().empty()) settle_without_beam(search);
  // Only the margin needs to know where the sample is.
  if (beam.sample.is_auto() && !beam.normalise.is_auto() && beam.normalise.value() != Normalise::kMargin) {
    estimate.config.beam.sample = Region{};
    search.say("beam.sample", "not needed: frames are not normalised by the margin");
  }
  if (!beam_open(beam) && !thresholds_open(estimate.config)) return estimate;
  read_dark(search);
  BeamScale scale;
  if (beam.region.is_auto() || !beam.region.value().empty()) scale = settle_beam(search, read_spread(search));
  if (thresholds_open(estimate.config)) settle_thresholds(search, scale);
  return estimate;
}

}  // namespace dctprep
