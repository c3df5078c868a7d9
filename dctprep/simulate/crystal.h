// SPDX-License-Identifier: BSD-3-Clause
// Crystals and the angles at which they diffract.
//
// Laboratory frame (3DXRD; H. F. Poulsen, "Three-Dimensional X-Ray Diffraction Microscopy", Springer 2004): x along the
// beam, z up along the rotation axis, y = z x x. A grain's scattering vector is G = Omega U B h in units of 1/angstrom
// with |G| = 1/d; Omega turns by omega about z, counter-clockwise as seen from above; U is the grain's orientation; B
// is that of Busing & Levy, Acta Cryst. 22 (1967) 457, without its 2 pi.
#pragma once

#include <array>
#include <optional>
#include <vector>

#include "dctprep/simulate/options.h"
#include "dctprep/simulate/random.h"
#include "dctprep/simulate/vector.h"

namespace dctprep {

struct Cell {
  double a = 1, b = 1, c = 1;
  double alpha_deg = 90, beta_deg = 90, gamma_deg = 90;
};

// In cubic angstrom; 0 or NaN where the three angles close no cell.
double cell_volume(const Cell& cell);
// B: columns are the reciprocal axes in a Cartesian frame.
Mat3 reciprocal_matrix(const Cell& cell);

// Whether the lattice centring lets h k l diffract.
bool is_allowed(Centring centring, int h, int k, int l);
// Lattice points of the cell.
int lattice_points(Centring centring);

struct Reflection {
  int h = 0, k = 0, l = 0;
  Vec3 g;                        // B h
  double length = 0;             // |g| = 1/d
  double structure_factor2 = 0;  // |F|^2 in electrons squared, thermal motion included
};

// Every allowed reflection with 0 < |g| <= `longest`, h k l and -h -k -l both, in the order of (|h| + |k| + |l|, h, k,
// l). Error (usage) where that would be more than a million candidates. |F| = lattice points x f exp(-B s^2) with s =
// |g| / 2 and f = Z / (1 + s / (0.2 Z^(1/3))): within 15 % of the tabulated form factors of Al and Fe up to s = 0.6 /
// angstrom.
std::vector<Reflection> reflections(const SimulateOptions& options, const Cell& cell, double longest);

// Uniform on SO(3): K. Shoemake, "Uniform random rotations", Graphics Gems III (1992).
Mat3 random_orientation(RandomStream& random);
// A turn by normal deviates of `sigma` radians about each axis.
Mat3 random_tilt(RandomStream& random, double sigma);

// In angstrom, of photons of this energy.
double wavelength(double energy_kev);

// The two angles, in radians in [-pi, pi], at which the scattering vector `g` of the sample at omega = 0 fulfils
// Bragg's law |k + G| = |k|: cos(omega + phi) = -|g| sin(theta) / g_perp, with phi the azimuth of g and g_perp its part
// across the axis. Nothing where it never does. The first is -phi + acos(...), the second -phi - acos(...): the Friedel
// mate -g has its own first and second half a turn from these.
std::optional<std::array<double, 2>> bragg_angles(Vec3 g, double wavelength);

}  // namespace dctprep
