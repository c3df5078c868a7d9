// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/estimate/beam/sample_box.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <numeric>
#include <vector>

#include "dctprep/core/rank_median.h"
#include "dctprep/correct/normalise.h"

namespace dctprep {

namespace {

constexpr double kShaded = 0.97;

// Mean of each column of `beam` over its rows, `edge` at either end left out where there are enough, and of the rest
// the brightest and the darkest tenth: hot and dead pixels. NaN where all pixels are bad.
std::vector<double> column_means(ImageView<const std::uint16_t> frame, ImageView<const std::uint8_t> bad_pixels,
                                 const Region& beam, int edge) {
  const int cut = beam.height() > 4 * edge ? edge : 0;
  std::vector<double> means;
  std::vector<int> values;
  for (int u = beam.u0; u < beam.u1; ++u) {
    values.clear();
    for (int v = beam.v0 + cut; v < beam.v1 - cut; ++v) {
      if (bad_pixels(v, u) == 0) values.push_back(frame(v, u));
    }
    const auto tenth = static_cast<std::ptrdiff_t>((values.size() + 9) / 10);
    const auto first = values.begin() + std::min<std::ptrdiff_t>(tenth, static_cast<std::ptrdiff_t>(values.size()) / 3);
    const auto last = values.end() - (first - values.begin());
    std::nth_element(values.begin(), first, values.end());
    std::nth_element(first, last, values.end());
    means.push_back(values.empty() ? NAN
                                   : static_cast<double>(std::accumulate(first, last, std::int64_t{0})) /
                                         static_cast<double>(last - first));
  }
  return means;
}

double median_of_range(const std::vector<double>& values, std::size_t from, std::size_t to) {
  std::vector<double> part(values.begin() + static_cast<std::ptrdiff_t>(from),
                           values.begin() + static_cast<std::ptrdiff_t>(to));
  std::erase_if(part, [](double x) { return std::isnan(x); });
  return part.empty() ? 0 : rank_median(part);
}

// Columns over the flat's, or over the straight line through the beam's two margins, then over the brighter margin.
// `edge` columns at either end are not judged, the next `margin` are the margins.
std::vector<double> transmission_of(std::vector<double> columns, const std::vector<double>& flat, std::size_t edge,
                                    std::size_t margin) {
  const std::size_t size = columns.size();
  if (!flat.empty()) {
    for (std::size_t i = 0; i < size; ++i) columns[i] = flat[i] > 0 ? columns[i] / flat[i] : NAN;
  }
  const double left = median_of_range(columns, edge, edge + margin);
  const double right = median_of_range(columns, size - edge - margin, size - edge);
  const double brighter = std::max(left, right);
  // Margins that differ by more than a beam's unevenness: one of them is in the shadow.
  const bool line = flat.empty() && std::min(left, right) > 0.8 * brighter;
  for (std::size_t i = 0; i < size; ++i) {
    const double along = size > 1 ? static_cast<double>(i) / static_cast<double>(size - 1) : 0;
    const double full = line ? left + along * (right - left) : brighter;
    columns[i] = full > 0 ? columns[i] / full : NAN;
  }
  return columns;
}

// How much unshaded columns scatter: of the margins' columns, the quietest quarter's median deviation over the frames
// from its own median or, without a flat, from 1, since a beam has stripes.
double margin_spread(const std::vector<std::vector<double>>& transmission, std::size_t edge, std::size_t margin,
                     bool has_flat) {
  std::vector<double> spreads;
  const auto add = [&](std::size_t column) {
    std::vector<double> values;
    for (const auto& columns : transmission) {
      if (!std::isnan(columns[column])) values.push_back(columns[column]);
    }
    if (values.empty()) return;
    const double middle = has_flat ? rank_median(values) : 1.0;
    for (double& value : values) value = std::abs(value - middle);
    spreads.push_back(1.4826 * rank_median(values));
  };
  for (std::size_t i = edge; i < edge + margin; ++i) {
    add(i);
    add(transmission.front().size() - 1 - i);
  }
  std::sort(spreads.begin(), spreads.end());
  return spreads.empty() ? 0 : spreads[spreads.size() / 4];
}

}  // namespace

SampleBox find_sample_box(const FrameSample& sample, ImageView<const std::uint16_t> flat,
                          ImageView<const std::uint8_t> bad_pixels, const Region& beam, double blur) {
  SampleBox box;
  const auto width = static_cast<std::size_t>(beam.width());
  const auto edge = std::min<std::size_t>(static_cast<std::size_t>(std::ceil(blur)), width / 8);
  box.edge = static_cast<int>(edge);
  const std::size_t margin = std::clamp<std::size_t>(width / 20, 1, 8);
  if (width < 2 * (edge + margin) + 1 || sample.size() == 0) {
    box.why = "the beam is too narrow to tell the sample from its margin";
    return box;
  }
  const std::vector<double> flat_columns =
      flat.empty() ? std::vector<double>{} : column_means(flat, bad_pixels, beam, box.edge);
  std::vector<std::vector<double>> transmission;
  for (const Image<std::uint16_t>& frame : sample.pixels)
    transmission.push_back(
        transmission_of(column_means(frame, bad_pixels, beam, box.edge), flat_columns, edge, margin));
  const double limit =
      std::min(kShaded, 1 - std::min(0.1, 4 * margin_spread(transmission, edge, margin, !flat.empty())));
  std::size_t first = width;
  std::size_t last = 0;
  for (std::size_t i = edge; i < width - edge; ++i) {
    // The second smallest: one frame may hold a fault.
    std::vector<double> values;
    for (const auto& columns : transmission) values.push_back(std::isnan(columns[i]) ? 1.0 : columns[i]);
    std::sort(values.begin(), values.end());
    const double darkest = values[values.size() > 8 ? 1 : 0];
    box.least_transmission = std::min(box.least_transmission, darkest);
    if (darkest >= limit) continue;
    first = std::min(first, i);
    last = std::max(last, i);
  }
  if (first > last) {
    box.why = fmt::format("no column of the beam is ever shaded below {:.2f} of its margin", limit);
    return box;
  }
  // A little more: the sample's rim is thin, and turns on between the frames looked at.
  const int more = std::clamp(beam.width() / 50, 1, 4);
  const int s0 = beam.u0 + static_cast<int>(first) - more;
  const int s1 = beam.u0 + static_cast<int>(last) + 1 + more;
  box.left = std::max(0, s0 - beam.u0 - box.edge);
  box.right = std::max(0, beam.u1 - s1 - box.edge);
  box.region = {std::max(beam.u0, s0), beam.v0, std::min(beam.u1, s1), beam.v1};
  box.why = fmt::format("columns that go below {:.2f} of the beam's margin at some angle (lowest {:.2f})", limit,
                        box.least_transmission);
  return box;
}

}  // namespace dctprep
