// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/simulate/simulate.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <numbers>
#include <optional>
#include <tbb/enumerable_thread_specific.h>
#include <tbb/parallel_pipeline.h>
#include <tbb/task_arena.h>
#include <tuple>
#include <utility>
#include <vector>

#include "dctprep/base/cancel.h"
#include "dctprep/base/error.h"
#include "dctprep/base/partial_file.h"
#include "dctprep/simulate/edf_writer.h"
#include "dctprep/simulate/hdf5_writer.h"
#include "dctprep/simulate/memory_writer.h"
#include "dctprep/simulate/predict.h"
#include "dctprep/simulate/resolve.h"
#include "dctprep/simulate/scan_writer.h"
#include "dctprep/simulate/spots.h"
#include "dctprep/simulate/truth.h"

namespace dctprep {

namespace fs = std::filesystem;

namespace {

// A spot that some frame in work needs. Drawn by the first who asks, gone with the last.
struct OpenSpot {
  explicit OpenSpot(std::size_t at) : number(at) {}
  std::size_t number;
  std::once_flag drawn;
  std::optional<Footprint> footprint;
};

// One image on its way from its expectation to the disk.
struct Job {
  StackKind kind = StackKind::kProjections;
  int frame = 0;
  std::vector<std::shared_ptr<OpenSpot>> spots;  // that show in this frame or in the next
  std::vector<std::uint8_t> encoded;
};

struct Canvas {
  Image<float> photons;
  Image<std::uint16_t> reading;
};

class Simulation {
 public:
  Simulation(const SimulateOptions& options, Progress& progress)
      : options_(options),
        progress_(progress),
        sample_(make_sample(options)),
        prediction_(predict_spots(options, sample_)),
        factors_(beam_factors(options)),
        light_(options, sample_.shape),
        detector_(options),
        rows_(prediction_.spots.size()),
        overlaps_(prediction_.spots.size()),
        living_(prediction_.spots.size()) {
    for (std::size_t i = 0; i < prediction_.spots.size(); ++i) {
      const PredictedSpot& spot = prediction_.spots[i];
      const int frames = options.frames.value();
      visits_.emplace_back(std::max(0, spot.first - 1), std::min(spot.last, frames - 1), i);
      if (spot.last >= frames) visits_.emplace_back(0, spot.last - frames, i);
      // Frame 0 is the neighbour of the last one.
      if (spot.first == 0 && is_full_turn(options)) visits_.emplace_back(frames - 1, frames - 1, i);
    }
    std::ranges::sort(visits_);
  }

  void run(ScanWriter& writer);
  // The table, numbered and with mates; to be called once, after run().
  std::vector<TruthSpot> table();
  void write_truth_file(const fs::path& path, const std::string& scan_name) {
    const std::vector<TruthSpot> spots = table();
    write_truth({options_, sample_, detector_, factors_, spots, scan_name}, path);
  }

 private:
  std::unique_ptr<Job> next_job();
  void open_spots(Job& job);
  void render(Job& job, Canvas& canvas);
  void mark_overlaps(const Job& job);
  Canvas& canvas();

