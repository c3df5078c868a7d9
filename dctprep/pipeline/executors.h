// SPDX-License-Identifier: BSD-3-Clause
// Wirings of the two halves of the chain: from a plan to the end of a sink that has begun.
#pragma once

#include <memory>
#include <vector>

#include "dctprep/base/progress.h"
#include "dctprep/core/frame_source.h"
#include "dctprep/core/result_sink.h"
#include "dctprep/pipeline/checkpoint.h"
#include "dctprep/pipeline/product.h"
#include "dctprep/pipeline/run.h"
#include "dctprep/pipeline/sparse_producer.h"
#include "dctprep/pipeline/sparse_writer.h"

namespace dctprep {

// From the scan to spots. Where output.sparse is set, the file `sparse` gets the products as well, and is finished
// before the sink is.
RunReport run_streaming(const RunPlan& plan, const FrameSource& source, const SparseOutput& sparse, ResultSink& sink,
                        Progress& progress);
// The same, going on from what a checkpoint holds (`stored`: its plan, `done`: its files), and adding to it.
RunReport run_resumed(const RunPlan& plan, const FrameSource& source, SharedPlan stored, std::vector<SparsePart> done,
                      const Checkpoint& checkpoint, const SparseOutput& sparse, ResultSink& sink, Progress& progress);
RunReport run_reference(const RunPlan& plan, const FrameSource& source, ResultSink& sink, Progress& progress);

// From the scan to the products of some blocks, at least one.
void run_part(const RunPlan& plan, const FrameSource& source, BlockRange range, SparseWriter& sparse,
              Progress& progress);

// From products to spots; `parts` and `source` as of SparseProducer. They hold all blocks.
RunReport run_stored(const RunPlan& plan, SharedPlan stored, std::vector<SparsePart> parts, const FrameSource* source,
                     ResultSink& sink, Progress& progress);

}  // namespace dctprep
