// SPDX-License-Identifier: BSD-3-Clause
// What a run gathers frame by frame and blob by blob, the same for every way of making spots.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "dctprep/core/pixel_changes.h"
#include "dctprep/core/result_sink.h"
#include "dctprep/measure/measure.h"
#include "dctprep/pipeline/product.h"
#include "dctprep/pipeline/run.h"

namespace dctprep {

class Tally {
 public:
  Tally(const RunPlan& plan, ResultSink& sink);

  // Of each frame once. Throws where bad frames become too many.
  void frame(int k, const FrameFacts& facts);
  // Hands it to the sink.
  void blob(const MeasuredBlob& measured);
  const MeasureContext& context() const { return context_; }
  // Ends the sink.
  RunReport end(Timing timing);

 private:
  const RunPlan& plan_;
  ResultSink& sink_;
  MeasureContext context_;
  ResultSummary summary_;
  RunReport report_;
  ChangeTally changes_;
  std::map<int, std::string> changed_names_;  // of frames with changed pixels
  int seen_ = 0;
};

}  // namespace dctprep