  const SimulateOptions& options_;
  Progress& progress_;
  const Sample sample_;
  const Prediction prediction_;
  const std::vector<float> factors_;
  const Illumination light_;
  const Detector detector_;
  std::vector<TruthSpot> rows_;  // one a predicted spot
  std::vector<std::atomic<bool>> overlaps_;
  tbb::enumerable_thread_specific<Canvas> canvases_;
  // Of the serial first stage:
  std::vector<std::tuple<int, int, std::size_t>> visits_;  // (first, last, spot), by first
  std::size_t next_visit_ = 0;
  std::vector<std::pair<int, std::shared_ptr<OpenSpot>>> open_;  // (last, spot)
  std::vector<std::weak_ptr<OpenSpot>> living_;
  int made_ = 0;
};

Canvas& Simulation::canvas() {
  Canvas& canvas = canvases_.local();
  if (canvas.photons.empty()) {
    canvas.photons = Image<float>(options_.height, options_.width);
    canvas.reading = Image<std::uint16_t>(options_.height, options_.width);
  }
  return canvas;
}

void Simulation::open_spots(Job& job) {
  std::erase_if(open_, [&](const auto& open) { return open.first < job.frame; });
  for (; next_visit_ < visits_.size() && std::get<0>(visits_[next_visit_]) <= job.frame; ++next_visit_) {
    const auto& [first, last, number] = visits_[next_visit_];
    std::shared_ptr<OpenSpot> spot = living_[number].lock();
    if (!spot) living_[number] = spot = std::make_shared<OpenSpot>(number);
    open_.emplace_back(last, std::move(spot));
  }
  for (const auto& [last, spot] : open_) job.spots.push_back(spot);
  // A spot that lasts a whole turn is visited twice at once.
  std::ranges::sort(job.spots, {}, [](const auto& spot) { return spot->number; });
  job.spots.erase(std::ranges::unique(job.spots).begin(), job.spots.end());
}

std::unique_ptr<Job> Simulation::next_job() {
  const int projections = options_.frames.value();
  auto job = std::make_unique<Job>();
  int at = made_++;
  if (at < options_.flats) {
    job->kind = StackKind::kFlats;
  } else if ((at -= options_.flats) < projections) {
    job->kind = StackKind::kProjections;
  } else if ((at -= projections) < options_.darks) {
    job->kind = StackKind::kDarks;
  } else {
    return nullptr;
  }
  job->frame = at;
  if (job->kind == StackKind::kProjections) open_spots(*job);
  return job;
}

void Simulation::mark_overlaps(const Job& job) {
  for (std::size_t i = 0; i < job.spots.size(); ++i) {
    const std::size_t a = job.spots[i]->number;
    if (!(rows_[a].intensity > 0)) continue;
    for (std::size_t j = 0; j < i; ++j) {
      const std::size_t b = job.spots[j]->number;
      if (!(rows_[b].intensity > 0) || (overlaps_[a] && overlaps_[b])) continue;
      if (footprints_touch(*job.spots[i]->footprint, rows_[a], *job.spots[j]->footprint, rows_[b], job.frame,
                           options_)) {
        overlaps_[a] = overlaps_[b] = true;
      }
    }
  }
}

void Simulation::render(Job& job, Canvas& canvas) {
  if (job.kind == StackKind::kDarks) return detector_.read_out(Purpose::kDark, job.frame, {}, canvas.reading);
  if (job.kind == StackKind::kFlats) {
    light_.expose(1, std::nullopt, canvas.photons);
    return detector_.read_out(Purpose::kFlat, job.frame, canvas.photons, canvas.reading);
  }
  const int frames = options_.frames.value();
  const float factor = factors_[static_cast<std::size_t>(job.frame)];
  const double omega = (options_.omega_start + job.frame * omega_step(options_)) * std::numbers::pi / 180;
  light_.expose(factor, omega, canvas.photons);
  for (const std::shared_ptr<OpenSpot>& spot : job.spots) {
    std::call_once(spot->drawn, [&] {
      const PredictedSpot& predicted = prediction_.spots[spot->number];
      spot->footprint.emplace(options_, predicted);
      rows_[spot->number] = spot->footprint->describe(prediction_, factors_, light_, detector_);
    });
    const PredictedSpot& predicted = prediction_.spots[spot->number];
    for (const int k : {job.frame, job.frame + frames}) {
      if (predicted.first <= k && k <= predicted.last) spot->footprint->add(k, factor, canvas.photons);
    }
  }
  mark_overlaps(job);
  detector_.read_out(Purpose::kProjection, job.frame, canvas.photons, canvas.reading);
}

void Simulation::run(ScanWriter& writer) {
  const int total = options_.flats + options_.frames.value() + options_.darks;
  progress_.start("simulating", total, "images");
  // The pipeline drops what is on its way without freeing it where an error ends it, so the jobs are held here. No more
  // than `in_flight` are on their way: each finds its place free.
  const auto in_flight = static_cast<std::size_t>(2 * tbb::this_task_arena::max_concurrency());
  std::vector<std::unique_ptr<Job>> jobs(in_flight);
  std::size_t next = 0;
  const auto make = [&](tbb::flow_control& control) -> Job* {
    check_cancelled();
    std::unique_ptr<Job>& job = jobs[next++ % in_flight];
    job = next_job();
    if (!job) control.stop();
    return job.get();
  };
  const auto work = [&](Job* job) {
    Canvas& mine = canvas();
    render(*job, mine);
    job->spots.clear();
    job->encoded = writer.encode(job->kind, job->frame, mine.reading);
    return job;
  };
  const auto put = [&](Job* job) {
    writer.put(job->kind, job->frame, job->encoded);
    progress_.advance();
  };
  tbb::parallel_pipeline(in_flight, tbb::make_filter<void, Job*>(tbb::filter_mode::serial_in_order, make) &
                                        tbb::make_filter<Job*, Job*>(tbb::filter_mode::parallel, work) &
                                        tbb::make_filter<Job*, void>(tbb::filter_mode::serial_in_order, put));
  progress_.finish();
}

std::vector<TruthSpot> Simulation::table() {
  const int frames = options_.frames.value();
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    TruthSpot& row = rows_[i];
    if (!(row.intensity > 0)) continue;
    if (overlaps_[i]) row.flags |= kTruthOverlap;
    // Of a spot over the seam the rocking curve may begin before it and the footprint after it.
    if (row.frame_start >= frames) {
      row.frame_start -= frames;
      row.frame_end -= frames;
      row.frame -= frames;
      row.omega_deg -= 360;
    }
    order.push_back(i);
  }
  std::ranges::sort(order, {}, [&](std::size_t i) { return std::tuple(rows_[i].frame_start, rows_[i].frame, i); });
  std::map<std::tuple<int, int, int, int, int>, std::vector<std::size_t>> places;  // (grain, h, k, l, branch) -> ids
  for (std::size_t id = 0; id < order.size(); ++id) {
    const TruthSpot& row = rows_[order[id]];
    places[{row.grain, row.h, row.k, row.l, prediction_.spots[order[id]].branch}].push_back(id);
  }
  std::vector<TruthSpot> table;
  for (std::size_t id = 0; id < order.size(); ++id) {
    TruthSpot row = rows_[order[id]];
    row.id = static_cast<std::uint32_t>(id);
    const auto mates = places.find({row.grain, -row.h, -row.k, -row.l, prediction_.spots[order[id]].branch});
    if (mates != places.end()) row.mate = static_cast<std::int32_t>(mates->second.front());
    table.push_back(row);
  }
  return table;
}

}  // namespace

