// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <string>

#include "dctprep/base/fields.h"
#include "dctprep/core/region.h"

namespace dctprep {

enum class Normalise { kNone, kMargin, kFullbeam, kMonitor };
template <>
struct EnumNames<Normalise> {
  static constexpr std::array<std::string_view, 4> names{"none", "margin", "fullbeam", "monitor"};
};

// [beam]: the direct beam and the normalisation to its intensity.
struct BeamOptions {
  Auto<Region> region;  // empty: "none"
  Auto<Region> sample;  // only its columns count; empty: "none"
  Auto<Normalise> normalise;
  int margin = 5;
  std::string monitor = "auto";
  Auto<double> intensity;
  Auto<int> guard;
  bool transmission = false;

  friend bool operator==(const BeamOptions&, const BeamOptions&) = default;
};

template <OptionsLike<BeamOptions> O, class Visitor>
void visit_fields(O& o, Visitor&& visit) {
  visit("region", o.region,
        FieldInfo{.doc = "direct beam, [u0, v0, u1, v1] (columns u0 ... u1-1, rows v0 ... v1-1), or \"none\"",
                  .unit = "pixels",
                  .min = 0,
                  .max = 65535});
  visit("sample", o.sample,
        FieldInfo{.doc = "the part of the direct beam that the sample shades, [u0, v0, u1, v1]; only its columns count",
                  .unit = "pixels",
                  .min = 0,
                  .max = 65535});
  visit("normalise", o.normalise,
        FieldInfo{.doc = "what frames are normalised by: the beam beside the sample (margin), the whole beam "
                         "(fullbeam), a beam monitor (monitor), nothing (none)"});
  visit("margin", o.margin,
        FieldInfo{.doc = "columns on either side of the sample that measure the beam",
                  .unit = "pixels",
                  .min = 1,
                  .max = 65535});
  visit("monitor", o.monitor,
        FieldInfo{.doc = "the beam monitor of normalise = \"monitor\", one value a frame: the name of a counter of the "
                         "scan, or a dataset; auto: fpico, mon, ic and the like, else the current of the ring",
                  .kind = FieldKind::kCounter,
                  .words = "auto",
                  .of_one_scan = true});
  visit("intensity", o.intensity,
        FieldInfo{
            .doc = "beam intensity that frames are scaled to; auto: the scan's own median (that of the monitor too)",
            .unit = "counts",
            .min = 1e-6,
            .max = 65535,
            .of_one_scan = true});
  visit("guard", o.guard,
        FieldInfo{.doc = "pixels round the direct beam in which no spots are sought",
                  .unit = "pixels",
                  .min = 0,
                  .max = 65535});
  visit("transmission", o.transmission,
        FieldInfo{.doc = "write the transmission inside the direct beam, for absorption tomography"});
}

}  // namespace dctprep
