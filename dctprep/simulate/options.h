// SPDX-License-Identifier: BSD-3-Clause
// What a simulated scan is made of. Fields that are Auto follow from the preset and from the others (resolve.h); the
// number in brackets is that of the standard preset at 512 x 512 pixels.
#pragma once

#include <array>

#include "dctprep/base/fields.h"

namespace dctprep {

// Families of scans that are hard in one way each.
enum class SimulatePreset { kStandard, kEasy, kFaint, kGlow, kBeam, kDense, kHalfTurn, kFewFrames };
template <>
struct EnumNames<SimulatePreset> {
  static constexpr std::array<std::string_view, 8> names{"standard", "easy",  "faint",     "glow",
                                                         "beam",     "dense", "half_turn", "few_frames"};
};

// Which points of the unit cell hold an atom, beside its corner.
enum class Centring { kP, kA, kB, kC, kI, kF, kR };
template <>
struct EnumNames<Centring> {
  static constexpr std::array<std::string_view, 7> names{"P", "A", "B", "C", "I", "F", "R"};
};

enum class ScanFormat { kHdf5, kEdf };
template <>
struct EnumNames<ScanFormat> {
  static constexpr std::array<std::string_view, 2> names{"hdf5", "edf"};
};

struct SimulateOptions {
  SimulatePreset preset = SimulatePreset::kStandard;
  int seed = 1;
  ScanFormat format = ScanFormat::kHdf5;
  bool compress = true;
  // detector and rotation
  int width = 512;
  int height = 512;
  Auto<int> frames;
  double omega_start = 0;
  Auto<double> omega_range;
  int darks = 11;
  int flats = 11;
  double pixel_um = 5;
  Auto<double> distance_mm;
  double energy_kev = 40;
  double bandwidth = 0.001;
  // crystal: body-centred iron
  double cell_a = 2.8665;
  Auto<double> cell_b;
  Auto<double> cell_c;
  double cell_alpha = 90;
  double cell_beta = 90;
  double cell_gamma = 90;
  Centring centring = Centring::kI;
  int atomic_number = 26;
  double debye_waller = 0.35;
  double absorption_per_mm = 2.86;
  // sample
  Auto<int> grains;
  Auto<double> mosaic_deg;
  int subgrains = 1;
  double subgrain_spread_deg = 0.3;
  Auto<double> sample_width;
  double sample_ratio = 0.85;
  Auto<double> sample_height;
  Auto<double> sample_offset;
  // beam
  Auto<int> beam_width;
  Auto<int> beam_height;
  Auto<double> beam_photons;
  Auto<double> spot_strength;
  Auto<double> glow;
  Auto<double> glow_radius;
  double glow_floor = 0.0015;
  Auto<int> refills;
  Auto<double> beam_decay;
  Auto<double> flicker;
  int no_beam_frames = 0;
  // sensor
  double psf = 0.7;
  double gain = 1;
  double readout_noise = 3;
  double offset = 100;
  double offset_pattern = 3;
  double response_spread = 0.01;
  double hot_pixels = 0.0002;
  double dead_pixels = 0.00005;
  double zingers = 4;
  double zinger_counts = 3000;
  int full_well = 65535;

