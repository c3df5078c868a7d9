// SPDX-License-Identifier: BSD-3-Clause
// dctprep score: how good a result is.
#include "dctprep/score/score.h"

#include <cmath>
#include <filesystem>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "dctprep/base/error.h"
#include "dctprep/pipeline/recorded_scan.h"
#include "dctprep/write/add_mates.h"

#include "verb.h"

namespace dctprep::command {

namespace {

using Json = nlohmann::ordered_json;

struct ScoreCommand {
  SharedOptions shared;
  std::string result;
  std::string truth;
  std::string pairs;
  std::string scan;
  bool mates = false;
  double min_snr = TruthScoreOptions{}.min_snr;
};

Json to_json(const Spread& s) {
  return {{"count", s.count},
          {"tenth", s.tenth},
          {"quarter", s.quarter},
          {"median", s.median},
          {"three_quarters", s.three_quarters},
          {"nine_tenths", s.nine_tenths},
          {"largest_of_half", s.largest_of_half},
          {"largest_of_nine_tenths", s.largest_of_nine_tenths},
          {"width", s.width}};
}

Json to_json(const Agreement& a) {
  Json json = {
      {"u", to_json(a.u)}, {"v", to_json(a.v)}, {"frame", to_json(a.frame)}, {"integral", to_json(a.integral)}};
  if (a.intensity.count == 0) return json;
  json["intensity"] = to_json(a.intensity);
  json["strong_intensity"] = to_json(a.strong_intensity);
  json["intensity_u"] = to_json(a.intensity_u);
  json["intensity_v"] = to_json(a.intensity_v);
  json["intensity_frame"] = to_json(a.intensity_frame);
  json["pull"] = {{"intensity", to_json(a.intensity_pull)},
                  {"u", to_json(a.u_pull)},
                  {"v", to_json(a.v_pull)},
                  {"frame", to_json(a.frame_pull)}};
  return json;
}

Json to_json(const MateShare& s) {
  return {{"offset_degrees", s.offset}, {"eligible", s.eligible}, {"paired", s.paired}, {"share", s.share()}};
}

Json to_json(const FriedelPairs& f) {
  Json json = to_json(f.share);
  json["why_none"] = f.why_none.empty() ? Json(nullptr) : Json(f.why_none);
  json["chance_share"] = f.chance_share;
  json["beyond_chance"] = f.beyond_chance();
  json["mirror_v"] = std::isnan(f.mirror_v) ? Json(nullptr) : Json(f.mirror_v);
  json["max_du"] = f.max_du;
  json["max_dv"] = f.max_dv;
  json["chance"] = Json::array();
  for (const MateShare& share : f.chance) json["chance"].push_back(to_json(share));
  return json;
}

Json to_json(const TruthScore& s, double min_snr) {
  Json json = {{"min_snr", min_snr},
               {"found", s.found},
               {"true", s.truth},
               {"hidden", s.hidden},
               {"weak", s.weak},
               {"counted", s.counted},
               {"paired", s.paired},
               {"isolated", s.isolated},
               {"isolated_paired", s.isolated_paired},
               {"paired_aside", s.paired_aside},
               {"explained", s.explained},
               {"spurious", s.spurious},
               {"splits", s.splits},
               {"merges", s.merges},
               {"recall", s.recall},
               {"isolated_recall", s.isolated_recall},
               {"precision", s.precision},
               {"f1", s.f1}};
  json["recall_by_snr"] = Json::array();
  for (const RecallBin& bin : s.bins) {
    json["recall_by_snr"].push_back({{"from", bin.low},
                                     {"to", std::isinf(bin.high) ? Json(nullptr) : Json(bin.high)},
                                     {"spots", bin.spots},
                                     {"paired", bin.paired},
                                     {"isolated", bin.isolated},
                                     {"isolated_paired", bin.isolated_paired}});
  }
  json["all"] = to_json(s.all);
  json["isolated_spots"] = to_json(s.isolated_agreement);
  return json;
}

Json to_json(const Score& score, const ScoreCommand& options) {
  Json json = {{"result", options.result}, {"friedel", to_json(score.friedel)}};
  if (!score.truth) return json;
  const PairCheck& check = *score.pair_check;
  json["friedel"]["against_truth"] = {
      {"judged", check.judged}, {"right", check.right}, {"possible", check.possible}, {"found", check.found}};
  json["truth"] = to_json(*score.truth, options.min_snr);
  return json;
}

double percent(std::int64_t part, std::int64_t whole) {
  return whole == 0 ? 0 : 100.0 * static_cast<double>(part) / static_cast<double>(whole);
}

std::string recall_cell(std::int64_t paired, std::int64_t spots) {
  return spots == 0 ? fmt::format("{:>16}", "-")
                    : fmt::format("{:>9} {:>5.1f}%", fmt::format("{}/{}", paired, spots), percent(paired, spots));
}

std::string difference_row(const char* name, const Spread& all, const Spread& isolated) {
  std::string row = fmt::format("{:<10}", name);
  for (const Spread* s : {&all, &isolated}) {
    row += fmt::format("{:>9.3f}{:>9.3f}{:>9.3f}   ", s->median, s->largest_of_half, s->largest_of_nine_tenths);
  }
  return row + "\n";
}

std::string share_row(const std::string& name, const Spread& all, const Spread& isolated) {
  std::string row = fmt::format("{:<10}", name);
  for (const Spread* s : {&all, &isolated}) {
    row += s->count == 0 ? fmt::format("{:>9}{:>9}{:>9}   ", "-", "-", "-")
                         : fmt::format("{:>9.3f}{:>9.3f}{:>9.3f}   ", s->quarter, s->median, s->three_quarters);
  }
  return row + "\n";
}

// What photometry adds; nothing where the result has none.
std::string photometry_text(const Agreement& all, const Agreement& isolated) {
  if (all.intensity.count == 0) return "";
  std::string text =
      share_row("intensity", all.intensity, isolated.intensity) +
      share_row(fmt::format("  snr > {:g}", kStrongSnr), all.strong_intensity, isolated.strong_intensity);
  text += fmt::format("\n{:<10}{:>9}{:>9}{:>9}   {:>9}{:>9}{:>9}\n", "photometry", "|50 %|", "pull", "width", "|50 %|",
                      "pull", "width");
  const auto row = [&](const char* name, const Spread& off, const Spread& pull, const Spread& isolated_off,
                       const Spread& isolated_pull) {
    text +=
        fmt::format("{:<10}{:>9.3f}{:>9.2f}{:>9.2f}   {:>9.3f}{:>9.2f}{:>9.2f}\n", name, off.largest_of_half,
                    pull.median, pull.width, isolated_off.largest_of_half, isolated_pull.median, isolated_pull.width);
  };
  row("u", all.intensity_u, all.u_pull, isolated.intensity_u, isolated.u_pull);
  row("v", all.intensity_v, all.v_pull, isolated.intensity_v, isolated.v_pull);
  row("frame", all.intensity_frame, all.frame_pull, isolated.intensity_frame, isolated.frame_pull);
  text +=
      fmt::format("{:<10}{:>9}{:>9.2f}{:>9.2f}   {:>9}{:>9.2f}{:>9.2f}\n", "intensity", "", all.intensity_pull.median,
                  all.intensity_pull.width, "", isolated.intensity_pull.median, isolated.intensity_pull.width);
  return text;
}

std::string to_text(const TruthScore& s, double min_snr) {
  std::string text = fmt::format(
      "{} true spots: {} hidden by the direct beam, {} of snr below {:g}, {} that count\n{} found spots: {} paired one "
      "to one with them, {} with others, {} parts of true spots, {} spurious\n\n",
      s.truth, s.hidden, s.weak, min_snr, s.counted, s.found, s.paired, s.paired_aside, s.explained, s.spurious);
  text += fmt::format(
      "recall     {:.1f} %, of isolated spots {:.1f} %\nprecision  {:.1f} %\nF1         {:.3f}\nsplits     {}\nmerges  "
      " "
      "  {}\n\n",
      100 * s.recall, 100 * s.isolated_recall, 100 * s.precision, s.f1, s.splits, s.merges);
  text += fmt::format("{:<12}{:>16}{:>16}\n", "snr", "recall", "isolated");
  for (const RecallBin& bin : s.bins) {
    const std::string name =
        std::isinf(bin.high) ? fmt::format("{:g} ...", bin.low) : fmt::format("{:g} ... {:g}", bin.low, bin.high);
    text += fmt::format("{:<12}{}{}\n", name, recall_cell(bin.paired, bin.spots),
                        recall_cell(bin.isolated_paired, bin.isolated));
  }
  const Agreement &all = s.all, &isolated = s.isolated_agreement;
  text += fmt::format("\n{:<10}{:>27}   {:>27}\n{:<10}", "found-true", "all", "isolated", "");
  for (int i = 0; i < 2; ++i) text += fmt::format("{:>9}{:>9}{:>9}   ", "median", "|50 %|", "|90 %|");
  text += "\n" + difference_row("u", all.u, isolated.u) + difference_row("v", all.v, isolated.v) +
          difference_row("frame", all.frame, isolated.frame);
  text += fmt::format("\n{:<10}", "found/true");
  for (int i = 0; i < 2; ++i) text += fmt::format("{:>9}{:>9}{:>9}   ", "quarter", "median", "3/4");
  text += "\n" + share_row("integral", all.integral, isolated.integral) + photometry_text(all, isolated);
  return text + "\n";
}

std::string to_text(const Score& score) {
  const FriedelPairs& f = score.friedel;
  if (!f.why_none.empty()) return "Friedel pairs: none sought, since " + f.why_none + "\n";
  if (f.share.eligible == 0) return "Friedel pairs: none possible, since no spot has its mate inside the scan\n";
  std::string text = fmt::format(
      "Friedel pairs: {} of {} spots that can have a mate have one, {:.1f} %; by chance {:.1f} %: {:.0f} "
      "spots beyond chance\n",
      f.share.paired, f.share.eligible, percent(f.share.paired, f.share.eligible), 100 * f.chance_share,
      f.beyond_chance());
  if (!std::isnan(f.mirror_v)) {
    text +=
        fmt::format("mirror plane at row {:.1f}; mates within {:.0f} columns, and {:.0f} rows of the mirror image\n",
                    f.mirror_v, f.max_du, f.max_dv);
  }
  if (score.pair_check && score.pair_check->judged > 0) {
    const PairCheck& c = *score.pair_check;
    text += fmt::format("of {} paired spots that are true, {:.1f} % have their true mate; of {} true mates, {:.1f} %\n",
                        c.judged, percent(c.right, c.judged), c.possible, percent(c.found, c.possible));
  }
  return text;
}

void run_score(const ScoreCommand& options) {
  std::error_code absent;
  for (const std::string& input : {options.result, options.truth}) {
    if (!options.pairs.empty() && !input.empty() && std::filesystem::equivalent(input, options.pairs, absent)) {
      fail_usage("{}: is an input; name another file for the pairs", options.pairs);
    }
  }
  const ResultFile result(options.result);
  if (!options.scan.empty()) open_recorded_scan(result, options.scan);
  std::optional<TruthFile> truth;
  if (!options.truth.empty()) truth = read_truth(options.truth);
  const Score score = score_result(result, truth ? &*truth : nullptr, options.min_snr);
  if (!score.friedel.why_none.empty() && (options.mates || !options.pairs.empty()))
    fail("{}: no Friedel pairs can be written: {}", options.result, score.friedel.why_none);
  if (!options.pairs.empty()) write_pairs(score.friedel, options.pairs, options.shared.force);
  if (options.mates) add_mates(result, score.friedel.mate, options.shared.force);
  if (options.shared.json) return print_json(to_json(score, options));
  print_text((score.truth ? to_text(*score.truth, options.min_snr) : "") + to_text(score));
}

}  // namespace

void add_score(CLI::App& app) {
  const auto options = std::make_shared<ScoreCommand>();
  CLI::App* verb = app.add_subcommand("score", "Tell how good a result is: by its Friedel pairs, or a ground truth");
  verb->footer(
      "Half a turn after a reflection of a grain, its opposite (its Friedel mate) shows: the share of spots with a "
      "mate, against\n"
      "the share expected by chance, tells how sound a result is, of a real scan too. A simulated scan has a ground "
      "truth beside it.\n"
      "docs/score.md tells what is counted and how.\n\n"
      "Examples:\n"
      "  dctprep score scan_spots.h5\n"
      "  dctprep score scan_spots.h5 --pairs pairs.csv\n"
      "  dctprep score scan_spots.h5 --mates\n"
      "  dctprep score scan_spots.h5 --truth scan_truth.h5 --json");
  verb->add_option("RESULT", options->result, "A result of dctprep run")->required()->type_name("OUT.h5");
  verb->add_option("--truth", options->truth, "The ground truth that dctprep simulate wrote beside the scan")
      ->type_name("TRUTH.h5");
  verb->add_option("--min-snr", options->min_snr,
                   "True spots weaker than this (peak over noise) need not be found; default: 3")
      ->type_name("X")
      ->check(CLI::Range(0.0, 1e9).description(""));
  verb->add_option("--pairs", options->pairs, "Write the pairs to this file, a line id,mate for each spot; -1: none")
      ->type_name("FILE.csv");
  verb->add_flag("--mates", options->mates,
                 "Write the pairs into the result, as column spots/mate: number of the mate, -1: none");
  add_scan(*verb, options->scan);
  verb->add_flag("--force", options->shared.force, "Overwrite an output or column that exists");
  add_quiet(*verb, options->shared);
  add_json(*verb, options->shared);
  verb->callback([options] { run_score(*options); });
}

}  // namespace dctprep::command
