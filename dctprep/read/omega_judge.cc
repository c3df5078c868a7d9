// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/read/omega_judge.h"

#include <cmath>
#include <fmt/format.h>
#include <utility>

#include "dctprep/base/error.h"
#include "dctprep/read/angle_fit.h"
#include "dctprep/read/image/header_omega.h"
#include "dctprep/read/image/image_file.h"

namespace dctprep {

std::string place_of(const OmegaCandidate& candidate) {
  std::string text = candidate.location;
  if (candidate.location == "header") text += " " + candidate.motor;
  if (!candidate.text.empty()) text += fmt::format(" \"{}\"", candidate.text);
  return text;
}

std::string describe(const OmegaCandidate& candidate) {
  return fmt::format("{} ({})", place_of(candidate), name_of(candidate.source));
}

OmegaJudge::OmegaJudge(const ScanPath& scan, const Hdf5Layout* layout, const UsedFrames& frames)
    : scan_(scan), layout_(layout), frames_(frames) {
  if (layout != nullptr) {
    candidates_ = layout->omega;
  } else if (scan.is_hdf5_series) {
    find_in_series();
  } else {
    HeaderAngles headers = header_angles(scan.files);
    candidates_ = std::move(headers.candidates);
    for (const int k : frames.used) absent_.push_back(headers.absent[static_cast<std::size_t>(k)]);
  }
}

// The lists that lie beside the frames in each file. They are named like the numbers of headers: there is no one
// dataset that holds them.
void OmegaJudge::find_in_series() {
  places_ = hdf5_series_places(scan_.files);
  for (const int k : frames_.used) absent_.push_back(places_->frames[static_cast<std::size_t>(k)].file < 0 ? 1 : 0);
  for (OmegaCandidate& candidate : find_hdf5_layout(places_->first_file, places_->dataset).omega) {
    const bool is_list = candidate.datasets.size() == 1 && candidate.location.find('@') == std::string::npos;
    if (candidate.source != OmegaSource::kRecorded || !is_list) continue;
    candidate.text = candidate.location + " of each file";
    candidate.location = "header";
    candidates_.push_back(std::move(candidate));
  }
}

TriedOmega OmegaJudge::try_one(const OmegaCandidate& candidate) const {
  TriedOmega tried{&candidate, {}, {}};
  try {
    tried.verdict.fault = candidate.fault;
    if (tried.verdict.fault.empty()) judge(candidate, tried);
  } catch (const Error& error) {
    tried.verdict.fault = error.what();
  }
  return tried;
}

std::string OmegaJudge::path_of(const OmegaCandidate& candidate) const {
  return layout_ == nullptr ? candidate.location : absolute_path(scan_.file.string()) + "::" + candidate.location;
}

void OmegaJudge::judge(const OmegaCandidate& candidate, TriedOmega& tried) const {
  const auto factor = degrees_per(candidate.unit);
  if (!factor) {
    tried.verdict.fault = fmt::format("its unit \"{}\" is none of angle", candidate.unit);
    return;
  }
  Hdf5Numbers numbers = read(candidate);
  if (*factor != 1) {
    for (double& value : numbers.values) value *= *factor;
  }
  std::vector<int> projections;
  if (layout_ != nullptr) projections = layout_->projections.frames;
  AngleFit fit = fit_angles(numbers.shape, numbers.values, frames_, projections, candidate, frame_ids());
  tried.note = std::move(fit.note);
  tried.verdict.fault = std::move(fit.fault);
  if (!tried.verdict.fault.empty()) return;
  if (*factor != 1) {
    tried.note += fmt::format("{}given in {}", tried.note.empty() ? "" : "; ", candidate.unit);
  }
  tried.verdict = judge_angles(std::move(fit.angles), absent_);
}

// Read once for all candidates.
const std::vector<double>& OmegaJudge::frame_ids() const {
  if (!frame_ids_) {
    frame_ids_.emplace();
    if (layout_ != nullptr && !layout_->frame_ids.empty())
      frame_ids_ = read_hdf5_numbers(scan_.file, layout_->frame_ids).values;
  }
  return *frame_ids_;
}

Hdf5Numbers OmegaJudge::read(const OmegaCandidate& candidate) const {
  Hdf5Numbers all;
  if (candidate.even) {
    all.values = even_angles(*candidate.even);
  } else if (candidate.datasets.empty()) {
    all.values = candidate.values;
  }
  if (places_ && candidate.datasets.size() == 1)
    return read_series_numbers(scan_.files, *places_, candidate.datasets[0]);
  for (const std::string& dataset : candidate.datasets) {
    Hdf5Numbers numbers = read_hdf5_numbers(scan_.file, dataset);
    if (candidate.datasets.size() == 1) return numbers;
    all.values.insert(all.values.end(), numbers.values.begin(), numbers.values.end());
  }
  all.shape = {all.values.size()};
  return all;
}

// An end that is meant to be reached makes one point more.
std::vector<double> OmegaJudge::even_angles(const EvenAngles& even) const {
  std::int64_t points = even.points >= 1 && even.points < 1e8 ? std::llround(even.points) : frames_.projections;
  if (points + 1 == frames_.projections) ++points;
  std::vector<double> angles;
  for (std::int64_t k = 0; k < points; ++k) angles.push_back(even.start + static_cast<double>(k) * even.step);
  return angles;
}

}  // namespace dctprep
