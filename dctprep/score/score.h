// SPDX-License-Identifier: BSD-3-Clause
// A result judged: by its Friedel pairs, and by the ground truth where there is one.
#pragma once

#include <filesystem>
#include <optional>

#include "dctprep/score/friedel.h"
#include "dctprep/score/match.h"
#include "dctprep/score/truth_score.h"
#include "dctprep/write/result_reader.h"

namespace dctprep {

// Found pairs against true mates. A pair is judged where both of its spots are paired with true ones.
struct PairCheck {
  std::int64_t judged = 0, right = 0;    // spots with a mate; those whose mate is the true one
  std::int64_t possible = 0, found = 0;  // spots whose true mate was found too; those of them that were paired with it
};
PairCheck check_pairs(const FriedelPairs& pairs, const SpotMatches& matches, const TruthFile& truth);

struct Score {
  FriedelPairs friedel;
  std::optional<TruthScore> truth;
  std::optional<PairCheck> pair_check;  // with truth
};

// Error where `truth` is of another scan: of another size, or number of frames.
Score score_result(const ResultFile& result, const TruthFile* truth, double min_snr);

// The pairs as text, a line `id,mate` for each spot, -1 where it has none. The file appears whole or not at all; Error
// (usage) where it exists and not `overwrite`.
void write_pairs(const FriedelPairs& pairs, const std::filesystem::path& path, bool overwrite);

}  // namespace dctprep