fs::path truth_path(const fs::path& out) {
  const fs::path plain = out.has_filename() ? out : out.parent_path();
  return plain.parent_path() / (plain.stem().string() + "_truth.h5");
}

void simulate(const SimulateOptions& options, const fs::path& out, bool overwrite, Progress& progress) {
  const SimulateOptions resolved = resolve_options(options);
  const fs::path truth = truth_path(out);
  PartialFile truth_file(truth, overwrite);
  const std::unique_ptr<ScanWriter> writer = resolved.format == ScanFormat::kHdf5
                                                 ? make_hdf5_writer(resolved, out, truth.filename().string(), overwrite)
                                                 : make_edf_writer(resolved, out, overwrite);
  Simulation simulation(resolved, progress);
  simulation.run(*writer);
  const fs::path plain = out.has_filename() ? out : out.parent_path();
  with_context(truth.string(), [&] { simulation.write_truth_file(truth_file.path(), plain.filename().string()); });
  writer->finish();
  truth_file.commit();
}

Scan simulate_in_memory(const SimulateOptions& options, Progress& progress) {
  const SimulateOptions resolved = resolve_options(options);
  MemoryWriter writer(resolved);
  Simulation(resolved, progress).run(writer);
  writer.finish();
  return writer.take();
}

}  // namespace dctprep
