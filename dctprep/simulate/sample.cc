// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/simulate/sample.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

#include "dctprep/simulate/random.h"

namespace dctprep {

namespace {

// The corners of one face on the near side of `plane`; the two ends of the cut go to `cut` too.
std::vector<Vec3> clip_face(const std::vector<Vec3>& corners, const Plane& plane, std::vector<Vec3>& cut) {
  std::vector<Vec3> kept;
  for (std::size_t i = 0; i < corners.size(); ++i) {
    const Vec3 from = corners[i];
    const Vec3 to = corners[(i + 1) % corners.size()];
    const double d_from = dot(plane.normal, from) - plane.offset;
    const double d_to = dot(plane.normal, to) - plane.offset;
    if (d_from <= 0) kept.push_back(from);
    if ((d_from <= 0) != (d_to <= 0)) {
      const Vec3 crossing = from + (d_from / (d_from - d_to)) * (to - from);
      kept.push_back(crossing);
      cut.push_back(crossing);
    }
  }
  return kept;
}

// `points` of a convex face in order round it, counter-clockwise as seen against `normal`.
void sort_round(std::vector<Vec3>& points, Vec3 normal) {
  Vec3 middle;
  for (const Vec3& point : points) middle = middle + point;
  middle = (1.0 / static_cast<double>(points.size())) * middle;
  const Vec3 other = std::abs(normal.z) < 0.9 ? Vec3{0, 0, 1} : Vec3{1, 0, 0};
  Vec3 e1 = cross(other, normal);
  e1 = (1 / norm(e1)) * e1;
  const Vec3 e2 = cross(normal, e1);
  std::ranges::sort(points, {}, [&](Vec3 p) { return std::atan2(dot(p - middle, e2), dot(p - middle, e1)); });
}

// Calls visit(six times the volume, sum of corners) for the tetrahedra that make up the body.
template <class Visit>
void visit_tetrahedra(const Polyhedron& body, Visit&& visit) {
  if (body.empty()) return;
  const Vec3 top = body.faces[0].corners[0];
  for (const Polyhedron::Face& face : body.faces) {
    for (std::size_t i = 2; i < face.corners.size(); ++i) {
      const Vec3 p = face.corners[0], q = face.corners[i - 1], r = face.corners[i];
      visit(dot(p - top, cross(q - top, r - top)), top + p + q + r);
    }
  }
}

std::vector<Vec3> ellipse_corners(const SampleShape& shape) {
  constexpr int kSides = 48;
  // Half axes that give the polygon the area of the ellipse.
  const double turn = 2 * std::numbers::pi / kSides;
  const double scale = std::sqrt(turn / std::sin(turn));
  std::vector<Vec3> corners;
  for (int i = 0; i < kSides; ++i) {
    corners.push_back(shape.middle +
                      Vec3{scale * shape.a * std::cos(i * turn), scale * shape.b * std::sin(i * turn), 0});
  }
  return corners;
}

bool inside(const Polyhedron& body, Vec3 point) {
  return std::ranges::all_of(body.faces,
                             [&](const auto& face) { return dot(face.plane.normal, point) <= face.plane.offset; });
}

// `count` points in `body`, evenly likely everywhere but no two very close: cells of many sizes without slivers.
std::vector<Vec3> scatter(const Polyhedron& body, int count, RandomStream& random) {
  Vec3 low = body.faces[0].corners[0], high = low;
  for (const auto& face : body.faces) {
    for (const Vec3& p : face.corners) {
      low = {std::min(low.x, p.x), std::min(low.y, p.y), std::min(low.z, p.z)};
      high = {std::max(high.x, p.x), std::max(high.y, p.y), std::max(high.z, p.z)};
    }
  }
  double apart = 0.3 * std::cbrt(body.volume() / count);
  std::vector<Vec3> points;
  for (int tries = 0; static_cast<int>(points.size()) < count;) {
    const Vec3 share{random.uniform(), random.uniform(), random.uniform()};
    const Vec3 p = low + Vec3{share.x * (high.x - low.x), share.y * (high.y - low.y), share.z * (high.z - low.z)};
    if (!inside(body, p)) {
      // A body thinner than the rounding of its own corners has no inside to hit.
      if (++tries > 100000) break;
      continue;
    }
    if (std::ranges::all_of(points, [&](Vec3 other) { return norm(p - other) >= apart; })) {
      points.push_back(p);
      tries = 0;
    } else if (++tries % 50 == 0) {
      apart *= 0.9;
    }
  }
  return points;
}

Grain make_grain(const SimulateOptions& options, int number, Polyhedron shape) {
  Grain grain;
  RandomStream orientation(static_cast<std::uint64_t>(options.seed), Purpose::kOrientation,
                           static_cast<std::uint64_t>(number));
  grain.orientation = random_orientation(orientation);
  grain.volume = shape.volume();
  grain.centroid = shape.centroid();
  grain.radius = shape.reach(grain.centroid);
  if (options.subgrains == 1) {
    grain.blocks.push_back({std::move(shape), grain.volume, grain.centroid, grain.orientation});
    return grain;
  }
  RandomStream pieces(static_cast<std::uint64_t>(options.seed), Purpose::kSubgrains,
                      static_cast<std::uint64_t>(number));
  for (Polyhedron& piece : voronoi(shape, scatter(shape, options.subgrains, pieces))) {
    const Mat3 tilt = random_tilt(pieces, options.subgrain_spread_deg * std::numbers::pi / 180);
    if (!(piece.volume() > 0)) continue;
    const double volume = piece.volume();
    const Vec3 centroid = piece.centroid();
    grain.blocks.push_back({std::move(piece), volume, centroid, tilt * grain.orientation});
  }
  return grain;
}

}  // namespace

void Polyhedron::clip(const Plane& plane) {
  bool any_inside = false, any_outside = false;
  for (const Face& face : faces) {
    for (const Vec3& corner : face.corners) {
      (dot(plane.normal, corner) <= plane.offset ? any_inside : any_outside) = true;
    }
  }
  if (!any_outside) return;
  if (!any_inside) return faces.clear();
  std::vector<Vec3> cut;
  for (Face& face : faces) face.corners = clip_face(face.corners, plane, cut);
  std::erase_if(faces, [](const Face& face) { return face.corners.size() < 3; });
  if (cut.size() >= 3) {
    sort_round(cut, plane.normal);
    faces.push_back({plane, std::move(cut)});
  }
  if (empty()) faces.clear();
}

double Polyhedron::volume() const {
  double sum = 0;
  visit_tetrahedra(*this, [&](double six, Vec3) { sum += six; });
  return sum / 6;
}

Vec3 Polyhedron::centroid() const {
  double sum = 0;
  Vec3 moment;
  visit_tetrahedra(*this, [&](double six, Vec3 corners) {
    sum += six;
    moment = moment + (six / 4) * corners;
  });
  return sum > 0 ? (1 / sum) * moment : Vec3{};
}

double Polyhedron::reach(Vec3 point) const {
  double farthest = 0;
  for (const Face& face : faces) {
    for (const Vec3& corner : face.corners) farthest = std::max(farthest, norm(corner - point));
  }
  return farthest;
}

Polyhedron prism(const std::vector<Vec3>& corners, double height) {
  Polyhedron body;
  Polyhedron::Face top{{{0, 0, 1}, height / 2}, {}}, bottom{{{0, 0, -1}, height / 2}, {}};
  for (std::size_t i = 0; i < corners.size(); ++i) {
    const Vec3 p = corners[i], q = corners[(i + 1) % corners.size()];
    const Vec3 p0{p.x, p.y, -height / 2}, q0{q.x, q.y, -height / 2}, p1{p.x, p.y, height / 2}, q1{q.x, q.y, height / 2};
    Vec3 normal = cross(q0 - p0, Vec3{0, 0, 1});
    normal = (1 / norm(normal)) * normal;
    body.faces.push_back({{normal, dot(normal, p0)}, {p0, q0, q1, p1}});
    top.corners.push_back(p1);
    bottom.corners.insert(bottom.corners.begin(), p0);
  }
  body.faces.push_back(std::move(top));
  body.faces.push_back(std::move(bottom));
  return body;
}

std::vector<Polyhedron> voronoi(const Polyhedron& body, const std::vector<Vec3>& seeds) {
  std::vector<Polyhedron> cells;
  std::vector<std::pair<double, std::size_t>> others;
  for (std::size_t i = 0; i < seeds.size(); ++i) {
    others.clear();
    for (std::size_t j = 0; j < seeds.size(); ++j) {
      if (j != i) others.emplace_back(norm(seeds[j] - seeds[i]), j);
    }
    std::ranges::sort(others);
    Polyhedron cell = body;
    for (const auto& [distance, j] : others) {
      // Beyond twice the cell's reach no bisector can touch it.
      if (cell.empty() || distance == 0 || distance > 2 * cell.reach(seeds[i])) break;
      const Vec3 normal = (1 / distance) * (seeds[j] - seeds[i]);
      cell.clip({normal, dot(normal, 0.5 * (seeds[i] + seeds[j]))});
    }
    cells.push_back(std::move(cell));
  }
  return cells;
}

double SampleShape::path(Vec3 r, Vec3 d) const {
  // (p + t d)^2 = 1 in coordinates where the ellipse is the unit circle.
  const double px = (r.x - middle.x) / a, py = (r.y - middle.y) / b;
  const double dx = d.x / a, dy = d.y / b;
  const double dd = dx * dx + dy * dy, pd = px * dx + py * dy, pp = px * px + py * py - 1;
  if (!(dd > 0)) return 0;
  return std::max(0.0, (-pd + std::sqrt(std::max(0.0, pd * pd - dd * pp))) / dd);
}

double SampleShape::chord(double y, double omega) const {
  // The laboratory's y axis in the sample's frame, and the ellipse's half width along it.
  const double nx = std::sin(omega), ny = std::cos(omega);
  const double half2 = a * a * nx * nx + b * b * ny * ny;
  const double from_middle = y - (nx * middle.x + ny * middle.y);
  const double inside2 = half2 - from_middle * from_middle;
  return inside2 > 0 ? 2 * a * b * std::sqrt(inside2) / half2 : 0;
}

Sample make_sample(const SimulateOptions& options) {
  const double pixel = options.pixel_um * 1e-3;
  Sample sample;
  SampleShape& shape = sample.shape;
  shape.a = options.sample_width.value() * pixel / 2;
  shape.b = shape.a * options.sample_ratio;
  shape.height = options.sample_height.value() * pixel;
  shape.absorption = options.absorption_per_mm;
  RandomStream random(static_cast<std::uint64_t>(options.seed), Purpose::kGrains);
  const double azimuth = 2 * std::numbers::pi * random.uniform();
  shape.middle = rotate_z(azimuth, {options.sample_offset.value() * pixel, 0, 0});
  const int count = options.grains.value();
  if (count == 0) return sample;
  // Only what the beam lights is cut into grains.
  const Polyhedron body = prism(ellipse_corners(shape), std::min(shape.height, options.beam_height.value() * pixel));
  int number = 0;
  for (Polyhedron& cell : voronoi(body, scatter(body, count, random))) {
    if (cell.volume() > 0) sample.grains.push_back(make_grain(options, number, std::move(cell)));
    ++number;
  }
  return sample;
}

}  // namespace dctprep
