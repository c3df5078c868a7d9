// SPDX-License-Identifier: BSD-3-Clause
// The whole configuration: one table a stage, each declared beside its stage.
#pragma once

#include "dctprep/background/options.h"
#include "dctprep/base/fields.h"
#include "dctprep/config/run_options.h"
#include "dctprep/correct/options.h"
#include "dctprep/denoise/options.h"
#include "dctprep/measure/options.h"
#include "dctprep/read/options.h"
#include "dctprep/segment/options.h"
#include "dctprep/write/options.h"

namespace dctprep {

struct Config {
  ScanOptions scan;
  BeamOptions beam;
  BackgroundOptions background;
  DenoiseOptions denoise;
  SegmentOptions segment;
  FilterOptions filter;
  SpotsOptions spots;
  OutputOptions output;
  RunOptions run;

  friend bool operator==(const Config&, const Config&) = default;
};

// Calls visit(table_name, table, doc) for each table, in the order of the pipeline.
template <OptionsLike<Config> C, class Visitor>
void visit_tables(C& c, Visitor&& visit) {
  visit("scan", c.scan, "where the frames are and which of them are used");
  visit("beam", c.beam, "the direct beam and the normalisation to its intensity");
  visit("background", c.background, "the moving median over frames");
  visit("denoise", c.denoise, "the 2D median that removes hot spots");
  visit("segment", c.segment, "the double threshold in 3D");
  visit("filter", c.filter, "which blobs are no spots");
  visit("spots", c.spots, "what is written of each spot");
  visit("output", c.output, "the result file");
  visit("run", c.run, "how the work is done; nothing here changes a bit of the result");
}

}  // namespace dctprep
