// SPDX-License-Identifier: BSD-3-Clause
// The sample: an upright elliptic cylinder, cut into grains (Voronoi cells), each perhaps cut into subgrains. Lengths
// in millimetres, in the sample's frame: the laboratory's at omega = 0, the origin on the rotation axis at the height
// of the beam's middle.
#pragma once

#include <vector>

#include "dctprep/simulate/crystal.h"
#include "dctprep/simulate/options.h"
#include "dctprep/simulate/vector.h"

namespace dctprep {

// The half-space normal . r <= offset; |normal| = 1.
struct Plane {
  Vec3 normal;
  double offset = 0;
};

// A convex body: the intersection of its planes, each of which holds one of its faces.
struct Polyhedron {
  struct Face {
    Plane plane;
    std::vector<Vec3> corners;  // in order round the face, counter-clockwise as seen from outside
  };
  std::vector<Face> faces;

  bool empty() const { return faces.size() < 4; }
  // Cuts off all that lies beyond `plane`.
  void clip(const Plane& plane);
  double volume() const;
  Vec3 centroid() const;
  // The largest distance of a corner from `point`.
  double reach(Vec3 point) const;
};

// An upright prism: `corners` (counter-clockwise from above) from -height / 2 to height / 2.
Polyhedron prism(const std::vector<Vec3>& corners, double height);

// Cells of `body` nearest to each of `seeds`: all points in it, cell i in place i (empty only where a seed is doubled).
std::vector<Polyhedron> voronoi(const Polyhedron& body, const std::vector<Vec3>& seeds);

// A piece of a grain with one orientation.
struct Block {
  Polyhedron shape;
  double volume = 0;
  Vec3 centroid;
  Mat3 orientation;
};

struct Grain {
  Mat3 orientation;  // U
  double volume = 0;
  Vec3 centroid;
  double radius = 0;  // of a ball about the centroid that holds the grain
  std::vector<Block> blocks;
};

// Half axes a, b of the ellipse and its middle.
struct SampleShape {
  double a = 0, b = 0, height = 0;
  Vec3 middle;
  double absorption = 0;  // 1/mm

  // How far a ray from inside the cylinder point `r` travels along the unit vector `d` until it leaves the mantle.
  double path(Vec3 r, Vec3 d) const;
  // How much sample lies on the ray along the beam that passes at height 0 and laboratory `y`, at `omega` in radians.
  double chord(double y, double omega) const;
};

struct Sample {
  SampleShape shape;
  std::vector<Grain> grains;
};

Sample make_sample(const SimulateOptions& options);

}  // namespace dctprep
