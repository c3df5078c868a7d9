// SPDX-License-Identifier: BSD-3-Clause
// dctprep show: numbers and pictures of a result or a scan.
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fmt/format.h>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>

#include "dctprep/base/cancel.h"
#include "dctprep/base/error.h"
#include "dctprep/base/log.h"
#include "dctprep/base/rehearsal.h"
#include "dctprep/config/config_file.h"
#include "dctprep/core/frame_ranges.h"
#include "dctprep/draw/frame_figures.h"
#include "dctprep/draw/gallery.h"
#include "dctprep/draw/png.h"
#include "dctprep/draw/result_figures.h"
#include "dctprep/pipeline/frame_stages.h"
#include "dctprep/pipeline/recorded_scan.h"
#include "dctprep/read/open_scan.h"
#include "dctprep/write/result_reader.h"

#include "verb.h"

namespace dctprep::command {

namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

struct ShowCommand {
  SharedOptions shared;
  std::string input;
  std::optional<int> frame;
  std::string scan;
};

// Least, quartiles and most of a column.
template <class T>
std::array<double, 5> five_numbers(const std::vector<Spot>& spots, T Spot::*column) {
  std::vector<double> values;
  for (const Spot& spot : spots) values.push_back(static_cast<double>(spot.*column));
  std::sort(values.begin(), values.end());
  std::array<double, 5> numbers{};
  for (std::size_t i = 0; i < 5 && !values.empty(); ++i) numbers[i] = values[(values.size() - 1) * i / 4];
  return numbers;
}

struct Row {
  const char* name;
  std::array<double, 5> numbers;
};

std::vector<Row> table_of(const std::vector<Spot>& spots) {
  std::vector<Row> rows{{"integral", five_numbers(spots, &Spot::integral)},
                        {"peak", five_numbers(spots, &Spot::peak)},
                        {"volume", five_numbers(spots, &Spot::volume)},
                        {"area", five_numbers(spots, &Spot::area)}};
  std::vector<Spot> lengths = spots;
  for (Spot& spot : lengths) spot.volume = static_cast<std::uint32_t>(spot.frame_end - spot.frame_start + 1);
  rows.push_back({"frames", five_numbers(lengths, &Spot::volume)});
  return rows;
}

Json to_json(const ResultFile& result) {
  const auto& spots = result.spots();
  Json json = {{"path", result.path().string()},   {"scan", result.header().scan_path},
               {"frames", result.header().frames}, {"height", result.header().height},
               {"width", result.header().width},   {"spots", spots.size()}};
  for (std::size_t bit = 0; bit < spot_flag_names().size(); ++bit) {
    json["flags"][spot_flag_names()[bit]] =
        std::count_if(spots.begin(), spots.end(), [&](const Spot& s) { return (s.flags >> bit & 1) != 0; });
  }
  const auto& count = result.summary().rejected_count;
  for (std::size_t i = 0; i < count.size(); ++i) json["rejected"][reject_reason_names()[i]] = count[i];
  json["bad_frames"] = Json::array();
  for (const auto& [k, cause] : result.summary().bad_frames) {
    json["bad_frames"].push_back({{"frame", k}, {"cause", bad_frame_cause_names()[static_cast<std::size_t>(cause)]}});
  }
  for (const Row& row : table_of(spots)) json["quartiles"][row.name] = row.numbers;
  return json;
}

std::string to_text(const ResultFile& result) {
  const ResultHeader& header = result.header();
  const auto& spots = result.spots();
  std::string text =
      fmt::format("{}: {} spots\nscan         {}\n             {} frames of {} x {} pixels\n", result.path().string(),
                  spots.size(), header.scan_path, header.frames, header.width, header.height);
  text += header.beam.empty() ? std::string("direct beam  none\n")
                              : fmt::format("direct beam  columns {} to {}, rows {} to {}\n", header.beam.u0,
                                            header.beam.u1 - 1, header.beam.v0, header.beam.v1 - 1);
  const auto& bad = result.summary().bad_frames;
  text += fmt::format("bad frames   {}\n", bad.size());
  for (std::size_t cause = 0; cause < bad_frame_cause_names().size(); ++cause) {
    std::vector<int> frames;
    for (const auto& [k, why] : bad) {
      if (why == static_cast<BadFrameCause>(cause)) frames.push_back(k);
    }
    if (!frames.empty())
      text += fmt::format("             {}: {}\n", bad_frame_cause_names()[cause], named_frames(frames));
  }
  if (!spots.empty()) {
    text += fmt::format("\n{:<10}{:>15}{:>15}{:>15}{:>15}{:>15}\n", "", "least", "quarter", "median", "three quarters",
                        "most");
    for (const Row& row : table_of(spots)) {
      text += fmt::format("{:<10}", row.name);
      for (const double number : row.numbers) text += fmt::format("{:>15.0f}", number);
      text += "\n";
    }
    text += "\nflags        ";
    for (std::size_t bit = 0; bit < spot_flag_names().size(); ++bit) {
      const auto flagged =
          std::count_if(spots.begin(), spots.end(), [&](const Spot& s) { return (s.flags >> bit & 1) != 0; });
      text += fmt::format("{}{} {}", bit == 0 ? "" : ", ", flagged, spot_flag_names()[bit]);
    }
    text += "\n";
  }
  text += "rejected     ";
  bool any = false;
  const auto& count = result.summary().rejected_count;
  for (std::size_t i = 0; i < count.size(); ++i) {
    if (count[i] == 0) continue;
    text += fmt::format("{}{} {}", any ? ", " : "", count[i], reject_reason_names()[i]);
    any = true;
  }
  return text + (any ? "\n" : "none\n");
}

// Writes pictures into one folder and says which.
class Album {
 public:
  Album(fs::path folder, bool overwrite) : folder_(std::move(folder)), overwrite_(overwrite) {
    std::error_code error;
    fs::create_directories(folder_, error);
    if (error) fail("{}: the folder cannot be made: {}", folder_.string(), error.message());
  }
  void add(const std::string& name, const draw::Canvas& canvas) {
    if (cancel_requested()) fail("interrupted: the pictures in {} are whole, others are missing", folder_.string());
    const fs::path path = folder_ / (name + ".png");
    draw::write_png(path, canvas, overwrite_);
    names_ += path.string() + "\n";
  }
  // The pictures, a line each.
  const std::string& names() const { return names_; }

