// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/estimate/settle_scan.h"

#include <algorithm>
#include <fmt/format.h>

#include "dctprep/core/omega.h"
#include "dctprep/estimate/search.h"

namespace dctprep {

namespace {

// "recorded, motor rot: 0 ... 29.5 degrees", or that nothing is known; and what was refused on the way.
std::string omega_text(const Scan& scan) {
  std::string text = "unknown: nothing in the scan tells the angles";
  if (scan.omega_source != OmegaSource::kUnknown) {
    text = fmt::format("{}{}{}: {:.6g} ... {:.6g} degrees", name_of(scan.omega_source),
                       scan.omega_path.empty() ? "" : " in " + scan.omega_path,
                       scan.omega_motor.empty() ? "" : ", motor " + scan.omega_motor, scan.omega.front(),
                       scan.omega.back());
  }
  for (const std::string& rejected : scan.omega_rejected) text += "; not used: " + rejected;
  return text;
}

void settle_omega(Search& search) {
  ScanOptions& options = search.config().scan;
  const Scan& scan = search.scan;
  search.say("scan.omega", omega_text(scan));
  // Angles that nobody knows stay open.
  if (scan.omega_source == OmegaSource::kUnknown) return;
  const bool by_numbers = scan.omega_path.empty();
  if (options.omega == "auto") options.omega = by_numbers ? "none" : scan.omega_path;
  if (!by_numbers) return;
  if (options.omega_start.is_auto()) options.omega_start = scan.omega_start, search.say("scan.omega_start", "given");
  if (options.omega_step.is_auto()) options.omega_step = scan.omega_step, search.say("scan.omega_step", "given");
}

}  // namespace

void settle_scan(Search& search) {
  ScanOptions& options = search.config().scan;
  const Scan& scan = search.scan;
  const auto companion = [&](std::string& option, const std::string& opened, const char* key) {
    if (option != "auto") return;
    option = opened.empty() ? "none" : opened;
    search.say(key, option == "none" ? "none were found with the scan" : "found with the scan");
  };
  companion(options.dark, scan.dark_path, "scan.dark");
  companion(options.flat, scan.flat_path, "scan.flat");
  settle_omega(search);
  if (options.wrap.is_auto()) {
    options.wrap = scan.sweeps.size() <= 1 && is_full_turn(scan.omega);
    const OmegaRange covered = omega_range(scan.omega);
    search.say("scan.wrap", !is_known(scan.omega) ? std::string("omega is unknown, so no turn is closed")
                            : scan.sweeps.size() > 1
                                ? fmt::format("omega makes {} sweeps, so no turn is closed", scan.sweeps.size())
                                : fmt::format("{} frames in steps of {:.6g} degrees make {:.6g} degrees, {} "
                                              "one turn",
                                              scan.omega.size(), covered.step, covered.turn(),
                                              options.wrap.value() ? "which is" : "not"));
  }
  if (options.mask == "auto") {
    const auto bad = std::ranges::count_if(scan.bad_pixels.pixels(), [](std::uint8_t pixel) { return pixel != 0; });
    search.say("scan.mask", bad == 0 ? "in this scan: no pixel is masked"
                                     : fmt::format("in this scan: {} pixels are masked in its own file", bad));
  }
  if (options.max_bad_frames.is_auto()) {
    options.max_bad_frames = most_bad_frames(options, scan.frame_count());
    search.say("scan.max_bad_frames", fmt::format("1 % of the {} frames, at least 1{}", scan.frame_count(),
                                                  options.bad_frames.empty() ? "" : ", beside those listed"));
  }
  if (options.saturation.is_auto()) {
    options.saturation = scan.default_saturation();
    search.say("scan.saturation", scan.default_saturation() == scan.frames->type_max()
                                      ? "the largest value that the stored type holds"
                                      : "what the scan's file says of its detector");
  }
}

}  // namespace dctprep