  friend bool operator==(const SimulateOptions&, const SimulateOptions&) = default;
};

template <OptionsLike<SimulateOptions> O, class Visitor>
void visit_fields(O& o, Visitor&& visit) {
  visit("preset", o.preset, FieldInfo{.doc = "what the fields left at auto are taken from"});
  visit("seed", o.seed,
        FieldInfo{.doc = "another number, another sample and other noise", .min = 0, .max = 2147483647});
  visit("format", o.format,
        FieldInfo{.doc = "hdf5: one file as BLISS writes it; edf: a folder with one EDF file a frame"});
  visit("compress", o.compress, FieldInfo{.doc = "bitshuffle-LZ4 in HDF5, as at the beamline"});
  visit("width", o.width, FieldInfo{.doc = "columns of the detector", .unit = "pixels", .min = 1, .max = 16384});
  visit("height", o.height, FieldInfo{.doc = "rows of the detector", .unit = "pixels", .min = 1, .max = 16384});
  visit("frames", o.frames,
        FieldInfo{.doc = "images over omega_range (720)", .unit = "frames", .min = 1, .max = 1000000});
  visit("omega_start", o.omega_start,
        FieldInfo{.doc = "rotation angle of the first frame, at the middle of its exposure",
                  .unit = "degrees",
                  .min = -360,
                  .max = 360});
  visit("omega_range", o.omega_range,
        FieldInfo{.doc = "rotation over the scan (360)", .unit = "degrees", .min = 1e-6, .max = 360});
  visit("darks", o.darks, FieldInfo{.doc = "images without beam", .unit = "frames", .min = 0, .max = 10000});
  visit("flats", o.flats,
        FieldInfo{.doc = "images with beam and without sample", .unit = "frames", .min = 0, .max = 10000});
  visit("pixel_um", o.pixel_um, FieldInfo{.doc = "edge of a pixel", .unit = "micrometres", .min = 0.01, .max = 1000});
  visit("distance_mm", o.distance_mm,
        FieldInfo{.doc = "rotation axis to detector (5; larger detectors stand as much further off)",
                  .unit = "mm",
                  .min = 0.01,
                  .max = 10000});
  visit("energy_kev", o.energy_kev, FieldInfo{.doc = "photon energy", .unit = "keV", .min = 1, .max = 1000});
  visit("bandwidth", o.bandwidth, FieldInfo{.doc = "relative standard deviation of the energy", .min = 0, .max = 0.1});
  visit("cell_a", o.cell_a, FieldInfo{.doc = "edge of the unit cell", .unit = "angstrom", .min = 0.5, .max = 1000});
  visit("cell_b", o.cell_b,
        FieldInfo{.doc = "second edge; auto: as cell_a", .unit = "angstrom", .min = 0.5, .max = 1000});
  visit("cell_c", o.cell_c,
        FieldInfo{.doc = "third edge; auto: as cell_a", .unit = "angstrom", .min = 0.5, .max = 1000});
  visit("cell_alpha", o.cell_alpha,
        FieldInfo{.doc = "angle between b and c", .unit = "degrees", .min = 20, .max = 160});
  visit("cell_beta", o.cell_beta, FieldInfo{.doc = "angle between a and c", .unit = "degrees", .min = 20, .max = 160});
  visit("cell_gamma", o.cell_gamma,
        FieldInfo{.doc = "angle between a and b", .unit = "degrees", .min = 20, .max = 160});
  visit("centring", o.centring,
        FieldInfo{.doc = "lattice points of the cell, one atom on each (R: obverse, hexagonal axes)"});
  visit("atomic_number", o.atomic_number, FieldInfo{.doc = "electrons of the atom", .min = 1, .max = 98});
  visit("debye_waller", o.debye_waller,
        FieldInfo{.doc = "thermal factor B: intensities fall by exp(-2 B (sin theta / lambda)^2)",
                  .unit = "angstrom^2",
                  .min = 0,
                  .max = 20});
  visit("absorption_per_mm", o.absorption_per_mm,
        FieldInfo{.doc = "linear attenuation coefficient of the sample", .unit = "1/mm", .min = 0, .max = 10000});
  visit("grains", o.grains,
        FieldInfo{.doc = "crystals in the illuminated part of the sample (30)", .min = 0, .max = 5000});
  visit("mosaic_deg", o.mosaic_deg,
        FieldInfo{.doc = "standard deviation of the orientation inside a grain (0.2)",
                  .unit = "degrees",
                  .min = 0.0001,
                  .max = 5});
  visit("subgrains", o.subgrains,
        FieldInfo{.doc = "pieces a grain is cut into, each with an orientation of its own", .min = 1, .max = 1000});
  visit("subgrain_spread_deg", o.subgrain_spread_deg,
        FieldInfo{.doc = "standard deviation of the pieces' orientation about each axis",
                  .unit = "degrees",
                  .min = 0,
                  .max = 10});
  visit("sample_width", o.sample_width,
        FieldInfo{.doc = "largest diameter of the sample, an elliptic cylinder (70 % of the beam)",
                  .unit = "pixels",
                  .min = 0.1,
                  .max = 16384});
  visit("sample_ratio", o.sample_ratio, FieldInfo{.doc = "smallest diameter over largest", .min = 0.05, .max = 1});
  visit("sample_height", o.sample_height,
        FieldInfo{.doc = "height of the sample; auto: that of the beam", .unit = "pixels", .min = 0.1, .max = 16384});
  visit("sample_offset", o.sample_offset,
        FieldInfo{.doc = "distance of the sample's middle to the rotation axis (3 % of the beam's width)",
                  .unit = "pixels",
                  .min = 0,
                  .max = 16384});
  visit(
      "beam_width", o.beam_width,
      FieldInfo{.doc = "width of the direct beam (20 % of the detector's)", .unit = "pixels", .min = 1, .max = 16384});
  visit(
      "beam_height", o.beam_height,
      FieldInfo{
          .doc = "height of the direct beam (17 % of the detector's width)", .unit = "pixels", .min = 1, .max = 16384});
  visit("beam_photons", o.beam_photons,
        FieldInfo{.doc = "photons a pixel counts of the direct beam in one frame (20000)", .min = 0, .max = 1e9});
  visit("spot_strength", o.spot_strength,
        FieldInfo{.doc = "intensity of the spots over kinematical scattering of the beam as recorded: above 1 where an "
                         "absorber dims its image (0.8)",
                  .min = 0,
                  .max = 1e6});
  visit("glow", o.glow,
        FieldInfo{
            .doc = "diffuse light at the edge of the direct beam, as a share of the beam (0.01)", .min = 0, .max = 1});
  visit("glow_radius", o.glow_radius,
        FieldInfo{.doc = "distance from the beam at which it has fallen to half (12 % of the detector's width)",
                  .unit = "pixels",
                  .min = 0.1,
                  .max = 16384});
  visit("glow_floor", o.glow_floor,
        FieldInfo{.doc = "diffuse light everywhere, as a share of the beam", .min = 0, .max = 1});
  visit("refills", o.refills,
        FieldInfo{.doc = "refills of the storage ring during the scan (2)", .min = 0, .max = 100000});
  visit("beam_decay", o.beam_decay,
        FieldInfo{.doc = "share of the beam lost between two refills (0.04)", .min = 0, .max = 0.99});
  visit("flicker", o.flicker,
        FieldInfo{.doc = "standard deviation of the beam from frame to frame (0.003)", .min = 0, .max = 0.5});
  visit("no_beam_frames", o.no_beam_frames,
        FieldInfo{.doc = "frames during which the shutter stayed shut", .unit = "frames", .min = 0, .max = 1000000});
  visit("psf", o.psf,
        FieldInfo{.doc = "blur of the detector, as a standard deviation", .unit = "pixels", .min = 0, .max = 20});
  visit("gain", o.gain, FieldInfo{.doc = "counts a photon", .unit = "counts", .min = 1e-3, .max = 1e4});
  visit("readout_noise", o.readout_noise,
        FieldInfo{.doc = "standard deviation of the reading", .unit = "counts", .min = 0, .max = 1e4});
  visit("offset", o.offset, FieldInfo{.doc = "reading without light", .unit = "counts", .min = 0, .max = 60000});
  visit("offset_pattern", o.offset_pattern,
        FieldInfo{.doc = "how much it differs from pixel to pixel and column to column",
                  .unit = "counts",
                  .min = 0,
                  .max = 1000});
  visit("response_spread", o.response_spread,
        FieldInfo{.doc = "relative standard deviation of the pixels' sensitivity", .min = 0, .max = 0.2});
  visit("hot_pixels", o.hot_pixels, FieldInfo{.doc = "share of pixels that read too much", .min = 0, .max = 0.5});
  visit("dead_pixels", o.dead_pixels, FieldInfo{.doc = "share of pixels that see no light", .min = 0, .max = 0.5});
  visit("zingers", o.zingers,
        FieldInfo{.doc = "bright pixels of a single frame, for every million pixels", .min = 0, .max = 1e5});
  visit("zinger_counts", o.zinger_counts,
        FieldInfo{.doc = "their mean brightness", .unit = "counts", .min = 0, .max = 65535});
  visit("full_well", o.full_well, FieldInfo{.doc = "the largest reading", .unit = "counts", .min = 1, .max = 65535});
}

}  // namespace dctprep