 private:
  fs::path folder_;
  bool overwrite_;
  std::string names_;
};

// The frame that most spots are brightest in.
int busiest_frame(const ResultFile& result) {
  std::vector<int> count(static_cast<std::size_t>(result.header().frames), 0);
  for (const Spot& spot : result.spots()) ++count[static_cast<std::size_t>(spot.frame_max % result.header().frames)];
  return static_cast<int>(std::max_element(count.begin(), count.end()) - count.begin());
}

draw::DetectorRegions regions_of(const ResultHeader& header, const Config& config) {
  draw::DetectorRegions regions{.beam = header.beam, .sample = header.sample};
  if (!config.beam.guard.is_auto())
    regions.guard = header.beam.grown(config.beam.guard.value(), header.height, header.width);
  return regions;
}

int block_of(const std::vector<int>& centres, const Config& config, int frame) {
  const int size = std::max(1, 2 * config.background.half_step);
  return std::min(frame / size, static_cast<int>(centres.size()) - 1);
}

// The raw data may be gone, or on another machine: then the other pictures must do. `moved`: the scan, where the user
// says where it lies now.
void add_frame_pictures(const ResultFile& result, int frame, const std::optional<Scan>& moved, Album& album) {
  const ResultHeader& header = result.header();
  const ResultSummary& summary = result.summary();
  const auto bad = std::find_if(summary.bad_frames.begin(), summary.bad_frames.end(),
                                [&](const auto& b) { return b.first == frame; });
  if (bad != summary.bad_frames.end()) {
    return log_warning("frame {} is bad ({}): no picture of it", frame,
                       bad_frame_cause_names()[static_cast<std::size_t>(bad->second)]);
  }
  if (!header.save_background)
    return log_warning("no picture of a frame: the result holds no backgrounds (background.save = false)");
  FrameStages stages;
  const Config config = parse_config(header.config, result.path().string(), fs::current_path());
  try {
    std::optional<Scan> recorded;
    if (!moved) recorded = open_recorded_scan(result);
    const auto k = static_cast<std::size_t>(frame);
    stages = stages_of_frame(moved ? *moved : *recorded, config, frame, summary.beam_factor[k], summary.frame_offset[k],
                             result.background(block_of(header.block_centre, config, frame)));
  } catch (const Error& error) {
    return log_warning("no picture of a frame: {}{}", error.what(),
                       moved ? "" : "; where the scan has moved, say where it is with --scan");
  }
  const auto outlines = draw::outlines_in_frame(result.spots(), frame, header.frames);
  const double omega = header.omega[static_cast<std::size_t>(frame)];
  const std::string title =
      fmt::format("frame {}, omega {}", frame, std::isnan(omega) ? "unknown" : fmt::format("{:.3f}°", omega));
  const ImageView<const std::uint16_t> raw = stages.raw.view(), background = stages.background.view(),
                                       denoised = stages.denoised.view();
  const ImageView<const std::int32_t> residual = stages.residual.view();
  album.add("stages", draw::draw_pipeline_figure({.raw = raw,
                                                  .background = background,
                                                  .residual = residual,
                                                  .denoised = denoised,
                                                  .title = title,
                                                  .regions = regions_of(header, config),
                                                  .spots = outlines}));
  album.add("frame", draw::draw_frame_figure(
                         {.image = raw, .title = "raw " + title, .regions = regions_of(header, config), .spots = {}}));
  album.add("background", draw::draw_frame_figure({.image = background,
                                                   .title = "background of " + title,
                                                   .regions = regions_of(header, config),
                                                   .spots = {}}));
  album.add(
      "spots",
      draw::draw_frame_figure(
          {.image = denoised, .title = "spots of " + title, .regions = regions_of(header, config), .spots = outlines}));
}

void add_result_pictures(const ResultFile& result, std::optional<int> frame, const std::optional<Scan>& moved,
                         Album& album) {
  const ResultHeader& header = result.header();
  std::vector<int> bad_frames;
  for (const auto& [k, cause] : result.summary().bad_frames) bad_frames.push_back(k);
  const draw::ResultData data{.name = result.path().stem().string(),
                              .frames = header.frames,
                              .height = header.height,
                              .width = header.width,
                              .beam = header.beam,
                              .omega = header.omega,
                              .spots = result.spots(),
                              .rejected_count = result.summary().rejected_count,
                              .beam_intensity = result.summary().beam_intensity,
                              .by_monitor = !header.monitor.empty(),
                              .frame_offset = result.summary().frame_offset,
                              .bad_frames = bad_frames};
  album.add("summary", draw::draw_summary_figure(data));
  add_frame_pictures(result, frame.value_or(busiest_frame(result)), moved, album);
  album.add("omega", draw::draw_omega_figure(data));
  album.add("map", draw::draw_map_figure(data));
  album.add("histograms", draw::draw_histogram_figure(data));
  album.add("beam", draw::draw_beam_figure(data));
  album.add("rejected", draw::draw_rejection_figure(data));
  if (!header.images) return;
  std::vector<std::vector<std::uint32_t>> images;
  std::vector<draw::GalleryItem> items;
  const auto chosen = draw::gallery_choice(result.spots(), 60, draw::GalleryChoice::kEven);
  for (const std::size_t i : chosen) images.push_back(result.image(i));
  for (std::size_t n = 0; n < chosen.size(); ++n) {
    const Spot& spot = result.spots()[chosen[n]];
    items.push_back(
        {spot.id, spot.omega, ImageView<const std::uint32_t>(images[n].data(), spot.height(), spot.width())});
  }
  album.add("gallery", draw::draw_gallery(items, "spot images, evenly from the table"));
}

void show_scan(const ShowCommand& options) {
  const Config config = config_of_input(options.input, options.shared.settings);
  const Scan scan = open_scan(config.scan);
  const int frame = options.frame.value_or(scan.frame_count() / 2);
  if (frame < 0 || frame >= scan.frame_count())
    fail_usage("--frame {}: the scan has frames 0 to {}", frame, scan.frame_count() - 1);
  Image<std::uint16_t> pixels(scan.height(), scan.width());
  if (const auto fault = scan.frames->read(frame, pixels)) fail("{}: {}", scan.frames->frame_name(frame), fault->what);
  std::vector<std::uint16_t> sorted(pixels.pixels().begin(), pixels.pixels().end());
  std::sort(sorted.begin(), sorted.end());
  const auto at = [&](double share) {
    return sorted[static_cast<std::size_t>(share * static_cast<double>(sorted.size() - 1))];
  };
  // Drawn before a word is said: what goes wrong there is all that is said then.
  std::string pictures;
  if (!options.shared.output.empty()) {
    Album album(options.shared.output, options.shared.force);
    const ImageView<const std::uint16_t> view = pixels.view();
    album.add("frame", draw::draw_frame_figure({.image = view, .title = fmt::format("{} frame {}", scan.name, frame)}));
    pictures = album.names();
  }
  if (options.shared.json) {
    print_json({{"scan", scan.storage.location},
                {"frames", scan.frame_count()},
                {"height", scan.height()},
                {"width", scan.width()},
                {"frame", frame},
                {"least", at(0)},
                {"median", at(0.5)},
                {"percentile_99", at(0.99)},
                {"most", at(1)}});
  } else {
    print_text(fmt::format(
        "{}: {} frames of {} x {} pixels ({}, {})\nframe {}: least {}, median {}, 99 % below {}, most {} counts\n",
        scan.storage.location, scan.frame_count(), scan.width(), scan.height(), scan.storage.type,
        scan.storage.compression, frame, at(0), at(0.5), at(0.99), at(1)));
  }
  print_text(pictures);
}

// A result says so itself; everything else is taken for a scan.
bool is_result(const std::string& input) {
  std::error_code error;
  if (!fs::is_regular_file(input, error) || H5Fis_hdf5(input.c_str()) <= 0) return false;
  return hdf5::rehearsed(input, [&] {
    const hdf5::Handle file = hdf5::open_file(input);
    return hdf5::exists(file.id(), "entry/spots/id") && hdf5::exists(file.id(), "entry/process");
  });
}

void run_show(const ShowCommand& options) {
  hdf5::quiet();
  set_log_level(options.shared.quiet ? LogLevel::kNone : LogLevel::kInfo);
  if (!is_result(options.input)) {
    if (!options.scan.empty())
      fail_usage("--scan {}: is for results of dctprep run, and {} is a scan itself", options.scan, options.input);
    return show_scan(options);
  }
  if (!options.shared.settings.empty())
    fail_usage("--set {}: {} is a result, which no setting changes; leave it out", options.shared.settings.front(),
               options.input);
  const ResultFile result(options.input);
  if (options.frame && (*options.frame < 0 || *options.frame >= result.header().frames)) {
    fail_usage("--frame {}: the result has frames 0 to {}", *options.frame, result.header().frames - 1);
  }
  std::optional<Scan> moved;
  if (!options.scan.empty()) moved = open_recorded_scan(result, options.scan);
  std::string pictures;
  if (!options.shared.output.empty()) {
    Album album(options.shared.output, options.shared.force);
    add_result_pictures(result, options.frame, moved, album);
    pictures = album.names();
  }
  if (options.shared.json) {
    print_json(to_json(result));
  } else {
    print_text(to_text(result));
  }
  print_text(pictures);
}

}  // namespace

