// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/format.h>

#include "dctprep/core/omega.h"
#include "dctprep/estimate/search.h"

namespace dctprep {

namespace {

void settle_omega(Search& search) {
  ScanOptions& options = search.config().scan;
  const Scan& scan = search.scan;
  if (options.omega == "auto") {
    options.omega = scan.omega_path.empty() ? "none" : scan.omega_path;
    search.say("scan.omega", scan.omega_path.empty()    ? "the angles follow from omega_start and omega_step"
                             : scan.omega_motor.empty() ? "the angles stand in the scan"
                                                        : fmt::format("the motor that moves is {}", scan.omega_motor));
  }
  const char* used = options.omega == "none" ? "as the scan was opened" : "not used: omega names the angles";
  if (options.omega_start.is_auto()) options.omega_start = scan.omega_start, search.say("scan.omega_start", used);
  if (options.omega_step.is_auto()) options.omega_step = scan.omega_step, search.say("scan.omega_step", used);
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
    options.wrap = is_full_turn(scan.omega);
    const OmegaRange covered = omega_range(scan.omega);
    search.say("scan.wrap",
               fmt::format("{} frames in steps of {:.6g} degrees make {:.6g} degrees, {} one turn", scan.omega.size(),
                           covered.step, covered.turn(), options.wrap.value() ? "which is" : "not"));
  }
  if (options.saturation.is_auto()) {
    options.saturation = scan.frames->type_max();
    search.say("scan.saturation", "the largest value that the stored type holds");
  }
}

}  // namespace dctprep
