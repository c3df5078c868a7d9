// SPDX-License-Identifier: BSD-3-Clause
// Wirings of the two halves of the chain.
#include "dctprep/pipeline/cpu_producer.h"
#include "dctprep/pipeline/queued.h"
#include "dctprep/pipeline/reference_producer.h"
#include "dctprep/pipeline/reference_spot_maker.h"
#include "dctprep/pipeline/run.h"
#include "dctprep/pipeline/spot_maker.h"

namespace dctprep {

RunReport run_streaming(const RunPlan& plan, const FrameSource& source, ResultSink& sink, Progress& progress) {
  const BlockRange all = all_blocks(plan);
  const bool with_boxes = plan.config.spots.photometry;
  MemoryNeed need = CpuProducer::memory(plan, all, with_boxes);
  need += SpotMaker::memory(plan);
  need = within_memory(need, plan.config.run.memory);
  log_memory(need);
  CpuProducer producer(plan, source, all, with_boxes, need, progress);
  SpotMaker maker(plan, producer.boxes(), need, sink);
  progress.start("processing", plan.frames, "images");
  Queued(maker).run(producer);
  progress.finish();
  return maker.finish(producer.timing());
}

RunReport run_reference(const RunPlan& plan, const FrameSource& source, ResultSink& sink, Progress& progress) {
  ReferenceProducer producer(plan, source, all_blocks(plan), progress);
  ReferenceSpotMaker maker(plan, producer.boxes(), sink);
  progress.start("processing (reference)", plan.frames, "images");
  producer.produce(maker);
  progress.finish();
  return maker.finish({});
}

}  // namespace dctprep