void add_show(CLI::App& app) {
  const auto options = std::make_shared<ShowCommand>();
  CLI::App* verb = app.add_subcommand("show", "Numbers and pictures of a result or a scan");
  verb->footer(
      "Prints how many spots there are, how large and bright, and why blobs were rejected. With -o, PNG pictures go "
      "into a folder: a\n"
      "summary, a frame with its background, residual and spots, spots over omega and on the detector, histograms, "
      "spot images.\n\n"
      "Examples:\n"
      "  dctprep show scan_spots.h5\n"
      "  dctprep show scan_spots.h5 -o pictures --frame 120\n"
      "  dctprep show scan.h5 -o pictures");
  verb->add_option("INPUT", options->input, "A result of dctprep run, or a SCAN")->required()->type_name("OUT.h5|SCAN");
  verb->add_option("--frame", options->frame, "The frame to draw; default: the one with most spots")
      ->type_name("K")
      ->check(CLI::Range(0, std::numeric_limits<int>::max()).description(""));
  add_output(*verb, options->shared, "FOLDER", "Write pictures into this folder");
  add_scan(*verb, options->scan);
  add_settings(*verb, options->shared, "scan.frames=[0,99]");
  add_json(*verb, options->shared);
  add_quiet(*verb, options->shared);
  verb->callback([options] { run_show(*options); });
}

}  // namespace dctprep::command
