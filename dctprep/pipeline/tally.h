// SPDX-License-Identifier: BSD-3-Clause
// What a run gathers frame by frame and blob by blob, the same for every executor.
#pragma once

#include <cstdint>
#include <vector>

#include "dctprep/core/pixel_changes.h"
#include "dctprep/core/result_sink.h"
#include "dctprep/measure/measure.h"
#include "dctprep/pipeline/run.h"

namespace dctprep {

class Tally {
 public:
  Tally(const Setup& setup, ResultSink& sink);

  // After a frame is read; false the second time, which changes nothing. Throws where bad frames become too many.
  bool frame(int k, const CorrectedFrame& corrected);
  void frame_offset(int k, std::int32_t offset) { summary_.frame_offset[static_cast<std::size_t>(k)] = offset; }
  std::int32_t frame_offset(int k) const { return summary_.frame_offset[static_cast<std::size_t>(k)]; }
  float factor(int k) const { return summary_.beam_factor[static_cast<std::size_t>(k)]; }
  // Hands it to the sink.
  void blob(const MeasuredBlob& measured);
  bool is_bad(int k) const { return context_.bad_frames[static_cast<std::size_t>(k)] != 0; }
  const MeasureContext& context() const { return context_; }
  // Ends the sink.
  RunReport end(std::vector<std::pair<std::string, double>> timing);

 private:
  const Setup& setup_;
  ResultSink& sink_;
  MeasureContext context_;
  ResultSummary summary_;
  RunReport report_;
  ChangeTally changes_;
  std::vector<std::uint8_t> seen_;
  int seen_count_ = 0;
};

}  // namespace dctprep
