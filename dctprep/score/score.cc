// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/score/score.h"

#include <cstdio>
#include <string>

#include "dctprep/base/error.h"
#include "dctprep/base/partial_file.h"
#include "dctprep/config/config_file.h"

namespace dctprep {

namespace {

// As the run did it. The region of the result is without the guard.
Region excluded_region(const ResultHeader& header, const Config& config) {
  const int guard = config.beam.guard.is_auto() ? 0 : config.beam.guard.value();
  return header.beam.grown(guard, header.height, header.width);
}

std::vector<SpotBox> boxes_of(const auto& spots) {
  std::vector<SpotBox> boxes;
  boxes.reserve(spots.size());
  for (const auto& spot : spots) boxes.push_back(box_of(spot));
  return boxes;
}

}  // namespace

PairCheck check_pairs(const FriedelPairs& pairs, const SpotMatches& matches, const TruthFile& truth) {
  PairCheck check;
  for (std::size_t i = 0; i < pairs.mate.size(); ++i) {
    if (matches.true_of[i] < 0) continue;
    const int true_mate = truth.spots[static_cast<std::size_t>(matches.true_of[i])].mate;
    const int expected = true_mate < 0 ? -1 : matches.found_of[static_cast<std::size_t>(true_mate)];
    const int mate = pairs.mate[i];
    if (mate >= 0 && matches.true_of[static_cast<std::size_t>(mate)] >= 0) {
      ++check.judged;
      check.right += mate == expected;
    }
    if (expected >= 0) {
      ++check.possible;
      check.found += mate == expected;
    }
  }
  return check;
}

Score score_result(const ResultFile& result, const TruthFile* truth, double min_snr) {
  const ResultHeader& header = result.header();
  const Config config = parse_config(header.config, result.path().string(), std::filesystem::current_path());
  const Region excluded = excluded_region(header, config);
  Score score;
  score.friedel = find_friedel_pairs(result.spots(), {.height = header.height,
                                                      .width = header.width,
                                                      .omega = header.omega,
                                                      .beam = header.beam,
                                                      .sample = header.sample,
                                                      .excluded = excluded});
  if (truth == nullptr) return score;
  if (header.frames != truth->frames || header.height != truth->height || header.width != truth->width) {
    fail("{}: has {} frames of {} x {} pixels, but the ground truth is of {} frames of {} x {}", result.path().string(),
         header.frames, header.width, header.height, truth->frames, truth->width, truth->height);
  }
  const SpotMatches matches =
      match_spots(boxes_of(result.spots()), boxes_of(truth->spots), truth->full_turn ? truth->frames : 0);
  const bool recorded = !config.beam.normalise.is_auto() && config.beam.normalise.value() == Normalise::kNone;
  score.truth =
      score_truth(result.spots(), *truth, matches, {.min_snr = min_snr, .excluded = excluded, .recorded = recorded});
  score.pair_check = check_pairs(score.friedel, matches, *truth);
  return score;
}

void write_pairs(const FriedelPairs& pairs, const std::filesystem::path& path, bool overwrite) {
  PartialFile output(path, overwrite);
  std::string text = "id,mate\n";
  for (std::size_t i = 0; i < pairs.mate.size(); ++i) text += fmt::format("{},{}\n", i, pairs.mate[i]);
  std::FILE* file = std::fopen(output.path().c_str(), "wb");
  bool written = file != nullptr && std::fwrite(text.data(), 1, text.size(), file) == text.size();
  if (file != nullptr) written = std::fclose(file) == 0 && written;
  if (!written) fail("{}: cannot be written", path.string());
  output.commit();
}

}  // namespace dctprep
