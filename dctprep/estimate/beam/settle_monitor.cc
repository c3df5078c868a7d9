// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/estimate/beam/settle_monitor.h"

#include <cmath>
#include <fmt/format.h>

#include "dctprep/core/rank_median.h"
#include "dctprep/correct/normalise.h"
#include "dctprep/estimate/beam/surrounding_light.h"
#include "dctprep/estimate/search.h"
#include "dctprep/read/scan_monitor.h"

namespace dctprep {

namespace {

constexpr std::size_t kFewLitFrames = 8;
constexpr double kClearly = 1.5;   // times as even
constexpr double kLeastLight = 3;  // counts of a frame that tell of the beam

// Mean of the pixels between the quartiles of a frame, in counts: that of the light scattered all over the detector,
// which goes with the beam. A mean, so that few counts tell too; spots are too few to reach it.
double light_of(const Image<std::uint16_t>& frame, ImageView<const std::uint8_t> bad_pixels) {
  std::vector<std::uint32_t> count(65536, 0);
  std::uint64_t pixels = 0;
  for (std::size_t i = 0; i < frame.size(); ++i) {
    if (bad_pixels.pixels()[i] != 0) continue;
    ++count[frame.data()[i]];
    ++pixels;
  }
  const std::uint64_t first = pixels / 4, end = pixels - pixels / 4;
  std::uint64_t seen = 0, inside = 0, sum = 0;
  for (std::size_t value = 0; value < count.size() && seen < end; ++value) {
    const std::uint64_t from = std::max(seen, first), to = std::min(seen + count[value], end);
    if (to > from) inside += to - from, sum += (to - from) * value;
    seen += count[value];
  }
  return inside == 0 ? 0 : static_cast<double>(sum) / static_cast<double>(inside);
}

struct JudgedMonitor {
  const ScanMonitor* monitor = nullptr;
  double spread = 0;
};

// Relative spread of the light over the monitor; no value where too few frames tell.
std::optional<double> spread_over(const ScanMonitor& monitor, const FrameSample& sample,
                                  const std::vector<double>& light) {
  std::vector<double> ratios;
  const double least =
      kNoBeamShare * monitor_median(monitor.values, std::vector<std::uint8_t>(monitor.values.size(), 0));
  for (std::size_t i = 0; i < sample.size(); ++i) {
    const double value = monitor.values[static_cast<std::size_t>(sample.frame[i])];
    if (std::isfinite(value) && value > least && light[i] > 0) ratios.push_back(light[i] / value);
  }
  if (ratios.size() < kFewLitFrames) return std::nullopt;
  return relative_spread(std::move(ratios));
}

}  // namespace

MonitorChoice choose_monitor(const Search& search, const FrameSample& sample) {
  const std::vector<ScanMonitor> monitors = find_monitors(search.scan);
  if (monitors.empty()) return {};
  const std::string offer = fmt::format("to normalise by it, set normalise = \"monitor\"{}",
                                        monitors.size() > 1 ? " and monitor to its name" : "");
  std::string names = monitors[0].path;
  for (std::size_t i = 1; i < std::min<std::size_t>(monitors.size(), 6); ++i) names += ", " + monitors[i].name;
  if (monitors.size() > 6) names += ", ...";
  std::vector<double> light, alone;
  for (const auto& frame : sample.pixels) light.push_back(light_of(frame, search.scan.bad_pixels));
  for (const double counts : light)
    if (counts > 0) alone.push_back(counts);
  if (alone.size() < kFewLitFrames || rank_median(light) < kLeastLight)
    return {std::nullopt, fmt::format("the scan has a beam monitor ({}); {}", names, offer)};
  for (std::size_t i = 0; i < sample.size(); ++i) light[i] = light_of(sample.pixels[i], search.scan.bad_pixels);
  const double as_it_is = relative_spread(alone);
  JudgedMonitor best;
  for (const ScanMonitor& monitor : monitors) {
    const auto spread = spread_over(monitor, sample, light);
    if (spread && (best.monitor == nullptr || *spread < best.spread)) best = {&monitor, *spread};
  }
  if (best.monitor == nullptr) return {std::nullopt, fmt::format("the scan has a beam monitor ({}); {}", names, offer)};
  const std::string seen =
      fmt::format("the light of the frames looked at spreads by {:.2f} % as it is, by {:.2f} % over the monitor {}",
                  100 * as_it_is, 100 * best.spread, best.monitor->path);
  if (best.spread * kClearly < as_it_is) return {best.monitor->path, seen};
  return {std::nullopt, fmt::format("the scan has a beam monitor ({}), but {}; {}", names, seen, offer)};
}

void settle_monitor(Search& search, BeamScale& scale) {
  BeamOptions& options = search.config().beam;
  if (options.normalise.is_auto() || options.normalise.value() != Normalise::kMonitor || !scale.monitor.empty()) return;
  const bool was_auto = options.monitor == "auto";
  ScanMonitor monitor = read_monitor(options.monitor, search.scan);
  options.monitor = monitor.path;
  if (was_auto) search.say("beam.monitor", fmt::format("the likeliest by its name, {}", monitor.name));
  scale.monitor_median = monitor_median(monitor.values, search.listed);
  scale.monitor = std::move(monitor.values);
}

}  // namespace dctprep
